"""Sheets of one shape as one table: each row says which sheet it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.intake.dates import period
from engine.intake.raw import Raw, free_name, listed_names

SHEET, PERIOD = "Sheet", "Period"
# Sheets of which one has a column or two more are of one shape where they share so many columns.
_LEAST_SHARED, _SHARED = 3, 0.75


def joined(found: Sequence[Raw]) -> list[Raw]:
    """The tables, with those of one shape as one."""
    groups: list[list[Raw]] = []
    for raw in found:
        group = next((each for each in groups if _of_one_shape(each[0], raw)), None)
        if group is None:
            groups.append([raw])
        else:
            group.append(raw)
    made: list[Raw] = []
    for group in groups:
        made += group if len(group) < 2 else [_with_period(_one(group), group)]
    return made


def _of_one_shape(one: Raw, other: Raw) -> bool:
    """Whether two tables have the same columns in any order, or all but one or two."""
    first, second = _names(one), _names(other)
    if not one.header or not other.header or not any(first):
        return False
    if len(set(first)) < len(first) or len(set(second)) < len(second):
        return first == second
    if set(first) == set(second):
        return True
    shared = set(first) & set(second)
    return (
        one.sheet != other.sheet
        and len(shared) >= _LEAST_SHARED
        and len(shared) >= _SHARED * len(set(first) | set(second))
    )


def _names(raw: Raw) -> list[str]:
    return [name.lower() for name in raw.names]


def _one(group: Sequence[Raw]) -> Raw:
    """The rows of some tables below each other, each with its sheet."""
    names = list(group[0].names)
    for raw in group[1:]:
        known = {name.lower() for name in names}
        names += [name for name in raw.names if name.lower() not in known]
    sheet = free_name(SHEET, names)
    columns = [[raw.title for raw in group for _ in raw.lines], *_columns(group, names)]
    marks = {place + 1: mark for place, mark in group[0].marks.items()}
    return Raw(
        "",
        [sheet, *names],
        columns,
        [line for raw in group for line in raw.lines],
        {place: part for raw in group for place, part in raw.parts.items()},
        tuple(dict.fromkeys([*_notes(group, names, sheet), *(line for raw in group for line in raw.notes)])),
        marks,
        group[0].header,
        frozenset({sheet}),
    )


def _columns(group: Sequence[Raw], names: Sequence[str]) -> list[list[Any]]:
    """The columns of some tables below each other: by their place where all have them alike, else by their name."""
    if len({tuple(_names(raw)) for raw in group}) == 1:
        return [[cell for raw in group for cell in raw.columns[place]] for place in range(len(names))]
    return [[cell for raw in group for cell in _cells(raw, name)] for name in names]


def _cells(raw: Raw, name: str) -> list[Any]:
    """The cells of the column of that name; empty ones where a table has none."""
    places = _names(raw)
    return raw.columns[places.index(name.lower())] if name.lower() in places else [None] * len(raw.lines)


def _notes(group: Sequence[Raw], names: Sequence[str], sheet: str) -> list[str]:
    titles = listed_names([raw.title for raw in group])
    notes = [f"{len(group)} sheets of one shape ({titles}) are one table; the column {sheet} says which."]
    for name in names:
        lacking = [raw.title for raw in group if name.lower() not in _names(raw)]
        if lacking:
            notes.append(f"{name} is no column of {listed_names(lacking)} and empty there.")
    return notes


def _with_period(raw: Raw, group: Sequence[Raw]) -> Raw:
    """Sheets that are called by their periods say when their rows are."""
    periods = {each.title: period(each.title) for each in group}
    if any(found is None for found in periods.values()):
        return raw
    days = [None if (found := periods[title]) is None else found.at(None) for title in raw.columns[0]]
    marks = {place + 1: mark for place, mark in raw.marks.items()}
    name = free_name(PERIOD, raw.names)
    return replace(raw, names=[name, *raw.names], columns=[days, *raw.columns], marks=marks)
