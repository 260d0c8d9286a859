"""Where tables lie on a sheet: titles above, header lines, body, sections, footers, several tables, none at all.

Everything is decided by what cells are (a label, a number, a date) and by how the rows around agree, never by a fixed
place. What is taken for no row of data is kept with its reason, so that the page can show it and a person undo it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.intake.bands import bands_of
from engine.intake.dates import period
from engine.intake.remarks import PAGE, PAGE_NUMBER, PIVOT, REMARK, is_sentence
from engine.intake.sheets import Area, Sheet, filled
from engine.intake.sorts import Sort, Sorts, sort_of, usual_width
from engine.intake.standins import stands_in

# How many rows are looked at to find a header, and to tell what stands under it.
_LOOK, _UNDER = 60, 40
_MOST_HEADER_ROWS = 3
_LONGEST_LABEL = 80


class Part(StrEnum):
    """What a row of a sheet is."""

    TITLE = "title"
    HEADER = "header"
    BODY = "body"
    SECTION = "section"
    TOTAL = "total"
    REPEATED = "repeated header"
    CONTINUED = "continued"
    FOOTER = "footer"


@dataclass(frozen=True)
class Table:
    """A table that was found: places of its rows in the sheet's, and the names of its columns.

    `columns` are the places of its columns on the sheet; `names` has for each of them the parts of its name, one of a
    header line. `header` is empty where no line names the columns. `parts` says of every row that belongs to the table
    or stands about it what it is, `sections` which section a row of the body stands in.
    """

    columns: tuple[int, ...]
    names: tuple[tuple[Any, ...], ...]
    header: tuple[int, ...]
    body: tuple[int, ...]
    parts: Mapping[int, Part]
    sections: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def find_tables(sheet: Sheet) -> list[Table]:
    """The tables of a sheet, from top to bottom; side by side ones from left to right."""
    if _is_prose(sheet):
        return []
    found: list[Table] = []
    for left, right in bands_of(sheet):
        found += _Finder(sheet, left, right).tables()
    return found


def _is_prose(sheet: Sheet) -> bool:
    """Whether a sheet is a letter or a note: nothing but sentences, one below the other."""
    cells = [value for row in sheet.rows for value in row if filled(value)]
    alone = all(sum(filled(value) for value in row) == 1 for row in sheet.rows)
    return alone and bool(cells) and any(isinstance(value, str) and len(value) > _LONGEST_LABEL for value in cells)


class _Finder:
    """Finds the tables in a range of columns of a sheet, from top to bottom."""

    def __init__(self, sheet: Sheet, left: int, right: int) -> None:
        self.sheet, self.left, self.right = sheet, left, right
        self.rows = [row[left:right] for row in sheet.rows]
        self.sorts = Sorts(self.rows)
        self.places = [at for at, row in enumerate(self.rows) if any(filled(value) for value in row)]
        self.merged: dict[int, list[Area]] = {area.top: [] for area in sheet.merged}
        for area in sheet.merged:
            self.merged[area.top].append(area)

    def tables(self) -> list[Table]:
        found: list[Table] = []
        start = 0
        while start < len(self.places):
            header = self._header(start)
            if header is None:
                break
            first, lines = header
            end = self._end(first + len(lines))
            found.append(self._table(start, first, lines, end))
            start = end
        return found

    def gap(self, at: int) -> bool:
        """Whether a blank line stands above a row."""
        return at > 0 and self.sheet.lines[self.places[at]] - self.sheet.lines[self.places[at - 1]] > 1

    # The header.

    def _header(self, start: int) -> tuple[int, list[int]] | None:
        """Where the table begins, and its header lines; no lines where the first row is one of data."""
        ahead = self.places[start : start + _LOOK]
        counts = [self.sorts.filled(at) for at in ahead]
        wide = usual_width(counts)
        for offset, at in enumerate(ahead):
            if counts[offset] < max(1 if wide == 1 else 2, 0.5 * wide) or self._about(at, wide):
                continue
            here = start + offset
            nexts = start + offset + 1 < len(self.places)
            if (
                nexts
                and self.gap(here + 1)
                and counts[offset] < wide
                and counts[offset + 1 : offset + 2] > [counts[offset]]
            ):
                continue  # a block of facts above the table
            if self._labels(at):
                return self._header_lines(here)
            if self._named_periods(at) and offset + 1 < len(ahead):
                return here, [at]
            return here, []
        return None

    def _about(self, at: int, wide: int) -> bool:
        """Whether a row is about the sheet: "Property:" and its name, "As of" and a date."""
        cells = [value for value in self.rows[at] if filled(value)]
        if any(isinstance(value, str) and PIVOT.fullmatch(value.strip()) for value in cells[1:]):
            return True  # Excel's own words above the columns of a pivot table
        if any(isinstance(value, str) and PAGE_NUMBER.search(value) for value in cells):
            return True
        if isinstance(cells[0], str) and cells[0].strip().endswith(":") and len(cells) <= max(2, wide // 2 + 1):
            return True
        return len(cells) == 2 and wide > 3 and sort_of(cells[0]) is Sort.LABEL and sort_of(cells[1]) is not Sort.LABEL

    def _labels(self, at: int) -> bool:
        """Whether a row holds names of columns: labels alone, periods among them, and none of them twice below."""
        cells = [value for value in self.rows[at] if filled(value)]
        if any(isinstance(value, str) and len(value) > _LONGEST_LABEL for value in cells) and len(cells) < 3:
            return False
        sorts = [sort_of(value) for value in cells]
        if all(sort in (Sort.LABEL, Sort.EMPTY) for sort in sorts):
            return not self._repeats(at)
        if self._year_over_numbers(at) or self._counts_across(at):
            return True
        return self._named_periods(at) or self._stands_out(at)

    def _year_over_numbers(self, at: int) -> bool:
        """Whether a row is labels and years or dates alone, and no year or date stands under one of them."""
        if Sort.LABEL not in self.sorts.row(at):
            return False
        places = [place for place, sort in enumerate(self.sorts.row(at)) if sort in (Sort.NUMBER, Sort.DATE)]
        if any(period(self.rows[at][place]) is None for place in places):
            return False
        under = [self.rows[row][place] for row in self._below(at, 8) for place in places if place < len(self.rows[row])]
        return bool(under) and not any(filled(value) and period(value) is not None for value in under)

    def _counts_across(self, at: int) -> bool:
        """Whether a row is labels over labels, and otherwise 1, 2, 3 and so on over numbers that do not go on so."""
        counts = [(place, value) for place, value in enumerate(self.rows[at]) if isinstance(value, int | float | str)]
        numbers = [(place, int(str(value))) for place, value in counts if str(value).strip().isdigit()]
        steps = [after - before for (_, before), (_, after) in itertools.pairwise(numbers)]
        if len(numbers) < 3 or numbers[0][1] not in (0, 1) or set(steps) != {1}:
            return False
        labels = [place for place, sort in enumerate(self.sorts.row(at)) if sort is Sort.LABEL]
        below = self._below(at, 8)
        named = any(self.sorts.at(row, place) is Sort.LABEL for row in below for place in labels)
        return named and all(any(self.sorts.at(row, place) is Sort.NUMBER for row in below) for place, _ in numbers)

    def _stands_out(self, at: int) -> bool:
        """Whether a row with a number or date among its labels has labels over the numbers of the rows below."""
        labels = [place for place in range(len(self.rows[at])) if self.sorts.at(at, place) is Sort.LABEL]
        filled_cells = self.sorts.filled(at)
        if 3 * len(labels) < 2 * filled_cells:
            return False
        below = self._below(at, 12)
        over = 0
        for place in labels:
            sorts = [sort for row in below if (sort := self.sorts.at(row, place)) is not Sort.EMPTY]
            over += bool(sorts) and all(sort in (Sort.NUMBER, Sort.DATE) for sort in sorts)
        return over > 1

    def _named_periods(self, at: int) -> bool:
        """Whether a row is a label or two and otherwise periods, as months that go across."""
        cells = [value for value in self.rows[at] if filled(value)]
        periods = sum(period(value) is not None for value in cells)
        others = [value for value in cells if period(value) is None]
        if periods < 2 or periods < len(others) or any(sort_of(value) is not Sort.LABEL for value in others):
            return False
        if not others and filled(self.rows[at][0] if self.rows[at] else None):
            return False
        below = self._below(at, 4)
        places = [place for place, value in enumerate(self.rows[at]) if filled(value) and period(value) is not None]
        numbers = [self.sorts.at(row, place) for row in below for place in places]
        return any(sort is Sort.NUMBER for sort in numbers) and not any(sort is Sort.DATE for sort in numbers)

    def _below(self, at: int, count: int = _UNDER) -> list[int]:
        index = self.places.index(at) if at in self.places else 0
        return self.places[index + 1 : index + 1 + count]

    def _repeats(self, at: int) -> bool:
        """Whether a row of labels is one of data: in a column of labels alone, what it says stands below again."""
        below = self._below(at)
        again = 0
        for place, value in enumerate(self.rows[at]):
            if not filled(value):
                continue
            under = [
                self.rows[row][place] for row in below if place < len(self.rows[row]) and filled(self.rows[row][place])
            ]
            if any(sort_of(each) in (Sort.NUMBER, Sort.DATE) for each in under[:10]):
                return False
            again += str(value).strip() in {str(each).strip() for each in under}
        # A header that pages repeat stands there again whole.
        whole = any(self._same(at, row) for row in below)
        return again > 0 and not whole

    def _same(self, one: int, other: int) -> bool:
        return [_plain(value) for value in self.rows[one] if filled(value)] == [
            _plain(value) for value in self.rows[other] if filled(value)
        ]

    def _header_lines(self, here: int) -> tuple[int, list[int]]:
        """The lines of a header: labels under labels, where the body has numbers."""
        at = self.places[here]
        lines = [at]
        while (
            len(lines) < _MOST_HEADER_ROWS and here + len(lines) < len(self.places) and not self.gap(here + len(lines))
        ):
            following = self.places[here + len(lines)]
            if self.sorts.filled(following) < 2 or not self._under_header(following):
                break
            lines.append(following)
        return here, lines

    def _under_header(self, at: int) -> bool:
        """Whether a row of labels stands where the rows below it have numbers or dates."""
        if not all(sort in (Sort.LABEL, Sort.EMPTY) for sort in self.sorts.row(at)) and not self._named_periods(at):
            return False
        if self._named_periods(at) and not filled(self.rows[at][0]):
            return True  # the periods of an amount that stands above them
        below = self._below(at, 12)
        valued = labelled = 0
        for place, value in enumerate(self.rows[at]):
            sorts = [sort for row in below if (sort := self.sorts.at(row, place)) is not Sort.EMPTY]
            numbers = sum(sort in (Sort.NUMBER, Sort.DATE) for sort in sorts)
            if sorts and numbers >= 0.6 * len(sorts):
                valued += 1
                labelled += filled(value) and self.sorts.at(at, place) is Sort.LABEL and not _stands_in(value)
        return labelled > 0 and 2 * labelled >= valued

    # The body.

    def _end(self, first: int) -> int:
        """Where a table ends: at a blank line above a header of another one."""
        for index in range(first + 1, len(self.places)):
            if not self.gap(index):
                continue
            for head in range(index, min(index + 4, len(self.places))):
                if self._begins(head, first):
                    return self._titles_before(index, first)
                if not self._only_label(self.places[head]) or self.sorts.filled(self.places[head]) > 2:
                    break
        return len(self.places)

    def _begins(self, index: int, first: int) -> bool:
        """Whether a row below a blank line is the header of a further table."""
        at = self.places[index]
        if self.sorts.filled(at) < 2 or not all(
            sort is Sort.LABEL for sort in self.sorts.row(at) if sort is not Sort.EMPTY
        ):
            return False
        if index + 1 >= len(self.places) or self.gap(index + 1):
            return False
        if any(self._same(at, self.places[place]) for place in range(max(0, first - _MOST_HEADER_ROWS), first)):
            return False  # the next page of the same table
        below = self.places[index + 1 : index + 9]
        if 2 * self.sorts.filled(at) < usual_width([self.sorts.filled(row) for row in below]):
            return False  # a title in two cells
        return any(
            self.sorts.at(row, place) in (Sort.NUMBER, Sort.DATE) and self.sorts.at(at, place) is Sort.LABEL
            for row in below
            for place in range(len(self.rows[row]))
        )

    def _titles_before(self, index: int, first: int) -> int:
        """A title belongs to the table under it."""
        while (
            index - 1 > first
            and self.sorts.filled(self.places[index - 1]) == 1
            and self._only_label(self.places[index - 1])
        ):
            index -= 1
        return index

    def _only_label(self, at: int) -> bool:
        return all(sort in (Sort.LABEL, Sort.EMPTY) for sort in self.sorts.row(at))

    def _table(self, start: int, first: int, lines: list[int], end: int) -> Table:
        parts: dict[int, Part] = dict.fromkeys(self.places[start:first], Part.TITLE)
        lines = [*self._over(parts, first, lines), *lines]
        parts |= dict.fromkeys(lines, Part.HEADER)
        body = [at for at in self.places[first:end] if at not in parts]
        self._page_headers(parts, body, lines)
        body = [at for at in body if at not in parts]
        self._footers(parts, body)
        body = [at for at in body if at not in parts]
        sections = self._sections(parts, body)
        body = [at for at in body if at not in parts]
        columns = self._columns(lines, body)
        names = tuple(self._name(lines, place) for place in columns)
        return Table(
            tuple(place + self.left for place in columns),
            names,
            tuple(lines),
            tuple(body),
            parts,
            {at: sections[at] for at in body if at in sections},
        )

    def _over(self, parts: Mapping[int, Part], first: int, lines: list[int]) -> list[int]:
        """Rows right above the header that name groups of its columns."""
        found: list[int] = []
        index = first - 1
        while lines and index >= 0 and self.places[index] in parts and len(lines) + len(found) < _MOST_HEADER_ROWS:
            at = self.places[index]
            cells = [(place, value) for place, value in enumerate(self.rows[at]) if filled(value)]
            spans = [area for area in self.merged.get(self.sheet.lines[at], []) if area.right > area.left]
            whole = any(area.right - area.left + 1 >= self.sorts.filled(lines[0]) for area in spans)
            grouped = (len(cells) > 1 or bool(spans)) and not whole and not self._about(at, self.sorts.filled(lines[0]))
            labels = all(sort_of(value) is Sort.LABEL or period(value) is not None for _, value in cells)
            inside = all(place > 0 or spans for place, _ in cells[:1]) or len(cells) > 2
            if self.gap(index + 1) or not (grouped and labels and inside):
                break
            found.insert(0, at)
            index -= 1
        return found

    def _page_headers(self, parts: dict[int, Part], body: list[int], lines: Sequence[int]) -> None:
        heads = {_first(self.rows[line]) for line in lines}
        for index, at in enumerate(body):
            if _first(self.rows[at]) in heads and any(self._same(at, line) for line in lines):
                parts[at] = Part.REPEATED
                above = body[index - 1] if index else at
                # Titles stand over each page's header.
                while index and self.sorts.filled(above) <= 3 and above not in parts and len(lines) and len(body) > 2:
                    if self.sorts.filled(above) > 1 and not self._about_page(above, parts):
                        break
                    parts[above] = Part.REPEATED
                    index -= 1
                    above = body[index - 1] if index else at

    def _about_page(self, at: int, parts: Mapping[int, Part]) -> bool:
        """Whether a row of two cells is a page's title: it says its number, or stands above the first page, too."""
        cells = [_plain(value) for value in self.rows[at] if filled(value)]
        titles = [
            [_plain(value) for value in self.rows[each] if filled(value)]
            for each, part in parts.items()
            if part is Part.TITLE
        ]
        return (
            any(PAGE.search(cell) for cell in cells)
            or cells in titles
            or any(cells[:1] == title[:1] for title in titles)
        )

    def _footers(self, parts: dict[int, Part], body: list[int]) -> None:
        """What stands below the last row of data or between pages: remarks, page numbers, sources."""
        wide = usual_width([self.sorts.filled(at) for at in body])
        for at in body:
            cells = [value for value in self.rows[at] if filled(value)]
            page = wide > 2 and len(cells) <= 2 and isinstance(cells[0], str) and PAGE.match(cells[0].strip())
            if page or (wide > 3 and 2 <= len(cells) <= 3 and is_sentence(cells[0])):
                parts[at] = Part.FOOTER
        for at in reversed([each for each in body if each not in parts]):
            cells = [value for value in self.rows[at] if filled(value)]
            if not self._is_footer(at, cells, wide):
                break
            parts[at] = Part.FOOTER

    def _is_footer(self, at: int, cells: Sequence[Any], wide: int) -> bool:
        """Whether a row below all others is a remark: one cell alone, or who made it and who checked it."""
        signed = all(isinstance(value, str) and re.search(r"[:\uff1a]", value) for value in cells)
        if wide > 2 and signed and 2 * len(cells) <= wide:
            return True
        if len(cells) != 1 or wide < 2 or not filled(self.rows[at][0]):
            return False
        text = str(cells[0]).strip()
        if wide == 2:
            return sort_of(cells[0]) is not Sort.NUMBER and (len(text) > 25 or bool(REMARK.match(text)))
        apart = self.gap(self.places.index(at)) and isinstance(cells[0], str)
        return apart or sort_of(cells[0]) in (Sort.LABEL, Sort.DATE)

    def _sections(self, parts: dict[int, Part], body: Sequence[int]) -> dict[int, str]:
        """Rows that hold a label alone and stand above rows of data; the rows below are of that section."""
        wide = usual_width([self.sorts.filled(at) for at in body])
        if wide < 2:
            return {}
        numbers = self._number_columns(body)
        found: dict[int, str] = {}
        current = ""
        for index, at in enumerate(body):
            above, following = body[index - 1] if index else None, body[index + 1] if index + 1 < len(body) else None
            alone = self._label_alone(at, numbers) if numbers else None
            if alone is not None and self._goes_on(above, following, alone):
                parts[at] = Part.CONTINUED
            # A name alone among rows that are wide is a heading; among rows of two it may be a row without its number.
            elif alone is not None and following is not None and (wide > 2 or self._heads(at, alone, following)):
                parts[at] = Part.SECTION
                current = str(self.rows[at][alone]).strip().rstrip(":")
            elif current:
                found[at] = current
        return found

    def _label_alone(self, at: int, numbers: set[int]) -> int | None:
        """The place of the one cell of a row, where that is a label in no column of numbers."""
        cells = [(place, value) for place, value in enumerate(self.rows[at]) if filled(value)]
        if len(cells) != 1 or sort_of(cells[0][1]) is not Sort.LABEL or stands_in(str(cells[0][1])):
            return None
        place = cells[0][0]
        return place if place not in numbers or place == 0 else None

    def _goes_on(self, above: int | None, following: int | None, place: int) -> bool:
        """Whether a text alone goes on with that of the row above it: rows around it have cells to its left."""
        around = [row for row in (above, following) if row is not None and self.sorts.filled(row) > 1]
        return (
            bool(around)
            and all(filled(self.rows[row][0]) and self.sorts.at(row, place) is Sort.LABEL for row in around)
            and place > 0
        )

    def _heads(self, at: int, place: int, following: int) -> bool:
        """Whether a label alone among rows of two is a heading: by its colon, its capitals, or what follows set in."""
        text = str(self.rows[at][place])
        below = self.rows[following][0] if self.rows[following] else None
        inset = isinstance(below, str) and len(below) - len(below.lstrip()) > len(text) - len(text.lstrip())
        return text.strip().endswith(":") or (text.strip().isupper() and len(text.strip()) > 2) or inset

    def _number_columns(self, body: Sequence[int]) -> set[int]:
        looked = body[:200]
        width = max((len(self.rows[at]) for at in looked), default=0)
        found = set()
        for place in range(width):
            sorts = [sort for at in looked if (sort := self.sorts.at(at, place)) is not Sort.EMPTY]
            if sorts and sum(sort is not Sort.LABEL for sort in sorts) >= 0.5 * len(sorts):
                found.add(place)
        return found

    def _columns(self, lines: Sequence[int], body: Sequence[int]) -> list[int]:
        """The places that a header line names or a row of the body fills."""
        used: Counter[int] = Counter()
        for at in (*lines, *body):
            used.update(place for place, value in enumerate(self.rows[at]) if filled(value))
        return sorted(used)

    def _name(self, lines: Sequence[int], place: int) -> tuple[Any, ...]:
        """The parts of a column's name; a label over several columns holds for each of them."""
        parts: list[Any] = []
        for number, at in enumerate(lines):
            row = self.rows[at]
            value = row[place] if place < len(row) else None
            if not filled(value) and number < len(lines) - 1:
                value = self._spread(at, place, lines[number + 1 :])
            if not filled(value):
                value = self._from_above(at, place)
            if filled(value) and _plain(value) not in [_plain(part) for part in parts]:
                parts.append(value.strip() if isinstance(value, str) else value)
        return tuple(parts)

    def _from_above(self, at: int, place: int) -> Any:
        """What stands in the merged cell that reaches down to a header line."""
        line = self.sheet.lines[at]
        for area in self.sheet.merged:
            if area.top < line <= area.bottom and area.left == area.right == place + self.left:
                top = next((row for row, number in enumerate(self.sheet.lines) if number == area.top), None)
                row = [] if top is None else self.rows[top]
                return row[place] if place < len(row) else None
        return None

    def _spread(self, at: int, place: int, under: Sequence[int]) -> Any:
        """The label that a column stands under: of the merged cell over it, else of the nearest one to its left."""
        line = self.sheet.lines[at]
        for area in self.merged.get(line, []):
            if area.left <= place + self.left <= area.right:
                left = area.left - self.left
                return self.rows[at][left] if 0 <= left < len(self.rows[at]) else None
        below = any(place < len(self.rows[row]) and filled(self.rows[row][place]) for row in under)
        if self.merged.get(line) or not below:
            return None
        lefts = [value for value in self.rows[at][:place] if filled(value)]
        return lefts[-1] if lefts else None


def _stands_in(value: Any) -> bool:
    return isinstance(value, str) and stands_in(value)


def _first(row: Sequence[Any]) -> Any:
    """The first cell that holds anything."""
    return next((value for value in row if value is not None), None)


def _plain(value: Any) -> str:
    return " ".join(str(value).split()).lower()


def merged_over(sheet: Sheet, places: Sequence[int]) -> list[Area]:
    """The merged cells that reach over several rows, within some rows of a sheet."""
    lines = {sheet.lines[place] for place in places}
    return [area for area in sheet.merged if area.bottom > area.top and area.top in lines]
