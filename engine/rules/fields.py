"""The fields of an object as a dict: `self.__dict__` and `vars(self)`, where `self` is an object and no class.

The dict of a class holds functions of the interpreter under names that could be computed; that of an object holds what
the script put there. A method is given an object as its first argument wherever nobody reaches for the method itself.
"""

from __future__ import annotations

import ast

from .base import Source, spread, words
from .kept_classes import are_only_called
from .values import Values

# Methods that are given a class.
OF_CLASSES = words("__new__ __init_subclass__ __class_getitem__")
BUILTIN_BASES = words("object dict list set tuple")
SHOWN_BY = words("print repr str len sorted list set tuple json.dumps pprint.pprint pprint.pformat")
# The builtins and classes of libraries that a class may inherit from and still make plain objects.
PLAIN_BASES = words("object dict list set tuple Exception ValueError KeyError RuntimeError TypeError")


def method_around(source: Source, node: ast.AST) -> ast.FunctionDef | None:
    """The method of a class in whose own body the node stands, not in a function inside it."""
    part = source.parents.get(node)
    while part is not None and not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
        part = source.parents.get(part)
    owner = source.parents.get(part) if isinstance(part, ast.FunctionDef) else None
    return part if isinstance(part, ast.FunctionDef) and isinstance(owner, ast.ClassDef) else None


def of_arguments(source: Source, node: ast.expr) -> bool:
    """Whether it is what a parser of the command line gave."""
    if "parse_args" in source.function_names or "argparse" not in source.modules.values():
        return False
    bound = list(Values.of(source).bindings.of(node)) if isinstance(node, ast.Name) else [node]
    if isinstance(node, ast.Name) and not source.is_argument(node):
        # What functions call their own arguments is none of it.
        bound = [each for each in bound if each is not None or not _only_argument(source, node.id)]
    return bool(bound) and all(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr == "parse_args"
        and not each.keywords
        and len(each.args) <= 1
        and not spread(each)
        for each in bound
    )


def _only_argument(source: Source, name: str) -> bool:
    """Whether nothing but arguments of functions and plain assignments has a name."""
    others = (*source.all(ast.For), *source.all(ast.comprehension), *source.all(ast.withitem))
    targets = [getattr(each, "target", None) or getattr(each, "optional_vars", None) for each in others]
    bound = {part.id for each in targets if each is not None for part in ast.walk(each) if isinstance(part, ast.Name)}
    return name not in bound | source.function_names | source.class_names


def are_plain(source: Source, node: ast.Attribute | ast.Call) -> bool:
    """Whether `x.__dict__` or `vars(x)` gives the fields of a plain object, or is only shown."""
    if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
        return False
    owner = node.value if isinstance(node, ast.Attribute) else node.args[0]
    if not isinstance(owner, ast.Name) or source.dotted(owner) is not None:
        return False
    return _is_shown(source, node) or _serializes(source, node) or _of_object(source, owner)


def _is_shown(source: Source, node: ast.expr) -> bool:
    """Whether only a text of it is made, or the names in it are gone through."""
    parent = source.parents.get(node)
    if isinstance(parent, ast.FormattedValue):
        return True
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is node
    if isinstance(parent, ast.Compare):
        return parent.left is not node and all(isinstance(each, ast.In | ast.NotIn) for each in parent.ops)
    if not isinstance(parent, ast.Call) or parent.func is node or spread(parent):
        return False
    name = source.called(parent)
    plain = "." in name or not source.binds(name)
    named = {word.arg for word in parent.keywords if not (word.arg == "default" and _is_str(source, word.value))}
    return (
        plain
        and name in SHOWN_BY
        and (name == "print" or len(parent.args) == 1)
        and not named & {"default", "cls", "key", "file"}
    )


