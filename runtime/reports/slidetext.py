"""Text of slides: what they can hold, and how it is made to fit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from reportlab.pdfbase.pdfmetrics import stringWidth

from .fonts import fonts, to_the_left

__all__ = ["POINTS", "fit", "language", "measured", "plain", "to_the_left", "wrapped"]
POINTS = 72.0  # to the inch
# The first whose letters a text holds is its language; Chinese signs alone are taken as Chinese.
LANGUAGES = {
    "ja-JP": re.compile("[\u3040-\u30ff\uff66-\uff9f]"),
    "ko-KR": re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]"),
    "zh-CN": re.compile("[\u2e80-\u9fff\uf900-\ufaff]"),
    "ar-SA": re.compile("[\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufefe]"),
    "he-IL": re.compile("[\u0590-\u05ff\ufb1d-\ufb4f]"),
}


def language(text: str) -> str:
    """The language that a text's letters are of, where a slide needs to know; else nothing."""
    return "" if text.isascii() else next((name for name, letters in LANGUAGES.items() if letters.search(text)), "")


def measured(text: str, size: float, bold: bool = False) -> float:
    """About how wide a line is in points, whatever font a slide is shown with.

    The report's own font is wider than most: what fits in it fits in those. A letter that it lacks is as wide as high
    in Chinese, Japanese, Korean and for emoji.
    """
    found = fonts()
    name = found.bold if bold else found.plain
    if text.isascii():
        return float(stringWidth(text, name, size))
    own = "".join(letter for letter in text if ord(letter) in found.known)
    others = sum(_share(letter) for letter in text if ord(letter) not in found.known)
    return float(stringWidth(own, name, size)) + others * size


def _share(letter: str) -> float:
    """A letter's width in parts of its height."""
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Mn"):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.62


def plain(text: object, cap: int = 4_000) -> str:
    """The text without what a slide cannot hold, cut when longer than `cap`."""
    letters = [
        " " if letter in "\t\r\v\f" else letter
        for letter in str(text)[: cap + 1]
        if letter in "\n\t\r\v\f" or unicodedata.category(letter) not in ("Cc", "Cs", "Cn", "Co")
    ]
    found = "".join(letters)
    return found if len(found) <= cap else found[: cap - 1].rstrip() + "…"


def wrapped(
    text: str, size: float, room: float, bold: bool = False, measured: Callable[[str, float, bool], float] = measured
) -> list[str]:
    """The text as lines that fit `room` inches at `size` points; a word too long for a line is broken."""
    lines: list[str] = []
    space = room * POINTS
    for part in text.split("\n"):
        line = ""
        for word in part.split(" "):
            longer = f"{line} {word}" if line else word
            if measured(longer, size, bold) <= space:
                line = longer
                continue
            if line:
                lines.append(line)
            while measured(word, size, bold) > space and len(word) > 1:
                fits = next((n for n in range(len(word) - 1, 1, -1) if measured(word[:n], size, bold) <= space), 1)
                lines.append(word[:fits])
                word = word[fits:]
            line = word
        lines.append(line)
    return lines


def fit(text: str, sizes: Sequence[int], room: float, most: int, bold: bool = False) -> tuple[str, int]:
    """The text and the first of `sizes` at which it takes `most` lines; at the last it is cut with an ellipsis."""
    for size in sizes:
        lines = wrapped(text, size, room, bold)
        if len(lines) <= most:
            return text, size
    kept = lines[:most]
    last = kept[-1]
    while " " in last and measured(last + "…", sizes[-1], bold) > room * POINTS:
        last = last.rpartition(" ")[0]
    while last and measured(last + "…", sizes[-1], bold) > room * POINTS:
        last = last[:-1]
    return " ".join([*kept[:-1], last.rstrip() + "…"]), sizes[-1]
