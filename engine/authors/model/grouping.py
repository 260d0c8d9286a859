"""Groups whose result is asked for columns it does not have yet: put right where there is one right way. Pure.

A group by an id gets the names that are selected afterwards as further keys; a series that is taken for a table
becomes one, under the name it is asked by.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.authors.model.calls import method_of
from engine.authors.model.signatures import Known

_KEEPS = frozenset("sort_values head tail nlargest nsmallest round dropna reset_index rename copy".split())
_REDUCES = frozenset("sum mean median min max count nunique size std var first last".split())


@dataclass(frozen=True)
class Group:
    """A chain such as `rows.groupby(keys)["measure"].sum()`, with the calls in it that matter."""

    call: ast.Call
    keys: tuple[str, ...]
    measure: str
    flat: bool


def mend_series(function: ast.FunctionDef, fixes: list[str]) -> None:
    """Calls that need a table, on a group that is a series, and the other way round."""
    for node in [node for node in ast.walk(function) if isinstance(node, ast.Call)]:
        if not isinstance(node.func, ast.Attribute):
            continue
        group, holder = _group_of(node.func.value, function)
        by_name = [*node.args, *(k.value for k in node.keywords if k.arg in ("by", "columns"))]
        if group is None:
            continue
        if node.func.attr == "reset_index" and any(k.arg in ("name", "names") for k in node.keywords):
            kept = [k for k in group.call.keywords if k.arg != "as_index"]
            if group.measure and len(kept) < len(group.call.keywords) and holder is None:
                group.call.keywords = kept
                fixes.append("a group as a series")
            continue
        if node.func.attr == "sort_values" and group.flat and not by_name and group.measure:
            node.args = [ast.Constant(_number_in(holder or node, group))]
            fixes.append("a table sorted by its number")
        sorts = node.func.attr in ("sort_values", "nlargest", "nsmallest") and not group.flat and group.measure
        if sorts and any(group.measure in _constants(place) for place in by_name):
            group.call.keywords.append(ast.keyword("as_index", ast.Constant(False)))
            fixes.append("a group as a table")


def _number_in(made: ast.AST, group: Group) -> str:
    """What the number of a group that was made a table is called."""
    named = [k.value for node in ast.walk(made) if method_of(node) == "reset_index" for k in _named(node)]
    return str(named[0].value) if named and isinstance(named[0], ast.Constant) else group.measure


def _named(call: ast.AST) -> list[ast.keyword]:
    return [k for k in call.keywords if k.arg == "name"] if isinstance(call, ast.Call) else []


def mend_groups(function: ast.FunctionDef, columns: Sequence[str], fixes: list[str]) -> None:
    """Every selection from a group is made possible; what has no one right way is left as it is."""
    for place in _places(function):
        wanted = _constants(place.slice)
        group, holder = _group_of(place.value, function)
        if group is None or not wanted:
            continue
        made = {*group.keys, group.measure, *made_in(function)}
        further = [name for name in wanted if name in columns and name not in made]
        new = [name for name in wanted if name not in columns and name not in made]
        if isinstance(place.slice, ast.Constant) and not (group.flat and further):
            continue  # a label of a series, or a column that is there
        if further:
            _set_keys(group.call, (*group.keys, *further))
            fixes.append("names added to the keys of a group")
        if not group.flat and group.measure and len(new) <= 1:
            name = new[0] if new else group.measure
            _wrap(place, holder, _method("reset_index", name=ast.Constant(name)))
            fixes.append("a group as a table")
        elif group.flat and group.measure and len(new) == 1 and group.measure not in wanted:
            renamed = ast.Dict([ast.Constant(group.measure)], [ast.Constant(new[0])])
            _wrap(place, holder, _method("rename", columns=renamed))
            fixes.append("a group's number under the name it is asked by")


def mend_keys(function: ast.FunctionDef, known: Known, fixes: list[str]) -> None:
    """The one group of a function by some of the columns that a request lists is by all of them."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and method_of(node) == "groupby"]
    keys = _constants(calls[0].args[0]) if len(calls) == 1 and calls[0].args else []
    named = {node.value for node in ast.walk(function) if isinstance(node, ast.Constant)} - set(keys)
    further = [name for name in known.listed if name in known.columns and name not in keys and name not in named]
    if set(keys) & set(known.listed) and further:
        _set_keys(calls[0], (*keys, *further))
        fixes.append("columns that are listed added to the keys of a group")


