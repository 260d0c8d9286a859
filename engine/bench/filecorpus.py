"""Files as people have them, made with known contents: layouts, styles of numbers and dates, exceptions, encodings.

Each file is written from the same kind of table, so that what a reader makes of it can be held against what went in. A
file is one combination of the lists below; `corpus` goes through them so that each style meets many layouts.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

FILES = 240
_BUILDINGS = ("Oak Hall", "Pine Court", "Harbor Point", "Mühlenhof")
_TENANTS = (
    "Acme Foods",
    "Bright Dental",
    "Cargo Line",
    "Delta Gym",
    "Echo & Sons",
    "Fox, Grey LLP",
    "Gamma Tools",
    "Hill Optical",
    "Iris Café",
    "Jade Spa",
    "Kern Law",
    "Lumen AG",
    "Total Wine & More",
    "Nova Bank",
    "Orbit Toys",
    "Pico Press",
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NUMBER_STYLES: Mapping[str, Callable[[float], str]] = {
    "plain": lambda n: f"{n:.2f}",
    "us": lambda n: f"{n:,.2f}",
    "german": lambda n: f"{n:,.2f}".translate(str.maketrans(",.", ".,")),
    "french": lambda n: f"{n:,.2f}".translate(str.maketrans(",.", "\u202f,")),
    "swiss": lambda n: f"{n:,.2f}".replace(",", "'"),
    "indian": lambda n: _indian(n),
    "accounting": lambda n: f"$ ({-n:,.2f})" if n < 0 else "$ -" if n == 0 else f"$ {n:,.2f}",
    "brackets": lambda n: f"({-n:,.2f})" if n < 0 else f"{n:,.2f}",
    "trailing": lambda n: f"{-n:,.2f}-" if n < 0 else f"{n:,.2f}",
    "dollar": lambda n: f"-${-n:,.2f}" if n < 0 else f"${n:,.2f}",
    "euro": lambda n: f"{n:,.2f} €".translate(str.maketrans(",.", ".,")),
    "minus": lambda n: f"\u2212{-n:.2f}" if n < 0 else f"{n:.2f}",
    "code": lambda n: f"USD {n:,.2f}" if n >= 0 else f"USD -{-n:,.2f}",
    "whole": lambda n: f"{round(n)}",
}
DATE_STYLES: Mapping[str, Callable[[date], str]] = {
    "iso": lambda d: f"{d:%Y-%m-%d}",
    "us": lambda d: f"{d.month}/{d.day}/{d.year}",
    "us short": lambda d: f"{d:%m/%d/%y}",
    "us clock": lambda d: f"{d.month}/{d.day}/{d.year} 12:00:00 AM",
    "british": lambda d: f"{d:%d/%m/%Y}",
    "german": lambda d: f"{d:%d.%m.%Y}",
    "named": lambda d: f"{d.day}-{_MONTHS[d.month - 1]}-{d.year}",
    "named short": lambda d: f"{d.day:02}-{_MONTHS[d.month - 1]}-{d:%y}",
    "long": lambda d: f"{_MONTHS[d.month - 1]} {d.day}, {d.year}",
    "compact": lambda d: f"{d:%Y%m%d}",
    "serial": lambda d: str((d - date(1899, 12, 30)).days),
}
EXCEPTIONS = ("none", "none", "word", "mark", "error", "month-to-month", "blank")
TEXT_LAYOUTS = (
    "plain",
    "titles",
    "footer",
    "totals",
    "groups",
    "pages",
    "sep line",
    "pipe",
    "tab",
    "semicolon",
    "no header",
    "sections",
    "months",
    "spaces",
    "two tables",
    "two headers",
)
SHEET_LAYOUTS = (
    "plain",
    "titles",
    "merged",
    "at C4",
    "totals",
    "formulas",
    "two headers",
    "sheets",
    "months",
    "blank rows",
    "sections",
    "footer",
)
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le")


@dataclass(frozen=True)
class Made:
    """A file, and what it holds: by table, the names of its columns with what kind each is, and its rows."""

    name: str
    content: bytes
    kinds: Mapping[str, str]
    rows: Sequence[tuple[Any, ...]]
    style: str
    # Cells that are none of their column's kind: a reader leaves them empty and says so.
    exceptions: Sequence[tuple[int, str]] = field(default_factory=tuple)


@dataclass(frozen=True)
class _Rows:
    """A rent roll: building, unit, tenant, lease end, rent, and the exceptions among them."""

    rows: list[tuple[str, str, str, date, float]]
    exceptions: dict[tuple[int, int], str]


def corpus(count: int = FILES) -> Iterator[Made]:
    """The files, one combination each."""
    for number in range(count):
        chance = random.Random(number)
        sheet = number % 3 == 2
        layouts = SHEET_LAYOUTS if sheet else TEXT_LAYOUTS
        layout = layouts[(number // 3 if sheet else number) % len(layouts)]
        numbers = list(NUMBER_STYLES)[(number * 5 + number // 14) % len(NUMBER_STYLES)]
        dates = list(DATE_STYLES)[(number * 3 + number // 11) % len(DATE_STYLES)]
        exception = EXCEPTIONS[(number * 4 + number // 7) % len(EXCEPTIONS)]
        encoding = ENCODINGS[(number * 7 + number // 6) % len(ENCODINGS)]
        rows = _rent_roll(chance, exception if layout not in ("months",) else "none", whole=numbers == "whole")
        made = _workbook if sheet else _text
        yield made(number, layout, rows, numbers, dates, exception, encoding)


def _rent_roll(chance: random.Random, exception: str, whole: bool) -> _Rows:
    rows = []
    tenants = list(_TENANTS)
    chance.shuffle(tenants)
    for at in range(chance.randint(8, 14)):
        building = _BUILDINGS[min(at // 4, 3)]
        ends = date(2025, 1, 1) + timedelta(days=chance.randint(13, 900))
        rent = round(chance.uniform(400, 19_000), 0 if whole else 2)
        rent = -round(rent / 10, 0 if whole else 2) if chance.random() < 0.12 else rent
        rows.append((building, str(101 + at), tenants[at], ends, rent))
    # A date that can be read in one way alone stands in every file.
    rows[1] = (*rows[1][:3], date(2026, 3, 28), rows[1][4])
    exceptions: dict[tuple[int, int], str] = {}
    if exception == "word":
        exceptions[2, 4] = "TBD"
    elif exception == "mark":
        exceptions[3, 4] = "1300*"
    elif exception == "error":
        exceptions[4, 4] = "#DIV/0!"
    elif exception == "month-to-month":
        exceptions[5, 3] = "MTM"
    elif exception == "blank":
        exceptions[6, 4] = ""
    return _Rows(rows, exceptions)


def _indian(number: float) -> str:
    whole, _, part = f"{abs(number):.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ("-" if number < 0 else "") + ",".join([*groups, tail]) + "." + part


HEADER = ("Building", "Unit", "Tenant", "Lease End", "Monthly Rent")
KINDS = dict(zip(HEADER, ("text", "code", "text", "date", "number"), strict=True))


def _cells(rows: _Rows, numbers: str, dates: str) -> list[list[str]]:
    """The rows as texts."""
    found = []
    for at, row in enumerate(rows.rows):
        cells = [row[0], row[1], row[2], DATE_STYLES[dates](row[3]), NUMBER_STYLES[numbers](row[4])]
        found.append([rows.exceptions.get((at, place), cell) for place, cell in enumerate(cells)])
    return found


def _truth(rows: _Rows) -> list[tuple[Any, ...]]:
    return [
        tuple(None if (at, place) in rows.exceptions else value for place, value in enumerate(row))
        for at, row in enumerate(rows.rows)
    ]


def _written(lines: Sequence[Sequence[str]], mark: str) -> str:
    return "\n".join(mark.join(_quoted(cell, mark) for cell in line) for line in lines) + "\n"


def _quoted(cell: str, mark: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if mark in cell or '"' in cell else cell


_TWO_LINES = [["", "", "", "Lease", "Monthly"], ["Building", "Unit", "Tenant", "End", "Rent"]]
_Lines = list[list[Any]]
# How lines stand in each layout, of a rent roll, its cells and the style of its numbers.
_LAID: Mapping[str, Callable[[_Rows, _Lines, str], _Lines]] = {
    "titles": lambda rows, cells, style: [["Harbor Point"], ["Rent roll as of 10/31/2026"], [], list(HEADER), *cells],
    "footer": lambda rows, cells, style: [list(HEADER), *cells, [], ["* as the lease says"], ["Page 1 of 1"]],
    "totals": lambda rows, cells, style: [list(HEADER), *_with_totals(rows, cells, style)],
    "groups": lambda rows, cells, style: [list(HEADER), *_grouped(cells)],
    "pages": lambda rows, cells, style: [list(HEADER), *cells[:5], ["Page 1 of 2"], list(HEADER), *cells[5:]],
    "no header": lambda rows, cells, style: cells,
    "sections": lambda rows, cells, style: [list(HEADER[1:]), *_sectioned(rows, cells)],
    "two headers": lambda rows, cells, style: [*_TWO_LINES, *cells],
    "two tables": lambda rows, cells, style: [list(HEADER), *cells, [], ["Notes by unit"], *_deposits(cells, style)],
    "at C4": lambda rows, cells, style: [[], [], [], *([None, None, *line] for line in [list(HEADER), *cells])],
    "blank rows": lambda rows, cells, style: [list(HEADER), *cells[:4], [], *cells[4:], []],
    "formulas": lambda rows, cells, style: [list(HEADER), *cells, ["Total", None, None, None, _total(rows, style)]],
}  # fmt: skip


def _laid(layout: str, rows: _Rows, cells: _Lines, style: str) -> tuple[_Lines, dict[str, str]]:
    """The lines of a layout, and what kinds the columns of its table are."""
    kinds = dict(KINDS)
    if layout == "no header":
        kinds = {f"column_{place}": kind for place, kind in enumerate(KINDS.values(), 1)}
    elif layout == "sections":
        kinds = {"Section": "text", **{name: KINDS[name] for name in HEADER[1:]}}
    return (_LAID[layout](rows, cells, style) if layout in _LAID else [list(HEADER), *cells]), kinds


def _grouped(cells: _Lines) -> _Lines:
    """A building stands in its first row alone."""
    return [["" if at and cells[at - 1][0] == line[0] else line[0], *line[1:]] for at, line in enumerate(cells)]


def _deposits(cells: _Lines, style: str) -> _Lines:
    return [["Unit", "Deposit"], *([line[1], NUMBER_STYLES[style](500.0 + at)] for at, line in enumerate(cells))]


def _text(number: int, layout: str, rows: _Rows, numbers: str, dates: str, exception: str, encoding: str) -> Made:
    mark = {"pipe": "|", "tab": "\t", "semicolon": ";", "sep line": ";"}.get(layout, ",")
    if numbers in ("german", "euro", "french") and mark == ",":
        mark = ";"
    if layout == "months":
        return _months(number, mark, numbers, encoding)
    lines, kinds = _laid(layout, rows, _cells(rows, numbers, dates), numbers)
    text = (
        _aligned(lines) if layout == "spaces" else ("sep=;\n" if layout == "sep line" else "") + _written(lines, mark)
    )
    ending = "tsv" if layout == "tab" else "txt" if layout in ("pipe", "spaces") else "csv"
    style = f"text, {layout}, {numbers}, {dates}, {exception}, {encoding}"
    name = f"{number:03}_{layout.replace(' ', '_')}.{ending}"
    return Made(name, _encoded(text, encoding), kinds, _truth(rows), style, _listed(rows))


def _aligned(lines: _Lines) -> str:
    """Lines of fixed widths."""
    wide = [max(len(line[place]) for line in lines) + 3 for place in range(len(HEADER))]
    return "".join("".join(cell.ljust(wide[at]) for at, cell in enumerate(line)).rstrip() + "\n" for line in lines)


def _listed(rows: _Rows) -> list[tuple[int, str]]:
    return [(place, text) for (_, place), text in rows.exceptions.items() if text]


def _encoded(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode("utf-8")


def _with_totals(rows: _Rows, cells: _Lines, style: str) -> _Lines:
    """A line of its own under each building, and one under all."""
    found: _Lines = []
    sums = dict.fromkeys((row[0] for row in rows.rows), 0.0)
    for at, (row, line) in enumerate(zip(rows.rows, cells, strict=True)):
        found.append(line)
        sums[row[0]] += 0 if (at, 4) in rows.exceptions else row[4]
        if at + 1 == len(cells) or rows.rows[at + 1][0] != row[0]:
            found.append([f"{row[0]} Total", "", "", "", _number(sums[row[0]], style)])
    return [*found, ["Grand Total", "", "", "", _number(sum(sums.values()), style)]]


def _number(value: float, style: str) -> Any:
    """A number in a style; the value itself where cells hold values."""
    return NUMBER_STYLES[style](value) if style else round(value, 2)


def _sectioned(rows: _Rows, cells: list[list[str]]) -> list[list[str]]:
    found, last = [], ""
    for row, line in zip(rows.rows, cells, strict=True):
        if row[0] != last:
            found.append([row[0]])
            last = row[0]
        found.append(line[1:])
    return found


_ACCOUNTS = (("Rental Income", 9_000.0), ("Other Income", 450.5), ("Repairs", 720.25), ("Taxes", 1_310.0))


def _statement(number: int, whole: bool) -> list[tuple[str, list[float]]]:
    chance = random.Random(number + 5_000)
    return [
        (name, [round(base * chance.uniform(0.8, 1.2), 0 if whole else 2) for _ in range(12)])
        for name, base in _ACCOUNTS
    ]


def _statement_truth(accounts: Sequence[tuple[str, list[float]]]) -> list[tuple[Any, ...]]:
    return [(name, date(2025, month, 1), value) for name, values in accounts for month, value in enumerate(values, 1)]


def _statement_lines(accounts: Sequence[tuple[str, list[float]]]) -> list[list[Any]]:
    income = [sum(values) for values in zip(*(values for _, values in accounts[:2]), strict=True)]
    expenses = [sum(values) for values in zip(*(values for _, values in accounts[2:]), strict=True)]
    lines: list[list[Any]] = [[name, *values] for name, values in accounts[:2]]
    lines += [
        ["Total Income", *income],
        *([name, *values] for name, values in accounts[2:]),
        ["Total Expenses", *expenses],
    ]
    lines += [["Net Operating Income", *(a - b for a, b in zip(income, expenses, strict=True))]]
    return [[*line, sum(line[1:])] for line in lines]


_STATEMENT_KINDS = {"Account": "text", "Period": "date", "Amount": "number"}


def _months(number: int, mark: str, numbers: str, encoding: str) -> Made:
    accounts = _statement(number, numbers == "whole")
    header = ["Account", *(f"{name} 2025" for name in _MONTHS), "Total"]
    lines = [[line[0], *(NUMBER_STYLES[numbers](value) for value in line[1:])] for line in _statement_lines(accounts)]
    text = _written([["Maple Grove"], ["Trailing 12 statement"], header, *lines], mark)
    return Made(
        f"{number:03}_months.csv",
        _encoded(text, encoding),
        _STATEMENT_KINDS,
        _statement_truth(accounts),
        f"text, months, {numbers}, {encoding}",
    )


def _workbook(number: int, layout: str, rows: _Rows, numbers: str, dates: str, exception: str, encoding: str) -> Made:
    from openpyxl import Workbook

    # In a workbook numbers and dates are values; every other file has them as text, as exports do.
    native = number % 2 == 0
    cells: list[list[Any]] = [
        [
            rows.exceptions.get((at, place)) if (at, place) in rows.exceptions else value
            for place, value in enumerate(row if native else line)
        ]
        for at, (row, line) in enumerate(zip(rows.rows, _cells(rows, numbers, dates), strict=True))
    ]
    book = Workbook()
    sheet = book.worksheets[0]
    kinds, truth = dict(KINDS), _truth(rows)
    if layout == "months":
        accounts = _statement(number, False)
        truth, kinds = _statement_truth(accounts), dict(_STATEMENT_KINDS)
        months = ["", *(date(2025, month, 1) for month in range(1, 13)), "Total"]
        lines: _Lines = [["Maple Grove"], ["Trailing 12"], months, *_statement_lines(accounts)]
        for line in lines:
            sheet.append([value or None for value in line])
    elif layout == "sheets":
        kinds = _by_building(book, rows, cells)
    else:
        lines, kinds = _laid(layout, rows, cells, "" if native else numbers)
        for at, line in enumerate(lines, 1):
            for place, value in enumerate(line, 1):
                if value not in (None, ""):
                    sheet.cell(at, place, value)
        if layout == "merged":
            _merge(sheet, rows)
    buffer = io.BytesIO()
    book.save(buffer)
    said = f"workbook, {layout}, {'values' if native else f'{numbers}, {dates}'}, {exception}"
    return Made(f"{number:03}_{layout.replace(' ', '_')}.xlsx", buffer.getvalue(), kinds, truth, said, _listed(rows))


def _by_building(book: Any, rows: _Rows, cells: _Lines) -> dict[str, str]:
    """A sheet for each building; what kinds the columns of all together are."""
    book.remove(book.worksheets[0])
    for building in dict.fromkeys(row[0] for row in rows.rows):
        part = book.create_sheet(building)
        part.append(list(HEADER[1:]))
        for row, line in zip(rows.rows, cells, strict=True):
            if row[0] == building:
                part.append(line[1:])
    return {"Sheet": "text", **{name: KINDS[name] for name in HEADER[1:]}}


def _total(rows: _Rows, style: str) -> Any:
    return _number(sum(row[4] for at, row in enumerate(rows.rows) if (at, 4) not in rows.exceptions), style)


def _merge(sheet: Any, rows: _Rows) -> None:
    start = 0
    for at in range(1, len(rows.rows) + 1):
        if at == len(rows.rows) or rows.rows[at][0] != rows.rows[start][0]:
            if at - start > 1:
                sheet.merge_cells(start_row=start + 2, end_row=at + 1, start_column=1, end_column=1)
            start = at
