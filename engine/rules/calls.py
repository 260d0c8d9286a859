"""What a script may name: no builtin that runs code, no way into the interpreter, no module through another."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from engine.products import Severity

from . import fields
from .base import LONGEST_CHAIN, Check, Remark, Source, argument, spread, words
from .dunders import INTERPRETER
from .file_calls import READ_METHODS, REFUSED, WRITERS
from .harmless_dunders import DEFINED_DUNDERS, is_harmless, is_second_name
from .imports import unread
from .members import ALLOWED, LEADS_OUT, reason_against, tables
from .values import Values

BUILTINS = words(
    "eval exec compile __import__ input breakpoint globals locals vars dir help setattr delattr memoryview "
    "getattr open exit quit hasattr"
)
EXPLAIN = {
    "eval": "write the expression itself",
    "exec": "write the statements themselves",
    "open": "read declared sources; results are written by the runtime",
    "input": "declare a Parameter",
    "getattr": "write the attribute itself",
    "setattr": "assign the attribute itself",
}
# Builtins that do no harm, whose names scripts give to variables of their own.
VARIABLES = frozenset({"dir", "help", "input", "exit", "quit"})
NEEDS_LITERAL = frozenset({"getattr", "hasattr"})
DUNDER = re.compile(r"__\w+__")
# Methods that touch files or run texts must be written out, so that what they are given is seen.
TOUCHING = frozenset(
    {
        *WRITERS,
        *READ_METHODS,
        *REFUSED,
        "extract",
        "extractall",
        "format",
        "format_map",
        "query",
        "open",
        "write_text",
        "rename",
        "setrecursionlimit",
    }
)
STORED_DUNDERS = words(
    "__all__ __version__ __author__ __slots__ __doc__ __hash__ __license__ __email__ __date__ __copyright__ "
    "__docformat__ __credits__ __maintainer__ __status__"
)
# Hooks that a fragment's class may define: what they do is read like every other function.
HOOKS = words("init_subclass set_name class_getitem del getattr setattr delattr dir sizeof bytes getstate setstate")
INSIDES = re.compile(
    r"(gi|cr|ag)_(frame|code|yieldfrom|await|running)|f_(back|globals|locals|builtins|code|trace|lineno)|"
    r"tb_(frame|next|lasti|lineno)|co_(code|consts|names|varnames|filename)|func_(globals|code|closure|defaults)|"
    r"with_traceback|mro|ctypes|im_(func|self)|modules|_evaluate|_module|_getframe|_current_frames"
)
INSIDE_FAMILIES = words("gi_ cr_ ag_ f_ tb_ co_ func_ im_ with_")
NAMED_TUPLE = frozenset({"_replace", "_asdict", "_fields", "_make"})
# Private names that lead to modules or evaluate text, on whatever they stand.
NEVER_PRIVATE = words(
    "_os _sys _module _evaluate _io _thread _modules _builtins _accessor _flavour _bootstrap _vformat "
    "_subprocess _socket _pickle _globals _frame _code _loader _handle _FuncPtr _eval _exec _popen "
    "_execute_child"
)


def _names(source: Source) -> Iterator[Remark]:
    stored = {node.id for node in source.all(ast.Name) if isinstance(node.ctx, ast.Store)} & VARIABLES
    for node in source.all(ast.Name):
        if node.id not in BUILTINS - stored or source.is_argument(node):
            continue
        parent = source.parents[node]
        call = parent if isinstance(parent, ast.Call) and parent.func is node else None
        if source.fragment and (node.id == "open" or (call and node.id in ("exit", "quit", "dir"))):
            continue  # the rules on files look at open
        if source.fragment and call and node.id == "input":
            yield Remark(node.lineno, "input waits for somebody.", "Nobody answers in the sandbox.", Severity.ADVICE)
            continue  # what was typed is looked at where it is used
        if call and node.id in NEEDS_LITERAL and _names_plainly(source, call):
            continue
        if source.fragment and _looks_only(source, node, call):
            continue
        advice = EXPLAIN.get(node.id, "do without it")
        yield Remark(node.lineno, f"{node.id} is not allowed.", f"Instead, {advice}.")
    for call in source.all(ast.Call):
        makes = isinstance(call.func, ast.Name) and call.func.id == "type" and (len(call.args) != 1 or spread(call))
        if makes and not _written_out(source, call):
            yield Remark(call.lineno, "type(...) that makes a class.", "Write a class statement, or none.")


def _looks_only(source: Source, name: ast.Name, call: ast.Call | None) -> bool:
    """Whether it shows a library's help or asks whether a name is there."""
    if call is None or spread(call):
        return False
    if name.id == "globals":
        return isinstance(source.parents[call], ast.Compare)
    if name.id == "vars":
        return len(call.args) == 1 and (fields.are_plain(source, call) or fields.of_arguments(source, call.args[0]))
    return name.id == "help" and bool(call.args) and source.dotted(call.args[0]) is not None


