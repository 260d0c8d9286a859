"""The page of the PDF: styles, headers, page numbers, and the flowables that the report is made of."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    Image,
    LongTable,
    PageTemplate,
    Paragraph,
    TableStyle,
)
from reportlab.platypus import Table as Side

from ..brand import PLAIN, Brand, fitted
from .fonts import cut, fonts, markup, one_line, width
from .lettering import draw_line, flowing

MARGIN = 18 * mm
HEAD = 12 * mm
INK, SOFT, RULE, PALE = HexColor("#17202e"), HexColor("#55617a"), HexColor("#d8dde6"), HexColor("#f3f5f8")
TONES = {"Good": "#13795b", "Short": "#b45309", "Breach": "#b3372f"}
CELL_CAP = 300
HEAD_SIZE = 7.9
BOX = {
    "backColor": PALE,
    "borderPadding": (4, 6, 4, 6),
    "leftIndent": 6,
    "rightIndent": 6,
    "splitLongWords": 1,
}


@lru_cache(maxsize=1)
def styles() -> dict[str, ParagraphStyle]:
    """The report's paragraph styles by name."""
    plain, thick, _ = fonts()
    body = ParagraphStyle("body", fontName=plain, fontSize=9.2, leading=13.4, textColor=INK, spaceAfter=5)
    bold = ParagraphStyle("bold", body, fontName=thick)
    found = [
        body,
        ParagraphStyle("lead", body, fontSize=10.4, leading=15.6, spaceAfter=10),
        ParagraphStyle("title", bold, fontSize=20, leading=25, spaceAfter=4),
        ParagraphStyle("h1", bold, fontSize=12.5, leading=16, spaceBefore=12, spaceAfter=6),
        ParagraphStyle("h2", bold, fontSize=9.8, leading=13, spaceBefore=7, spaceAfter=2),
        ParagraphStyle("soft", body, fontSize=8.2, leading=11.4, textColor=SOFT),
        ParagraphStyle("code", body, fontSize=7.9, leading=11, spaceBefore=5, spaceAfter=8, **BOX),
        ParagraphStyle("cell", body, fontSize=8.2, leading=10.6, spaceAfter=0),
        ParagraphStyle("small", body, fontSize=7, leading=9, spaceAfter=0),
        ParagraphStyle("head", bold, fontSize=HEAD_SIZE, leading=10, textColor=SOFT, spaceAfter=0),
    ]
    return {style.name: style for style in found}


def paragraph(text: object, style: str = "body", cap: int = 4_000) -> Flowable:
    """Text, from data or not, as a paragraph: nothing in it is read as markup."""
    return flowing(text, styles()[style], cap)


def code(text: str) -> Flowable:
    """A formula or query with its line breaks and indents kept."""
    lines = [line.replace(" ", "\u00a0", len(line) - len(line.lstrip())) for line in text.strip().splitlines()]
    return paragraph("\n".join(lines[:60]) or " ", "code")


class NumberedCanvas(Canvas):  # type: ignore[misc]
    """Writes 'Page x of y' when the number of pages is known."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        """Keep the page until all are known."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write every page with its number."""
        for page in self._pages:
            self.__dict__.update(page)
            self.setFont(fonts().plain, 7.5)
            self.setFillColor(SOFT)
            self.drawRightString(self._pagesize[0] - MARGIN, 9 * mm, f"Page {self._pageNumber} of {len(self._pages)}")
            super().showPage()
        super().save()


class Report(BaseDocTemplate):  # type: ignore[misc]
    """An A4 document with upright and wide pages; its title heads every page but the first."""

    def __init__(self, target: Any, title: str, foot: str, brand: Brand = PLAIN) -> None:
        company = one_line(brand.name, 200)
        super().__init__(target, pagesize=A4, title=one_line(title, 200), author=company, leftMargin=MARGIN)
        self._brand = brand
        self._company = company
        self._title = one_line(title, 200)
        self._foot = one_line(foot, 200)
        self.addPageTemplates([self._template("upright", A4), self._template("wide", landscape(A4))])

    def _template(self, name: str, size: tuple[float, float]) -> PageTemplate:
        frame = Frame(MARGIN, MARGIN, size[0] - 2 * MARGIN, size[1] - 2 * MARGIN - HEAD / 2, 0, 0, 0, 0, id=name)
        return PageTemplate(name, [frame], onPage=self._decorate, pagesize=size)

    def _decorate(self, canvas: Canvas, _: BaseDocTemplate) -> None:
        wide, high = canvas._pagesize
        canvas.saveState()
        canvas.setFont(fonts().plain, 7.5)
        canvas.setFillColor(SOFT)
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.5)
        if canvas.getPageNumber() == 1 and self._brand != PLAIN:
            canvas.setFillColor(HexColor(self._brand.primary))
            canvas.rect(0, high - 3 * mm, wide, 3 * mm, stroke=0, fill=1)
            canvas.setFillColor(SOFT)
        if canvas.getPageNumber() > 1:
            company = width(self._company, 7.5)
            title = cut(self._title, 7.5, wide - 2 * MARGIN - company - 12)
            draw_line(canvas, (MARGIN, high - HEAD), title, 7.5)
            draw_line(canvas, (wide - MARGIN, high - HEAD), self._company, 7.5, at_right=True)
            canvas.line(MARGIN, high - HEAD - 4, wide - MARGIN, high - HEAD - 4)
        draw_line(canvas, (MARGIN, 9 * mm), cut(self._foot, 7.5, wide - 2 * MARGIN - 70), 7.5)
        canvas.restoreState()


