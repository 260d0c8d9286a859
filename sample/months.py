"""Months counted from the first period of the sample data: 0 is November 2023, 35 is October 2026."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Final

MONTHS: Final = 36
LAST_TWELVE: Final = range(24, 36)
AS_OF: Final = date(2026, 10, 31)
_ORIGIN: Final = 2023 * 12 + 10


def first_day(index: int) -> date:
    """The first day of the month."""
    year, month = divmod(_ORIGIN + index, 12)
    return date(year, month + 1, 1)


def last_day(index: int) -> date:
    """The last day of the month."""
    first = first_day(index)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def index_of(day: date) -> int:
    """The number of the month the day falls in."""
    return day.year * 12 + day.month - 1 - _ORIGIN
