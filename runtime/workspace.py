"""A script opened over its data: one evaluation kept, every question answered from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import results
from .batch import Batch, batch
from .comparing import behind
from .evaluate import Evaluator, Sweep, scalar
from .model import load as load_model
from .snapshot import load as load_snapshot
from .told import MOST, listed

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
        """The answer to a tornado, grid, sobol, goal_seek, break_even or monte_carlo question."""
        from . import whatif

        return whatif.ask(self.evaluator, question)

    def simulate(self, scenarios: Any, tell: Progress | None = None, *, steps: bool = False) -> dict[str, Any]:
        """Every metric for every scenario: `{"scenarios": [{"name", "parameters", "metrics"}], ...}`.

        `scenarios` is a list such as `[{"name": "optimistic", "revenue_change": 0.10}]`. With `steps` each has the
        quantities in between that moved, and what it assumes.

        Raises:
            UsageFailure: no list of scenarios, too many, an unknown driver, a value that is no number or out of range.
        """
        asked = batch(scenarios)
        found = self.sweep(asked, tell)
        rows = asked.rows(self.model.defaults, found.values)
        return {
            "scenarios": listed(rows, behind(self.evaluator, asked)) if steps else rows,
            "computed": list(found.computed),
            "arrays": found.arrays,
        }

    def compared(self, scenarios: Any) -> list[dict[str, Any]]:
        """The scenarios as a report takes them: with what stands behind each, unless they are too many for that."""
        asked = batch(scenarios)
        found: list[dict[str, Any]] = self.simulate(scenarios, steps=len(asked) <= MOST)["scenarios"]
        return found

    def behind(self, scenarios: Any) -> list[dict[str, Any]]:
        """What stands behind each scenario: `steps` and `assumes`, as `comparing.behind` gives them."""
        return behind(self.evaluator, batch(scenarios))

    def sweep(self, scenarios: Batch, tell: Progress | None = None) -> Sweep:
        """Every metric that is a number, for every scenario, as columns."""
        outputs = [entry.quantity for entry in self.model.metrics]
        numbers = [name for name in outputs if isinstance(scalar(self.evaluator.base.values[name]), float)]
        return self.evaluator.sweep_batch(scenarios, numbers, tell)
