"""SQLite's schema: pragmas for what is declared, a look at the values for what is not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from engine.errors import SourceError
from engine.sources.door import Session, rows_of
from engine.sources.frames import ISO_MOMENT
from engine.sources.naming import quoted
from engine.sources.remarks import remarks
from engine.sources.schema import Column, ForeignKey, Kind, Table

_COUNTED_ROWS = 2_000_000
_SAMPLE = 50
_TELLING = 3
_AT_ONCE = 100
_UNLIKELY = 300
_COUNTED_AT_ONCE = 400
_DATE_NAME = re.compile(r"date|period|month|day|_(on|at|dt|ts|time)$|^(on|at|time|timestamp)$|On$|At$", re.IGNORECASE)

# Virtual tables and their shadows are left out: merely opening one counts as a write, which the door refuses.
# Materialised, or their search would be done again for every table.
_LISTED = """
(WITH virtuals AS MATERIALIZED (SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL %')
 SELECT m.name, m.type, m.sql FROM sqlite_master AS m
 WHERE m.type IN ('table', 'view') AND substr(m.name, 1, 7) <> 'sqlite_'
   AND NOT EXISTS (SELECT 1 FROM virtuals AS v
                   WHERE m.name = v.name OR substr(m.name, 1, length(v.name) + 1) = v.name || '_'))
"""
_REAL = f"(SELECT name FROM {_LISTED} WHERE type = 'table')"
_TABLES = f"SELECT name, type = 'view', sql FROM {_LISTED} ORDER BY name"
_COLUMNS = """
SELECT m.name, p.name, p.type, p."notnull", p.pk
FROM {} AS m, pragma_table_xinfo(m.name) AS p WHERE p.hidden <> 1
"""
_KEYS = f"""
SELECT m.name, f.id, f."table", f."from", f."to"
FROM {_REAL} AS m, pragma_foreign_key_list(m.name) AS f ORDER BY 1, 2, f.seq
"""

Rows = list[tuple[Any, ...]]


def read_catalog(session: Session, seconds: float) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
    """Tables and declared foreign keys."""
    listed = rows_of(session, _TABLES, seconds=seconds)
    columns = _columns(session, seconds)
    real = [name for name, view, _ in listed if not view]
    rows = _row_counts(session, real, seconds)
    tables = {
        name: _table(name, bool(view), sql, columns[name], rows.get(name))
        for name, view, sql in listed
        if columns.get(name)
    }
    dated = _dated(session, tables.values(), seconds)
    tables = {name: _with_dates(table, dated[name]) for name, table in tables.items()}
    found = _foreign_keys(rows_of(session, _KEYS, seconds=seconds), tables)
    return tuple(tables.values()), tuple(found)


def _columns(session: Session, seconds: float) -> dict[str, Rows]:
    """Table: its rows of pragma_table_xinfo. A view that no longer works is left out alone."""
    try:
        found = rows_of(session, _COLUMNS.format(_LISTED), seconds=seconds)
    except SourceError:
        found = rows_of(session, _COLUMNS.format(_REAL), seconds=seconds)
        for (view,) in rows_of(session, "SELECT name FROM sqlite_master WHERE type = 'view'", seconds=seconds):
            try:
                found += rows_of(session, _COLUMNS.format("(SELECT :view AS name)"), {"view": view}, seconds)
            except SourceError:
                continue
    columns: dict[str, Rows] = defaultdict(list)
    for name, *column in found:
        columns[name].append(tuple(column))
    return columns


def _table(name: str, view: bool, sql: str, columns: Rows, rows: int | None) -> Table:
    said = remarks(sql, [column[0] for column in columns])
    keyed = sorted((pk, column) for column, _, _, pk in columns if pk)
    return Table(
        name=name,
        view=view,
        comment=said.table,
        columns=tuple(
            Column(
                name=column,
                type=type_ or "",
                kind=kind_of(type_ or ""),
                nullable=not (notnull or pk),
                comment=said.columns.get(column, ""),
            )
            for column, type_, notnull, pk in columns
        ),
        primary_key=tuple(column for _, column in keyed),
        rows=rows,
    )


@cache
def kind_of(declared: str) -> Kind:
    """What a declared type means: first the names that people mean, then SQLite's affinity."""
    name = declared.upper()
    if "BOOL" in name:
        return Kind.BOOLEAN
    if "DATE" in name or "TIMESTAMP" in name:
        return Kind.DATE
    if re.match(r"TIME\b", name):
        return Kind.TIME
    if "JSON" in name:
        return Kind.JSON
    if "INT" in name:
        return Kind.NUMBER
    if any(part in name for part in ("CHAR", "CLOB", "TEXT", "UUID", "STRING", "ENUM")):
        return Kind.TEXT
    if "BLOB" in name or "BINARY" in name:
        return Kind.BINARY
    # Numeric affinity takes whatever name is left; a view's expression has no declared type at all.
    return Kind.NUMBER if name else Kind.OTHER


def _row_counts(session: Session, names: Sequence[str], seconds: float) -> dict[str, int]:
    """Exact for tables of ordinary size; the highest row id where counting would read a large file."""
    counted: dict[str, int] = {}
    for start in range(0, len(names), _COUNTED_AT_ONCE):
        batch = names[start : start + _COUNTED_AT_ONCE]
        try:
            counted |= _counted(session, batch, seconds)
        except SourceError:
            # One without row ids must not cost the others.
            for name in batch:
                counted |= _counted_alone(session, name, seconds)
    return counted


def _counted(session: Session, names: Sequence[str], seconds: float) -> dict[str, int]:
    """The rows of several tables, in one statement."""
    selects = [
        f"SELECT {place}, m, CASE WHEN m <= {_COUNTED_ROWS} THEN (SELECT count(*) FROM {quoted(name)}) END"
        f" FROM (SELECT max(rowid) AS m FROM {quoted(name)})"
        for place, name in enumerate(names)
    ]
    found = rows_of(session, " UNION ALL ".join(selects), seconds=seconds)
    return {names[place]: int(highest or 0) if count is None else int(count) for place, highest, count in found}


def _counted_alone(session: Session, name: str, seconds: float) -> dict[str, int]:
    try:
        return _counted(session, [name], seconds)
    except SourceError:
        pass  # WITHOUT ROWID
    try:
        ((count,),) = rows_of(session, f"SELECT count(*) FROM {quoted(name)}", seconds=seconds)
    except SourceError:
        return {}
    return {name: int(count)}


def _dated(session: Session, tables: Iterator[Table] | Any, seconds: float) -> dict[str, dict[str, Kind]]:
    """Table: columns without a telling type whose values do tell."""
    open_ = [
        (table.name, column) for table in tables for column in table.columns if column.kind in (Kind.OTHER, Kind.TEXT)
    ]
    # Of a large database only the columns whose names tell are looked at: discovery stays a few statements.
    asked = [
        (name, column.name)
        for name, column in open_
        if len(open_) <= _UNLIKELY or column.kind is Kind.OTHER or _DATE_NAME.search(column.name)
    ]
    dated: dict[str, dict[str, Kind]] = defaultdict(dict)
    for start in range(0, len(asked), _AT_ONCE):
        batch = asked[start : start + _AT_ONCE]
        for position, values in _samples(session, batch, seconds).items():
            table, column = batch[position]
            # Under any other name it takes several dates, and nothing else, to make it one of dates.
            dates = bool(_DATE_NAME.search(column)) or len(values) >= _TELLING
            kind = _kind_of_values(values, dates=dates)
            if kind:
                dated[table][column] = kind
    return dated


def _samples(session: Session, columns: Sequence[tuple[str, str]], seconds: float) -> dict[int, list[Any]]:
    """Position in `columns`: some of its values, all in one statement."""
    selects = [
        f"SELECT {position}, v FROM (SELECT {quoted(column)} AS v FROM {quoted(table)}"
        f" WHERE {quoted(column)} IS NOT NULL LIMIT {_SAMPLE})"
        for position, (table, column) in enumerate(columns)
    ]
    found: dict[int, list[Any]] = defaultdict(list)
    try:
        for position, value in rows_of(session, " UNION ALL ".join(selects), seconds=min(seconds, 5.0)):
            found[position].append(value)
    except SourceError:
        return {}  # one bad view among them: dates are a kindness, not a need
    return found


def _kind_of_values(values: Sequence[Any], *, dates: bool) -> Kind | None:
    if dates and all(isinstance(value, str) and ISO_MOMENT.fullmatch(value) for value in values):
        return Kind.DATE
    if all(isinstance(value, int | float) for value in values):
        return Kind.NUMBER
    if all(isinstance(value, str) for value in values):
        return Kind.TEXT
    return None


def _with_dates(table: Table, dated: Mapping[str, Kind]) -> Table:
    if not dated:
        return table
    columns = tuple(c.model_copy(update={"kind": dated[c.name]}) if c.name in dated else c for c in table.columns)
    return table.model_copy(update={"columns": columns})


def _foreign_keys(rows: Rows, tables: Mapping[str, Table]) -> Iterator[ForeignKey]:
    """Keys of several rows put together; SQLite compares names without case and may leave the target out."""
    by_name = {name.lower(): table for name, table in tables.items()}
    grouped: dict[tuple[str, int], Rows] = defaultdict(list)
    for name, number, *rest in rows:
        grouped[name, number].append(tuple(rest))
    for (name, _), parts in grouped.items():
        table, target = by_name.get(name.lower()), by_name.get(parts[0][0].lower())
        if table is None or target is None:
            continue
        named = [part[2] for part in parts]
        refers = target.primary_key if None in named else tuple(_exact(target, column) for column in named)
        if len(refers) == len(parts):
            columns = tuple(_exact(table, part[1]) for part in parts)
            yield ForeignKey(table=table.name, columns=columns, refers_table=target.name, refers_columns=refers)


def _exact(table: Table, column: str) -> str:
    if column in table.by_name:
        return column
    return next((known.name for known in table.columns if known.name.lower() == column.lower()), column)
