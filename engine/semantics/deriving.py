"""Measures that no column holds and every such table means: what lines come to, what a weighing nets. Pure.

Each is said with its formula wherever it is used, since it was inferred.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from engine.language.words import readable, split_identifier, stem, stems
from engine.question.model import TAUGHT, Field, Given, Number, RowArithmetic, RowValue
from engine.semantics.model import Adds, Attribute, Part, Words
from engine.sources.schema import Kind


def _stemmed(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


_QUANTITIES = _stemmed("quantity units pieces count persons")
_KEPT = frozenset(
    "stock stocked hand onhand on reserved available minimum min maximum max target capacity level".split()
)
_PRICES = _stemmed("price prc rate")
_LISTED = _stemmed("list standard base catalogue old previous cost hourly daily monthly commission vat tax discount")
_DISCOUNTS = _stemmed("discount rebate reduction")
_AMOUNTS = _stemmed("amount total revenue net gross sales value subtotal turnover")
_SALES: tuple[Words, ...] = tuple(
    tuple(stem(word) for word in name.split())
    for name in ("revenue", "sales", "turnover", "takings", "net sales", "net revenue", "sales value", "line total")
)
_OF_LINES: tuple[Words, ...] = ((stem("line"), stem("total")), (stem("sales"), stem("value")))
_BEFORE: tuple[Words, ...] = tuple(
    tuple(stem(word) for word in name.split())
    for name in ("gross sales", "gross revenue", "revenue before discount", "sales before discount")
)
# What is given back, owed to others or spent is no revenue, whatever its amount is called.
_NO_REVENUE = _stemmed(
    "refund refunded return returned tax vat shipping freight postage cost discount rebate budget salary wage deposit "
    "penalty bonus purchase expense supplier payroll allowance adjustment"
)
# The derived measures from which every discount is taken off already.
NET = frozenset({f"{TAUGHT}revenue"})
_WHOLE, _SHARE = 100.0, 1.0


def told_apart(found: Mapping[tuple[str, str], Attribute]) -> dict[tuple[str, str], Attribute]:
    """Derived measures, without the names for all that is sold where other columns may be meant by them as well."""
    lines = [each for each in found.values() if each.column in NET]
    others = [
        each
        for each in found.values()
        if each.part is Part.MEASURE and each.formula is None and _said(each) & _AMOUNTS and each.adds is Adds.FLOW
        if not no_revenue(each)
    ]
    if len(lines) == 1 and not others:
        return {}
    return {each.place: replace(each, names=_OF_LINES) for each in lines}


def no_revenue(attribute: Attribute) -> bool:
    """Whether an amount is of what is given back or spent, as its name or its table's tells: a refund amount."""
    return bool((_said(attribute) | set(stems(attribute.table))) & _NO_REVENUE)


def derived(table: str, own: Sequence[Attribute], held: Mapping[str, Sequence[str]]) -> Iterator[Attribute]:
    """The measures that the columns of one table give together; `held` are the values that are known of a column."""
    measures = [each for each in own if each.part is Part.MEASURE]
    if all(each in measures for each in own if _said(each) & _DISCOUNTS):
        yield from _of_lines(table, measures, held)
    yield from _of_weighings(table, measures)


def _of_lines(table: str, measures: Sequence[Attribute], held: Mapping[str, Sequence[str]]) -> Iterator[Attribute]:
    """Quantity times price, less a discount: one of each, and no column that holds the amount already."""
    counted = [each for each in measures if is_quantity(each)]
    if any(set(split_identifier(each.column)) & _KEPT for each in counted):
        return  # what is in stock or on order is not what was sold
    priced = [each for each in measures if _said(each) & _PRICES and not _said(each) & _LISTED]
    amounts = [e for e in measures if _said(e) & _AMOUNTS and not _said(e) & (_DISCOUNTS | _PRICES | _QUANTITIES)]
    if len(counted) != 1 or len(priced) != 1 or amounts:
        return
    quantity, price = counted[0], priced[0]
    gross: RowValue = RowArithmetic(operator="*", left=_field(quantity), right=_field(price))
    said = f"{readable(quantity.column)} times {readable(price.column)}"
    less = [each for each in measures if _said(each) & _DISCOUNTS]
    if len(less) > 1:
        return
    if less:
        net = _discounted(gross, less[0], held.get(less[0].column, ()))
        if net is None:
            return
        yield _measure(table, "gross sales", _BEFORE, gross, said, price.unit)
        gross, said = net, f"{said}, less {readable(less[0].column)}"
    yield _measure(table, "revenue", _SALES, gross, said, price.unit)


def is_quantity(attribute: Attribute) -> bool:
    """Whether a measure says how many pieces there are: a unit price does not."""
    return bool(_said(attribute) & _QUANTITIES) and not _said(attribute) & (_PRICES | _LISTED | _AMOUNTS)


def _discounted(gross: RowValue, discount: Attribute, held: Sequence[str]) -> RowValue | None:
    """What is left after a discount, an amount or a share of it; None where its values do not tell which."""
    given = Given(field=_field(discount), otherwise=0.0)
    numbers = [abs(float(value)) for value in held if _is_number(value)]
    percent = discount.unit == "percent"
    if not numbers:
        return None
    if max(numbers) <= _SHARE:
        rest: RowValue = RowArithmetic(operator="-", left=Number(value=1.0), right=given)
    elif percent and max(numbers) <= _WHOLE:
        share = RowArithmetic(operator="/", left=given, right=Number(value=_WHOLE))
        rest = RowArithmetic(operator="-", left=Number(value=1.0), right=share)
    elif not percent and any(not number.is_integer() for number in numbers):
        return RowArithmetic(operator="-", left=gross, right=given)
    else:
        return None  # 5 may be 5 % or an amount
    return RowArithmetic(operator="*", left=gross, right=rest)


def _of_weighings(table: str, measures: Sequence[Attribute]) -> Iterator[Attribute]:
    """Gross less tare."""
    gross = [each for each in measures if "gross" in split_identifier(each.column)]
    tare = [each for each in measures if "tare" in split_identifier(each.column)]
    if len(gross) != 1 or len(tare) != 1 or gross[0].unit != tare[0].unit:
        return
    names = (("net", "weight"), ("net",), ("weight",))
    formula = RowArithmetic(operator="-", left=_field(gross[0]), right=_field(tare[0]))
    said = f"{readable(gross[0].column)} less {readable(tare[0].column)}"
    yield _measure(table, "net weight", names, formula, said, gross[0].unit)


def _measure(table: str, name: str, names: tuple[Words, ...], formula: RowValue, said: str, unit: str) -> Attribute:
    return Attribute(
        table=table,
        column=f"{TAUGHT}{name}",
        kind=Kind.NUMBER,
        part=Part.MEASURE,
        names=names,
        adds=Adds.FLOW,
        unit=unit,
        evidence=said,
        formula=formula,
    )


def _field(attribute: Attribute) -> Field:
    return Field(table=attribute.table, column=attribute.column)


def _said(attribute: Attribute) -> set[str]:
    return {word for name in attribute.names for word in name}


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
