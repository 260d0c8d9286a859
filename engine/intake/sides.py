"""Amounts with a bank's credit or debit behind them: "1,200.00 DR", "35,10 S"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.intake.numbers import written

_SIDED = re.compile(r"(?P<amount>.*\d\)?)\s*(?P<side>CR|DR|Cr|Dr|cr|dr|C|D|H|S)\.?")
_DEBITS = frozenset("DR D S".split())
_ONE_LETTER = ({"C", "D"}, {"H", "S"})


def sides_of(texts: Mapping[str, int]) -> dict[str, str]:
    """The amounts of a column as texts with a minus before each debit; empty where it says no sides.

    One letter alone behind a number may mean anything: all amounts must have one, of the same pair.
    """
    found = {
        text: match for text in texts if (match := _SIDED.fullmatch(text)) and written(match["amount"]) is not None
    }
    sides = {match["side"].upper() for match in found.values()}
    numbers = [text for text in texts if text not in found and written(text) is not None]
    if sides & {"CR", "DR"}:
        sure = 2 * len(found) >= len(found) + len(numbers)
    else:
        sure = not numbers and any(sides == pair for pair in _ONE_LETTER)
    if not found or not sure:
        return {}
    return {
        text: f"-{match['amount']}" if match["side"].upper() in _DEBITS else match["amount"]
        for text, match in found.items()
    }
