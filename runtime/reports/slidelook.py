"""The look of a deck: 16:9, the brand's colours in its theme, and what every slide shows alike on its layouts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.oxml.shapes.picture import CT_Picture
from pptx.util import Emu, Inches, Pt

from ..brand import Brand, fitted
from .slidetext import fit

WIDE, HIGH = 13.333, 7.5  # inches
LEFT = 0.6
ROOM = WIDE - 2 * LEFT
LOGO_ROOM = 2.2
SOFT = "#55617a"
Box = tuple[float, float, float, float]


def template(brand: Brand, title: str, palette: Sequence[str]) -> tuple[Any, Any, Any]:
    """An empty presentation, the layout of its title slide, and that of all others."""
    made = Presentation()
    made.slide_width, made.slide_height = Inches(WIDE), Inches(HIGH)
    made.core_properties.title, made.core_properties.author = title, brand.name
    layouts: Any = made.slide_layouts
    opening, usual = layouts.get_by_name("Title Slide"), layouts.get_by_name("Title Only")
    for layout in list(layouts):
        if layout not in (opening, usual):
            layouts.remove(layout)
    _theme(made, brand, palette)
    _place_titles(made, opening, usual, LOGO_ROOM if brand.logo else 0.0)
    ground = opening.background.fill
    ground.solid()
    ground.fore_color.rgb = rgb(brand.primary)
    _furnish(made, usual, brand, title)
    return made, opening, usual


def rgb(color: str) -> Any:
    """`#rrggbb` as the library's colour."""
    return RGBColor.from_string(color[1:].upper())


def rectangle(shapes: Any, box: Box, color: str, kind: Any = MSO_SHAPE.RECTANGLE) -> Any:
    """A plain filled shape in a box of left, top, width, height inches: no line, no shadow."""
    shape = shapes.add_shape(kind, *map(Inches, box))
    shape.fill.solid()
    shape.fill.fore_color.rgb = rgb(color)
    shape.line.fill.background()
    # The template's style would give it a shadow.
    shape._element.remove(shape._element.find(qn("p:style")))
    return shape


def plate(slide: Any, brand: Brand) -> None:
    """The logo on white, since it may be as dark as the slide."""
    across, down = fitted(brand.logo, 3.0, 0.9)
    white = rectangle(slide.shapes, (LEFT, 0.6, across + 0.4, down + 0.4), "#ffffff", MSO_SHAPE.ROUNDED_RECTANGLE)
    white.adjustments[0] = 0.08
    place = map(Inches, (LEFT + 0.2, 0.8, across, down))
    picture = slide.shapes.add_picture(io.BytesIO(brand.logo), *place)
    picture._element.nvPicPr.cNvPr.set("descr", _logo_words(brand))


def _logo_words(brand: Brand) -> str:
    return f"Logo of {brand.name}" if brand.name else "Company logo"


def _theme(made: Any, brand: Brand, palette: Sequence[str]) -> None:
    """The theme's colours are the brand's and the charts', so that what is added later fits in."""
    part = made.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    root = etree.fromstring(part.blob)
    names = {f"accent{at}": color for at, color in enumerate(palette[:6], 1)}
    for name, color in {"dk2": brand.heading, "hlink": palette[0], **names}.items():
        for slot in root.iter(qn(f"a:{name}")):
            for old in list(slot):
                slot.remove(old)
            etree.SubElement(slot, qn("a:srgbClr")).set("val", color[1:].upper())
    part._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _place_titles(made: Any, opening: Any, usual: Any, logo: float) -> None:
    """The template's placeholders are for 4:3; put them where this deck's are, and drop what it does not use."""
    places: dict[str, Box] = {
        "Title": (LEFT, 0.45, ROOM - logo, 0.95),
        "Number": (WIDE - LEFT - 1.0, 7.0, 1.0, 0.3),
        "Text": (LEFT, 1.55, ROOM, 5.3),
    }
    first: dict[str, Box] = {"Subtitle": (LEFT, 4.55, ROOM, 2.3), "Title": (LEFT, 1.9, ROOM, 2.4)}
    for layout, wanted in ((made.slide_master, places), (usual, places), (opening, first)):
        for shape in list(layout.placeholders):
            kind = next((name for name in wanted if name in shape.name), "")
            if not kind:
                shape._element.getparent().remove(shape._element)
                continue
            shape.left, shape.top, shape.width, shape.height = (Emu(Inches(value)) for value in wanted[kind])
            shape.text_frame.margin_left = shape.text_frame.margin_right = 0


def _furnish(made: Any, usual: Any, brand: Brand, title: str) -> None:
    """A strip of the primary colour, the foot and the logo. Layouts take no new shapes, so a slide makes them."""
    slide = made.slides.add_slide(usual)
    rectangle(slide.shapes, (0, 0, WIDE, 0.12), brand.primary)
    foot = slide.shapes.add_textbox(*map(Inches, (LEFT, 7.0, ROOM - 1.2, 0.3))).text_frame
    foot.margin_left, foot.word_wrap = 0, True
    text, size = fit("  ·  ".join(filter(None, [brand.name, title])), (10,), ROOM - 1.4, 1)
    run = foot.paragraphs[0].add_run()
    run.text, run.font.size = text, Pt(size)
    run.font.color.rgb = rgb(SOFT)
    tree = usual.shapes._spTree
    for shape in list(slide.shapes):
        if not shape.is_placeholder:
            tree.append(shape._element)
    listed = made.slides._sldIdLst
    made.part.drop_rel(listed[-1].rId)
    listed.remove(listed[-1])
    if brand.logo:
        across, down = fitted(brand.logo, LOGO_ROOM - 0.3, 0.6)
        _, relation = usual.part.get_or_add_image_part(io.BytesIO(brand.logo))
        place = map(Inches, (WIDE - LEFT - across, 0.92 - down / 2, across, down))
        tree.append(CT_Picture.new_pic(900, "Logo", _logo_words(brand), relation, *place))
