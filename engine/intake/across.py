"""Months, quarters and years that go across, turned into rows; totals of them are left out and checked."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from engine.intake.dates import GRAINS, Moment, month_named, period
from engine.intake.layout import Table
from engine.intake.raw import Raw, free_name, listed_names, part_of_name
from engine.intake.roles import is_code_name
from engine.intake.sheets import filled
from engine.intake.sorts import Sort, sort_of
from engine.intake.totals import number_of

PERIOD, AMOUNT, LINES = "Period", "Amount", "lines"
_LEAST, _SHARE = 3, 0.25
_TOTAL = re.compile(
    r"(?:.*\b)?(?:(?:sub|grand)[- ]?)?totals?|(?:.*\b)?ytd|year[- ]to[- ]date|t[- ]?12|annual(?:i[sz]ed)?|full year|"
    r"sum|summe|gesamt|jahr|fy|trailing (?:12|twelve)(?: months)?|.*\baverage|avg\.?|mean",
    re.IGNORECASE,
)
# Numbers that name a line of a statement.
_LINE_NAMES = re.compile(r"\b(?:accounts?|acct|gl|ledger|line|year|konto|compte|cuenta|conto)\b", re.IGNORECASE)
# Words about a period that name no amount.
_FILLERS = re.compile(
    r"\b(?:for the )?(?:(?:month|months|period|quarter|year|week)[- ])?(?:ending|ended|end|of|beginning|as of)\b|"
    r"^(?:month|period|quarter|year)$",
    re.IGNORECASE,
)
_FULL_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
# A line that says when a file was made says nothing of what its months are.
_MADE = re.compile(r"printed|generated|run date|created|exported|report date|prepared", re.IGNORECASE)
Key = tuple[int, int, int]


@dataclass(frozen=True)
class Heading:
    """What a column's name says of a period: which, and what else stands in the name."""

    moment: Moment
    rest: str = ""

    @property
    def key(self) -> Key:
        """The first day of the period."""
        return self.moment.year, self.moment.month, self.moment.day

    def covers(self, other: Heading) -> bool:
        """Whether another period lies within this one, which is longer."""
        if GRAINS.index(self.moment.grain) <= GRAINS.index(other.moment.grain) or self.moment.year != other.moment.year:
            return False
        months = {"year": 12, "half": 6, "quarter": 3}.get(self.moment.grain, 1)
        return self.moment.month <= other.moment.month < self.moment.month + months


def is_across(table: Table) -> bool:
    """Whether periods go across a table's columns."""
    return sum(_heading(names) is not None or _bare_month(names) is not None for names in table.names) >= 2


def turned_down(raw: Raw, parts: Sequence[tuple[Any, ...]], about: Sequence[str]) -> list[Raw]:
    """Periods that go across turned into rows: one for each line and period that has a value.

    What stands once a line and is added up, as an area beside rents by month, would count again in each period: it is
    a table of its own.

    Args:
        raw: the table.
        parts: of each column the parts of its name.
        about: what stands about the table, nearest first: its titles, its sheet's name, its file's.
    """
    headings = {place: found for place, names in enumerate(parts) if (found := _heading(names)) is not None}
    years = ""
    if len(headings) < 2:
        headings, years = _months_alone(parts, about)
    if not _go_across(raw, headings, len(parts)):
        return [raw]
    longer = [
        place
        for place, one in headings.items()
        if any(one.covers(other) and one.rest == other.rest for other in headings.values())
    ]
    periods = {place: found for place, found in headings.items() if place not in longer}
    if len({(found.key, found.rest) for found in periods.values()}) < len(periods):
        return [raw]  # one period stands there twice: which is meant is not known
    totals = [
        place
        for place, name in enumerate(raw.names)
        if place in longer or (place not in headings and _TOTAL.fullmatch(name.strip().strip(":")))
    ]
    return _Turning(raw, periods, {place: headings[place] for place in longer}, totals, years).made()


def _go_across(raw: Raw, headings: Mapping[int, Heading], columns: int) -> bool:
    """Whether there are enough periods, with numbers under them."""
    least = 2 if len(headings) >= columns - 2 and columns > 2 else _LEAST
    if len({each.key for each in headings.values()}) < least or len(headings) < _SHARE * columns:
        return False
    cells = [cell for place in headings for cell in raw.columns[place][:200] if filled(cell)]
    return bool(cells) and sum(sort_of(cell) is Sort.NUMBER for cell in cells) >= 0.6 * len(cells)


