"""The catalogue of known metrics, read from YAML files that a business user can read and extend.

Four kinds of entry: a *metric* is a formula over other entries; an *input* is what a role of the mapping
gives; a *driver* is what a scenario may change; a *report* is a known listing. A metric may have several
formulas: the first whose inputs can all be had is used.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import numpy_financial as npf
import yaml
from pydantic import AfterValidator, Field, ValidationError

from engine.errors import UsageError
from engine.foundation.files import write_whole
from engine.products import Product
from runtime.parsing import parse
from runtime.units import known_unit

# The one in C is some eight times as fast; not every build of the library has it.
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FOLDER = Path(__file__).resolve().parents[2] / "templates" / "metrics"
# One of the list: pages and reports show it beside every number.
Unit = Annotated[str, AfterValidator(known_unit)]
LIBRARIES = {"np": np, "npf": npf}
FUNCTIONS = FOLDER / "functions.py"
ROLES = "roles.yaml"


class Driver(Product):
    """A parameter that a scenario may change. One that is `annual` counts for the share of a year that is looked at.

    One that is `local` is understood only where a metric is asked for that it enters.
    """

    kind: Literal["driver"]
    name: str
    pack: str = ""
    label: str
    unit: Unit
    default: float
    low: float
    high: float
    step: float
    definition: str
    # How a sentence of a scenario says it; a request never means a driver, so these are no synonyms.
    said_as: tuple[str, ...] = ()
    assumption: str = ""
    annual: bool = False
    local: bool = False
    columns: tuple[str, ...] = ()


class Input(Product):
    """A number that a role of the mapping gives, or, a series, several in their order.

    `absent` says what it is where there are no rows: none, or unknown. `columns` are names that a file's column of it
    may have, or sums of such columns.
    """

    kind: Literal["input"]
    name: str
    pack: str = ""
    label: str
    role: str
    unit: Unit
    definition: str
    synonyms: tuple[str, ...] = ()
    subset: str = ""
    except_subset: bool = False
    measure: str = ""
    series: bool = False
    columns: tuple[str, ...] = ()
    absent: Literal["none", "unknown"] = "unknown"


class Metric(Product):
    """A named formula. `good` and `bad` are thresholds; `direction` says which way is better.

    One that is `over` roles leaves out the members that have no rows of one of them, on both its sides, and says what
    they are without: role: its name in words. `beside` are shown with it; `shown_by` says by what it is shown where it
    is a part of what is asked. An annual one compares a year's flow with what is no flow: that of any other period is
    counted as if it had lasted a year.
    """

    kind: Literal["metric"]
    name: str
    pack: str = ""
    short: str
    label: str
    synonyms: tuple[str, ...]
    unit: Unit
    definition: str
    formulas: tuple[str, ...]
    source: str
    good: str = ""
    bad: str = ""
    direction: Literal["higher", "lower"] = "higher"
    additive: bool = False
    over: Mapping[str, str] = Field(default_factory=dict)
    annual: bool = False
    beside: tuple[str, ...] = ()
    shown_by: tuple[Literal["month", "category"], ...] = ()


class Measure(Product):
    """What a listing adds up: a part of its role (value, weight, area, annual_rent), and how it is called."""

    of: str
    name: str
    label: str
    unit: Unit


class Report(Product):
    """A known listing: metrics side by side, or the rows of a role by when they end, by whose they are or how old.

    `key` names the column of what it is by, `counted` that of how many rows there are, `table` the table; `by` is what
    a ranking is of, `bands` the ages in days, `roles` what a repayment reads besides.
    """

    kind: Literal["report"]
    name: str
    pack: str = ""
    label: str
    synonyms: tuple[str, ...]
    shape: Literal["overview", "schedule", "ranking", "aging", "repayment"]
    definition: str
    metrics: tuple[str, ...] = ()
    role: str = ""
    by: str = ""
    key: str = ""
    counted: str = "rows"
    table: str = ""
    measures: tuple[Measure, ...] = ()
    bands: tuple[int, ...] = (30, 60, 90)
    roles: Mapping[str, str] = Field(default_factory=dict)

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

    def input(self, name: str) -> Input:
        """The input of that name."""
        entry = self.entries[name]
        if not isinstance(entry, Input):
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

    def roles_in(self, names: Iterable[str]) -> frozenset[str]:
        """The roles that any formula of the named entries needs, or that they list."""
        reports = [entry for name in names if isinstance(entry := self.entries[name], Report)]
        listed = {role for report in reports for role in (report.role, *report.roles.values()) if role}
        waiting, seen = [*names, *(name for report in reports for name in report.metrics)], set[str]()
        while waiting:
            name = waiting.pop()
            if name in self.entries and name not in seen:
                seen.add(name)
                waiting += _used(self.entries[name])
        return frozenset({entry.role for name in seen if isinstance(entry := self.entries[name], Input)} | listed)

    def drivers_in(self, names: Iterable[str]) -> frozenset[str]:
        """The drivers that any formula of the named entries needs."""
        seen: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += _used(self.entries[name]) if name in self.entries else ()
        return frozenset(name for name in seen if isinstance(self.entries.get(name), Driver))

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

    def names_at_base(self, formula: str) -> tuple[str, ...]:
        """The entries that a formula uses, without those that only a moved driver brings in."""
        return tuple(dict.fromkeys(_left(parse(formula, mode="eval").body, self)))

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
        known = {"__builtins__": {}, **LIBRARIES, **_own_functions()}
        return eval(compile(formula, f"{name}.yaml", "eval"), known, values)  # noqa: S307


@cache
def functions() -> Mapping[str, str]:
    """The text of each function that formulas may use, by its name."""
    text = FUNCTIONS.read_text(encoding="utf-8")
    return {node.name: ast.unparse(node) for node in parse(text).body if isinstance(node, ast.FunctionDef)}


@cache
def _own_functions() -> Mapping[str, Any]:
    """The functions themselves, of the file that comes with the workbench."""
    known: dict[str, Any] = {}
    exec(compile(FUNCTIONS.read_text(encoding="utf-8"), str(FUNCTIONS), "exec"), known)  # noqa: S102
    return {name: known[name] for name in functions()}


@cache
def names_in(formula: str) -> tuple[str, ...]:
    """The entries that a formula uses, in the order written."""
    nodes = [node for node in ast.walk(parse(formula, mode="eval")) if isinstance(node, ast.Name)]
    ordered = sorted(nodes, key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys(node.id for node in ordered if node.id not in LIBRARIES and node.id[0] != "_"))


def _left(node: ast.AST, catalogue: Catalogue) -> Iterator[str]:
    """The names under a node, less products with a driver whose default is 0."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        sides = [catalogue.entries.get(side.id) for side in (node.left, node.right) if isinstance(side, ast.Name)]
        if any(isinstance(side, Driver) and side.default == 0 for side in sides):
            return
    if isinstance(node, ast.Name) and node.id not in LIBRARIES and node.id[0] != "_":
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _left(child, catalogue)


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
    files = [folder / f"{name}.yaml", *sorted(FOLDER.rglob(f"{name}.yaml"))]
    return next(file for file in files if file.exists()).read_text(encoding="utf-8")


