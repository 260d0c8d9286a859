"""What tests expect to be refused: a weak password that a check must not take is nobody's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .base import Source, words

REFUSALS = words("assertFalse assertRaises raises assertRaisesRegex assertIsNone")


def refused_in_tests(source: Source, client: re.Pattern[str]) -> frozenset[ast.AST]:
    """What a test gives to the script's own function, and expects to be refused; `client` names what logs in."""
    found = (each for each in _asserted(source) if isinstance(each, ast.Call) and _is_own(source, each, client))
    return frozenset(part for call in found for part in (*call.args, *(word.value for word in call.keywords)))


def _asserted(source: Source) -> Iterator[ast.AST]:
    for call in source.all(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr in REFUSALS:
            yield from call.args
    for each in source.all(ast.Assert):
        if isinstance(each.test, ast.UnaryOp) and isinstance(each.test.op, ast.Not):
            yield each.test.operand
    for block in source.all(ast.With):
        if any(_expects(item.context_expr) for item in block.items):
            yield from (statement.value for statement in block.body if isinstance(statement, ast.Expr))


def _expects(maker: ast.expr) -> bool:
    return isinstance(maker, ast.Call) and isinstance(maker.func, ast.Attribute) and maker.func.attr in REFUSALS


def _is_own(source: Source, call: ast.Call, client: re.Pattern[str]) -> bool:
    """Whether the script's own function is called, and one that hands nothing on to where somebody logs in."""
    functions = [each for each in source.all(ast.FunctionDef) if each.name == source.called(call)]
    inner = [part.func for each in functions for part in ast.walk(each) if isinstance(part, ast.Call)]
    called = (part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in inner)
    return bool(functions) and not any(client.search(name) for name in called)
