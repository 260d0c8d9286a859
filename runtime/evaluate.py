"""The evaluator: resolves the quantities with Hamilton, once, then again only what a change of parameter touches."""

from __future__ import annotations

import hashlib
import logging
import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from hamilton import base, driver
from hamilton.lifecycle.api import GraphAdapter

from . import formulas
from .batch import Batch, batch, pack
from .failures import RuntimeFailure, UsageFailure
from .model import Model, blame
from .units import label_of

# Hamilton logs a banner for its chat room with every error; the error itself is raised, and told by us.
logging.getLogger("hamilton").setLevel(logging.CRITICAL)

PROBES = 3
# A loop tells how far it is after so many evaluations, and after so many seconds when each takes long.
CHUNK = 500
TELL_SECONDS = 0.2
# Evaluations that are timed before a loop is begun that may take too long.
SAMPLE = 16
Tell = Callable[[int, int], None]


class _TakesArrays(base.SimplePythonGraphAdapter, GraphAdapter):  # type: ignore[misc]
    """Hamilton's plain adapter, but an input annotated float may also be a whole array of floats."""

    @staticmethod
    def check_input_type(node_type: type, input_value: Any) -> bool:
        return isinstance(input_value, np.ndarray) or base.SimplePythonGraphAdapter.check_input_type(
            node_type, input_value
        )


@dataclass(frozen=True)
class Evaluation:
    """Every quantity's value at some parameter values; `computed` names those that were computed for it."""

    parameters: Mapping[str, float]
    values: Mapping[str, Any]
    computed: tuple[str, ...]


@dataclass(frozen=True)
class Sweep:
    """Many scenarios at once: per quantity an array of one value a scenario, NaN where it has none."""

    values: Mapping[str, np.ndarray]
    computed: tuple[str, ...]
    arrays: bool


class Elsewhere(Exception):
    """A loop that would take one process too long: its columns and outputs, for others to share it."""

    def __init__(self, columns: Mapping[str, np.ndarray], outputs: Sequence[str], count: int) -> None:
        super().__init__(f"{count:,} evaluations")
        self.columns = columns
        self.outputs = tuple(outputs)
        self.count = count


