"""A column's cells in one honest type: what most of them are, which ones are not, and how they were read.

A column of numbers with a "TBD" in it is a column of numbers: the cell is empty and said. A column of codes with digits
in most of them is text. What nothing decides (3/4/2024; 1.250 in a file of semicolons) is a question, never a guess.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, Literal

from engine.intake.dates import Moment, Order, Orders, compact, is_no_day, moment, orders
from engine.intake.numbers import EXACT_DIGITS, FOOTNOTE, Decimal, Votes, Written, coded, votes, written
from engine.intake.plain import plain_value
from engine.intake.recipe import Kind
from engine.intake.roles import counts_up, is_code_name, is_version_name, mixes_scales, nines_of
from engine.intake.sides import sides_of
from engine.intake.standins import DASHES, ERRORS, MISSING, NO_TEXT, is_flagged, is_marked, is_word, stands_in
from engine.intake.units import scaled, unit_of

Role = Literal["measure", "identifier", "date", "category", "text"]

_TRUE, _FALSE = frozenset({"true", "yes"}), frozenset({"false", "no"})
# Signs that a number of a thing has and an amount of it has not: 101 1/2, 12e5.
_BROKEN = re.compile(r"/|\d[eE]\d")
ZEROS = "zeros "
ENOUGH, MOSTLY, SURELY = 0.5, 0.6, 0.8


@dataclass(frozen=True)
class Hints:
    """What the rest of the file says, or a person: the mark of decimals, the order of day and month."""

    decimal: Decimal | None = None
    order: Order | None = None
    # Whether a comma, or a point, that stands in every number of a column may part decimals or groups.
    open_comma: bool = False
    open_point: bool = False
    # What CR behind an amount says; DR is the other.
    credit: Literal["plus", "minus"] | None = None
    # Whether losses stand in brackets or amounts have signs of currencies: then a dash alone is a zero.
    accounts: bool = False


@dataclass(frozen=True)
class Column:
    """A column as it is stored, and how it came to be so."""

    name: str
    kind: str
    values: Sequence[Any]
    unit: str = ""
    role: Role = "text"
    # Where a value could not be read as the column's kind: its place among the values, and what stands there.
    exceptions: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()
    # What must be known before the column is more than text: "order", "decimal" or "credit", with a cell that shows it.
    open: tuple[str, str] | None = None
    currencies: list[str | None] | None = field(default=None, repr=False)
    # How many cells are exceptions, where not all of them are listed.
    exceptional: int = 0
    # What the file calls it, where a person gave it another name.
    source: str = ""

    def noted(self, note: str) -> Column:
        """The column with one more thing to be said of it."""
        return replace(self, notes=(*self.notes, note))

    @property
    def empty(self) -> int:
        """How many values are missing."""
        packed = getattr(self.values, "empty", None)
        return sum(value is None for value in self.values) if packed is None else int(packed)

    @property
    def distinct(self) -> int:
        """How many different values there are."""
        packed = getattr(self.values, "distinct", None)
        return len({value for value in self.values if value is not None}) if packed is None else int(packed)


def hints_of(columns: Iterable[Sequence[Any]], separator: str = "", given: Hints | None = None) -> Hints:
    """What all columns of a file together say about the mark of decimals and the order of day and month."""
    given = given or Hints()
    numbers, dates, accounts = Votes(), Orders(), False
    for values in columns:
        texts = {value.strip() for value in values if isinstance(value, str)}
        numbers, dates = numbers + votes(texts), dates + orders(texts)
        accounts = accounts or any(_is_account(text) for text in texts)
    undecided = given.decimal is None and numbers.decided is None
    return Hints(
        given.decimal or numbers.decided,
        given.order or dates.decided,
        credit=given.credit,
        open_comma=undecided and separator == ";",
        open_point=undecided and separator in (";", "\t", ""),
        accounts=accounts,
    )


def _is_account(text: str) -> bool:
    """Whether a number is written as accountants do: a loss in brackets, an amount with its currency."""
    number = written(text) if text[:1] in "($-" or text.endswith(")") else None
    return number is not None and (bool(number.money) or (number.sign < 0 and "(" in text))


def read_column(
    name: str,
    values: Iterable[Any],
    hints: Hints | None = None,
    *,
    strict: bool = False,
    marks: Mapping[str, int] | None = None,
    kind: Kind | None = None,
    weights: Sequence[int] | None = None,
) -> Column:
    """A column in one type.

    Args:
        name: what it is called, which tells 202401 the number from 202401 the month.
        values: its cells, texts or what a program wrote.
        hints: what the rest of the file says.
        strict: whether a value that is not of the kind makes the column text (rows of a database or a program).
        marks: how many of its cells are shown as "percent" or as money, by the format of their cells.
        kind: what a person said that it holds; a cell that is none of it is empty.
        weights: how often each of the values stands in the column, where they are its distinct ones.
    """
    reading = _Reading(
        name, [plain_value(value) for value in values], hints or Hints(), strict, marks or {}, kind, weights
    )
    return reading.column()


class _Reading:
    """One column while it is read."""

    def __init__(
        self,
        name: str,
        values: list[Any],
        hints: Hints,
        strict: bool,
        marks: Mapping[str, int],
        kind: Kind | None = None,
        weights: Sequence[int] | None = None,
    ) -> None:
        self.name, self.values, self.hints, self.strict, self.marks, self.kind = (
            name,
            values,
            hints,
            strict,
            marks,
            kind,
        )
        self.counts: Counter[str] = Counter()
        for value, weight in zip(values, weights or itertools.repeat(1), strict=False):
            if isinstance(value, str) and value.lower() not in MISSING:
                self.counts[value] += weight
        # A cell's format of zeros alone (00000) shows a code with its leading ones.
        self.zeros = next((int(mark.removeprefix(ZEROS)) for mark in marks if mark.startswith(ZEROS)), 0)
        self.errors = {text for text in self.counts if text.lower() in ERRORS}
        self.texts = {text: count for text, count in self.counts.items() if text not in self.errors}
        self.natives = Counter(type(value) for value in values if value is not None and not isinstance(value, str))
        self.present = sum(self.texts.values()) + sum(self.natives.values())

    def column(self) -> Column:
        if not self.present:
            return self._text()
        if self.kind == "text" or (self.zeros and self.kind is None):
            return self._text()
        if not self.texts and self.kind is None:
            return self._written_by_programs()
        if not self.strict and (sided := sides_of(self.texts)):
            return self._with_sides(sided)
        readings = {"date": self._dates, "number": self._numbers, "yes or no": self._truths}
        for kind, reading in readings.items():
            found = reading() if self.kind in (None, kind) else None
            if found is not None:
                return found
        return self._text()

    def _with_sides(self, sided: Mapping[str, str]) -> Column:
        """A column of amounts that say whether they are a credit or a debit: which is less depends on the account."""
        if self.hints.credit is None:
            credit = next((text for text in sided if not sided[text].startswith("-")), "")
            return self._text(open=("credit", credit or next(iter(sided))))
        signed = dict(sided)
        if self.hints.credit == "minus":
            signed = {text: each.removeprefix("-") if each[0] == "-" else f"-{each}" for text, each in sided.items()}
        values = [signed.get(value, value) if isinstance(value, str) else value for value in self.values]
        column = read_column(self.name, values, self.hints, marks=self.marks)
        other = "minus" if self.hints.credit == "plus" else "plus"
        return column.noted(f"{self.name}: CR counts as {self.hints.credit}, DR as {other}.")

    # What no text stands in.

    def _written_by_programs(self) -> Column:
        kinds, present = (
            set(self.natives),
            [value for value in self.values if value is not None and not isinstance(value, str)],
        )
        if kinds == {bool}:
            return self._made("BOOLEAN", lambda value: int(value), role="category")
        if kinds <= {datetime, date}:
            return self._moments(lambda value: value)
        if kinds <= {int, float}:
            whole = [str(int(value)) for value in present if float(value).is_integer()]
            # A zero among days is none.
            digits = [each for each in whole if each.strip("09")]
            read = None if self.strict or len(whole) < len(present) else compact(self.name, digits)
            if read is not None:
                return self._moments(
                    lambda value: _at(read(each), self.hints.order) if (each := str(int(value))) in digits else None
                )
            return self._amounts({}, present)
        return self._text()

    # Dates.

    def _dates(self) -> Column | None:
        if any(kind in (int, float, bool) for kind in self.natives) and not any(
            kind in (datetime, date) for kind in self.natives
        ):
            return None
        if (bare := self._bare_dates()) is not None:
            return bare
        found: dict[str, Moment] = {
            text: each for text in self.texts if not is_no_day(text) and (each := moment(text)) is not None
        }
        count = sum(self.texts[text] for text in found) + self.natives[datetime] + self.natives[date]
        if not self._enough(count, [text for text in self.texts if text not in found]):
            return None
        said = orders(found)
        order = said.decided or self.hints.order
        if said.day and said.month:
            return self._text(f"{self.name} holds dates in two orders of day and month and is kept as text.")
        if said.either and order is None:
            return self._text(open=("order", said.example))
        column = self._moments(
            lambda value: _at(found.get(value), order) if isinstance(value, str) else _excel_day(value)
        )
        grains = {each.grain for each in found.values()} - {"moment", "day"}
        if grains and column.kind == "DATE":
            grain = "year" if "year" in grains else "quarter" if "quarter" in grains else "month"
            column = column.noted(f"{self.name} is written by {grain}; each stands as its first day.")
        return column

    def _bare_dates(self) -> Column | None:
        """Dates that are written as digits alone."""
        digits = [text for text in self.texts if text.isdigit() and not is_no_day(text)]
        read = None if self.natives or self.strict else compact(self.name, digits)
        count = sum(self.texts[text] for text in digits)
        if read is None or not self._enough(count, [text for text in self.texts if text not in digits]):
            return None
        return self._moments(lambda value: _at(read(value), None) if value in digits else None)

    def _enough(self, count: int, others: Sequence[str]) -> bool:
        """Whether a column is of a kind although some of its texts are not."""
        if not count or (self.strict and (others or self.errors)):
            return False
        others = [text for text in others if not is_no_day(text)]
        if self.kind is not None:
            return True
        # Where programs wrote most cells as numbers or dates, a word among them is an exception, whatever it says.
        words = count >= SURELY * self.present or sum(self.natives.values()) >= ENOUGH * self.present
        # One word that stands in several places is no value of its own, either.
        words = words or (count >= MOSTLY * self.present and len(others) == 1)
        return count >= ENOUGH * self.present and all(
            stands_in(text) or is_marked(text) or (words and (is_word(text) or is_flagged(text))) for text in others
        )

    def _moments(self, read: Callable[[Any], Any]) -> Column:
        """Days where no value has a time of day, moments otherwise."""
        found = {value: read(value) for value in set(self.values) if value is not None and not self._empty(value)}
        days = all(
            not isinstance(each, datetime) or each.time() == time() for each in found.values() if each is not None
        )

        def stored(value: Any) -> Any:
            each = found.get(value)
            if each is None:
                return None
            if days:
                return each.strftime("%Y-%m-%d") if each.year >= 1000 else f"{each.year:04}-{each:%m-%d}"
            return (each if isinstance(each, datetime) else datetime.combine(each, time())).isoformat(sep=" ")

        return self._made("DATE" if days else "TIMESTAMP", stored, role="date")

    # Numbers.

    def _numbers(self) -> Column | None:
        if any(kind not in (int, float) for kind in self.natives):
            return None
        numbers = {text: each for text in self.texts if (each := written(text)) is not None}
        unit, numbers = unit_of(scaled(numbers, self.texts), self.texts)
        if (coded(numbers) and self.kind is None) or (not numbers and not self.natives):
            return None
        count = sum(self.texts[text] for text in numbers) + sum(self.natives.values())
        others = [text for text in self.texts if text not in numbers]
        whole = all(each.whole for each in numbers.values())
        if self.kind is None and self._are_codes(numbers, others, whole, unit):
            return None
        if not self._enough(count, others):
            return self._almost(count, others)
        said = votes(numbers)
        decimal = said.decided or self.hints.decimal
        if said.point and said.comma and said.either:
            return self._text(f"{self.name} holds numbers written in two ways and is kept as text.")
        if said.either and decimal is None and self._open(said.example) and not self.strict:
            return self._text(open=("decimal", said.example))
        return self._amounts(_values(numbers, decimal or "."), list(self.natives), unit, numbers)

    def _are_codes(self, numbers: Mapping[str, Written], others: Sequence[str], whole: bool, unit: str) -> bool:
        """Whether numbers are codes by the column's name: versions, or units of which some are 101A or 101 1/2."""
        if is_version_name(self.name):
            return not whole and not unit
        return is_code_name(self.name) and (bool(others and whole) or any(_BROKEN.search(text) for text in numbers))

    def _open(self, example: str) -> bool:
        """Whether 1,250 or 1.250 in every cell may be a thousand or one and a quarter."""
        return self.hints.open_comma if "," in example else self.hints.open_point

    def _almost(self, count: int, others: Sequence[str]) -> Column | None:
        """Text, said where most of it is numbers."""
        if self.strict or count < ENOUGH * self.present:
            return None
        listed = ", ".join(sorted(others)[:3])
        return self._text(f"{self.name} holds numbers and codes ({listed}) and is kept as text.")

    def _amounts(
        self,
        found: Mapping[str, float],
        present: Sequence[Any],
        unit: str = "",
        texts: Mapping[str, Written] | None = None,
    ) -> Column:
        texts = texts or {}
        nines = set() if self.strict else nines_of([*found.values(), *self._natives()])
        natives = self._natives()
        plain = all(each.whole for each in texts.values()) and all(
            isinstance(value, int) or value.is_integer() for value in natives
        )
        integers = plain and (bool(texts) or all(isinstance(value, int) for value in natives))
        integers = integers and all(abs(value) < 10**EXACT_DIGITS for value in natives)
        if any(isinstance(value, int) and abs(value) >= 10**EXACT_DIGITS for value in natives):
            return self._text()
        unit = unit or self._marked_unit()
        kind = "INTEGER" if integers else "REAL"
        # In a column of accounts a dash alone is a zero.
        zero = self.hints.accounts or any(_is_account(text) for text in texts)
        zeros = DASHES if zero and not self.strict else frozenset[str]()

        def stored(value: Any) -> Any:
            number = found.get(value) if isinstance(value, str) else value
            if number is None or number in nines:
                return 0.0 if value in zeros else None
            return int(number) if integers else float(number)

        role: Role = "identifier" if integers and is_code_name(self.name) else "measure"
        column = self._made(kind, stored, unit=unit, role=role, keep=zeros)
        if not unit and mixes_scales(self.name, column.values):
            column = column.noted(
                f"{self.name} holds percentages and fractions side by side, as it seems; they are as written."
            )
        dashes = sum(value in zeros for value in self.values if isinstance(value, str))
        if dashes:
            column = column.noted(f"{self.name}: {_cells(dashes)} with a dash stand as 0, as accountants write it.")
        return self._with_money(self._without_footnotes(column, texts), texts)

    def _without_footnotes(self, column: Column, texts: Iterable[str]) -> Column:
        marks = sorted({match[0].strip() for text in texts if (match := FOOTNOTE.search(text))})
        said = f"{self.name}: marks of footnotes ({', '.join(marks[:5])}) are no part of its numbers."
        return column.noted(said) if marks else column

    def _natives(self) -> list[float]:
        return [value for value in self.values if isinstance(value, int | float) and not isinstance(value, bool)]

    def _marked_unit(self) -> str:
        """The unit that the cells' formats say, where they all say it."""
        if not self.marks or self.zeros or sum(self.marks.values()) < SURELY * sum(self.natives.values()):
            return ""
        return next(iter(self.marks)) if len(self.marks) == 1 else ""

    def _with_money(self, column: Column, texts: Mapping[str, Written]) -> Column:
        money = {each.money for each in texts.values() if each.money}
        if len(money) == 1 and not column.unit:
            return replace(column, unit=money.pop())
        if len(money) < 2:
            return column
        beside = [
            texts[value].money or None if isinstance(value, str) and value in texts else None for value in self.values
        ]
        listed = ", ".join(sorted(money))
        noted = column.noted(f"{self.name} is in several currencies ({listed}); “{self.name} currency” says which.")
        return replace(noted, currencies=beside)

    # The rest.

    def _truths(self) -> Column | None:
        low = {text.lower() for text in self.texts}
        if self.natives or self.errors or not low <= _TRUE | _FALSE:
            return None
        return self._made("BOOLEAN", lambda value: int(value.lower() in _TRUE), role="category")

    def _text(self, note: str = "", open: tuple[str, str] | None = None) -> Column:
        values = [_as_text(value, self.zeros) for value in self.values]
        distinct = len({value for value in values if value is not None})
        if self.errors and not note:
            listed = ", ".join(sorted(self.errors))
            note = f"{self.name}: cells with an error ({listed}) are empty."
        if not note and (ways := _several_ways(values)):
            note = f"{self.name}: {ways} differ in capitals or blanks alone and count as different values."
        role: Role = "category" if distinct <= max(20, len(values) // 10) else "text"
        if coded(self.texts) or is_code_name(self.name):
            role = "identifier"
        return Column(self.name, "TEXT", values, "", role, (), (note,) if note else (), None if self.strict else open)

    def _empty(self, value: Any) -> bool:
        return isinstance(value, str) and value.lower() in MISSING

    def _made(
        self, kind: str, read: Callable[[Any], Any], unit: str = "", role: Role = "measure", keep: Iterable[str] = ()
    ) -> Column:
        known: dict[Any, Any] = {}
        kept = set(keep)
        stored: list[Any] = []
        exceptions: list[tuple[int, str]] = []
        for place, value in enumerate(self.values):
            if value is None or (self._empty(value) and value not in kept):
                stored.append(None)
                if isinstance(value, str) and value.lower() in ERRORS:
                    exceptions.append((place, value))
                continue
            token = (type(value), value)
            if token not in known:
                known[token] = None if value in self.errors else read(value)
            stored.append(known[token])
            if known[token] is None:
                exceptions.append((place, str(value)))
        return Column(self.name, kind, stored, unit, role, tuple(exceptions))


def _several_ways(values: Sequence[str | None]) -> str:
    """Values that differ in capitals and blanks alone; empty where none do."""
    ways: dict[str, set[str]] = {}
    for value in values:
        if value is not None and len(value) <= 60:
            ways.setdefault("".join(value.casefold().split()), set()).add(value)
    found = next((sorted(each) for each in ways.values() if len(each) > 1), [])
    return ", ".join(found[:4]) if len(ways) <= 500 else ""


def _as_text(value: Any, zeros: int = 0) -> str | None:
    """A value in a column of text; None for what says nothing."""
    if value is None or (isinstance(value, str) and (value.lower() in NO_TEXT or value.lower() in ERRORS)):
        return None
    return value if isinstance(value, str) else _said(value).zfill(zeros)


def _said(value: Any) -> str:
    """A value of another kind in a column of text: whole numbers without a point, days without a clock."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return f"{value:%Y-%m-%d}"
    return str(value)


def _at(found: Moment | None, order: Order | None) -> datetime | None:
    return found.at(order or "month") if found is not None else None


def _excel_day(value: Any) -> Any:
    return value if isinstance(value, datetime | date) else None


def _values(numbers: Mapping[str, Written], decimal: Decimal) -> dict[str, float]:
    """Each text's number; one that fits the other mark of decimals alone is read by that."""
    found = {}
    other: Decimal = "," if decimal == "." else "."
    for text, number in numbers.items():
        value = number.value(decimal)
        value = number.value(other) if value is None else value
        if value is not None:
            found[text] = value
    return found


def row_key(columns: Sequence[Column]) -> Column | None:
    """The column that tells the rows of a table apart, where one does: an identifier by its name or its form.

    A first column of whole numbers that follow each other (5001, 5002, 5003) numbers the rows, whatever it is called.
    """
    for place, column in enumerate(columns):
        if column.kind not in ("INTEGER", "TEXT") or len(column.values) < 2:
            continue
        if column.empty or column.distinct < len(column.values):
            continue
        if column.role == "identifier" or (
            place == 0 and column.kind == "INTEGER" and counts_up(column.name, column.values)
        ):
            return column
    return None


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
