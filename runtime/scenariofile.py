"""Scenarios from a file and to one: JSON or CSV, a scenario a row or a driver a row; every refusal names the place."""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from .failures import UsageFailure
from .reports.rows import as_typed, written
from .units import write

SHAPE = 'It should hold {"scenarios": [{"name": "optimistic", "revenue_change": 0.10}]}.'
TABLE = "It should hold a column for each driver and a row for each scenario, or the other way round."
TABLES = (".csv", ".tsv")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
Cells = Mapping[str, Mapping[str, Any]]
# Each scenario's values of drivers, by its name.
Named = dict[str, dict[str, float]]


class Driver(Protocol):
    """What a reader of scenarios needs to know of a driver."""

    @property
    def name(self) -> str:
        """Its name in the script."""

    @property
    def label(self) -> str:
        """Its name as a person reads it."""

    @property
    def unit(self) -> str:
        """The unit of its values; those of percent are fractions."""

    @property
    def low(self) -> float:
        """The least it may be."""

    @property
    def high(self) -> float:
        """The most it may be."""


def load(path: Path, drivers: Sequence[Driver]) -> Named:
    """The scenarios of a file; one that ends in .csv or .tsv is a table, any other is JSON.

    Raises:
        UsageFailure: the file cannot be read, or `read` refuses it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(str(path), error) from None
    return decoded(content, str(path), drivers)


def decoded(content: bytes, name: str, drivers: Sequence[Driver]) -> Named:
    """The scenarios in a file's bytes.

    Raises:
        UsageFailure: they are no text in UTF-8, or `read` refuses it.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(name, error) from None
    return read(text, Path(name).name, drivers)


def read(text: str, name: str, drivers: Sequence[Driver]) -> Named:
    """The scenarios in a file's text. Values are fractions, or percent with a % sign; an empty cell leaves the base.

    Raises:
        UsageFailure: no scenario, an unknown driver, no number, or a value out of bounds; the place is in the message.
    """
    known = {word.strip().lower(): each for each in drivers for word in (each.name, each.label)}
    cells = _of_table(text, name, known) if _is_table(name) else _of_json(text, name, known)
    if not cells:
        raise UsageFailure(f"{name} holds no scenario.", "Give at least one.")
    return {title: _values(title, row, known) for title, row in cells.items()}


def as_csv(scenarios: Named, drivers: Sequence[Driver]) -> bytes:
    """The scenarios as a table that `read` takes: a scenario a row, a driver a column, empty for its base."""
    names = [driver.name for driver in drivers]
    rows = [[title, *(values.get(name) for name in names)] for title, values in scenarios.items()]
    return written([["name", *names], *rows])


def as_json(scenarios: Named) -> bytes:
    """The scenarios as a document that `read` takes."""
    listed = [{"name": title, **values} for title, values in scenarios.items()]
    return json.dumps({"scenarios": listed}, indent=1, ensure_ascii=False).encode()


def _is_table(name: str) -> bool:
    return name.lower().endswith(TABLES)


def _unreadable(name: str, error: Exception) -> UsageFailure:
    kind, shape = ("CSV", TABLE) if _is_table(name) else ("JSON", SHAPE)
    return UsageFailure(f"{name} cannot be read as {kind}: {error}.", shape)


def _of_json(text: str, name: str, known: Mapping[str, Driver]) -> Cells:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(name, error) from None
    if isinstance(content, dict) and isinstance(content.get("scenarios"), list | dict):
        content = content["scenarios"]
    if isinstance(content, list) and all(isinstance(item, dict) for item in content):
        titles = [str(item.get("name") or f"scenario {place}") for place, item in enumerate(content, 1)]
        rows = [{key: value for key, value in item.items() if key != "name"} for item in content]
        _require_once(name, titles)
        return dict(zip(titles, rows, strict=True))
    if isinstance(content, dict) and all(isinstance(item, dict) for item in content.values()):
        return _transposed(content) if _are_drivers(content, known) else content
    raise UsageFailure(f"{name} holds no list of scenarios.", SHAPE)


def _of_table(text: str, name: str, known: Mapping[str, Driver]) -> Cells:
    mark = max(",;\t", key=text.partition("\n")[0].count)
    try:
        listed = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error as error:
        raise _unreadable(name, error) from None
    rows = [row for row in listed if any(cell.strip() for cell in row)]
    if len(rows) < 2 or len(rows[0]) < 2:
        raise UsageFailure(f"{name} holds no table of scenarios.", TABLE)
    heads = [as_typed(cell.strip()) for cell in rows[0][1:]]
    titles = [as_typed(row[0].strip()) or f"scenario {place}" for place, row in enumerate(rows[1:], 1)]
    _require_once(name, titles)
    _require_once(name, heads)
    # A spreadsheet ends rows with empty cells that belong to no column.
    filled = [
        {head: cell for head, cell in zip(heads, row[1:], strict=False) if head or cell.strip()} for row in rows[1:]
    ]
    cells = dict(zip(titles, filled, strict=True))
    return _transposed(cells) if _are_drivers(cells, known) and not _are_drivers(dict.fromkeys(heads), known) else cells


def _require_once(name: str, words: Sequence[str]) -> None:
    twice = next((word for word, count in Counter(words).items() if word and count > 1), None)
    if twice is not None:
        raise UsageFailure(f"{name} has {twice!r} twice.", "Give each a name of its own.")


def _are_drivers(named: Mapping[str, Any], known: Mapping[str, Driver]) -> bool:
    """Whether most of the names are drivers."""
    return 2 * sum(name.strip().lower() in known for name in named) > len(named)


def _transposed(cells: Cells) -> Cells:
    across = dict.fromkeys(key for row in cells.values() for key in row)
    return {key: {name: row[key] for name, row in cells.items() if key in row} for key in across}


def _values(title: str, row: Mapping[str, Any], known: Mapping[str, Driver]) -> dict[str, float]:
    found = {}
    for name, value in row.items():
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        driver = known.get(name.strip().lower())
        if driver is None:
            raise _unknown(title, name, known)
        found[driver.name] = _bounded(title, driver, value)
    return found


def _unknown(title: str, name: str, known: Mapping[str, Driver]) -> UsageFailure:
    names = list(dict.fromkeys(each.name for each in known.values()))
    near = difflib.get_close_matches(name.lower(), list(known), 1)
    meant = f"Did you mean {known[near[0]].name}? " if near else ""
    return UsageFailure(f"{title}: there is no driver named {name!r}.", f"{meant}The drivers are: {', '.join(names)}.")


def _bounded(title: str, driver: Driver, value: Any) -> float:
    """The value as a number within the driver's bounds; "10 %" is 0.10."""
    text = str(value).strip()
    percent = text.endswith("%")
    text = text.removesuffix("%").strip()
    try:
        # A comma parts thousands or is refused: taken out of "80,5" it would make another number of it.
        number = float(text.replace(",", "") if THOUSANDS.fullmatch(text) else text) / (100 if percent else 1)
    except ValueError:
        raise UsageFailure(
            f"{title}, {driver.label}: {value!r} is not a number.", "Give a number such as 0.10 or 10%."
        ) from None
    if not driver.low <= number <= driver.high:
        low, high = write(driver.low, driver.unit), write(driver.high, driver.unit)
        raise UsageFailure(
            f"{title}, {driver.label}: {number:g} is outside {driver.low:g} to {driver.high:g}.",
            f"Choose a value from {low} to {high}.",
        )
    return round(number, 12)
