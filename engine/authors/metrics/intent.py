"""The exact reading of a request for known metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from engine.products import Output, Product, Reading, WhatIf

# The group of what is named, where different things are compared: one property and a city.
NAMED = "named"
# Stands for any member in the filters of a plan; it is replaced before anything is read.
ANY_MEMBER = "any member"
# A title names at most so many members, else the first few.
_MOST_TOLD, _FEW = 6, 3
TIME_GRAINS = ("month", "quarter", "year")
Counting = Literal["", "number", "share"]


class Threshold(Product):
    """Only groups whose first metric compares so."""

    comparison: str
    value: float


class Intent(Product):
    """What is wanted, with nothing left open.

    `group` holds dimension names and at most one time grain; `order` is worst, best, high, low or empty; `counting` is
    whether it is asked how many there are, or what share of all.
    """

    metrics: tuple[str, ...] = ()
    report: str = ""
    filters: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    group: tuple[str, ...] = ()
    order: str = ""
    limit: int | None = None
    threshold: Threshold | None = None
    counting: Counting = ""
    start: str = ""
    end: str = ""
    period: str = ""
    rolling: int = Field(default=0, description="months that end with the last one on record; 0: start and end say")
    beside: bool = Field(default=False, description="what is named is compared, so all of it is meant, side by side")
    compares: bool = Field(default=False, description="two periods, one after the other, are compared")
    change: Literal["", "year", "quarter", "month", "compound"] = Field(
        default="", description="how the metrics changed, against the period so much earlier; compound: growth a year"
    )
    given: Mapping[str, float] = Field(default_factory=dict, description="values of drivers that the request gives")
    like: bool = Field(default=False, description="like for like: only those that are in both periods")
    outputs: frozenset[Output] = frozenset({Output.ANSWER})
    readings: tuple[Reading, ...] = ()
    what_if: WhatIf = WhatIf()

    @property
    def grain(self) -> str:
        """The time grain of the grouping, empty when it has none."""
        return next((name for name in self.group if name in TIME_GRAINS), "")

    @property
    def scope(self) -> str:
        """The filters in words, empty for everything."""
        return ", ".join(map(told, self.filters.values()))


def told(values: Sequence[str]) -> str:
    """Values in words; of many the first and how many more: a title names no forty properties."""
    if len(values) <= _MOST_TOLD:
        return " and ".join(values)
    first = ", ".join(values[:_FEW])
    return f"{first} and {len(values) - _FEW} more"