@dataclass(frozen=True)
class _Turning:
    """One table while it is turned: which columns are periods, longer periods, totals."""

    raw: Raw
    periods: Mapping[int, Heading]
    longer: Mapping[int, Heading]
    totals: Sequence[int]
    years: str

    def made(self) -> list[Raw]:
        raw = self.raw
        across = {*self.periods, *self.totals}
        once = [place for place in range(len(raw.names)) if place not in across and self._amounts(place)]
        kept = [place for place in range(len(raw.names)) if place not in across and place not in once]
        return [self._down(kept, once), *([self._lines(kept, once)] if once else [])]

    def _lines(self, kept: Sequence[int], once: Sequence[int]) -> Raw:
        """What stands once a line, with the names of the lines."""
        raw, places = self.raw, sorted((*kept, *once))
        return replace(
            raw,
            title=f"{raw.title} {LINES}".strip(),
            names=[raw.names[place] for place in places],
            columns=[list(raw.columns[place]) for place in places],
            lines=list(raw.lines),
            marks={at: raw.marks[place] for at, place in enumerate(places) if place in raw.marks},
            parts={},
        )

    def _down(self, kept: Sequence[int], once: Sequence[int]) -> Raw:
        raw = self.raw
        measures = list(dict.fromkeys(each.rest for each in self.periods.values()))
        # The column of accounts often has no name of its own.
        unnamed = next((place for place in kept if not raw.names[place]), None)
        names = ["Account" if place == unnamed else raw.names[place] for place in kept]
        period_name = free_name(PERIOD, names)
        value_names = [free_name(rest or AMOUNT, [*names, period_name]) for rest in measures]
        rows, lines = self._rows(kept, measures)
        empty: list[list[Any]] = [[] for _ in range(len(names) + 1 + len(measures))]
        return replace(
            raw,
            names=[*names, period_name, *value_names],
            columns=[list(column) for column in zip(*rows, strict=True)] if rows else empty,
            lines=lines,
            notes=(*raw.notes, *self._notes(once, period_name)),
            marks=self._marks(kept, measures),
        )

    def _rows(self, kept: Sequence[int], measures: Sequence[str]) -> tuple[list[list[Any]], list[int]]:
        columns = self.raw.columns
        places: dict[Key, dict[str, int]] = {}
        for place, each in self.periods.items():
            places.setdefault(each.key, {})[each.rest] = place
        rows, lines = [], []
        for row, line in enumerate(self.raw.lines):
            for key, found in places.items():
                values = [columns[found[rest]][row] if rest in found else None for rest in measures]
                if any(filled(value) for value in values):
                    rows.append([*(columns[place][row] for place in kept), date(*key), *values])
                    lines.append(line)
        return rows, lines

    def _marks(self, kept: Sequence[int], measures: Sequence[str]) -> dict[int, Mapping[str, int]]:
        marks = {at: self.raw.marks[place] for at, place in enumerate(kept) if place in self.raw.marks}
        for at, rest in enumerate(measures, len(kept) + 1):
            given = [self.raw.marks.get(place, {}) for place, each in self.periods.items() if each.rest == rest]
            units = {unit for mark in given for unit in mark}
            if units:
                marks[at] = {unit: sum(mark.get(unit, 0) for mark in given) for unit in units}
        return marks

    def _notes(self, once: Sequence[int], name: str) -> Iterator[str]:
        distinct = {each.key for each in self.periods.values()}
        yield f"{len(distinct)} periods went across ({self._span()}) and now go down: the column {name}."
        if self.years:
            yield f"No year stands over the months; {self.years}."
        if once:
            stands = "stands" if len(once) == 1 else "stand"
            listed = listed_names([self.raw.names[place] for place in once])
            yield f"{listed} {stands} once a line, not in each period, and so in a table of lines."
        for place in self.totals:
            yield from self._checked(place)

    def _span(self) -> str:
        keys = sorted(each.key for each in self.periods.values())
        (first, month, _), (last, until, _) = keys[0], keys[-1]
        if all(each.moment.grain == "year" for each in self.periods.values()):
            return f"{first} to {last}"
        return f"{first}-{month:02} to {last}-{until:02}"

    def _amounts(self, place: int) -> bool:
        """Whether a column that is no period holds numbers that people add up."""
        cells = [cell for cell in self.raw.columns[place][:200] if filled(cell)]
        numbers = sum(sort_of(cell) is Sort.NUMBER for cell in cells)
        name = self.raw.names[place]
        if not place or not name or is_code_name(name) or _LINE_NAMES.search(name):
            return False
        return bool(cells) and 2 * numbers > len(cells)

    def _checked(self, place: int) -> Iterator[str]:
        """Whether a column of totals agrees with the periods that it adds up."""
        name, best = self.raw.names[place], (0, 0)
        for parts in self._parts_of(place):
            pairs = list(self._pairs(place, parts))
            agreeing = sum(abs(said - added) <= max(0.5, 1e-4 * abs(said)) for said, added in pairs)
            best = max(best, (agreeing, len(pairs)))
        agreeing, lines = best
        if agreeing and agreeing == lines:
            yield f"The column {name} is left out; it agrees with its periods in every line."
        elif agreeing:
            yield f"The column {name} is left out; it agrees with its periods in {agreeing} of {lines} lines."
        else:
            yield f"The column {name} is left out; it is not the sum of its periods."

    def _parts_of(self, place: int) -> Iterator[list[int]]:
        """The periods that a total may add up: those within it, all, or those since the total before."""
        if place in self.longer:
            yield [at for at, each in self.periods.items() if self.longer[place].covers(each)]
            return
        yield list(self.periods)
        before = max((at for at in self.totals if at < place), default=-1)
        yield [at for at in self.periods if before < at < place]

    def _pairs(self, place: int, parts: Sequence[int]) -> Iterator[tuple[float, float]]:
        for row, given in enumerate(self.raw.columns[place]):
            said = number_of(given, None)
            numbers = [each for at in parts if (each := number_of(self.raw.columns[at][row], None)) is not None]
            if said is not None and numbers:
                yield said, sum(numbers)


