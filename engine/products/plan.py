"""Step 2: what is read, computed and shown, and what is supposed beside the base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from engine.products.base import Place, Product


class SourcePlan(Product):
    """One SELECT: what it reads, in words and in SQL, with its values bound, over the database or over datasets."""

    name: str
    reads: str
    sql: str
    bound: Mapping[str, Any] = Field(default_factory=dict)
    place: Place = "database"


class ParameterPlan(Product):
    """What a scenario may change."""

    name: str
    label: str
    default: float = 0.0
    low: float = -0.5
    high: float = 0.5
    unit: str = "percent"
    step: float | None = None
    description: str = ""


class QuantityPlan(Product):
    """One quantity: its arguments, the statements of its body, what it means."""

    name: str
    arguments: tuple[tuple[str, str], ...] = Field(description="(name, annotation), e.g. ('noi', 'float')")
    returns: str
    definition: str
    body: tuple[str, ...] = Field(description="lines of Python; the last is a return")


class ViewPlan(Product):
    """One entry of the view: kind is Metric, Chart or Table; the rest are its keyword arguments."""

    kind: str
    quantity: str
    options: Mapping[str, Any] = Field(default_factory=dict)


class Scenario(Product):
    """A named set of parameter values."""

    name: str
    values: Mapping[str, float] = Field(default_factory=dict)


class Goal(Product):
    """A target for a metric; `driver` is what shall reach it, empty for each driver alone."""

    output: str
    target: float
    driver: str = ""


class WhatIf(Product):
    """What a request supposes: scenarios beside the base, and a goal to reach."""

    scenarios: tuple[Scenario, ...] = ()
    goal: Goal | None = None

    @property
    def drivers(self) -> tuple[str, ...]:
        """The parameters that it speaks of."""
        named = [name for scenario in self.scenarios for name in scenario.values]
        return tuple(dict.fromkeys([*named, *([self.goal.driver] if self.goal and self.goal.driver else [])]))


class Plan(Product):
    """Step 2: what will be read, computed, shown and assumed, in words a person can approve."""

    title: str
    summary: str
    sources: tuple[SourcePlan, ...]
    parameters: tuple[ParameterPlan, ...] = ()
    quantities: tuple[QuantityPlan, ...]
    view: tuple[ViewPlan, ...]
    assumptions: tuple[str, ...] = ()
    period: str = Field(default="", description="of when the figures are, such as 'Nov 2025 to Oct 2026'")
    helpers: tuple[str, ...] = Field(default=(), description="private functions and constants, as Python")
    imports: tuple[str, ...] = Field(default=(), description="imports that the bodies need besides the usual ones")
    intent: Mapping[str, Any] = Field(default_factory=dict, description="the author's own exact reading of the plan")
    what_if: WhatIf = WhatIf()
    check: SourcePlan | None = Field(
        default=None, description="a SELECT that the script must agree with, row by row, at every run"
    )
