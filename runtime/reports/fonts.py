"""Text of the PDF: each letter in a font that has it, Arabic joined, right-to-left turned, and markup escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from . import faces

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
WORDS = re.compile(r"\s+|\S+")
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]")
UNSEEN = re.compile(r"[\ufe00-\ufe0f\u200b-\u200f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]")


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
    """The text with only characters that some font has, cut when longer than `cap`."""
    found = str(text)
    found = found if len(found) <= cap else found[: cap - 1] + "…"
    if found.isascii() and found.isprintable():
        return found
    known = fonts().known
    found = unicodedata.normalize("NFC", found)
    # Between Arabic letters a joiner says how they are drawn: it is left out once they are.
    kept = "\n\u200c\u200d" if RIGHT_TO_LEFT.search(found) else "\n"
    found = found if len(kept) > 1 else UNSEEN.sub("", found)
    return "".join(letter if ord(letter) in known or letter in kept else _stand_in(letter) for letter in found)


def one_line(text: object, cap: int = TEXT_CAP) -> str:
    """The printable text on one line."""
    return printable(text, cap).replace("\n", " ")


def markup(text: object, cap: int = TEXT_CAP, bold: bool = False) -> str:
    """The text for a reportlab paragraph, which reads a small XML; `bold` where it stands in a bold one."""
    return "<br/>".join(_marked(line, bold) for line in printable(text, cap).split("\n"))


def _marked(line: str, bold: bool) -> str:
    own = fonts().bold if bold else fonts().plain
    return "".join(
        escape(part) if name == own else f'<font name="{name}">{escape(part)}</font>'
        for name, part in pieces(line, bold)
    )


def _stand_in(letter: str) -> str:
    if letter == "\t":
        return "    "
    if letter in LOOKALIKES:
        return LOOKALIKES[letter]
    # Joiners, and what only chooses the look of the sign before it.
    if unicodedata.category(letter) in ("Cc", "Cf") or UNSEEN.fullmatch(letter):
        return ""
    if faces.face_of(letter):
        return letter
    simple = [part for part in unicodedata.normalize("NFKD", letter) if ord(part) in fonts().known]
    return "".join(simple) or ("" if unicodedata.category(letter) == "Mn" else f"[U+{ord(letter):04X}]")


def to_the_left(text: str) -> bool:
    """Whether the text is written from right to left: its first letter that has a direction says so."""
    return next(
        (sign in ("R", "AL") for sign in map(unicodedata.bidirectional, text) if sign in ("L", "R", "AL")), False
    )


def seen(line: str) -> str:
    """A line in the order and the shapes in which it is seen."""
    if not RIGHT_TO_LEFT.search(line) or not find_spec("bidi") or not find_spec("arabic_reshaper"):
        return line
    from arabic_reshaper import reshape
    from bidi.algorithm import get_display  # it mirrors brackets, as the newer one does not

    return UNSEEN.sub("", str(get_display(reshape(line))))


def pieces(line: str, bold: bool = False) -> list[tuple[str, str]]:
    """A printable line as it is seen: pieces of text, each with the name of a font that has all of it."""
    found = fonts()
    own = found.bold if bold else found.plain
    if found.known.issuperset(map(ord, line)) and not RIGHT_TO_LEFT.search(line):
        return [(own, line)]
    letters = list(_faced(seen(line)))
    wanted: dict[faces.Face, set[str]] = {}
    for face, letter in letters:
        if face:
            wanted.setdefault(face, set()).add(letter)
    faces.draw(wanted)
    runs: list[tuple[str, str]] = []
    for face, letter in letters:
        name = faces.font_for(face, letter) + ("-Bold" if bold else "") if face else own
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + letter)
        else:
            runs.append((name, letter))
    return runs


def _faced(line: str) -> Iterator[tuple[faces.Face | None, str]]:
    """Every letter with its face, None for the report's own font; a word keeps to one face where it can."""
    known = fonts().known
    for word in WORDS.findall(line):
        own = [None if ord(letter) in known else faces.face_of(letter) for letter in word]
        lead = next((face for face in own if face and face not in (faces.SYMBOLS, faces.EMOJI)), None)
        if lead in (faces.CHINESE, faces.JAPANESE, faces.KOREAN):
            lead = faces.regional(word)
        for face, letter in zip(own, word, strict=True):
            # Signs and digits that the own font has stay in it, beside letters of another script.
            led = lead and (face or lead == faces.PLAIN or (letter.isalpha() and not letter.isascii()))
            yield (lead if lead and led and faces.has(lead, letter) else face), letter


def prepare(texts: Iterable[str]) -> None:
    """Draw the letters of these texts at once, so that one font holds them."""
    wanted: dict[faces.Face, set[str]] = {}
    for text in texts:
        if not text.isascii():
            for line in printable(text).split("\n"):
                for face, letter in _faced(seen(line)):
                    if face:
                        wanted.setdefault(face, set()).add(letter)
    faces.draw(wanted)


def width(text: str, size: float, bold: bool = False) -> float:
    """How wide a printable line is, in points."""
    return sum(float(pdfmetrics.stringWidth(part, name, size)) for name, part in pieces(text, bold))


def cut(text: str, size: float, room: float) -> str:
    """The text, shortened with an ellipsis until it fits."""
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"
