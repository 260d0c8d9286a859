"""Many scenarios as columns: one array of values a driver, so that they cross to a sandbox as bytes, not as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import numpy as np

from .failures import UsageFailure

SCENARIO_CAP = 1_000_000
SHAPE = 'Send {"scenarios": [{"name": "optimistic", "revenue_change": 0.10}]}.'


@dataclass(frozen=True)
class Batch:
    """Scenarios by column: NaN where a scenario leaves a driver at its default."""

    names: tuple[str, ...]
    columns: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.names)

    def rows(self, defaults: Mapping[str, float], metrics: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
        """Each scenario with its parameters and metrics; a metric is None where the scenario has no number for it."""
        filled = {**defaults, **{name: self._filled(name, defaults[name]) for name in self.columns}}
        drivers = [value if isinstance(value, list) else [value] * len(self) for value in filled.values()]
        parameters = _records(tuple(filled), drivers, len(self))
        figures = _records(tuple(metrics), [_listed(values) for values in metrics.values()], len(self))
        return [
            {"name": name, "parameters": given, "metrics": found}
            for name, given, found in zip(self.names, parameters, figures, strict=True)
        ]

    def _filled(self, name: str, default: float) -> list[float]:
        column = self.columns[name]
        listed: list[float] = np.where(np.isnan(column), default, column).tolist()
        return listed


def batch(scenarios: Any) -> Batch:
    """The scenarios as columns; one without a name is numbered.

    Raises:
        UsageFailure: not a list of objects, an empty list, more than SCENARIO_CAP, or a value that is no number.
    """
    if not isinstance(scenarios, list | tuple) or not all(
        issubclass(kind, Mapping) for kind in set(map(type, scenarios))
    ):
        raise UsageFailure("The scenarios are not a list of objects.", SHAPE)
    if not 0 < len(scenarios) <= SCENARIO_CAP:
        raise UsageFailure(f"{len(scenarios):,} scenarios were sent.", f"Send from 1 to {SCENARIO_CAP:,}.")
    names = tuple(str(item.get("name") or f"scenario {index}") for index, item in enumerate(scenarios, 1))
    drivers = dict.fromkeys(chain.from_iterable(scenarios))
    return Batch(names, {name: _column(scenarios, name) for name in drivers if name != "name"})


def _column(scenarios: Sequence[Mapping[str, Any]], name: str) -> np.ndarray:
    places = [place for place, item in enumerate(scenarios) if name in item]
    values = _numbers(name, [scenarios[place][name] for place in places])
    column = np.full(len(scenarios), np.nan)
    column[places] = values
    return column


def _numbers(name: str, given: list[Any]) -> np.ndarray:
    try:
        values = np.array(given, dtype=float)
        if values.ndim == 1 and not np.isnan(values).any():
            return values
    except (TypeError, ValueError):
        pass
    raise next(_refusal(name, value) for value in given if not _is_number(value))


def _is_number(value: Any) -> bool:
    try:
        return not math.isnan(float(value))
    except (TypeError, ValueError):
        return False


def _refusal(name: str, value: Any) -> UsageFailure:
    return UsageFailure(f"{name} is {value!r}, which is not a number.", "Give a number such as 0.10.")


def pack(found: Mapping[str, np.ndarray]) -> tuple[list[str], bytes]:
    """Columns as their names and bytes: one float64 a value, column after column."""
    return list(found), b"".join(np.ascontiguousarray(values, dtype="<f8").tobytes() for values in found.values())


def unpack(names: Sequence[str], count: int, body: bytes) -> dict[str, np.ndarray]:
    """What `pack` packed.

    Raises:
        ValueError: the bytes are not `count` values for each name.
    """
    return dict(zip(names, np.frombuffer(body, dtype="<f8").reshape(len(names), count), strict=True))


def _listed(values: np.ndarray) -> list[float | None]:
    listed: list[float | None] = values.tolist()
    for place in np.flatnonzero(~np.isfinite(values)).tolist():
        listed[place] = None
    return listed


def _records(names: tuple[str, ...], columns: Sequence[Sequence[Any]], count: int) -> Iterable[dict[str, Any]]:
    """The columns as one dictionary a row, also when there is no column."""
    values = zip(*columns, strict=True) if columns else repeat((), count)
    return map(dict, map(zip, repeat(names), values))
