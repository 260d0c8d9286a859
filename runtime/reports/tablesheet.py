"""A table of the results as a sheet: an Excel table with filters, real dates, formats by unit, its chart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from xlsxwriter.worksheet import Worksheet

from .. import units
from .book import TEXT_CAP, Book

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
KINDS = {"line": "line", "area": "area", "bar": "column", "pie": "doughnut", "scatter": "scatter"}
MARKED = ("line", "scatter")
TOP = 3


def write(book: Book, name: str, table: Mapping[str, Any], charts: Sequence[Mapping[str, Any]]) -> None:
    """Add the sheet of one table."""
    columns = [[row[at] for row in table["rows"]] for at in range(len(table["columns"]))]
    heads = _heads(table["columns"])
    widths = [_width(head, column) for head, column in zip(heads, columns, strict=True)]
    sheet = book.sheet(table["label"] or units.label_of(name), widths)
    shown = len(table["rows"])
    note = f"{table['total']:,} rows" if shown == table["total"] else f"The first {shown:,} of {table['total']:,} rows"
    book.title(sheet, table["label"], note)
    if not heads:
        return
    unit_of = {**{y: chart["unit"] for chart in charts for y in chart["y"]}, **table["units"]}
    for at, column in enumerate(columns):
        _column(book, sheet, at, column, unit_of.get(table["columns"][at], ""))
    look = {
        "columns": [{"header": head} for head in heads],
        "style": "Table Style Light 1",
        "name": _table_name(name),
    }
    sheet.add_table(TOP, 0, TOP + max(shown, 1), len(heads) - 1, look)
    sheet.freeze_panes(TOP + 1, 0)
    for index, chart in enumerate(charts):
        _chart(book, sheet, table, chart, index)


def _heads(names: Sequence[str]) -> list[str]:
    """Heads that are not empty and differ without regard to case, as an Excel table needs."""
    heads: list[str] = []
    for name in names:
        head, count = units.label_of(name)[:200] or "Column", 1
        plain = head
        while head.lower() in (known.lower() for known in heads):
            count += 1
            head = f"{plain} {count}"
        heads.append(head)
    return heads


def _table_name(name: str) -> str:
    return "Table_" + (re.sub(r"\W", "_", name)[:200])


def _width(head: str, column: Sequence[object]) -> float:
    longest = max((len(str(value)) for value in column[:200] if value is not None), default=0)
    return float(min(max(longest + 4, len(head) + 5, 10), 60))


def _column(book: Book, sheet: Worksheet, at: int, column: Sequence[Any], unit: str) -> None:
    texts = [value for value in column if isinstance(value, str)]
    dates = bool(texts) and all(_day(text) for text in texts)
    number, day, plain = book.format(unit), book.format(num_format="yyyy-mm-dd"), book.format()
    for row, value in enumerate(column, TOP + 1):
        if isinstance(value, bool):
            sheet.write_boolean(row, at, value, plain)
        elif isinstance(value, int | float):
            sheet.write_number(row, at, value, number)
        elif dates and value is not None:
            sheet.write_datetime(row, at, date.fromisoformat(value), day)
        elif value is not None:
            sheet.write_string(row, at, str(value)[:TEXT_CAP], plain)


def _day(text: str) -> bool:
    # Excel's calendar begins in 1900.
    if not DATE.fullmatch(text) or text < "1900-03-01":
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _chart(book: Book, sheet: Worksheet, table: Mapping[str, Any], chart: Mapping[str, Any], index: int) -> None:
    """Excel's own chart beside the table; one with a series column would need a pivot and is left out."""
    rows = len(table["rows"])
    if chart["series"] or not chart["x"] or not rows:
        return
    drawn = book.file.add_chart({"type": KINDS.get(chart["kind"], "column")})
    if drawn is None:
        return
    place = sheet.get_name()
    x = table["columns"].index(chart["x"])
    for at, name in enumerate(chart["y"]):
        color = {"color": book.palette[at % len(book.palette)]}
        ring = [{"fill": {"color": tint}} for tint in book.palette]
        look: dict[str, Any] = {"points": ring} if chart["kind"] == "pie" else {"fill": color, "line": color}
        look |= (
            {"marker": {"type": "circle", "size": 4, "fill": color, "border": color}} if chart["kind"] in MARKED else {}
        )
        y = table["columns"].index(name)
        drawn.add_series({
            "name": units.label_of(name),
            "categories": [place, TOP + 1, x, TOP + rows, x],
            "values": [place, TOP + 1, y, TOP + rows, y],
            **look,
        })  # fmt: skip
    dates = {"date_axis": True, "num_format": "mmm yyyy"} if _day(str(table["rows"][0][x])) else {}
    drawn.set_x_axis({**dates, "num_font": {"color": "#55617A"}})
    number = units.EXCEL_FORMATS.get(chart["unit"], "#,##0.##")
    drawn.set_y_axis({"num_format": number, "major_gridlines": {"visible": True, "line": {"color": "#E1E5EC"}}})
    drawn.set_title({"name": chart["label"], "overlay": False, "name_font": {"size": 12}})
    drawn.set_legend({"none": len(chart["y"]) == 1 and chart["kind"] != "pie", "position": "bottom"})
    drawn.set_size({"width": 640, "height": 340})
    sheet.insert_chart(TOP + index * 19, len(table["columns"]) + 1, drawn)
