"""What a node of a tree calls, and on what. Pure."""

from __future__ import annotations

import ast


def method_of(node: ast.AST) -> str:
    """The name of the method that a node calls; empty when it calls none."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def owner_of(node: ast.AST, method: str) -> ast.expr | None:
    """What a method of that name is called on; None when the node calls another or none."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method:
        return node.func.value
    return None
