"""Which driver matters: the tornado, elasticities, and one- and two-way tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..contract import Parameter
from ..evaluate import Evaluator
from ..failures import UsageFailure
from . import fields

STEPS = 11
MOST_CELLS = 10_000
# The reach of a tornado's bars when none is given: a tenth of the way to each bound.
REACH = 0.2


def tornado(evaluator: Evaluator, output: str, ranges: Mapping[str, Sequence[float]] | None = None) -> dict[str, Any]:
    """The output with each driver at its low and at its high value, the others at their defaults; widest first.

    `ranges` gives a driver's two values; by default they lie REACH of the way to its bounds. `elasticity` is
    the relative change of the output per unit of the driver: for a driver that is a fraction, percent per point.
    """
    wanted = fields.output(evaluator, output)
    given = ranges or {}
    for name in given:
        fields.driver(evaluator, name)
    drivers = [p for p in evaluator.model.parameters if wanted in evaluator.touched((p.name,))]
    ends_of = {p.name: _range(p, given.get(p.name)) for p in drivers}
    base = float(evaluator.base.values[wanted])
    defaults = evaluator.model.defaults
    rows = [{**defaults, name: value} for name, ends in ends_of.items() for value in ends]
    found = fields.values_at(evaluator, rows, wanted) if rows else np.array([])
    bars = [
        _bar(parameter, ends_of[parameter.name], found[2 * place : 2 * place + 2], base)
        for place, parameter in enumerate(drivers)
    ]
    still = [p.name for p in evaluator.model.parameters if p not in drivers]
    bars.sort(key=lambda bar: -(bar["swing"] or 0.0))
    return {"output": wanted, "base": base, "bars": bars, "without_effect": still}


def _range(parameter: Parameter, given: Sequence[float] | None) -> tuple[float, float]:
    if given is not None:
        if len(given) != 2:
            raise UsageFailure(f"ranges: {parameter.name} needs a low and a high value.", "Give two numbers.")
        return fields.bounds(f"ranges of {parameter.name}", given[0], given[1])
    return reach(parameter)


def reach(parameter: Parameter) -> tuple[float, float]:
    """The driver's range when none is given: REACH of the way from its default to each bound."""
    down = parameter.default + REACH * (parameter.low - parameter.default)
    up = parameter.default + REACH * (parameter.high - parameter.default)
    return down, up


def _bar(parameter: Parameter, ends: tuple[float, float], found: np.ndarray, base: float) -> dict[str, Any]:
    at_low, at_high = fields.listed(found)
    swing = abs(at_high - at_low) if at_low is not None and at_high is not None else None
    width = ends[1] - ends[0]
    slope = (at_high - at_low) / width if swing is not None and at_high is not None and at_low is not None else None
    return {
        "driver": parameter.name,
        "label": parameter.label,
        "low": ends[0],
        "high": ends[1],
        "at_low": at_low,
        "at_high": at_high,
        "swing": swing,
        "elasticity": slope / base if slope is not None and base else None,
    }


def grid(
    evaluator: Evaluator,
    output: str,
    x: str,
    y: str = "",
    x_values: Sequence[float] | None = None,
    y_values: Sequence[float] | None = None,
) -> dict[str, Any]:
    """The output over the values of one driver, or of two: `rows` has a row for each value of y."""
    wanted = fields.output(evaluator, output)
    across = _axis(evaluator, x, x_values, wanted)
    down = _axis(evaluator, y, y_values, wanted) if y else [None]
    if x == y:
        raise UsageFailure(f"y: {y} is on both axes.", "Choose two drivers.")
    if len(across) * len(down) > MOST_CELLS:
        raise UsageFailure(f"x_values: the table has more than {MOST_CELLS:,} cells.", "Take fewer values.")
    defaults = evaluator.model.defaults
    rows = [
        {**defaults, x: first, **({y: second} if second is not None else {})} for second in down for first in across
    ]
    found = fields.values_at(evaluator, rows, wanted).reshape(len(down), len(across))
    return {
        "output": wanted,
        "x": x,
        "y": y,
        "x_values": across,
        "y_values": [value for value in down if value is not None],
        "rows": [fields.listed(row) for row in found],
    }


def _axis(evaluator: Evaluator, name: str, given: Sequence[float] | None, wanted: str) -> list[float]:
    parameter = fields.driver(evaluator, name)
    fields.moved(evaluator, name, wanted)
    if given is None:
        spread = np.linspace(parameter.low, parameter.high, STEPS)
        return sorted({round(float(value), 10) for value in (*spread, parameter.default)})
    return [fields.number(f"values of {name}", value) for value in given]
