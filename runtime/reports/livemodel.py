"""The quantities as spreadsheet cells: inputs, live formulas, and what only the script recomputes."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..formulas import OPERATORS, is_arithmetic, to_excel
from ..parsing import parse

Document = Mapping[str, Any]
Values = Mapping[str, float]
OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
# A1 and R1C1 references, which Excel and LibreOffice refuse as names.
REFERENCE = re.compile(r"[a-z]{1,4}\d+|[rc]|r\d*c\d*|true|false", re.IGNORECASE)
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Input:
    """A number that the script took from the data. It `moves` when a parameter changes it."""

    name: str
    label_of: str
    value: float
    origin: str
    moves: bool = False


@dataclass(frozen=True)
class LiveModel:
    """`inputs` and `formulas` by name, in the script's order; `cells` gives each its name in Excel."""

    inputs: Mapping[str, Input]
    formulas: Mapping[str, ast.expr]
    values: Values
    cells: Mapping[str, str]
    moved: frozenset[str] = field(default_factory=frozenset)

    def excel(self, name: str, cells: Mapping[str, str] | None = None) -> str:
        """The quantity's Excel formula; `cells` overrides where some names lie."""
        return "=" + to_excel(self.formulas[name], {**self.cells, **(cells or {})})

    def arguments(self, name: str) -> set[str]:
        """The names that the quantity's formula reads."""
        return names_in(self.formulas[name])


def names_in(node: ast.AST) -> set[str]:
    """Every name that the expression mentions."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def build(document: Document) -> LiveModel:
    """The live model of a results document."""
    parameters = dict(document["values"])
    numbers = {
        quantity["name"]: quantity["value"]
        for quantity in document["quantities"]
        if isinstance(quantity["value"], int | float)
    }
    moved = _moved(document)
    inputs: dict[str, Input] = {}
    formulas: dict[str, ast.expr] = {}
    values: dict[str, float] = {**parameters, **numbers}
    for quantity in document["quantities"]:
        name = quantity["name"]
        if name not in numbers:
            continue
        known = {*parameters, *numbers}
        live = _live(quantity, known, {*moved, *parameters}, values)
        if live is None:
            inputs[name] = Input(name, name, numbers[name], quantity["formula"], name in moved)
            continue
        formulas[name], parts = live
        for part in parts:
            inputs[part.name] = part
            values[part.name] = part.value
    return LiveModel(inputs, formulas, values, _cell_names([*parameters, *inputs, *formulas]), moved)


def _moved(document: Document) -> frozenset[str]:
    """The quantities that some parameter changes."""
    tainted = set(document["values"])
    again = True
    while again:
        found = {quantity["name"] for quantity in document["quantities"] if tainted & set(quantity["inputs"])} - tainted
        tainted |= found
        again = bool(found)
    return frozenset(tainted - set(document["values"]))


def _live(
    quantity: Mapping[str, Any], known: set[str], varying: set[str], values: Values
) -> tuple[ast.expr, tuple[Input, ...]] | None:
    """The quantity as arithmetic over known cells, with the inputs it needs besides, or None."""
    try:
        node = parse(quantity["formula"], mode="eval").body
    except (SyntaxError, RecursionError, ValueError):
        return None
    if is_arithmetic(node) and names_in(node) <= known:
        return (node, ()) if _agrees(evaluate(node, values), quantity["value"]) else None
    return _split(quantity, node, known, varying, values)


def _split(
    quantity: Mapping[str, Any], node: ast.expr, known: set[str], varying: set[str], values: Values
) -> tuple[ast.expr, tuple[Input, ...]] | None:
    """Arithmetic around one part that reads data alone, such as `lines["amount"].sum() * (1 + change)`.

    That part becomes an input: the formula is linear in it, so its value follows from the quantity's own.
    """
    hole = f"{quantity['name']}_from_data"
    opaque: dict[str, ast.expr] = {}
    body = _replace(node, known, opaque, hole)
    if len(opaque) != 1 or isinstance(body, ast.Name) or hole in known:
        return None
    part = next(iter(opaque.values()))
    if names_in(part) & varying:
        return None
    at = [evaluate(body, {**values, hole: float(number)}) for number in (0, 1, 2)]
    if any(value is None for value in at):
        return None
    zero, one, two = (float(value or 0.0) for value in at)
    slope = one - zero
    if slope == 0 or not _agrees(two - one, slope):
        return None
    value = (quantity["value"] - zero) / slope
    if not _agrees(evaluate(body, {**values, hole: value}), quantity["value"]):
        return None
    return body, (Input(hole, quantity["name"], value, ast.unparse(part)),)


def _replace(node: ast.expr, known: set[str], opaque: dict[str, ast.expr], hole: str) -> ast.expr:
    """The expression with every part that is no arithmetic over known names replaced by one name."""
    match node:
        case ast.Call(func=ast.Name(id="float"), args=[inner], keywords=[]):
            return _replace(inner, known, opaque, hole)
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in OPERATORS:
            sides = (_replace(side, known, opaque, hole) for side in (left, right))
            return ast.BinOp(next(sides), operation, next(sides))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return ast.UnaryOp(node.op, _replace(operand, known, opaque, hole))
        case ast.Name(id=name) if name in known:
            return node
        case ast.Constant() if is_arithmetic(node):
            return node
    opaque[ast.dump(node)] = node
    return ast.Name(hole)


def evaluate(node: ast.expr, values: Mapping[str, float | None]) -> float | None:
    """The number that the arithmetic gives, or None when it has none."""
    try:
        found = _number(node, values)
    except (ZeroDivisionError, OverflowError, TypeError, KeyError):
        return None
    return float(found) if isinstance(found, int | float) and math.isfinite(found) else None


def _number(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=operation, operand=operand):
            inner = _number(operand, values)
            return -inner if isinstance(operation, ast.USub) else inner
        case ast.BinOp(left=left, op=operation, right=right):
            return OPERATIONS[type(operation)](_number(left, values), _number(right, values))
    raise TypeError(f"{ast.unparse(node)} is not arithmetic")


def _agrees(found: float | None, told: float) -> bool:
    return found is not None and math.isclose(found, told, rel_tol=TOLERANCE, abs_tol=1e-12)


def _cell_names(names: list[str]) -> dict[str, str]:
    """A name that Excel takes for each; Excel does not tell upper from lower case."""
    cells: dict[str, str] = {}
    taken: set[str] = set()
    for name in dict.fromkeys(names):
        cell = f"q_{name}" if REFERENCE.fullmatch(name) else name
        while cell.lower() in taken:
            cell += "_"
        taken.add(cell.lower())
        cells[name] = cell
    return cells