def masthead(brand: Brand) -> Flowable:
    """Company name at the left, logo at the right."""
    name = flowing(brand.name, ParagraphStyle("name", styles()["h2"], textColor=HexColor(brand.heading)), 200)
    picture: Any = ""
    if brand.logo:
        across, down = fitted(brand.logo, 48 * mm, 13 * mm)
        picture = Image(io.BytesIO(brand.logo), across, down, hAlign="RIGHT")
    look = [
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("ALIGN", (1, 0), (1, 0), "RIGHT"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
    ]
    return Side([[name, picture]], colWidths=[room() - 52 * mm, 52 * mm], style=look)


def room(wide: bool = False) -> float:
    """The width between the margins."""
    size = landscape(A4) if wide else A4
    return float(size[0] - 2 * MARGIN)


def grid(
    head: Sequence[str],
    lines: Sequence[Sequence[str | Marked]],
    right: Sequence[bool],
    space: float,
    small: bool = False,
    extra: Sequence[tuple[Any, ...]] = (),
) -> Flowable:
    """A table that repeats its head, wraps its text and fits `space`."""
    style = "small" if small else "cell"
    size = styles()[style].fontSize
    cells = [[_cell(value, style, at_right) for value, at_right in zip(line, right, strict=True)] for line in lines]
    heads = [_cell(name, "head", at_right) for name, at_right in zip(head, right, strict=True)]
    texts = [[_text(line[index]) for line in lines] for index in range(len(head))]
    widths = _widths([[name, *column] for name, column in zip(head, texts, strict=True)], size, space)
    pad = 3 if small else 5
    look = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, SOFT),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), pad),
        ("RIGHTPADDING", (0, 0), (-1, -1), pad),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
    ]
    return LongTable([heads, *cells], colWidths=widths, repeatRows=1, style=TableStyle([*look, *extra]))


def pair(cells: Sequence[object]) -> Flowable:
    """Two cells side by side, each half the room."""
    look = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Side([list(cells)], colWidths=[room() / 2] * 2, style=look)


@lru_cache(maxsize=16)
def aligned(style: str, at_right: bool) -> ParagraphStyle:
    """The paragraph style, flush right when asked."""
    base = styles()[style]
    return ParagraphStyle(f"{style}-right", base, alignment=TA_RIGHT) if at_right else base


class Marked(NamedTuple):
    """A cell of trusted markup, and its longest line as plain text, by which its column is sized."""

    markup: str
    text: str


def strong(text: str) -> Marked:
    """A text in bold."""
    return Marked(f"<b>{markup(text, 200, bold=True)}</b>", f"{text[:200]}  ")


def _cell(value: str | Marked, style: str, at_right: bool) -> Flowable:
    if isinstance(value, Marked):
        return Paragraph(value.markup, aligned(style, at_right))
    return flowing(value, aligned(style, at_right), CELL_CAP, in_table=True)


def _text(value: str | Marked) -> str:
    return one_line(value.text if isinstance(value, Marked) else value, CELL_CAP)


def _widths(columns: Sequence[Sequence[str]], size: float, space: float) -> list[float]:
    """Each column, its head first, on one line where it can; what is left over goes to the long texts."""
    heads = [width(one_line(column[0], 60), HEAD_SIZE, bold=True) for column in columns]
    texts = [column[1:42] for column in columns]
    wanted = [
        max([head, *(width(text, size) for text in column)]) + 14 for head, column in zip(heads, texts, strict=True)
    ]
    least = [
        max([min(head, 60), *(width(_unbroken(text), size) for text in column)]) + 14
        for head, column in zip(heads, texts, strict=True)
    ]
    if sum(least) >= space:
        return [value * space / sum(least) for value in least]
    spare = space - sum(least)
    missing = [max(want - low, 0.0) for want, low in zip(wanted, least, strict=True)]
    share = spare / sum(missing) if sum(missing) > spare else 1.0
    widths = [low + lack * share for low, lack in zip(least, missing, strict=True)]
    return [value * space / sum(widths) for value in widths]


def _unbroken(text: str) -> str:
    """The part of a cell that should stay on one line: a short text whole, else its longest word."""
    return text if len(text) <= 20 else max(text.split(), key=len, default="")[:24]
