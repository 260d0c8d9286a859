"""Monte Carlo: drivers as distributions, correlated by rank, drawn quasi-randomly from a seed that is shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats
from scipy.stats import qmc

from ..evaluate import Evaluator
from ..failures import UsageFailure
from ..units import threshold
from . import fields

DRAWS = 4_096
MOST_DRAWS = 1 << 20
SEED = 20_240
BINS = 40
PERCENTILES = (5, 25, 50, 75, 95)


def monte_carlo(
    evaluator: Evaluator,
    distributions: Mapping[str, Mapping[str, Any]],
    correlations: Sequence[Sequence[Any]] = (),
    draws: int = DRAWS,
    seed: int = SEED,
    outputs: Sequence[str] = (),
) -> dict[str, Any]:
    """How each output spreads when drivers vary.

    `distributions` gives a driver its kind and numbers: normal (mean, sd), lognormal (mean, sd of the logarithm),
    triangular and pert (low, mode, high), uniform (low, high), discrete (values, weights), history (values).
    `correlations` holds [driver, driver, rank correlation]. The number of draws is raised to a power of two.
    """
    if not distributions:
        raise UsageFailure("distributions: none is given.", "Give at least one driver a distribution.")
    names = [fields.driver(evaluator, name).name for name in distributions]
    margins = {name: margin(name, distributions[name]) for name in names}
    wanted = [fields.output(evaluator, name) for name in outputs] or _numbers(evaluator)
    count = 1 << max(int(fields.number("draws", draws)) - 1, 1).bit_length()
    if count > MOST_DRAWS:
        raise UsageFailure(f"draws: {draws:,} is over {MOST_DRAWS:,}.", "Take fewer draws.")
    places = _places(names, correlations, count, int(fields.number("seed", seed)))
    columns = {name: margins[name](places[:, place]) for place, name in enumerate(names)}
    found = evaluator.sweep(columns, wanted, count).values
    return {
        "draws": count,
        "seed": int(seed),
        "distributions": {name: dict(distributions[name]) for name in names},
        "correlations": [list(item) for item in correlations],
        "outputs": [_told(evaluator, name, found[name], columns) for name in wanted],
        "outside_bounds": {name: _outside(evaluator, name, column) for name, column in columns.items()},
    }


def margin(name: str, given: Mapping[str, Any]) -> Any:
    """The inverse of a distribution: places between 0 and 1 become values.

    Raises:
        UsageFailure: the distribution cannot be; the driver and the number are named.
    """
    kind = given.get("kind")
    makers = {
        "normal": _normal,
        "lognormal": _lognormal,
        "triangular": _triangular,
        "pert": _pert,
        "uniform": _uniform,
        "discrete": _discrete,
        "history": _history,
    }
    if kind not in makers:
        raise UsageFailure(f"{name}: there is no distribution {kind!r}.", f"Choose one of: {', '.join(makers)}.")
    return makers[kind](name, given)


def _normal(name: str, given: Mapping[str, Any]) -> Any:
    mean, sd = fields.number(f"{name} mean", given.get("mean")), _positive(name, "sd", given.get("sd"))
    return stats.norm(mean, sd).ppf if sd else _constant(mean)


def _lognormal(name: str, given: Mapping[str, Any]) -> Any:
    mean, sd = fields.number(f"{name} mean", given.get("mean")), _positive(name, "sd", given.get("sd"))
    return stats.lognorm(sd, scale=math.exp(mean)).ppf if sd else _constant(math.exp(mean))


def _triangular(name: str, given: Mapping[str, Any]) -> Any:
    low, mode, high = _three(name, given)
    return stats.triang((mode - low) / (high - low), low, high - low).ppf


def _pert(name: str, given: Mapping[str, Any]) -> Any:
    low, mode, high = _three(name, given)
    width = high - low
    return stats.beta(1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width, low, width).ppf


def _uniform(name: str, given: Mapping[str, Any]) -> Any:
    low, high = fields.bounds(name, given.get("low"), given.get("high"))
    return stats.uniform(low, high - low).ppf


def _discrete(name: str, given: Mapping[str, Any]) -> Any:
    values = [fields.number(f"{name} values", value) for value in given.get("values") or ()]
    weights = [fields.number(f"{name} weights", value) for value in given.get("weights") or [1] * len(values)]
    if not values or len(values) != len(weights) or min(weights) < 0 or sum(weights) == 0:
        raise UsageFailure(f"{name}: a discrete distribution needs as many weights as values, none negative.", "")
    edges = np.cumsum(weights) / sum(weights)
    return lambda places: np.array(values)[np.minimum(np.searchsorted(edges, places), len(values) - 1)]


def _history(name: str, given: Mapping[str, Any]) -> Any:
    values = [fields.number(f"{name} values", value) for value in given.get("values") or ()]
    if len(values) < 2:
        raise UsageFailure(f"{name}: a history needs at least two values.", "Give the values seen.")
    return lambda places: np.quantile(np.array(values), places, method="inverted_cdf")


def _three(name: str, given: Mapping[str, Any]) -> tuple[float, float, float]:
    low, high = fields.bounds(name, given.get("low"), given.get("high"))
    mode = fields.number(f"{name} mode", given.get("mode"))
    if not low <= mode <= high:
        raise UsageFailure(f"{name}: the mode {mode:g} is not between {low:g} and {high:g}.", "Move it inside.")
    return low, mode, high


def _positive(name: str, field: str, value: object) -> float:
    found = fields.number(f"{name} {field}", value)
    if found < 0:
        raise UsageFailure(f"{name} {field}: {found:g} is negative.", "Give zero or more.")
    return found


def _constant(value: float) -> Any:
    return lambda places: np.full(np.shape(places), value)


def _places(names: Sequence[str], correlations: Sequence[Sequence[Any]], count: int, seed: int) -> np.ndarray:
    """Sobol points, correlated by a Gaussian copula where asked; strictly between 0 and 1."""
    drawn: np.ndarray = qmc.Sobol(len(names), scramble=True, rng=np.random.default_rng(seed)).random(count)
    drawn = np.clip(drawn, 1e-12, 1 - 1e-12)
    if not correlations:
        return drawn
    matrix = np.eye(len(names))
    for item in correlations:
        first, second, rank = _pair(names, item)
        # Pearson's correlation of the normals behind a rank correlation r is 2 sin(pi r / 6).
        matrix[first, second] = matrix[second, first] = 2 * math.sin(math.pi * rank / 6)
    try:
        lower = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        raise UsageFailure(
            "correlations: these correlations contradict each other (the matrix is not positive definite).",
            "Bring them nearer to zero.",
        ) from None
    places: np.ndarray = np.array(stats.norm.cdf(stats.norm.ppf(drawn) @ lower.T))
    return places


def _pair(names: Sequence[str], item: Sequence[Any]) -> tuple[int, int, float]:
    if len(item) != 3 or item[0] not in names or item[1] not in names or item[0] == item[1]:
        raise UsageFailure(f"correlations: {list(item)!r} does not name two drivers that vary.", "Give [a, b, r].")
    rank = fields.number("correlations", item[2])
    if not -1 < rank < 1:
        raise UsageFailure(f"correlations: {rank:g} is not between -1 and 1.", "Give a number between them.")
    return names.index(item[0]), names.index(item[1]), rank


def _numbers(evaluator: Evaluator) -> list[str]:
    found = [entry.quantity for entry in evaluator.model.metrics]
    return [name for name in found if isinstance(evaluator.base.values[name], int | float | np.number)]


def _told(evaluator: Evaluator, name: str, values: np.ndarray, columns: Mapping[str, np.ndarray]) -> dict[str, Any]:
    known = values[np.isfinite(values)]
    entry = next(item for item in evaluator.model.metrics if item.quantity == name)
    told: dict[str, Any] = {
        "output": name,
        "base": float(evaluator.base.values[name]),
        "failed": float(1 - len(known) / len(values)),
        "breach": None,
    }
    if not len(known):
        return told
    counts, edges = np.histogram(known, bins=BINS if np.ptp(known) > 0 else 1)
    halves = [len(known) >> step for step in range(6, -1, -1) if len(known) >> step]
    return {
        **told,
        "mean": float(known.mean()),
        "sd": float(known.std(ddof=1)) if len(known) > 1 else 0.0,
        "percentiles": {str(p): float(np.percentile(known, p)) for p in PERCENTILES},
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
        "breach": _breach(entry.good, known) if entry.good else None,
        "spread": _spread(values, columns),
        "convergence": [_so_far(known[:size], entry.good) for size in halves],
    }


def _so_far(values: np.ndarray, good: str) -> dict[str, Any]:
    """What the first draws alone say: the points of a sequence that is even at every power of two."""
    low, high = np.percentile(values, (5, 95))
    missed = _breach(good, values)["probability"] if good else None
    return {"draws": len(values), "mean": float(values.mean()), "5": float(low), "95": float(high), "breach": missed}


def _breach(good: str, values: np.ndarray) -> dict[str, Any]:
    """How likely the threshold is missed, with a 95 % interval (Wilson)."""
    compare, bound = threshold(good)
    missed = int(np.sum(~compare(values, bound)))  # type: ignore[arg-type]
    interval = stats.binomtest(missed, len(values)).proportion_ci(method="wilson")
    return {
        "threshold": good,
        "probability": missed / len(values),
        "interval": [float(interval.low), float(interval.high)],
    }


def _spread(values: np.ndarray, columns: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """What drives the spread: squared rank correlations, as shares of their sum."""
    known = np.isfinite(values)
    ranks = {}
    for name, column in columns.items():
        if np.ptp(column[known]) > 0 and np.ptp(values[known]) > 0:
            ranks[name] = float(stats.spearmanr(column[known], values[known]).statistic)
    whole = sum(rank**2 for rank in ranks.values())
    rows = [{"driver": name, "rank": rank, "share": rank**2 / whole if whole else 0.0} for name, rank in ranks.items()]
    return sorted(rows, key=lambda row: -row["share"])


def _outside(evaluator: Evaluator, name: str, column: np.ndarray) -> float:
    parameter = fields.driver(evaluator, name)
    return float(np.mean((column < parameter.low) | (column > parameter.high)))
