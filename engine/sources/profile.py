"""What one column holds: how many values, how many missing, the most common, and how numbers and dates are spread."""

from __future__ import annotations

from typing import Any

from engine.errors import UsageError
from engine.products import Product
from engine.sources.door import Door
from engine.sources.naming import quoted, quoted_table
from engine.sources.schema import Column, Kind, Schema, Table

MOST_ROWS = 200_000
TOP = 10
BINS = 20


class Bin(Product):
    """A stretch of a column's values and how many rows lie in it."""

    low: float | str
    high: float | str
    rows: int


class ColumnProfile(Product):
    """One column over the rows that were looked at; `whole` when these are all rows."""

    table: str
    column: str
    rows: int
    missing: int
    distinct: int
    whole: bool
    lowest: str = ""
    highest: str = ""
    average: float | None = None
    top: tuple[tuple[str, int], ...] = ()
    bins: tuple[Bin, ...] = ()
    withheld: str = ""


def profile(door: Door, schema: Schema, table_key: str, name: str, *, withheld: str = "") -> ColumnProfile:
    """A column's profile, read through the guarded door; of a personal one, `withheld` says why, only counts.

    Raises:
        UsageError: there is no such column.
        SourceError: it cannot be read, or not within the limits.
    """
    table = schema.by_key.get(table_key)
    column = table.by_name.get(name) if table else None
    if table is None or column is None:
        raise UsageError(f"There is no column {table_key}.{name}.", "./run schema lists tables and columns.")
    source = f"(SELECT {quoted(name)} AS v FROM {quoted_table(table)} LIMIT {MOST_ROWS + 1}) AS s"
    shown = column.kind not in (Kind.JSON, Kind.BINARY) and not withheld
    counts = _counts(door, column, source, ordered=shown)
    rows = int(counts["rows_seen"])
    return ColumnProfile(
        table=table_key,
        column=name,
        rows=min(rows, MOST_ROWS),
        missing=rows - int(counts["present"]),
        distinct=int(counts["different"]),
        whole=rows <= MOST_ROWS,
        lowest=_text(counts.get("lowest")),
        highest=_text(counts.get("highest")),
        average=_number(counts.get("average")),
        top=_top(door, source) if shown else (),
        bins=_bins(door, column, table, source, counts) if shown else (),
        withheld=withheld,
    )


def _counts(door: Door, column: Column, source: str, *, ordered: bool) -> dict[str, Any]:
    value = "CAST(v AS text)" if column.kind in (Kind.JSON, Kind.BINARY, Kind.OTHER) else "v"
    parts = ["count(*) AS rows_seen", "count(v) AS present", f"count(DISTINCT {value}) AS different"]
    if ordered and column.kind in (Kind.NUMBER, Kind.DATE, Kind.TIME):
        parts += ["min(v) AS lowest", "max(v) AS highest"]
    if ordered and column.kind is Kind.NUMBER:
        parts.append("avg(v) AS average")
    frame = door.read_own(f"SELECT {', '.join(parts)} FROM {source}")
    return dict(zip(map(str, frame.columns), frame.iloc[0].tolist(), strict=True))


def _top(door: Door, source: str) -> tuple[tuple[str, int], ...]:
    frame = door.read_own(
        f"SELECT CAST(v AS text) AS value, count(*) AS n FROM {source} WHERE v IS NOT NULL"
        f" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {TOP}"
    )
    return tuple((str(value)[:80], int(count)) for value, count in frame.itertuples(index=False, name=None))


def _bins(door: Door, column: Column, table: Table, source: str, counts: dict[str, Any]) -> tuple[Bin, ...]:
    """Numbers in equal stretches, dates by year or month; empty where there is nothing to spread."""
    if column.kind is Kind.DATE:
        return _dates(door, source)
    low, high = _number(counts.get("lowest")), _number(counts.get("highest"))
    if column.kind is not Kind.NUMBER or low is None or high is None or low >= high:
        return ()
    width = (high - low) / BINS
    # PostgreSQL rounds where it casts, SQLite cuts off, which for a place that is not negative is its floor.
    place = "CAST((v - :low) / :width AS integer)" if door.dialect == "sqlite" else "floor((v - :low) / :width)"
    frame = door.read_own(
        f"SELECT CASE WHEN v >= :high THEN :last ELSE {place} END AS place, count(*) AS n"
        f" FROM {source} WHERE v IS NOT NULL GROUP BY 1 ORDER BY 1",
        {"high": high, "last": BINS - 1, "low": low, "width": width},
    )
    held: dict[int, int] = {}
    for place, count in frame.itertuples(index=False, name=None):
        at = min(max(int(place), 0), BINS - 1)
        held[at] = held.get(at, 0) + int(count)
    return tuple(Bin(low=low + at * width, high=low + (at + 1) * width, rows=held.get(at, 0)) for at in range(BINS))


def _dates(door: Door, source: str) -> tuple[Bin, ...]:
    for length in (4, 7):
        frame = door.read_own(
            f"SELECT substr(CAST(v AS text), 1, {length}) AS part, count(*) AS n FROM {source} WHERE v IS NOT NULL"
            " GROUP BY 1 ORDER BY 1"
        )
        found = [(str(part), int(count)) for part, count in frame.itertuples(index=False, name=None)]
        if len(found) > 2:
            break
    return tuple(Bin(low=part, high=part, rows=count) for part, count in found[-60:])


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number == number and abs(number) != float("inf") else None


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)[:80]
