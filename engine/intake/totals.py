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
    r"(?:betriebs|roh|netto|brutto|jahres)?(?:ergebnis|ertrag|gewinn|überschuss)|résultat\b.*|resultado\b.*|utile\b.*|"
    r"surplus|deficit|net|net change\b.*|.*\bcarried (?:down|forward)|(?:opening|closing|beginning|ending) balance\b.*|"
    r"balance (?:b/?f|c/?f|brought|carried)\b.*",
    re.IGNORECASE,
)
_AVERAGE = re.compile(
    r"(?:weighted )?(?:average|avg\.?|mean|median|minimum|maximum|min|max|count|durchschnitt|promedio|moyenne)\b.*",
    re.IGNORECASE,
)
_GRAND = re.compile(r"grand|overall|portfolio|report|total", re.IGNORECASE)
_BALANCE = re.compile(
    r"(?:opening|closing|beginning|ending|starting|previous|current)(?: ledger| account)? balance\b.*|"
    r"balance (?:b/?f|c/?f|brought|carried)\b.*|(?:anfangs|end|schluss)saldo\b.*|"
    r"saldo (?:inicial|final|anterior|iniziale|finale)\b.*|"
    r"solde (?:initial|final|précédent|au)\b.*|(?:входящий|исходящий) остаток.*",
    re.IGNORECASE,
)
_MOST_STARTS = 60
# So many lines below the last total are figures about the whole; more are rows.
_MOST_BEHIND = 6
_MOST_HEADED = 5_000
# So many sums at once are no chance.
_WIDE = 4
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
    # Whether it stands above the rows that it adds up and names their group.
    heads: bool = False


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
    sections: Sequence[int] = (),
    codes: frozenset[int] = frozenset(),
) -> list[Total]:
    """The lines among some rows that add up others.

    Args:
        rows: the cells of the body.
        sums: (line, column) of cells whose formula adds up cells above.
        lines: the number of each row in the file.
        decimal: what separates decimals in the file.
        sections: the rows below headings that stand between the rows, as in a statement.
        codes: the places of columns that hold numbers of things, which nobody adds up.
    """
    if len(rows) > _MANY and not sums and not any(_says_total(row) for row in rows):
        return []
    return _Search(rows, sums, lines, decimal, sections, codes).totals()


def _says_total(row: Sequence[Any]) -> bool:
    """Whether the first label of a row says that it adds up others."""
    label = next((value for value in row if isinstance(value, str) and not value[:1].isdigit()), "")
    return TOTAL.fullmatch(_bare(label)) is not None


def _bare(text: str) -> str:
    """A label without the stars and dashes that reports draw around it, and with single blanks."""
    plain = " ".join(text.split())
    return plain.strip("*=-_> ") or plain


