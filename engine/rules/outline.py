"""A contract script's parts as written: its declarations, quantities and entries, right or wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from rapidfuzz import fuzz, process

from .base import Source

# The fields of each entry, in order; runtime/contract.py defines them.
KINDS: dict[str, tuple[str, ...]] = {
    "Parameter": ("name", "label", "default", "low", "high", "unit", "step", "description"),
    "Metric": ("quantity", "label", "unit", "good", "bad"),
    "Chart": ("quantity", "kind", "x", "y", "series", "label", "unit", "good", "bad"),
    "Table": ("quantity", "label", "units"),
}


@dataclass(frozen=True)
class Entry:
    """One Parameter, Metric, Chart or Table: its literal values by field, and what is wrong with the others."""

    kind: str
    line: int
    values: dict[str, Any]
    unknown: tuple[str, ...]
    computed: tuple[str, ...]


@dataclass(frozen=True)
class Outline:
    """The module level of a script, sorted."""

    source: Source

    @classmethod
    def of(cls, source: Source) -> Outline:
        """The source's outline, made once."""
        if "outline" not in source.memory:
            source.memory["outline"] = cls(source)
        return cast(Outline, source.memory["outline"])

    @cached_property
    def declarations(self) -> dict[str, list[ast.expr]]:
        """What is assigned to SOURCES, PARAMETERS and VIEW."""
        found: dict[str, list[ast.expr]] = {}
        for name, value in self._assigned:
            if name in ("SOURCES", "PARAMETERS", "VIEW"):
                found.setdefault(name, []).append(value)
        return found

    @cached_property
    def _assigned(self) -> list[tuple[str, ast.expr]]:
        pairs = []
        for node in self.source.tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                pairs.append((node.targets[0].id, node.value))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                pairs.append((node.target.id, node.value))
        return pairs

    @property
    def constants(self) -> list[tuple[str, ast.expr]]:
        """Every other assignment to a plain name."""
        return [(name, value) for name, value in self._assigned if name not in ("SOURCES", "PARAMETERS", "VIEW")]

    @cached_property
    def functions(self) -> list[ast.FunctionDef]:
        """Every function at module level."""
        return [node for node in self.source.tree.body if isinstance(node, ast.FunctionDef)]

    @cached_property
    def quantities(self) -> dict[str, ast.FunctionDef]:
        """The public functions by name."""
        return {node.name: node for node in self.functions if not node.name.startswith("_")}

    @cached_property
    def guards(self) -> list[ast.If]:
        """The `if __name__ == "__main__": main()` at the end."""
        return [node for node in self.source.tree.body if isinstance(node, ast.If) and is_guard(node)]

    @cached_property
    def others(self) -> list[ast.stmt]:
        """Statements that have no place at module level."""
        found: list[ast.stmt] = []
        for position, node in enumerate(self.source.tree.body):
            known = isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef) or (
                isinstance(node, ast.Expr) and position == 0 and node.value in self.source.documentation
            )
            assigned = isinstance(node, ast.Assign | ast.AnnAssign) and _plain_target(node)
            if not known and not assigned and node not in self.guards[:1]:
                found.append(node)
        return found

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources."""
        keys = (key for node in self.declarations.get("SOURCES", []) if isinstance(node, ast.Dict) for key in node.keys)
        return tuple(key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))

    @cached_property
    def parameters(self) -> tuple[Entry, ...]:
        """The entries of PARAMETERS."""
        return tuple(self._entries("PARAMETERS"))

    @cached_property
    def view(self) -> tuple[Entry, ...]:
        """The entries of VIEW."""
        return tuple(self._entries("VIEW"))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Everything that a quantity may ask for."""
        parameters = (entry.values.get("name") for entry in self.parameters)
        return (*self.quantities, *self.sources, *(name for name in parameters if isinstance(name, str)))

    def arguments(self, function: ast.FunctionDef) -> list[str]:
        """What the quantity asks for."""
        return [
            argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        ]

    def kind(self, node: ast.expr) -> str:
        """Which entry the expression is, '' when none."""
        name = self.source.called(node) if isinstance(node, ast.Call) else ""
        return name.removeprefix("runtime.") if name.startswith("runtime.") else ""

    def _entries(self, name: str) -> Iterable[Entry]:
        for node in self.declarations.get(name, []):
            for item in node.elts if isinstance(node, ast.List | ast.Tuple) else []:
                if isinstance(item, ast.Call) and self.kind(item) in KINDS:
                    yield _entry(self.kind(item), item)


def _plain_target(node: ast.Assign | ast.AnnAssign) -> bool:
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and node.value is not None
    return len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)


def _entry(kind: str, call: ast.Call) -> Entry:
    fields = KINDS[kind]
    given: dict[str, ast.expr] = dict(zip(fields, call.args, strict=False))
    unknown = [f"argument {position + 1}" for position in range(len(fields), len(call.args))]
    for keyword in call.keywords:
        if keyword.arg not in fields or keyword.arg in given:
            unknown.append(keyword.arg or "**")
        else:
            given[keyword.arg] = keyword.value
    values: dict[str, Any] = {}
    computed = []
    for name, node in given.items():
        try:
            values[name] = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            computed.append(name)
    return Entry(kind, call.lineno, values, tuple(unknown), tuple(computed))


def is_guard(node: ast.If) -> bool:
    """Whether the statement is `if __name__ == "__main__": main()`."""
    called = node.body[0].value if len(node.body) == 1 and isinstance(node.body[0], ast.Expr) else None
    test = ast.unparse(node.test).replace('"', "'")
    plain_call = isinstance(called, ast.Call) and ast.unparse(called) == "main()"
    return test == "__name__ == '__main__'" and plain_call and not node.orelse


def near(name: str, known: Iterable[str]) -> str:
    """'Did you mean x? ' when a known name is near."""
    found = process.extractOne(name[:80], list(known)[:400], scorer=fuzz.ratio, score_cutoff=60)
    return f"Did you mean {found[0]}? " if found else ""


def listed(names: Iterable[str]) -> str:
    """The names as a person reads them, the first thirty."""
    names = list(names)
    return ", ".join(names[:30]) + (" and more" if len(names) > 30 else "") or "none yet"
