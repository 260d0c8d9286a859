"""Attributes between double underscores that do no harm where they stand: names, operators, a parent's own methods."""

from __future__ import annotations

import ast
from collections.abc import Callable

from . import fields
from .base import Source, words

# What a class of the script's own may be made of.
PARENTS = words(
    "object dict list set tuple str int float frozenset Exception ValueError KeyError RuntimeError TypeError"
)
READ_DUNDERS = frozenset({"__name__", "__version__", "__doc__", "__qualname__"})
# What an exception says of the one before it; its frames stay out of reach.
RAISED_DUNDERS = frozenset({"__cause__", "__suppress_context__", "__notes__"})
# What a script may call a function or a class of its own.
CALLED_DUNDERS = frozenset({"__name__", "__qualname__", "__doc__"})
SUPER_DUNDERS = words(
    "__init__ __new__ __post_init__ __repr__ __str__ __eq__ __hash__ __len__ __iter__ __enter__ __exit__ "
    "__setitem__ __getitem__ __init_subclass__ __call__"
)
# Hooks that are given the name of an attribute, or an object: only the interpreter gives them, so no other name stands
# for such a hook.
BY_ATTRIBUTE = words("getattr setattr delattr get set delete")
DEFINED_DUNDERS = words(
    "init new post_init repr str eq ne lt le gt ge hash bool len iter next contains getitem setitem delitem "
    "call enter exit add radd iadd sub rsub isub mul rmul imul truediv rtruediv floordiv mod pow neg pos abs "
    "round int float index matmul and or xor invert format reversed missing array copy deepcopy sklearn_tags "
    "rfloordiv rmod rpow rand ror rxor rmatmul ifloordiv imod ipow iand ior ixor divmod rdivmod complex lshift rshift "
    "sklearn_is_fitted sklearn_clone get set delete neg trunc floor ceil length_hint"
)


def is_harmless(source: Source, node: ast.Attribute) -> bool:
    """Whether the attribute says what something is called, or is a method that a class calls on itself."""
    if node.attr in READ_DUNDERS or (node.attr == "__file__" and source.fragment):
        return isinstance(node.ctx, ast.Load) or _renames_own(source, node)
    if node.attr in IN_FRAGMENTS and source.fragment:
        return IN_FRAGMENTS[node.attr](source, node)
    if node.attr == "__class__":
        return _is_named_class(source, node)
    return _is_parents(source, node)


def _is_read(source: Source, node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_named_class(source: Source, node: ast.Attribute) -> bool:
    """Whether a class is only named, or makes another object of it."""
    parent = source.parents.get(node)
    named = isinstance(parent, ast.Attribute) and parent.attr in ("__name__", "__qualname__")
    own = isinstance(node.value, ast.Name) and node.value.id == "self" and isinstance(parent, ast.Call)
    return named or own


def _is_super(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _is_parents(source: Source, node: ast.Attribute) -> bool:
    """Whether a method of a parent, or of an own class, is called where it stands."""
    parent, base = source.parents.get(node), node.value
    if not isinstance(parent, ast.Call) or parent.func is not node or node.attr not in SUPER_DUNDERS:
        return False
    of_class = isinstance(base, ast.Name) and (base.id in source.class_names or _of_parent(source, base, parent))
    return _is_super(base) or of_class or node.attr == "__init__"


def _renames_own(source: Source, node: ast.Attribute) -> bool:
    """Whether a function or class of the script's own is given a name or a description."""
    own = isinstance(node.value, ast.Name) and node.value.id in source.function_names | source.class_names | {"self"}
    return source.fragment and own and node.attr in CALLED_DUNDERS and isinstance(node.ctx, ast.Store)


def _of_parent(source: Source, base: ast.Name, call: ast.AST | None) -> bool:
    """Whether a class calls a method of the builtin that it is made of on itself: `dict.__setitem__(self, ...)`."""
    on_itself = isinstance(call, ast.Call) and bool(call.args) and isinstance(call.args[0], ast.Name)
    first = call.args[0].id if on_itself else ""  # type: ignore[union-attr]
    return source.fragment and base.id in PARENTS and first in ("self", "cls") and not source.binds(base.id)


def _passes_on(source: Source, node: ast.Attribute) -> bool:
    """Whether `__setattr__` of a class hands on what it was given, whose name stands where the attribute is set."""
    call, around = source.parents.get(node), fields.method_around(source, node)
    if not isinstance(call, ast.Call) or call.func is not node or call.keywords or around is None:
        return False
    names = [argument.arg for argument in (*around.args.posonlyargs, *around.args.args)]
    if around.name != node.attr or around.decorator_list or len(names) < 2:
        return False
    base = node.value
    by_object = isinstance(base, ast.Name) and base.id == "object" and not source.binds("object")
    wanted = names[:2] if by_object else names[1:2]
    given = [item.id if isinstance(item, ast.Name) else "" for item in call.args[: len(wanted)]]
    return (by_object or _is_super(base)) and given == wanted and not _changed(around) & set(wanted)


def _changed(function: ast.FunctionDef) -> set[str]:
    return {part.id for part in ast.walk(function) if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}


IN_FRAGMENTS: dict[str, Callable[[Source, ast.Attribute], bool]] = {
    **dict.fromkeys(RAISED_DUNDERS, _is_read),
    **dict.fromkeys(("__setattr__", "__delattr__"), _passes_on),
    "__dict__": fields.are_plain,
}


def is_second_name(source: Source, name: ast.Name) -> bool:
    """Whether a class gives one of its own operators another operator's name: `__rmul__ = __mul__`."""
    assign = source.parents.get(name)
    owner = source.parents.get(assign) if isinstance(assign, ast.Assign) else None
    if not isinstance(assign, ast.Assign) or not isinstance(owner, ast.ClassDef) or not source.fragment:
        return False
    own = {item.name for item in owner.body if isinstance(item, ast.FunctionDef)}
    own -= {f"__{name}__" for name in BY_ATTRIBUTE}
    named = [part.id for part in assign.targets if isinstance(part, ast.Name)]
    plain = len(named) == len(assign.targets) and all(each.strip("_") in DEFINED_DUNDERS for each in named)
    return plain and isinstance(assign.value, ast.Name) and assign.value.id in own
