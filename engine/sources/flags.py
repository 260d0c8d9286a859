"""Yes-or-no columns that are no booleans: 0 and 1, Y and N, T and F, told by their values."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Sequence

from engine.errors import SourceError
from engine.sources.door import Session, own_rows
from engine.sources.naming import quoted, quoted_table, words
from engine.sources.schema import Column, Kind, Table

_SECONDS, _SECONDS_A_STATEMENT = 5.0, 1.0
_AT_ONCE, _STATEMENTS, _LARGE, _ROWS = 60, 3, 500, 5_000
_PAIRS = ((("1", "0"),), (("y", "n"), ("t", "f"), ("yes", "no"), ("true", "false")))
# Names that say yes or no by themselves, so that one of the two values is enough.
_TELLING = re.compile(r"^(is|has|was|can|does)_|_(flag|flg|yn|ind)$")
# Names of what is counted: a table in which nobody has two of it yet has no yes-or-no column.
_COUNTED = frozenset(
    "number num count cnt quantity qty amount amt total sum level rank position order score rating stars grade "
    "children kids siblings bedrooms bathrooms floor age year month day days hours version priority stage "
    "refills goals points wins losses units pieces".split()
)
Place = tuple[Table, Column]


def with_flags(session: Session, tables: Sequence[Table], keys: frozenset[tuple[str, str]]) -> tuple[Table, ...]:
    """The tables, with what their yes-or-no columns write for yes and no; `keys` are looked at by others."""
    asked = [
        (table, column)
        for table in tables
        if not table.view
        for column in table.columns
        if _may_be_flag(column) and (table.key, column.name) not in keys and column.name not in table.primary_key
    ]
    found: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    # Of a large database only the columns whose names tell are looked at: discovery stays a few statements.
    statements = _STATEMENTS if len(tables) <= _LARGE else 1
    asked = sorted(asked, key=lambda place: not _TELLING.search(words(place[1].name)))[: statements * _AT_ONCE]
    deadline = time.monotonic() + _SECONDS
    for start in range(0, len(asked), _AT_ONCE):
        batch = asked[start : start + _AT_ONCE]
        for number, values in _samples(session, batch, deadline).items():
            table, column = batch[number]
            if pair := pair_of(column, values):
                found[table.key][column.name] = pair
    return tuple(_marked(table, found[table.key]) for table in tables)


def _may_be_flag(column: Column) -> bool:
    counted = set(words(column.name).split("_")) & _COUNTED
    return column.kind is Kind.TEXT or (column.kind is Kind.NUMBER and not counted)


def pair_of(column: Column, values: Sequence[str]) -> tuple[str, str] | None:
    """What a column writes for yes and no, if its values are no more than that."""
    held = {value.casefold(): value for value in values}
    enough = 1 if _TELLING.search(words(column.name)) else 2
    for yes, no in _PAIRS[column.kind is Kind.TEXT]:
        if held and set(held) <= {yes, no} and len(held) >= enough:
            return held.get(yes, _like(yes, values)), held.get(no, _like(no, values))
    return None


def _like(word: str, values: Sequence[str]) -> str:
    """A word in the case of the values beside it."""
    return word.upper() if values[0].isupper() else word


def _samples(session: Session, places: Sequence[Place], deadline: float) -> dict[int, list[str]]:
    """Position in `places`: up to three different values; none where the database refuses."""
    left = deadline - time.monotonic()
    if not places or left <= 0:
        return {}
    sql = " UNION ALL ".join(_different(number, *place) for number, place in enumerate(places))
    try:
        rows = own_rows(session, sql, seconds=min(left, _SECONDS_A_STATEMENT))
    except SourceError:
        return {}  # a kindness, not a need
    found: dict[int, list[str]] = defaultdict(list)
    for number, value in rows:
        found[number].append(str(value))
    return found


def _different(number: int, table: Table, column: Column) -> str:
    """A SELECT of a few different values among the first rows, each behind the column's number."""
    name = quoted(column.name)
    return (
        f"SELECT {number} AS n, v FROM (SELECT DISTINCT v"
        f" FROM (SELECT CAST({name} AS text) AS v FROM {quoted_table(table)}"
        f" WHERE {name} IS NOT NULL LIMIT {_ROWS}) AS r{number} LIMIT 3) AS q{number}"
    )


def _marked(table: Table, flags: dict[str, tuple[str, str]]) -> Table:
    if not flags:
        return table
    columns = tuple(
        column.model_copy(update={"truth": flags[column.name]}) if column.name in flags else column
        for column in table.columns
    )
    # Made anew: a copy would keep the columns by name that were looked up before.
    return Table(**{name: getattr(table, name) for name in Table.model_fields} | {"columns": columns})
