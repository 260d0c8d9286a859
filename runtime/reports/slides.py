"""The slides of a deck: one look, titles that fit, tables that go on over further slides, native text throughout."""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from ..brand import Brand, mixed
from .slidelook import LEFT, LOGO_ROOM, ROOM, SOFT, plate, rectangle, rgb, template
from .slidetext import POINTS, fit, language, plain, to_the_left, wrapped

TOP, BOTTOM = 1.55, 6.85
TITLE_SIZES = (28, 24, 20)
INK, RULE, PALE = "#17202e", "#d8dde6", "#f3f5f8"
GOOD, SHORT, BAD = "#13795b", "#b45309", "#b3372f"
GOOD_PALE, SHORT_PALE, BAD_PALE = "#e5f4ee", "#fdf1e3", "#fbeae8"
NOTES_CAP, CELL_CAP = 6_000, 400
LINE = 1.22
# By how many points the lines below the first of a number's cell are smaller.
UNDER = 3
NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, and how it is marked."""

    text: str
    color: str = ""
    fill: str = ""
    bold: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table: its head, its share of the width, and whether it holds numbers."""

    head: str
    share: float
    right: bool = False
    code: bool = False


class Deck:
    """A presentation being made; every slide's title is its message."""

    def __init__(self, brand: Brand, title: str, palette: Sequence[str]) -> None:
        self.brand = brand
        self.palette = palette
        self.file, self._opening, self._usual = template(brand, plain(title, 200), palette)

    def content(self) -> bytes:
        """The finished file."""
        target = io.BytesIO()
        self.file.save(target)
        return target.getvalue()

    def opening(self, title: str, lines: Sequence[str]) -> None:
        """The title slide on the primary colour: title, what was asked, whose it is, when the data was read."""
        slide = self.file.slides.add_slide(self._opening)
        ink = self.brand.on_primary
        text, size = fit(plain(title, 300), (40, 34, 28, 24), ROOM - 0.4, 3, bold=True)
        self._say(slide.shapes.title.text_frame, text, size, ink, bold=True, anchor=MSO_ANCHOR.BOTTOM)
        frame = slide.placeholders[1].text_frame
        told = [fit(plain(line, 600), (18, 16, 14), ROOM - 0.4, 3) for line in lines if line]
        for number, (line, points) in enumerate(told):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.space_after = Pt(8)
            paragraph.alignment = _side(line)
            self._run(paragraph, line, points, mixed(self.brand.primary, ink, 0.85))
        if self.brand.logo:
            plate(slide, self.brand)

    def slide(self, message: str, notes: str = "") -> Any:
        """A slide with its message as title, its number, and notes for the speaker."""
        slide = self.file.slides.add_slide(self._usual)
        room = ROOM - (LOGO_ROOM if self.brand.logo else 0.0) - 0.2
        text, size = fit(plain(message, 400).replace("\n", " "), TITLE_SIZES, room, 2, bold=True)
        self._say(slide.shapes.title.text_frame, text, size, self.brand.heading, bold=True, anchor=MSO_ANCHOR.MIDDLE)
        self._number(slide)
        if notes:
            slide.notes_slide.notes_text_frame.text = plain(notes, NOTES_CAP)
        return slide

    def text(
        self, slide: Any, box: tuple[float, float, float, float], parts: Sequence[tuple[str, int, str, bool]]
    ) -> None:
        """Paragraphs of (text, points, colour, bold) in a box of left, top, width, height inches."""
        frame = slide.shapes.add_textbox(*map(Inches, box)).text_frame
        frame.word_wrap = True
        for margin in ("margin_left", "margin_right", "margin_top", "margin_bottom"):
            setattr(frame, margin, 0)
        for number, (text, size, color, bold) in enumerate(parts):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.space_after = Pt(size * 0.5)
            paragraph.alignment = _side(text)
            self._run(paragraph, plain(text), size, color, bold)

    def panel(self, slide: Any, box: tuple[float, float, float, float], edge: str) -> None:
        """A pale box with a coloured edge at its left."""
        left, top, wide, high = box
        rectangle(slide.shapes, (left, top, wide, high), PALE)
        rectangle(slide.shapes, (left, top, 0.07, high), edge)

    def table(
        self,
        message: str,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Cell]],
        size: int = 12,
        notes: str = "",
        under: str = "",
        wide: float = ROOM,
        one: bool = False,
    ) -> None:
        """A table `wide` inches across, over as many slides as its rows need; `under` stands below the last part.

        With `one`, the rows that fit one slide, which says how many there are.
        """
        total = sum(column.share for column in columns)
        widths = [wide * column.share / total for column in columns]
        heads = [Cell(column.head, SOFT, "", bold=True) for column in columns]
        head_high = self._height(heads, columns, widths, size)
        pages: list[list[tuple[Sequence[Cell], float]]] = [[]]
        used = head_high
        for row in rows:
            high = self._height(row, columns, widths, size)
            if pages[-1] and used + high > BOTTOM - TOP - 0.3:
                pages.append([])
                used = head_high
            pages[-1].append((row, high))
            used += high
        if one and len(pages) > 1:
            pages = pages[:1]
            under = f"{len(pages[0])} of {len(rows)} are shown; the appendix has all. {under}".strip()
        for number, page in enumerate(pages, 1):
            told = message if len(pages) == 1 else f"{message} ({number} of {len(pages)})"
            slide = self.slide(told, notes if number == 1 else "")
            lines = [(heads, head_high), *page]
            end = self._grid(slide, columns, widths, lines, size)
            if under and number == len(pages):
                self.text(slide, (LEFT, min(end + 0.08, BOTTOM - 0.2), ROOM, 0.3), [(under, 10, SOFT, False)])

    def _grid(
        self,
        slide: Any,
        columns: Sequence[Column],
        widths: Sequence[float],
        lines: Sequence[tuple[Sequence[Cell], float]],
        size: int,
    ) -> float:
        high = sum(line[1] for line in lines)
        place = map(Inches, (LEFT, TOP, sum(widths), high))
        shape = slide.shapes.add_table(len(lines), len(columns), *place)
        shape.name = "Table"
        table = shape.table
        # No style of the application's: the fills and lines below are all there is.
        table.horz_banding = False
        shape._element.graphic.graphicData.tbl.tblPr.find(qn("a:tableStyleId")).text = NO_STYLE
        for at, across in enumerate(widths):
            table.columns[at].width = Inches(across)
        for at_row, (row, row_high) in enumerate(lines):
            table.rows[at_row].height = Inches(row_high)
            for at, (column, cell) in enumerate(zip(columns, row, strict=True)):
                self._cell(table.cell(at_row, at), cell, column, size, head=at_row == 0)
        return TOP + high

    def _cell(self, target: Any, cell: Cell, column: Column, size: int, head: bool) -> None:
        target.margin_left = target.margin_right = Inches(0.08)
        target.margin_top = target.margin_bottom = Inches(0.04)
        target.vertical_anchor = MSO_ANCHOR.BOTTOM if head else MSO_ANCHOR.TOP
        if cell.fill:
            target.fill.solid()
            target.fill.fore_color.rgb = rgb(cell.fill)
        else:
            target.fill.background()
        frame = target.text_frame
        frame.word_wrap = True
        for number, line in enumerate(plain(cell.text, CELL_CAP).split("\n")):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.RIGHT if column.right else PP_ALIGN.LEFT
            points = size if number == 0 or not column.right else size - UNDER
            # An empty paragraph would be as high as 18 points.
            run = self._run(paragraph, line or NO_BREAK_SPACE, points, cell.color or INK, cell.bold and number == 0)
            if column.code and not head:
                run.font.name = "Consolas"
        _rule_below(target, self.brand.palette_first if head else RULE, 1.25 if head else 0.5)

    def _height(self, row: Sequence[Cell], columns: Sequence[Column], widths: Sequence[float], size: int) -> float:
        most = 1
        for cell, column, across in zip(row, columns, widths, strict=True):
            # A fixed-width font is wider than the one that is measured with.
            room = (across - 0.2) * (0.92 if column.code else 1.0)
            first, _, under = plain(cell.text, CELL_CAP).partition("\n")
            small = size - UNDER if column.right else size
            lines = wrapped(first, size, room, cell.bold) + (wrapped(under, small, room) if under else [])
            most = max(most, len(lines))
        return most * size * LINE / POINTS + 0.1

    def _run(self, paragraph: Any, text: str, size: int, color: str, bold: bool = False) -> Any:
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = rgb(color)
        spoken = language(text)
        if spoken:
            # By the language the application takes a font of the theme that has its letters.
            run._r.get_or_add_rPr().set("lang", spoken)
        if to_the_left(text):
            paragraph._p.get_or_add_pPr().set("rtl", "1")
        return run

    def _say(self, frame: Any, text: str, size: int, color: str, *, bold: bool, anchor: Any) -> None:
        frame.word_wrap = True
        frame.vertical_anchor = anchor
        frame.paragraphs[0].alignment = _side(text)
        self._run(frame.paragraphs[0], text, size, color, bold)

    def _number(self, slide: Any) -> None:
        """The slide's number, as its layout has it: a field that follows when slides are moved."""
        source = next(shape for shape in self._usual.placeholders if "Number" in shape.name)
        slide.shapes._spTree.append(copy.deepcopy(source._element))


def _side(text: str) -> Any:
    return PP_ALIGN.RIGHT if to_the_left(text) else PP_ALIGN.LEFT


NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def _rule_below(target: Any, color: str, points: float) -> None:
    """A line under a cell; the library has no words for a cell's borders."""
    properties = target._tc.get_or_add_tcPr()
    line = etree.Element(qn("a:lnB"), {"w": str(int(points * 12_700)), "cap": "flat", "cmpd": "sng", "algn": "ctr"})
    fill = etree.SubElement(line, qn("a:solidFill"))
    etree.SubElement(fill, qn("a:srgbClr")).set("val", color[1:].upper())
    # The schema wants borders before fills.
    properties.insert(0, line)
