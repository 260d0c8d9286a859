"""A script opened over its data: one evaluation kept, every question answered from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import results
from .evaluate import Evaluator, scalar
from .failures import UsageFailure
from .model import load as load_model
from .snapshot import load as load_snapshot

SCENARIO_CAP = 1_000_000
Progress = Callable[[int, int], None]


class Workspace:
    """The script of a folder, over its snapshot or a database, evaluated once."""

    def __init__(self, folder: Path, database: str | None = None) -> None:
        self.folder = folder
        self.model = load_model(folder / "script.py")
        self.snapshot = load_snapshot(folder, self.model.sources, database)
        self.evaluator = Evaluator(self.model, self.snapshot.frames)

    def results(self, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The results document at these parameter values, the rest at their defaults."""
        evaluation = self.evaluator.at(values) if values else self.evaluator.base
        return results.document(self.model, evaluation, self.snapshot.notes)

    def what_if(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a tornado, grid, goal_seek, break_even or monte_carlo question."""
        from . import whatif

        return whatif.ask(self.evaluator, question)

    def simulate(self, scenarios: Any, tell: Progress | None = None) -> dict[str, Any]:
        """Every metric for every scenario: `{"scenarios": [{"name", "parameters", "metrics"}], ...}`.

        `scenarios` is a list such as `[{"name": "optimistic", "revenue_change": 0.10}]`.
        """
        named = named_scenarios(scenarios)
        outputs = [entry.quantity for entry in self.model.metrics]
        numbers = [name for name in outputs if isinstance(scalar(self.evaluator.base.values[name]), float)]
        sweep = self.evaluator.many([values for _, values in named], numbers, tell)
        columns = {name: _listed(sweep.values[name]) for name in numbers}
        defaults = self.model.defaults
        return {
            "scenarios": [
                {
                    "name": name,
                    "parameters": {**defaults, **self.model.check(values)},
                    "metrics": {output: columns[output][index] for output in numbers},
                }
                for index, (name, values) in enumerate(named)
            ],
            "computed": list(sweep.computed),
            "arrays": sweep.arrays,
        }


def named_scenarios(scenarios: Any) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Each scenario's name and values; a scenario without a name is numbered.

    Raises:
        UsageFailure: not a list of objects, an empty list, or more than SCENARIO_CAP.
    """
    if not isinstance(scenarios, list) or not all(isinstance(item, Mapping) for item in scenarios):
        raise UsageFailure(
            "The scenarios are not a list of objects.",
            'Send {"scenarios": [{"name": "optimistic", "revenue_change": 0.10}]}.',
        )
    if not 0 < len(scenarios) <= SCENARIO_CAP:
        raise UsageFailure(f"{len(scenarios)} scenarios were sent.", f"Send from 1 to {SCENARIO_CAP:,}.")
    return [
        (
            str(item.get("name") or f"scenario {index}"),
            {key: value for key, value in item.items() if key != "name"},
        )
        for index, item in enumerate(scenarios, 1)
    ]


def _listed(values: np.ndarray) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]
