"""A workbook being written: formats by unit, text that stays text, and sheet names that Excel takes."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ..units import EXCEL_FORMATS

TEXT_CAP = 32_000
# Excel refuses these in a sheet's name.
FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


class Book:
    """An xlsxwriter workbook in memory, with the report's formats."""

    def __init__(self) -> None:
        self._target = io.BytesIO()
        safe = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.file = xlsxwriter.Workbook(self._target, safe)
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._sheets: set[str] = set()

    def format(self, unit: str = "", **look: Any) -> Format:
        """A cell format: the unit's number format and whatever else is asked for."""
        number = EXCEL_FORMATS.get(unit, "General" if not unit else "#,##0.00")
        wanted = {"font_name": "Calibri", "font_size": 11, "valign": "top", "num_format": number, **look}
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self.file.add_format(wanted)
        return self._formats[key]

    def head(self, align: str = "left") -> Format:
        """The format of a column's head."""
        look: dict[str, Any] = {
            "bold": True,
            "font_color": "#55617A",
            "bottom": 1,
            "bottom_color": "#C6CCD8",
            "text_wrap": True,
        }
        return self.format(align=align, **look)

    def sheet(self, title: str, widths: Sequence[float]) -> Worksheet:
        """A new sheet without grid lines, its columns this wide."""
        plain = FORBIDDEN.sub(" ", title).strip(" '")[:31].strip(" '") or "Sheet"
        name, count = plain, 1
        while name.lower() in self._sheets or name.lower() == "history":
            count += 1
            name = f"{plain[: 30 - len(str(count))]} {count}"
        self._sheets.add(name.lower())
        sheet: Worksheet = self.file.add_worksheet(name)
        sheet.hide_gridlines(2)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def text(self, sheet: Worksheet, row: int, column: int, text: object, **look: Any) -> None:
        """A cell of text, whatever it begins with."""
        sheet.write_string(row, column, str(text)[:TEXT_CAP], self.format(**look))

    def title(self, sheet: Worksheet, title: str, note: str = "") -> int:
        """The sheet's title and a line under it; the row that follows."""
        self.text(sheet, 0, 0, title, bold=True, font_size=16)
        self.text(sheet, 1, 0, note, font_color="#55617A")
        return 3

    def heads(self, sheet: Worksheet, row: int, names: Sequence[str], numbers: Sequence[int] = ()) -> int:
        """A row of heads, those over numbers to the right; the row that follows."""
        for column, name in enumerate(names):
            look = self.head("right" if column in numbers else "left")
            sheet.write_string(row, column, name[:TEXT_CAP], look)
        return row + 1

    def bytes(self) -> bytes:
        """The finished file."""
        self.file.close()
        return self._target.getvalue()
