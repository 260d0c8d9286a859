"""Old and slightly wrong spellings that have exactly one right one: put right without asking the model. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from engine.authors.model.calls import method_of, owner_of

_NUMPY = {"NaN": "nan", "NAN": "nan", "Inf": "inf", "Infinity": "inf", "float_": "float64", "unicode_": "str_"}
_BUILTINS = frozenset({"float", "int", "bool", "str", "object"})
_FREQUENCIES = {"M": "ME", "Q": "QE", "Y": "YE", "A": "YE", "H": "h", "T": "min", "S": "s", "BM": "BME"}
_FILLS = {"ffill": "ffill", "pad": "ffill", "bfill": "bfill", "backfill": "bfill"}
_RENAMED = {"applymap": "map", "iteritems": "items"}


class Modern(ast.NodeTransformer):
    """Rewrites a tree; `fixes` says what was done."""

    def __init__(self, known: Sequence[str]) -> None:
        self.fixes: list[str] = []
        self._exact = frozenset(known)
        self._plain: dict[str, str] = {}
        for name in known:
            plain = _plain(name)
            self._plain[plain] = "" if plain in self._plain else name

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`groupby(...)["a", "b"]` needs a list."""
        self.generic_visit(node)
        called = node.value.func if isinstance(node.value, ast.Call) else None
        if (
            isinstance(node.slice, ast.Tuple)
            and isinstance(called, ast.Attribute)
            and called.attr in ("groupby", "rolling")
        ):
            node.slice = ast.List(node.slice.elts, ast.Load())
            self._note("columns of a group as a list")
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """A column's name in another case or with blanks."""
        if isinstance(node.value, str) and node.value not in self._exact and len(node.value) <= 60:
            meant = self._plain.get(_plain(node.value))
            if meant and re.sub(r"[\s_]", "", node.value).lower() == re.sub(r"[\s_]", "", meant).lower():
                self._note(f"{node.value!r} written as {meant!r}")
                return ast.copy_location(ast.Constant(meant), node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Names that numpy and pandas no longer have."""
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy"):
            if node.attr in _BUILTINS:
                self._note(f"np.{node.attr} written as {node.attr}")
                return ast.copy_location(ast.Name(node.attr, ast.Load()), node)
            if node.attr in _NUMPY:
                self._note("old numpy name")
                node.attr = _NUMPY[node.attr]
        if node.attr in _RENAMED:
            self._note(f"{node.attr} written as {_RENAMED[node.attr]}")
            node.attr = _RENAMED[node.attr]
        if node.attr == "ix":
            node.attr = "loc"
            self._note("ix written as loc")
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Calls whose arguments changed."""
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute):
            return node
        if node.func.attr == "groupby" and node.args and (keys := _spread_keys(node.args[0], node.func.value)):
            node.args[0] = keys
            self._note("the last key of a group by its period")
        if node.func.attr == "fillna" and (filled := self._filled(node, node.func)):
            return filled
        if node.func.attr in ("resample", "to_period", "Grouper", "asfreq", "date_range"):
            self._frequency(node)
        if node.func.attr in ("weekofyear", "week") and isinstance(node.func.value, ast.Attribute):
            self._note("week by isocalendar")
        if node.func.attr == "append" and len(node.args) == 1 and _is_frame_call(node.args[0]):
            self._note("append by concat")
            return _concat(node, node.func.value)
        self._numbers_only(node, node.func)
        self._keywords(node, node.func)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """`frame = frame.append(...)`: lists have an append that gives nothing, so this is a frame's."""
        self.generic_visit(node)
        call = node.value
        frame = owner_of(call, "append")
        if frame is not None and isinstance(call, ast.Call) and len(call.args) == 1:
            self._note("append by concat")
            node.value = _concat(call, frame)
        return node

    def _filled(self, node: ast.Call, called: ast.Attribute) -> ast.Call | None:
        ways = [k.value.value for k in node.keywords if k.arg == "method" and isinstance(k.value, ast.Constant)]
        way = _FILLS.get(str(ways[0])) if ways else None
        if way is None or node.args:
            return None
        self._note("fillna by its method")
        return ast.copy_location(ast.Call(ast.Attribute(called.value, way, ast.Load()), [], []), node)

    def _frequency(self, node: ast.Call) -> None:
        places = [*node.args[:1], *(k.value for k in node.keywords if k.arg in ("freq", "rule"))]
        period = isinstance(node.func, ast.Attribute) and node.func.attr == "to_period"
        for place in places:
            if isinstance(place, ast.Constant) and place.value in _FREQUENCIES and not period:
                place.value = _FREQUENCIES[str(place.value)]
                self._note("frequency by its name of today")

    def _keywords(self, node: ast.Call, called: ast.Attribute) -> None:
        if called.attr == "groupby":
            kept = [k for k in node.keywords if k.arg not in ("axis", "squeeze")]
            if len(kept) < len(node.keywords):
                node.keywords = kept
                self._note("groupby without axis")
        if called.attr in ("sum", "mean", "min", "max", "std") and any(k.arg == "level" for k in node.keywords):
            levels = [k for k in node.keywords if k.arg == "level"]
            inner = ast.Call(ast.Attribute(called.value, "groupby", ast.Load()), [], levels)
            called.value = inner
            node.keywords = [k for k in node.keywords if k.arg != "level"]
            self._note("level by groupby")

    def _numbers_only(self, node: ast.Call, called: ast.Attribute) -> None:
        """A group that is added up or averaged whole: its texts and dates have no sum."""
        whole = method_of(called.value) in ("groupby", "resample")
        if called.attr in ("sum", "mean", "median", "std", "var") and whole and not node.args and not node.keywords:
            node.keywords = [ast.keyword("numeric_only", ast.Constant(True))]
            self._note("numbers only")

    def _note(self, text: str) -> None:
        if text not in self.fixes:
            self.fixes.append(text)


def _spread_keys(keys: ast.expr, frame: ast.expr) -> ast.List | None:
    """`groupby(["a", "day"].dt.to_period("Q"))`: what is done to a list of names is meant for the last of them."""
    chain: list[ast.AST] = []
    inner = keys
    while isinstance(inner, ast.Call | ast.Attribute):
        chain.append(inner)
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    if not (chain and isinstance(inner, ast.List) and inner.elts and isinstance(frame, ast.Name)):
        return None
    last = ast.Subscript(ast.Name(frame.id, ast.Load()), inner.elts[-1], ast.Load())
    innermost = chain[-1]
    if isinstance(innermost, ast.Attribute):
        innermost.value = last
    return ast.List([*inner.elts[:-1], keys], ast.Load())


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _is_frame_call(node: ast.expr) -> bool:
    """Whether an expression makes a frame: a list is appended to by other things."""
    return method_of(node) == "DataFrame"


def _concat(call: ast.Call, frame: ast.expr) -> ast.Call:
    function = ast.Attribute(ast.Name("pd", ast.Load()), "concat", ast.Load())
    kept = [k for k in call.keywords if k.arg in ("ignore_index", "sort")]
    return ast.copy_location(ast.Call(function, [ast.List([frame, call.args[0]], ast.Load())], kept), call)
