"""Formulas of a request as measures: in which order their signs are meant, and whether row by row. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.compiling.ways import Ways
from engine.question.model import Aggregate, Combined, Field, Measure, Number, RowArithmetic, RowValue
from engine.reading.formulas import Chain, Operand, Sign
from engine.reading.tying import Misfit

Valued = Callable[[Operand], Measure]
_Part = tuple[Sign, Measure]
_WORDS: dict[Sign, str] = {"/": "divided by", "*": "times", "-": "less", "+": "plus"}


@dataclass(frozen=True)
class Formula:
    """A formula whose operands are measures: each a number or a sum."""

    value: Measure
    ratio: bool
    """Whether amounts are divided by amounts, so that its unit is none of theirs."""
    said: str


def formula_of(chain: Chain, valued: Valued, ways: Ways) -> Formula:
    """A chain with its operands valued; products of amounts are computed row by row and then added up.

    Raises:
        Misfit: its operands do not go together.
    """
    value = _tree(chain, valued)
    if _multiplies(value):
        home = _home(value, ways)
        value = Aggregate(function="sum", table=home, value=_by_row(value, home, ways))
    return Formula(value, _divides(value), _said(chain))


def _tree(chain: Chain, valued: Valued) -> Measure:
    operands = [chain.first, *(each for _, each in chain.rest)]
    values = [_tree(each, valued) if isinstance(each, Chain) else valued(each) for each in operands]
    parts: list[_Part] = [(sign, value) for (sign, _), value in zip(chain.rest, values[1:], strict=True)]
    if not chain.written and (split := _one_division(parts)) is not None:
        above = _in_turn(values[0], parts[:split])
        below = _in_turn(parts[split][1], parts[split + 1 :])
        return Combined(operator="/", left=above, right=below)
    return _by_precedence(values[0], parts) if chain.written else _in_turn(values[0], parts)


def _one_division(parts: Sequence[_Part]) -> int | None:
    """Where amounts are divided by amounts, if once and nothing is multiplied: "a over b plus c" is a over all of it.

    An amount cannot be added to a quotient of amounts, so what stands behind "over" is what is divided by.
    """
    signs = [sign for sign, _ in parts]
    if signs.count("/") != 1 or "*" in signs or isinstance(parts[signs.index("/")][1], Number):
        return None
    return signs.index("/")


def _in_turn(first: Measure, parts: Sequence[_Part]) -> Measure:
    """As it is said: "setup plus run divided by 60" is the sum divided."""
    for sign, value in parts:
        first = Combined(operator=sign, left=first, right=value)
    return first


def _by_precedence(first: Measure, parts: Sequence[_Part]) -> Measure:
    """As it is written: products before sums."""
    sums: list[_Part] = [("+", first)]
    for sign, value in parts:
        if sign in "*/":
            before, left = sums[-1]
            sums[-1] = (before, Combined(operator=sign, left=left, right=value))
        else:
            sums.append((sign, value))
    return _in_turn(sums[0][1], sums[1:])


def _multiplies(value: Measure) -> bool:
    """Whether amounts are multiplied by amounts, which has to be done before they are added up."""
    if not isinstance(value, Combined):
        return False
    both = not isinstance(value.left, Number) and not isinstance(value.right, Number)
    return (value.operator == "*" and both) or _multiplies(value.left) or _multiplies(value.right)


def _divides(value: Measure) -> bool:
    if not isinstance(value, Combined):
        return False
    return value.operator == "/" and not isinstance(value.right, Number)


def _fields(value: Measure) -> list[Field]:
    match value:
        case Combined():
            return [*_fields(value.left), *_fields(value.right)]
        case Aggregate(value=Field() as place) if not value.where:
            return [place]
        case Number():
            return []
    raise Misfit


def _home(value: Measure, ways: Ways) -> str:
    """The table from whose rows all others are reached.

    Raises:
        Misfit: there is none.
    """
    tables = list(dict.fromkeys(place.table for place in _fields(value)))
    for table in tables:
        if all(other == table or len(ways.up(table, other)) == 1 for other in tables):
            return table
    raise Misfit


def _by_row(value: Measure, home: str, ways: Ways) -> RowValue:
    match value:
        case Combined():
            left, right = _by_row(value.left, home, ways), _by_row(value.right, home, ways)
            return RowArithmetic(operator=value.operator, left=left, right=right)
        case Number():
            return value
    return _fields(value)[0]


def _said(chain: Chain) -> str:
    """The formula in words."""
    said = [_operand(chain.first)]
    for sign, each in chain.rest:
        said.append(f"{_WORDS[sign]} {_operand(each)}")
    return " ".join(said)


def _operand(each: Operand | Chain) -> str:
    if isinstance(each, Chain):
        return f"({_said(each)})"
    return each.noun.text if each.noun else f"{each.number:g}"
