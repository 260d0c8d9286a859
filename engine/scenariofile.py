"""Scenarios from a file: JSON or CSV, a scenario a row or a driver a row; every refusal names the place."""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from engine.products import ParameterValue, Scenario
from templates.runtime.units import write

SHAPE = 'It should hold {"scenarios": [{"name": "optimistic", "revenue_change": 0.10}]}.'
TABLE = "It should hold a column for each driver and a row for each scenario, or the other way round."
Cells = Mapping[str, Mapping[str, Any]]


def load_scenarios(path: Path, parameters: Sequence[ParameterValue]) -> tuple[Scenario, ...]:
    """The scenarios of a file; one that ends in .csv is a table, any other is JSON.

    Raises:
        UsageError: the file cannot be read, or `read_scenarios` refuses it.
    """
    kind = "CSV" if path.suffix.lower() in (".csv", ".tsv") else "JSON"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as {kind}: {error}.", SHAPE if kind == "JSON" else TABLE) from None
    return read_scenarios(text, path.name, parameters)


def read_scenarios(text: str, name: str, parameters: Sequence[ParameterValue]) -> tuple[Scenario, ...]:
    """The scenarios in a file's text. Values are fractions, or percent with a % sign; an empty cell leaves the base.

    Raises:
        UsageError: no scenario, an unknown driver, no number, or a value out of bounds; the place is in the message.
    """
    known = names_of(parameters)
    cells = _of_table(text, name, known) if name.lower().endswith((".csv", ".tsv")) else _of_json(text, name, known)
    if not cells:
        raise UsageError(f"{name} holds no scenario.", "Give at least one.")
    return tuple(Scenario(name=title, values=_values(title, row, known)) for title, row in cells.items())


def names_of(parameters: Sequence[ParameterValue]) -> dict[str, ParameterValue]:
    """The ways to name a driver: its name and its label, in lower case."""
    return {word.strip().lower(): each for each in parameters for word in (each.name, each.label)}


def _of_json(text: str, name: str, known: Mapping[str, ParameterValue]) -> Cells:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{name} cannot be read as JSON: {error}.", SHAPE) from None
    if isinstance(content, dict) and isinstance(content.get("scenarios"), list | dict):
        content = content["scenarios"]
    if isinstance(content, list) and all(isinstance(item, dict) for item in content):
        titles = [str(item.get("name") or f"scenario {place}") for place, item in enumerate(content, 1)]
        rows = [{key: value for key, value in item.items() if key != "name"} for item in content]
        return _unlike(name, titles, rows)
    if isinstance(content, dict) and all(isinstance(item, dict) for item in content.values()):
        return _transposed(content) if _are_drivers(content, known) else content
    raise UsageError(f"{name} holds no list of scenarios.", SHAPE)


def _of_table(text: str, name: str, known: Mapping[str, ParameterValue]) -> Cells:
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=mark) if any(cell.strip() for cell in row)]
    if len(rows) < 2 or len(rows[0]) < 2:
        raise UsageError(f"{name} holds no table of scenarios.", TABLE)
    heads = [cell.strip() for cell in rows[0][1:]]
    titles = [row[0].strip() or f"scenario {place}" for place, row in enumerate(rows[1:], 1)]
    cells = _unlike(name, titles, [dict(zip(heads, row[1:], strict=False)) for row in rows[1:]])
    return _transposed(cells) if _are_drivers(cells, known) and not _are_drivers(dict.fromkeys(heads), known) else cells


def _unlike(name: str, titles: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Cells:
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice is not None:
        raise UsageError(f"{name} has {twice!r} twice.", "Give each a name of its own.")
    return dict(zip(titles, rows, strict=True))


def _are_drivers(named: Mapping[str, Any], known: Mapping[str, ParameterValue]) -> bool:
    """Whether most of the names are drivers."""
    return 2 * sum(name.strip().lower() in known for name in named) > len(named)


def _transposed(cells: Cells) -> Cells:
    across = dict.fromkeys(key for row in cells.values() for key in row)
    return {key: {name: row[key] for name, row in cells.items() if key in row} for key in across}


def _values(title: str, row: Mapping[str, Any], known: Mapping[str, ParameterValue]) -> dict[str, float]:
    found = {}
    for name, value in row.items():
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        parameter = known.get(name.strip().lower())
        if parameter is None:
            names = list(dict.fromkeys(each.name for each in known.values()))
            near = difflib.get_close_matches(name.lower(), list(known), 1)
            meant = f"Did you mean {known[near[0]].name}? " if near else ""
            raise UsageError(
                f"{title}: there is no driver named {name!r}.", f"{meant}The drivers are: {', '.join(names)}."
            )
        found[parameter.name] = bounded(title, parameter, value)
    return found


def bounded(title: str, parameter: ParameterValue, value: Any) -> float:
    """The value as a number within the driver's bounds; "10 %" is 0.10.

    Raises:
        UsageError: it is none, or outside; scenario and driver are in the message.
    """
    text = str(value).strip()
    percent = text.endswith("%")
    try:
        number = float(text.removesuffix("%").replace(",", "").strip()) / (100 if percent else 1)
    except ValueError:
        raise UsageError(
            f"{title}, {parameter.label}: {value!r} is not a number.", "Give a number such as 0.10 or 10%."
        ) from None
    if not parameter.low <= number <= parameter.high:
        low, high = write(parameter.low, parameter.unit), write(parameter.high, parameter.unit)
        raise UsageError(
            f"{title}, {parameter.label}: {number:g} is outside {parameter.low:g} to {parameter.high:g}.",
            f"Choose a value from {low} to {high}.",
        )
    return round(number, 12)
