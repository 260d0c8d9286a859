"""Lines of fixed width: where columns stand by a line of dashes, or by the places that no line of the table fills."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

SAMPLE_LETTERS, SAMPLE_LINES = 256_000, 200
_LEAST_LINES = 3
Edges = Sequence[tuple[int, int]]
_FAR = 1 << 30


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
    width = max(map(len, full))
    # A title or a total among them may reach over the gaps.
    fills = [sum(place < len(line) and line[place] != " " for line in full) for place in range(width)]
    taken = [20 * count > len(full) for count in fills]
    lefts = [place for place in range(width) if taken[place] and _begins(taken, place, full)]
    # What stands left of the first column belongs to it; a cell may reach to where the next one begins.
    return list(zip([0, *lefts[1:]], [*lefts[1:], _FAR], strict=True)) if len(lefts) > 1 else ()


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
    digits = sum(line[place:end].strip(" $()%-+*").replace(",", "").replace(".", "").isdigit() for line in full[1:])
    return apart and 2 * digits > len(full) - 1


def cells(line: str, edges: Edges) -> list[str]:
    """The cells of a line; one that has letters across an edge is no row but a title, and stays whole.

    A line whose cells are parted by wide gaps, as many as there are columns, is a row although it stands askew.
    """
    crosses = any(0 < left < len(line) and line[left - 1] != " " and line[left] != " " for left, _ in edges)
    if not crosses:
        return [line[left:right].strip() for left, right in edges]
    parts = re.split(r"\s{2,}", line.strip())
    return parts if len(parts) == len(edges) else [line.strip()]
