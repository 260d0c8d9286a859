"""A database and datasets seen as one: which columns of the one refer to the other, found from names and values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from engine.authors.base import Ground
from engine.errors import EngineError
from engine.sources.keys import referring_names
from engine.sources.naming import quoted, quoted_table, singular, words
from engine.sources.schema import Column, ForeignKey, Kind, Schema, Table
from engine.sources.translating import own_sql
from engine.sources.values import ValueIndex

# Fewer values than this prove nothing unless the names agree too.
TELLING = 3
ENOUGH = 0.95
SAMPLE = 200
MOST_TABLES = 300
Values = Mapping[tuple[str, str], frozenset[str]]


@dataclass(frozen=True)
class _Side:
    """One place with the values of its text columns."""

    ground: Ground
    values: Values

    def columns(self, *kinds: Kind) -> Iterator[tuple[Table, Column]]:
        """Its columns of some kinds; views are made of tables and left out."""
        for table in self.ground.schema.tables:
            if not table.view:
                yield from ((table, column) for column in table.columns if column.kind in kinds)

    def unique(self, table: Table, column: Column) -> bool:
        """Whether the column tells the rows of its table apart."""
        if table.primary_key == (column.name,):
            return True
        name = quoted(column.name)
        frame = _read(self.ground, f"SELECT count(*) AS a, count(DISTINCT {name}) AS b FROM {quoted_table(table)}")
        rows, distinct = frame.iloc[0]
        return bool(rows == distinct and rows > 1)


def related(database: Ground, datasets: Ground) -> Ground | None:
    """Both places as one to ask, or None where nothing connects them.

    What is read of it is laid beside the datasets first, so its SQL is SQLite's, and a table's name is its key.
    """
    known = {table.key for table in datasets.schema.tables}
    tables = tuple(table for table in database.schema.tables if table.key not in known)
    if len(tables) > MOST_TABLES:
        return None
    narrowed = replace(database, schema=database.schema.model_copy(update={"tables": tables}))
    keys = tuple(_keys(_side(datasets), _side(narrowed)))
    return _together(narrowed, datasets, keys) if keys else None


def _side(ground: Ground) -> _Side:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for table, column, value in ground.values.entries:
        found[table, column].add(value)
    return _Side(ground, {place: frozenset(values) for place, values in found.items()})


def _keys(datasets: _Side, database: _Side) -> Iterator[ForeignKey]:
    """A column of a dataset has one target; a column of the database refers to a dataset only where none does."""
    taken: set[str] = set()
    for table, column in datasets.columns(Kind.TEXT, Kind.NUMBER):
        key = _by_identity(datasets, table, column, database) or _by_values(datasets, table, column, database)
        if key:
            taken.add(table.key)
            yield key
    for table, column in database.columns(Kind.TEXT):
        key = _by_values(database, table, column, datasets)
        if key and key.refers_table not in taken:
            yield key


def _by_identity(own: _Side, table: Table, column: Column, other: _Side) -> ForeignKey | None:
    """Another place's declared key that the column's name names, and that holds its values."""
    for target in other.ground.schema.tables:
        key = target.by_name.get(target.primary_key[0]) if len(target.primary_key) == 1 else None
        if key is None or target.view or key.kind is not column.kind:
            continue
        if words(column.name) not in referring_names(target, key):
            continue
        said = _held(own.ground, table, column, other.ground, target, key)
        if said:
            return _key(table, column, target, key, f"its name matches {target.key}.{key.name}, and {said}")
    return None


def _held(own: Ground, table: Table, column: Column, other: Ground, target: Table, key: Column) -> str:
    """How many of the column's values the key holds, in words; empty when too few."""
    name = quoted(column.name)
    values = _read(
        own, f"SELECT DISTINCT {name} AS v FROM {quoted_table(table)} WHERE {name} IS NOT NULL LIMIT {SAMPLE}"
    )["v"].tolist()
    bound = {f"v{place}": value for place, value in enumerate(values)}
    if not bound:
        return ""
    listed = ", ".join(f":{each}" for each in bound)
    sql = f"SELECT count(*) AS n FROM {quoted_table(target)} WHERE {quoted(key.name)} IN ({listed})"
    try:
        found = int(_read(other, sql, bound)["n"].iloc[0])
    except EngineError:
        return ""  # kinds that cannot be compared are no key
    return f"{found} of {len(bound)} sampled values occur there" if found >= ENOUGH * len(bound) else ""


def _read(ground: Ground, sql: str, bound: Mapping[str, object] | None = None) -> pd.DataFrame:
    """The rows of a SELECT of ours, in the words of the place's dialect."""
    return ground.read(own_sql(sql, ground.schema.dialect), bound or {})


def _by_values(own: _Side, table: Table, column: Column, other: _Side) -> ForeignKey | None:
    """Another place's text column that holds the column's values and tells its rows apart."""
    values = own.values.get((table.key, column.name), frozenset())
    fitting = []
    for target, key in other.columns(Kind.TEXT):
        held = other.values.get((target.key, key.name), frozenset())
        said = words(column.name)
        alike = said in (words(key.name), singular(target.name)) or said in referring_names(target, key)
        common = len(values & held)
        if common and common >= ENOUGH * len(values) and (alike or common >= TELLING):
            fitting.append((not alike, -common, target, key, common))
    fitting.sort(key=lambda each: each[:2])
    for _, _, target, key, common in fitting:
        if other.unique(target, key):
            return _key(
                table, column, target, key, f"{common} of {len(values)} values occur in {target.key}.{key.name}"
            )
    return None


def _key(table: Table, column: Column, target: Table, key: Column, evidence: str) -> ForeignKey:
    return ForeignKey(
        table=table.key,
        columns=(column.name,),
        refers_table=target.key,
        refers_columns=(key.name,),
        inferred=True,
        evidence=evidence,
    )


def _together(database: Ground, datasets: Ground, keys: Sequence[ForeignKey]) -> Ground:
    own = {table.key for table in database.schema.tables}
    plain = tuple(table.model_copy(update={"name": table.key, "schema_name": ""}) for table in database.schema.tables)
    inside = tuple(key for key in database.schema.foreign_keys if {key.table, key.refers_table} <= own)
    schema = Schema(
        dialect="sqlite",
        tables=(*datasets.schema.tables, *plain),
        foreign_keys=(*datasets.schema.foreign_keys, *inside, *keys),
        fingerprint=f"{datasets.schema.fingerprint}-{database.schema.fingerprint}",
        read_at=min(datasets.schema.read_at, database.schema.read_at),
    )
    values = ValueIndex.of(
        [*datasets.values.entries, *(entry for entry in database.values.entries if entry[0] in own)],
        [*datasets.values.skipped, *database.values.skipped],
        [*datasets.values.personal, *database.values.personal],
        [*datasets.values.numbers, *(entry for entry in database.values.numbers if entry[0] in own)],
    )
    return replace(datasets, schema=schema, values=values, mapping=None, place="both")
