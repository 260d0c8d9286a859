"""Secrets blotted out of texts that others wrote, however they come back: spaced, encoded, in other letters."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from urllib.parse import quote

from engine.errors import EngineError

BLOT = "***"
# Shorter ones would blot out parts of ordinary words.
LEAST = 4
_LEAST_CORE = 6
# What may stand between the letters of a secret that is spelt out.
_BETWEEN = r"[\s\u200b\u200c\u200d\u2060\ufeff.,_|\-]{0,3}"
_DIGITS_64 = "[A-Za-z0-9+/_=-]*"


def blotted(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets: as they are, in other cases, spelt out, in base64, hexadecimal or percents."""
    for secret in sorted(filter(None, set(secrets)), key=len, reverse=True):
        if len(secret) < LEAST:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", BLOT, text)
        else:
            text = _pattern(secret).sub(BLOT, text)
    return text


@contextmanager
def blotting(secrets: Iterable[str]) -> Iterator[None]:
    """Errors that leave the block say nothing of the secrets."""
    known = tuple(secrets)
    try:
        yield
    except EngineError as error:
        error.message, error.hint = blotted(error.message, known), blotted(error.hint, known)
        error.args = (error.message,)
        raise


def parts_of(value: str) -> tuple[str, ...]:
    """A header's value and the words in it that may be the secret: what stands behind `Bearer`."""
    return (value, *(word for word in value.split() if len(word) >= 2 * LEAST))


@lru_cache(maxsize=64)
def _pattern(secret: str) -> re.Pattern[str]:
    raw = secret.encode()
    spelt = _BETWEEN.join(map(re.escape, secret))
    backwards = _BETWEEN.join(map(re.escape, reversed(secret)))
    hexadecimal = r"[\s:\-]?".join(rf"(?:0x|\\x|%)?{byte:02x}" for byte in raw)
    ways = [f"(?i:{spelt})", f"(?i:{backwards})", f"(?i:{hexadecimal})"]
    if (percents := quote(secret, safe="")) != secret:
        ways.append(f"(?i:{re.escape(percents)})")
    ways += [rf"{_DIGITS_64}{core}{_DIGITS_64}" for core in _cores(raw)]
    return re.compile("|".join(ways))


def _cores(raw: bytes) -> Iterator[str]:
    """What base64 makes of the secret wherever it begins in a longer text, spaced or in lines too."""
    for start in range(3):
        whole = base64.b64encode(b"\0" * start + raw).decode().rstrip("=")
        # Digits that the neighbours share in are left out.
        core = whole[(0, 2, 3)[start] : len(whole) - (0 if (start + len(raw)) % 3 == 0 else 1)]
        if len(core) >= _LEAST_CORE:
            digits = (re.escape(letter) if letter not in "+/" else "[+/_-]" for letter in core)
            yield r"\s*".join(digits)
