"""The results document: everything that a page, a report or a program needs to show an evaluation, as plain JSON.

title, request, author, period, assumptions, warnings
parameters   name, label, default, low, high, step, unit, description
values       parameter: the value used
metrics      name, label, value, unit, text, good, bad, ok, definition
tables       name: label, columns, units, rows, total
charts       name, label, kind, table, x, y, series, unit, good, bad
view         kind, name                         what is shown, in order
quantities   name, definition, formula, inputs, arithmetic, value, unit
sources      name, sql, bound, columns, rows, read_at, seconds
computed     the quantities computed for this document
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from . import units
from .cells import ROWS_SHOWN, table
from .contract import Chart, Metric, Parameter, Table
from .evaluate import Evaluation, scalar
from .failures import RuntimeFailure
from .model import Model


def document(model: Model, evaluation: Evaluation, notes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The document of one evaluation.

    Raises:
        RuntimeFailure: a metric has no finite value, a chart names a column that is not there.
    """
    metrics = [metric(model, entry, evaluation) for entry in model.metrics]
    charts = [_chart(entry, evaluation) for entry in model.view if isinstance(entry, Chart)]
    tables = _tables(model, evaluation)
    shown = {item["name"]: item["unit"] for item in metrics}
    return {
        "title": model.title,
        "request": model.request,
        "author": model.author,
        "period": model.period,
        "assumptions": list(model.assumptions),
        "warnings": _warnings(tables),
        "parameters": [_parameter(parameter) for parameter in model.parameters],
        "values": dict(evaluation.parameters),
        "metrics": metrics,
        "tables": tables,
        "charts": charts,
        "view": [{"kind": type(entry).__name__.lower(), "name": entry.quantity} for entry in model.view],
        "quantities": [_quantity(model, name, evaluation, shown) for name in model.quantities],
        "sources": [dict(notes[name]) for name in model.sources],
        "computed": list(evaluation.computed),
    }


def _warnings(tables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    empty = [f"{table['label']} has no rows." for table in tables.values() if not table["rows"]]
    cut = [
        f"{table['label']} shows the first {ROWS_SHOWN:,} of {table['total']:,} rows."
        for table in tables.values()
        if table["total"] > ROWS_SHOWN
    ]
    return empty + cut


def _parameter(parameter: Parameter) -> dict[str, Any]:
    step = parameter.step or _round_step((parameter.high - parameter.low) / 100)
    return {
        "name": parameter.name,
        "label": parameter.label,
        "default": parameter.default,
        "low": parameter.low,
        "high": parameter.high,
        "step": step,
        "unit": parameter.unit,
        "description": parameter.description,
    }


def _round_step(size: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten up to `size`: a slider stops at round values."""
    size = max(size, 1e-6)
    power: float = 10.0 ** math.floor(math.log10(size) + 1e-9)
    return max(round(factor * power, 12) for factor in (1, 2, 5) if factor * power <= size * (1 + 1e-9))


def metric(model: Model, entry: Metric, evaluation: Evaluation) -> dict[str, Any]:
    """A headline number with its unit, thresholds and whether it meets them.

    Raises:
        RuntimeFailure: it has no finite value.
    """
    value = scalar(evaluation.values[entry.quantity])
    if value is None:
        raise _no_value(model, entry.quantity, evaluation)
    return {
        "name": entry.quantity,
        "label": entry.label or units.label_of(entry.quantity),
        "value": value,
        "unit": entry.unit,
        "text": units.write(value, entry.unit),
        "good": entry.good,
        "bad": entry.bad,
        "ok": units.meets(value, entry.good, entry.bad),
        "definition": model.quantities[entry.quantity].definition,
    }


def _no_value(model: Model, name: str, evaluation: Evaluation) -> RuntimeFailure:
    formula = model.quantities[name]
    inputs = {argument: evaluation.values.get(argument) for argument in formula.arguments}
    zeros = [argument for argument, value in inputs.items() if scalar(value) in (0.0, None)]
    because = f" because {' and '.join(zeros)} is zero or missing" if zeros else ""
    return RuntimeFailure(
        f"{units.label_of(name)} has no value{because}: {name} = {formula.text}.",
        "The data holds nothing to compute it from for this request; choose another one.",
        formula.line,
    )


def _tables(model: Model, evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {}
    for entry in model.view:
        if isinstance(entry, Metric):
            continue
        label = entry.label or units.label_of(entry.quantity)
        series = [entry.y] if isinstance(entry, Chart) and isinstance(entry.y, str) else list(getattr(entry, "y", ()))
        wanted = dict(entry.units) if isinstance(entry, Table) else dict.fromkeys(series, entry.unit)
        if isinstance(entry, Table) or entry.quantity not in tables:
            tables[entry.quantity] = table(frame_of(entry.quantity, evaluation), label, wanted)
    return tables


def frame_of(name: str, evaluation: Evaluation) -> pd.DataFrame:
    """The quantity as a frame; a series becomes one with its index as columns."""
    value = evaluation.values[name]
    if isinstance(value, pd.Series):
        return value.rename(name).reset_index()
    if isinstance(value, pd.DataFrame):
        return value
    raise RuntimeFailure(
        f"{name} is shown as a table or chart, but it is {type(value).__name__}.",
        "Return a DataFrame, or show it as a Metric.",
    )


def _chart(entry: Chart, evaluation: Evaluation) -> dict[str, Any]:
    frame = frame_of(entry.quantity, evaluation)
    series = [entry.y] if isinstance(entry.y, str) else list(entry.y)
    for column in filter(None, [entry.x, entry.series, *series]):
        if column not in frame.columns:
            raise RuntimeFailure(
                f"The chart {entry.quantity} names the column {column!r}, which is not there.",
                f"It has: {', '.join(map(str, frame.columns))}.",
            )
    return {
        "name": entry.quantity,
        "label": entry.label or units.label_of(entry.quantity),
        "kind": entry.kind,
        "table": entry.quantity,
        "x": entry.x,
        "y": series,
        "series": entry.series,
        "unit": entry.unit,
        "good": entry.good,
        "bad": entry.bad,
    }


def _quantity(model: Model, name: str, evaluation: Evaluation, shown: Mapping[str, str]) -> dict[str, Any]:
    formula = model.quantities[name]
    return {
        "name": name,
        "definition": formula.definition,
        "formula": formula.text,
        "inputs": list(formula.arguments),
        "arithmetic": formula.arithmetic,
        "value": scalar(evaluation.values[name]),
        "unit": shown.get(name, unit_in(formula.definition)),
    }


def unit_in(definition: str) -> str:
    """USD when the docstring says so: quantities that are not shown have no unit of their own."""
    return "USD" if ", USD" in definition else ""