class Evaluator:
    """One model over one snapshot. The base evaluation is kept; all others start from it.

    `patience` is how many seconds a loop may take here before `Elsewhere` is raised for it; `known` holds what others
    computed of such loops, by `key_of` their columns and outputs; `tell` hears of every loop that has no other ear.
    """

    patience: float | None = None
    tell: Tell | None = None

    def __init__(self, model: Model, frames: Mapping[str, pd.DataFrame]) -> None:
        self.model = model
        self._inputs = {**frames, **model.defaults}
        try:
            self._driver = driver.Builder().with_modules(model.module).with_adapters(_adapter()).build()
        except Exception as error:
            raise blame(error, model.path, "The quantities do not fit together") from error
        self.order = self._dependency_order()
        self.known: dict[str, Mapping[str, np.ndarray]] = {}
        self.base = Evaluation(model.defaults, self._compute(self.order, self._inputs, {}), self.order)

    def at(self, changes: Mapping[str, Any]) -> Evaluation:
        """Every quantity with some parameters changed; only what depends on them is computed."""
        changed = self._changed(self.model.check(changes))
        touched = self.touched(changed)
        kept = {name: value for name, value in self.base.values.items() if name not in touched}
        values = self._compute(touched, {**self._inputs, **changed}, kept) if touched else {}
        return Evaluation({**self.model.defaults, **changed}, {**kept, **values}, touched)

    def many(
        self,
        scenarios: Sequence[Mapping[str, Any]],
        outputs: Sequence[str],
        tell: Tell | None = None,
    ) -> Sweep:
        """The outputs for every scenario; `batch` says what it refuses, `sweep_batch` the rest."""
        return self.sweep_batch(batch(list(scenarios)), outputs, tell)

    def sweep_batch(self, scenarios: Batch, outputs: Sequence[str], tell: Tell | None = None) -> Sweep:
        """The outputs for every scenario: in one pass over arrays where the quantities allow, else one by one.

        Raises:
            UsageFailure: an unknown parameter, a value out of range, or an output that is no number.
        """
        self.model.check_columns(scenarios.columns)
        defaults = self.model.defaults
        filled = {
            name: np.where(np.isnan(column), defaults[name], column) for name, column in scenarios.columns.items()
        }
        columns = {name: column for name, column in filled.items() if (column != defaults[name]).any()}
        return self.sweep(columns, outputs, len(scenarios), tell)

    def sweep(
        self,
        columns: Mapping[str, np.ndarray],
        outputs: Sequence[str],
        count: int,
        tell: Tell | None = None,
    ) -> Sweep:
        """The outputs for whole columns of parameter values, whatever their bounds."""
        self._require_numbers(outputs)
        wanted = self._needed(self.touched(columns), outputs)
        return self._sweep(columns, wanted, outputs, count, tell)

    def _sweep(
        self,
        columns: Mapping[str, np.ndarray],
        wanted: tuple[str, ...],
        outputs: Sequence[str],
        count: int,
        tell: Tell | None,
    ) -> Sweep:
        constant = {name: np.full(count, self.base.values[name], dtype=float) for name in outputs}
        if not wanted:
            return Sweep(constant, (), True)
        if count > PROBES and self._all_take_arrays(wanted, columns):
            arrays = self._pass(columns, wanted, outputs, count)
            if arrays is not None:
                return Sweep({**constant, **arrays}, wanted, True)
        if self.known and (found := self.known.get(key_of(columns, outputs))) is not None:
            return Sweep(found, wanted, False)
        if self._is_long(columns, wanted, outputs, count):
            raise Elsewhere(columns, outputs, count)
        looped = self._loop(columns, wanted, outputs, count, tell or self.tell)
        return Sweep({**constant, **looped}, wanted, False)

    def _is_long(
        self, columns: Mapping[str, np.ndarray], wanted: Sequence[str], outputs: Sequence[str], count: int
    ) -> bool:
        if self.patience is None or count <= SAMPLE:
            return False
        started = time.perf_counter()
        self._loop({name: column[:SAMPLE] for name, column in columns.items()}, wanted, outputs, SAMPLE, None)
        return (time.perf_counter() - started) / SAMPLE * count > self.patience

    def touched(self, parameters: Iterable[str]) -> tuple[str, ...]:
        """The quantities downstream of any of these parameters, in the order of dependence."""
        tainted = set(parameters)
        for name in self.order:
            if tainted & set(self.model.quantities[name].arguments):
                tainted.add(name)
        return tuple(name for name in self.order if name in tainted)

    def _changed(self, values: Mapping[str, float]) -> dict[str, float]:
        defaults = self.model.defaults
        return {name: value for name, value in values.items() if value != defaults[name]}

    def _needed(self, names: Sequence[str], outputs: Sequence[str]) -> tuple[str, ...]:
        needed = set(outputs)
        for name in reversed(self.order):
            if name in needed:
                needed.update(self.model.quantities[name].arguments)
        return tuple(name for name in names if name in needed)

    def _dependency_order(self) -> tuple[str, ...]:
        order: list[str] = []

        def visit(name: str) -> None:
            if name in order or name not in self.model.quantities:
                return
            for argument in self.model.quantities[name].arguments:
                visit(argument)
            order.append(name)

        for name in self.model.quantities:
            visit(name)
        return tuple(order)

    def _compute(self, names: Sequence[str], inputs: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore", RuntimeWarning)
                values: dict[str, Any] = self._driver.execute(
                    list(names), inputs=dict(inputs), overrides=dict(overrides)
                )
        except RuntimeFailure:
            raise
        except Exception as error:
            raise self._explain(error) from error
        return values

    def _explain(self, error: Exception) -> RuntimeFailure:
        failure = blame(error, self.model.path, "A quantity could not be computed")
        owners = [name for name, formula in self.model.quantities.items() if formula.line <= failure.line]
        if not owners:
            return failure
        formula = self.model.quantities[owners[-1]]
        zeros = self._zeros(formula) if isinstance(error, ZeroDivisionError) else []
        if zeros:
            return RuntimeFailure(
                f"{label_of(formula.name)} has no value: {' and '.join(zeros)} is zero"
                f" ({formula.name} = {formula.text}).",
                "The data holds nothing to divide by for this request; choose another one.",
                failure.line,
            )
        return RuntimeFailure(
            f"{formula.name} = {formula.text} failed at line {failure.line}: {error}",
            f"Look at what {', '.join(formula.arguments)} hold for this request.",
            failure.line,
        )

    def _zeros(self, formula: formulas.Formula) -> list[str]:
        """Which arguments of a quantity are zero."""
        values = self._driver.execute(list(formula.arguments), inputs=dict(self._inputs))
        return [label_of(name).lower() for name in formula.arguments if scalar(values[name]) == 0]

    def _require_numbers(self, outputs: Sequence[str]) -> None:
        for name in outputs:
            value = self.base.values.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise UsageFailure(
                    f"{name} is {type(value).__name__}, not a number.", "Choose a metric that is a number."
                )

    def _all_take_arrays(self, wanted: Sequence[str], columns: Mapping[str, Any]) -> bool:
        varying = frozenset({*wanted, *columns})
        return all(formulas.takes_arrays(self.model.quantities[name].node, varying) for name in wanted)

    def _pass(
        self, columns: Mapping[str, np.ndarray], wanted: Sequence[str], outputs: Sequence[str], count: int
    ) -> dict[str, np.ndarray] | None:
        """One pass over whole arrays, or None when it does not agree with scalar evaluation."""
        kept = {name: value for name, value in self.base.values.items() if name not in wanted}
        names = [name for name in outputs if name in wanted]
        try:
            found = self._compute(names, {**self._inputs, **columns}, kept)
        except RuntimeFailure:
            return None
        if any(not isinstance(value, np.ndarray) or value.shape != (count,) for value in found.values()):
            return None
        probes = sorted({0, count // 2, count - 1})[:PROBES]
        picked = {name: column[probes] for name, column in columns.items()}
        looped = self._loop(picked, wanted, outputs, len(probes), None)
        same = all(np.allclose(found[name][probes], looped[name], rtol=1e-12, equal_nan=True) for name in names)
        return {name: _finite(value) for name, value in found.items()} if same else None

    def _loop(
        self,
        columns: Mapping[str, np.ndarray],
        wanted: Sequence[str],
        outputs: Sequence[str],
        count: int,
        tell: Tell | None,
    ) -> dict[str, np.ndarray]:
        names = [name for name in outputs if name in wanted]
        found = {name: np.full(count, np.nan) for name in names}
        calls = [(name, self.model.function(name), self.model.quantities[name].arguments) for name in wanted]
        constants = {**self._inputs, **self.base.values}
        due = 0.0
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            for index, row in enumerate(_rows(columns, count)):
                values = {**constants, **row}
                try:
                    for name, function, arguments in calls:
                        values[name] = function(*(values[argument] for argument in arguments))
                except ZeroDivisionError:
                    continue
                except Exception as error:
                    raise self._explain(error) from error
                for name in names:
                    found[name][index] = values[name]
                if tell and (index % CHUNK == 0 or time.monotonic() > due):
                    tell(index, count)
                    due = time.monotonic() + TELL_SECONDS
        return {name: _finite(value) for name, value in found.items()}


def key_of(columns: Mapping[str, np.ndarray], outputs: Sequence[str]) -> str:
    """What tells one sweep from another."""
    names, body = pack(columns)
    return hashlib.sha256("\0".join([*names, "", *outputs]).encode() + body).hexdigest()


def _adapter() -> Any:
    return _TakesArrays(base.DictResult())


def _rows(columns: Mapping[str, np.ndarray], count: int) -> Iterator[dict[str, float]]:
    for index in range(count):
        yield {name: float(column[index]) for name, column in columns.items()}


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)


def scalar(value: Any) -> float | str | None:
    """A quantity's value as one JSON value, or None when it is a table or has no finite number."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, int | float | np.number):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, str):
        return value
    return value.date().isoformat() if isinstance(value, pd.Timestamp) and not pd.isna(value) else None
