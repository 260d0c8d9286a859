"""Whether the data reach the period that a request names: an answer over no rows at all is none."""

from __future__ import annotations

from collections.abc import Iterator

from engine.authors.analytics.query import ColumnRef, Condition, Query
from engine.authors.base import Declined, Ground
from engine.errors import EngineError
from engine.language.words import readable
from engine.sources.naming import quoted, quoted_table
from engine.sources.schema import Kind
from engine.sources.translating import own_sql


def beyond_the_data(query: Query, ground: Ground) -> Declined | None:
    """Why a period after the last date of its column, or before the first one, has no answer; None where it has one."""
    for column, low, high in _periods(query, ground):
        table = ground.schema.by_key[column.table]
        name = quoted(column.column)
        sql = f"SELECT min({name}) AS first, max({name}) AS last FROM {quoted_table(table)}"
        try:
            found = ground.read(own_sql(sql, ground.schema.dialect), {}).iloc[0]
        except EngineError:
            continue  # what cannot be read is told when the answer is
        first, last = str(found["first"])[:10], str(found["last"])[:10]
        if not (first[:1].isdigit() and last[:1].isdigit()):
            continue
        if (low and low > last) or (high and high <= first):
            named = f"{readable(column.column)} of {readable(column.table)}"
            asked = f"from {low}" if low else f"before {high}"
            return Declined(
                reason=f"There is nothing in the period asked for ({asked}): {named} goes from {first} to {last}.",
                near=(f"the last month on record, {last[:7]}",),
            )
    return None


def _periods(query: Query, ground: Ground) -> Iterator[tuple[ColumnRef, str, str]]:
    """Each column of dates with the bounds that conditions put on it."""
    for condition in query.where:
        if not isinstance(condition, Condition) or condition.bucket is not None or condition.other is not None:
            continue
        table = ground.schema.by_key.get(condition.column.table)
        held = table.by_name.get(condition.column.column) if table else None
        if held is None or held.kind not in (Kind.DATE, Kind.TIME):
            continue
        values = [str(value)[:10] for value in condition.values]
        if condition.operator in ("between", "within") and len(values) == 2:
            yield condition.column, values[0], values[1]
        elif condition.operator in (">=", ">") and len(values) == 1:
            yield condition.column, values[0], ""
        elif condition.operator in ("<", "<=") and len(values) == 1:
            yield condition.column, "", values[0]
