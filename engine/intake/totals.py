"""Lines of a table that add up others: found by their word, their formula or their arithmetic, and used as a check.

A word alone is not enough: "Total Wine" is a tenant, and "Total units" a figure of its own in a list of figures. A line
is left out of the rows where its numbers are the sums of those above, where its formula says so, or where it lacks what
every row of data has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.intake.numbers import Decimal, written
from engine.intake.sheets import filled

TOTAL = re.compile(
    r"(?:(?:grand|sub|property|portfolio|report|overall|page|section|group)[- ]?)?totals?\b.*|.*\b(?:sub-?)?totals?:?$|"
    r"sum:?$|(?:zwischen|gesamt)?summe\b.*|gesamt\b.*|insgesamt|total général|sous-total|suma|totale|totaal|"
    r"razem|ogółem|celkem|összesen|yhteensä|overall|"
    r"итого.*|всего.*|"
    r"\*{1,3}|合计|总计|小计|合計|小計|総計|합계|소계",
    re.IGNORECASE,
)
_DERIVED = re.compile(
    r"net (?:operating )?(?:income|loss|profit|cash ?flow|revenue|rental income)\b.*|noi\b.*|ebitda\b.*|egi\b|"
    r"gross (?:profit|margin)\b.*|effective gross (?:income|revenue)\b.*|cash flow (?:before|after)\b.*|"
    r"(?:operating|pre-?tax) (?:profit|income|margin)|"
    r"surplus|deficit|net|net change\b.*|.*\bcarried (?:down|forward)|(?:opening|closing|beginning|ending) balance\b.*|"
    r"balance (?:b/?f|c/?f|brought|carried)\b.*",
    re.IGNORECASE,
)
_AVERAGE = re.compile(
    r"(?:weighted )?(?:average|avg\.?|mean|median|minimum|maximum|min|max|count|durchschnitt|promedio|moyenne)\b.*",
    re.IGNORECASE,
)
_MOST_STARTS = 60
# Beyond so many rows only words and formulas are looked for.
_MANY = 20_000


@dataclass(frozen=True)
class Total:
    """A line that adds up rows above it: the numbers it gives, and what the rows add up to where that differs."""

    row: int
    label: str
    columns: Mapping[int, float]
    agrees: tuple[int, ...] = ()
    differs: Mapping[int, float] | None = None
    derived: bool = False


def number_of(value: Any, decimal: Decimal | None) -> float | None:
    """A cell as a number, where it is one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    return _of_text(value.strip(), decimal or ".") if isinstance(value, str) else float(value)


@lru_cache(maxsize=65_536)
def _of_text(text: str, decimal: Decimal) -> float | None:
    number = written(text)
    if number is None:
        return None
    found = number.value(decimal)
    return number.value("," if decimal == "." else ".") if found is None else found


def find_totals(
    rows: Sequence[Sequence[Any]],
    sums: frozenset[tuple[int, int]],
    lines: Sequence[int],
    decimal: Decimal | None,
    sectioned: bool = False,
    codes: frozenset[int] = frozenset(),
) -> list[Total]:
    """The lines among some rows that add up others.

    Args:
        rows: the cells of the body.
        sums: (line, column) of cells whose formula adds up cells above.
        lines: the number of each row in the file.
        decimal: what separates decimals in the file.
        sectioned: whether headings stand between the rows, as in a statement.
        codes: the places of columns that hold numbers of things, which nobody adds up.
    """
    if len(rows) > _MANY and not sums and not any(_says_total(row) for row in rows):
        return []
    return _Search(rows, sums, lines, decimal, sectioned, codes).totals()


def _says_total(row: Sequence[Any]) -> bool:
    """Whether the first label of a row says that it adds up others."""
    label = next((value for value in row if isinstance(value, str) and not value[:1].isdigit()), "")
    return TOTAL.fullmatch(label.strip()) is not None