def _entries_in(folder: Path) -> dict[str, Entry]:
    """The entries of a folder; those of a folder in it are of the pack of that name."""
    found = {}
    for path in sorted((*folder.glob("*.yaml"), *folder.glob("*/*.yaml"))):
        if path.name != ROLES:
            entry = read_entry(path.read_text(encoding="utf-8"), path.name)
            pack = path.parent.name if path.parent != folder else ""
            found[entry.name] = entry.model_copy(update={"pack": pack}) if pack else entry
    return found


def usable(catalogue: Catalogue, available: Set[str]) -> Catalogue:
    """The catalogue without what packs define and the data cannot give: its words mean nothing there."""
    kept = {
        name: entry
        for name, entry in catalogue.entries.items()
        if not entry.pack or isinstance(entry, Driver) or catalogue.reachable(name, available)
    }
    return Catalogue(entries=kept)


def read_entry(text: str, name: str) -> Entry:
    """An entry from YAML; `name` is for the error.

    Raises:
        UsageError: it is no YAML, of no known kind, or a field is unknown, missing or wrong.
    """
    hint = "Correct it; docs/mapping.md shows one."
    try:
        content = yaml.load(text, Loader=SAFE_LOADER)
        kind = KINDS[content["kind"]]
    except (yaml.YAMLError, KeyError, TypeError, RecursionError, ValueError) as error:
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
