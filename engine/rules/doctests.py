"""Examples of docstrings, which doctest runs: they are read as if they stood at the end of the script."""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator

from .base import Remark, Source, spread, words
from .values import Values

OPTIONS = words("verbose report optionflags raise_on_error exclude_empty")
MOST = 2_000


def _runs(source: Source) -> bool:
    return "doctest" in {name.partition(".")[0] for name in source.modules.values()}


def examples(source: Source) -> list[tuple[int, str]]:
    """(line, code) of every example that doctest may find in the script; none where it does not use doctest."""
    if not _runs(source):
        return []
    found: list[tuple[int, str]] = []
    for line, text in _texts(source):
        try:
            for each in doctest.DocTestParser().get_examples(text):
                found.append((line + each.lineno, each.source))
        except ValueError:
            continue  # said below
    return found[:MOST]


def _texts(source: Source) -> Iterator[tuple[int, str]]:
    for node in source.all(ast.Constant):
        if isinstance(node.value, str) and ">>>" in node.value:
            yield node.lineno, node.value


def remarks(source: Source) -> Iterator[Remark]:
    """Examples that cannot be read, or that are not those which stand in the script."""
    if not _runs(source):
        return
    fix = "Call doctest.testmod() plainly, and write the examples into docstrings."
    for line, text in _texts(source):
        try:
            doctest.DocTestParser().get_examples(text)
        except ValueError:
            yield Remark(line, "An example of a docstring cannot be read.", fix)
    if len(examples(source)) >= MOST:
        yield Remark(1, f"More than {MOST:,} examples.", fix)
    yield from _calls(source, fix)
    yield from _made(source, fix)


def _calls(source: Source, fix: str) -> Iterator[Remark]:
    for node in (*source.all(ast.Attribute), *source.all(ast.Name)):
        call = source.parents.get(node)
        if source.dotted(node) != "doctest.testmod":
            continue
        plain = isinstance(call, ast.Call) and call.func is node and not call.args and not spread(call)
        if not plain or {word.arg for word in getattr(call, "keywords", ())} - OPTIONS:
            yield Remark(node.lineno, "doctest is told what to run.", fix)


def _made(source: Source, fix: str) -> Iterator[Remark]:
    """Documentation that is put together: doctest would run what nobody can read."""
    for name in source.all(ast.Name):
        if name.id in ("__doc__", "__test__") and not isinstance(name.ctx, ast.Load):
            yield Remark(name.lineno, f"{name.id} is set beside doctest.", fix)
    for node in source.all(ast.Attribute):
        if node.attr == "__doc__" and not isinstance(node.ctx, ast.Load):
            yield Remark(node.lineno, "Documentation that is set beside doctest.", fix)
    for call in source.all(ast.Call):
        word = source.called(call).rpartition(".")[2]
        given = [*call.args[3:], *(item.value for item in call.keywords if item.arg == "doc")]
        if word == "property" and (spread(call) or any(Values.of(source).texts(item) is None for item in given)):
            yield Remark(call.lineno, "Documentation that is put together beside doctest.", fix)
        if word in ("type", "update_wrapper") and len(call.args) > 1:
            yield Remark(call.lineno, f"{word} makes documentation beside doctest.", fix)
    shown = [item for item in source.all(ast.FunctionDef) if item.name in ("__repr__", "__str__", "__format__")]
    fields = {"dataclasses", "dataclasses.dataclass", "dataclasses.make_dataclass"} & set(source.modules.values())
    if shown and fields:
        # The documentation of a data class shows its defaults as they show themselves.
        yield Remark(shown[0].lineno, "A class that shows itself in its own way, beside data classes and doctest.", fix)
