"""What of a request only says that it follows the answer before it, and how. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("following.txt")
_MARKS = " \t\n?!.,;:\u2026-\u2013\u2014"
_SAME = re.compile(r"(?:and |now |do |but )*(?:the )?same(?: again| thing)? for\b", re.IGNORECASE)
_BARE = re.compile(
    r"\b(?:q[1-4]|(?:first|second|third|fourth|1st|2nd|3rd|4th) quarter|january|february|march|april|june|july|august"
    r"|september|october|november|december|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b|(?<=in )may|(?<=for )may"
    r"|(?<=and )may|(?<=to )may|^may$)\b(?!\W*(?:of\W+)?(?:19|20)\d\d)",
    re.IGNORECASE,
)
_QUARTERS = (("q1", "first", "1st"), ("q2", "second", "2nd"), ("q3", "third", "3rd"), ("q4", "fourth", "4th"))
# Of these words a condition is made, so they stay with what follows them.
_KEPT = frozenset({"keep only", "and only", "and just", "now only", "now just"})


@dataclass(frozen=True)
class Said:
    """A follow-up without the words that only tie it to the answer before; `text` is what is left.

    `points` is whether it points back at all, `adds` whether what was there stays beside what is said, `whole` whether
    it says that what was there goes, and `instead` what is named as what goes ("instead of month"). `shift` moves the
    period: how many, and of what.
    """

    text: str
    points: bool = False
    adds: bool = False
    whole: bool = False
    instead: str = ""
    kind: str = ""
    """back, why or rows where that is asked and nothing else; else nothing."""
    shift: tuple[int, str] | None = None
    scope: bool = False
    """Whether all that was asked is asked of something else: "the same for Tampa"."""


def heard(text: str) -> Said:
    """What a follow-up says besides that it is one."""
    plain = re.sub(r"\s+", " ", text).strip(_MARKS)
    for kind in ("BACK", "WHY"):
        if _bare(plain) in _phrases()[kind]:
            return Said("", True, kind=kind.lower())
    if (rest := _without_rows(plain)) is not None:
        return Said(rest, True, kind="rows")
    first, *told_first = _trimmed(plain)
    said, parted = _parted(first)
    left, *told_next = _trimmed(parted)
    points, adds, whole = (one or other for one, other in zip(told_first, told_next, strict=True))
    words = re.findall(r"[\w']+", left.lower())
    keeps = any(left.lower().startswith(f"{each} ") for each in _phrases()["KEEPS"])
    backwards = any(word in _phrases()["BACKWARDS"] for word in words)
    told = keeps or points or adds or whole or bool(said) or backwards
    scope = _SAME.match(plain) is not None
    if (moved := _shift(left)) is not None:
        return Said("", True, adds, whole, said, shift=moved)
    return Said(left, told, adds, whole, said, scope=scope)


def goes_back(text: str) -> bool:
    """Whether a request only wants the answer before the last one again."""
    return heard(text).kind == "back"


def asks_why(text: str) -> bool:
    """Whether a request only asks why the number is what it is."""
    return heard(text).kind == "why"


def in_its_year(text: str, low: str, high: str, today: date) -> str:
    """The words with a year behind a month or a quarter that is said without one: that of the period before.

    The period goes from `low` up to and without `high`; where it is none or of several years, a quarter is the last one
    of that number that is over, and a month is as it is said.
    """
    within = low and high and (date.fromisoformat(high) - timedelta(days=1)).isoformat()[:4] == low[:4]

    def dated(found: re.Match[str]) -> str:
        if within:
            return f"{found[0]} {low[:4]}"
        number = next((at for at, words in enumerate(_QUARTERS, 1) if found[0].lower().startswith(words)), 0)
        return f"{found[0]} {today.year - (number * 3 >= today.month)}" if number else found[0]

    return _BARE.sub(dated, text)


def _bare(text: str) -> str:
    return text.lower().removeprefix("please ").removesuffix(" please").strip(_MARKS)


def _without_rows(text: str) -> str | None:
    """What stands beside words that want the rows counted; None where there are no such words at the end."""
    low = text.lower()
    for phrase in _longest("ROWS"):
        if low == phrase or low.endswith(f" {phrase}"):
            rest = text[: len(text) - len(phrase)].strip(_MARKS)
            return re.sub(r"^(?:and|now|so|please|can you|could you)\s+", "", rest, flags=re.IGNORECASE)
    return None


def _parted(text: str) -> tuple[str, str]:
    """What is named as what goes, and the rest: "by plant instead of quarter"."""
    for phrase in _phrases()["FOR"]:
        found = re.search(rf"\s{phrase}\s+", text, re.IGNORECASE)
        if phrase != "not" and found:
            return text[found.end() :].strip(_MARKS), text[: found.start()].strip(_MARKS)
    if found := re.match(
        r"(?:replace|swap|exchange)\s+(?P<old>.+?)\s+(?:by|with|for)\s+(?P<new>.+)$", text, re.IGNORECASE
    ):
        return found["old"], found["new"]
    return "", text


def _trimmed(text: str) -> tuple[str, bool, bool, bool]:
    """The text without the phrases before and behind it that only tie it, and what they say."""
    found: list[tuple[str, str]] = []
    while text:
        led = _led(text)
        if led is None:
            break
        kind, phrase, text = led
        found.append((kind, phrase))
    points = any(phrase != "please" for _, phrase in found)
    adds = any(kind in ("ADDS", "ADDING") for kind, _ in found)
    return text, points, adds, any(phrase in ("instead", "rather") for _, phrase in found)


def _led(text: str) -> tuple[str, str, str] | None:
    """The first phrase that only ties a text, before it or behind it: its kind, itself, and the text without it."""
    low = text.lower()
    for kind in ("ADDS", "LEAD"):
        for phrase in _longest(kind):
            if low.startswith((f"{phrase} ", f"{phrase},")):
                kept = phrase.split()[-1] if phrase in _KEPT else ""
                return kind, phrase, f"{kept} {text[len(phrase) :].strip(_MARKS)}".strip()
    for kind in ("TRAIL", "ADDING"):
        for phrase in _longest(kind):
            if low.endswith(f" {phrase}"):
                return kind, phrase, text[: -len(phrase)].strip(_MARKS)
    return None


def _longest(kind: str) -> list[str]:
    return sorted(_phrases()[kind], key=len, reverse=True)


def _shift(text: str) -> tuple[int, str] | None:
    """How far the period is moved, where nothing else is said."""
    low = re.sub(r"^(?:for|in|of|during)\s+", "", _bare(text))
    for kind, phrases in _phrases().items():
        if kind.startswith("SHIFT:") and low in phrases:
            count, _, unit = kind.removeprefix("SHIFT:").partition(" ")
            return int(count), unit
    return None


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            kind, _, phrases = line.partition(" = ")
            found[kind] += [phrase.strip() for phrase in phrases.split(";")]
    return {kind: tuple(phrases) for kind, phrases in found.items()}
