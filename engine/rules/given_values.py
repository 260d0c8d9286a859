"""Every place of a script that is given a value: names, items, targets of loops, arguments that have a default."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .base import Source

Given = Iterator[tuple[ast.expr, ast.expr]]
FILLING = frozenset({"setdefault", "update"})


def given_places(source: Source) -> Given:
    """Each place, and the expression that it is given or given a part of."""
    for assign in source.all(ast.Assign):
        yield from ((target, assign.value) for target in assign.targets)
    named: list[ast.AnnAssign | ast.AugAssign | ast.NamedExpr] = [
        *source.all(ast.AnnAssign),
        *source.all(ast.AugAssign),
        *source.all(ast.NamedExpr),
    ]
    yield from ((each.target, each.value) for each in named if each.value is not None)
    loops: list[ast.For | ast.comprehension] = [*source.all(ast.For), *source.all(ast.comprehension)]
    yield from ((loop.target, loop.iter) for loop in loops)
    yield from _of_functions(source)
    yield from _of_matches(source)
    yield from _of_methods(source)


def _of_functions(source: Source) -> Given:
    functions: list[ast.FunctionDef | ast.Lambda] = [*source.all(ast.FunctionDef), *source.all(ast.Lambda)]
    for spec in (function.args for function in functions):
        places = [*spec.posonlyargs, *spec.args][::-1]
        defaults: list[tuple[ast.arg, ast.expr]] = [*zip(places, spec.defaults[::-1], strict=False)]
        defaults += [(each, value) for each, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if value]
        yield from ((ast.Name(each.arg, ast.Store()), value) for each, value in defaults)


def _of_matches(source: Source) -> Given:
    for match in source.all(ast.Match):
        parts = (part for case in match.cases for part in ast.walk(case.pattern))
        names = [part.name for part in parts if isinstance(part, ast.MatchAs | ast.MatchStar)]
        yield from ((ast.Name(name, ast.Store()), match.subject) for name in names if name)


def _of_methods(source: Source) -> Given:
    """Dicts that a method gives items; the environment itself is looked at elsewhere."""
    for call in source.all(ast.Call):
        method = call.func
        if isinstance(method, ast.Attribute) and method.attr in FILLING and source.dotted(method.value) != "os.environ":
            place = ast.Subscript(method.value, ast.Constant(0), ast.Store())
            yield from ((place, value) for value in (*call.args, *(word.value for word in call.keywords)))
