"""Texts that a script hides or changes by methods of str, base64 and hexadecimal digits."""

from __future__ import annotations

import ast
import base64


def folded(base: frozenset[str], node: ast.Call, method: str) -> frozenset[str] | None:
    """The texts after a method of str with literal arguments."""
    given = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if len(given) != len(node.args) or node.keywords or (method == "replace" and len(given) != 2):
        return None
    try:
        return frozenset(str(getattr(text, method)(*given)) for text in base)
    except (TypeError, ValueError):
        return None


def character(node: ast.AST) -> frozenset[str] | None:
    """What chr gives."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and 0 <= node.value < 0x110000:
        return frozenset({chr(node.value)})
    return None


def unhidden(text: str) -> str:
    """What base64 or hexadecimal digits hide, '' when nothing."""
    for decode in (base64.b64decode, bytes.fromhex):
        try:
            return decode(text).decode("utf-8")
        except ValueError:
            continue
    return ""
