"""What stands once for several rows: merged cells, and names of groups in the first of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.intake.layout import Table, merged_over
from engine.intake.raw import counted_noun, header_names
from engine.intake.roles import is_code_name
from engine.intake.sheets import Sheet
from engine.intake.sorts import Sort, sort_of


def fill_down(sheet: Sheet, table: Table, rows: Mapping[int, list[Any]]) -> list[str]:
    """Fill what stands once for several rows: merged cells, and a first column of groups."""
    notes = []
    by_line = {sheet.lines[at]: at for at in table.body}
    places = {column: place for place, column in enumerate(table.columns)}
    merged = 0
    for area in merged_over(sheet, table.body):
        value = rows[by_line[area.top]][places[area.left]] if area.left in places else None
        # An amount in a merged cell is one amount for all its rows, not one for each.
        if value is None or (
            sort_of(value) is Sort.NUMBER and not is_code_name(header_names(table)[places[area.left]])
        ):
            continue
        for line in range(area.top + 1, area.bottom + 1):
            if line in by_line and rows[by_line[line]][places[area.left]] is None:
                rows[by_line[line]][places[area.left]] = value
                merged += 1
    if merged:
        notes.append(f"Merged cells hold for each of their rows ({counted_noun(merged, 'cell')} filled).")
    if not merged and (count := _fill_groups(table, rows)):
        first = header_names(table)[0]
        cells = counted_noun(count, "cell")
        notes.append(f"{first} stands once for several rows; the rows below it are of the same ({cells} filled).")
    return notes


def _fill_groups(table: Table, rows: Mapping[int, list[Any]]) -> int:
    """Fill a first column that names a group in its first row alone; how many cells were filled."""
    body = list(table.body)
    if len(body) < 3 or len(table.columns) < 3:
        return 0
    empty = _empty_of_groups(table, [rows[at] for at in body])
    if not empty:
        return 0
    named_at = {at: rows[at][0] is not None for at in body}
    # What stands beside the group's name and nowhere else tells of the group, too; an amount stands once.
    beside = [place for place in range(1, len(table.columns)) if _tells_of_group(rows, body, place)]
    for place in (0, *beside):
        current = None
        for at in body:
            current = rows[at][place] if named_at[at] else current
            rows[at][place] = current
    return empty


def _tells_of_group(rows: Mapping[int, Sequence[Any]], body: Sequence[int], place: int) -> bool:
    """Whether a column holds labels or dates in the first rows of groups alone."""
    held = [rows[at][place] for at in body if rows[at][place] is not None]
    only = all(rows[at][0] is not None for at in body if rows[at][place] is not None)
    return only and bool(held) and all(sort_of(cell) is not Sort.NUMBER for cell in held)


def _empty_of_groups(table: Table, rows: Sequence[Sequence[Any]]) -> int:
    """How many cells of a first column are empty, where it names groups: each once, before rows like its own."""
    cells = [row[0] for row in rows]
    named = [cell for cell in cells if cell is not None]
    empty = len(cells) - len(named)
    if cells[0] is None or empty < 0.3 * len(cells) or len(set(map(str, named))) < len(named):
        return 0
    if any(sort_of(cell) is not Sort.LABEL for cell in named) and not is_code_name(header_names(table)[0]):
        return 0
    others = [sum(cell is not None for cell in row[1:]) for row in rows]
    usual = max(others)
    thin = any(count < 0.5 * usual for row, count in zip(rows, others, strict=True) if row[0] is None)
    return 0 if thin else empty
