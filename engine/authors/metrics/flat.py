"""Metrics of one flat table: a file whose columns are named like what the catalogue's formulas need.

A column is an input of a formula, a metric by its own name, or the value of a driver; an input that is a series takes
all rows in the order of the table's date. Nothing is guessed: a column that is not named so is none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field

from engine.authors.base import Declined, Ground
from engine.authors.metrics.quantities import parameters, rename
from engine.authors.metrics.reading import Asked, asked_of
from engine.metrics.catalogue import Catalogue, Driver, Entry, Input, Metric, functions, names_in, usable
from engine.products import Output, Plan, Product, QuantityPlan, Reading, SourcePlan, ViewPlan
from engine.sources.naming import quoted, quoted_table
from engine.sources.schema import Kind, Table
from runtime.parsing import parse
from runtime.units import write

ORDERS = ("date", "day", "period", "month", "year", "quarter", "paid_on")
ROWS = "rows"


class Sheet(Product):
    """What is asked of a flat table: the metrics, the columns that give their inputs, and values that were said."""

    table: str
    metrics: tuple[str, ...]
    columns: Mapping[str, str] = Field(description="each input, metric or driver, as an expression of columns")
    given: Mapping[str, float] = Field(default_factory=dict)
    outputs: frozenset[Output] = frozenset({Output.ANSWER})
    readings: tuple[Reading, ...] = ()


def read(text: str, ground: Ground, catalogue: Catalogue) -> Sheet | Declined | None:
    """What is asked of the one table that can give the metrics named; None where none is named, or no table can."""
    given = {table.key: dict(_columns(table, catalogue)) for table in ground.schema.tables}
    known = {name for columns in given.values() for name in columns}
    asked = asked_of(text, ground, usable(catalogue, known))
    if not isinstance(asked, Asked):
        return asked
    fitting = []
    for table in ground.schema.tables:
        columns = given[table.key]
        if all(catalogue.reachable(name, columns.keys()) for name in asked.metrics):
            fitting.append((table, columns))
    if len(fitting) != 1:
        return None
    table, columns = fitting[0]
    made = tuple(name for name in asked.metrics if name not in columns) or asked.metrics
    # A column that gives nothing that is computed is a group or a condition, which this reading has not.
    computed = " ".join(columns.values())
    own = {_plain(table.name), *(_plain(each.name) for each in table.columns if f'"{each.name}"' in computed)}
    rest = [word for word in asked.rest if _plain(word) not in own]
    if rest:
        return Declined(reason=f"The catalogue does not understand: {' '.join(rest)}.", words=tuple(rest))
    return Sheet(
        table=table.key,
        metrics=made,
        columns=columns,
        given=asked.given,
        outputs=asked.outputs,
        readings=asked.readings,
    )


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_")


def _columns(table: Table, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Each entry that a table's columns give, and the expression of columns that it is."""
    own = {_plain(column.name): column for column in table.columns}
    for entry in catalogue.entries.values():
        for said in _names_of(entry):
            names = list(_names(said))
            found = [own.get(name) for name in names]
            numbers = all(column is not None and column.kind is Kind.NUMBER for column in found)
            if found and (numbers or (_is_date(entry) and found[0] is not None)):
                yield entry.name, rename(said, {name: f'{ROWS}["{own[name].name}"]' for name in names})
                break


def _is_date(entry: Entry) -> bool:
    return isinstance(entry, Input) and entry.measure == "date"


def _names_of(entry: Entry) -> tuple[str, ...]:
    """The names that a column of an entry may have; sums and products of columns too."""
    if isinstance(entry, Input | Driver):
        return (*entry.columns, entry.name)
    if isinstance(entry, Metric):
        return tuple(name for phrase in (entry.name, entry.label, *entry.synonyms) if (name := _plain(phrase)))
    return ()


def _names(expression: str) -> Iterator[str]:
    for node in ast.walk(parse(expression, mode="eval")):
        if isinstance(node, ast.Name):
            yield node.id


def plan(sheet: Sheet, ground: Ground, catalogue: Catalogue) -> Plan | Declined:
    """The plan of metrics over a flat table."""
    table = ground.schema.by_key[sheet.table]
    order = next((each.name for name in ORDERS for each in table.columns if _plain(each.name) == name), "")
    sql = f"SELECT * FROM {quoted_table(table)}" + (f" ORDER BY {quoted(order)}" if order else "")
    count = len(ground.read(sql, {}))
    needed = _closure(catalogue, sheet)
    if (wrong := _unsummable(catalogue, sheet, needed, count)) is not None:
        return wrong
    drivers = [entry for name in needed if isinstance(entry := catalogue.entries[name], Driver)]
    said = {**sheet.given, **_values(ground, sql, sheet, [driver.name for driver in drivers])}
    metrics = [entry for name in sheet.metrics if isinstance(entry := catalogue.entries[name], Metric)]
    formulas = " ".join(catalogue.formula(name, sheet.columns.keys()) or "" for name in needed)
    return Plan(
        title=", ".join(metric.short for metric in metrics),
        summary=f"Reads {count:,} rows of {table.name} and computes {', '.join(metric.label for metric in metrics)}.",
        sources=(SourcePlan(name=ROWS, reads=f"{table.name}: all rows", sql=sql, bound={}, place=ground.place),),
        parameters=parameters(drivers, said),
        quantities=tuple(
            _quantity(catalogue, sheet, name) for name in needed if not isinstance(catalogue.entries[name], Driver)
        ),
        helpers=tuple(text for name, text in functions().items() if f"{name}(" in formulas),
        view=tuple(_views(catalogue, sheet, needed)),
        assumptions=tuple(_notes(catalogue, sheet, needed, drivers, order, said)),
    )


