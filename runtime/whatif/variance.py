"""Sobol indices: how much of an output's variance each driver makes, alone and with all others.

The design and both estimators are those of Saltelli et al. (2010), doi:10.1016/j.cpc.2009.09.018, table 2 (b) and (f).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import qmc

from ..contract import Parameter
from ..evaluate import Evaluator
from ..failures import UsageFailure
from . import fields
from .chance import MOST_DRAWS, SEED, margin
from .sensitivity import reach

DRAWS = 4_096
RESAMPLES = 99


def sobol(
    evaluator: Evaluator,
    output: str,
    distributions: Mapping[str, Mapping[str, Any]] | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> dict[str, Any]:
    """The first-order and total index of every driver, each with a 95 % interval; the largest total first.

    `distributions` are those of monte_carlo, independent of each other; without any, every driver that enters is
    uniform over the range of the tornado. `first` is the share of the variance that the driver makes alone, `total`
    that which would go if it stood still; what the first ones leave of 1 is `interaction`. The number of draws is
    raised to a power of two; the model is evaluated `draws * (drivers + 2)` times.

    Raises:
        UsageFailure: a driver that moves nothing, an impossible distribution, too many draws, an output that does
            not vary, or one that has no number somewhere in the range.
    """
    wanted = fields.output(evaluator, output)
    drivers = _drivers(evaluator, wanted, distributions)
    given = distributions or {parameter.name: _uniform(parameter) for parameter in drivers}
    count = 1 << max(int(fields.number("draws", draws)) - 1, 1).bit_length()
    evaluations = count * (len(drivers) + 2)
    if evaluations > MOST_DRAWS:
        raise UsageFailure(f"draws: {evaluations:,} evaluations are over {MOST_DRAWS:,}.", "Take fewer draws.")
    source = np.random.default_rng(int(fields.number("seed", seed)))
    margins = [margin(parameter.name, given[parameter.name]) for parameter in drivers]
    found = _values(evaluator, wanted, [p.name for p in drivers], _design(margins, count, source))
    rows = _rows(drivers, found.reshape(len(drivers) + 2, count), source)
    return {
        "output": wanted,
        "base": float(evaluator.base.values[wanted]),
        "draws": count,
        "evaluations": evaluations,
        "seed": int(seed),
        "distributions": {parameter.name: dict(given[parameter.name]) for parameter in drivers},
        "rows": rows,
        "interaction": max(0.0, 1 - sum(row["first"] for row in rows)),
    }


def _drivers(evaluator: Evaluator, wanted: str, given: Mapping[str, Any] | None) -> list[Parameter]:
    if given:
        for name in given:
            fields.driver(evaluator, name)
            fields.moved(evaluator, name, wanted)
        return [parameter for parameter in evaluator.model.parameters if parameter.name in given]
    drivers = [p for p in evaluator.model.parameters if wanted in evaluator.touched((p.name,))]
    if not drivers:
        raise UsageFailure(f"output: no driver enters {wanted}.", "Choose an output that a driver moves.")
    return drivers


def _uniform(parameter: Parameter) -> dict[str, Any]:
    low, high = reach(parameter)
    return {"kind": "uniform", "low": low, "high": high}


def _design(margins: Sequence[Any], count: int, source: np.random.Generator) -> np.ndarray:
    """The points, a row a driver: A, B, then for each driver A with that driver's values of B."""
    size = len(margins)
    drawn = np.clip(qmc.Sobol(2 * size, scramble=True, rng=source).random(count), 1e-12, 1 - 1e-12).T
    first, second = (
        np.array([make(places) for make, places in zip(margins, half, strict=True)])
        for half in (drawn[:size], drawn[size:])
    )
    parts = [first, second]
    for place in range(size):
        mixed = first.copy()
        mixed[place] = second[place]
        parts.append(mixed)
    return np.concatenate(parts, axis=1)


def _values(evaluator: Evaluator, wanted: str, names: Sequence[str], places: np.ndarray) -> np.ndarray:
    columns = dict(zip(names, places, strict=True))
    values = evaluator.sweep(columns, [wanted], places.shape[1]).values[wanted]
    missing = float(np.mean(np.isnan(values)))
    if missing:
        raise UsageFailure(
            f"output: {wanted} has no number in {missing:.1%} of the draws (a division by zero inside the ranges?).",
            "Narrow the distributions to where it has one.",
        )
    if np.ptp(values) == 0:
        raise UsageFailure(f"output: {wanted} is the same in every draw, so no driver makes its variance.", "Widen.")
    return values


def _rows(drivers: Sequence[Parameter], values: np.ndarray, source: np.random.Generator) -> list[dict[str, Any]]:
    """The indices, with intervals from drawing the points again with replacement."""
    found = _indices(values)
    count = values.shape[1]
    again = np.array([_indices(values[:, source.integers(0, count, count)]) for _ in range(RESAMPLES)])
    low, high = np.percentile(again, (2.5, 97.5), axis=0)
    rows = []
    for place, parameter in enumerate(drivers):
        row: dict[str, Any] = {"driver": parameter.name, "label": parameter.label}
        for at, key in enumerate(("first", "total")):
            row[key] = float(found[at, place])
            row[f"{key}_interval"] = [float(low[at, place]), float(high[at, place])]
        rows.append(row)
    return sorted(rows, key=lambda row: -float(row["total"]))


def _indices(values: np.ndarray) -> np.ndarray:
    """First-order indices in the first row, total ones in the second; `values` as `_design` orders its points."""
    centred = values - values[:2].mean()
    first, second, mixed = centred[0], centred[1], centred[2:]
    variance = centred[:2].var()
    alone = (second * (mixed - first)).mean(axis=1)
    total = ((first - mixed) ** 2).mean(axis=1) / 2
    indices: np.ndarray = np.array([alone, total]) / (variance or 1.0)
    return indices