def _heading(names: Sequence[Any]) -> Heading | None:
    """The period that a column's name says, and the rest of the name."""
    texts = [part_of_name(part) for part in names]
    if len(names) == 2 and (both := period(f"{texts[1]} {texts[0]}") or period(f"{texts[0]} {texts[1]}")):
        return Heading(both)
    for place in reversed(range(len(names))):
        others = [text for at, text in enumerate(texts) if at != place]
        if (found := period(names[place])) is not None:
            return Heading(found, _rest(others))
        if isinstance(names[place], str) and (within := _within(texts[place])) is not None:
            return Heading(within.moment, _rest([*others, within.rest]))
    return None


def _within(text: str) -> Heading | None:
    """The period at the end or the beginning of a name: "Month Ending 01/31/2024", "Jan-24 Actual"."""
    words = text.split()
    for cut in range(1, min(len(words), 4)):
        for some, others in ((words[cut:], words[:cut]), (words[:-cut], words[-cut:])):
            found = period(" ".join(some))
            if found is not None and not any(letter.isdigit() for letter in "".join(others)):
                return Heading(found, " ".join(others))
    return None


def _rest(texts: Sequence[str]) -> str:
    rest = _FILLERS.sub(" ", " ".join(texts))
    return " ".join(rest.replace("(", " ").replace(")", " ").split()) if not rest.strip(" ():-") else rest.strip()


def _bare_month(names: Sequence[Any]) -> int | None:
    return month_named(names[-1]) if names and isinstance(names[-1], str) else None


def _months_alone(parts: Sequence[tuple[Any, ...]], about: Sequence[str]) -> tuple[dict[int, Heading], str]:
    """Months that are named without a year, of the year that what stands about the table says; and where it does."""
    months = {place: month for place, names in enumerate(parts) if (month := _bare_month(names)) is not None}
    rests = {place: " ".join(part_of_name(part) for part in parts[place][:-1]) for place in months}
    order = list(dict.fromkeys(months.values()))
    if len(order) < _LEAST or any((after - before) % 12 != 1 for before, after in itertools.pairwise(order)):
        return {}, ""
    for text in about:
        first = None if _MADE.search(text) else _first_year(order, text)
        if first is not None:
            at = {month: first + (month < order[0]) for month in order}
            said = f"{first} is" if order[-1] >= order[0] else f"{first} and {first + 1} are"
            headings = {
                place: Heading(Moment(at[month], month, grain="month"), rests[place]) for place, month in months.items()
            }
            return headings, f"{said} by “{text[:60]}”"
    return {}, ""


def _first_year(order: Sequence[int], text: str) -> int | None:
    """The year of the first of some months that follow each other, where a text says it without a doubt."""
    years = sorted({int(found) for found in _FULL_YEAR.findall(text)})
    whole = order[-1] >= order[0]
    if whole:
        return years[0] if len(years) == 1 else None
    if len(years) == 2 and years[1] == years[0] + 1:
        return years[0]
    # "Trailing 12 months ending October 2024": the last month tells the year.
    words = re.findall(r"[^\W\d_]+", text)
    named = {month for word in words if (month := month_named(word)) is not None}
    return years[0] - 1 if len(years) == 1 and named == {order[-1]} else None
