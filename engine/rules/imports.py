"""What a script imports: whole names from the allow-list, nothing relative, nothing by star."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rapidfuzz import process

from .base import Check, Remark, Source
from .members import ALLOWED, allowed_roots, reason_against, reason_against_module, tables

ADVICE = "Use pandas, numpy or the standard library's pure modules; the allowed ones are: {}."


def _fix(source: Source, name: str) -> str:
    allowed = sorted(allowed_roots(source.fragment, source.allow_imports))
    near = process.extractOne(name.partition(".")[0], allowed, score_cutoff=80)
    meant = f"Did you mean {near[0]}? " if near and near[0] != name.partition(".")[0] else ""
    return meant + ADVICE.format(", ".join(sorted(ALLOWED - {"__future__"})))


def _imports(source: Source) -> Iterator[Remark]:
    for node in source.all(ast.Import):
        for alias in node.names:
            reason = reason_against_module(alias.name, source.fragment, source.allow_imports)
            if reason:
                yield Remark(node.lineno, f"import {alias.name}: {reason}.", _fix(source, alias.name))
    for statement in source.all(ast.ImportFrom):
        yield from _from(source, statement)


def _from(source: Source, node: ast.ImportFrom) -> Iterator[Remark]:
    module = node.module or ""
    if node.level:
        yield Remark(node.lineno, "A relative import.", "A script stands alone: write what it needs into it.")
        return
    reason = reason_against_module(module, source.fragment, source.allow_imports)
    if reason:
        yield Remark(node.lineno, f"from {module} import ...: {reason}.", _fix(source, module))
        return
    fragment = source.fragment or module.partition(".")[0] not in ALLOWED
    for alias in node.names:
        if alias.name == "*":
            yield Remark(node.lineno, f"from {module} import *.", "Name what is imported.")
        elif reason := reason_against(f"{module}.{alias.name}", fragment):
            yield Remark(node.lineno, f"from {module} import {alias.name}: {reason}.", _fix(source, module))


# Modules with a member of their own name that scripts import both ways.
NAMESAKES = frozenset({"time", "datetime", "random", "copy", "glob", "pprint", "tqdm", "array", "calendar", "bisect"})


def _one_meaning(source: Source) -> Iterator[Remark]:
    """A name that two imports give different meanings could be checked as one and used as the other."""
    meanings: dict[str, str] = {}
    for line, name, target in sorted(_bound(source)):
        first = meanings.setdefault(name, target)
        root = target.partition(".")[0]
        libraries = root == first.partition(".")[0] and (root in NAMESAKES or root not in tables(True))
        if first != target and not libraries:
            yield Remark(line, f"{name} is imported as {first} and as {target}.", "Give each import its own name.")


def _bound(source: Source) -> Iterator[tuple[int, str, str]]:
    for node in source.all(ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            yield node.lineno, alias.asname or root, alias.name if alias.asname else root
    for statement in source.all(ast.ImportFrom):
        for alias in statement.names:
            yield statement.lineno, alias.asname or alias.name, f"{statement.module or ''}.{alias.name}"


RULES = (
    Check("imports", "Imports come from the allowed list, whole and by name.", _imports),
    Check("one-meaning", "No name is imported with two meanings.", _one_meaning),
)
