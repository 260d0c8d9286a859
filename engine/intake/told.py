"""What is told of a table that was read: its columns, what was left out and why, and what is still to be asked.

This is what passes from the process that reads a file to the workbench, what the preview shows, and what is kept with
the dataset.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from pydantic import Field

from engine.intake.columns import Column, row_key
from engine.intake.layout import Part
from engine.intake.sheets import Sheet
from engine.intake.tables import ReadTable
from engine.products import Product

MOST_EXCEPTIONS, MOST_LINES, SAMPLES = 20, 200, 3
MOST_SHOWN, MOST_CELLS, LONGEST_CELL = 60, 40, 60


class ToldCell(Product):
    """A cell that is no value of its column's kind."""

    line: int
    text: str


class ToldColumn(Product):
    """A column as it is kept."""

    name: str
    kind: str = Field(description="SQLite's: INTEGER, REAL, TEXT, DATE, TIMESTAMP, BOOLEAN")
    role: Literal["measure", "identifier", "date", "category", "text"] = "text"
    unit: str = ""
    key: bool = Field(default=False, description="whether it tells the rows apart")
    empty: int = 0
    samples: tuple[str, ...] = ()
    exceptions: tuple[ToldCell, ...] = ()
    exceptional: int = Field(default=0, description="how many cells are exceptions; the first stand in `exceptions`")
    notes: tuple[str, ...] = ()
    source: str = Field(default="", description="what the file calls it")


class ToldLine(Product):
    """A line of the file that is no row of data."""

    line: int
    part: str
    text: str = ""
    sheet: str = ""


class OpenQuestion(Product):
    """What nothing in the file decides, about a column that is text until it is answered."""

    key: Literal["order", "decimal", "credit"]
    column: str
    example: str


class SheetView(Product):
    """The first lines of a sheet as they stand in the file: the number of each, its cells, and what it is."""

    title: str = ""
    lines: tuple[int, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    parts: tuple[str, ...] = ()


class ToldTable(Product):
    """A table as it was read."""

    sheet: str = ""
    rows: int
    columns: tuple[ToldColumn, ...]
    header: tuple[int, ...] = ()
    left_out: tuple[ToldLine, ...] = ()
    notes: tuple[str, ...] = ()
    open: tuple[OpenQuestion, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """All notes: those of the table, then those of its columns."""
        return (*self.notes, *(note for column in self.columns for note in column.notes))


def told_of(table: ReadTable) -> ToldTable:
    """A table in words and figures, without its rows."""
    key = row_key(table.columns)
    left_out = [
        ToldLine(sheet=sheet, line=line, part=part.value, text=text)
        for (sheet, line), (part, text) in sorted(table.parts.items())
        if part not in ("body", "header")
    ]
    return ToldTable(
        sheet=table.title,
        rows=len(table.columns[0].values) if table.columns else 0,
        columns=tuple(_column(column, table, column is key) for column in table.columns),
        header=table.header,
        left_out=tuple(left_out[:MOST_LINES]),
        notes=table.notes,
        open=tuple(OpenQuestion(key=c.open[0], column=c.name, example=c.open[1]) for c in table.columns if c.open),
    )


def _column(column: Column, table: ReadTable, key: bool) -> ToldColumn:
    present = [value for value in column.values[:1_000] if value is not None]
    return ToldColumn(
        name=column.name,
        kind=column.kind,
        role="identifier" if key else column.role,
        unit=column.unit,
        key=key,
        empty=column.empty,
        samples=tuple(str(value)[:60] for value in list(dict.fromkeys(present))[:SAMPLES]),
        exceptions=tuple(
            ToldCell(line=table.lines[at], text=text[:60]) for at, text in column.exceptions[:MOST_EXCEPTIONS]
        ),
        exceptional=column.exceptional or len(column.exceptions),
        notes=column.notes,
        source=column.source or column.name,
    )


def view_of(sheet: Sheet, tables: Sequence[ReadTable]) -> SheetView:
    """The first lines of a sheet, each with what it was taken for."""
    parts = {place: part for table in tables for place, (part, _) in table.parts.items()}
    shown = list(zip(sheet.lines, sheet.rows, strict=True))[:MOST_SHOWN]
    return SheetView(
        title=sheet.title,
        lines=tuple(line for line, _ in shown),
        cells=tuple(tuple(_cell(value) for value in row[:MOST_CELLS]) for _, row in shown),
        parts=tuple(parts.get((sheet.title, line), Part.BODY).value for line, _ in shown),
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
