"""What a script says by a detour, written out before any rule reads it, so that every rule reads it as what it does.

`attrgetter("a.b")` is `lambda it: it.a.b`, `methodcaller("strip", "x")` is `lambda it: it.strip("x")`, `d.__getitem__`
is `lambda it: d[it]` and `object.__setattr__(self, "a", 1)` is `self.a = 1`. What cannot be written out, such as a name
that is computed, stays as it is, and the rules refuse it.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

DETOURS = re.compile(r"attrgetter|methodcaller|__(setattr|getitem|contains|len|str|repr|iter|eq|ne|lt|le|gt|ge)__")
IT = "it_of_a_detour"
DEEPEST = 8
TYPES = frozenset(name for name in dir(builtins) if isinstance(getattr(builtins, name), type))
CALLS = {"__len__": "len", "__str__": "str", "__repr__": "repr", "__iter__": "iter"}
COMPARES: dict[str, type[ast.cmpop]] = {
    "__eq__": ast.Eq,
    "__ne__": ast.NotEq,
    "__lt__": ast.Lt,
    "__le__": ast.LtE,
    "__gt__": ast.Gt,
    "__ge__": ast.GtE,
}
TAKING_ONE = frozenset({"__getitem__", "__contains__", *COMPARES})


def write_out(tree: ast.Module, text: str) -> None:
    """Write out the detours of a script, in place."""
    if IT in text or DETOURS.search(text) is None:
        return
    writer = _Writer(tree)
    for node in ast.walk(tree):  # which goes on with what was put in
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                value[:] = [writer.plain(each, node) if isinstance(each, ast.AST) else each for each in value]
            elif isinstance(value, ast.AST) and not (isinstance(value, ast.Attribute) and field == "func"):
                setattr(node, field, writer.plain(value, node))
    writer.drop_imports()


class _Writer:
    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.bound = list(_bound(tree))
        self.classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        self.makers: dict[str, str] = {}  # names of the script that mean attrgetter or methodcaller
        self.modules: set[str] = set()  # and names that mean operator
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self.modules |= {each.asname or each.name for each in node.names if each.name == "operator"}
            elif isinstance(node, ast.ImportFrom) and node.module == "operator" and not node.level:
                for each in node.names:
                    if each.name in ("attrgetter", "methodcaller"):
                        self.makers[each.asname or each.name] = each.name
        self.modules = {name for name in self.modules if self.bound.count(name) == 1}
        self.makers = {name: maker for name, maker in self.makers.items() if self.bound.count(name) == 1}
        self.written: set[str] = set()

    def plain(self, node: ast.AST, parent: ast.AST) -> ast.AST:
        """The node written out, or as it is."""
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            return self._set(node.value) or node
        if isinstance(node, ast.Call):
            return self._made(node) or self._called(node) or node
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            return self._taken(node) or node
        return node

    # -- operator's

    def _maker(self, function: ast.expr) -> str:
        match function:
            case ast.Name(id=name):
                return self.makers.get(name, "")
            case ast.Attribute(value=ast.Name(id=name), attr="attrgetter" | "methodcaller" as maker):
                return maker if name in self.modules else ""
        return ""

    def _made(self, call: ast.Call) -> ast.AST | None:
        maker = self._maker(call.func)
        names = [_name(item) for item in call.args]
        if not maker or not names or names[0] is None:
            return None
        if maker == "methodcaller":
            if not names[0].isidentifier():
                return None
            method = self._chain(names[0], call)
            body: ast.expr = ast.Call(method, call.args[1:], call.keywords)
        else:
            parts = [self._chain(name, call) for name in names if name is not None]
            if len(parts) != len(names) or call.keywords:
                return None
            body = parts[0] if len(parts) == 1 else ast.Tuple(list(parts), ast.Load())
        if isinstance(call.func, ast.Name):
            self.written.add(call.func.id)
        return _function(ast.copy_location(body, call), call, takes=True)

    def _chain(self, name: str, at: ast.AST) -> ast.Attribute:
        part: ast.expr = ast.copy_location(ast.Name(IT, ast.Load()), at)
        for attr in name.split("."):
            part = ast.copy_location(ast.Attribute(part, attr, ast.Load()), at)
        return part  # type: ignore[return-value]

    def drop_imports(self) -> None:
        """Take out the imports of what is written out everywhere; where it is used otherwise too they stay."""
        left = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
        gone = self.written - left
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "operator":
                kept = [each for each in node.names if (each.asname or each.name) not in gone]
                # An import of nothing is none: something harmless stands for it.
                node.names = kept or [ast.copy_location(ast.alias("itemgetter", None), node)]

    # -- methods between double underscores

    def _is_value(self, base: ast.expr) -> bool:
        """Whether a method is that of a value, not a class's own, nor that of what a class inherits from."""
        if isinstance(base, ast.Name):
            return base.id not in TYPES | self.classes
        return not (isinstance(base, ast.Call) and isinstance(base.func, ast.Name) and base.func.id == "super")

    def _called(self, call: ast.Call) -> ast.AST | None:
        function = call.func
        if not isinstance(function, ast.Attribute) or call.keywords or not self._is_value(function.value):
            return None
        if any(isinstance(item, ast.Starred) for item in call.args):
            return None
        if function.attr in TAKING_ONE and len(call.args) == 1:
            return self._applied(function, call.args[0])
        return self._applied(function, None) if self._plain_call(function.attr) and not call.args else None

    def _taken(self, node: ast.Attribute) -> ast.AST | None:
        if not self._is_value(node.value):
            return None
        if node.attr in TAKING_ONE:
            given = ast.copy_location(ast.Name(IT, ast.Load()), node)
            return _function(self._applied(node, given), node, takes=True)
        return _function(self._applied(node, None), node, takes=False) if self._plain_call(node.attr) else None

    def _plain_call(self, attr: str) -> bool:
        return attr in CALLS and CALLS[attr] not in self.bound

    def _applied(self, method: ast.Attribute, given: ast.expr | None) -> ast.expr:
        made: ast.expr
        if given is None:
            function = ast.copy_location(ast.Name(CALLS[method.attr], ast.Load()), method)
            made = ast.Call(function, [method.value], [])
        elif method.attr == "__getitem__":
            made = ast.Subscript(method.value, given, ast.Load())
        elif method.attr == "__contains__":
            made = ast.Compare(given, [ast.In()], [method.value])
        else:
            made = ast.Compare(method.value, [COMPARES[method.attr]()], [given])
        return ast.copy_location(made, method)

    def _set(self, call: ast.Call) -> ast.AST | None:
        """`object.__setattr__(self, "name", value)` or `super().__setattr__("name", value)` as an assignment."""
        match call:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="object"), attr="__setattr__"),
                args=[owner, name, value],
                keywords=[],
            ) if "object" not in self.bound and not isinstance(owner, ast.Starred):
                pass
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")) as owner, attr="__setattr__"),
                args=[name, value],
                keywords=[],
            ) if "super" not in self.bound:
                pass
            case _:
                return None
        attr = _name(name)
        if attr is None or not attr.isidentifier() or isinstance(value, ast.Starred):
            return None
        target = ast.copy_location(ast.Attribute(owner, attr, ast.Store()), call)
        return ast.copy_location(ast.Assign([target], value), call)


def _name(node: ast.expr) -> str | None:
    """The plain name, or names behind dots, that a literal says."""
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    parts = text.split(".")
    return text if len(parts) <= DEEPEST and all(part.isidentifier() and part.isascii() for part in parts) else None


def _function(body: ast.expr, at: ast.AST, takes: bool) -> ast.Lambda:
    given = [ast.copy_location(ast.arg(IT), at)] if takes else []
    spec = ast.arguments(posonlyargs=[], args=given, kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.copy_location(ast.Lambda(spec, body), at)


def _bound(tree: ast.Module) -> Iterator[str]:
    """Every name that a script binds, as often as it does."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.alias(asname=str() as name):
                yield name
            case ast.alias(name=name):
                yield name.partition(".")[0]
            case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
                yield name
            case ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
                yield name
