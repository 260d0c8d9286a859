"""Pages that a fragment serves: what a visitor sent comes back escaped or as data, never as page, path or address."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .base import Check, Remark, Source, words

HARMLESS = words("escape int float len bool jsonify render_template url_for isinstance")
SENT = words("args form values data json cookies headers files get_json query_string url path")
FIX = "Return jsonify(...) or render_template(...), or escape it with markupsafe.escape."


def _pages(source: Source) -> Iterator[Remark]:
    if "flask.request" not in source.modules.values() and "flask" not in source.modules.values():
        return
    names = _from_visitor(source)
    for node in source.nodes:
        if isinstance(node, ast.Return) and node.value and _shows(source, node.value, names):
            yield Remark(node.lineno, "What a visitor sent is returned as a page.", FIX)
        elif isinstance(node, ast.Call):
            word = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if word in ("redirect", "make_response", "Response", "Markup") and any(
                _shows(source, item, names) for item in node.args
            ):
                yield Remark(node.lineno, f"What a visitor sent goes into {word}.", FIX)


def _from_visitor(source: Source) -> frozenset[str]:
    names: set[str] = set()
    for _ in range(3):
        known = frozenset(names)
        for node in source.all(ast.Assign):
            if _shows(source, node.value, known, through_calls=True):
                names |= {item.id for target in node.targets for item in ast.walk(target) if isinstance(item, ast.Name)}
    return frozenset(names)


def _shows(source: Source, node: ast.AST, names: frozenset[str], through_calls: bool = False) -> bool:
    """Whether what a visitor sent stands in the expression as text: alone, joined or formatted."""
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, ast.Name) and part.id in names:
            return True
        if isinstance(part, ast.Attribute) and part.attr in SENT and source.dotted(part.value) == "flask.request":
            return True
        if isinstance(part, ast.Call):
            method = part.func if isinstance(part.func, ast.Attribute) else None
            typed = any(keyword.arg == "type" for keyword in part.keywords)
            if method is None or method.attr in HARMLESS or typed:
                continue
            todo.append(method.value)
            todo.extend(part.args if through_calls or method.attr in ("format", "join") else [])
        elif not isinstance(part, ast.Compare | ast.Dict):
            todo.extend(ast.iter_child_nodes(part))
    return False


RULES = (Check("pages", "What a visitor sent is never returned as a page or followed as an address.", _pages),)
