"""Tables of web pages and of Excel's old XML as sheets: what many programs send when they are asked for Excel."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element, ParseError, iterparse

from engine.errors import SourceError
from engine.intake.encoding import decoded
from engine.intake.limits import FileLimits
from engine.intake.sheets import Area, Sheet, counted

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]{3,20})", re.IGNORECASE)
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MOST_SPANNED = 2_000


def read_page(name: str, content: bytes, limits: FileLimits, encoding: str = "") -> list[Sheet]:
    """The tables of a web page that hold data, each as a sheet.

    Raises:
        SourceError: there are none.
    """
    said = _CHARSET.search(content[:4_096])
    given = encoding or (said[1].decode("ascii") if said and not content.startswith(b"\xff\xfe") else "")
    try:
        text, _ = decoded(name, content, given)
    except SourceError:
        text, _ = decoded(name, content)
    parser = _Tables()
    parser.feed(text)
    parser.close()
    tables = [table for table in parser.found if table.is_data()]
    if not tables:
        hint = "Download the file itself, signed in."
        raise SourceError(f"{name} is a web page without a table, whatever its name says.", hint)
    sheets = []
    for number, table in enumerate(tables, 1):
        numbered = list(counted(name, enumerate(table.rows, 1), limits))
        title = (table.title or f"Table {number}") if len(tables) > 1 else ""
        sheets.append(Sheet(title, [row for _, row in numbered], [line for line, _ in numbered], table.areas))
    return sheets


class _Table:
    """One table while it is read; a cell over several places fills the first of them."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.areas: list[Area] = []
        self.title = ""
        self._taken: set[tuple[int, int]] = set()
        # The cell that is read: its words, how many places it fills, and whether it is the table's title.
        self.words: list[str] | None = None
        self._span = (1, 1)
        self._titles = False

    def begin_cell(self, across: int, down: int, *, titles: bool = False) -> None:
        """Begin a cell; the one before ends, whether or not the page says so."""
        self.end_cell()
        self.words, self._span, self._titles = [], (across, down), titles

    def begin_row(self) -> None:
        """Begin a row."""
        self.end_cell()
        self.rows.append([])

    def end_cell(self) -> None:
        """Put the cell that was read in its place."""
        if self.words is None:
            return
        text, self.words = " ".join("".join(self.words).split()), None
        if self._titles:
            self.title = text[:60]
        else:
            self._put(text)

    def _put(self, text: str) -> None:
        if not self.rows:
            self.rows.append([])
        at, row, (across, down) = len(self.rows), self.rows[-1], self._span
        while (at, len(row)) in self._taken:
            row.append(None)
        left = len(row)
        row += [text, *[None] * (across - 1)]
        if across > 1 or down > 1:
            self.areas.append(Area(at, left, at + down - 1, left + across - 1))
            self._taken |= {(at + below, left + beside) for below in range(1, down) for beside in range(across)}

    def is_data(self) -> bool:
        """Whether a table holds rows of several cells, and is not the layout of a page."""
        return sum(sum(bool(cell) for cell in row) > 1 for row in self.rows) > 1


class _Tables(HTMLParser):
    """Finds the tables of a page; the words of a table within a cell of another are the inner table's alone."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[_Table] = []
        self._open: list[_Table] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Begin what a tag begins."""
        if tag == "table":
            self._open.append(_Table())
            self.found.append(self._open[-1])
        elif tag in ("script", "style"):
            self._silent += 1
        elif self._open:
            self._within(self._open[-1], tag, dict(attrs))

    def _within(self, table: _Table, tag: str, given: Mapping[str, str | None]) -> None:
        if tag == "tr":
            table.begin_row()
        elif tag in ("td", "th"):
            table.begin_cell(_count(given.get("colspan")), _count(given.get("rowspan")))
        elif tag == "caption":
            table.begin_cell(1, 1, titles=True)
        elif tag == "br" and table.words is not None:
            table.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """End what a tag ends."""
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)
        elif self._open and tag in ("td", "th", "tr", "caption", "table"):
            self._open[-1].end_cell()
            if tag == "table":
                self._open.pop()

    def handle_data(self, data: str) -> None:
        """Keep the words of a cell."""
        if self._open and self._open[-1].words is not None and not self._silent:
            self._open[-1].words.append(data)


def _count(given: str | None) -> int:
    return min(int(given), _MOST_SPANNED) if given and given.isdigit() and int(given) else 1


def read_xml_workbook(name: str, content: bytes, limits: FileLimits) -> list[Sheet]:
    """The sheets of a workbook in Excel's XML of 2003.

    Raises:
        SourceError: it is damaged or declares entities.
    """
    if _DECLARES.search(content.replace(b"\x00", b"")):
        raise SourceError(f"{name} declares entities, which are not read.", "Save it anew in Excel as .xlsx.")
    sheets = []
    try:
        for _, element in iterparse(io.BytesIO(content)):
            if _tag(element) == "Worksheet":
                sheets.append(_sheet(name, element, limits))
                element.clear()
    except (ParseError, LookupError, ValueError) as error:
        raise SourceError(f"{name} cannot be read as Excel: {error}.", "Save it anew in Excel as .xlsx.") from None
    return sheets


def _sheet(name: str, element: Element, limits: FileLimits) -> Sheet:
    title = _attribute(element, "Name")
    areas: list[Area] = []
    numbered = list(counted(f"{name}, sheet {title},", _rows(element, areas), limits))
    return Sheet(title, [row for _, row in numbered], [line for line, _ in numbered], areas)


def _rows(element: Element, areas: list[Area]) -> Iterator[tuple[int, list[Any]]]:
    line = 0
    for row in (each for each in element.iter() if _tag(each) == "Row"):
        line = int(_attribute(row, "Index") or line + 1)
        cells: list[Any] = []
        for cell in (each for each in row if _tag(each) == "Cell"):
            place = int(_attribute(cell, "Index") or len(cells) + 1) - 1
            if place > 1 << 14:
                raise ValueError(f"a cell in column {place + 1}")
            cells += [None] * (place - len(cells))
            data = next((each for each in cell if _tag(each) == "Data"), None)
            across, down = int(_attribute(cell, "MergeAcross") or 0), int(_attribute(cell, "MergeDown") or 0)
            if across or down:
                areas.append(Area(line, place, line + down, place + across))
            cells += [None if data is None else _value(data), *[None] * min(across, _MOST_SPANNED)]
        yield line, cells


def _value(data: Element) -> Any:
    """A cell as its type says."""
    text, kind = "".join(data.itertext()), _attribute(data, "Type")
    with contextlib.suppress(ValueError):
        if kind == "Number":
            number = float(text)
            return int(number) if number.is_integer() and abs(number) < 1 << 53 else number
        if kind == "DateTime":
            return datetime.fromisoformat(text)
    return text == "1" if kind == "Boolean" else text


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")
