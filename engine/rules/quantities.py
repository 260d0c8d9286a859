"""The quantities of a contract script: plain, pure functions whose arguments are what they need."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from engine.products import Severity

from .base import Check, Remark, Source
from .outline import Outline, listed, near

RESERVED = frozenset({"main", "sql", "dataset", "Metric", "Chart", "Table", "Parameter"})


def _signatures(source: Source) -> Iterator[Remark]:
    outline = Outline.of(source)
    for function in outline.functions:
        name, spec = function.name, function.args
        private = name.startswith("_")
        if function.decorator_list:
            yield Remark(function.lineno, f"{name} has a decorator.", "Write the function plain.")
        if spec.vararg or spec.kwarg:
            yield Remark(function.lineno, f"{name} takes * or ** arguments.", "Name every argument.")
        if not private and (spec.defaults or spec.kwonlyargs or spec.posonlyargs):
            yield Remark(function.lineno, f"{name} has defaults or special arguments.", "Give a Parameter the default.")
        if private:
            continue
        for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs):
            if argument.annotation is None:
                yield Remark(
                    argument.lineno, f"{name}: {argument.arg} has no type.", f"Write {argument.arg}: float, say."
                )
        if function.returns is None:
            yield Remark(function.lineno, f"{name} does not say what it returns.", "Write -> float or -> pd.DataFrame.")
        if not _returns(function):
            yield Remark(function.lineno, f"{name} returns nothing.", "End it with return.")


def _returns(function: ast.FunctionDef) -> bool:
    own = [part for part in ast.walk(function) if isinstance(part, ast.Return) and part.value is not None]
    return bool(own)


def _names(source: Source) -> Iterator[Remark]:
    outline = Outline.of(source)
    declared = {*outline.sources, *(entry.values.get("name") for entry in outline.parameters)}
    seen: set[str] = set()
    for function in outline.functions:
        name = function.name
        if name in seen:
            yield Remark(function.lineno, f"{name} is defined twice.", "Give each quantity its own name.")
        seen.add(name)
        if name in declared:
            yield Remark(function.lineno, f"{name} is also a source or parameter.", "Give the quantity another name.")
        if name in RESERVED or name in source.modules:
            yield Remark(function.lineno, f"{name} is the name of an import.", "Give the quantity another name.")
    for name, function in outline.quantities.items():
        for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
            if argument.arg not in outline.names:
                meant = near(argument.arg, outline.names)
                fix = f"{meant}There are: {listed(outline.names)}."
                yield Remark(argument.lineno, f"{name} needs {argument.arg}, which is nowhere defined.", fix)


def _cycles(source: Source) -> Iterator[Remark]:
    outline = Outline.of(source)
    state: dict[str, int] = {}
    for start in outline.quantities:
        stack = [(start, iter(outline.arguments(outline.quantities[start])))] if start not in state else []
        state.setdefault(start, 1)
        while stack:
            name, rest = stack[-1]
            needed = next(rest, None)
            if needed is None:
                state[name] = 2
                stack.pop()
            elif needed in outline.quantities and state.get(needed) == 1:
                line = outline.quantities[name].lineno
                yield Remark(line, f"{name} needs {needed}, which needs {name} in turn.", "Break the circle.")
            elif needed in outline.quantities and needed not in state:
                state[needed] = 1
                stack.append((needed, iter(outline.arguments(outline.quantities[needed]))))


def _pure(source: Source) -> Iterator[Remark]:
    for kind in (ast.Global, ast.Nonlocal):
        for node in source.all(kind):
            yield Remark(
                node.lineno, f"{type(node).__name__.lower()} makes a function depend on its history.", "Return values."
            )
    for kind_ in (ast.Yield, ast.YieldFrom):
        for found in source.all(kind_):
            yield Remark(found.lineno, "A function that yields.", "Return the whole value.")
    for function in Outline.of(source).functions:
        for part in ast.walk(function):
            if isinstance(part, ast.Import | ast.ImportFrom | ast.ClassDef):
                yield Remark(
                    part.lineno, f"{function.name} imports or makes classes.", "Import at the top; use plain values."
                )


def _mutation(source: Source) -> Iterator[Remark]:
    for function in Outline.of(source).functions:
        given = {argument.arg for argument in function.args.args}
        for part in ast.walk(function):
            if isinstance(part, ast.Assign):
                given -= {target.id for target in part.targets if isinstance(target, ast.Name)}
        for part in ast.walk(function):
            yield from _changed(part, given)


def _changed(node: ast.AST, given: set[str]) -> Iterator[Remark]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    for target in targets:
        base = target.value if isinstance(target, ast.Subscript | ast.Attribute) else None
        if isinstance(base, ast.Attribute) and base.attr in ("loc", "iloc", "at", "iat"):
            base = base.value
        if isinstance(base, ast.Name) and base.id in given:
            fix = f"Begin with {base.id} = {base.id}.copy()."
            yield Remark(target.lineno, f"The argument {base.id} is changed for everyone who needs it.", fix)
    for keyword in node.keywords if isinstance(node, ast.Call) else []:
        if keyword.arg == "inplace" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True:
            base = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
            if isinstance(base, ast.Name) and base.id in given:
                yield Remark(
                    keyword.value.lineno, f"inplace=True changes the argument {base.id}.", "Assign the result."
                )


def _described(source: Source) -> Iterator[Remark]:
    for name, function in Outline.of(source).quantities.items():
        if not ast.get_docstring(function):
            fix = "Say in one sentence what it is, with its unit."
            yield Remark(function.lineno, f"The quantity {name} has no definition.", fix)


def _direct(source: Source) -> Iterator[Remark]:
    quantities = Outline.of(source).quantities
    for call in source.all(ast.Call):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name in quantities and not source.is_argument(call.func):  # type: ignore[arg-type]
            fix = f"Take {name} as an argument, so that its value is traced."
            yield Remark(call.lineno, f"The quantity {name} is called.", fix)


RULES = (
    Check(
        "signatures",
        "Quantities have typed plain arguments and a return; no decorators, defaults, * or **.",
        _signatures,
        fragment=False,
    ),
    Check(
        "names",
        "Every argument of a quantity is a quantity, source or parameter, and no name is used twice.",
        _names,
        fragment=False,
    ),
    Check("no-cycles", "No quantity needs itself by way of others.", _cycles, fragment=False),
    Check(
        "pure",
        "Functions keep no state: no global, nonlocal, yield, inner imports or inner classes.",
        _pure,
        fragment=False,
    ),
    Check("no-mutation", "Arguments are copied before they are changed.", _mutation, Severity.ADVICE, fragment=False),
    Check(
        "definitions", "Every quantity has a docstring that defines it.", _described, Severity.ADVICE, fragment=False
    ),
    Check(
        "asked-not-called",
        "A quantity asks for others by argument and does not call them.",
        _direct,
        Severity.ADVICE,
        fragment=False,
    ),
)
