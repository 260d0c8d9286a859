"""Modules and members that are harmless in part: used they must be, and in that way alone."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from .base import Remark, Source, spread
from .given_files import names_a_file
from .members import PARTLY
from .more_folders import adds_folder
from .values import Values

FIX = "Do without it, or use it as docs/security-checks.md says."
TESTS = (ast.If, ast.IfExp, ast.While)


def remarks(source: Source) -> Iterator[Remark]:
    """Imports of such modules that nothing uses, and uses that are others than the harmless ones."""
    if not source.fragment:
        return
    places: list[ast.Name | ast.Attribute] = [*source.all(ast.Name), *source.all(ast.Attribute)]
    names = {dotted: node for node in places if (dotted := source.dotted(node))}
    for line, module in _imported(source):
        if not any(f"{dotted}.".startswith(f"{module}.") and dotted not in PARTLY for dotted in names):
            yield Remark(line, f"{module} is imported and nothing harmless of it is used.", FIX)
    for node in places:
        dotted = source.dotted(node)
        if dotted in HARMLESS and not HARMLESS[dotted](source, node):
            yield Remark(node.lineno, f"{dotted} is used in a way that may run or reach more.", FIX)
    yield from _evaluated(source)


def _imported(source: Source) -> Iterator[tuple[int, str]]:
    for node in source.all(ast.Import):
        yield from ((node.lineno, each.name) for each in node.names if each.name in PARTLY)
    for statement in source.all(ast.ImportFrom):
        if statement.module in PARTLY:
            yield statement.lineno, statement.module
        named = (f"{statement.module}.{each.name}" for each in statement.names)
        yield from ((statement.lineno, each) for each in named if each in HARMLESS)


def _call(source: Source, node: ast.AST) -> ast.Call | None:
    call = source.parents.get(node)
    return call if isinstance(call, ast.Call) and call.func is node and not spread(call) else None


def _looks_for(source: Source, node: ast.AST) -> bool:
    """Whether a top-level module of a literal name is looked for, and only whether it is there."""
    call = _call(source, node)
    if call is None or len(call.args) != 1 or call.keywords:
        return False
    names = Values.of(source).texts(call.args[0])
    return _asks_whether(source, call) and bool(names) and all(name.isidentifier() for name in names or ())


def _asks_whether(source: Source, call: ast.Call) -> bool:
    """Whether only that there is something is asked of what a call gives."""
    parent = source.parents.get(call)
    if isinstance(parent, ast.Compare):
        others = [each for each in (parent.left, *parent.comparators) if each is not call]
        asked = all(isinstance(each, ast.Constant) and each.value is None for each in others)
        return asked and all(isinstance(each, ast.Is | ast.IsNot | ast.Eq | ast.NotEq) for each in parent.ops)
    by_bool = isinstance(parent, ast.Call) and source.called(parent) == "bool" and not source.binds("bool")
    tested = isinstance(parent, TESTS) and parent.test is call
    return by_bool or tested or (isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not))


def _times(source: Source, node: ast.AST) -> bool:
    """Whether a function is timed that stands in the script, not a text."""
    call = _call(source, node)
    if call is None or len(call.args) > 1 or {word.arg for word in call.keywords} - {"stmt", "number", "repeat"}:
        return False
    named = [word.value for word in call.keywords if word.arg == "stmt"]
    given = [*call.args, *named]
    if len(given) != 1:
        return False
    (timed,) = given
    own = isinstance(timed, ast.Name) and timed.id in source.function_names and _only_function(source, timed)
    return isinstance(timed, ast.Lambda) or own


def _only_function(source: Source, name: ast.Name) -> bool:
    stored = (each.id for each in source.all(ast.Name) if not isinstance(each.ctx, ast.Load))
    return name.id not in {*stored, *source.modules} and not source.is_argument(name)


def _takes_apart(source: Source, node: ast.AST) -> bool:
    """Whether a format is only taken apart: `Formatter().parse(text)`."""
    call = _call(source, node)
    method = source.parents.get(call) if call is not None else None
    return isinstance(method, ast.Attribute) and method.attr == "parse" and _call(source, method) is not None


def _is_called(source: Source, node: ast.AST) -> bool:
    return _call(source, node) is not None


HARMLESS: dict[str, Callable[[Source, ast.AST], bool]] = {
    "argparse.FileType": names_a_file,
    "importlib.util.find_spec": _looks_for,
    "importlib.metadata.version": _is_called,
    "inspect.signature": _is_called,
    "multiprocessing.cpu_count": _is_called,
    "string.Formatter": _takes_apart,
    "sys.path": adds_folder,
    "timeit.timeit": _times,
    "timeit.repeat": _times,
}


def _evaluated(source: Source) -> Iterator[Remark]:
    """Annotations that are texts and would be evaluated."""
    if "inspect" not in {name.partition(".")[0] for name in source.modules.values()}:
        return
    for word in source.all(ast.keyword):
        if word.arg == "eval_str":
            yield Remark(word.value.lineno, "eval_str= evaluates texts.", "Leave it out.")
    for line, text in source.strings:
        if text == "eval_str":
            yield Remark(line, "eval_str evaluates texts.", "Leave it out.")
    for node in source.all(ast.Attribute):
        if node.attr in ("from_callable", "unwrap"):
            yield Remark(node.lineno, f"{node.attr} looks into a function.", "Use signature(...).")
