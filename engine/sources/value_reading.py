"""Reading the values of a database that name things, within bounds of number and time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from engine.errors import SourceError
from engine.schema import Column, Kind, Schema, Table
from engine.sources.door import Door, Session, rows_of
from engine.sources.naming import quoted, quoted_table

_LONGEST = 80
_SECONDS_A_COLUMN = 2.0
# What identifies or unlocks a person is not copied out of the database.
_PERSONAL = re.compile(
    r"e_?mail|phone|mobile|(^|_)(tel|fax|cell|ssn|sin|dob|pin|iban|bic|cvv|cvc|ip)(_|$)|social_?sec|passport"
    r"|national_?id|tax_?id|licen[cs]e_?(no|num)|passw|passphrase|pwd|secret|token|api_?key|credential|hash|salt|session|cookie"
    r"|card_?(no|num)|account_?(no|num)|birth|signature",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """(table, column, value) of every value read, and the columns left out."""

    entries: tuple[tuple[str, str, str], ...]
    skipped: tuple[str, ...]


def personal(column: str) -> bool:
    """Whether a column's name says that it holds what identifies or unlocks a person."""
    return bool(_PERSONAL.search(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column)))


def read_values(
    door: Door,
    schema: Schema,
    *,
    max_distinct: int = 5_000,
    max_total: int = 200_000,
    seconds: float = 20.0,
) -> Found:
    """The distinct values of text columns. What is left out for size or time is listed in `skipped`."""
    entries: list[tuple[str, str, str]] = []
    skipped: list[str] = []
    deadline = time.monotonic() + seconds
    with door.session() as session:
        crowded = _crowded(session, schema, max_distinct)
        for table, column in _columns(schema):
            left = deadline - time.monotonic()
            values: list[str] | None = None
            if left > 0 and (table.key, column.name) not in crowded:
                values = _distinct(session, table, column, max_distinct, min(left, _SECONDS_A_COLUMN))
            if values is None or len(entries) + len(values) > max_total:
                skipped.append(f"{table.key}.{column.name}")
                continue
            entries.extend((table.key, column.name, value) for value in values)
    return Found(tuple(entries), tuple(skipped))


def _columns(schema: Schema) -> Iterator[tuple[Table, Column]]:
    """Text columns that may be read, of the small tables first; views only where there is nothing else."""
    real = [table for table in schema.tables if not table.view]
    for table in sorted(real or schema.tables, key=lambda table: table.rows or 0):
        for column in table.columns:
            if column.kind is Kind.TEXT and not personal(column.name):
                yield table, column


def _distinct(session: Session, table: Table, column: Column, most: int, seconds: float) -> list[str] | None:
    """The column's values; None if there are more than `most`, or if it takes too long."""
    name = quoted(column.name)
    text = f"CAST({name} AS text)"
    sql = (
        f"SELECT DISTINCT {text} AS v FROM {quoted_table(table)}"
        f" WHERE {name} IS NOT NULL AND length({text}) BETWEEN 1 AND {_LONGEST - 1} LIMIT {most + 1}"
    )
    try:
        rows = rows_of(session, sql, seconds=seconds)
    except SourceError:
        return None
    if len(rows) > most:
        return None
    return sorted(str(value) for (value,) in rows)


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
