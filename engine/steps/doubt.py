"""Checks of an answer that a model's script gave, without knowing the right one; what they find is shown as warnings.

Two runs are equal; the order of rows changes nothing; every parameter moves something; without rows there are no
numbers; no value is missing where its neighbours are numbers; each thing has one row; a metric that the catalogue
knows has the value that the catalogue's formula gives from the script's own numbers; words that nothing in the data is
called by are named; values, numbers and the count of rows that the request says outright are in the script.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from engine.authors.model.clarifying import warnings_for
from engine.authors.model.promises import Promise, unkept
from engine.errors import EngineError, ScriptError, UsageError
from engine.executors.base import Session
from engine.executors.outside.payload import Payload
from engine.metrics.catalogue import Catalogue, Metric, load_catalogue, names_in
from engine.products import Plan
from engine.results.document import parsed
from engine.sources.snapshot import to_parquet

SEED = 7
TOLERANCE = 1e-6
GROUPED = frozenset({"breakdown", "ranking", "time_series"})


def kept_doubts(plan: Plan) -> tuple[str, ...]:
    """What was doubtful about a model's SELECT when it was written, and what the model kept all the same."""
    return tuple(f"The language model kept this when it was told: {text}" for text in plan.intent.get("doubts", ()))


def doubtful(
    document: Mapping[str, Any], plan: Plan | None, folder: Path, opened: Callable[[], Session]
) -> tuple[str, ...]:
    """What is doubtful about a results document; the folder holds its script and data, `opened` gives a sandbox."""
    decided: Mapping[str, Any] = (plan.intent.get("decisions") or {}) if plan else {}
    kind = str(decided.get("kind", ""))
    found = warnings_for(decided.get("meanings") or {})
    if plan and "promise" in plan.intent:
        script = (folder / "script.py").read_text(encoding="utf-8")
        found += unkept(Promise.model_validate(plan.intent["promise"]), script, document)
    found += [*missing_values(document), *repeated(document, kind), *differing(document, load_catalogue())]
    try:
        session = opened()
    except EngineError as error:
        return (*found, f"The answer could not be checked by running it again: {error.message}")
    try:
        found += _rerun(session, document, folder)
    except EngineError as error:
        found.append(f"The answer could not be checked by running it again: {error.message}")
    finally:
        session.close()
    return tuple(found)


def _rerun(session: Session, document: Mapping[str, Any], folder: Path) -> list[str]:
    """The checks that need the script to run again, on the same rows, on shuffled ones and on none."""
    found = []
    with tempfile.TemporaryDirectory() as made:
        for name, ordered, said in (
            ("same", True, "Two runs on the same rows gave different results."),
            ("shuffled", False, "The result depends on the order in which the database gives its rows."),
        ):
            if not same(document, _opened(session, folder, Path(made) / name, name), ordered=ordered):
                found.append(said)
        found += _unmoved(session, document, folder, Path(made) / "moved")
        try:
            empty = _opened(session, folder, Path(made) / "empty", "empty")
        except ScriptError:
            return found  # it says that there is nothing to compute from
        if any(metric["value"] not in (0, 0.0, None, "") for metric in empty["metrics"]):
            found.append("Without any rows the script still gives numbers: they may not come from the data.")
    return found


def _opened(session: Session, folder: Path, made: Path, variant: str) -> dict[str, Any]:
    """The results document of the script over a variant of its data."""
    made.mkdir(exist_ok=True)
    files = {"script.py": folder / "script.py"}
    for path in sorted((folder / "data").iterdir()):
        files[f"data/{path.name}"] = path
        if path.suffix == ".parquet" and variant in ("shuffled", "empty"):
            frame = pd.read_parquet(io.BytesIO(path.read_bytes()))
            changed = frame.sample(frac=1, random_state=SEED) if variant == "shuffled" else frame.iloc[:0]
            files[f"data/{path.name}"] = made / path.name
            (made / path.name).write_bytes(to_parquet(changed.reset_index(drop=True)))
    return parsed(session.ask({"do": "open"}, Payload(files)).body)


