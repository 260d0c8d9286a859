"""The catalogue of known metrics, read from YAML files that a business user can read and extend.

Four kinds of entry: a *metric* is a formula over other entries; an *input* is what a role of the mapping
gives; a *driver* is what a scenario may change; a *report* is a known listing. A metric may have several
formulas: the first whose inputs can all be had is used.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Set
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy_financial as npf
import yaml
from pydantic import ValidationError

from engine.errors import UsageError
from engine.products import Product
from engine.writing import write_whole
from templates.runtime.parsing import parse

FOLDER = Path(__file__).resolve().parents[1] / "templates" / "metrics"
LIBRARIES = {"np": np, "npf": npf}


class Driver(Product):
    """A parameter that a scenario may change."""

    kind: Literal["driver"]
    name: str
    label: str
    unit: str
    default: float
    low: float
    high: float
    step: float
    definition: str
    # How a sentence of a scenario says it; a request never means a driver, so these are no synonyms.
    said_as: tuple[str, ...] = ()
    assumption: str = ""


class Input(Product):
    """A number that a role of the mapping gives."""

    kind: Literal["input"]
    name: str
    label: str
    role: str
    unit: str
    definition: str
    synonyms: tuple[str, ...] = ()
    subset: str = ""
    except_subset: bool = False
    measure: str = ""


class Metric(Product):
    """A named formula. `good` and `bad` are thresholds; `direction` says which way is better."""

    kind: Literal["metric"]
    name: str
    short: str
    label: str
    synonyms: tuple[str, ...]
    unit: str
    definition: str
    formulas: tuple[str, ...]
    source: str
    good: str = ""
    bad: str = ""
    direction: Literal["higher", "lower"] = "higher"
    additive: bool = False


class Report(Product):
    """A known listing: overview, expiry or tenants."""

    kind: Literal["report"]
    name: str
    label: str
    synonyms: tuple[str, ...]
    shape: Literal["overview", "expiry", "tenants"]
    definition: str
    metrics: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """A listing has no unit of its own."""
        return ""


Entry = Driver | Input | Metric | Report
KINDS: dict[str, type[Driver | Input | Metric | Report]] = {
    "driver": Driver,
    "input": Input,
    "metric": Metric,
    "report": Report,
}


class Catalogue(Product):
    """All entries by name."""

    entries: Mapping[str, Entry]

    def metric(self, name: str) -> Metric:
        """The metric of that name."""
        entry = self.entries[name]
        if not isinstance(entry, Metric):
            raise KeyError(name)
        return entry

    @cached_property
    def phrases(self) -> Mapping[str, str]:
        """Every name and synonym in lower case, to the entry it means."""
        found: dict[str, str] = {}
        for entry in self.entries.values():
            if isinstance(entry, Metric | Report):
                own = (entry.name.replace("_", " "), entry.label.lower(), *entry.synonyms)
            else:
                own = entry.synonyms if isinstance(entry, Input) else ()
            found.update({phrase.lower(): entry.name for phrase in own})
        return found

    def formula(self, name: str, available: Set[str]) -> str | None:
        """The first formula of a metric whose inputs are all available; None when there is none."""
        entry = self.entries[name]
        if not isinstance(entry, Metric):
            return None
        for formula in entry.formulas:
            if all(self.reachable(used, available) for used in names_in(formula)):
                return formula
        return None

    def reachable(self, name: str, available: Set[str]) -> bool:
        """Whether the entry can be had: a driver always, an input when available, a metric by a formula."""
        if name in available:
            return True
        entry = self.entries.get(name)
        return isinstance(entry, Driver) or self.formula_of(entry, available) is not None

    def formula_of(self, entry: Entry | None, available: Set[str]) -> str | None:
        """`formula` for an entry that may be no metric."""
        return self.formula(entry.name, available) if isinstance(entry, Metric) else None

    def lacking(self, name: str, available: Set[str]) -> tuple[str, ...]:
        """The labels of the inputs that keep a metric from being computed, by its first formula."""
        entry = self.entries[name]
        if isinstance(entry, Input):
            return () if name in available else (entry.label,)
        if not isinstance(entry, Metric) or self.reachable(name, available):
            return ()
        found = [label for used in names_in(entry.formulas[0]) for label in self.lacking(used, available)]
        return tuple(dict.fromkeys(found))

    def compute(self, name: str, given: Mapping[str, Any]) -> Any:
        """A metric's value from given values, by the same formulas that scripts get.

        Raises:
            UsageError: an input is not given.
        """
        if name in given:
            return given[name]
        entry = self.entries[name]
        if isinstance(entry, Driver):
            return entry.default
        formula = self.formula(name, given.keys())
        if formula is None:
            lacking = ", ".join(self.lacking(name, given.keys()))
            raise UsageError(f"{entry.label} needs {lacking}.", "Give them.")
        values = {used: self.compute(used, given) for used in names_in(formula)}
        return eval(compile(formula, f"{name}.yaml", "eval"), {"__builtins__": {}, **LIBRARIES}, values)  # noqa: S307


@cache
def names_in(formula: str) -> tuple[str, ...]:
    """The entries that a formula uses, in the order written."""
    nodes = [node for node in ast.walk(parse(formula, mode="eval")) if isinstance(node, ast.Name)]
    ordered = sorted(nodes, key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys(node.id for node in ordered if node.id not in LIBRARIES))


@cache
def load_catalogue(folder: Path = FOLDER) -> Catalogue:
    """The catalogue in a folder of YAML files.

    Raises:
        UsageError: a file cannot be read, or a formula names what no file defines.
    """
    return with_entries(Catalogue(entries={}), _entries_in(folder))


def own_catalogue(folder: Path) -> Catalogue:
    """The catalogue that comes with the workbench, with a person's own entries in place of those of the same name."""
    own = _entries_in(folder) if folder.is_dir() else {}
    return with_entries(load_catalogue(), own) if own else load_catalogue()


