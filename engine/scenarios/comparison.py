"""The comparison of scenarios with its numbers kept as numbers: a scenario a row, and for each figure a column of its
value, of its change to the base, and of its verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.products import MetricValue, Results
from runtime.units import verdict

BASE = "Base"


@dataclass(frozen=True)
class Compared:
    """One figure under the base and under every scenario, in one order."""

    metric: MetricValue
    values: tuple[float | None, ...]

    @property
    def base(self) -> float:
        """Its value in the base case."""
        return float(self.metric.value or 0)

    @property
    def judged(self) -> bool:
        """Whether a threshold says something of it."""
        return bool(self.metric.good or self.metric.bad)

    @property
    def relative(self) -> bool:
        """Whether a change is told as a share of the base: not of shares and multiples, which change by points."""
        return self.metric.unit not in ("percent", "x") and self.base != 0

    @property
    def changes(self) -> tuple[float | None, ...]:
        """The change of each to the base, as a share of it where that is how it is told."""
        size = abs(self.base) if self.relative else 1.0
        return tuple(None if value is None else (value - self.base) / size for value in self.values)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """Good, short or breach for each."""
        return tuple(verdict(value, self.metric.good, self.metric.bad) for value in self.values)


def names_of(computed: Sequence[Mapping[str, Any]]) -> list[str]:
    """The base and the scenarios, as they are called."""
    return [BASE, *(str(scenario["name"]) for scenario in computed)]


def compared(results: Results, computed: Sequence[Mapping[str, Any]]) -> list[Compared]:
    """Every figure that is a number, those with a threshold first."""
    found = [
        Compared(metric, (float(metric.value), *(scenario["metrics"].get(metric.name) for scenario in computed)))
        for metric in results.metrics
        if isinstance(metric.value, float | int)
    ]
    return sorted(found, key=lambda each: not each.judged)