def _places(function: ast.FunctionDef) -> list[ast.Subscript]:
    """The selections of columns by name: several of anything, one of a table with a name."""
    taken = [n for n in ast.walk(function) if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Load)]
    several = [n for n in taken if isinstance(n.slice, ast.List) and method_of(n.value) != "groupby"]
    return several + [n for n in taken if isinstance(n.slice, ast.Constant) and isinstance(n.value, ast.Name)]


def _constants(node: ast.expr) -> list[str]:
    parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    found = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return found if len(found) == len(parts) else []


def _group_of(value: ast.expr, function: ast.FunctionDef) -> tuple[Group | None, ast.Assign | None]:
    """The group that an expression is made of, and the one assignment that holds it."""
    holder: ast.Assign | None = None
    line = getattr(value, "lineno", 0)
    for _ in range(4):
        group = _group(value)
        if group is not None:
            return group, holder
        base = _stripped(value)
        if not isinstance(base, ast.Name):
            return None, None
        given = [node for node in ast.walk(function) if isinstance(node, ast.Assign) and _gives(node, base.id)]
        given = [node for node in given if node.lineno < line] if len(given) > 1 else given
        if not given:
            return None, None
        holder = max(given, key=lambda node: node.lineno)
        line, value = holder.lineno, holder.value
    return None, None


def _gives(node: ast.Assign, name: str) -> bool:
    """Whether an assignment gives a name its value anew, rather than the same table in another order or with less."""
    if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name) or node.targets[0].id != name:
        return False
    same = _stripped(node.value)
    if isinstance(same, ast.Subscript) and isinstance(same.slice, ast.List):
        same = _stripped(same.value)
    return not (isinstance(same, ast.Name) and same.id == name)


def _stripped(value: ast.expr) -> ast.expr:
    """An expression without the calls that keep a table's columns."""
    while isinstance(value, ast.Call) and method_of(value) in _KEEPS and isinstance(value.func, ast.Attribute):
        value = value.func.value
    return value


def _group(value: ast.expr) -> Group | None:
    flat = "reset_index" in _chain(value)
    inner = _stripped(value)
    if not (isinstance(inner, ast.Call) and method_of(inner) in _REDUCES and isinstance(inner.func, ast.Attribute)):
        return None
    taken = inner.func.value
    measure = ""
    if isinstance(taken, ast.Subscript):
        names = _constants(taken.slice)
        measure = names[0] if len(names) == 1 else ""
        flat = flat or isinstance(taken.slice, ast.List)
        taken = taken.value
    if not (isinstance(taken, ast.Call) and method_of(taken) == "groupby" and taken.args):
        return None
    keys = _constants(taken.args[0])
    level = any(k.arg == "as_index" and isinstance(k.value, ast.Constant) and not k.value.value for k in taken.keywords)
    return Group(taken, tuple(keys), measure, flat or level) if keys else None


def _chain(value: ast.expr) -> Iterator[str]:
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        yield value.func.attr
        value = value.func.value


def made_in(function: ast.FunctionDef) -> set[str]:
    """Columns that are made on the way: stored, renamed, aggregated under a name."""
    made: set[object] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            made |= set(_constants(node.slice))
        if isinstance(node, ast.Call):
            made |= (
                {k.arg for k in node.keywords if k.arg} if method_of(node) in ("agg", "aggregate", "assign") else set()
            )
            renamed = [
                k.value for k in node.keywords if k.arg in ("columns", "name", "names", "value_name", "var_name")
            ]
            made |= {c.value for value in renamed for c in ast.walk(value) if isinstance(c, ast.Constant)}
    return {str(name) for name in made}


def _set_keys(call: ast.Call, keys: Sequence[str]) -> None:
    call.args[0] = ast.List([ast.Constant(key) for key in keys], ast.Load())


def _method(method: str, **keywords: ast.expr) -> tuple[str, list[ast.keyword]]:
    return method, [ast.keyword(key, value) for key, value in keywords.items()]


def _wrap(place: ast.Subscript, holder: ast.Assign | None, method: tuple[str, list[ast.keyword]]) -> None:
    """The expression that holds the group, led through one more method."""
    name, keywords = method
    target = holder.value if holder is not None else place.value
    call = ast.Call(ast.Attribute(target, name, ast.Load()), [], keywords)
    if holder is not None:
        holder.value = call
    else:
        place.value = call
