"""From a model's code to quantities of the contract: names, arguments, types, and what is dropped. Pure.

What has one right form is put right here; the rest raises `Unusable` with what to tell the model.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.authors.model.columns import mend_columns, mend_locals, mend_merges, mend_values
from engine.authors.model.framing import ROWS
from engine.authors.model.grouping import made_in, mend_groups, mend_keys, mend_series
from engine.authors.model.returning import AS_LISTED, AS_NAMED, TABLE, Returned, mend_rows, returned
from engine.authors.model.signatures import Known, Unusable, changes, settle_arguments
from engine.authors.model.spelling import Modern
from engine.language.words import readable
from engine.products import QuantityPlan
from runtime.parsing import parse

MODULES = {
    "pd": "import pandas as pd",
    "np": "import numpy as np",
    "npf": "import numpy_financial as npf",
    "math": "import math",
    "datetime": "from datetime import datetime",
    "timedelta": "from datetime import timedelta",
    "date": "from datetime import date",
    "relativedelta": "",
}
ALLOWED = frozenset(
    "calendar collections dataclasses datetime decimal fractions functools itertools math numpy numpy_financial pandas"
    " re statistics typing".split()
)
NEVER = frozenset(
    "eval exec compile __import__ globals locals getattr setattr delattr vars breakpoint __builtins__ "
    "memoryview".split()
)
NOT_HERE = frozenset("open input exit quit help".split())
_CUTS = frozenset("head tail nlargest nsmallest iloc loc idxmax idxmin".split())
_CLOCK = frozenset("now today utcnow".split())
_TYPES = {"int": "float", "float": "float", "bool": "float", "number": "float", "str": "str"}


@dataclass(frozen=True)
class Written:
    """The model's functions as quantities, with what they stand on."""

    quantities: tuple[QuantityPlan, ...]
    helpers: tuple[str, ...]
    imports: tuple[str, ...]
    fixes: tuple[str, ...]


def read_functions(code: str, known: Known) -> Written:
    """The quantities in a code.

    Raises:
        Unusable: it has to be written again; the message says why.
    """
    tree = dated(_parsed(code), known.today)
    _forbid(tree)
    modern = Modern((*known.columns, *known.parameters))
    tree = ast.fix_missing_locations(modern.visit(tree))
    fixes = list(modern.fixes)
    imports = _imports(tree, fixes)
    functions, constants = _kept(tree, fixes)
    _mark_helpers(functions, known, fixes)
    for function in functions:
        _repair(function, functions, known, fixes)
    public = [function for function in functions if not function.name.startswith("_")]
    if not public:
        raise Unusable(f"Define at least one function that takes {ROWS} and returns the result.")
    _check_reading(public, functions)
    kinds = {function.name: returned(function, _numbers(public, known)) for function in public}
    helpers = [ast.unparse(ast.fix_missing_locations(each)) for each in constants]
    helpers += [ast.unparse(ast.fix_missing_locations(f)) for f in functions if f.name.startswith("_")]
    quantities = tuple(_quantity(function, kinds, known) for function in public)
    if [kind.annotation for kind in kinds.values()] == [TABLE]:
        cut = any(isinstance(node, ast.Attribute) and node.attr in _CUTS for node in ast.walk(tree))
        made, further = as_asked(quantities[0], known, cut=cut)
        quantities, helpers = (made,), [*helpers, *further]
    helpers += [text for text in dict.fromkeys(kind.helper for kind in kinds.values()) if text]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    missing = [text for name, text in MODULES.items() if name in used and text and not _binds(imports, name)]
    added = [text for text in missing if not text.startswith(("import pandas", "import numpy"))]
    if missing:
        fixes.append("imports added")
    return Written(quantities, tuple(helpers), (*imports, *added), tuple(dict.fromkeys(fixes)))


def _parsed(code: str) -> ast.Module:
    try:
        return parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", 0) or 0
        lines = code.split("\n")
        # Prose after code without a fence: what stands before it may be whole.
        if 1 < line <= len(lines) and re.match(r"[A-Z][\w']* [\w']+ [\w']+", lines[line - 1]):
            return _parsed("\n".join(lines[: line - 1]))
        shown = lines[line - 1].strip()[:80] if 0 < line <= len(lines) else ""
        raise Unusable(f"Python says: {getattr(error, 'msg', error)}, line {line}: {shown}") from None


