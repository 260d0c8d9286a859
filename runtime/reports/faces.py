"""Fonts for letters that the report's own font lacks: each script's face, of which only the letters used are drawn.

A face is a file of a package. The letters that a report needs are drawn from it as a small TrueType font, which the
PDF embeds; no file is opened before a letter asks for it.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = 400, 700
# How far a curve of the font may be off, in thousandths of the letter's height.
CURVE_ERROR = 1.0
ABOVE = re.compile(r"<([0-9A-F]{5,6})>")
LONG_NAME = re.compile(r"[\[.].*")


class Face(NamedTuple):
    """A font file of a package; a collection holds several, by `number`."""

    package: str
    file: str
    number: int = 0


def _noto(name: str) -> Face:
    return Face("manimgx_fonts", f"Noto{name}[wght].ttf")


_CJK = ("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc")
JAPANESE, KOREAN, CHINESE = Face(*_CJK, 0), Face(*_CJK, 1), Face(*_CJK, 2)
PLAIN, SYMBOLS, EMOJI = _noto("Sans"), _noto("SansSymbols"), _noto("Emoji")
# The first and last letter of a script, and its face.
SCRIPTS = (
    (0x0530, 0x058F, _noto("SansArmenian")),
    (0x0590, 0x05FF, _noto("SansHebrew")),
    (0xFB1D, 0xFB4F, _noto("SansHebrew")),
    (0x0600, 0x08FF, _noto("SansArabic")),
    (0xFB50, 0xFDFF, _noto("SansArabic")),
    (0xFE70, 0xFEFE, _noto("SansArabic")),
    (0x0900, 0x097F, _noto("SansDevanagari")),
    (0x0980, 0x09FF, _noto("SansBengali")),
    (0x0A00, 0x0A7F, _noto("SansGurmukhi")),
    (0x0A80, 0x0AFF, _noto("SansGujarati")),
    (0x0B00, 0x0B7F, _noto("SansOriya")),
    (0x0B80, 0x0BFF, _noto("SansTamil")),
    (0x0C00, 0x0C7F, _noto("SansTelugu")),
    (0x0C80, 0x0CFF, _noto("SansKannada")),
    (0x0D00, 0x0D7F, _noto("SansMalayalam")),
    (0x0D80, 0x0DFF, _noto("SansSinhala")),
    (0x0E00, 0x0E7F, _noto("SansThai")),
    (0x0E80, 0x0EFF, _noto("SansLao")),
    (0x1000, 0x109F, _noto("SansMyanmar")),
    (0x10A0, 0x10FF, _noto("SansGeorgian")),
    (0x1200, 0x139F, _noto("SansEthiopic")),
    (0x1780, 0x17FF, _noto("SansKhmer")),
    (0x1100, 0x11FF, KOREAN),
    (0x3130, 0x318F, KOREAN),
    (0xA960, 0xA97F, KOREAN),
    (0xAC00, 0xD7FF, KOREAN),
    (0x3040, 0x30FF, JAPANESE),
    (0x31F0, 0x31FF, JAPANESE),
    (0xFF66, 0xFF9F, JAPANESE),
    (0x2E80, 0x9FFF, CHINESE),
    (0xF900, 0xFAFF, CHINESE),
    (0xFE30, 0xFE4F, CHINESE),
    (0xFF00, 0xFFEF, CHINESE),
    (0x20000, 0x323AF, CHINESE),
)
_lock = threading.RLock()


class _Drawn(NamedTuple):
    """A font that was drawn, by its registered name, and the letters that it has."""

    name: str
    letters: frozenset[str]


_drawn: dict[Face, list[_Drawn]] = {}


class _Font(TTFont):  # type: ignore[misc]
    """A font that says in the file which letters it shows, those above U+FFFF in the two halves that PDF wants."""

    def addObjects(self, doc: Any) -> None:
        super().addObjects(doc)
        for name, stream in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                stream.content = ABOVE.sub(_halves, stream.content)


def _halves(found: re.Match[str]) -> str:
    return f"<{chr(int(found[1], 16)).encode('utf-16-be').hex().upper()}>"


@cache
def opened(face: Face) -> tuple[Any, Any] | None:
    """The face and its font at any weight; None where the package is not installed."""
    spec = find_spec(face.package)
    if spec is None or not spec.submodule_search_locations or find_spec("uharfbuzz") is None:
        return None
    import uharfbuzz

    file = Path(next(iter(spec.submodule_search_locations))) / face.file
    found = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(file)), face.number)
    return found, uharfbuzz.Font(found)


def has(face: Face, letter: str) -> bool:
    """Whether the face holds this letter."""
    found = opened(face)
    return found is not None and bool(found[1].get_nominal_glyph(ord(letter)))


@cache
def face_of(letter: str) -> Face | None:
    """The face of a letter: its script's, else one that has signs; None where no font has it."""
    place = ord(letter)
    own = next((face for first, last, face in SCRIPTS if first <= place <= last), PLAIN)
    return next((face for face in (own, PLAIN, SYMBOLS, EMOJI, CHINESE) if has(face, letter)), None)


