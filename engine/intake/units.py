"""The unit of a column: what stands behind most of its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from engine.intake.numbers import UNITS, Written

_SURELY, _LARGEST_SHARE = 0.8, 1.5


def scaled(numbers: Mapping[str, Written], counts: Mapping[str, int]) -> dict[str, Written]:
    """The numbers without codes like 102B: a letter multiplies money, fractions, and where most cells have one."""
    letters = sum(counts[text] for text, number in numbers.items() if number.factor != 1)
    usual = 2 * letters >= sum(counts[text] for text in numbers)
    return {
        text: number
        for text, number in numbers.items()
        if number.factor == 1 or number.money or not number.core.isdigit() or usual
    }


def unit_of(numbers: Mapping[str, Written], counts: Mapping[str, int]) -> tuple[str, dict[str, Written]]:
    """The unit of a column, and its numbers: a word behind a number is a unit where most have it."""
    units: Counter[str] = Counter()
    for text, number in numbers.items():
        units[number.unit] += counts[text]
    strange = _strange(units)
    numbers = {text: number for text, number in numbers.items() if number.unit not in strange}
    named = {number.unit for number in numbers.values() if number.unit}
    if len(named) > 1:
        # Two units in one column are not one number.
        most = max(named, key=lambda unit: units[unit])
        return most, {text: number for text, number in numbers.items() if number.unit in (most, "")}
    unit, numbers = _shares_apart(named.pop() if named else "", numbers, counts)
    return ("percent" if unit == "basis points" else unit), numbers


def _strange(units: Counter[str]) -> set[str]:
    """The words behind numbers that are no units: not known, and not behind most of them."""
    known, total = set(UNITS.values()), sum(units.values())
    strange = {unit for unit in units if unit and unit not in known}
    return {unit for unit in strange if units[unit] < _SURELY * total or units[unit] < 2 or len(unit) < 2}


def _shares_apart(unit: str, numbers: dict[str, Written], counts: Mapping[str, int]) -> tuple[str, dict[str, Written]]:
    """5 % beside 1,200: what is fewer is no number of the column."""
    bare = _not_shares(numbers) if unit in ("percent", "basis points") else []
    if not bare:
        return unit, numbers
    shares = [text for text in numbers if numbers[text].unit == unit]
    fewer = min((shares, bare), key=lambda texts: sum(counts[text] for text in texts))
    return "" if fewer is shares else unit, {text: each for text, each in numbers.items() if text not in fewer}


def _not_shares(numbers: Mapping[str, Written]) -> list[str]:
    """The numbers without a unit where any of them is too large for a share as a fraction."""
    bare = [text for text, number in numbers.items() if not number.unit]
    sizes = [abs(value) for text in bare if (value := numbers[text].value(".") or numbers[text].value(",")) is not None]
    return bare if any(size > _LARGEST_SHARE for size in sizes) else []