def dated(tree: ast.Module, today: str) -> ast.Module:
    """A tree that asks no clock: the last moment of the day of the request stands in its place."""

    class Dated(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            if isinstance(node.func, ast.Attribute) and node.func.attr in _CLOCK and not node.args:
                stamp = ast.Attribute(ast.Name("pd", ast.Load()), "Timestamp", ast.Load())
                return ast.copy_location(ast.Call(stamp, [ast.Constant(f"{today} 23:59:59")], []), node)
            return node

    return ast.fix_missing_locations(Dated().visit(tree)) if today else tree


def _forbid(tree: ast.Module) -> None:
    """What shows that the code wants out of its place is never asked about again."""
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in NEVER or (name.startswith("__") and name != "__name__"):
            raise Unusable(f"The code uses {name}, which no script may.", never=True)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NOT_HERE:
            raise Unusable(f"Do not call {node.func.id}: the data is in {ROWS}; return the result.")
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value:
            raise Unusable("No endless loops: use pandas operations on whole columns.")
        if isinstance(node, ast.Attribute) and node.attr in ("random", "rand", "randint", "randn", "sample", "shuffle"):
            raise Unusable("Do not use random numbers: the same rows must always give the same result.")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CLOCK:
            raise Unusable("Do not use the clock: take dates from the rows only.")


def _imports(tree: ast.Module, fixes: list[str]) -> list[str]:
    """The allowed imports, wherever they stood; names of ours are dropped."""
    found: list[str] = []
    for node in [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]:
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        roots = {name.partition(".")[0] for name in names}
        if roots <= {"runtime", "__future__"}:
            continue
        if bad := sorted(roots - ALLOWED):
            raise Unusable(
                f"Do not import {', '.join(bad)}. Only pandas, numpy and math are there; the data is already in {ROWS};"
                " charts and pages are made for you."
            )
        found.append(ast.unparse(node))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            kept = [part for part in function.body if not isinstance(part, ast.Import | ast.ImportFrom)]
            if len(kept) < len(function.body):
                function.body = kept
                fixes.append("imports moved to the top")
    usual = {"import pandas as pd", "import numpy as np", "import numpy_financial as npf"}
    return [text for text in dict.fromkeys(found) if text not in usual]


def _binds(imports: Iterable[str], name: str) -> bool:
    return any(re.search(rf"\b{name}\b", text.partition("import")[2]) for text in imports)


def _kept(tree: ast.Module, fixes: list[str]) -> tuple[list[ast.FunctionDef], list[ast.stmt]]:
    """The functions and the constants; everything else at module level is dropped."""
    functions: dict[str, ast.FunctionDef] = {}
    constants: list[ast.stmt] = []
    dropped = False
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif isinstance(node, ast.Assign) and _is_constant(node):
            constants.append(node)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            dropped = True
    if not functions and any(isinstance(node, ast.ClassDef) for node in tree.body):
        raise Unusable(f"Do not write a class. Define a function that takes {ROWS} and returns the result.")
    if not functions:
        raise Unusable(f"Define a function that takes {ROWS} and returns the result; write no other statements.")
    if dropped:
        fixes.append("statements outside of functions dropped")
    return list(functions.values()), constants


def _is_constant(node: ast.Assign) -> bool:
    names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    reserved = {"SOURCES", "PARAMETERS", "VIEW"}
    try:
        ast.literal_eval(node.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return len(names) == 1 and names[0].isupper() and names[0] not in reserved


def _mark_helpers(functions: Sequence[ast.FunctionDef], known: Known, fixes: list[str]) -> None:
    """A function that others call with values of their own is no quantity: it gets a private name."""
    names = {function.name for function in functions}
    called: set[str] = set()
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                called.add(node.func.id)
    private = {
        function.name: f"_{function.name}"
        for function in functions
        if function.name in called and not function.name.startswith("_") and len(functions) > 1
    }
    for function in functions:
        function.name = private.get(function.name, function.name)
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id in private:
                node.id = private[node.id]
    if private:
        fixes.append("helpers made private")


def _repair(function: ast.FunctionDef, functions: Sequence[ast.FunctionDef], known: Known, fixes: list[str]) -> None:
    """Arguments, decorators, prints and changes of the frame, put right in place."""
    if function.decorator_list:
        function.decorator_list = []
        fixes.append("decorators dropped")
    if not any(isinstance(part, ast.Return) and part.value is not None for part in ast.walk(function)):
        raise Unusable(f"{function.name} must return its result; print shows nothing.")
    _drop_prints(function, fixes)
    if function.name.startswith("_"):
        return
    _name_function(function, known, fixes)
    settle_arguments(function, functions, known, fixes)
    if changes(function, ROWS):
        at = 1 if ast.get_docstring(function) is not None else 0
        function.body.insert(at, parse(f"{ROWS} = {ROWS}.copy()").body[0])
        fixes.append("the frame copied before it is changed")
    mend_columns(function, known, made_in(function), fixes)
    mend_locals(function, known, made_in(function), fixes)
    mend_values(function, known, fixes)
    mend_merges(function, fixes)
    mend_groups(ast.fix_missing_locations(function), known.columns, fixes)
    mend_keys(function, known, fixes)
    mend_series(function, fixes)
    mend_rows(function, frozenset(known.parameters), fixes)
    _check_columns(ast.fix_missing_locations(function), known)


def _drop_prints(function: ast.FunctionDef, fixes: list[str]) -> None:
    class Quiet(ast.NodeTransformer):
        def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
            call = node.value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print":
                fixes.append("prints dropped")
                return ast.copy_location(ast.Pass(), node)
            return node

    Quiet().visit(function)


def _name_function(function: ast.FunctionDef, known: Known, fixes: list[str]) -> None:
    plain = re.sub(r"\W+", "_", function.name).lower().strip("_") or "result"
    taken = {ROWS, *known.parameters, "main", "sql", "pd", "np", "math"}
    if plain in taken:
        plain = f"{plain}_result"
        fixes.append("function renamed")
    function.name = plain


def _check_columns(function: ast.FunctionDef, known: Known) -> None:
    """Columns that are asked of the frame, are not there and are not made on the way."""
    made = {str(node.value) for part in function.body for node in ast.walk(part) if isinstance(node, ast.Constant)} - {
        name for _, name in _asked(function)
    }
    made |= {k.arg for node in ast.walk(function) if isinstance(node, ast.Call) for k in node.keywords if k.arg}
    made |= _stored(function)
    for _line, name in _asked(function):
        if name not in known.columns and name not in made:
            near = difflib.get_close_matches(name.lower(), known.columns, 3, 0.5)
            nearest = f" Nearest: {', '.join(near)}." if near else ""
            raise Unusable(f"{ROWS} has no column {name!r}.{nearest} Its columns are: {', '.join(known.columns)}.")


def _asked(function: ast.FunctionDef) -> list[tuple[int, str]]:
    """(line, name) of every column read from the frame by name."""
    found = []
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name):
            parts = node.slice.elts if isinstance(node.slice, ast.List) else [node.slice]
            if node.value.id == ROWS:
                found += [
                    (p.lineno, p.value) for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)
                ]
    return found


