"""One page of an API, tried before it is kept: the lists that its answer holds, and the rows of one as a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.datasets.declaration import HttpSource
from engine.datasets.jsonpath import found_at
from engine.datasets.paging import rows_of
from engine.intake.columns import Column, hints_of, read_column
from engine.intake.tables import unique_names

if TYPE_CHECKING:
    import pandas as pd

DEEPEST, MOST_LISTS, MOST_MEMBERS = 8, 40, 20
NAMED = 4
_STEP = re.compile(r"[A-Za-z_@][\w@-]*", re.ASCII)


@dataclass(frozen=True)
class FoundList:
    """A list in an answer: its path, how many members it has, and the first names in them."""

    path: str
    count: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """Rows of one page, as they would be kept."""

    columns: tuple[Column, ...]
    count: int

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The values, a row each."""
        return list(zip(*(column.values for column in self.columns), strict=True))


def lists_in(document: Any) -> tuple[FoundList, ...]:
    """The lists in a document that can be rows: lists of objects first, the longer before the shorter."""
    found: dict[str, list[Any]] = {}
    for path, members in _lists(document, "$", 0):
        found.setdefault(path, []).extend(members)
        if len(found) > MOST_LISTS:
            break
    told = [FoundList(path, len(found_at(document, path)), _names(members)) for path, members in found.items()]
    told.sort(key=lambda each: (not each.names, each.path.count("[*]"), -each.count))
    if isinstance(document, dict) and document:
        told.append(FoundList("$", 1, _names([document])))
    return tuple(told[:MOST_LISTS])


def _lists(value: Any, path: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Every list with its path; a list of objects inside a list's members goes by `[*]`."""
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if step := _step(key):
                yield from _lists(inner, f"{path}{step}", depth + 1)
    elif isinstance(value, list) and value:
        yield path, value
        for member in value[:MOST_MEMBERS]:
            if isinstance(member, dict):
                yield from _inner(member, path, depth)


def _inner(member: Mapping[str, Any], path: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Lists of objects below a member of a list: those of all members are taken together."""
    for found, members in _lists(member, f"{path}[*]", depth + 1):
        if any(isinstance(member, dict) for member in members):
            yield (found if found.endswith("[*]") else f"{found}[*]"), members


def _step(key: str) -> str:
    """A name as a step of a path; empty where no path can name it."""
    if "'" in key and '"' in key:
        return ""
    if _STEP.fullmatch(key):
        return f".{key}"
    mark = '"' if "'" in key else "'"
    return f"[{mark}{key}{mark}]"


def _names(members: Sequence[Any]) -> tuple[str, ...]:
    first = next((member for member in members if isinstance(member, dict)), {})
    return tuple(list(first)[:NAMED])


def shown(source: HttpSource, document: Any) -> Shown:
    """The rows at the place that the declaration names, read as they are when it is kept.

    Raises:
        SourceError: there are none.
    """
    rows = rows_of(source, document)
    return Shown(tuple(columns_of(frame_of(rows))), len(rows))


def frame_of(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as an API named them; what lies in an object has a column of its own."""
    import pandas as pd

    return pd.json_normalize([dict(row) for row in rows], sep="_", max_level=3).astype(object)


def columns_of(frame: pd.DataFrame) -> list[Column]:
    """The columns of rows, each of one kind."""
    names = unique_names(list(frame.columns))
    values = [frame.iloc[:, place].tolist() for place in range(frame.shape[1])]
    hints = hints_of(values)
    return [read_column(name, column, hints, strict=True) for name, column in zip(names, values, strict=True)]
