"""What stands in a cell where a value is not known, does not apply or could not be computed."""

from __future__ import annotations

import re
from pathlib import Path

DASHES = frozenset({"-", "--", "\u2013", "\u2014"})
MISSING = frozenset({"", "na", "n/a", "n.a.", "nan", "null", "none", "#n/a", "nil", ".", ":", "..", "..."}) | DASHES
# In a column of text "none" may be an answer and a dash a mark; these say nothing in any.
NO_TEXT = frozenset({"", "n/a", "#n/a", "nan", "null"})
ERRORS = frozenset(
    {
        "#div/0!",
        "#ref!",
        "#value!",
        "#name?",
        "#num!",
        "#null!",
        "#n/a",
        "#getting_data",
        "#spill!",
        "#calc!",
        "#error!",
    }
)
# Words that people write where a number or a date is not known or does not apply; blanks in them are dashes.
_WORDS = frozenset(Path(__file__).with_name("standins.txt").read_text(encoding="utf-8").split())
# A figure with a letter behind it, as statistics mark what is provisional, or a share among amounts.
_FLAGGED = re.compile(r"-?\d[\d.,]*(?:\s[a-z]|\s?%)")
_MARKED = re.compile(
    r"(?:[~≈<>≤≥]|(?:est|approx|ca|circa|about)\.?)\s*[$€£]?\d[\d.,]*|[$€£]?\d[\d.,]*\s*(?:[*†‡^§]+|\((?:e|est|p|r|[a-z])\)|\[\w{1,3}\])",
    re.IGNORECASE,
)


def stands_in(text: str) -> bool:
    """Whether a text is what people write where a number or a date is not known or does not apply."""
    return "-".join(re.sub(r"[().:;!,]", " ", text.lower()).split()) in _WORDS


def is_marked(text: str) -> bool:
    """Whether a text is a figure with a mark that takes something back from it: "~1300", "1300*"."""
    return _MARKED.fullmatch(text) is not None


def is_flagged(text: str) -> bool:
    """Whether a text is a figure with a letter or a percent sign behind it."""
    return _FLAGGED.fullmatch(text) is not None


def is_word(text: str) -> bool:
    """Whether a text is a word or three, as people write them among numbers, and no code."""
    return len(text) <= 40 and len(text.split()) <= 4 and not any(letter.isdigit() for letter in text)
