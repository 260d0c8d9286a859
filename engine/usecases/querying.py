"""One SELECT of a person, read through the guarded read-only door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.products import TableData

if TYPE_CHECKING:
    from engine.sources.door import Door

ROWS = 1_000


def query(door: Door, sql: str) -> TableData:
    """The first ROWS rows; `total` is greater when there are more."""
    from runtime.cells import cell  # loads pandas, which no other command needs at its start

    frame = door.read(sql, {}, row_cap=ROWS, truncate=True)
    rows = tuple(tuple(cell(value) for value in row) for row in frame.itertuples(index=False, name=None))
    more = 1 if frame.attrs.get("truncated") else 0
    return TableData(name="rows", label="", columns=tuple(map(str, frame.columns)), rows=rows, total=len(rows) + more)
