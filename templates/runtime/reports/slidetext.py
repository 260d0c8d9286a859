"""Text of slides: what they can hold, and how it is made to fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

# The report's own font is wider than most that a slide is shown with: what fits in it fits in those.
from .fonts import width as measured

POINTS = 72.0  # to the inch


def plain(text: object, cap: int = 4_000) -> str:
    """The text without what a slide cannot hold, cut when longer than `cap`."""
    letters = [
        " " if letter in "\t\r\v\f" else letter
        for letter in str(text)[: cap + 1]
        if letter in "\n\t\r\v\f" or unicodedata.category(letter) not in ("Cc", "Cs", "Cn", "Co")
    ]
    found = "".join(letters)
    return found if len(found) <= cap else found[: cap - 1].rstrip() + "…"


def wrapped(text: str, size: float, room: float, bold: bool = False) -> list[str]:
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
