"""What may be added up: balances not over months, currencies not with each other, deleted rows not at all.

A column's name and its table's keys say what kind of number it is; a look at the data says whether it matters here.
What was taken is said with the answer; where no single number is right, the request is declined with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.authors.analytics.query import Bucket, ColumnRef, Condition, Measure, Query, Separate
from engine.authors.base import Declined, Ground
from engine.errors import EngineError
from engine.language.words import readable
from engine.sources.naming import quoted, quoted_table
from engine.sources.schema import Column, Kind, Table
from engine.sources.translating import own_sql

_STOCK = re.compile(
    r"(?:^|_)(?:balance|balances|bal|upb|outstanding|principal|inventory|stock|headcount|on_hand|aum)(?:_|$)"
)
_CURRENCY = re.compile(r"(?:^|_)(?:currency|ccy|curr|currency_code|currencycode|iso_currency)$")
_DELETED = re.compile(r"(?:^|_)(?:deleted|voided)(?:_at|_on|_date)?$|^(?:is_)?(?:deleted|void|voided)$")
_STATUS = re.compile(r"(?:^|_)(?:status|state)$")
_NOT_VALID = frozenset({"void", "voided", "deleted"})
_THINGS = ("_id", "_number", "_no", "loan")
_DATES = (Kind.DATE, Kind.TIME)
_ADDED = ("sum", "avg", "count")
_MOST_SHOWN = 4


@dataclass(frozen=True)
class Held:
    """A query over what holds, and what is to be said of it."""

    query: Query
    said: tuple[str, ...] = ()


def as_it_holds(query: Query, ground: Ground) -> Held | Declined:
    """The query over rows that may be added up; declined where none of its numbers could be."""
    if not query.aggregated:
        return Held(query)
    said: list[str] = []
    for table in _tables(query, ground):
        if (several := _currencies(query, table, ground)) is not None:
            return several
        for found in (_last_of_snapshots(query, table, ground), _without_deleted(query, table, ground)):
            if found is not None:
                query = found.query
                said += found.said
    return Held(query, tuple(said))


def adds_over(query: Query, output: str, ground: Ground) -> bool:
    """Whether a total over the groups of an output means anything: balances by month have none."""
    measure = next((_measure(each.value) for each in query.outputs if each.name == output), None)
    plain = [each.value for each in query.outputs if isinstance(each.value, ColumnRef)]
    if any(_CURRENCY.search(_snake(ref.column)) for ref in plain) and measure and measure.function == "sum":
        return False
    if measure is None or measure.column is None or not _is_stock(measure.column.column):
        return True
    grouped = {each.value.column for each in query.outputs if isinstance(each.value, Bucket)}
    return measure.column.table not in {column.table for column in grouped}


def _tables(query: Query, ground: Ground) -> Iterator[Table]:
    """The tables whose every row is read: outer joins keep rows that a condition would lose."""
    names = [query.base, *(join.right for join in query.joins if not join.outer)]
    for name in dict.fromkeys(names):
        if (table := ground.schema.by_key.get(name)) is not None:
            yield table


def _measure(value: object) -> Measure | None:
    value = value.measure if isinstance(value, Separate) else value
    return value if isinstance(value, Measure) else None


def _measured(query: Query, table: Table) -> list[Measure]:
    """What is added up, averaged or counted of a table."""
    found = [measure for output in query.outputs if (measure := _measure(output.value)) is not None]
    return [
        measure
        for measure in found
        if measure.function in _ADDED
        and (measure.column.table == table.key if measure.column is not None else query.base == table.key)
    ]


def _mentioned(query: Query, table: Table) -> set[str]:
    """The columns of a table that the query groups by or restricts."""
    grouped = [each.value for each in query.outputs if isinstance(each.value, ColumnRef | Bucket)]
    named = [value.column if isinstance(value, Bucket) else value for value in grouped]
    named += [condition.column for condition in query.where if isinstance(condition, Condition)]
    return {ref.column for ref in named if ref.table == table.key}


def _snake(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def _is_stock(name: str) -> bool:
    return bool(_STOCK.search(_snake(name)))


# Balances.


def _last_of_snapshots(query: Query, table: Table, ground: Ground) -> Held | None:
    """A table with a row for each thing and month: its last month, where neither is asked for."""
    stocks = [column.name for column in table.columns if column.kind is Kind.NUMBER and _is_stock(column.name)]
    measured = _measured(query, table)
    wanted = [m for m in measured if m.column is None or m.column.column in stocks or m.function == "count"]
    if not stocks or not wanted:
        return None
    found = _snapshot(table, ground)
    if found is None or found[0] in _mentioned(query, table):
        return None
    date, thing = found
    newest = Condition(column=ColumnRef(table=table.key, column=date), operator="is highest")
    text = f"{readable(table.name)} has a row for each {readable(thing)} and {readable(date)}"
    return Held(
        query.model_copy(update={"where": (*query.where, newest)}),
        (f"{text.capitalize()}: those of the last one on record are taken, since balances do not add up over time.",),
    )


def _snapshot(table: Table, ground: Ground) -> tuple[str, str] | None:
    """The date and the thing of which a table has one row each, where a thing has several dates."""
    dates = [column.name for column in table.columns if column.kind in _DATES]
    keys = [name for name in table.primary_key if name not in dates]
    if len(table.primary_key) > 1 and len(keys) == 1 and len(keys) + 1 == len(table.primary_key):
        pairs = [(date, keys[0]) for date in dates if date in table.primary_key]
    elif table.primary_key or len(dates) != 1:
        return None
    else:
        things = [
            column.name for column in table.columns if _snake(column.name).endswith(("_id", "_number", "_no", "loan"))
        ]
        pairs = [(dates[0], thing) for thing in things[:2]]
    return next((pair for pair in pairs if _repeats(table, *pair, ground)), None)


def _repeats(table: Table, date: str, thing: str, ground: Ground) -> bool:
    day, each = quoted(date), quoted(thing)
    pairs = f"(SELECT {day}, {each} FROM {quoted_table(table)} GROUP BY {day}, {each})"
    sql = (
        f"SELECT count(*) AS n, count(DISTINCT {day}) AS days, count(DISTINCT {each}) AS things, "
        f"(SELECT count(*) FROM {pairs} AS p) AS pairs FROM {quoted_table(table)}"
    )
    try:
        row = ground.read(own_sql(sql, ground.schema.dialect), {}).iloc[0]
    except EngineError:
        return False  # what cannot be read is told when the answer is
    return bool(row["n"] == row["pairs"] and row["days"] > 1 and row["things"] < row["n"])


# Currencies.


def _currencies(query: Query, table: Table, ground: Ground) -> Declined | None:
    """Amounts of several currencies are no one number."""
    column = next((c for c in table.columns if c.kind is Kind.TEXT and _CURRENCY.search(_snake(c.name))), None)
    added = [m for m in _measured(query, table) if m.function != "count" and m.column is not None]
    if column is None or not added or column.name in _mentioned(query, table):
        return None
    names = [m.column.column for m in added if m.column is not None]
    if all(_snake(name).endswith(("_usd", "_eur", "rate", "pct", "percent")) for name in names):
        return None  # converted already, or no money
    sql = (
        f"SELECT DISTINCT {quoted(column.name)} AS c FROM {quoted_table(table)} WHERE {quoted(column.name)} IS NOT NULL"
    )
    try:
        found = sorted(map(str, ground.read(own_sql(sql, ground.schema.dialect), {})["c"].tolist()))
    except EngineError:
        return None
    if len(found) < 2:
        return None
    listed = ", ".join(found[:_MOST_SHOWN]) + (" and others" if len(found) > _MOST_SHOWN else "")
    return Declined(
        reason=f"{readable(names[0]).capitalize()} of {readable(table.name)} is in several currencies ({listed}), "
        "which do not add up.",
        near=(f"by {readable(column.name)}", f"in {found[0]}"),
    )


# Rows that no longer hold.


def _without_deleted(query: Query, table: Table, ground: Ground) -> Held | None:
    """Rows that are marked as deleted or void are left out, unless the request speaks of them."""
    if not _measured(query, table):
        return None
    mentioned = _mentioned(query, table)
    conditions: list[Condition] = []
    said: list[str] = []
    for column in table.columns:
        if column.name in mentioned:
            continue
        ref = ColumnRef(table=table.key, column=column.name)
        condition = _still_valid(column, ref, table, ground)
        if condition is not None:
            conditions.append(condition)
            said.append(f"Rows of {readable(table.name)} that are deleted or void ({column.name}) are left out.")
    return Held(query.model_copy(update={"where": (*query.where, *conditions)}), tuple(said)) if conditions else None


def _still_valid(column: Column, ref: ColumnRef, table: Table, ground: Ground) -> Condition | None:
    low = _snake(column.name)
    if _DELETED.search(low) and column.kind in _DATES and _any_row(table, f"{quoted(column.name)} IS NOT NULL", ground):
        return Condition(column=ref, operator="is null")
    if _STATUS.search(low) and column.kind is Kind.TEXT:
        known = [value for value in ground.values.of_column(table.key, column.name) if value.lower() in _NOT_VALID]
        return Condition(column=ref, operator="not in", values=tuple(known)) if known else None
    return None


def _any_row(table: Table, condition: str, ground: Ground) -> bool:
    sql = f"SELECT count(*) AS n FROM {quoted_table(table)} WHERE {condition}"
    try:
        return bool(ground.read(own_sql(sql, ground.schema.dialect), {})["n"].iloc[0])
    except EngineError:
        return False
