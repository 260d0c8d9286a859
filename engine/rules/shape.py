"""The shape of a contract script: what stands at module level, and the declarations in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.products import Severity
from runtime.units import UNITS

from .base import Check, Remark, Source
from .outline import KINDS, Entry, Outline, listed, near
from .queries import READERS

CAPITALS = re.compile(r"[A-Z][A-Z0-9_]*")
THRESHOLD = re.compile(r"\s*(>=|<=|==|>|<)\s*-?\d+(\.\d+)?\s*")
GUARD = 'if __name__ == "__main__":\n    main()'
DECLARED = ("SOURCES", "PARAMETERS", "VIEW")
NUMBERS = ("default", "low", "high", "step")
TEXTS = ("name", "label", "unit", "description", "quantity", "good", "bad", "kind", "x", "series")


def _title(source: Source) -> Iterator[Remark]:
    text = ast.get_docstring(source.tree)
    if not text or not text.strip():
        yield Remark(
            1, "The script has no title.", 'Begin with a docstring whose first line is it: """DSCR by property.'
        )


def _module_level(source: Source) -> Iterator[Remark]:
    outline = Outline.of(source)
    for node in outline.others:
        what = type(node).__name__
        yield Remark(
            node.lineno,
            f"A statement at module level that the contract does not know ({what}).",
            "Move it into a quantity: here stand imports, SOURCES, PARAMETERS, functions, VIEW and the guard.",
        )
    for name in DECLARED:
        for again in outline.declarations.get(name, [])[1:]:
            yield Remark(again.lineno, f"{name} is declared twice.", "Declare it once.")
    if not outline.guards:
        last = max(1, len(source.lines))
        yield Remark(last, "The script does not end with its guard.", f"End it with: {GUARD}")
    elif source.modules.get("main") != "runtime.main":
        yield Remark(outline.guards[0].lineno, "main is not imported from runtime.", "from runtime import main")


def _constants(source: Source) -> Iterator[Remark]:
    for name, value in Outline.of(source).constants:
        if not CAPITALS.fullmatch(name):
            yield Remark(value.lineno, f"The constant {name} is not in capitals.", f"Name it {name.upper()}.")
        elif not plain(value):
            yield Remark(value.lineno, f"{name} is computed at module level.", "Write a literal.")


def plain(node: ast.AST) -> bool:
    """Whether the expression is literals alone, joined by arithmetic at most."""
    kinds = (
        ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp,
        ast.Load, ast.operator, ast.unaryop,
    )  # fmt: skip
    return all(isinstance(part, kinds) for part in ast.walk(node))


def _sources(source: Source) -> Iterator[Remark]:
    outline = Outline.of(source)
    for node in outline.declarations.get("SOURCES", []):
        if not isinstance(node, ast.Dict):
            yield Remark(node.lineno, "SOURCES is not a dict written out.", 'SOURCES = {"income": sql("SELECT ...")}')
            continue
        seen: set[object] = set()
        for key, value in zip(node.keys, node.values, strict=True):
            name = key.value if isinstance(key, ast.Constant) else None
            line = value.lineno
            if not isinstance(name, str) or not name.isidentifier():
                yield Remark(line, "A source's name is not a literal name.", 'Write it as "income".')
            elif name in seen:
                yield Remark(line, f"The source {name} is declared twice.", "Give each source its own name.")
            seen.add(name)
            if not (isinstance(value, ast.Call) and source.called(value) in READERS):
                yield Remark(
                    line, f"The source {name!r} is no sql(...) or dataset(...).", 'Write sql("SELECT ...", name=value).'
                )


def _parameters(source: Source) -> Iterator[Remark]:
    outline = Outline.of(source)
    yield from _listed(outline, "PARAMETERS", ("Parameter",))
    names = {*outline.sources}
    for entry in outline.parameters:
        yield from _fields(entry)
        name = entry.values.get("name")
        if not isinstance(name, str) or not name.isidentifier():
            yield Remark(
                entry.line, "A parameter's name is not a literal name.", 'Parameter("revenue_change", "Revenue change")'
            )
            continue
        if name in names:
            yield Remark(entry.line, f"The parameter {name} has the name of another.", "Give it its own name.")
        names.add(name)
        yield from _bounds(name, entry)


def _bounds(name: str, entry: Entry) -> Iterator[Remark]:
    given = {"default": 0.0, "low": -0.5, "high": 0.5, **entry.values}
    numbers = [given[key] for key in ("low", "default", "high")]
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers):
        return
    low, default, high = numbers
    if not low < high:
        yield Remark(entry.line, f"{name}: low {low} is not below high {high}.", "Give low the smaller number.")
    elif not low <= default <= high:
        yield Remark(
            entry.line, f"{name}: the default {default} is outside {low} to {high}.", "Widen low and high, or move it."
        )
    step = entry.values.get("step")
    if isinstance(step, int | float) and step <= 0:
        yield Remark(entry.line, f"{name}: the step {step} is not above zero.", "Give a step such as 0.01.")