def _written_out(source: Source, call: ast.Call) -> bool:
    """Whether a class is made as a class statement would make it: of bases and members that stand there."""
    if not source.fragment or spread(call) or len(call.args) != 3 or call.keywords:
        return False
    _, bases, members = call.args
    plain = isinstance(bases, ast.Tuple) and all(
        isinstance(base, ast.Name) and base.id != "type" for base in bases.elts
    )
    if isinstance(members, ast.Call):
        by_name = isinstance(members.func, ast.Name) and members.func.id == "dict"
        return plain and by_name and not members.args and not spread(members)
    literal = isinstance(members, ast.Dict) and bool(bases.elts if isinstance(bases, ast.Tuple) else ())
    return plain and literal and all(isinstance(key, ast.Constant) for key in getattr(members, "keys", ()))


def _names_plainly(source: Source, call: ast.Call) -> bool:
    """Whether a getattr or hasattr names attributes that the script might as well have written out."""
    if spread(call) or not 2 <= len(call.args) <= 3:
        return False
    if isinstance(call.func, ast.Name) and call.func.id == "hasattr":
        return True
    names = Values.of(source).texts(call.args[1])
    if names is None and source.fragment and source.dotted(call.args[0]) is None:
        return _begins_plainly(call.args[1])
    return bool(names) and all(_readable(source, call.args[0], name) for name in names or ())


def _begins_plainly(node: ast.expr) -> bool:
    """Whether a name is put together behind a beginning that no attribute has which leads anywhere: `parent_...`."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        node = node.left
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        node = node.left
    first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    start = re.match(r"[A-Za-z]\w*_", text)
    leading = {name for name in (*LEADS_OUT, *BUILTINS, *TOUCHING) if start and name.startswith(start[0])}
    return start is not None and not leading and start[0] not in INSIDE_FAMILIES


def _readable(source: Source, base: ast.expr, name: str) -> bool:
    if name.startswith("_") or INSIDES.fullmatch(name) or name in LEADS_OUT | BUILTINS | TOUCHING:
        return False
    dotted = source.dotted(base)
    return dotted is None or reason_against(f"{dotted}.{name}", source.fragment) is None


def _inner(name: str) -> bool:
    """Whether the name is one that the interpreter or memory itself answers to."""
    return DUNDER.fullmatch(name) is not None and name in INTERPRETER


def _dunders(source: Source) -> Iterator[Remark]:
    fix = "Use the public methods and functions instead."
    for node in source.all(ast.Attribute):
        if _inner(node.attr) and not is_harmless(source, node):
            yield Remark(node.lineno, f"The attribute {node.attr} reaches into the interpreter.", fix)
    for name in source.all(ast.Name):
        stored = isinstance(name.ctx, ast.Store) and name.id in STORED_DUNDERS
        read = (
            name.id == "__name__"
            or is_second_name(source, name)
            or (source.fragment and name.id in ("__file__", "__doc__", *STORED_DUNDERS))
        )
        if _inner(name.id) and not stored and not read:
            yield Remark(name.lineno, f"The name {name.id} reaches into the interpreter.", fix)
    for keyword in source.all(ast.keyword):
        if keyword.arg and _inner(keyword.arg):
            yield Remark(keyword.value.lineno, f"The keyword {keyword.arg} reaches into the interpreter.", fix)
    yield from _dunder_definitions(source, fix)


def _dunder_definitions(source: Source, fix: str) -> Iterator[Remark]:
    for function in source.functions:
        if isinstance(function, ast.Lambda):
            continue
        may = DEFINED_DUNDERS | (HOOKS if source.fragment else frozenset())
        if _inner(function.name) and function.name.strip("_") not in may:
            yield Remark(function.lineno, f"A class may not define {function.name}.", fix)
    for line, text in source.strings:
        if _inner(text) and text not in ("__main__", "__all__", "__name__", "__init__", "__version__", "__file__"):
            yield Remark(line, f"The text {text!r} names a part of the interpreter.", fix)
    for pattern in source.all(ast.MatchClass):
        for name in pattern.kwd_attrs:
            if name.startswith("_") or INSIDES.fullmatch(name):
                yield Remark(pattern.lineno, f"The pattern reads the attribute {name}.", fix)


def _insides(source: Source) -> Iterator[Remark]:
    fix = "Work with values, not with frames, code or modules."
    for node in source.all(ast.Attribute):
        if INSIDES.fullmatch(node.attr):
            yield Remark(node.lineno, f"The attribute {node.attr} leads into the interpreter.", fix)
        elif node.attr in LEADS_OUT and source.dotted(node) is None and not _own(source, node):
            yield Remark(node.lineno, f"The attribute {node.attr} leads to another module.", fix)


def _own(source: Source, node: ast.Attribute) -> bool:
    """Attributes that the script's own classes give themselves, and words that columns have too."""
    return node.attr in ("platform", "http", "ssl", "glob", "signal", "warnings", "logging", "codecs", "inspect") or (
        isinstance(node.value, ast.Name) and node.value.id == "self"
    )


