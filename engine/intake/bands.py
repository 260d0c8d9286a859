"""Tables that stand side by side on a sheet, parted by an empty column; a spacer within one table parts nothing."""

from __future__ import annotations

from engine.intake.sheets import Sheet, filled
from engine.intake.sorts import Sort, sort_of


def bands_of(sheet: Sheet) -> list[tuple[int, int]]:
    """Ranges of columns with nothing between them; narrow ones are no tables and belong to their neighbour."""
    width = max(map(len, sheet.rows), default=0)
    if len(sheet.rows) > 20_000 or width < 5:
        return [(0, width)]
    used = [sum(place < len(row) and filled(row[place]) for row in sheet.rows) for place in range(width)]
    bands, start = [], None
    # A title reaches over an empty column: a cell or two in it do not join what stands beside it.
    for place, count in enumerate([*used, 0]):
        if count and start is None:
            start = place
        elif not count and start is not None:
            bands.append((start, place))
            start = None
    if len(bands) < 2 or any(right - left < 2 for left, right in bands):
        return [(bands[0][0] if bands else 0, width)]
    # Two tables have each a header of their own; a spacer within one table has rows on both sides alike.
    first, *others = [_wide_lines(sheet, left, right, 2 if at == 0 else 1) for at, (left, right) in enumerate(bands)]
    alike = all(len(first & each) >= 0.9 * len(first | each) for each in others)
    headed = all(_headed(sheet, left, right) for left, right in bands)
    repeated = headed and len({_first_labels(sheet, left, right) for left, right in bands}) == 1
    return bands if headed and (not alike or repeated) else [(bands[0][0], width)]


def _wide_lines(sheet: Sheet, left: int, right: int, least: int) -> set[int]:
    """The rows that fill so many cells of a band."""
    return {at for at, row in enumerate(sheet.rows) if sum(filled(value) for value in row[left:right]) >= least}


def _first_labels(sheet: Sheet, left: int, right: int) -> tuple[str, ...]:
    for row in sheet.rows:
        cells = [value for value in row[left:right] if filled(value)]
        if len(cells) > 1:
            return tuple(str(value).strip().lower() for value in cells)
    return ()


def _headed(sheet: Sheet, left: int, right: int) -> bool:
    """Whether the first row of a band with more than a title holds labels alone."""
    for row in sheet.rows:
        cells = [sort_of(value) for value in row[left:right] if filled(value)]
        if len(cells) > 1:
            return all(sort is Sort.LABEL for sort in cells)
    return False
