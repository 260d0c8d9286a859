"""JSON as tables: a list of objects is a table, what lies in an object has columns of its own.

Columns of a text file or a workbook that hold objects are opened in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.errors import SourceError
from engine.intake.encoding import decoded
from engine.intake.limits import FileLimits, over_columns, over_rows
from engine.intake.raw import Raw, counted_noun, listed_names

_DEEPEST, _MOST_TABLES, _LOOKED = 4, 20, 200
_SURELY = 0.95
# Between the names of an object and of what lies in it, as the rows of an API have it.
JOINT = "_"


def read_json(name: str, content: bytes, limits: FileLimits, encoding: str = "") -> list[Raw]:
    """The tables of a JSON document, or of lines of JSON.

    Raises:
        SourceError: it is damaged, or holds no rows.
    """
    text, _ = decoded(name, content, encoding)
    found: dict[str, list[dict[str, Any]]] = {}
    _collect(_document(name, text), "", found, 0)
    tables = {path: rows for path, rows in found.items() if rows}
    if not tables:
        raise SourceError(f"{name} holds no rows.", "A table is a list of objects: [{...}, {...}].")
    made = []
    for path, rows in list(tables.items())[:_MOST_TABLES]:
        if len(rows) > limits.rows:
            raise over_rows(name, limits)
        made.append(_table(name, path if len(tables) > 1 else "", rows, limits))
    return made


def _document(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise SourceError(f"{name} is nested too deep to be rows.", "Flatten it, or export it as CSV.") from None
    except ValueError as error:
        said = str(error)
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        found = [json.loads(line) for line in lines if len(lines) > 1]
    except (ValueError, RecursionError):
        found = []
    if not found:
        raise SourceError(f"{name} is no JSON: {said}.", "Export it anew, or as CSV.")
    return found


def _collect(value: Any, path: str, found: dict[str, list[dict[str, Any]]], depth: int) -> None:
    """Every list of objects in a document that lies in no other list, and those in its members, each by its path."""
    if isinstance(value, list):
        _collect_list(value, path, found)
        return
    if not isinstance(value, dict) or depth > _DEEPEST:
        return
    if (rows := _columns_of(value) or _by_key(value)) is not None:
        _collect_list(rows, path, found)
        return
    for key, inner in value.items():
        _collect(inner, f"{path}{JOINT}{key}" if path else str(key), found, depth + 1)
    if depth == 0 and not found and value:
        found[path] = [_flat(value)]


def _collect_list(members: Sequence[Any], path: str, found: dict[str, list[dict[str, Any]]]) -> None:
    objects = [each for each in members if isinstance(each, dict)]
    if members and not objects and all(isinstance(each, list) for each in members):
        objects = _listed(members)
    elif members and not objects and path == "":
        objects = [{"value": each} for each in members]
    if not objects:
        return
    rows = found.setdefault(path, [])
    for each in objects:
        flat = _flat(each)
        inner = {key: value for key, value in flat.items() if _is_rows(value)}
        own = {key: value for key, value in flat.items() if key not in inner}
        rows.append(own)
        told = _telling(own)
        for key, value in inner.items():
            below = f"{path}{JOINT}{key}" if path else key
            found.setdefault(below, []).extend({**told, **_flat(member)} for member in value)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _telling(row: Mapping[str, Any]) -> dict[str, Any]:
    """What of a row its inner rows keep: the first of its plain values, which tells them apart."""
    name = next((key for key, value in row.items() if isinstance(value, str | int)), None)
    return {f"of{JOINT}{name}": row[name]} if name is not None else {}


def _listed(members: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Lists of values as rows, of which the first names the columns if it is words alone."""
    head = members[0]
    named = len(members) > 1 and all(isinstance(each, str) for each in head) and len(set(head)) == len(head)
    names = head if named else [f"column_{at}" for at in range(1, len(head) + 1)]
    return [dict(zip(names, each, strict=False)) for each in members[named:]]


