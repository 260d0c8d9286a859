"""Fonts of the PDF, and text made fit for them: what a font lacks is replaced, and markup is escaped."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

# DejaVu has most of the world's alphabets; Vera comes with reportlab and has the Latin ones.
DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
VERA = Path(reportlab.__file__).parent / "fonts"
FAMILIES = (
    (DEJAVU / "DejaVuSans.ttf", DEJAVU / "DejaVuSans-Bold.ttf"),
    (VERA / "Vera.ttf", VERA / "VeraBd.ttf"),
)
LOOKALIKES = {
    "→": "->",
    "←": "<-",
    "✓": "+",
    "✕": "x",
    "▲": "^",
    "▼": "v",
    "\u2011": "-",
    "\u202f": " ",
    "Δ": "D",
}
TEXT_CAP = 4_000


class Fonts(NamedTuple):
    """The names of the registered fonts, and the characters that both have."""

    plain: str
    bold: str
    known: frozenset[int]


@lru_cache(maxsize=1)
def fonts() -> Fonts:
    """The first family whose files are there, registered."""
    plain, bold = next(pair for pair in FAMILIES if all(file.exists() for file in pair))
    known: set[int] = set()
    for name, file in (("Report", plain), ("Report-Bold", bold)):
        font = TTFont(name, str(file))
        pdfmetrics.registerFont(font)
        known = known & set(font.face.charToGlyph) if known else set(font.face.charToGlyph)
    pdfmetrics.registerFontFamily(
        "Report", normal="Report", bold="Report-Bold", italic="Report", boldItalic="Report-Bold"
    )
    return Fonts("Report", "Report-Bold", frozenset(known))


def printable(text: object, cap: int = TEXT_CAP) -> str:
    """The text with only characters that the font has, cut when longer than `cap`."""
    found = str(text)
    found = found if len(found) <= cap else found[: cap - 1] + "…"
    known = fonts().known
    return "".join(letter if ord(letter) in known or letter == "\n" else _stand_in(letter) for letter in found)


def markup(text: object, cap: int = TEXT_CAP) -> str:
    """The text for a reportlab paragraph, which reads a small XML."""
    return escape(printable(text, cap)).replace("\n", "<br/>")


def _stand_in(letter: str) -> str:
    if letter == "\t":
        return "    "
    if letter in LOOKALIKES:
        return LOOKALIKES[letter]
    if unicodedata.category(letter) in ("Cc", "Cf", "Mn"):
        return ""
    simple = [part for part in unicodedata.normalize("NFKD", letter) if ord(part) in fonts().known]
    return "".join(simple) or "?"


def width(text: str, size: float, bold: bool = False) -> float:
    """How wide the text is, in points."""
    found = fonts()
    return float(pdfmetrics.stringWidth(text, found.bold if bold else found.plain, size))


def cut(text: str, size: float, room: float) -> str:
    """The text, shortened with an ellipsis until it fits."""
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"
