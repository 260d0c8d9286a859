"""A script as a model: its docstring, sources, parameters, quantities and view, loaded and checked."""

from __future__ import annotations

import difflib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from . import formulas
from .contract import Metric, Parameter, Sql, View
from .failures import RuntimeFailure, UsageFailure


@dataclass(frozen=True)
class Model:
    """A loaded script."""

    title: str
    request: str
    author: str
    assumptions: tuple[str, ...]
    period: str
    sources: Mapping[str, Sql]
    parameters: tuple[Parameter, ...]
    view: tuple[View, ...]
    quantities: Mapping[str, formulas.Formula]
    module: ModuleType
    path: Path

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The headline numbers, in the order shown."""
        return tuple(entry for entry in self.view if isinstance(entry, Metric))

    @property
    def defaults(self) -> dict[str, float]:
        """Every parameter at its default."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    def function(self, name: str) -> Callable[..., Any]:
        """The quantity's function."""
        function: Callable[..., Any] = getattr(self.module, name)
        return function

    def check(self, values: Mapping[str, Any]) -> dict[str, float]:
        """The values as numbers, each a known parameter within its bounds.

        Raises:
            UsageFailure: an unknown name (with the nearest known one), no number, or out of range.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        return {name: _checked(known, name, value) for name, value in values.items()}

    def check_columns(self, columns: Mapping[str, np.ndarray]) -> None:
        """Refuses what `check` refuses, for whole columns; NaN stands for the default.

        Raises:
            UsageFailure: an unknown name, or the first value out of range.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, column in columns.items():
            parameter = known.get(name)
            outside = (column < parameter.low) | (column > parameter.high) if parameter else np.ones(len(column), bool)
            if outside.any():
                self.check({name: float(column[int(np.argmax(outside))])})


def _checked(known: Mapping[str, Parameter], name: str, value: Any) -> float:
    parameter = known.get(name)
    if parameter is None:
        names = ", ".join(known) or "none: this script has no parameters"
        near = difflib.get_close_matches(name, known, 1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise UsageFailure(f"There is no parameter named {name!r}.", f"{meant}The parameters are: {names}.")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise UsageFailure(f"{name} is {value!r}, which is not a number.", "Give a number such as 0.10.") from None
    if not parameter.low <= number <= parameter.high:
        raise UsageFailure(
            f"{name} is {number:g}, outside {parameter.low:g} to {parameter.high:g}.",
            f"Choose a value from {parameter.low:g} to {parameter.high:g} ({parameter.label}).",
        )
    return number


def load(path: Path) -> Model:
    """The model that the script at `path` is.

    Raises:
        RuntimeFailure: the script cannot be imported, or a part of the contract is missing.
    """
    module = _import(path)
    text = path.read_text(encoding="utf-8")
    notes = _notes(module.__doc__ or "")
    model = Model(
        title=notes["title"][0],
        request=" ".join(notes["request"]),
        author=" ".join(notes["author"]),
        assumptions=tuple(notes["assumes"]),
        period=" ".join(notes["period"]).rstrip("."),
        sources=_part(module, "SOURCES", {}),
        parameters=tuple(_part(module, "PARAMETERS", [])),
        view=tuple(_part(module, "VIEW", None)),
        quantities=formulas.read(text),
        module=module,
        path=path,
    )
    _check_names(model)
    return model


def _part(module: ModuleType, name: str, default: Any) -> Any:
    value = getattr(module, name, default)
    if value is None:
        raise RuntimeFailure(f"The script has no {name}.", f"Add {name} as the contract describes.")
    return value


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("script", path)
    if spec is None or spec.loader is None:
        raise RuntimeFailure(f"{path} is no Python file.", "Give the path of a script.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["script"] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise blame(error, path, "The script could not be loaded") from error
    return module


def blame(error: BaseException, path: Path, what: str) -> RuntimeFailure:
    """The error as a failure, with the script's own line when it has one."""
    lines = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    line = lines[-1] if lines else getattr(error, "lineno", 0) or 0
    at = f" at line {line}" if line else ""
    return RuntimeFailure(f"{what}{at}: {type(error).__name__}: {error}", "Look at that line of the script.", line)


def _notes(docstring: str) -> dict[str, list[str]]:
    """The docstring's first line as title; lines that begin with a known word and a colon under that word."""
    lines = [line.strip() for line in docstring.strip().splitlines()]
    notes: dict[str, list[str]] = {"title": [lines[0].rstrip(".") if lines else "Result"]}
    for word in ("request", "author", "period", "assumes"):
        opening = word.capitalize() + ":"
        notes[word] = [line.removeprefix(opening).strip() for line in lines if line.startswith(opening)]
    return notes


def _check_names(model: Model) -> None:
    known = {*model.sources, *model.defaults, *model.quantities}
    for formula in model.quantities.values():
        _require(formula.arguments, known, f"{formula.name} (line {formula.line}) needs")
    _require((entry.quantity for entry in model.view), set(model.quantities), "VIEW shows")


def _require(names: Iterable[str], known: set[str], who: str) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}?" if near else "Add a function of that name."
            raise RuntimeFailure(f"{who} {name!r}, which is no quantity, source or parameter.", hint)
