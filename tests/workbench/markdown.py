"""What Streamlit takes as Markdown on the pages, found in their code: each text is ours or went through `plain`.

A text is ours when it is a constant, a number in a format, one of the few names that are known to hold our own words,
or made of such. Everything else may come from a script, a file, a database or a person.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

# Calls whose first argument is Markdown.
FIRST = frozenset(
    """markdown caption write error warning info success title header subheader button radio expander popover checkbox
    toggle selectbox multiselect text_input number_input text_area slider toast page_link link_button download_button
    status spinner pills segmented_control dialog form_submit_button metric file_uploader select_slider date_input
    color_picker chat_message badge latex html feedback menu_button""".split()
)
# Arguments by name that are Markdown wherever they stand.
NAMED = frozenset({"help", "label", "body", "title", "delta", "value_text", "caption", "captions", "placeholder_text"})
# Whose options are Markdown too, and whose second argument is.
OPTIONS = frozenset({"radio", "pills", "segmented_control", "tabs"})
SECOND = frozenset({"metric", "progress"})
# Functions of ours that give text to be drawn: what they return is looked at in the same way.
GIVING = frozenset({"verdict", "difference", "writer_of", "_told"})
# Names that hold words of our own: ids that the store makes, states, paths of pages, titles of tabs.
OURS = frozenset({"run.id", "run.status", "run.status.value.replace", "page", "drawn", "grant.state", *GIVING})
CLEAN = frozenset({"plain", "len", "round", "sum"})
NUMBERS = ("d", "f", "g", "%", ",", "e")


class Page(ast.NodeVisitor):
    """The texts of one file that are drawn as Markdown and are not seen to be ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[str] = []
        self._scopes: list[ast.AST] = []
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def visit_Module(self, node: ast.Module) -> None:
        self._scoped(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._scoped(node)

    def visit_Return(self, node: ast.Return) -> None:
        owner = self._scopes[-1]
        if isinstance(owner, ast.FunctionDef) and owner.name in GIVING and node.value is not None:
            self._look(node.value)

    def _scoped(self, node: ast.AST) -> None:
        self._scopes.append(node)
        self.generic_visit(node)
        self._scopes.pop()

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and _draws(node):
            for argument in _markdown(node, node.func.attr):
                self._look(argument)
        self.generic_visit(node)

    def _look(self, node: ast.expr) -> None:
        if not self._clean(node, 0):
            self.found.append(f"{self.path.name}:{node.lineno}: {ast.unparse(node)[:100]}")

    def _clean(self, node: ast.AST, depth: int) -> bool:
        """Whether a text is ours or was made plain; names in capitals are constants of our own."""
        if depth > 12:
            return False
        again = depth + 1
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.JoinedStr):
            return all(self._clean(part, again) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return _number_format(node) or self._clean(node.value, again)
        if isinstance(node, ast.BinOp):
            return self._clean(node.left, again) and self._clean(node.right, again)
        if isinstance(node, ast.BoolOp):
            return all(self._clean(part, again) for part in node.values)
        if isinstance(node, ast.IfExp):
            return self._clean(node.body, again) and self._clean(node.orelse, again)
        if isinstance(node, ast.Starred):
            return self._clean(node.value, again)
        if isinstance(node, ast.List | ast.Tuple):
            return all(self._clean(part, again) for part in node.elts)
        if isinstance(node, ast.GeneratorExp | ast.ListComp):
            return self._clean(node.elt, again)
        if isinstance(node, ast.Call):
            return self._clean_call(node, again)
        if isinstance(node, ast.Name):
            return node.id.isupper() or node.id in OURS or self._assigned_clean(node.id, again)
        if isinstance(node, ast.Attribute | ast.Subscript):
            first = ast.unparse(node).split("[")[0]
            return first.isupper() or first in OURS or ast.unparse(node) in OURS
        return False

    def _clean_call(self, node: ast.Call, depth: int) -> bool:
        name = ast.unparse(node.func)
        if name in CLEAN or name in OURS:
            return True
        if name == "map":
            return ast.unparse(node.args[0]) in (*CLEAN, *OURS)
        if name in ("list", "tuple", "sorted"):
            return self._clean(node.args[0], depth)
        return isinstance(node.func, ast.Attribute) and node.func.attr == "join" and self._clean(node.args[0], depth)

    def _assigned_clean(self, name: str, depth: int) -> bool:
        """Whether everything that a name is given in its function is clean; a name that is given nothing is not."""
        given = []
        for node in ast.walk(self._scopes[-1]):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    given += _given(target, node.value, name)
            elif isinstance(node, ast.For | ast.comprehension):
                given += _looped(node, name)
            elif isinstance(node, ast.NamedExpr) and node.target.id == name:
                given.append(node.value)
        return bool(given) and all(value is not None and self._clean(value, depth) for value in given)


def _draws(node: ast.Call) -> bool:
    """Whether the call is Streamlit's, or of a part of the page."""
    assert isinstance(node.func, ast.Attribute)
    owner = ast.unparse(node.func.value)
    known = node.func.attr in FIRST | OPTIONS | SECOND and (owner == "st" or node.func.attr != "write")
    return known and not owner.startswith(("log", "self._", "kit()"))


def _markdown(node: ast.Call, name: str) -> Iterator[ast.expr]:
    given = {keyword.arg for keyword in node.keywords}
    if name != "progress":
        yield from node.args[:1]
    # Where options have words of their own, those are drawn and not the options.
    if name in SECOND or (name in OPTIONS and "format_func" not in given):
        yield from node.args[1:2]
    for keyword in node.keywords:
        if keyword.arg in NAMED or (name in OPTIONS and keyword.arg == "format_func"):
            if keyword.arg == "format_func" and isinstance(keyword.value, ast.Lambda):
                yield keyword.value.body
            elif not (isinstance(keyword.value, ast.Constant)):
                yield keyword.value


def _number_format(node: ast.FormattedValue) -> bool:
    spec = node.format_spec
    if not isinstance(spec, ast.JoinedStr):
        return False
    text = "".join(str(part.value) for part in spec.values if isinstance(part, ast.Constant))
    return text.endswith(NUMBERS) or text.startswith("%")


def _given(target: ast.AST, value: ast.AST, name: str) -> list[ast.AST | None]:
    if isinstance(target, ast.Name):
        return [value] if target.id == name else []
    if isinstance(target, ast.Tuple) and isinstance(value, ast.IfExp):
        return [*_given(target, value.body, name), *_given(target, value.orelse, name)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return [one for part, each in zip(target.elts, value.elts, strict=False) for one in _given(part, each, name)]
    if isinstance(target, ast.Tuple):
        inside = any(isinstance(part, ast.Name) and part.id == name for part in target.elts)
        if inside and isinstance(value, ast.GeneratorExp | ast.ListComp):
            return [value.elt]
        return [None] if inside else []
    return []


def _looped(node: ast.For | ast.comprehension, name: str) -> list[ast.AST | None]:
    """What a loop gives a name: the items of a written list, at the name's place; nothing is known of other loops."""
    if isinstance(node.target, ast.Name) and node.target.id == name:
        return list(node.iter.elts) if isinstance(node.iter, ast.Tuple | ast.List) else [None]
    if isinstance(node.target, ast.Tuple):
        names = [part.id if isinstance(part, ast.Name) else "" for part in node.target.elts]
        if name in names:
            place = names.index(name)
            items = node.iter.elts if isinstance(node.iter, ast.Tuple | ast.List) else []
            if items and all(isinstance(item, ast.Tuple) for item in items):
                return [item.elts[place] for item in items]  # type: ignore[attr-defined]
            return [None]
    return []
