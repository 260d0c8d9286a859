"""The arguments of a model's function: each becomes the frame, a parameter or another quantity."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.authors.model.calls import owner_of
from engine.authors.model.framing import ROWS

_FRAMES = frozenset("df data frame table dataframe df_rows dataset records row_data rows_df input_df".split())


class Unusable(Exception):
    """The code cannot be used as it is: what to tell the model. `never`: it is not asked again."""

    def __init__(self, feedback: str, *, never: bool = False) -> None:
        super().__init__(feedback)
        self.feedback = feedback
        self.never = never


@dataclass(frozen=True)
class Known:
    """What a function may ask for: the frame's columns, the parameters, and ready helpers; and what is known of them.

    Of a column: the stems of where it comes from, what it holds, how it writes the values that the request names.
    `done`: the column of each value by which rows were chosen already. `listed`: the columns of the result, where the
    request lists them; `most`: how many rows it asks for, where it does. `today` is the day of the request,
    `named` are the columns that it names.
    """

    columns: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    spelled: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    done: Mapping[str, str] = field(default_factory=dict)
    listed: tuple[str, ...] = ()
    most: int = 0
    today: str = ""
    named: tuple[str, ...] = ()


def settle_arguments(
    function: ast.FunctionDef, functions: Sequence[ast.FunctionDef], known: Known, fixes: list[str]
) -> None:
    """Every argument becomes the frame, a parameter or another quantity."""
    spec = function.args
    if spec.vararg or spec.kwarg:
        spec.vararg = spec.kwarg = None
        fixes.append("star arguments dropped")
    others = {each.name for each in functions if each is not function and not each.name.startswith("_")}
    arguments = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    defaults: dict[str, ast.expr] = dict(
        zip([a.arg for a in [*spec.posonlyargs, *spec.args]][::-1], spec.defaults[::-1], strict=False)
    )
    defaults |= {a.arg: d for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None}
    fine = {ROWS, *known.parameters, *others}
    kept: list[str] = []
    for place, argument in enumerate(arguments):
        name = argument.arg
        if name in fine:
            kept.append(name)
        elif name in ("params", "parameters", "config", "options", "kwargs"):
            kept += _spread(function, name, known, fixes)
        elif name in defaults:
            function.body.insert(
                1 if ast.get_docstring(function) is not None else 0,
                ast.Assign([ast.Name(name, ast.Store())], defaults[name], lineno=function.lineno),
            )
            fixes.append(f"{name} set inside")
        elif name.lower() in _FRAMES or (place == 0 and ROWS not in [a.arg for a in arguments]):
            _rename(function, name, ROWS)
            fixes.append(f"{name} renamed to {ROWS}")
            kept.append(ROWS)
        elif near := difflib.get_close_matches(name, [*known.parameters, *others], 1, 0.8):
            _rename(function, name, near[0])
            fixes.append(f"{name} renamed to {near[0]}")
            kept.append(near[0])
        else:
            raise Unusable(
                f"{function.name} needs {name}, which is nowhere defined."
                f" Its arguments can be: {', '.join(sorted(fine))}."
            )
    used = {node.id for part in function.body for node in ast.walk(part) if isinstance(node, ast.Name)}
    kept += [name for name in known.parameters if name in used and name not in kept and not _stores(function, name)]
    if ROWS in used and ROWS not in kept:
        kept.insert(0, ROWS)
    function.args = ast.arguments([], [ast.arg(name) for name in dict.fromkeys(kept)], None, [], [], None, [])


def _spread(function: ast.FunctionDef, name: str, known: Known, fixes: list[str]) -> list[str]:
    """`params["x"]` and `params.get("x", 0)` become the parameter x."""
    found: list[str] = []

    class Spread(ast.NodeTransformer):
        def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
            self.generic_visit(node)
            if isinstance(node.value, ast.Name) and node.value.id == name and isinstance(node.slice, ast.Constant):
                return self._parameter(str(node.slice.value), node)
            return node

        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            owner = owner_of(node, "get")
            mine = isinstance(owner, ast.Name) and owner.id == name
            if mine and node.args and isinstance(node.args[0], ast.Constant):
                return self._parameter(str(node.args[0].value), node)
            return node

        def _parameter(self, wanted: str, node: ast.AST) -> ast.AST:
            if wanted not in known.parameters:
                near = difflib.get_close_matches(wanted, known.parameters, 1)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise Unusable(
                    f"There is no parameter {wanted!r}.{hint} There are: {', '.join(known.parameters) or 'none'}."
                )
            found.append(wanted)
            return ast.Name(wanted, ast.Load())

    Spread().visit(function)
    fixes.append("parameters taken by name")
    return list(dict.fromkeys(found))


def _rename(function: ast.FunctionDef, old: str, new: str) -> None:
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == old:
            node.id = new


def _stores(function: ast.FunctionDef, name: str) -> bool:
    stored = (node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return any(node.id == name for node in stored)


def changes(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function writes into an argument."""
    for node in ast.walk(function):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        )
        for target in targets:
            inner: ast.AST = target
            while isinstance(inner, ast.Subscript | ast.Attribute):
                inner = inner.value
            if inner is not target and isinstance(inner, ast.Name) and inner.id == name:
                return True
        for keyword in node.keywords if isinstance(node, ast.Call) else []:
            if keyword.arg == "inplace":
                return True
    return False