class _Search:
    def __init__(
        self,
        rows: Sequence[Sequence[Any]],
        sums: frozenset[tuple[int, int]],
        lines: Sequence[int],
        decimal: Decimal | None,
        sections: Sequence[int],
        codes: frozenset[int],
    ) -> None:
        self.codes = codes
        self.rows, self.sums, self.lines, self.sections, self.sectioned = rows, sums, lines, sections, bool(sections)
        self.width = max(map(len, rows), default=0)
        self.numbers = [[number_of(value, decimal) for value in row] for row in rows]
        self.percents = [[_is_percent(value) for value in row] + [False] * (self.width - len(row)) for row in rows]
        self.valued = self._valued()
        # Columns in which percentages are the exception.
        self._seldom = {place: 2 * sum(row[place] for row in self.percents) < len(rows) for place in self.valued}
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
        rows = [row for at, row in enumerate(self.rows) if not self._label(at)[0]] or self.rows
        return [
            place
            for place in range(self.width)
            if place not in self.valued
            and sum(place < len(row) and filled(row[place]) for row in rows) >= 0.6 * len(rows)
        ]

    def totals(self) -> list[Total]:
        if not self.sectioned and (heads := self._heads()):
            return heads
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
        return sorted([*self.found, *self._behind()], key=lambda total: total.row)

    def _behind(self) -> list[Total]:
        """Figures about the whole beside and below the total of all rows: they lack what every row of data has."""
        totals = {total.row: total for total in self.found}
        at = len(self.rows)
        while at > 1 and (at - 1 in totals or self._lacks(at - 1)):
            at -= 1
        first = totals.get(at)
        if first is None or not (_GRAND.match(first.label) or first.agrees) or len(self.rows) - at > _MOST_BEHIND:
            return []
        return [Total(row, self._text(row), {}, derived=True) for row in range(at, len(self.rows)) if row not in totals]

    def _text(self, at: int) -> str:
        return " ".join(str(value) for value in self.rows[at] if filled(value))[:120]

    def _heads(self) -> list[Total]:
        """The rows that add up those below them, as a pivot table sets groups above their members.

        They are such where all rows fall into groups, each headed by its sum; a last one may add up all of them.
        """
        rows = len(self.rows)
        telling = [place for place in self.valued if any(self._cell(at, place) for at in range(rows))]
        if rows < 5 or not telling or rows > _MOST_HEADED:
            return []
        last = rows - 1 if TOTAL.fullmatch(_bare(str(next((v for v in self.rows[-1] if filled(v)), "")))) else rows
        heads, at = [], 0
        while at < last:
            end = self._members(at, last, telling)
            if end is None:
                return []
            heads.append(at)
            at = end
        grouped = last - len(heads)
        if len(heads) < 2 or grouped < len(heads) + 1 or self._indented(heads) is False:
            return []
        found = [self._head(at, telling, headed=True) for at in heads]
        return found if last == rows else [*found, self._head(last, telling, headed=False)]

    def _head(self, at: int, telling: Sequence[int], *, headed: bool) -> Total:
        label = " ".join(str(next((value for value in self.rows[at] if filled(value)), "")).split())
        return Total(at, label, {place: self._cell(at, place) for place in telling}, tuple(telling), heads=headed)

    def _members(self, at: int, last: int, telling: Sequence[int]) -> int | None:
        """Where the rows end that a row above them adds up; None where none do."""
        sums = dict.fromkeys(telling, 0.0)
        for below in range(at + 1, last):
            for place in telling:
                sums[place] += self._cell(below, place)
            if all(_alike(sums[place], self._cell(at, place), below - at) for place in telling):
                return below + 1
        return None

    def _indented(self, heads: Sequence[int]) -> bool | None:
        """Whether the rows under heads are set in, and heads are not; None where no row is."""
        insets = [len(text) - len(text.lstrip()) for text in (str(row[0] or "") for row in self.rows)]
        if not any(insets):
            return None
        outer = max(insets[at] for at in heads)
        last = heads[-1]
        return all(insets[at] > outer for at in range(last) if at not in heads)

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
        label = self._label(0)[0]
        if 2 * len(agrees) < max(len(values), 1) or (len(agrees) < 2 and not TOTAL.fullmatch(label)):
            return None
        return Total(0, label, values, agrees)

    def _label(self, at: int) -> tuple[str, bool]:
        """The words of a row that say that it adds up others, and whether they are its first label.

        Behind a number of an account or the name of a group such words are a total where the sums say so, too.
        """
        first = True
        for value in self.rows[at]:
            if isinstance(value, str) and filled(value) and number_of(value, None) is None:
                text = _bare(value)
                if any(words.fullmatch(text) for words in (TOTAL, _DERIVED, _AVERAGE, _BALANCE)):
                    return text, first
                first = False
        return "", False

    def _candidate(self, at: int) -> bool:
        if any((self.lines[at], place) in self.sums for place in self.valued):
            return True
        if self._label(at)[0] or (at > 1 and (self._lacking(at) > 0 or at == len(self.rows) - 1)):
            return True
        return at > 1 and (len(self.valued) >= _WIDE or self._is_ratio(at))

    def _is_ratio(self, at: int) -> bool:
        """Whether all numbers of a row are percentages where those of the other rows are not."""
        shares = [place for place in self.valued if self.percents[at][place]]
        numbers = [place for place in self.valued if self._given(at, place) is not None]
        return len(shares) > 1 and shares == numbers and all(self._seldom[place] for place in shares)

    def _lacking(self, at: int) -> int:
        """How many of the labels that nearly all rows have it has not."""
        row = self.rows[at]
        return sum(place >= len(row) or not filled(row[place]) for place in self.labelled)

    def _total(self, at: int) -> Total | None:
        label, first_one = self._label(at)
        numbers = self.numbers[at]
        values = {
            place: number for place in self.valued if place < len(numbers) and (number := numbers[place]) is not None
        }
        if not values or (at == 0 and not _BALANCE.fullmatch(label)):
            return None
        if self._is_ratio(at) or (_BALANCE.fullmatch(label) and self._is_balance(at, values)):
            return Total(at, label or self._text(at), {}, derived=True)
        formula = any((self.lines[at], place) in self.sums for place in values)
        agrees, differs = self._compared(at, values, first_one and bool(TOTAL.fullmatch(label)))
        if not label:
            if self._is_difference(at, values):
                return Total(at, self._text(at), values, derived=True)
            return Total(at, "", values, agrees, differs) if formula or self._adds_up(at, agrees, values) else None
        if TOTAL.fullmatch(label):
            sure = bool(agrees) or formula or (first_one and self._is_worded(at))
            return Total(at, label, values, agrees, differs) if sure else None
        return self._worked_out(at, label, first_one, values, whole=len(agrees) == len(values))

    def _is_worded(self, at: int) -> bool:
        """Whether a row that says that it is a total is one although its sums do not show it."""
        alone = not [place for place in self.labelled if place != self._first_label(at)]
        return self._lacks(at) or self._starred(at) or (alone and self.sectioned and bool(self.found))

    def _worked_out(
        self, at: int, label: str, first_one: bool, values: Mapping[int, float], *, whole: bool
    ) -> Total | None:
        """A row that says that it is an average or what is left, where its numbers or what it lacks say so, too."""
        if _AVERAGE.fullmatch(label):
            sure = self._lacks(at) or self._is_average(at, values)
        else:
            sure = self._derived(values) or (whole and at > 1)
            sure = sure or (first_one and ((bool(self.found) and self.sectioned) or self._lacks(at)))
        return Total(at, label, values, derived=True) if sure else None

    def _is_difference(self, at: int, values: Mapping[int, float]) -> bool:
        """Whether a line of a statement is one earlier total less or plus another, whatever it is called."""
        telling = [place for place in values if values[place]]
        sure = len(telling) > 1 or (len(telling) == 1 and at == len(self.rows) - 1)
        return self.sectioned and len(self.found) > 1 and sure and self._derived(values)

    def _is_balance(self, at: int, values: Mapping[int, float]) -> bool:
        """Whether a row says what an account held before or after its movements: it has no amount but the balance."""
        others = [place for place in self.valued if place not in values or not values[place]]
        return len([place for place in values if values[place]]) <= 1 and len(others) > 0

    def _adds_up(self, at: int, agrees: Sequence[int], values: Mapping[int, float]) -> bool:
        """Whether a row without a telling word is a total all the same: it lacks labels, and its numbers are sums."""
        telling = [place for place in agrees if values[place]]
        rows = at - (self.found[-1].row if self.found else -1) - 1
        if at == len(self.rows) - 1 and len(telling) > 1 and len(agrees) == len(values) and at > 2:
            return True
        if len(telling) >= _WIDE and len(agrees) == len(values) and rows > 1 and self._vary(at, telling):
            return True
        bare = self._lacking(at) == len(self.labelled) > 0
        if bare and len(agrees) == len(values) and rows > 1 and telling:
            return True
        return rows > 1 and len(telling) > 1 and self._lacking(at) > 0

    def _starred(self, at: int) -> bool:
        """Whether the first cell of a row is drawn with stars around it, as reports write their totals."""
        first = str(self.rows[at][self._first_label(at)]).strip()
        return first.startswith("**") and first != "*" * len(first)

    def _vary(self, at: int, places: Sequence[int]) -> bool:
        """Whether numbers right above a row differ from column to column, so that sums in all of them are no chance."""
        return all(len({self._cell(row, place) for place in places}) > 2 for row in (at - 1, at - 2) if row >= 0)

    def _is_average(self, at: int, values: Mapping[int, float]) -> bool:
        """Whether a row gives the mean, the least or the most of those above it, which lack no number."""
        if not self._lacking(at) or not values:
            return False
        left_out = {total.row for total in self.found}
        rows = [row for row in range(at) if row not in left_out]
        for place, value in values.items():
            cells = [cell for row in rows if (cell := self._given(row, place)) is not None]
            if cells and any(_alike(each, value, 4) for each in (sum(cells) / len(cells), min(cells), max(cells))):
                return True
        return False

    def _given(self, row: int, place: int) -> float | None:
        numbers = self.numbers[row]
        return numbers[place] if place < len(numbers) else None

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
        for start in self._starts(at):
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

    def _starts(self, at: int) -> list[int]:
        """The rows from which a total may count: the first, those behind other totals, and those below headings."""
        behind = [total.row + 1 for total in self.found[-_MOST_STARTS:]]
        below = [row for row in self.sections if 0 < row < at][-_MOST_STARTS:]
        return [0, *sorted({*behind, *below})]

    def _summed(self, at: int, places: Sequence[int]) -> bool:
        """Whether any of some sums is one of several numbers, which no single row repeats by chance."""
        starts = self._starts(at)
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


def _is_percent(value: Any) -> bool:
    return isinstance(value, str) and value.rstrip(") ").endswith("%")


def _alike(one: float, other: float, rows: int) -> bool:
    return (
        abs(one - other) <= max(1e-6 * abs(other), 0.006 * rows if rows < 200 else 1.0)
        if abs(other) > 2
        else abs(one - other) <= 1e-6 + 1e-3 * abs(other)
    )
