"""What the columns of a place hold, as far as a look at them tells: how many rows, which values, from when to when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from engine.authors.base import Ground
from engine.errors import EngineError
from engine.meaning.senses import personal_reason
from engine.sources.naming import quoted, quoted_table
from engine.sources.personal import personal_by_values
from engine.sources.schema import Column, ForeignKey, Kind, Table
from engine.sources.translating import own_sql

SAMPLE_ROWS = 200
FEW_VALUES = 14
SAMPLES = 3
MOST_TABLES = 24
_UNIQUE_ROWS = 200_000
_TELLING = re.compile(r"(^|_)(id|no|nr|key|code|cd|num|number)$", re.IGNORECASE)
_SPAN = (Kind.DATE, Kind.TIME)


@dataclass(frozen=True)
class ColumnFacts:
    """One column: all its values where they are few (`whole`), else some; its first and last where it is a time."""

    values: tuple[str, ...] = ()
    whole: bool = False
    first: str = ""
    last: str = ""
    unique: bool = False
    missing: float = 0.0
    withheld: str = ""


@dataclass(frozen=True)
class Facts:
    """What was seen of some tables, by table and column; `rows` by table."""

    columns: Mapping[tuple[str, str], ColumnFacts] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)

    def of(self, table: Table, column: Column) -> ColumnFacts:
        """What is known of a column."""
        return self.columns.get((table.key, column.name), ColumnFacts())

    def last_day(self, today: date) -> str:
        """The last day up to today in any column that holds times: due dates and ends may lie ahead."""
        days = [each.last[:10] for each in self.columns.values() if each.last]
        return max((day for day in days if day <= today.isoformat()), default="")

    def unique(self, table: Table, names: Sequence[str]) -> bool:
        """Whether some columns together are known to be different in every row."""
        if table.primary_key and set(table.primary_key) <= set(names):
            return True
        return any(self.columns.get((table.key, name), ColumnFacts()).unique for name in names)


def look(ground: Ground, tables: Iterable[Table]) -> Facts:
    """What the tables hold: two statements a table; a table that cannot be read is left out."""
    columns: dict[tuple[str, str], ColumnFacts] = {}
    rows: dict[str, int] = {}
    keys = _key_columns(ground.schema.foreign_keys)
    for table in list(tables)[:MOST_TABLES]:
        try:
            sample = ground.read(
                own_sql(f"SELECT * FROM {quoted_table(table)} LIMIT {SAMPLE_ROWS}", ground.schema.dialect), {}
            )
            counted = _counted(ground, table, keys)
        except EngineError:
            continue
        rows[table.key] = int(counted.get("n", table.rows or 0))
        for column in table.columns:
            columns[table.key, column.name] = _facts(ground, table, column, sample, counted)
    return Facts(columns, rows)


def _key_columns(keys: Sequence[ForeignKey]) -> set[tuple[str, str]]:
    found = {(key.table, column) for key in keys for column in key.columns}
    return found | {(key.refers_table, column) for key in keys for column in key.refers_columns}


def _counted(ground: Ground, table: Table, keys: set[tuple[str, str]]) -> Mapping[str, Any]:
    """How many rows there are, from when to when, and how many different values may tell them apart."""
    parts = ["count(*) AS n"]
    small = table.rows is None or table.rows <= _UNIQUE_ROWS
    for at, column in enumerate(table.columns):
        name = quoted(column.name)
        if column.kind in _SPAN:
            parts += [f"min({name}) AS low{at}", f"max({name}) AS high{at}"]
        telling = (table.key, column.name) in keys or _TELLING.search(column.name)
        if telling and small and column.kind in (Kind.NUMBER, Kind.TEXT) and table.primary_key != (column.name,):
            parts.append(f"count(DISTINCT {name}) AS kinds{at}")
    frame = ground.read(own_sql(f"SELECT {', '.join(parts)} FROM {quoted_table(table)}", ground.schema.dialect), {})
    return dict(zip(map(str, frame.columns), frame.iloc[0].tolist(), strict=True))


def _facts(
    ground: Ground, table: Table, column: Column, sample: pd.DataFrame, counted: Mapping[str, Any]
) -> ColumnFacts:
    at = table.columns.index(column)
    total = int(counted.get("n", 0))
    unique = table.primary_key == (column.name,) or (f"kinds{at}" in counted and counted[f"kinds{at}"] == total > 1)
    low, high = (_text(counted.get(f"{which}{at}")) for which in ("low", "high"))
    seen = sample[column.name] if column.name in sample.columns else pd.Series(dtype=object)
    missing = float(seen.isna().mean()) if len(seen) else 0.0
    withheld = personal_reason(column.name) or dict(ground.values.personal).get(f"{table.key}.{column.name}", "")
    known = [_text(value) for value in seen.dropna().drop_duplicates().tolist()]
    if column.kind is Kind.TEXT and not withheld and personal_by_values(known):
        withheld = "its values look like a person's"
    if withheld or column.kind in (Kind.BINARY, Kind.JSON):
        return ColumnFacts(unique=unique, missing=missing, withheld=withheld or "not readable")
    listed = ground.values.of_column(table.key, column.name) if column.kind is Kind.TEXT else ()
    values = listed or tuple(sorted(known)) if len(set(listed or known)) <= FEW_VALUES else ()
    whole = bool(values) and (
        bool(listed) or (total <= SAMPLE_ROWS or column.kind is not Kind.NUMBER or len(values) <= 6)
    )
    if not values:
        values, whole = tuple(known[:SAMPLES]), False
    return ColumnFacts(values=values, whole=whole and not unique, first=low, last=high, unique=unique, missing=missing)


def _text(value: Any) -> str:
    """A value as SQL would write it: no midnight, no needless decimals."""
    if value is None or value != value:
        return ""
    if isinstance(value, pd.Timestamp):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
