"""Records that go across a sheet, a column each, with the names of their fields down the first column."""

from __future__ import annotations

import itertools
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
    width = max(map(len, rows))
    first = next((at for at in range(width) if all(at < len(row) and _is_name(row[at]) for row in rows)), None)
    if first is None or width - first - 1 < _LEAST_RECORDS:
        return sheet
    if len({str(row[first]).lower() for row in rows}) < len(rows):
        return sheet
    if any(any(filled(cell) for cell in row[:first]) for row in rows):
        return sheet
    sorts = [_sorts_of(row[first + 1 :]) for row in rows]
    if not all(len(each) == 1 for each in sorts) or len(set().union(*sorts)) < 2 or sorts[0] != {Sort.LABEL}:
        return sheet
    if any(period(cell) is not None for cell in rows[0][first + 1 :]) or len({str(c) for c in rows[0]}) < len(rows[0]):
        return sheet
    # A second line of a header is labels, too; amounts below it are of one sort.
    body = [next(iter(each)) for each in sorts[1:]]
    changes = sum(one is not other for one, other in itertools.pairwise(body))
    if changes < 2 and not {Sort.NUMBER, Sort.DATE} <= set(body):
        return sheet
    records = itertools.zip_longest(*(row[first + 1 :] for row in rows[1:]))
    if any(len(_sorts_of(list(record))) < 2 for record in records):
        return sheet  # a column of one sort is a column
    columns = [list(column) for column in itertools.zip_longest(*(row[first:] for row in rows))]
    return replace(
        sheet,
        rows=columns,
        lines=list(range(first + 1, first + 1 + len(columns))),
        marks={},  # they were counted by what are rows now
        sums=frozenset(),
        notes=(*sheet.notes, NOTE),
    )


def _is_name(cell: Any) -> bool:
    return isinstance(cell, str) and sort_of(cell) is Sort.LABEL


def _sorts_of(cells: list[Any]) -> set[Sort]:
    known = [cell for cell in cells if not (isinstance(cell, str) and stands_in(cell))]
    return {sort for cell in known if (sort := sort_of(cell)) is not Sort.EMPTY}
