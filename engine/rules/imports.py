"""What a script imports: whole names from the allow-list, nothing relative, nothing by star."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from rapidfuzz import process

from engine.products import Severity

from . import partly
from .base import Check, Remark, Source
from .file_calls import READERS
from .libraries import INNER, UNREAD, is_installed
from .members import ALLOWED, LEADS_OUT, REFUSED_MEMBERS, allowed_roots, reason_against, reason_against_module, tables

ADVICE = "Use pandas, numpy or the standard library's pure modules; the allowed ones are: {}."


def _fix(source: Source, name: str) -> str:
    allowed = sorted(allowed_roots(source.fragment, source.allow_imports))
    near = process.extractOne(name.partition(".")[0], allowed, score_cutoff=80)
    meant = f"Did you mean {near[0]}? " if near and near[0] != name.partition(".")[0] else ""
    return meant + ADVICE.format(", ".join(sorted(ALLOWED - {"__future__"})))


def _only_dumps(source: Source) -> bool:
    """Whether joblib does nothing but write a file: what it loads are pickles, and it starts processes."""
    used = [node for node in (*source.all(ast.Name), *source.all(ast.Attribute)) if source.dotted(node)]
    used = [node for node in used if (source.dotted(node) or "").startswith("joblib.")]
    calls = (source.parents.get(node) for node in used)
    called = (isinstance(call, ast.Call) and source.called(call) == "joblib.dump" for call in calls)
    return source.fragment and bool(used) and all(called)


def _reason(source: Source, module: str) -> str | None:
    if module == "joblib" and _only_dumps(source):
        return None
    return reason_against_module(module, source.fragment, source.allow_imports)


def _imports(source: Source) -> Iterator[Remark]:
    for node in source.all(ast.Import):
        for alias in node.names:
            reason = _reason(source, alias.name)
            if reason:
                yield Remark(node.lineno, f"import {alias.name}: {reason}.", _fix(source, alias.name))
    for statement in source.all(ast.ImportFrom):
        yield from _from(source, statement)
    yield from _from_all(source)
    yield from partly.remarks(source)


def _from(source: Source, node: ast.ImportFrom) -> Iterator[Remark]:
    module = node.module or ""
    if node.level:
        yield Remark(node.lineno, "A relative import.", "A script stands alone: write what it needs into it.")
        return
    reason = _reason(source, module)
    if reason:
        yield Remark(node.lineno, f"from {module} import ...: {reason}.", _fix(source, module))
        return
    fragment = source.fragment or module.partition(".")[0] not in ALLOWED
    for alias in node.names:
        if alias.name == "*":
            if not _may_give_all(source, module):
                yield Remark(node.lineno, f"from {module} import *.", "Name what is imported.")
        elif reason := reason_against(f"{module}.{alias.name}", fragment) or unread(source, f"{module}.{alias.name}"):
            yield Remark(node.lineno, f"from {module} import {alias.name}: {reason}.", _fix(source, module))


def unread(source: Source, dotted: str) -> str | None:
    """Why what reads code from files is refused where nobody named its library."""
    if INNER.sub("jinja2.", dotted) not in UNREAD or dotted.partition(".")[0] in source.allow_imports:
        return None
    return f"{dotted} reads templates from files, which run as code that no rule reads"


# Modules of the standard library whose every name only computes.
PLAIN = frozenset({"math", "cmath", "statistics", "decimal", "fractions", "itertools", "numpy"})


def _may_give_all(source: Source, module: str) -> bool:
    """Whether all names of a module may be taken at once: only of one library, so that each name has one origin."""
    stars = [node for node in source.all(ast.ImportFrom) if any(alias.name == "*" for alias in node.names)]
    root = module.partition(".")[0]
    library = root in source.allow_imports and root not in tables(True)
    alone = len({(node.module or "").partition(".")[0] for node in stars}) == 1
    return source.fragment and alone and (library or module in PLAIN)


def _is_touchy(module: str, name: str) -> bool:
    """Whether a library's member of this name is looked at wherever it is used."""
    root = module.partition(".")[0]
    return f"{module}.{name}" in READERS or name in LEADS_OUT | REFUSED_MEMBERS.get(root, frozenset())


def _from_all(source: Source) -> Iterator[Remark]:
    """Names that came by a star must be allowed one by one."""
    stars = {node.module or "" for node in source.all(ast.ImportFrom) if any(alias.name == "*" for alias in node.names)}
    for name in source.all(ast.Name) if stars else ():
        if any(
            _is_touchy(module, name.id) and source.modules.get(name.id) != f"{module}.{name.id}" for module in stars
        ):
            yield Remark(name.lineno, f"{name.id} may be the library's or the script's own.", "Name it otherwise.")
        dotted = source.modules.get(name.id, "")
        if dotted.rpartition(".")[0] in stars and (reason := reason_against(dotted, True)):
            yield Remark(name.lineno, f"{reason}.", "Use another function of the library, or plain Python.")


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


def _installed(source: Source) -> Iterator[Remark]:
    """Libraries that may be imported and are not there: no danger, but the script would end at once."""
    for line, _, target in sorted(_bound(source)):
        root = target.partition(".")[0]
        known = root in sys.stdlib_module_names or root == "runtime" or is_installed(root)
        if root and not known and root in allowed_roots(source.fragment, source.allow_imports):
            fix = "Do without it, or run the script where it is."
            yield Remark(line, f"{root} is not installed in the sandbox.", fix, Severity.ADVICE)


RULES = (
    Check("imports", "Imports come from the allowed list, whole and by name.", _imports),
    Check(
        "installed", "What is imported is there: the sandbox has the packages of its list.", _installed, Severity.ADVICE
    ),
    Check("one-meaning", "No name is imported with two meanings.", _one_meaning),
)
