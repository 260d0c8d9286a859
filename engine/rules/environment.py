"""The environment: read by literal name alone, and its values go into connections and numbers, nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .base import Check, Remark, Source, words

READERS = frozenset({"os.environ.get", "os.getenv"})
POISON = re.compile(r"(LD_|DYLD_|PYTHON|PATH$|HOME$|SHELL$|IFS$|BASH_)")
# What may be given a value of the environment: it makes something else of it.
CONSUMERS = words(
    "connect create_engine int float bool len get getenv setdefault basicConfig setLevel read_sql read_sql_query "
    "isinstance make_url create"
)
FIX = "Leave credentials to the workbench; scripts get data."


def _environment(source: Source) -> Iterator[Remark]:
    if "os" not in {name.partition(".")[0] for name in source.modules.values()}:
        return
    yield from _whole(source)
    names = _holders(source)
    for node in source.nodes:
        if isinstance(node, ast.Call) and not _consumes(node):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if any(_holds(source, item, names) for item in given):
                yield Remark(node.lineno, "A value of the environment is passed on.", FIX)
        elif isinstance(node, ast.Raise) and node.exc is not None and _holds(source, node.exc, names):
            yield Remark(node.lineno, "A value of the environment is raised.", FIX)


def _whole(source: Source) -> Iterator[Remark]:
    places: list[ast.Attribute | ast.Name] = [*source.all(ast.Attribute), *source.all(ast.Name)]
    for node in places:
        if source.dotted(node) != "os.environ" or not isinstance(node.ctx, ast.Load):
            continue
        parent = source.parents[node]
        by_method = isinstance(parent, ast.Attribute) and parent.attr in ("get", "setdefault")
        if isinstance(parent, ast.Compare) or by_method:
            continue
        if not isinstance(parent, ast.Subscript) or not isinstance(parent.slice, ast.Constant):
            yield Remark(node.lineno, "The whole environment is read.", FIX)
        elif not isinstance(parent.ctx, ast.Load) and POISON.match(str(parent.slice.value)):
            yield Remark(node.lineno, f"The variable {parent.slice.value!r} steers other programs.", FIX)


def _consumes(call: ast.Call) -> bool:
    word = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return word in CONSUMERS


def _holders(source: Source) -> frozenset[str]:
    """Names of variables and functions that hold or give a value of the environment."""
    names: set[str] = set()
    for _ in range(3):
        known = frozenset(names)
        for node in source.all(ast.Assign):
            if _holds(source, node.value, known):
                names |= {item.id for target in node.targets for item in ast.walk(target) if isinstance(item, ast.Name)}
        for function in source.all(ast.FunctionDef):
            returned = (part.value for part in ast.walk(function) if isinstance(part, ast.Return) and part.value)
            if function.name not in names and any(_holds(source, value, known) for value in returned):
                names.add(function.name)
    return frozenset(names)


def _holds(source: Source, node: ast.AST, names: frozenset[str]) -> bool:
    """Whether a value of the environment is in the expression, outside of what consumes it."""
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, ast.Name) and part.id in names:
            return True
        if isinstance(part, ast.Call) and source.called(part) in READERS:
            return True
        if isinstance(part, ast.Subscript) and source.dotted(part.value) == "os.environ":
            return True
        if not (isinstance(part, ast.Call) and _consumes(part)) and not isinstance(part, ast.Compare):
            todo.extend(ast.iter_child_nodes(part))
    return False


RULES = (
    Check("environment", "No reading of the whole environment, and no showing or sending of its values.", _environment),
)
