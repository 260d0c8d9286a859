"""Every expression that a name of a script can be bound to, over the whole script whatever the scope.

An answer may be too wide, never too narrow: None stands among the bindings for what cannot be told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .base import Function, Source, arguments

Bound = ast.AST | None
MOST_CALLS = 200
OWN = ("self", "cls")


class Bindings:
    """The bindings of a script: plain names, and attributes of `self` under a leading dot."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._bound: dict[str, list[Bound]] = {}
        self._uses: dict[str, list[ast.AST]] = {}
        self._collect_uses()
        self._collect_statements()
        self._collect_blind()
        for function in source.all(ast.FunctionDef):
            self._bind_arguments(function)

    def of(self, node: ast.Name | ast.Attribute) -> Sequence[Bound]:
        """What the name or attribute can be."""
        if isinstance(node, ast.Name):
            return self._bound.get(node.id, [None])
        own = isinstance(node.value, ast.Name) and node.value.id in OWN
        if not own:
            return [None]
        bound = self._bound.get("." + node.attr, [None])
        return [*bound, None] if self.source.hides_attributes else bound

    def _put(self, name: str, *values: Bound) -> None:
        self._bound.setdefault(name, []).extend(values)

    def _bind(self, target: ast.AST, value: Bound) -> None:
        if isinstance(target, ast.Name):
            self._put(target.id, value)
            self._put("." + target.id, value)
        elif isinstance(target, ast.Attribute):
            self._put("." + target.attr, value)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, None)
        elif isinstance(target, ast.Subscript):
            self._bind(target.value, _holding(value))
        elif isinstance(target, ast.Tuple | ast.List):
            parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            same = len(parts) == len(target.elts)
            for position, item in enumerate(target.elts):
                self._bind(item, parts[position] if same else None)

    def _collect_statements(self) -> None:
        for assign in self.source.all(ast.Assign):
            for target in assign.targets:
                self._bind(target, assign.value)
        for annotated in self.source.all(ast.AnnAssign):
            if annotated.value is not None:
                self._bind(annotated.target, annotated.value)
        for named in self.source.all(ast.NamedExpr):
            self._bind(named.target, named.value)
        for added in self.source.all(ast.AugAssign):
            self._bind(added.target, ast.BinOp(added.target, added.op, added.value))
        loops: list[ast.For | ast.comprehension] = [*self.source.all(ast.For), *self.source.all(ast.comprehension)]
        for loop in loops:
            self._bind_loop(loop.target, loop.iter)
        for item in self.source.all(ast.withitem):
            if item.optional_vars is not None:
                self._bind(item.optional_vars, item.context_expr)
        self._collect_growth()

    def _collect_growth(self) -> None:
        """Lists and dicts that grow by a method grow by its arguments."""
        for call in self.source.all(ast.Call):
            if isinstance(call.func, ast.Attribute) and call.func.attr in (
                "append",
                "extend",
                "insert",
                "add",
                "update",
            ):
                whole = call.func.attr in ("extend", "update")
                for value in (*call.args, *(keyword.value for keyword in call.keywords)):
                    self._bind(call.func.value, value if whole else _holding(value))

    def _collect_blind(self) -> None:
        """What binds a name to something that cannot be told."""
        names: list[str | None] = [node.name for node in self.source.all(ast.MatchAs)]
        names += [node.name for node in self.source.all(ast.MatchStar)]
        names += [node.rest for node in self.source.all(ast.MatchMapping)]
        names += [node.name for node in self.source.all(ast.ExceptHandler)]
        names += [node.name for node in self.source.all(ast.ClassDef)]
        names += [node.name for node in self.source.all(ast.FunctionDef)]
        unseen: list[Function] = [*self.source.all(ast.Lambda), *self.source.all(ast.AsyncFunctionDef)]
        for function in unseen:
            names += [argument.arg for argument in arguments(function)]
        for loop in (*self.source.all(ast.AsyncFor), *self.source.all(ast.AsyncWith)):
            names += [node.id for node in ast.walk(loop) if isinstance(node, ast.Name)]
        for name in names:
            if name:
                self._put(name, None)

    def _bind_loop(self, target: ast.AST, items: ast.expr) -> None:
        if isinstance(items, ast.Call) and isinstance(items.func, ast.Name) and isinstance(target, ast.Tuple):
            if items.func.id == "enumerate" and len(target.elts) == 2 and items.args:
                self._bind(target.elts[0], ast.Constant(0))
                self._bind_loop(target.elts[1], items.args[0])
                return
            if items.func.id == "zip" and len(items.args) == len(target.elts):
                for part, item in zip(target.elts, items.args, strict=True):
                    self._bind_loop(part, item)
                return
        if isinstance(target, ast.Tuple):
            # Any part of the items may land in any of the names: wide, and so safe.
            for part in target.elts:
                self._bind_loop(part, items)
            return
        self._bind(target, ast.Subscript(items, ast.Constant(0)))

    # -- arguments are bound by the calls of their function

    def _collect_uses(self) -> None:
        places: list[ast.Name | ast.Attribute] = [*self.source.all(ast.Name), *self.source.all(ast.Attribute)]
        for node in places:
            if isinstance(node.ctx, ast.Load):
                parent = self.source.parents[node]
                called = isinstance(parent, ast.Call) and parent.func is node
                name = node.id if isinstance(node, ast.Name) else node.attr
                self._uses.setdefault(name, []).append(parent if called else node)
        for call in self.source.all(ast.Call):
            if isinstance(call.func, ast.Name) and call.func.id == "getattr":
                for item in call.args:
                    if isinstance(item, ast.Constant) and isinstance(item.value, str):
                        self._uses.setdefault(item.value, []).append(item)

    def _bind_arguments(self, function: ast.FunctionDef) -> None:
        spec = function.args
        positional = [*spec.posonlyargs, *spec.args]
        for argument, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
            self._put(argument.arg, default)
        for argument, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            if given is not None:
                self._put(argument.arg, given)
        for rest in (spec.vararg, spec.kwarg):
            if rest is not None:
                self._put(rest.arg, None)
        calls = self._calls_of(function)
        if positional and positional[0].arg in OWN:
            self._put(positional[0].arg, None)
            positional = positional[1:]
        for position, argument in enumerate(positional):
            self._put(argument.arg, *_given(calls, position, argument.arg))
        for argument in spec.kwonlyargs:
            self._put(argument.arg, *_given(calls, None, argument.arg))

    def _calls_of(self, function: ast.FunctionDef) -> list[ast.Call] | None:
        """Every call of the function; None when it may be called in other ways too."""
        if function.decorator_list:
            return None
        uses = self._uses.get(function.name, [])
        if function.name.startswith("__"):
            owner = self.source.parents.get(function)
            if function.name != "__init__" or not isinstance(owner, ast.ClassDef) or owner.decorator_list:
                return None
            computed = any(isinstance(call.func, ast.Call) for call in self.source.all(ast.Call))
            if computed:
                return None
            uses = [*self._uses.get(owner.name, []), *uses, *self._uses.get("cls", [])]
        calls = [call for call in uses if isinstance(call, ast.Call)]
        return calls if len(calls) == len(uses) <= MOST_CALLS else None


def _holding(value: Bound) -> Bound:
    """Something that holds the value, as a list does."""
    return ast.List([value]) if isinstance(value, ast.expr) else None


def _given(calls: list[ast.Call] | None, position: int | None, name: str) -> Iterator[Bound]:
    if not calls:
        # Called in ways that cannot be seen, or by someone else.
        yield None
        return
    for call in calls:
        named = [keyword.value for keyword in call.keywords if keyword.arg == name]
        loose = any(isinstance(item, ast.Starred) for item in call.args) or any(not word.arg for word in call.keywords)
        if named:
            yield named[0]
        elif loose:
            yield None
        elif position is not None and position < len(call.args):
            yield call.args[position]