def _listed(outline: Outline, name: str, kinds: tuple[str, ...]) -> Iterator[Remark]:
    example = f"{name} = [{kinds[0]}(...), ...]"
    for node in outline.declarations.get(name, []):
        if not isinstance(node, ast.List | ast.Tuple):
            yield Remark(node.lineno, f"{name} is not a list written out.", f"Write {example}")
            continue
        for item in node.elts:
            if outline.kind(item) not in kinds:
                yield Remark(
                    item.lineno, f"{name} holds something that is no {' or '.join(kinds)}.", f"Write {example}"
                )


def _fields(entry: Entry) -> Iterator[Remark]:
    """Unknown, doubled, computed or ill-typed arguments of an entry."""
    known = KINDS[entry.kind]
    for name in entry.unknown:
        yield Remark(entry.line, f"{entry.kind} has no {name!r}.", f"{near(name, known)}It has: {', '.join(known)}.")
    for name in entry.computed:
        yield Remark(entry.line, f"{entry.kind}: {name} is not a literal.", "Write the value itself.")
    for name, value in entry.values.items():
        if name in NUMBERS and value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            yield Remark(entry.line, f"{entry.kind}: {name} is no number.", f"Write {name}=0.1, for example.")
        for unit in _units(name, value):
            fix = f"{near(unit, UNITS)}Choose one such as USD, percent, x, count, months or sqft, or leave it out."
            yield Remark(entry.line, f"{entry.kind}: there is no unit {unit[:80]!r}.", fix)
        if name in TEXTS and not isinstance(value, str):
            yield Remark(entry.line, f"{entry.kind}: {name} is no text.", f'Write {name}="...".')


def _units(name: str, value: object) -> list[str]:
    """The units of an argument that there are not: pages and reports show them as they stand."""
    given = [value] if name == "unit" else [*value.values()] if name == "units" and isinstance(value, dict) else []
    return [unit for unit in given if isinstance(unit, str) and unit not in UNITS]


def _view(source: Source) -> Iterator[Remark]:
    outline = Outline.of(source)
    if "VIEW" not in outline.declarations:
        yield Remark(
            max(1, len(source.lines)),
            "The script shows nothing: it has no VIEW.",
            'VIEW = [Metric("dscr", "DSCR", unit="x")]',
        )
    yield from _listed(outline, "VIEW", ("Metric", "Chart", "Table"))
    for node in outline.declarations.get("VIEW", []):
        if isinstance(node, ast.List | ast.Tuple) and not node.elts:
            yield Remark(node.lineno, "VIEW is empty.", 'Show at least one quantity: Metric("dscr", "DSCR", unit="x").')
    for entry in outline.view:
        yield from _fields(entry)
        yield from _entry(outline, entry)


def _entry(outline: Outline, entry: Entry) -> Iterator[Remark]:
    quantity = entry.values.get("quantity")
    if not isinstance(quantity, str) or quantity not in outline.quantities:
        meant = near(str(quantity), outline.quantities)
        yield Remark(
            entry.line,
            f"VIEW shows {quantity!r}, which is no quantity.",
            f"{meant}The quantities are: {listed(outline.quantities)}.",
        )
    yield from _looks(entry.line, entry.values)


def _looks(line: int, values: Mapping[str, Any]) -> Iterator[Remark]:
    kinds = ("line", "bar", "area", "scatter", "pie")
    kind = values.get("kind", "bar")
    if kind not in kinds:
        yield Remark(
            line, f"There is no chart of kind {kind!r}.", f"{near(str(kind), kinds)}Kinds: {', '.join(kinds)}."
        )
    for name in ("good", "bad"):
        text = values.get(name, "")
        if isinstance(text, str) and text and not THRESHOLD.fullmatch(text):
            yield Remark(line, f"{name}={text!r} is no threshold.", 'Write a comparison with a number: ">= 1.25".')


def _unused(source: Source) -> Iterator[Remark]:
    outline = Outline.of(source)
    needed = {name for function in outline.quantities.values() for name in outline.arguments(function)}
    shown = {entry.values.get("quantity") for entry in outline.view}
    for name, function in outline.quantities.items():
        if name not in needed | shown:
            yield Remark(
                function.lineno, f"The quantity {name} is neither shown nor needed.", "Show it in VIEW, or drop it."
            )
    for entry in outline.parameters:
        if entry.values.get("name") not in needed:
            yield Remark(
                entry.line, f"No quantity needs the parameter {entry.values.get('name')}.", "Use it, or drop it."
            )


RULES = (
    Check("title", "The script begins with a docstring whose first line is its title.", _title, fragment=False),
    Check(
        "module-level",
        "At module level stand only imports, SOURCES, PARAMETERS, constants, functions, VIEW and the guard.",
        _module_level,
        fragment=False,
    ),
    Check("constants", "Constants are literals under names in capitals.", _constants, fragment=False),
    Check(
        "sources", "SOURCES is a dict of names and sql(...) or dataset(...), each name once.", _sources, fragment=False
    ),
    Check(
        "parameters",
        "PARAMETERS is a list of Parameter(...) with literal arguments, its default between low and high, names once.",
        _parameters,
        fragment=False,
    ),
    Check(
        "view",
        "VIEW is a list of Metric, Chart and Table with literal arguments, each naming a quantity.",
        _view,
        fragment=False,
    ),
    Check("unused", "What is declared is shown or needed.", _unused, Severity.ADVICE, fragment=False),
)
