"""What value of a driver brings an output to a target: every one within bounds, and none said when there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq

from ..evaluate import Evaluator
from ..failures import UsageFailure
from . import fields

# Points looked at between the bounds; two solutions nearer than one step of them may be told as one.
POINTS = 129


def goal_seek(
    evaluator: Evaluator, output: str, target: float, driver: str, low: float | None = None, high: float | None = None
) -> dict[str, Any]:
    """Every value of the driver between the bounds (by default its own) at which the output is the target.

    Without any, `nearest` says how near it comes and where.
    """
    wanted = fields.output(evaluator, output)
    goal = fields.number("target", target)
    parameter = fields.driver(evaluator, driver)
    fields.moved(evaluator, driver, wanted)
    start, end = fields.bounds(
        "driver", parameter.low if low is None else low, parameter.high if high is None else high
    )
    places = np.union1d(np.linspace(start, end, POINTS), [min(max(parameter.default, start), end)])
    gaps = _gaps(evaluator, driver, wanted, places, goal)
    solutions = _solutions(evaluator, driver, wanted, goal, places, gaps)
    answer: dict[str, Any] = {
        "output": wanted,
        "target": goal,
        "driver": driver,
        "label": parameter.label,
        "base": float(evaluator.base.values[wanted]),
        "default": parameter.default,
        "bounds": [start, end],
        "solutions": solutions,
        "nearest": None,
    }
    known = np.isfinite(gaps)
    if not solutions and known.any():
        place = int(np.nanargmin(np.where(known, np.abs(gaps), np.nan)))
        answer["nearest"] = {"value": float(places[place]), "output": float(gaps[place] + goal)}
    return answer


def break_even(evaluator: Evaluator, output: str, target: float) -> dict[str, Any]:
    """Goal seek for every driver alone: what each would have to be for the output to be the target."""
    wanted = fields.output(evaluator, output)
    goal = fields.number("target", target)
    drivers = [p.name for p in evaluator.model.parameters if wanted in evaluator.touched((p.name,))]
    if not drivers:
        raise UsageFailure(f"output: no driver enters {wanted}.", "Choose an output that a driver moves.")
    return {"output": wanted, "target": goal, "rows": [goal_seek(evaluator, wanted, goal, name) for name in drivers]}


def _gaps(evaluator: Evaluator, driver: str, wanted: str, places: np.ndarray, goal: float) -> np.ndarray:
    defaults = evaluator.model.defaults
    rows = [{**defaults, driver: float(place)} for place in places]
    return fields.values_at(evaluator, rows, wanted) - goal


def _solutions(
    evaluator: Evaluator, driver: str, wanted: str, goal: float, places: np.ndarray, gaps: np.ndarray
) -> list[float]:
    def gap(value: float) -> float:
        return float(_gaps(evaluator, driver, wanted, np.array([value]), goal)[0])

    found = [float(place) for place, miss in zip(places, gaps, strict=True) if miss == 0]
    for left, right, before, after in zip(places[:-1], places[1:], gaps[:-1], gaps[1:], strict=True):
        if not (np.isfinite(before) and np.isfinite(after)) or before * after >= 0:
            continue
        root = float(brentq(gap, left, right, xtol=1e-13, rtol=1e-14))
        # A pole changes sign too; there the gap is huge, not zero.
        if abs(gap(root)) <= 1e-6 * max(1.0, abs(goal)):
            found.append(root)
    return sorted(found)
