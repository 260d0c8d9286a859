"""Pages that a fragment serves: what a visitor sent comes back escaped or as data, never as page, path or address."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .base import Check, Remark, Source, argument, spread, words
from .libraries import INNER
from .values import Values

HARMLESS = words("escape int float len bool jsonify render_template url_for isinstance")
SENT = words("args form values data json cookies headers files get_json query_string url path")
TEMPLATES = frozenset({"flask.render_template_string", "jinja2.Template"})
# Templates by name, in memory: those of a library that a person named are trusted, as its files are.
DICT = "jinja2.DictLoader"
REACHES = re.compile(
    r"__|\battr\b|\|\s*(attr|map)|\b(config|self|request|cycler|lipsum|joiner|namespace|get_flashed_messages)\b"
)
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


def _templates(source: Source) -> Iterator[Remark]:
    """Templates in texts run code of their own: what they are must stand in the script."""
    called = {call.func for call in source.all(ast.Call) if _takes_template(source, call)}
    for node in (*source.all(ast.Name), *source.all(ast.Attribute)):
        if _plain(source.dotted(node)) in _makers(source) and node not in called and not _only_typed(source, node):
            yield Remark(node.lineno, f"{source.dotted(node)} is passed on without its template.", FIX)
    for method in source.all(ast.Attribute):
        if method.attr == "from_string" and method not in called and _has_templates(source):
            yield Remark(method.lineno, "from_string is passed on without its template.", FIX)
    for call in source.all(ast.Call):
        if call.func not in called:
            continue
        given = argument(call, 0, "source", "mapping")
        texts = Values.of(source).texts(given) if not _grows(source, call, given) else None
        if texts is None or spread(call) or any(REACHES.search(text) for text in texts):
            yield Remark(call.lineno, "A template that is put together, or reaches behind its values.", FIX)


def _takes_template(source: Source, call: ast.Call) -> bool:
    by_method = isinstance(call.func, ast.Attribute) and call.func.attr == "from_string"
    return _plain(source.called(call)) in _makers(source) or (by_method and _has_templates(source))


def _plain(dotted: str | None) -> str:
    return INNER.sub("jinja2.", dotted or "")


def _makers(source: Source) -> frozenset[str]:
    return TEMPLATES if "jinja2" in source.allow_imports else TEMPLATES | {DICT}


def _grows(source: Source, call: ast.Call, given: ast.expr | None) -> bool:
    """Whether templates can come to a dict of them elsewhere than where it is written."""
    if _plain(source.called(call)) != DICT:
        return False
    reached = any(node.attr == "mapping" for node in source.all(ast.Attribute))
    once = isinstance(given, ast.Name) and len(source.reads.get(given.id, ())) == 1
    return reached or not (once or isinstance(given, ast.Dict))


def _has_templates(source: Source) -> bool:
    return bool({name.partition(".")[0] for name in source.modules.values()} & {"jinja2", "flask"})


def _only_typed(source: Source, node: ast.AST) -> bool:
    return isinstance(source.parents.get(node), ast.arg | ast.FunctionDef | ast.AnnAssign)


RULES = (
    Check("pages", "What a visitor sent is never returned as a page or followed as an address.", _pages),
    Check("templates", "Templates in texts stand in the script and reach nothing but their values.", _templates),
)
