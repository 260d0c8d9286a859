"""What a script imports: whole names from the allow-list, nothing relative, nothing by star."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rapidfuzz import process

from .base import Check, Remark, Source
from .members import ALLOWED, allowed_roots, reason_against, reason_against_module

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


RULES = (Check("imports", "Imports come from the allowed list, whole and by name.", _imports),)
