"""What lists, dicts and other collections of a script can hold, as expressions; None when it cannot be told."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from .base import Source
from .bindings import Bindings

MOST = 24
DEEPEST = 24
MOST_STEPS = 40_000
Held = list[ast.AST] | None
LIST_CALLS = frozenset({"sorted", "list", "tuple", "set", "iter", "reversed", "frozenset"})


class Holdings:
    """The members of a script's collections."""

    def __init__(self, source: Source, bindings: Bindings) -> None:
        self.source = source
        self.bindings = bindings
        self._steps = 0

    def of(self, node: ast.AST | None, depth: int = 0, by_key: bool = False) -> Held:
        """The expressions that the collection can hold; `by_key` what it gives for a key, which no key of it is."""
        self._steps += 1
        if node is None or depth > DEEPEST or self._steps > MOST_STEPS:
            return None
        match node:
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return list(items)
            case ast.Dict(keys=keys, values=values) if by_key:
                return list(values) if None not in keys else None
            case ast.DictComp(value=value) if by_key:
                return [value]
            case ast.Dict(keys=keys, values=values):
                return [item for item in (*keys, *values) if item is not None] if None not in keys else None
            case ast.Name() | ast.Attribute():
                return self._all(self.bindings.of(node), depth, by_key)
            case ast.Subscript():
                return self._part(node, depth)
            case ast.Call():
                return self._call(node, depth)
        return self._made(node, depth)

    def _made(self, node: ast.AST, depth: int) -> Held:
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._all([left, right], depth)
            case ast.IfExp(body=body, orelse=other):
                return self._all([body, other], depth)
            case ast.Starred(value=value):
                return self.of(value, depth + 1)
            case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item) | ast.SetComp(elt=item):
                return [item]
            case ast.DictComp(key=key, value=value):
                return [key, value]
        return None

    def _all(self, nodes: Sequence[ast.AST | None] | None, depth: int, by_key: bool = False) -> Held:
        found: list[ast.AST] = []
        for node in nodes if nodes is not None else [None]:
            inner = self.of(node, depth + 1, by_key)
            if inner is None or len(found) > MOST:
                return None
            found += inner
        return found

    def _part(self, node: ast.Subscript, depth: int) -> Held:
        held = self.of(node.value, depth + 1)
        if isinstance(node.slice, ast.Slice) or held is None:
            return held
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            # Only a dict takes a text as its index, and a text inside a dict does not.
            held = [item for item in held if not isinstance(item, ast.Constant)]
        return self._all(held, depth)

    def _call(self, node: ast.Call, depth: int) -> Held:
        name = self.source.called(node)
        if name in ("range", "numpy.arange"):
            return [ast.Constant(0)]
        if name in ("glob.glob", "glob.iglob") and node.args:
            return [node.args[0]]
        if name == "os.listdir":
            return [ast.Constant("a_listed_file.name")]  # of which the ending may be cut off
        if name in LIST_CALLS and node.args:
            return self.of(node.args[0], depth + 1)
        if name == "dict" and not node.args:
            return [keyword.value for keyword in node.keywords]
        return self._method(node, node.func, depth) if isinstance(node.func, ast.Attribute) else None

    def _method(self, node: ast.Call, function: ast.Attribute, depth: int) -> Held:
        if function.attr in ("items", "keys", "values", "copy"):
            return self.of(function.value, depth + 1)
        if function.attr in ("glob", "rglob", "iterdir"):
            return [ast.BinOp(function.value, ast.Div(), item) for item in node.args] or [function.value]
        return None
