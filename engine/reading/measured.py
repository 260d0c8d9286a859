"""What a wish became: a measure, how it is called, and its unit. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from engine.question.model import Function, Measure
from engine.reading.asking import Wish

FUNCTIONS: dict[str, Function] = {
    "count": "count", "sum": "sum", "avg": "avg", "min": "min", "max": "max", "median": "median",
}  # fmt: skip
CALLED = {"sum": "Total", "avg": "Average", "min": "Lowest", "max": "Highest", "median": "Median", "count": "Number of"}


@dataclass(frozen=True)
class Measured:
    """A wish as a measure, with how it is called and its unit."""

    wish: Wish
    value: Measure
    label: str
    unit: str = ""
