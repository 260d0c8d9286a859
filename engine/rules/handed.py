"""Where functions that take a path go when a script keeps them: in a dict by ending, in a list, under another name.

What is handed on is followed to the calls that it comes to, whose paths are looked at there. Where it cannot be
followed, as into a library, its path would be given out of sight.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import cast

from .base import Source, arguments, words
from .file_calls import ASKERS, BESIDE, ENDERS, READ_METHODS, READERS, WRITERS

Given = tuple[str, ast.Call, ast.expr | None]
MOST = 500
PATH_NAMES = tuple(
    sorted({name for _, names in READERS.values() for name in names} | {"buf", "path_or_buf", "excel_writer"})
)
KEEPING = words("get items values copy pop setdefault")  # methods that give what a collection holds
ASKING = words("keys update append extend __name__ __contains__")
PASSING = words("list tuple set sorted dict zip enumerate reversed iter next")
SHOWING = words("len print isinstance callable str repr type bool id")
HOLDERS = (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.IfExp, ast.BoolOp, ast.Starred, ast.NamedExpr)
ENDS = (ast.Compare, ast.Expr, ast.FormattedValue, ast.UnaryOp, ast.If, ast.While, ast.Assert, ast.arg, ast.FunctionDef)


class Handed:
    """What a script hands on: the calls it comes to, and what is lost from sight."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.calls: list[Given] = []
        self.lost: list[ast.expr] = []
        # Whether the script has something of its own under the name of the builtin.
        self._opens = any(each.id == "open" and not isinstance(each.ctx, ast.Load) for each in source.all(ast.Name))
        for start in self._starts():
            flow = _Flow(source, start, self._name(start))
            self.calls += flow.calls
            if flow.lost:
                self.lost.append(start)

    @classmethod
    def of(cls, source: Source) -> Handed:
        """What the source hands on, followed once."""
        if "handed" not in source.memory:
            source.memory["handed"] = cls(source)
        return cast(Handed, source.memory["handed"])

    def _starts(self) -> Iterator[ast.expr]:
        """Whatever takes a path and is not called where it stands."""
        places: list[ast.Attribute | ast.Name] = [*self.source.all(ast.Attribute), *self.source.all(ast.Name)]
        for node in places:
            parent = self.source.parents[node]
            called = isinstance(parent, ast.Call) and parent.func is node
            method = isinstance(node, ast.Attribute) and node.attr in WRITERS.keys() | READ_METHODS
            if called or not isinstance(node.ctx, ast.Load) or isinstance(parent, ast.Attribute):
                continue
            if method or (self._name(node) in READERS and not self.source.is_argument(_root(node))):
                yield node

    def _name(self, node: ast.expr) -> str:
        """The function's name in the tables; '' for what only makes a path or tells of one."""
        dotted = self.source.dotted(node)
        if isinstance(node, ast.Name) and node.id == "open" and dotted is None:
            return "" if self._opens else "open"
        name = dotted or (node.attr if isinstance(node, ast.Attribute) else "")
        return "" if name in ("pathlib.Path", *ASKERS) else name