def _private(source: Source) -> Iterator[Remark]:
    own = _own_private(source)
    for node in source.all(ast.Attribute):
        name = node.attr
        if not name.startswith("_") or DUNDER.fullmatch(name) or name in NAMED_TUPLE:
            continue
        dotted = source.dotted(node)
        library = dotted is not None and dotted.partition(".")[0] in tables(True)
        if (source.fragment or name in own) and not library and (name not in NEVER_PRIVATE or _is_kept(source, node)):
            continue
        yield Remark(node.lineno, f"The attribute {name} is private to its library.", "Use the public interface.")


def _is_kept(source: Source, node: ast.Attribute) -> bool:
    """Whether an attribute of `self` is one that a class of no other gives itself: its `_frame` is no library's."""
    owner: ast.AST | None = node
    while owner is not None and not isinstance(owner, ast.ClassDef):
        owner = source.parents.get(owner)
    if owner is None or owner.bases or owner.keywords or not _of_self(node):
        return False
    stored = (each for each in ast.walk(owner) if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store))
    return any(each.attr == node.attr and _of_self(each) for each in stored)


def _of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def _own_private(source: Source) -> set[str]:
    """The private names that the script's own classes define."""
    names: set[str] = set()
    for owner in source.all(ast.ClassDef):
        for item in owner.body:
            targets = item.targets if isinstance(item, ast.Assign) else [getattr(item, "target", None)]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
            if isinstance(item, ast.FunctionDef):
                names.add(item.name)
    return names


def _members(source: Source) -> Iterator[Remark]:
    for node in source.all(ast.Attribute):
        if isinstance(source.parents.get(node), ast.Attribute):
            continue
        if _chain(node) >= LONGEST_CHAIN:
            yield Remark(node.lineno, f"A chain of more than {LONGEST_CHAIN} attributes.", "Use names on the way.")
        dotted = source.dotted(node)
        if dotted is None:
            continue
        fragment = source.fragment or dotted.partition(".")[0] in source.allow_imports
        reason = None if _loads_plainly(source, node, dotted) else reason_against(dotted, fragment)
        reason = reason or unread(source, dotted)
        if reason:
            yield Remark(node.lineno, f"{reason}.", "Use another function of the library, or plain Python.")
        elif isinstance(node.ctx, ast.Store | ast.Del) and not _setting(source, node, dotted):
            yield Remark(node.lineno, f"{dotted} of a library is replaced.", "Leave libraries as they are.")


