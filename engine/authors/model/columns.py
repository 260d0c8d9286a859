"""Columns and values that a function names wrongly: put right where surely one is meant. Pure."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Sequence

from engine.authors.model.calls import method_of
from engine.authors.model.framing import ROWS
from engine.authors.model.signatures import Known
from engine.language.words import stems

ALIKE = 0.88
# Names that pandas itself gives.
_GIVEN = frozenset("size count index level_0 level_1 value variable proportion".split())
# Words that a column's name has or has not, and means the same.
_ENDINGS = frozenset("name code type date".split())
_BY_NAME = frozenset(
    "groupby sort_values nlargest nsmallest drop_duplicates set_index pivot_table agg aggregate".split()
)
_KEYWORDS = frozenset("by on subset index columns values keys left_on right_on id_vars value_vars".split())


def mend_columns(function: ast.FunctionDef, known: Known, made: set[str], fixes: list[str]) -> None:
    """Every name of a column that is nowhere, replaced by the one column that it surely means."""
    for place in _named(function):
        name = str(place.value)
        if name in known.columns or name in made or name in _GIVEN:
            continue
        if meant := nearest(name, known):
            place.value = meant
            fixes.append(f"{name!r} taken as {meant!r}")


def nearest(name: str, known: Known) -> str:
    """The one column that a wrong name means, by its words and by those of where the column comes from."""
    words = set(stems(name))
    told = {column: set(stems(column)) | set(known.words.get(column, ())) for column in known.columns}
    ways = (
        [column for column in told if set(stems(column)) == words],
        [column for column in told if words and set(stems(column)) - _ENDINGS == words - _ENDINGS != set()],
        [column for column, full in told.items() if full == words],
        [column for column, full in told.items() if len(words) > 1 and words <= full],
        difflib.get_close_matches(name.lower(), known.columns, 2, ALIKE),
    )
    for found in ways:
        if found:
            return found[0] if len(found) == 1 else ""
    return ""


def mend_values(function: ast.FunctionDef, known: Known, fixes: list[str]) -> None:
    """Values that are compared with a column, written as the column writes them."""
    for node in ast.walk(function):
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            _replace(node, known, fixes)
            column, values = _column(node.left), [node.comparators[0]]
        elif method_of(node) == "isin" and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            column, values = _column(node.func.value), [each for given in node.args for each in _elements(given)]
        else:
            continue
        for value in values:
            if column and isinstance(value, ast.Constant) and (right := _written(column, value.value, known)):
                value.value = right[0]
                fixes.append("a value as its column writes it")


def mend_locals(function: ast.FunctionDef, known: Known, made: set[str], fixes: list[str]) -> None:
    """A column that is selected but nowhere, of which there is a variable of that name: the variable is its value."""
    stored = [n for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    for node in ast.walk(function):
        if not (
            isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.List)
        ):
            continue
        names = [each.value for each in node.slice.elts if isinstance(each, ast.Constant)]
        nowhere = {str(name) for name in names} - {*known.columns, *made, *_GIVEN}
        if method_of(node.value) != "groupby" and (found := sorted(nowhere & {name.id for name in stored})):
            values = [ast.keyword(name, ast.Name(name, ast.Load())) for name in found]
            node.value = ast.Call(ast.Attribute(node.value, "assign", ast.Load()), [], values)
            fixes.append("a variable as the column of its name")


def mend_merges(function: ast.FunctionDef, fixes: list[str]) -> None:
    """Tables that are merged keep the names of the first one, unless the code itself uses other ends."""
    used = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and method_of(node) == "merge"):
            continue
        given = [k.value for k in node.keywords if k.arg == "suffixes"]
        ends = [e.value for g in given for e in _elements(g) if isinstance(e, ast.Constant)] or ["_x", "_y"]
        if not any(name != end and name.endswith(str(end)) for name in used for end in ends if end):
            node.keywords = [k for k in node.keywords if k.arg != "suffixes"]
            ours = ast.Tuple([ast.Constant(""), ast.Constant("_other")], ast.Load())
            node.keywords.append(ast.keyword("suffixes", ours))
            fixes.append("merged tables keep their names")


def _replace(node: ast.Compare, known: Known, fixes: list[str]) -> None:
    """A comparison that repeats how rows were chosen, of the column by which they were."""
    value = node.comparators[0]
    said = value.value.lower() if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
    right = known.done.get(said, "")
    if right and _column(node.left) not in ("", right) and isinstance(node.left, ast.Subscript):
        node.left.slice = ast.Constant(right)
        fixes.append("a value compared with its own column")


def _written(column: str, value: object, known: Known) -> tuple[str | bool] | None:
    """A value in the column's own spelling; None where it is right as it is."""
    kind = known.kinds.get(column, "")
    spelled = known.spelled.get(column, {}).get(str(value).lower())
    if isinstance(value, str) and spelled and spelled != value:
        return (spelled,)
    if kind == "text" and isinstance(value, int | float) and not isinstance(value, bool):
        return (str(value),)
    if kind == "bool" and isinstance(value, str) and value.lower() in ("true", "false"):
        return (value.lower() == "true",)
    return None


def _column(node: ast.expr) -> str:
    """The column of a frame that an expression is, by its name."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return ""


def _elements(node: ast.expr) -> Sequence[ast.expr]:
    return node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]


def _named(function: ast.FunctionDef) -> Iterator[ast.Constant]:
    """The constants that stand where columns are named."""
    for node in ast.walk(function):
        places: list[ast.expr] = []
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            frame = isinstance(node.value, ast.Name) and node.value.id == ROWS
            places = [node.slice] if frame or isinstance(node.slice, ast.List | ast.Constant) else []
        elif isinstance(node, ast.Call) and method_of(node) in _BY_NAME:
            places = [*node.args, *(k.value for k in node.keywords if k.arg in _KEYWORDS)]
            places += [_first(k.value) for k in node.keywords if method_of(node) in ("agg", "aggregate")]
            places = [
                part for place in places for part in (place.keys if isinstance(place, ast.Dict) else [place]) if part
            ]
        for place in places:
            for each in _elements(place):
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield each


def _first(node: ast.expr) -> ast.expr:
    """The column of a named aggregation: `total=("amount", "sum")`."""
    return node.elts[0] if isinstance(node, ast.Tuple) and node.elts else ast.Constant(None)
