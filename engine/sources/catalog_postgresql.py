"""PostgreSQL's own catalog, read in three statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from engine.sources.door import Session, rows_of
from engine.sources.schema import Column, ForeignKey, Kind, Table

# Partitions are folded into their parent, what an extension brought is left out, as is what may not be read.
_RELATIONS = """
SELECT c.oid::bigint, n.nspname::text, c.relname::text, n.nspname = current_schema(), c.relkind IN ('v', 'm'),
       coalesce(obj_description(c.oid, 'pg_class'), ''),
       CASE WHEN c.relkind = 'p' THEN (SELECT sum(CASE WHEN leaf.reltuples >= 0 THEN leaf.reltuples END)
                                         FROM pg_partition_tree(c.oid) AS part
                                         JOIN pg_class AS leaf ON leaf.oid = part.relid AND part.isleaf)
            WHEN c.relkind = 'v' OR c.reltuples < 0 THEN NULL ELSE c.reltuples END::double precision
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 2, 3
"""

_COLUMNS = """
SELECT a.attrelid::bigint, a.attnum::int, a.attname::text, format_type(a.atttypid, a.atttypmod),
       coalesce(base.typname, t.typname)::text, coalesce(base.typcategory, t.typcategory)::text,
       NOT a.attnotnull, coalesce(d.description, '')
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_type AS base ON base.oid = t.typbasetype AND t.typtype = 'd'
LEFT JOIN pg_description AS d
  ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND (has_table_privilege(c.oid, 'SELECT') OR has_column_privilege(c.oid, a.attnum, 'SELECT'))
ORDER BY 1, 2
"""

_KEYS = """
SELECT k.contype::text, k.conrelid::bigint, k.conkey::int[], k.confrelid::bigint,
       coalesce(k.confkey, '{}')::int[]
FROM pg_constraint AS k
WHERE k.contype IN ('p', 'f') AND k.conrelid <> 0
ORDER BY k.conrelid, k.contype, k.conname
"""

_BY_CATEGORY = {
    "N": Kind.NUMBER, "S": Kind.TEXT, "E": Kind.TEXT, "B": Kind.BOOLEAN, "D": Kind.DATE,
}  # fmt: skip
_BY_TYPE = {
    "time": Kind.TIME, "timetz": Kind.TIME, "json": Kind.JSON, "jsonb": Kind.JSON, "bytea": Kind.BINARY,
    "uuid": Kind.TEXT, "oid": Kind.OTHER, "regclass": Kind.OTHER, "citext": Kind.TEXT,
}  # fmt: skip


def read_catalog(session: Session, seconds: float) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
    """Tables and declared foreign keys."""
    relations = rows_of(session, _RELATIONS, seconds=seconds)
    columns: dict[int, dict[int, Column]] = defaultdict(dict)
    for relation, number, *column in rows_of(session, _COLUMNS, seconds=seconds):
        columns[relation][number] = _column(*column)
    constraints = rows_of(session, _KEYS, seconds=seconds)
    primary = {row[1]: row[2] for row in constraints if row[0] == "p"}
    tables = {row[0]: _table(row, columns[row[0]], primary.get(row[0], ())) for row in relations if columns[row[0]]}
    keys = (_foreign_key(row, tables, columns) for row in constraints if row[0] == "f")
    return tuple(tables.values()), tuple(key for key in keys if key)


def _column(name: str, type_: str, base: str, category: str, nullable: bool, comment: str) -> Column:
    kind = _BY_TYPE.get(base) or _BY_CATEGORY.get(category, Kind.OTHER)
    return Column(name=name, type=type_, kind=kind, nullable=nullable, comment=comment)


def _table(row: tuple[Any, ...], columns: Mapping[int, Column], primary: tuple[int, ...]) -> Table:
    _, place, name, default, view, comment, rows = row
    return Table(
        name=name,
        schema_name="" if default else place,
        view=view,
        comment=comment,
        columns=tuple(columns[number] for number in sorted(columns)),
        primary_key=tuple(columns[number].name for number in primary) if set(primary) <= set(columns) else (),
        rows=None if rows is None else int(rows),
    )


def _foreign_key(
    row: tuple[Any, ...], tables: Mapping[int, Table], columns: Mapping[int, Mapping[int, Column]]
) -> ForeignKey | None:
    """None when either end is out of sight (a partition, a table or column without rights)."""
    _, table, numbers, refers, refers_numbers = row
    if table not in tables or refers not in tables:
        return None
    if not (set(numbers) <= set(columns[table]) and set(refers_numbers) <= set(columns[refers])):
        return None
    return ForeignKey(
        table=tables[table].key,
        columns=tuple(columns[table][number].name for number in numbers),
        refers_table=tables[refers].key,
        refers_columns=tuple(columns[refers][number].name for number in refers_numbers),
    )