def _loads_plainly(source: Source, node: ast.Attribute, dotted: str) -> bool:
    """Whether YAML is read by the loader that makes nothing but plain values."""
    call = source.parents.get(node)
    if dotted != "yaml.load" or not isinstance(call, ast.Call) or call.func is not node or spread(call):
        return False
    loader = argument(call, 1, "Loader")
    return loader is not None and source.dotted(loader) in ("yaml.SafeLoader", "yaml.CSafeLoader")


def _chain(node: ast.AST) -> int:
    length = 0
    while isinstance(node, ast.Attribute):
        node = node.value
        length += 1
    return length


def _setting(source: Source, node: ast.Attribute, dotted: str) -> bool:
    """Whether it is a library's option that gets a literal, not a function that is replaced."""
    statement = source.parents.get(node)
    if dotted in ("sys.stdout", "sys.stderr"):
        return source.fragment  # where prints go
    literal = isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
    if dotted.startswith("pandas.options.display."):
        return source.fragment
    if re.match(r"pandas\.options\.(mode|compute|future|styler)\.", dotted):
        return source.fragment and literal
    return literal and source.fragment and dotted.partition(".")[0] not in ALLOWED


def _modules_as_values(source: Source) -> Iterator[Remark]:
    imported = {alias.asname or alias.name.partition(".")[0] for node in source.all(ast.Import) for alias in node.names}
    # `import time` beside `from time import time`: the rule on imports looks at such pairs.
    imported -= {
        name for name in imported if "." in source.modules.get(name, "") and source.modules[name].endswith(name)
    }
    for statement in source.all(ast.ImportFrom):
        for alias in statement.names:
            if f"{statement.module}.{alias.name}" in {*tables(True), "matplotlib.pyplot"}:
                imported.add(alias.asname or alias.name)
    for name in source.all(ast.Name):
        if name.id not in imported or source.is_argument(name) or not _is_value(source, name):
            continue
        yield Remark(name.lineno, f"The module {name.id} is used as a value.", "Call its functions by their full name.")
    for node in source.all(ast.Attribute):
        dotted = source.dotted(node) or ""
        if dotted in tables(True) and _is_value(source, node):
            yield Remark(
                node.lineno, f"The module {dotted} is used as a value.", "Call its functions by their full name."
            )


def _is_value(source: Source, module: ast.AST) -> bool:
    return not isinstance(source.parents[module], ast.Attribute) and not _asks_member(source, module)


def _asks_member(source: Source, module: ast.AST) -> bool:
    """Whether a library is only asked if it has a public member of a literal name, as its versions differ."""
    call = source.parents[module]
    if not isinstance(call, ast.Call) or len(call.args) != 2 or call.args[0] is not module or call.keywords:
        return False
    name = call.args[1].value if isinstance(call.args[1], ast.Constant) else None
    plain = isinstance(call.func, ast.Name) and call.func.id == "hasattr" and not source.binds("hasattr")
    named = isinstance(name, str) and name.isidentifier() and not name.startswith("_") and name not in LEADS_OUT
    return source.fragment and plain and named


def _classes(source: Source) -> Iterator[Remark]:
    for node in source.all(ast.ClassDef):
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        if "type" in bases or any(keyword.arg == "metaclass" for keyword in node.keywords):
            yield Remark(node.lineno, f"The class {node.name} changes how classes are made.", "Write a plain class.")


def _async(source: Source) -> Iterator[Remark]:
    kinds = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    for node in source.nodes:
        if isinstance(node, kinds):
            yield Remark(node.lineno, "Asynchronous code.", "Write plain functions: a script reads nothing itself.")


RULES = (
    Check(
        "builtins",
        "No builtin that runs text, asks, or looks names up: eval, exec, open, getattr and the like.",
        _names,
    ),
    Check("no-dunders", "No double-underscore attributes or names, but for the guard and ordinary methods.", _dunders),
    Check("no-insides", "No frames, tracebacks, code objects or class trees.", _insides),
    Check("no-private", "No private attributes of libraries.", _private),
    Check("members", "Only the known members of allowed modules, and no module through another.", _members),
    Check("modules-stay", "A module is never passed, stored or renamed as a value.", _modules_as_values),
    Check("plain-classes", "No metaclasses and no classes made by a call.", _classes),
    Check("no-async", "No asynchronous code.", _async),
)