class _Search:
    def __init__(
        self,
        rows: Sequence[Sequence[Any]],
        sums: frozenset[tuple[int, int]],
        lines: Sequence[int],
        decimal: Decimal | None,
        sectioned: bool,
        codes: frozenset[int],
    ) -> None:
        self.codes = codes
        self.rows, self.sums, self.lines, self.sectioned = rows, sums, lines, sectioned
        self.width = max(map(len, rows), default=0)
        self.numbers = [[number_of(value, decimal) for value in row] for row in rows]
        self.valued = self._valued()
        self.labelled = self._labelled()
        self.found: list[Total] = []
        # Of each column and of the rows: what stands above a row without the totals, added up.
        self.above: dict[int, list[float]] = {place: [0.0] for place in self.valued}
        self.counts = [0]
        self.parts: dict[int, list[int]] = {place: [0] for place in self.valued}

    def _valued(self) -> list[int]:
        """The columns that hold numbers, without those that tell rows apart."""
        found = []
        for place in range(self.width):
            cells = [
                (row[place], numbers[place])
                for row, numbers in zip(self.rows, self.numbers, strict=True)
                if place < len(row) and filled(row[place])
            ]
            if place not in self.codes and cells and 2 * sum(number is not None for _, number in cells) >= len(cells):
                found.append(place)
        return found

    def _labelled(self) -> list[int]:
        """The columns of labels that nearly every row fills."""
        count = len(self.rows)
        return [
            place
            for place in range(self.width)
            if place not in self.valued
            and sum(place < len(row) and filled(row[place]) for row in self.rows) >= 0.6 * count
        ]

    def totals(self) -> list[Total]:
        if (top := self._on_top()) is not None:
            self.found.append(top)
        for at in range(len(self.rows)):
            if at == 0 and self.found:
                self._count(0, left_out=True)
                continue
            found = self._total(at) if self._candidate(at) else None
            if found is not None:
                self.found.append(found)
            self._count(at, left_out=found is not None)
        return self.found

    def _count(self, at: int, *, left_out: bool) -> None:
        """Add a row to what stands above the next one."""
        for place, sums in self.above.items():
            value = 0.0 if left_out else self._cell(at, place)
            sums.append(sums[-1] + value)
            self.parts[place].append(self.parts[place][-1] + bool(value))
        self.counts.append(self.counts[-1] + (not left_out))

    def _on_top(self) -> Total | None:
        """A first row that adds up all below it."""
        if len(self.rows) < 4:
            return None
        values = {place: number for place in self.valued if (number := self._cell(0, place))}
        below = {place: sum(self._cell(at, place) for at in range(1, len(self.rows))) for place in values}
        agrees = tuple(place for place, value in values.items() if _alike(below[place], value, len(self.rows)))
        label = self._label(0)
        if 2 * len(agrees) < max(len(values), 1) or (len(agrees) < 2 and not TOTAL.fullmatch(label)):
            return None
        return Total(0, label, values, agrees)

    def _label(self, at: int) -> str:
        """The words of a row that say that it adds up others: its first label, where that says so."""
        for value in self.rows[at]:
            if isinstance(value, str) and filled(value) and number_of(value, None) is None:
                text = " ".join(value.split())
                said = TOTAL.fullmatch(text) or _DERIVED.fullmatch(text) or _AVERAGE.fullmatch(text)
                return text if said else ""
        return ""

    def _candidate(self, at: int) -> bool:
        if any((self.lines[at], place) in self.sums for place in self.valued):
            return True
        return bool(self._label(at)) or (at > 1 and (self._lacking(at) > 0 or at == len(self.rows) - 1))

    def _lacking(self, at: int) -> int:
        """How many of the labels that nearly all rows have it has not."""
        row = self.rows[at]
        return sum(place >= len(row) or not filled(row[place]) for place in self.labelled)

    def _total(self, at: int) -> Total | None:
        label = self._label(at)
        numbers = self.numbers[at]
        values = {
            place: number for place in self.valued if place < len(numbers) and (number := numbers[place]) is not None
        }
        if not values or at == 0:
            return None
        formula = any((self.lines[at], place) in self.sums for place in values)
        first = self.rows[at][self._first_label(at)]
        worded = bool(TOTAL.fullmatch(label)) and " ".join(str(first).split()) == label
        agrees, differs = self._compared(at, values, worded)
        whole = len(agrees) == len(values)
        if not label:
            return Total(at, "", values, agrees, differs) if formula or self._adds_up(at, agrees, values) else None
        if TOTAL.fullmatch(label):
            alone = not [place for place in self.labelled if place != self._first_label(at)]
            sure = bool(agrees) or formula or self._lacks(at) or (alone and self.sectioned and bool(self.found))
            return Total(at, label, values, agrees, differs) if sure else None
        if _AVERAGE.fullmatch(label):
            return Total(at, label, values, derived=True) if self._lacks(at) else None
        derived = (
            self._derived(values) or (whole and at > 1) or (bool(self.found) and self.sectioned) or self._lacks(at)
        )
        return Total(at, label, values, derived=True) if derived else None

    def _adds_up(self, at: int, agrees: Sequence[int], values: Mapping[int, float]) -> bool:
        """Whether a row without a telling word is a total all the same: it lacks labels, and its numbers are sums."""
        telling = [place for place in agrees if values[place]]
        rows = at - (self.found[-1].row if self.found else -1) - 1
        if at == len(self.rows) - 1 and len(telling) > 1 and len(agrees) == len(values) and at > 2:
            return True
        bare = self._lacking(at) == len(self.labelled) > 0
        if bare and len(agrees) == len(values) and rows > 1 and telling:
            return True
        return rows > 1 and len(telling) > 1 and self._lacking(at) > 0

    def _first_label(self, at: int) -> int:
        return next((place for place, value in enumerate(self.rows[at]) if filled(value)), -1)

    def _lacks(self, at: int) -> bool:
        """Whether a row lacks labels that nearly all others have, its own beside."""
        row = self.rows[at]
        there = [place for place in self.labelled if place < len(row) and filled(row[place])]
        return len(self.labelled) > 1 and len(there) <= 1

    def _compared(
        self, at: int, values: Mapping[int, float], worded: bool
    ) -> tuple[tuple[int, ...], dict[int, float] | None]:
        """Which numbers are the sum of rows above, from some line on, and what the others would have to be."""
        best: tuple[int, ...] = ()
        nearest: dict[int, float] = {}
        for start in (0, *(total.row + 1 for total in self.found[-_MOST_STARTS:])):
            rows = self.counts[at] - self.counts[start]
            if not rows:
                continue
            sums = {place: self.above[place][at] - self.above[place][start] for place in values}
            agreeing = tuple(place for place in values if _alike(sums[place], values[place], rows))
            if len(agreeing) > len(best) or not nearest:
                best, nearest = max(best, agreeing, key=len), sums
        # A number or two may be a sum by chance; most of those that say anything must be.
        said = [place for place in values if values[place]]
        telling = [place for place in best if values[place]]
        if 2 * len(telling) < max(len(said), 1) and not (worded and self._summed(at, telling)):
            return (), nearest or None
        wrong = {place: nearest[place] for place in values if place not in best and self._adds(place)}
        return best, wrong or None

    def _summed(self, at: int, places: Sequence[int]) -> bool:
        """Whether any of some sums is one of several numbers, which no single row repeats by chance."""
        starts = [0, *(total.row + 1 for total in self.found[-_MOST_STARTS:])]
        return any(
            self.parts[place][at] - self.parts[place][start] > 1
            and _alike(self.above[place][at] - self.above[place][start], self._cell(at, place), at)
            for place in places
            for start in starts
        )

    def _adds(self, place: int) -> bool:
        """Whether other totals of the column are sums: rates and areas per unit are not added up."""
        return any(place in total.agrees for total in self.found)

    def _cell(self, row: int, place: int) -> float:
        numbers = self.numbers[row]
        return (numbers[place] if place < len(numbers) else None) or 0.0

    def _derived(self, values: Mapping[int, float]) -> bool:
        """Whether numbers are an earlier total less or plus another one."""
        earlier = self.found[-12:]
        for one in earlier:
            for other in earlier:
                if one.row == other.row:
                    continue
                for sign in (1, -1):
                    if all(
                        _alike(one.columns.get(place, 0.0) + sign * other.columns.get(place, 0.0), value, 4)
                        for place, value in values.items()
                    ):
                        return True
        return False


def _alike(one: float, other: float, rows: int) -> bool:
    return (
        abs(one - other) <= max(1e-6 * abs(other), 0.006 * rows if rows < 200 else 1.0)
        if abs(other) > 2
        else abs(one - other) <= 1e-6 + 1e-3 * abs(other)
    )
