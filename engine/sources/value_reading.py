"""Reading the values of a database that name things, within bounds of number and time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.errors import SourceError
from engine.sources.door import Door, Session, own_rows, rows_of
from engine.sources.naming import quoted, quoted_table, words
from engine.sources.personal import personal_by_name, personal_by_values
from engine.sources.schema import Column, Kind, Schema, Table

_LONGEST = 80
_SECONDS_A_STATEMENT = 2.0
_SMALL_ROWS, _AT_ONCE = 20_000, 40
_Place = tuple[Table, Column]
# Numbers of columns called so may be days written as one number, 20261031, which only their values tell.
# So do those of a discount whether it is an amount, a percentage or a share.
_DAYS = frozenset("dt dat date datum day on from to fr until".split())
_DISCOUNTS = frozenset("disc discount rebate".split())


@dataclass(frozen=True)
class Found:
    """(table, column, value) of every value read, the columns left out, and those that look personal, with why.

    `numbers` are values of number columns: they tell what their column holds, and name nothing.
    """

    entries: tuple[tuple[str, str, str], ...]
    skipped: tuple[str, ...]
    personal: tuple[tuple[str, str], ...] = ()
    numbers: tuple[tuple[str, str, str], ...] = ()


def read_values(
    door: Door,
    schema: Schema,
    *,
    max_distinct: int = 5_000,
    max_total: int = 200_000,
    seconds: float = 20.0,
) -> Found:
    """The distinct values of text columns, and of numbers that may be days. `skipped` lists what was left out."""
    entries: list[tuple[str, str, str]] = []
    numbers: list[tuple[str, str, str]] = []
    skipped: list[str] = []
    looks: list[tuple[str, str]] = []
    deadline = time.monotonic() + seconds
    with door.session() as session:
        crowded = _crowded(session, schema, max_distinct)
        for batch in _batches(schema):
            wanted = [place for place in batch if (place[0].key, place[1].name) not in crowded]
            found = _read(session, wanted, max_distinct, deadline)
            for table, column in batch:
                values = found.get((table.key, column.name))
                if column.kind is Kind.NUMBER:
                    numbers.extend((table.key, column.name, value) for value in values or ())
                elif values is None or len(entries) + len(values) > max_total:
                    skipped.append(f"{table.key}.{column.name}")
                elif reason := personal_by_values(values):
                    looks.append((f"{table.key}.{column.name}", reason))
                else:
                    entries.extend((table.key, column.name, value) for value in values)
    return Found(tuple(entries), tuple(skipped), tuple(looks), tuple(numbers))


def _batches(schema: Schema) -> Iterator[list[_Place]]:
    """Columns to read in one statement: many of small tables, one of a large table."""
    batch: list[_Place] = []
    for table, column in _columns(schema):
        if (table.rows or 0) > _SMALL_ROWS:
            yield [(table, column)]
            continue
        batch.append((table, column))
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _columns(schema: Schema) -> Iterator[_Place]:
    """Text columns that may be read, of the small tables first; views only where there is nothing else."""
    real = [table for table in schema.tables if not table.view]
    for table in sorted(real or schema.tables, key=lambda table: table.rows or 0):
        for column in table.columns:
            told = column.kind is Kind.TEXT or (column.kind is Kind.NUMBER and _may_tell(column.name))
            if told and not personal_by_name(column.name):
                yield table, column


def _may_tell(name: str) -> bool:
    """Whether the values of a number column are looked at, since its name leaves open what they are."""
    said = words(name).split("_")
    return said[-1] in _DAYS or said[0] in ("dt", "date") or not _DISCOUNTS.isdisjoint(said)


def _read(session: Session, places: Sequence[_Place], most: int, deadline: float) -> dict[tuple[str, str], list[str]]:
    """(table, column): its values; without those that have more than `most`, or took too long."""
    left = deadline - time.monotonic()
    if not places or left <= 0:
        return {}
    sql = " UNION ALL ".join(_distinct(number, *place, most) for number, place in enumerate(places))
    try:
        rows = own_rows(session, sql, seconds=min(left, _SECONDS_A_STATEMENT))
    except SourceError:
        # One slow or forbidden column must not cost the others.
        halves = [places[: len(places) // 2], places[len(places) // 2 :]] if len(places) > 1 else []
        read = [_read(session, half, most, deadline) for half in halves]
        return {key: values for part in read for key, values in part.items()}
    found: dict[tuple[str, str], list[str]] = {(table.key, column.name): [] for table, column in places}
    for number, value in rows:
        table, column = places[number]
        found[table.key, column.name].append(str(value))
    return {key: sorted(values) for key, values in found.items() if len(values) <= most}


def _distinct(number: int, table: Table, column: Column, most: int) -> str:
    """A SELECT of the column's values, each behind the column's number."""
    name = quoted(column.name)
    text = f"CAST({name} AS text)"
    return (
        f"SELECT {number} AS n, v"
        f" FROM (SELECT DISTINCT {text} AS v FROM {quoted_table(table)}"
        f" WHERE {name} IS NOT NULL AND length({text}) BETWEEN 1 AND {_LONGEST - 1}"
        f" LIMIT {most + 1}) AS q{number}"
    )


def _crowded(session: Session, schema: Schema, most: int) -> set[tuple[str, str]]:
    """The columns of which PostgreSQL's statistics already say that they have too many values."""
    if schema.dialect != "postgresql":
        return set()
    sql = (
        "SELECT s.schemaname, s.tablename, s.attname, s.n_distinct, coalesce(c.reltuples, 0),"
        " s.schemaname = current_schema()"
        " FROM pg_stats s JOIN pg_namespace n ON n.nspname = s.schemaname"
        " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename"
        " WHERE s.n_distinct > :most OR s.n_distinct < 0"
    )
    crowded = set()
    for place, table, column, distinct, rows, default in rows_of(session, sql, {"most": most * 2}):
        estimate = distinct if distinct > 0 else -distinct * rows
        if estimate > most * 2:
            crowded.add((str(table) if default else f"{place}.{table}", str(column)))
    return crowded
