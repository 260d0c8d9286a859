"""What a what-if is asked about, checked: drivers, outputs, numbers. Every refusal names the field."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..contract import Parameter
from ..evaluate import Evaluator
from ..failures import UsageFailure


def driver(evaluator: Evaluator, name: object) -> Parameter:
    """The parameter of that name."""
    known = {parameter.name: parameter for parameter in evaluator.model.parameters}
    if name not in known:
        raise _unknown("driver", name, known)
    return known[str(name)]


def output(evaluator: Evaluator, name: object) -> str:
    """A metric that is a number."""
    known = {entry.quantity for entry in evaluator.model.metrics}
    if name not in known:
        raise _unknown("output", name, known)
    value = evaluator.base.values[str(name)]
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise UsageFailure(f"output: {name} is no number.", "Choose a metric that is a number.")
    return str(name)


def moved(evaluator: Evaluator, parameter: str, wanted: str) -> None:
    """Refuses a driver that the output does not depend on: a flat line would look like an answer."""
    if wanted not in evaluator.touched((parameter,)):
        raise UsageFailure(
            f"driver: {parameter} does not enter {wanted}, so changing it moves nothing.",
            "Choose a driver that the formula uses.",
        )


def number(field: str, value: object) -> float:
    """A finite number."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise UsageFailure(f"{field}: {value!r} is no number.", "Give a number such as 0.10.")
    return found


def bounds(field: str, low: object, high: object) -> tuple[float, float]:
    """Two numbers, the first below the second."""
    first, second = number(f"{field} low", low), number(f"{field} high", high)
    if not first < second:
        raise UsageFailure(f"{field}: the low bound {first:g} is not below the high bound {second:g}.", "Swap them.")
    return first, second


def values_at(evaluator: Evaluator, rows: Sequence[Mapping[str, float]], wanted: str) -> np.ndarray:
    """The output for every row of parameter values; NaN where it has none."""
    columns = {name: np.array([row[name] for row in rows], dtype=float) for name in rows[0]}
    return evaluator.sweep(columns, [wanted], len(rows)).values[wanted]


def listed(values: np.ndarray) -> list[float | None]:
    """Numbers as JSON: None where there is none."""
    return [value if math.isfinite(value) else None for value in np.asarray(values, dtype=float).tolist()]


def _unknown(field: str, name: object, known: Any) -> UsageFailure:
    near = difflib.get_close_matches(str(name), list(known), 1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return UsageFailure(f"{field}: there is none named {name!r}.", f"{meant}Choose one of: {', '.join(known)}.")