class _Flow:
    """One function that is handed on, followed through names, collections and functions of the script."""

    def __init__(self, source: Source, start: ast.expr, name: str) -> None:
        self.source = source
        self.name = name
        self.calls: list[Given] = []
        self.lost = name in ENDERS | BESIDE.keys() | {"os.chdir"} or READERS.get(name, (0, ()))[0] != 0
        self._told = False  # only looked at, as by isinstance or an annotation
        self._slot = (0, 0)  # of how many, and which, it is in the tuple it was last put in
        self._seen: set[ast.AST] = set()
        todo: list[ast.AST] = [start]
        while todo and not self.lost:
            node = todo.pop()
            if node not in self._seen:
                self._seen.add(node)
                todo += self._next(node, self.source.parents[node])
            self.lost |= len(self._seen) > MOST
        self.lost |= not (self.calls or self._told)  # kept for whoever comes: nothing here calls it

    def _next(self, node: ast.AST, parent: ast.AST) -> list[ast.AST]:
        match parent:
            case ast.Call(func=function) if function is node:
                self.calls.append((self.name, parent, _path_in(parent)))
                return []
            case ast.Call():
                return self._argument(node, parent)
            case ast.keyword(arg=name):
                return self._keyword(name, self.source.parents[parent])
            case ast.Attribute(attr=attr):
                return self._attribute(attr, parent)
            case ast.Subscript(value=value) if value is node and isinstance(parent.ctx, ast.Load):
                return [parent]
            case ast.Assign(targets=targets):
                return [each for target in targets for each in self._bind(target)]
            case ast.AnnAssign(target=target, value=value):
                self._told |= value is not node
                return self._bind(target) if value is node else []
            case ast.For(target=target, iter=items) | ast.comprehension(target=target, iter=items) if items is node:
                return self._bind(self._slotted(target))
        return self._further(node, parent)

    def _further(self, node: ast.AST, parent: ast.AST) -> list[ast.AST]:
        if isinstance(parent, HOLDERS):
            if isinstance(parent, ast.Tuple):
                self._slot = (len(parent.elts), next(place for place, each in enumerate(parent.elts) if each is node))
            keys = parent.keys if isinstance(parent, ast.Dict) else []
            self.lost |= node in keys
            named = self._bind(parent.target) if isinstance(parent, ast.NamedExpr) else []
            tested = isinstance(parent, ast.IfExp) and parent.test is node
            return named if tested else [parent, *named]
        if isinstance(parent, ast.Return):
            return self._returned(parent)
        if isinstance(parent, ast.arguments):
            return self._default(node, parent)
        self._told |= isinstance(parent, (*ENDS, ast.Subscript))
        self.lost |= not self._told
        return []

    def _slotted(self, target: ast.AST) -> ast.AST:
        """The one name of a loop's that gets it, where it stands in a tuple of as many."""
        if isinstance(target, ast.Tuple) and self._slot[0] == len(target.elts):
            return target.elts[self._slot[1]]
        return target

    def _bind(self, target: ast.AST) -> list[ast.AST]:
        """Every use of what a target names."""
        match target:
            case ast.Name(id=name):
                return self._uses(name)
            case ast.Attribute(attr=name):
                self.lost |= self.source.hides_attributes
                return [*self.source.reads.get(f".{name}", ())]
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return [each for item in items for each in self._bind(item)]
            case ast.Subscript(value=value) | ast.Starred(value=value):
                return self._bind(value)
        self.lost = True
        return []

    def _uses(self, name: str) -> list[ast.AST]:
        return [*self.source.reads.get(name, ())]

    def _attribute(self, attr: str, parent: ast.AST) -> list[ast.AST]:
        call = self.source.parents[parent]
        self._slot = (2, 1) if attr == "items" else self._slot
        if attr in KEEPING and isinstance(call, ast.Call) and call.func is parent:
            return [call]
        self.lost |= attr not in ASKING
        return []

    def _argument(self, node: ast.AST, call: ast.Call) -> list[ast.AST]:
        """A call that is given it: of the script's own functions, of what passes it on, or of what calls it."""
        name = self.source.called(call)
        word = call.func.attr if isinstance(call.func, ast.Attribute) else name
        position = next(number for number, item in enumerate(call.args) if item is node)
        if name in self.source.function_names:
            return self._parameter(name, position, None)
        if name in PASSING:
            return [call]
        if word in ("get", "setdefault", "append") and isinstance(call.func, ast.Attribute):
            return [call] if word != "append" else self._bind(call.func.value)
        if name == "functools.partial" and position == 0:
            self.lost |= any(word.arg in (*PATH_NAMES, "allow_pickle", "opener", None) for word in call.keywords)
            if call.args[1:]:
                self.calls.append((self.name, call, call.args[1]))
            return [call]
        if word in ("map", "submit") and position == 0 and len(call.args) > 1 and self.name != "open":
            items = call.args[1]
            self.calls.append((self.name, call, items if word == "submit" else ast.Subscript(items, ast.Constant(0))))
            return []
        self._told |= name in SHOWING
        self.lost |= name not in SHOWING
        return []

    def _keyword(self, name: str | None, call: ast.AST) -> list[ast.AST]:
        called = self.source.called(call) if isinstance(call, ast.Call) else ""
        if called == "dict":
            return [call]
        if called in self.source.function_names and name:
            return self._parameter(called, None, name)
        self.lost = True
        return []

    def _parameter(self, function: str, position: int | None, name: str | None) -> list[ast.AST]:
        found: list[ast.AST] = []
        for each in self.source.all(ast.FunctionDef):
            if each.name == function:
                given = arguments(each)
                named = name or (given[position].arg if position is not None and position < len(given) else "")
                self.lost |= named not in {argument.arg for argument in given}
                found += self._uses(named)
        return found

    def _default(self, node: ast.AST, spec: ast.arguments) -> list[ast.AST]:
        return [
            each for argument in [*spec.posonlyargs, *spec.args, *spec.kwonlyargs] for each in self._uses(argument.arg)
        ]

    def _returned(self, node: ast.AST) -> list[ast.AST]:
        while not isinstance(node, ast.FunctionDef | ast.Module):
            node = self.source.parents[node]
        if not isinstance(node, ast.FunctionDef) or isinstance(self.source.parents[node], ast.ClassDef):
            self.lost = True
            return []
        parents = [self.source.parents[each] for each in self._uses(node.name)]
        self.lost |= bool(node.decorator_list) or not all(isinstance(each, ast.Call) for each in parents)
        return parents


def _root(node: ast.expr) -> ast.Name:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node if isinstance(node, ast.Name) else ast.Name("")


def _path_in(call: ast.Call) -> ast.expr | None:
    named = next((keyword.value for keyword in call.keywords if keyword.arg in PATH_NAMES), None)
    return named or (call.args[0] if call.args else None)
