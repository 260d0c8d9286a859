"""Lines of fixed width: where columns stand by a line of dashes, or by the places that no line of the table fills."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

SAMPLE_LETTERS, SAMPLE_LINES = 256_000, 200
_LEAST_LINES = 3
Edges = Sequence[tuple[int, int]]
_FAR = 1 << 30
_ASKEW = 3
_FIGURE = re.compile(r"\d[\d.,/]+")


def ruled(text: str) -> Edges:
    """Where columns stand by a line of dashes in pieces under their names."""
    for line in text[:SAMPLE_LETTERS].splitlines()[:SAMPLE_LINES]:
        pieces = list(re.finditer(r"[-=_]{2,}", line))
        if len(pieces) > 1 and re.fullmatch(r"[-=_ ]+", line):
            lefts = [piece.start() for piece in pieces]
            return list(zip([0, *lefts[1:]], [*lefts[1:], _FAR], strict=True))
    return ()


def widths(text: str) -> Edges:
    """Where the columns of lines of fixed width begin and end: places that no line of the table fills."""
    lines = [line.expandtabs() for line in text[:SAMPLE_LETTERS].splitlines()[:SAMPLE_LINES] if line.strip()]
    gaps = [len(re.findall(r"\S\s{2,}(?=\S)", line)) for line in lines]
    usual = Counter(count for count in gaps if count)
    typical = max(usual, key=lambda count: (usual[count], count), default=0)
    full = [line for line, count in zip(lines, gaps, strict=True) if count >= max(typical, 1)]
    if len(full) < 2 or len(full) < 0.4 * len(lines):
        return ()
    found = _between(full)
    if not _torn(lines, found):
        return found
    # Where one blank alone parts some cells, the lines that are as long as the others show more than the gaps do.
    longest = max(map(len, lines))
    return _between([line for line in lines if len(line) > 0.6 * longest])


def _between(full: Sequence[str]) -> Edges:
    """The columns between the places that none of some lines fills."""
    width = max(map(len, full))
    # A title or a total among them may reach over the gaps.
    fills = [sum(place < len(line) and line[place] != " " for line in full) for place in range(width)]
    taken = [20 * count > len(full) for count in fills]
    lefts = [place for place in range(width) if taken[place] and _begins(taken, place, full)]
    # What stands left of the first column belongs to it; a cell may reach to where the next one begins.
    return list(zip([0, *lefts[1:]], [*lefts[1:], _FAR], strict=True)) if len(lefts) > 1 else ()


def _torn(lines: Sequence[str], edges: Edges) -> list[str]:
    """The lines of data that edges would tear: those with several numbers that stay whole."""
    return [
        line for line in lines if len(edges) > 1 and len(cells(line, edges)) == 1 and len(_FIGURE.findall(line)) > 1
    ]


def is_torn(text: str, edges: Edges) -> bool:
    """Whether edges tear more lines of data than a title or a total among them explains."""
    lines = [line.expandtabs() for line in text.splitlines()[: 5 * SAMPLE_LINES] if line.strip()]
    return 10 * len(_torn(lines, edges)) > len(lines)


def _begins(taken: Sequence[bool], place: int, full: Sequence[str]) -> bool:
    """Whether a column begins at a place: two blanks stand before it in every line, or one, and its name begins there.

    One blank alone may stand between two words of the same column in all of few lines.
    """
    if not any(taken[max(0, place - 2) : place]):
        return True
    if taken[place - 1] or len(full) < _LEAST_LINES:
        return False
    end = next((at for at in range(place, len(taken)) if not taken[at]), len(taken))
    head = full[0].ljust(end)
    apart = head[place - 1] == " " and bool(head[place:end].strip())
    begin = next((at + 1 for at in range(place - 2, -1, -1) if not taken[at]), 0)
    if apart and begin < place - 1 and all(_FIGURE.fullmatch(line[begin:place].strip() or "0.0") for line in full[1:]):
        return True  # a date or a number stands before it in every line
    digits = sum(line[place:end].strip(" $()%-+*").replace(",", "").replace(".", "").isdigit() for line in full[1:])
    return apart and 2 * digits > len(full) - 1


def cells(line: str, edges: Edges) -> list[str]:
    """The cells of a line; one that has letters across an edge is no row but a title, and stays whole.

    A line that stands askew is a row all the same: its cells are parted by wide gaps, as many as there are columns, or
    a cell begins a little before its column.
    """
    lefts = [left for left, _ in edges]
    crossed = [left for left in lefts if 0 < left < len(line) and line[left - 1] != " " and line[left] != " "]
    if not crossed:
        return [line[left:right].strip() for left, right in edges]
    parts = re.split(r"\s{2,}", line.strip())
    if len(parts) == len(edges):
        return parts
    moved = {left: _start_before(line, left) for left in crossed}
    if 2 * len(parts) < len(edges) or None in moved.values() or len(_FIGURE.findall(line)) < 2:
        return [line.strip()]
    starts = [0 if at == 0 else moved.get(left) or left for at, left in enumerate(lefts)]
    return [line[left:right].strip() for left, right in zip(starts, [*starts[1:], _FAR], strict=True)]


def _start_before(line: str, left: int) -> int | None:
    """Where a word begins that reaches over an edge from close before it."""
    start = line.rfind(" ", 0, left) + 1
    return start if start > 0 and left - start <= _ASKEW else None
