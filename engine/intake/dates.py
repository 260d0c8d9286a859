"""Dates as people write them, read as a column: the order of day and month is the column's, never a cell's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal

Order = Literal["day", "month"]
Grain = Literal["moment", "day", "month", "quarter", "half", "year"]
# From the shortest to the longest.
GRAINS: tuple[Grain, ...] = ("moment", "day", "month", "quarter", "half", "year")

# A line a month: its names and their short forms, in the languages of files that are met.
_WORDS = Path(__file__).with_name("months.txt").read_text(encoding="utf-8").splitlines()
_MONTHS = {name: number for number, line in enumerate(_WORDS, 1) for name in line.split()}
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_CLOCK = (
    r"(?:[ T,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*\(?(?:Z|UTC|GMT|BST|CES?T|EE?S?T|WES?T|[ECMP][SD]?T|[IJ]ST|AE[SD]T)?\)?"
    r"\s*(?:[+-]\d{2}:?\d{2})?)?"
)
_YEAR = r"(?P<year>\d{4}|'?\d{2})"
_FULL_YEAR = r"(?P<year>(?:19|20)\d{2})"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?"


@dataclass(frozen=True)
class Moment:
    """A date with what it is precise to; two of `first` and `second` are day and month in an order yet unknown."""

    year: int
    month: int = 1
    day: int = 1
    clock: time = time()
    grain: Grain = "day"
    unordered: bool = False

    def at(self, order: Order | None) -> datetime | None:
        """The moment, where day and month stand in that order; None where there is no such day."""
        month, day = (self.day, self.month) if self.unordered and order == "day" else (self.month, self.day)
        try:
            return datetime.combine(date(self.year, month, day), self.clock)
        except ValueError:
            return None


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_ISO = _pattern(rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_CLOCK}")
_NUMBERS = _pattern(rf"{_WEEKDAY}(?P<month>\d{{1,2}})(?P<mark>[/.-])(?P<day>\d{{1,2}})(?P=mark){_YEAR}{_CLOCK}")
_DAY_NAME = _pattern(rf"{_WEEKDAY}{_DAY}[-/. ]*(?:de |of )?(?P<name>{_NAME})\.?[-/., ]*(?:de )?{_YEAR}{_CLOCK}")
_NAME_DAY = _pattern(rf"{_WEEKDAY}(?P<name>{_NAME})\.?[-/. ]*{_DAY}[-/., ]+{_YEAR}{_CLOCK}")
_NAME_YEAR = _pattern(rf"(?P<name>{_NAME})\.?[-/., ]*(?:de )?{_YEAR}")
_YEAR_NAME = _pattern(rf"{_FULL_YEAR}[-/., ]*(?P<name>{_NAME})\.?")
_YEAR_MONTH = _pattern(rf"{_FULL_YEAR}(?:[-/]|年)(?P<month>\d{{1,2}})月?")
_MONTH_YEAR = _pattern(rf"(?P<month>\d{{1,2}})[-/]{_FULL_YEAR}")
_COMPACT = _pattern(r"(?P<year>(?:19|20)\d{2})(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])")
_COMPACT_MONTH = _pattern(r"(?P<year>(?:19|20)\d{2})(?P<month>0[1-9]|1[0-2])")
_MONTH_COMPACT = _pattern(r"(?P<month>0[1-9]|1[0-2])(?P<year>(?:19|20)\d{2})")
_CHINESE = _pattern(r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日")
_QUARTERS = (
    _pattern(rf"Q(?P<quarter>[1-4])[-/' ]*(?:FY)?\s*{_YEAR}"),
    _pattern(rf"{_FULL_YEAR}[-/ ]*Q(?P<quarter>[1-4])"),
    _pattern(rf"(?P<quarter>[1-4])Q[-/' ]*{_YEAR}"),
)
_FISCAL = _pattern(rf"(?:FY|CY)[-/' ]*{_YEAR}[AEBF]?")
_PLAIN_YEAR = _pattern(r"(?P<year>(?:19|20)\d{2})[AEBF]?")
# Texts that are dates whatever their column is called, the most exact first.
_SURE = (
    _ISO,
    _NUMBERS,
    _DAY_NAME,
    _NAME_DAY,
    _NAME_YEAR,
    _YEAR_NAME,
    _CHINESE,
    _YEAR_MONTH,
    _MONTH_YEAR,
    *_QUARTERS,
    _FISCAL,
)
# Names of columns that hold dates, by which bare digits are known for one.
NAMED_DATE = re.compile(
    r"(?:^|[^a-z])(?:date|dates|day|period|month|months|yyyymm|yyyymmdd|mmyyyy|asof|as of|when|datum|fecha|monat|"
    r"paid on|start|end|expir\w*|expiry|maturity|from|to|begin\w*|move.?in|move.?out|time|timestamp|created|updated|dt|"
    r"pi|effective)(?:[^a-z]|$)",
    re.IGNORECASE,
)
_NAMED_EPOCH = re.compile(
    r"(?:^|[^a-z])(?:time|timestamp|ts|epoch|created|updated|modified|date|at|when|unix)(?:[^a-z]|$)", re.IGNORECASE
)
_BASE = datetime(1899, 12, 30)
_SERIALS = (20_000, 80_000)
# A second of 2001 to one of 2065, as seconds and as thousandths.
_EPOCH = (1_000_000_000, 3_000_000_000)


@lru_cache(maxsize=65_536)
def moment(text: str) -> Moment | None:
    """A text that is a date by its form, None where it is none.

    >>> moment("31-Jan-24")
    Moment(year=2024, month=1, day=31, clock=datetime.time(0, 0), grain='day', unordered=False)
    """
    plain = " ".join(text.split())
    if len(plain) > 40 or not any(letter.isdigit() for letter in plain):
        return None
    for pattern in _SURE:
        match = pattern.fullmatch(plain)
        if match is not None and (found := _of(pattern, match)) is not None:
            return found
    return None


def _of(pattern: re.Pattern[str], match: re.Match[str]) -> Moment | None:
    part = match.groupdict()
    year = _year(part["year"] or "")
    if year is None:
        return None
    clock = _clock(part)
    if clock is None:
        return None
    if part.get("quarter"):
        return Moment(year, 3 * int(part["quarter"] or 0) - 2, grain="quarter")
    if pattern in (_FISCAL, _PLAIN_YEAR):
        return Moment(year, grain="year")
    month = _MONTHS[part["name"].lower()] if part.get("name") else int(part["month"])
    if "day" not in part:
        return Moment(year, month, grain="month") if 1 <= month <= 12 else None
    day, unordered = int(part["day"] or 0), pattern is _NUMBERS
    if unordered and part["mark"] == ".":
        # Nobody writes 01.31.2024; of 5.10.15 it is not even sure that it is a date.
        if len(part["year"] or "") < 4 and len(match.group("month") + match.group("day")) < 4:
            return None
        month, day, unordered = day, month, False
    found = Moment(year, month, day, clock, "moment" if part.get("hour") else "day", unordered)
    return found if found.at("month") or (found.unordered and found.at("day")) else None


def _year(text: str) -> int | None:
    digits = text.lstrip("'")
    if not digits:
        return None
    if len(digits) == 4:
        return int(digits) if 1000 <= int(digits) <= 9999 else None
    # As Excel and POSIX have it, but for leases, which reach further ahead than back.
    return 2000 + int(digits) if int(digits) < 70 else 1900 + int(digits)


def _clock(part: dict[str, str | None]) -> time | None:
    if not part.get("hour"):
        return time()
    hour = int(part["hour"] or 0)
    half = (part.get("half") or "").lower().replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return time(hour, int(part["minute"] or 0), int(part.get("second") or 0))
    except ValueError:
        return None


_UNORDERED = _pattern(rf"\s*{_WEEKDAY}\d{{1,2}}[/-]\d{{1,2}}[/-]")


@dataclass(frozen=True)
class Orders:
    """What dates say about the order of day and month: how many can be only one of them, and how many both."""

    day: int = 0
    month: int = 0
    either: int = 0
    example: str = ""

    def __add__(self, other: Orders) -> Orders:
        return Orders(
            self.day + other.day, self.month + other.month, self.either + other.either, self.example or other.example
        )

    @property
    def decided(self) -> Order | None:
        """The order, where the dates themselves say so."""
        if bool(self.day) == bool(self.month):
            return None
        return "day" if self.day else "month"


def orders(texts: Iterable[str]) -> Orders:
    """What the dates among some texts say about the order of day and month."""
    day = month = either = 0
    example = ""
    for text in texts:
        found = moment(text) if _UNORDERED.match(text) else None
        if found is None or not found.unordered or found.month == found.day:
            continue
        if found.at("day") is None:
            month += 1
        elif found.at("month") is None:
            day += 1
        else:
            either += 1
            example = example or text
    return Orders(day, month, either, example)


# What programs write in a date's place where there is none.
_NO_DAY = re.compile(
    r"[0/.: -]+|9{6,8}|(?:0000|9999)-?\d\d-?\d\d(?:[ T][\d:.]+)?|\d\d?[/.]\d\d?[/.]9999|0?1/0?0/1900|1900-01-00"
)


def is_no_day(text: str) -> bool:
    """Whether a text is what programs write where there is no date: zeros or nines alone."""
    return len(text) > 5 and _NO_DAY.fullmatch(text) is not None


def compact(name: str, texts: Iterable[str]) -> Callable[[str], Moment | None] | None:
    """How bare digits are dates (20240131, 202401, 012024, Excel's 45322, seconds since 1970), if all of them are.

    Digits may as well be numbers, so the column must be called like a date; eight and six digits that are all days or
    months of years near each other are enough by themselves where the name says nothing of an amount.
    """
    digits = [text.strip().removesuffix(".0") for text in texts]
    if not digits or not all(each.isdigit() for each in digits):
        return None
    named = bool(NAMED_DATE.search(_spaced(name)))
    # Eight digits that are all days of years near each other are hardly anything else.
    days = [moment for each in digits if (moment := _reader(_COMPACT)(each)) is not None and moment.at(None)]
    years = {moment.year for moment in days}
    if len(days) == len(digits) > 2 and len(set(digits)) > 2 and max(years) - min(years) < 30:
        return _reader(_COMPACT)
    for pattern in (_COMPACT, _COMPACT_MONTH, _MONTH_COMPACT):
        if named and all(pattern.fullmatch(each) for each in digits):
            return _reader(pattern)
    numbers = [int(each) for each in digits]
    if named and all(_SERIALS[0] <= each <= _SERIALS[1] for each in numbers):
        return _serial
    for factor in (1, 1_000):
        low, high = _EPOCH[0] * factor, _EPOCH[1] * factor
        if _NAMED_EPOCH.search(_spaced(name)) and all(low <= each <= high for each in numbers):
            return _since_1970(factor)
    return None


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")


def _reader(pattern: re.Pattern[str]) -> Callable[[str], Moment | None]:
    def read(text: str) -> Moment | None:
        match = pattern.fullmatch(text.strip().removesuffix(".0"))
        return _of(pattern, match) if match else None

    return read


def _serial(text: str) -> Moment | None:
    """A day as Excel counts it."""
    found = _BASE + timedelta(days=int(text.strip().removesuffix(".0")))
    return Moment(found.year, found.month, found.day)


def _since_1970(factor: int) -> Callable[[str], Moment | None]:
    def read(text: str) -> Moment | None:
        found = datetime(1970, 1, 1) + timedelta(seconds=int(text.strip().removesuffix(".0")) // factor)
        return Moment(found.year, found.month, found.day, found.time(), "moment")

    return read


def month_named(text: str) -> int | None:
    """The month that a text names and nothing else."""
    return _MONTHS.get(text.strip().rstrip(".").lower())


def period(value: object) -> Moment | None:
    """A column's title that is a period: a day, a month, a quarter, a year; None where it is none."""
    if isinstance(value, datetime):
        return Moment(value.year, value.month, value.day)
    if isinstance(value, date):
        return Moment(value.year, value.month, value.day)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return Moment(int(value), grain="year") if value == int(value) and 1900 <= value <= 2100 else None
    text = " ".join(str(value).split())
    match = _PLAIN_YEAR.fullmatch(text)
    if match is not None:
        return _of(_PLAIN_YEAR, match)
    for pattern in (_COMPACT_MONTH, _COMPACT):
        match = pattern.fullmatch(text)
        if match is not None:
            return _of(pattern, match)
    return moment(text)