def regional(word: str) -> Face:
    """The face of a word's Chinese signs, which Japan and Korea write in shapes of their own."""
    faces = {face_of(letter) for letter in word if not letter.isascii()}
    return JAPANESE if JAPANESE in faces else KOREAN if KOREAN in faces else CHINESE


def font_for(face: Face, letter: str) -> str:
    """The registered font that has this letter of the face, drawn now unless it was before."""
    found = _having(face, letter)
    if found is None:
        draw({face: {letter}})
        found = _having(face, letter)
    return found or ""


def _having(face: Face, letter: str) -> str | None:
    return next((font.name for font in _drawn.get(face, ()) if letter in font.letters), None)


def draw(wanted: Mapping[Face, Iterable[str]]) -> None:
    """Draw and register the letters of each face that no font has yet, upright and bold."""
    with _lock:
        for face, letters in wanted.items():
            new = sorted({letter for letter in letters if _having(face, letter) is None and has(face, letter)})
            if not new:
                continue
            known = _drawn.setdefault(face, [])
            name = f"{LONG_NAME.sub('', face.file)}-{face.number}-{len(known) + 1}"
            for full, weight in ((name, REGULAR), (f"{name}-Bold", BOLD)):
                pdfmetrics.registerFont(_Font(full, io.BytesIO(_file(face, new, weight, full))))
            pdfmetrics.registerFontFamily(name, name, f"{name}-Bold", name, f"{name}-Bold")
            known.append(_Drawn(name, frozenset(new)))


def _file(face: Face, letters: Iterable[str], weight: int, name: str) -> bytes:
    """A TrueType file of these letters alone, at one weight."""
    from fontTools.fontBuilder import FontBuilder

    found = opened(face)
    if found is None:  # pragma: no cover - a letter that is wanted was found in it
        raise LookupError(face.package)
    whole, font = found
    font.set_variations({"wght": weight})
    glyphs = {f"u{ord(letter):04X}": font.get_nominal_glyph(ord(letter)) for letter in letters}
    # The curves of an OpenType file turn the other way round than those of a TrueType file.
    turned = ".otf" in face.file
    shapes = {each: _outline(font, glyph, turned) for each, glyph in {".notdef": 0, **glyphs}.items()}
    extents = font.get_font_extents("ltr")
    up, down = extents.ascender, extents.descender
    made = FontBuilder(whole.upem, isTTF=True)
    made.setupGlyphOrder(list(shapes))
    made.setupCharacterMap({int(each[1:], 16): each for each in glyphs})
    made.setupGlyf(shapes)
    edges = made.font["glyf"]
    advances = {each: font.get_glyph_h_advance(glyph) for each, glyph in {".notdef": 0, **glyphs}.items()}
    made.setupHorizontalMetrics({each: (wide, getattr(edges[each], "xMin", 0)) for each, wide in advances.items()})
    made.setupHorizontalHeader(ascent=up, descent=down)
    made.setupNameTable({"familyName": name, "styleName": "Regular", "psName": name})
    made.setupOS2(sTypoAscender=up, sTypoDescender=down, usWinAscent=up, usWinDescent=-down, usWeightClass=weight)
    made.setupPost()
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def _outline(font: Any, glyph: int, turned: bool) -> Any:
    """A glyph as TrueType draws it: its curves are of the second degree."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    font.draw_glyph_with_pen(glyph, Cu2QuPen(pen, CURVE_ERROR, reverse_direction=turned))
    return pen.glyph()