def _unmoved(session: Session, document: Mapping[str, Any], folder: Path, made: Path) -> list[str]:
    """The parameters whose change changes nothing."""
    found = []
    _opened(session, folder, made, "same")
    for parameter in document["parameters"]:
        value = parameter["high"] if parameter["high"] != parameter["default"] else parameter["low"]
        message = {"do": "results", "values": {parameter["name"]: value}}
        try:
            changed = parsed(session.ask(message).body)
        except ScriptError as error:
            found.append(f"With {parameter['label']} at {value:g} the script fails: {error.message}")
            continue
        if same(document, changed, ordered=True):
            found.append(f"Changing {parameter['label']} changes nothing.")
    return found


def same(one: Mapping[str, Any], other: Mapping[str, Any], *, ordered: bool) -> bool:
    """Whether two documents show the same numbers; rows in any order when it does not matter."""
    if [_plain(m["value"]) for m in one["metrics"]] != [_plain(m["value"]) for m in other["metrics"]]:
        return False
    for name, table in one["tables"].items():
        rows = [[tuple(map(_plain, row)) for row in each["rows"]] for each in (table, other["tables"].get(name, table))]
        if rows[0] != rows[1] and (ordered or sorted(map(repr, rows[0])) != sorted(map(repr, rows[1]))):
            return False
    return True


def _plain(value: Any) -> Any:
    """A value as it is compared: sums over another order of rows differ in their last digits."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


def missing_values(document: Mapping[str, Any]) -> list[str]:
    """Columns of numbers in which some are missing or infinite."""
    found = []
    for table in document["tables"].values():
        for place, name in enumerate(table["columns"]):
            cells = [row[place] for row in table["rows"]]
            gaps = sum(cell is None for cell in cells)
            if gaps and any(isinstance(cell, int | float) for cell in cells):
                found.append(f"{gaps} of {len(cells)} values of {name} are missing or infinite.")
    return found


def repeated(document: Mapping[str, Any], kind: str) -> list[str]:
    """Tables by group in which a group has several rows."""
    found = []
    for table in document["tables"].values() if kind in GROUPED else ():
        labels = [i for i in range(len(table["columns"])) if any(isinstance(row[i], str) for row in table["rows"])]
        keys = [tuple(row[i] for i in labels) for row in table["rows"]]
        if labels and len(set(keys)) < len(keys):
            names = " and ".join(table["columns"][i] for i in labels)
            found.append(f"Some {names} have several rows, though one row for each was to be expected.")
    return found


def differing(document: Mapping[str, Any], catalogue: Catalogue) -> list[str]:
    """Metrics of the catalogue whose value is not what its formula gives from the script's own numbers."""
    found = []
    numbers = {q["name"]: q["value"] for q in document["quantities"] if isinstance(q["value"], int | float)}
    for name, value in numbers.items():
        expected = _expected(name, numbers, catalogue)
        if expected is not None and not close(value, expected):
            found.append(_difference(name, value, expected, catalogue))
    for table in document["tables"].values():
        for name in table["columns"]:
            for row in table["rows"]:
                given = dict(zip(table["columns"], row, strict=True))
                given = {key: cell for key, cell in given.items() if isinstance(cell, int | float)}
                expected = _expected(name, given, catalogue) if name in given else None
                if expected is not None and not close(given[name], expected):
                    found.append(_difference(name, given[name], expected, catalogue))
                    break
    return found


def _expected(name: str, given: Mapping[str, float], catalogue: Catalogue) -> float | None:
    """What the catalogue gives for a metric from numbers of the same names; None when it does not know."""
    entry = catalogue.entries.get(name.lower())
    if not isinstance(entry, Metric):
        return None
    inputs = {key: value for key, value in given.items() if key != name}
    for formula in entry.formulas:
        if set(names_in(formula)) <= set(inputs):
            try:
                return float(catalogue.compute(entry.name, inputs))
            except (ArithmeticError, TypeError, ValueError, UsageError):
                return None
    return None


def _difference(name: str, value: float, expected: float, catalogue: Catalogue) -> str:
    formula = catalogue.metric(name.lower()).formulas[0]
    return f"{name} is {value:.6g} here; by the catalogue's formula ({formula}) it would be {expected:.6g}."


def close(one: float, other: float) -> bool:
    """Whether two numbers are the same but for rounding."""
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other), 1.0)
