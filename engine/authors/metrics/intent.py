"""The exact reading of a request for known metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from engine.products import Output, Product, Reading, WhatIf

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
        return ", ".join(" and ".join(values) for values in self.filters.values())
