"""A workbook being written: formats by unit, text that stays text, and sheet names that Excel takes."""

from __future__ import annotations

import io
import math
import re
import textwrap
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ..brand import PLAIN, Brand, fitted, pixels
from ..units import EXCEL_FORMATS
from .colors import palette

TEXT_CAP = 32_000
SIZE, LINE = 11, 15.0
HIGHEST = 409.0  # points; no row of a workbook can be higher
# Excel refuses these in a sheet's name.
FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
LONGEST_SHEET = 31


class Book:
    """An xlsxwriter workbook in memory, with the report's formats."""

    def __init__(self, brand: Brand = PLAIN) -> None:
        self.brand = brand
        self.palette = palette(brand)
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
        self._widths: dict[str, Sequence[float]] = {}
        self._heights: dict[tuple[str, int], float] = {}

    def format(self, unit: str = "", **look: Any) -> Format:
        """A cell format: the unit's number format and whatever else is asked for."""
        number = EXCEL_FORMATS.get(unit, "General" if not unit else "#,##0.00")
        wanted = {"font_name": "Calibri", "font_size": 11, "valign": "top", "num_format": number, **look}
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self.file.add_format(wanted)
        return self._formats[key]

    def head(self, align: str = "left", indent: int = 0) -> Format:
        """The format of a column's head."""
        look: dict[str, Any] = {
            "bold": True,
            "font_color": "#55617A",
            "bottom": 1,
            "bottom_color": "#C6CCD8",
            "text_wrap": True,
        }
        return self.format(align=align, indent=indent, **look)

    def sheet(self, title: str, widths: Sequence[float]) -> Worksheet:
        """A new sheet without grid lines, its columns this wide."""
        plain = _cut(FORBIDDEN.sub(" ", title).strip(" '"), LONGEST_SHEET).strip(" '") or "Sheet"
        name, count = plain, 1
        while name.lower() in self._sheets or name.lower() == "history":
            count += 1
            name = f"{_cut(plain, LONGEST_SHEET - 1 - len(str(count)))} {count}"
        self._sheets.add(name.lower())
        sheet: Worksheet = self.file.add_worksheet(name)
        self._widths[name] = widths
        sheet.hide_gridlines(2)
        if self.brand != PLAIN:
            sheet.set_tab_color(self.brand.primary)
        # In a foot an ampersand begins a code.
        company = self.brand.name.replace("&", "&&")
        sheet.set_footer(f"&L&8{company and f' {company}'}&C&8&A&R&8Page &P of &N")
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def text(self, sheet: Worksheet, row: int, column: int, text: object, **look: Any) -> None:
        """A cell of text, whatever it begins with, in a row high enough for it."""
        shown = str(text)[:TEXT_CAP]
        sheet.write_string(row, column, shown, self.format(**look))
        widths = self._widths[sheet.get_name()]
        width = widths[column] if look.get("text_wrap") and column < len(widths) else math.inf
        high = height(shown, width, look.get("font_size", SIZE), look.get("font_name", "") == "Consolas")
        if high > self._heights.get((sheet.get_name(), row), LINE):
            self._heights[sheet.get_name(), row] = high
            sheet.set_row(row, high)

    def title(self, sheet: Worksheet, title: str, note: str = "") -> int:
        """The sheet's title and a line under it; the row that follows."""
        self.text(sheet, 0, 0, title, bold=True, font_size=16, font_color=self.brand.heading)
        self.text(sheet, 1, 0, note, font_color="#55617A")
        return 3

    def logo(self, sheet: Worksheet, column: int) -> None:
        """The logo in the first rows of a wide column, beside the sheet's title."""
        if self.brand.logo:
            across, _ = fitted(self.brand.logo, 220, 46)
            scale = across / pixels(self.brand.logo)[0]
            picture = {
                "image_data": io.BytesIO(self.brand.logo),
                "x_scale": scale,
                "y_scale": scale,
                "x_offset": 4,
                "y_offset": 2,
                "description": f"Logo of {self.brand.name}" if self.brand.name else "Company logo",
            }
            sheet.insert_image(0, column, "logo.png", picture)

    def heads(self, sheet: Worksheet, row: int, names: Sequence[str], numbers: Sequence[int] = ()) -> int:
        """A row of heads, those over numbers to the right, text beside a number a little in; the row that follows."""
        for column, name in enumerate(names):
            beside = column not in numbers and column - 1 in numbers
            look = self.head("right" if column in numbers else "left", indent=int(beside))
            sheet.write_string(row, column, name[:TEXT_CAP], look)
        widths = self._widths[sheet.get_name()]
        high = max((height(name, width, SIZE) for name, width in zip(names, widths, strict=False)), default=LINE)
        if high > LINE:
            sheet.set_row(row, high)
        return row + 1

    def bytes(self) -> bytes:
        """The finished file."""
        self.file.close()
        return self._target.getvalue()


def height(text: str, width: float, size: float, monospaced: bool = False) -> float:
    """The height in points of text wrapped in a column; `width` counts digits of the body's size, as Excel does.

    Not every program fits rows to wrapped text when it opens a workbook, so that the file has to say it.
    """
    fits = math.inf if math.isinf(width) else max(1, int(width * SIZE / size * (0.95 if monospaced else 1.05)) - 1)
    lines = sum(
        1 if len(line) <= fits else len(textwrap.wrap(line, int(fits), break_on_hyphens=False)) or 1
        for line in text.split("\n")
    )
    return min(HIGHEST, LINE * size / SIZE * lines)


def _cut(text: str, units: int) -> str:
    """The beginning of a text as Excel counts it: a letter beyond the basic plane is two."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")
