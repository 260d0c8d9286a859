"""What cells look like, each by itself: empty, a number, a date or a label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time
from enum import StrEnum
from functools import lru_cache
from typing import Any

from engine.intake.dates import moment
from engine.intake.numbers import written
from engine.intake.sheets import filled
from engine.intake.standins import ERRORS, MISSING


class Sort(StrEnum):
    """What a cell looks like."""

    EMPTY = "empty"
    NUMBER = "number"
    DATE = "date"
    LABEL = "label"


def sort_of(value: Any) -> Sort:
    """What a cell looks like by itself."""
    if not filled(value):
        return Sort.EMPTY
    if isinstance(value, bool):
        return Sort.LABEL
    if isinstance(value, int | float):
        return Sort.NUMBER
    if isinstance(value, datetime | date | time):
        return Sort.DATE
    return _text_sort(str(value).strip())


@lru_cache(maxsize=65_536)
def _text_sort(text: str) -> Sort:
    low = text.lower()
    if low in MISSING:
        return Sort.EMPTY
    if low in ERRORS:
        return Sort.NUMBER
    if moment(text) is not None:
        return Sort.DATE
    number = written(text)
    # "101 Main St" is a label, "1,200 sq ft" a number.
    if number is not None and (not number.unit or number.unit == number.unit.lower()):
        return Sort.NUMBER
    return Sort.LABEL


class Sorts:
    """What the cells of rows look like, found once."""

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        self._rows = rows
        self._known: dict[int, list[Sort]] = {}

    def row(self, at: int) -> list[Sort]:
        """Each cell of a row."""
        if at not in self._known:
            self._known[at] = [sort_of(value) for value in self._rows[at]]
        return self._known[at]

    def at(self, row: int, place: int) -> Sort:
        """One cell; what lies beyond a row is empty."""
        sorts = self.row(row)
        return sorts[place] if place < len(sorts) else Sort.EMPTY

    def filled(self, at: int) -> int:
        """How many cells of a row hold something."""
        return sum(filled(value) for value in self._rows[at])


def usual_width(counts: Sequence[int]) -> int:
    """How many cells most rows fill; of two that are about as usual, the wider."""
    tally = Counter(counts)
    if not tally:
        return 0
    most = max(tally.values())
    return max(count for count, times in tally.items() if 2 * times >= most)
