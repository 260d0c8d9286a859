"""Lines of text where no paragraph sets them: in drawings, on the page's edge, and paragraphs from right to left."""

from __future__ import annotations

from typing import Any

from reportlab.graphics.shapes import Group, Shape, String
from reportlab.lib.colors import Color
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph

from .fonts import RIGHT_TO_LEFT, TEXT_CAP, fonts, markup, pieces, printable, to_the_left, width
from .slidetext import POINTS, wrapped


def lettered(
    place: tuple[float, float], text: str, size: float, color: Color, anchor: str = "start", bold: bool = False
) -> Shape:
    """One line of a drawing, each part of it in a font that has its letters."""
    x, y = place
    line = printable(text).replace("\n", " ")
    parts = pieces(line, bold)
    if len(parts) == 1:
        name, part = parts[0]
        return String(x, y, part, fontName=name, fontSize=size, fillColor=color, textAnchor=anchor)
    x -= width(line, size, bold) * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
    group = Group()
    for name, part in parts:
        shape = String(x, y, part, fontName=name, fontSize=size, fillColor=color)
        group.add(shape)
        x = shape.getEast()
    return group


def draw_line(canvas: Canvas, place: tuple[float, float], line: str, size: float, at_right: bool = False) -> None:
    """A printable line on the page, from its left end or up to its right end."""
    x, y = place
    x -= width(line, size) if at_right else 0.0
    for name, part in pieces(line):
        canvas.setFont(name, size)
        canvas.drawString(x, y, part)
        x += canvas.stringWidth(part, name, size)


def flowing(text: object, style: ParagraphStyle, cap: int = TEXT_CAP, *, in_table: bool = False) -> Flowable:
    """Text as a paragraph, broken into lines before they are turned where it is written from right to left."""
    found = printable(text, cap)
    if not RIGHT_TO_LEFT.search(found):
        return Paragraph(markup(found, cap, is_bold(style)), style)
    return RightToLeft(found, style, in_table)


def is_bold(style: ParagraphStyle) -> bool:
    """Whether a paragraph of this style is bold."""
    return bool(style.fontName == fonts().bold)


class RightToLeft(Flowable):  # type: ignore[misc]
    """A paragraph with letters that are written from right to left: a line is broken as it is read, then turned."""

    def __init__(self, text: str, style: ParagraphStyle, in_table: bool) -> None:
        super().__init__()
        self._text = text
        turned = to_the_left(text) and not in_table
        self.style = ParagraphStyle(f"{style.name}-turned", style, alignment=TA_RIGHT) if turned else style
        self._laid = self._at(400.0)

    def _at(self, wide: float) -> Paragraph:
        style = self.style
        room = wide - style.leftIndent - style.rightIndent - 1
        lines = wrapped(self._text, style.fontSize, room / POINTS, is_bold(style), width)
        return Paragraph("<br/>".join(markup(line, TEXT_CAP, is_bold(style)) for line in lines), style)

    def wrap(self, wide: float, high: float) -> Any:
        """Its size in this room."""
        self._laid = self._at(wide)
        self.width, self.height = self._laid.wrap(wide, high)
        return self.width, self.height

    def split(self, wide: float, high: float) -> Any:
        """Its parts, where it goes on over the next page."""
        return self._at(wide).split(wide, high)

    def draw(self) -> None:
        """Draw its lines."""
        self._laid.drawOn(self.canv, 0, 0)