def _is_str(source: Source, node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "str" and not source.binds("str")


def _serializes(source: Source, node: ast.expr) -> bool:
    """Whether it stands in `json.dumps(..., default=lambda o: o.__dict__)`, which only writes the dict."""
    function = source.parents.get(node)
    word = source.parents.get(function) if isinstance(function, ast.Lambda) else None
    call = source.parents.get(word) if isinstance(word, ast.keyword) and word.arg == "default" else None
    if not isinstance(call, ast.Call) or source.called(call) not in ("json.dumps", "json.dump") or spread(call):
        return False
    return all(word.arg != "cls" for word in call.keywords)


def _of_object(source: Source, owner: ast.Name) -> bool:
    """Whether the name is the first argument of a method that is called on nothing but objects of its class."""
    method = method_around(source, owner)
    if method is not None and _is_described(source, method, owner):
        return True
    if (
        method is None
        or method.name in OF_CLASSES
        or method.decorator_list
        or not method.args.args
        or method.args.posonlyargs
    ):
        return False
    first = method.args.args[0].arg
    holder = source.parents[method]
    if (
        _rebinds(source, first)
        or owner.id != first
        or not isinstance(holder, ast.ClassDef)
        or not _plain_class(source, holder)
    ):
        return False
    if _imports_any(source, "unittest"):
        return False  # a stand-in passes on what it is called with
    return not _is_reached(source, method.name) and (_is_hook(method) or are_kept(source, holder))


def _imports_any(source: Source, *roots: str) -> bool:
    return bool({name.partition(".")[0] for name in source.modules.values()} & {*roots})


def _is_hook(method: ast.FunctionDef) -> bool:
    """Whether the interpreter calls it, on an object alone; a library may find other methods on a class."""
    return method.name.startswith("__") and method.name.endswith("__")


def _is_described(source: Source, method: ast.FunctionDef, owner: ast.Name) -> bool:
    """Whether a descriptor is asked for the attribute of an object, which the interpreter gives it."""
    names = [argument.arg for argument in method.args.args[1:2]]
    plain = method.name in ("__get__", "__set__", "__delete__") and not method.decorator_list
    return plain and names == [owner.id] and not _rebinds(source, owner.id)


def _plain_class(source: Source, owner: ast.ClassDef) -> bool:
    """Whether a class makes objects, no classes."""
    plain = PLAIN_BASES | source.class_names
    bases = (isinstance(base, ast.Name) and base.id in plain and _once(source, base.id) for base in owner.bases)
    return all(bases) and not owner.keywords


def _once(source: Source, name: str) -> bool:
    if name not in source.class_names:
        return not source.binds(name)
    return not _rebinds(source, name) and name not in source.modules


def _rebinds(source: Source, name: str) -> bool:
    """Whether anything but a function's or a class's beginning gives the name a meaning."""
    stored = any(each.id == name and not isinstance(each.ctx, ast.Load) for each in source.all(ast.Name))
    caught = (each.name for each in source.all(ast.ExceptHandler))
    matched = [each.name for each in source.all(ast.MatchAs)] + [each.name for each in source.all(ast.MatchStar)]
    return stored or name in (*caught, *matched)


def _is_reached(source: Source, name: str) -> bool:
    """Whether the script takes the method from its class, to call it on something of its choice."""
    if name in source.reads or any(node.value == name for node in source.all(ast.Constant)):
        return True
    if any(name in pattern.kwd_attrs for pattern in source.all(ast.MatchClass)):
        return True
    if any(_computes(source, call) for call in source.all(ast.Call)):
        return True
    return any(not _calls_plainly(source, node, name) for node in source.reads.get(f".{name}", ()))


def _computes(source: Source, call: ast.Call) -> bool:
    """Whether an attribute is looked up by a name that is no literal."""
    named = isinstance(call.func, ast.Name) and call.func.id == "getattr"
    return named and not (len(call.args) > 1 and isinstance(call.args[1], ast.Constant))


def _calls_plainly(source: Source, node: ast.AST, name: str) -> bool:
    """Whether a method is called on what stands before it and given nothing that could take its object's place.

    What a class hands on to its parent's method of the same name is given to that parent's object too, for the class's
    own method is reached by nobody either.
    """
    call = source.parents.get(node)
    if not isinstance(node, ast.Attribute) or not isinstance(call, ast.Call) or call.func is not node:
        return False
    parent = node.value
    by_super = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "super"
    if by_super and isinstance(parent, ast.Call) and not parent.args and not source.binds("super"):
        around = method_around(source, node)
        same = around is not None and around.name == name and not around.decorator_list
        return around is not None and same and bool(around.args.args) and not _rebinds(source, around.args.args[0].arg)
    return not call.args and not call.keywords


def are_kept(source: Source, owner: ast.ClassDef) -> bool:
    """Whether no library gets the class itself, on which it would call a method with whatever it was given."""
    plain = BUILTIN_BASES | source.class_names
    single = all(len(each.bases) <= 1 for each in source.all(ast.ClassDef))
    bases = all(isinstance(base, ast.Name) and base.id in plain for base in owner.bases)
    return single and bases and not owner.decorator_list and are_only_called(source)
