"""How random a text looks."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter

from .shapes import CHECKSUM

ALPHABET = re.compile(
    r"(?i)abcdefghijklmnopqrstuvwxyz|zyxwvutsrqponmlkjihgfedcba|^(0123456789(abcdef)?|1234567890(abcdef)?|9876543210)$"
)


def is_random(text: str) -> bool:
    """Whether a text looks like a generated key: long, one word, letters of both cases and digits mixed."""
    if (
        ALPHABET.search(text)
        or CHECKSUM.match(text)
        or not 24 <= len(text) <= 200
        or not re.fullmatch(r"[A-Za-z0-9+/=_\-.~!@#$%^&*]+", text)
    ):
        return False
    if not (re.search(r"[a-z]", text) and re.search(r"[A-Z]", text) and len(re.findall(r"\d", text)) >= 3):
        return False
    turns = sum(_sort(first) != _sort(second) for first, second in itertools.pairwise(text))
    return entropy(text) > 3.9 and turns / len(text) > 0.4


def _sort(letter: str) -> int:
    return 0 if letter.islower() else 1 if letter.isupper() else 2 if letter.isdigit() else 3


def entropy(text: str) -> float:
    """Shannon's bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
