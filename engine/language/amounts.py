"""Amounts in business English: "$1.2m", "30,000", "150 basis points", "10 %", "850 sqft", "twenty five"."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from engine.language.words import NUMBER_WORDS, number_of

# Words of number after word of number can say more than any amount.
LARGEST = 10**18
_MULTIPLES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mm": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "billion": 1e9,
}
_UNIT_WORDS = (
    (r"%|percent(?:age points?)?\b|per cent\b|pct\b", "percent"),
    (r"bps?\b|basis points?\b", "basis points"),
    (r"x\b", "x"),
    (r"sq(?:uare)?\.? ?(?:ft|feet|foot)\b\.?|sqft\b|sf\b", "sqft"),
    (r"dollars?\b|usd\b|bucks\b", "USD"),
)
_NUMERAL = re.compile(
    r"(?<![\w.])(?<!\w-)(?P<sign>[-+](?=[\d$]))?(?P<money>[$€£])?\s?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?![-/]\d)\s?(?P<multiple>(?:k|mm|mn|m|bn|b)(?!\w)|(?:thousand|million|billion)\b)?",
    re.IGNORECASE,
)
_SPELT = re.compile(
    rf"\b(?:{'|'.join(sorted(NUMBER_WORDS))})(?:[ -](?:and )?(?:{'|'.join(sorted(NUMBER_WORDS))}))*\b", re.I
)


@dataclass(frozen=True)
class AmountMatch:
    """An amount, its unit ("USD", "percent", "basis points", "sqft", "x" or none) and where it stands."""

    value: float
    unit: str
    span: tuple[int, int]

    @property
    def exact(self) -> int | float:
        """The value as a whole number where it is one."""
        return int(self.value) if math.isfinite(self.value) and self.value == int(self.value) else self.value


class Spans:
    """Stretches of a text that do not overlap, in order, looked up in few steps."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._spans = sorted(spans)
        self._starts = [start for start, _ in self._spans]

    def meet(self, start: int, end: int) -> bool:
        """Whether one of them has a place in common with the stretch from `start` up to `end`."""
        before = bisect_left(self._starts, end)
        return before > 0 and self._spans[before - 1][1] > start


def find_amounts(text: str) -> tuple[AmountMatch, ...]:
    """Every amount of a text, in order. A percentage keeps its number: "10 %" is 10 percent."""
    found = [_numeral(match, text) for match in _NUMERAL.finditer(text)]
    taken = Spans(amount.span for amount in found)
    for match in _SPELT.finditer(text):
        value = number_of(re.split(r"[ -]", match.group(0).lower()))
        if value is None or value > LARGEST or taken.meet(match.start(), match.end()):
            continue
        end, unit = _unit(text, match.end())
        found.append(AmountMatch(float(value), unit, (match.start(), end)))
    return tuple(sorted(found, key=lambda amount: amount.span))


def _numeral(match: re.Match[str], text: str) -> AmountMatch:
    value = float(match["number"].replace(",", "")) * _MULTIPLES.get((match["multiple"] or "").lower(), 1)
    end, unit = _unit(text, match.end())
    if match["money"]:
        unit = "USD"
    start = match.start() + len(match.group(0)) - len(match.group(0).lstrip())
    stop = end if end != match.end() else match.start() + len(match.group(0).rstrip())
    return AmountMatch(-value if match["sign"] == "-" else value, unit, (start, stop))


def _unit(text: str, at: int) -> tuple[int, str]:
    for pattern, unit in _UNIT_WORDS:
        if found := re.compile(r"[ -]?(?:" + pattern + ")", re.IGNORECASE).match(text, at):
            return found.end(), unit
    return at, ""