def _stored(function: ast.FunctionDef) -> set[str]:
    """Columns that a function makes."""
    return {
        str(node.slice.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.slice, ast.Constant)
    }


def _check_reading(public: Sequence[ast.FunctionDef], functions: Sequence[ast.FunctionDef]) -> None:
    """Numbers must come from the rows."""
    if not any(argument.arg == ROWS for function in public for argument in function.args.args):
        raise Unusable(f"The numbers must come from {ROWS}, not be written into the code.")


def _numbers(public: Sequence[ast.FunctionDef], known: Known) -> frozenset[str]:
    """Names that are single numbers: parameters, and quantities annotated so."""
    annotated = {f.name for f in public if f.returns is not None and ast.unparse(f.returns) in _TYPES}
    return frozenset({*known.parameters, *annotated})


def as_asked(quantity: QuantityPlan, known: Known, *, cut: bool) -> tuple[QuantityPlan, list[str]]:
    """A quantity without columns that the request does not ask for and rows beyond those that it does, and its helpers.

    `cut` says that the code itself takes the first rows.
    """
    before, after, helpers = "", "", []
    if known.listed:
        before, after, helpers = "_listed(", f", {list(known.listed)})", [AS_LISTED]
    elif known.named and set(known.named) < set(known.columns):
        before, after, helpers = "_named(", f", {list(known.columns)}, {list(known.named)})", [AS_NAMED]
    if known.most and not cut:
        after += f".head({known.most})"
    # Put together, not formatted: a column may be called with braces.
    body = tuple(
        f"return {before}{line.removeprefix('return ')}{after}" if line.startswith("return ") else line
        for line in quantity.body
    )
    return quantity.model_copy(update={"body": body}), helpers


def _quantity(function: ast.FunctionDef, kinds: dict[str, Returned], known: Known) -> QuantityPlan:
    kind = kinds[function.name]
    docstring = ast.get_docstring(function)
    body = list(function.body[1:] if docstring is not None else function.body)
    if kind.wrap:
        body = [kind.wrapped(statement) for statement in body]
    lines = ast.unparse(ast.fix_missing_locations(ast.Module(body, []))).split("\n")
    types = {ROWS: "pd.DataFrame", **dict.fromkeys(known.parameters, "float")}
    types |= {name: other.annotation for name, other in kinds.items()}
    words = readable(function.name).capitalize()
    return QuantityPlan(
        name=function.name,
        arguments=tuple((a.arg, types.get(a.arg, "float")) for a in function.args.args),
        returns=kind.annotation,
        definition=" ".join((docstring or f"{words}.").split())[:300],
        body=tuple(lines),
    )
