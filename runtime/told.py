"""Scenarios with what stands behind each, as `comparing.behind` told it: put together, and read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Beyond so many scenarios nobody reads what stands behind each.
MOST = 200


def listed(scenarios: Sequence[Mapping[str, Any]], told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The scenarios with what stands behind each."""
    return [{**scenario, **more} for scenario, more in zip(scenarios, told, strict=True)]


@dataclass(frozen=True)
class MovedQuantity:
    """A quantity that moved in a scenario: its value in the base and in each scenario, in their order."""

    name: str
    label: str
    unit: str
    formula: str
    base: float
    values: tuple[float | None, ...]


def moved(names: Sequence[str], scenarios: Sequence[Mapping[str, Any]]) -> list[MovedQuantity]:
    """Those of the quantities `names`, in their order, that moved in any of the scenarios, which `listed` gives."""
    by_scenario = [{step["name"]: step for step in scenario.get("steps", ())} for scenario in scenarios]
    found = []
    for name in names:
        step = next((steps[name] for steps in by_scenario if name in steps), None)
        if step is not None:
            values = tuple(steps[name]["value"] if name in steps else step["base"] for steps in by_scenario)
            found.append(MovedQuantity(name, step["label"], step["unit"], step["formula"], step["base"], values))
    return found
