"""The catalog of MySQL and MariaDB: their information_schema, read in three statements."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from engine.sources.door import Session, rows_of
from engine.sources.schema import Column, ForeignKey, Kind, Table

_RELATIONS = """
SELECT table_name, table_type, table_comment, table_rows
FROM information_schema.tables
WHERE table_schema = database() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')
ORDER BY table_name
"""
_COLUMNS = """
SELECT table_name, column_name, column_type, data_type, is_nullable, column_comment
FROM information_schema.columns WHERE table_schema = database()
ORDER BY table_name, ordinal_position
"""
_KEYS = """
SELECT table_name, constraint_name, column_name, referenced_table_name, referenced_column_name
FROM information_schema.key_column_usage
WHERE table_schema = database() AND (constraint_name = 'PRIMARY' OR referenced_table_schema = database())
ORDER BY table_name, constraint_name, ordinal_position
"""
_BOOLEAN = re.compile(r"tinyint\(1\)|bool(ean)?", re.IGNORECASE)
_BY_TYPE = {
    **dict.fromkeys(
        "tinyint smallint mediumint int bigint decimal numeric float double real year bit".split(), Kind.NUMBER
    ),
    **dict.fromkeys(
        "char varchar tinytext text mediumtext longtext enum set uuid inet4 inet6".split(),
        Kind.TEXT,
    ),
    **dict.fromkeys("date datetime timestamp".split(), Kind.DATE),
    **dict.fromkeys("binary varbinary tinyblob blob mediumblob longblob".split(), Kind.BINARY),
    "time": Kind.TIME,
    "json": Kind.JSON,
}  # fmt: skip


def read_catalog(session: Session, seconds: float) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
    """Tables and views of the database, and the keys declared between them."""
    columns: dict[str, list[Column]] = defaultdict(list)
    for table, *described in rows_of(session, _COLUMNS, seconds=seconds):
        columns[table].append(_column(*described))
    primary: dict[str, list[str]] = defaultdict(list)
    foreign: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for table, name, column, target, target_column in rows_of(session, _KEYS, seconds=seconds):
        if target is None:
            primary[table].append(column)
        else:
            foreign[table, name].append((column, target, target_column))
    tables = {
        name: _table(name, kind, comment, rows, tuple(columns[name]), tuple(primary[name]))
        for name, kind, comment, rows in rows_of(session, _RELATIONS, seconds=seconds)
        if columns[name]
    }
    return tuple(tables.values()), _foreign_keys(foreign, tables)


def kind_of(type_: str, base: str) -> Kind:
    """What a column of a type holds. TINYINT(1) is how these databases write a boolean."""
    return Kind.BOOLEAN if _BOOLEAN.fullmatch(type_) else _BY_TYPE.get(base.lower(), Kind.OTHER)


def _column(name: str, type_: str, base: str, nullable: str, comment: str) -> Column:
    return Column(name=name, type=type_, kind=kind_of(type_, base), nullable=nullable == "YES", comment=comment or "")


def _table(
    name: str, kind: str, comment: str, rows: Any, columns: tuple[Column, ...], primary: tuple[str, ...]
) -> Table:
    view = kind == "VIEW"
    return Table(
        name=name,
        view=view,
        comment="" if view else comment or "",
        columns=columns,
        primary_key=primary,
        rows=None if view or rows is None else int(rows),
    )


def _foreign_keys(
    found: Mapping[tuple[str, str], list[tuple[str, str, str]]], tables: Mapping[str, Table]
) -> tuple[ForeignKey, ...]:
    # A server on a file system without case keeps the target as it was written.
    by_name = {name.lower(): name for name in tables}
    keys = []
    for (table, _), parts in found.items():
        target = by_name.get(parts[0][1].lower())
        if table in tables and target:
            keys.append(
                ForeignKey(
                    table=table,
                    columns=tuple(column for column, _, _ in parts),
                    refers_table=target,
                    refers_columns=tuple(column for _, _, column in parts),
                )
            )
    return tuple(keys)
