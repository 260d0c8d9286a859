"""The names under which a script writes values: variables, keys, keywords, defaults, what is compared with them."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from . import passwords
from .base import Source

# Calls that put a value under a name.
SETTING = frozenset({"setdefault", "set", "setattr", "setenv", "add_header", "set_header", "set_option", "option"})


def named_values(source: Source) -> Iterator[tuple[str, ast.expr | None]]:
    """Every (name, value) pair of the script: assignments, keys, keywords, defaults, comparisons."""
    yield from assigned(source)
    for keyword in source.all(ast.keyword):
        yield keyword.arg or "", keyword.value
    for dictionary in source.all(ast.Dict):
        for key, value in zip(dictionary.keys, dictionary.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
    for compare in source.all(ast.Compare):
        yield from compared(compare)
    for call in source.all(ast.Call):
        yield from _set(source, call)
    for _, fields in passwords.of_records(source):
        yield from fields
    yield from _matched(source)


def _matched(source: Source) -> Iterator[tuple[str, ast.expr | None]]:
    for match in source.all(ast.Match):
        for case in match.cases:
            if isinstance(case.pattern, ast.MatchValue):
                yield _name_of(match.subject), case.pattern.value


def _set(source: Source, call: ast.Call) -> Iterator[tuple[str, ast.expr | None]]:
    """Values that a call puts under a name, as `setdefault("API_TOKEN", ...)` and `set("db", "password", ...)` do."""
    word = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if word in SETTING or source.called(call) in ("os.getenv", "os.environ.get"):
        for name, value in itertools.pairwise(call.args):
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value, value


def assigned(source: Source) -> Iterator[tuple[str, ast.expr | None]]:
    """(name, value) of every assignment and default."""
    for assign in source.all(ast.Assign):
        for target in assign.targets:
            yield from _targets(target, assign.value)
    for annotated in source.all(ast.AnnAssign):
        yield from _targets(annotated.target, annotated.value)
    for named in source.all(ast.NamedExpr):
        yield named.target.id, named.value
    for function in source.functions:
        spec = function.args
        positional = [*spec.posonlyargs, *spec.args]
        for argument, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
            yield argument.arg, default
        for argument, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            yield argument.arg, given


def _targets(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for part, item in zip(target.elts, value.elts, strict=False):
            yield from _targets(part, item)
    else:
        yield _name_of(target), value


def compared(compare: ast.Compare) -> Iterator[tuple[str, ast.expr | None]]:
    """(name, value) of a comparison of a name with values."""
    sides = [compare.left, *compare.comparators[:20]]
    values = [side for side in sides if isinstance(side, ast.Constant | ast.Tuple | ast.List | ast.BinOp)]
    for side in sides:
        if name := _name_of(side):
            yield from ((name, value) for value in values)


def _name_of(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
        case ast.Call(args=[ast.Constant(value=str() as name), *_]):
            return name
    return ""
