"""Records that go across a sheet, a column each, with the names of their fields down the first column."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.intake.dates import period
from engine.intake.sheets import Sheet, filled
from engine.intake.sorts import Sort, sort_of
from engine.intake.standins import stands_in

_LEAST_ROWS, _MOST_ROWS, _LEAST_RECORDS = 3, 200, 2
NOTE = "The records go across, a column each; each is now a row, and its line is its column."


def upright(sheet: Sheet) -> Sheet:
    """The sheet with records down where they go across; any other as it is.

    They go across where each row holds cells of one sort and the columns hold a mix of sorts.
    """
    rows = [row for row in sheet.rows if sum(filled(cell) for cell in row) > 1]
    if not _LEAST_ROWS <= len(rows) <= _MOST_ROWS or len(rows) < len(sheet.rows) - 2 or sheet.merged:
        return sheet
    first = _names_at(rows)
    if first is None or not _are_records([row[first + 1 :] for row in rows]):
        return sheet
    columns = [list(column) for column in itertools.zip_longest(*(row[first:] for row in rows))]
    return replace(
        sheet,
        rows=columns,
        lines=list(range(first + 1, first + 1 + len(columns))),
        marks={},  # they were counted by what are rows now
        sums=frozenset(),
        notes=(*sheet.notes, NOTE),
    )


def _names_at(rows: Sequence[Sequence[Any]]) -> int | None:
    """The first column that is used, where each row has a name of its own there, with records beside."""
    width = max(map(len, rows))
    first = min(next(at for at, cell in enumerate(row) if filled(cell)) for row in rows)
    names = [row[first] for row in rows]
    distinct = len({str(name).lower() for name in names}) == len(rows)
    return first if all(map(_is_name, names)) and distinct and width - first > _LEAST_RECORDS else None


def _are_records(rows: Sequence[Sequence[Any]]) -> bool:
    """Whether rows are of one sort each, the first of distinct names, and columns of several sorts."""
    sorts = [_sorts_of(row) for row in rows]
    if sorts[0] != {Sort.LABEL} or any(len(each) != 1 for each in sorts):
        return False
    if any(period(cell) is not None for cell in rows[0]) or len({str(cell) for cell in rows[0]}) < len(rows[0]):
        return False
    # A second line of a header is labels, too; amounts below it are of one sort.
    body = [next(iter(each)) for each in sorts[1:]]
    changes = sum(one is not other for one, other in itertools.pairwise(body))
    if changes < 2 and not {Sort.NUMBER, Sort.DATE} <= set(body):
        return False
    # A column of one sort is a column.
    return all(len(_sorts_of(record)) > 1 for record in itertools.zip_longest(*rows[1:]))


def _is_name(cell: Any) -> bool:
    return isinstance(cell, str) and sort_of(cell) is Sort.LABEL


def _sorts_of(cells: Sequence[Any]) -> set[Sort]:
    known = [cell for cell in cells if not (isinstance(cell, str) and stands_in(cell))]
    return {sort for cell in known if (sort := sort_of(cell)) is not Sort.EMPTY}