def _columns_of(value: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of an object of columns of one length, or of names of columns beside lists of values."""
    names, data = value.get("columns"), value.get("data") or value.get("rows")
    if isinstance(names, list) and isinstance(data, list) and data and all(isinstance(row, list) for row in data):
        called = [str(name.get("name") if isinstance(name, dict) else name) for name in names]
        return [dict(zip(called, row, strict=False)) for row in data]
    lists = [each for each in value.values() if isinstance(each, list)]
    plain = all(not isinstance(member, dict | list) for each in lists for member in each[:_LOOKED])
    if len(lists) == len(value) > 1 and plain and len({len(each) for each in lists}) == 1 and lists[0]:
        return [dict(zip(value, row, strict=True)) for row in zip(*lists, strict=True)]
    return None


def _by_key(value: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of an object of objects that all have the same fields, each with the name that it goes by."""
    members = list(value.values())
    if len(members) < 2 or not all(isinstance(each, dict) and each for each in members):
        return None
    if len({frozenset(each) for each in members}) > 1 or any(_is_rows(v) for each in members for v in each.values()):
        return None
    return [{"key": key, **each} for key, each in value.items()]


def _flat(value: Mapping[str, Any], before: str = "", depth: int = 0) -> dict[str, Any]:
    """An object's fields, and those of the objects in it under both names."""
    made: dict[str, Any] = {}
    for key, inner in value.items():
        name = f"{before}{JOINT}{key}" if before else str(key)
        if isinstance(inner, dict) and inner and depth < _DEEPEST:
            made |= _flat(inner, name, depth + 1)
        else:
            made[name] = None if inner == {} else inner
    return made


def _table(name: str, title: str, rows: Sequence[Mapping[str, Any]], limits: FileLimits) -> Raw:
    names = list(dict.fromkeys(key for row in rows for key in row))
    # An object that is missing in one row has its fields in the others.
    names = [key for key in names if any(row.get(key) is not None for row in rows) or not _is_parent(key, names)]
    if len(names) > limits.columns:
        raise over_columns(name, len(names), limits)
    columns = [[row.get(key) for row in rows] for key in names]
    return Raw(title, names, columns, list(range(1, len(rows) + 1)), sheet=title)


def _is_parent(key: str, names: Sequence[str]) -> bool:
    return any(other.startswith(f"{key}{JOINT}") for other in names)


def opened(raw: Raw) -> Raw:
    """A table whose columns of objects are opened to their fields."""
    parts = {place: found for place, column in enumerate(raw.columns) if (found := _objects(column)) is not None}
    if not parts:
        return raw
    names: list[str] = []
    columns: list[list[Any]] = []
    marks: dict[int, Mapping[str, int]] = {}
    notes = list(raw.notes)
    for place, (name, column) in enumerate(zip(raw.names, raw.columns, strict=True)):
        if place not in parts:
            if place in raw.marks:
                marks[len(names)] = raw.marks[place]
            names.append(name)
            columns.append(column)
            continue
        fields = list(dict.fromkeys(key for each in parts[place] for key in each))
        made = [f"{name}{JOINT}{key}" for key in fields]
        names += made
        columns += [[each.get(key) for each in parts[place]] for key in fields]
        notes.append(
            f"{name} holds {counted_noun(len(fields), 'field')} in each cell, now columns: {listed_names(made)}."
        )
    return replace(raw, names=names, columns=columns, marks=marks, notes=tuple(notes))


def _objects(column: Sequence[Any]) -> list[dict[str, Any]] | None:
    """The objects of a column whose cells are texts of JSON; None where they are anything else."""
    head = [cell for cell in column[:_LOOKED] if cell is not None]
    if not head or not all(isinstance(cell, str) and cell.lstrip()[:1] == "{" for cell in head):
        return None
    found = [_parsed(cell) for cell in column]
    texts = sum(cell is not None for cell in column)
    good = [each for each in found if each is not None]
    if len(good) < texts or not any(good):
        return None
    fields = {key for each in good for key in each}
    return [each or {} for each in found] if len(fields) <= _LOOKED else None


def _parsed(cell: Any) -> dict[str, Any] | None:
    if not isinstance(cell, str):
        return None
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return _flat(value) if isinstance(value, dict) else None
