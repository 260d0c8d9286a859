"""What a quantity's source says about it: its formula as text, as an Excel formula, and whether it takes arrays."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from .parsing import parse

OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}
ARRAY_CALLS = {
    *("abs", "np.abs", "np.exp", "np.log", "np.sqrt", "np.sin", "np.cos"),
    *("np.minimum", "np.maximum", "np.where", "np.clip"),
}


@dataclass(frozen=True)
class Formula:
    """One quantity as its source shows it."""

    name: str
    line: int
    definition: str
    arguments: tuple[str, ...]
    text: str
    arithmetic: bool
    node: ast.FunctionDef

    @property
    def expression(self) -> ast.expr | None:
        """The returned expression of an arithmetic quantity."""
        last = self.node.body[-1]
        return last.value if self.arithmetic and isinstance(last, ast.Return) else None


def read(source: str) -> dict[str, Formula]:
    """Every public function of the script, by name, in the order written."""
    functions = [node for node in parse(source).body if isinstance(node, ast.FunctionDef)]
    return {node.name: _formula(node) for node in functions if not node.name.startswith("_")}


def _formula(node: ast.FunctionDef) -> Formula:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    returned = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    return Formula(
        name=node.name,
        line=node.lineno,
        definition=" ".join((ast.get_docstring(node) or "").split()),
        arguments=tuple(argument.arg for argument in node.args.args),
        text="\n".join(ast.unparse(statement) for statement in body).removeprefix("return "),
        arithmetic=returned is not None and is_arithmetic(returned),
        node=node,
    )


def is_arithmetic(node: ast.expr) -> bool:
    """Whether the expression is numbers and names joined by + - * / **, which Excel can compute too."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ast.Name():
            return True
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return is_arithmetic(operand)
        case ast.BinOp(left=left, op=operation, right=right):
            return type(operation) in OPERATORS and is_arithmetic(left) and is_arithmetic(right)
    return False


def to_excel(node: ast.expr, names: Mapping[str, str]) -> str:
    """The expression as an Excel formula without its '='; `names` gives a name's cell name.

    Parentheses are written around every operation, since Excel binds a leading minus tighter than '^'.
    """
    match node:
        case ast.Constant(value=value):
            return repr(value).upper()  # 1e-05 is written 1E-05 in Excel
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"(-{to_excel(operand, names)})"
        case ast.UnaryOp(operand=operand):
            return to_excel(operand, names)
        case ast.BinOp(left=left, op=operation, right=right):
            return f"({to_excel(left, names)}{OPERATORS[type(operation)]}{to_excel(right, names)})"
    raise ValueError(f"{ast.unparse(node)} is not arithmetic")


def takes_arrays(node: ast.FunctionDef, varying: frozenset[str]) -> bool:
    """Whether the function gives the same numbers when the arguments in `varying` are whole arrays.

    True only when each varying name meets nothing but arithmetic and numpy's element-wise functions on its
    way to the result. The caller still compares with scalar evaluation: this looks, that proves.
    """
    tainted = set(varying)
    for statement in node.body:
        match statement:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if not _element_wise(value, tainted):
                    return False
                if _mentions(value, tainted):
                    tainted.add(name)
            case ast.Return(value=ast.expr() as value):
                return _element_wise(value, tainted)
            case _:
                return False
    return False


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


def _element_wise(node: ast.expr, tainted: set[str]) -> bool:
    if not _mentions(node, tainted):
        return True
    match node:
        case ast.Name():
            return True
        case ast.BinOp(left=left, right=right):
            return _element_wise(left, tainted) and _element_wise(right, tainted)
        case ast.UnaryOp(operand=operand):
            return _element_wise(operand, tainted)
        case ast.Call(func=function, args=arguments, keywords=[]):
            return ast.unparse(function) in ARRAY_CALLS and all(
                _element_wise(argument, tainted) for argument in arguments
            )
        case ast.Compare(left=left, comparators=[right]):
            return _element_wise(left, tainted) and _element_wise(right, tainted)
    return False