def with_entries(catalogue: Catalogue, entries: Mapping[str, Entry]) -> Catalogue:
    """The catalogue with more entries.

    Raises:
        UsageError: a formula cannot be read, names what nothing defines, or needs itself.
    """
    made = Catalogue(entries={**catalogue.entries, **entries})
    _check(made)
    return made


def save_entry(text: str, folder: Path) -> Entry:
    """Check an entry against the whole catalogue, then keep it; what does not hold is not written.

    Raises:
        UsageError: it cannot be used; the reason is given.
    """
    entry = read_entry(text, "of this text")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", entry.name):
        raise UsageError(f"{entry.name!r} cannot name a metric.", "Use small letters, digits and underscores.")
    with_entries(own_catalogue(folder), {entry.name: entry})
    write_whole(folder / f"{entry.name}.yaml", text.encode())
    return entry


def text_of(name: str, folder: Path) -> str:
    """The YAML of an entry: a person's own, else the one that comes with the workbench."""
    files = [place / f"{name}.yaml" for place in (folder, FOLDER)]
    return next(file for file in files if file.exists()).read_text(encoding="utf-8")


def _entries_in(folder: Path) -> dict[str, Entry]:
    read = (read_entry(path.read_text(encoding="utf-8"), path.name) for path in sorted(folder.glob("*.yaml")))
    return {entry.name: entry for entry in read}


def read_entry(text: str, name: str) -> Entry:
    """An entry from YAML; `name` is for the error.

    Raises:
        UsageError: it is no YAML, of no known kind, or a field is unknown, missing or wrong.
    """
    hint = "Correct it; docs/mapping.md shows one."
    try:
        content = yaml.safe_load(text)
        kind = KINDS[content["kind"]]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise UsageError(f"The metric file {name} cannot be used: {error}", f"kind: {', '.join(KINDS)}.") from None
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:3])
        raise UsageError(f"The metric file {name} cannot be used: {said}.", hint) from None


def _check(catalogue: Catalogue) -> None:
    try:
        graph = {entry.name: _used(entry) for entry in catalogue.entries.values()}
        tuple(TopologicalSorter(graph).static_order())
    except SyntaxError as error:
        raise UsageError(f"A formula cannot be read: {error.text or error.msg}.", "Write plain arithmetic.") from None
    except CycleError as error:
        raise UsageError(f"A formula needs itself: {' -> '.join(error.args[1])}.", "Break the circle.") from None
    for entry in catalogue.entries.values():
        for formula in entry.formulas if isinstance(entry, Metric) else ():
            for name in names_in(formula):
                if name not in catalogue.entries:
                    raise UsageError(
                        f"{entry.name}.yaml uses {name}, which no file defines.", f"Add {name}.yaml or correct it."
                    )


def _used(entry: Entry) -> set[str]:
    """What the formulas of an entry use, all alternatives together."""
    formulas = entry.formulas if isinstance(entry, Metric) else ()
    return {name for formula in formulas for name in names_in(formula)}
