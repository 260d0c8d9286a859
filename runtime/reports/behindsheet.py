"""What stands behind the scenarios, as a sheet: the quantities that moved, and what each scenario assumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xlsxwriter.worksheet import Worksheet

from ..told import moved
from .book import Book
from .scenariosheet import SCENARIO_CAP


def write(book: Book, document: Mapping[str, Any], scenarios: Sequence[Mapping[str, Any]]) -> None:
    """Add the sheet, where the scenarios come with what stands behind them."""
    told = [scenario for scenario in scenarios[:SCENARIO_CAP] if "assumes" in scenario]
    if not told:
        return
    sheet = book.sheet("Behind scenarios", (34, 70, 18, *[18] * len(told)))
    note = "As the script computed it: these values do not follow the yellow cells."
    row = book.title(sheet, "Behind the scenarios", note)
    row = _moved(book, sheet, row, document, told)
    _assumed(book, sheet, row, told)
    sheet.freeze_panes(3, 1)


def _moved(
    book: Book, sheet: Worksheet, row: int, document: Mapping[str, Any], told: Sequence[Mapping[str, Any]]
) -> int:
    """A quantity a row, in the order in which they are computed; the row that follows."""
    heads = ["Quantity that moved", "Formula", "Base", *(scenario["name"] for scenario in told)]
    row = book.heads(sheet, row, heads, numbers=range(2, len(heads)))
    for each in moved([quantity["name"] for quantity in document["quantities"]], told):
        book.text(sheet, row, 0, each.label)
        book.text(sheet, row, 1, each.formula, text_wrap=True, font_name="Consolas", font_size=9)
        look = book.format(each.unit or "number")
        for column, value in enumerate((each.base, *each.values), 2):
            if value is None:
                sheet.write_string(row, column, "no value", look)
            else:
                sheet.write_number(row, column, value, look)
        row += 1
    return row


def _assumed(book: Book, sheet: Worksheet, row: int, told: Sequence[Mapping[str, Any]]) -> None:
    row = book.heads(sheet, row + 1, ["Scenario", "What it assumes"])
    for scenario in told:
        for place, sentence in enumerate(scenario["assumes"]):
            book.text(sheet, row, 0, "" if place else scenario["name"], bold=True)
            book.text(sheet, row, 1, sentence, text_wrap=True)
            row += 1
