"""A table before its columns are typed, and the words in which it is told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from engine.intake.layout import Part, Table


@dataclass(frozen=True)
class Raw:
    """A table before its columns are typed: names, cells by column, and the line of each row."""

    title: str
    names: list[str]
    columns: list[list[Any]]
    lines: list[int]
    parts: Mapping[tuple[str, int], tuple[Part, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    marks: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    header: tuple[int, ...] = ()
    # Columns of ours that are text, whatever they look like.
    texts: frozenset[str] = frozenset()
    sheet: str = ""


def part_of_name(part: Any) -> str:
    """One part of a column's name as text."""
    if isinstance(part, datetime | date):
        return f"{part:%Y-%m-%d}"
    if isinstance(part, float) and part.is_integer():
        return str(int(part))
    return " ".join(str(part).split())


def header_names(table: Table) -> list[str]:
    """The names of a table's columns, each in one text."""
    return [" ".join(part_of_name(part) for part in parts) for parts in table.names]


def free_name(name: str, taken: Sequence[str]) -> str:
    """A name that no other column has."""
    low = {each.lower() for each in taken}
    unique, number = name, 2
    while unique.lower() in low:
        unique, number = f"{name} {number}", number + 1
    return unique


def counted_noun(number: int, noun: str) -> str:
    """A number of things in words."""
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def listed_lines(lines: Sequence[int]) -> str:
    """The first numbers of some lines, and how many there are beside."""
    listed = ", ".join(map(str, lines[:6]))
    return f"{listed} and {len(lines) - 6} more" if len(lines) > 6 else listed


def listed_names(names: Sequence[str]) -> str:
    """The first of some names, and how many there are beside."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