def _closure(catalogue: Catalogue, sheet: Sheet) -> tuple[str, ...]:
    """Every entry that is needed, each after what it needs; what a column gives needs nothing."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        if name not in sheet.columns:
            for used in names_in(catalogue.formula(name, sheet.columns.keys()) or "0"):
                visit(used)
        order.append(name)

    for name in sheet.metrics:
        visit(name)
        entry = catalogue.entries[name]
        for beside in entry.beside if isinstance(entry, Metric) else ():
            if catalogue.reachable(beside, sheet.columns.keys()):
                visit(beside)
    return tuple(order)


def _unsummable(catalogue: Catalogue, sheet: Sheet, needed: Sequence[str], count: int) -> Declined | None:
    """Why the rows cannot be one number: what they hold is no sum."""
    for name in needed if count != 1 else ():
        entry = catalogue.entries[name]
        if name in sheet.columns and not _is_series(entry) and entry.unit not in ("USD", "sqft", "count"):
            return Declined(reason=f"{entry.label} stands in {count:,} rows, and rows of it are never added.")
    return None


def _is_series(entry: Entry) -> bool:
    return isinstance(entry, Input) and entry.series


def _values(ground: Ground, sql: str, sheet: Sheet, names: Sequence[str]) -> dict[str, float]:
    """The values of drivers that the table gives in its one row."""
    wanted = {name: sheet.columns[name] for name in names if name in sheet.columns and name not in sheet.given}
    if not wanted:
        return {}
    rows = ground.read(sql, {})
    found = {}
    for name, expression in wanted.items():
        match = re.fullmatch(rf'{ROWS}\["(.+)"\]', expression.replace("'", '"'))
        if match is not None and len(rows) == 1:
            found[name] = float(rows[match[1]].iloc[0])
    return found


def _quantity(catalogue: Catalogue, sheet: Sheet, name: str) -> QuantityPlan:
    entry = catalogue.entries[name]
    definition = f"{entry.label}: {getattr(entry, 'definition', '')}"
    if name in sheet.columns:
        text = sheet.columns[name]
        if _is_date(entry):
            body, returns = f"return {text}", "pd.Series"
        elif _is_series(entry):
            body, returns = f"return ({text}).astype(float)", "pd.Series"
        else:
            body, returns = f"return float(({text}).sum(min_count=1))", "float"
        return QuantityPlan(
            name=name, arguments=((ROWS, "pd.DataFrame"),), returns=returns, definition=definition, body=(body,)
        )
    formula = catalogue.formula(name, sheet.columns.keys()) or "0"
    kinds = {used: "pd.Series" if _is_series(catalogue.entries[used]) else "float" for used in names_in(formula)}
    return QuantityPlan(
        name=name,
        arguments=tuple(kinds.items()),
        returns="float",
        definition=definition,
        body=(f"return float({formula})" if "(" in formula else f"return {formula}",),
    )


def _views(catalogue: Catalogue, sheet: Sheet, needed: Sequence[str]) -> Iterator[ViewPlan]:
    """The metrics asked for first, then those that they are made of."""
    shown = [name for name in reversed(needed) if isinstance(catalogue.entries[name], Metric)]
    for name in dict.fromkeys((*sheet.metrics, *shown)):
        entry = catalogue.metric(name)
        limits = {key: value for key, value in (("good", entry.good), ("bad", entry.bad)) if value}
        yield ViewPlan(kind="Metric", quantity=name, options={"label": entry.short, "unit": entry.unit, **limits})


def _notes(
    catalogue: Catalogue,
    sheet: Sheet,
    needed: Sequence[str],
    drivers: Sequence[Driver],
    order: str,
    said: Mapping[str, float],
) -> Iterator[str]:
    for name in sheet.metrics:
        entry = catalogue.metric(name)
        yield f"{entry.short} is {entry.definition[:1].lower()}{entry.definition[1:]} Source: {entry.source}."
    for name in needed:
        if name in sheet.columns and name not in said:
            text = sheet.columns[name].replace(f"{ROWS}[", "").replace("]", "").replace('"', "").replace("'", "")
            yield f"{catalogue.entries[name].label} is the column {text}."
    if order and any(_is_series(catalogue.entries[name]) for name in needed):
        yield f"Rows are taken in the order of {order}."
    for driver in drivers:
        if driver.name in said:
            yield f"{driver.label} is {write(said[driver.name], driver.unit)}, as given."
        elif driver.assumption:
            yield driver.assumption
