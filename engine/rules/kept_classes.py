"""Whether the classes of a script stay what they are: called, inherited from and asked for, handed to nobody."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .base import Source

# Hooks that are given a class, and as which of their arguments.
GIVEN = {"__init_subclass__": 0, "__class_getitem__": 0, "__new__": 0, "__set_name__": 1, "__get__": 2, "__exit__": 1}
# What annotations are put together from.
PARTS = (ast.Subscript, ast.BinOp, ast.Tuple, ast.List)
ASKING = frozenset({"isinstance", "issubclass"})


def are_only_called(source: Source) -> bool:
    """Whether no class of the script is a value anywhere, under its own name or as the class of an object."""
    roots = {name.partition(".")[0] for name in source.modules.values()}
    if roots & {"inspect", "typing_extensions"} or _tells_types(source):
        return False
    if "kept classes" not in source.memory:
        names = source.class_names | {"type"} | frozenset(_given(source))
        loads = [node for name in names for node in source.reads.get(name, ())]
        loads += source.reads.get(".__class__", ())
        source.memory["kept classes"] = all(_is_kept(source, node) for node in loads)
    return bool(source.memory["kept classes"])


def _tells_types(source: Source) -> bool:
    """Whether a library's function that gives a class back is within reach: of an annotation, or of what was raised."""
    telling = {"dataclasses.fields", "typing.get_args", "typing.get_origin", "sys.exc_info"}
    places: list[ast.Name | ast.Attribute] = [*source.all(ast.Name), *source.all(ast.Attribute)]
    return any((source.dotted(node) or "") in telling for node in places) or ".exc_info" in source.reads


def _given(source: Source) -> Iterator[str]:
    """Names of arguments that are classes."""
    for function in source.all(ast.FunctionDef):
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        by_class = any(isinstance(each, ast.Name) and each.id == "classmethod" for each in function.decorator_list)
        place = 0 if by_class else GIVEN.get(function.name)
        if place is not None and place < len(names):
            yield names[place]
        if place is not None and function.args.vararg is not None:
            yield function.args.vararg.arg


def _is_kept(source: Source, node: ast.AST) -> bool:
    """Whether a class is only called, named, inherited from, compared or asked for where it stands."""
    parent = source.parents.get(node)
    if isinstance(parent, ast.Tuple):
        node, parent = parent, source.parents.get(parent)
    if isinstance(parent, ast.Call):
        if parent.func is node:
            makes = not (isinstance(node, ast.Name) and node.id == "type")
            return makes or _is_kept(source, parent)
        name = source.called(parent)
        return name in ASKING and not source.binds(name) and parent.args[:1] != [node]
    if isinstance(parent, ast.Compare):
        same = all(isinstance(each, ast.Is | ast.IsNot) for each in parent.ops)
        return same or all(_is_class(source, each) for each in (parent.left, *parent.comparators))
    if isinstance(parent, ast.ClassDef):
        return node in parent.bases
    if isinstance(parent, ast.Attribute | ast.ExceptHandler | ast.MatchClass):
        return True
    while isinstance(parent, PARTS):
        node, parent = parent, source.parents.get(parent)
    return isinstance(parent, ast.arg | ast.FunctionDef | ast.AnnAssign) and getattr(parent, "value", None) is not node


def _is_class(source: Source, node: ast.expr) -> bool:
    """Whether it is a class by its own name or as that of an object, so that comparing it gives it to nobody else."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "type" and not source.binds("type")
    return isinstance(node, ast.Name) and node.id in source.class_names
