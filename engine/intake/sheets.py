"""What a file holds before anything is made of it: sheets of cells, each row with its number in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.intake.limits import FileLimits, over_columns, over_rows

# Rows without any value are no rows, but to come to the next one they are read: so many for one that counts.
EMPTY_ROWS = 1_048_576


@dataclass(frozen=True)
class Area:
    """Cells that were merged: rows by their numbers in the file, columns from 0, both ends within."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """The cells of one sheet, or of a text file: rows that hold a value, each with its number."""

    title: str
    rows: Sequence[list[Any]]
    lines: Sequence[int]
    merged: Sequence[Area] = ()
    # By column: how many cells are formatted as a percentage or as an amount of money.
    marks: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    # Cells whose formula adds up cells above them, as (row number, column).
    sums: frozenset[tuple[int, int]] = frozenset()
    # Cells whose formula was never computed, as their addresses.
    unsaved: Sequence[str] = ()
    separator: str = ""
    notes: Sequence[str] = ()


def filled(value: Any) -> bool:
    """Whether a cell of a sheet holds anything; blanks alone were made nothing when it was read."""
    return value is not None


# As spreadsheets are told to keep what looks like a number as a text: ="00123", '00123.
_KEPT_AS_TEXT = re.compile(r"=\"([^\"]*)\"|'(?=[-+($€£]*\d)([^']*)")


def _bare(value: str) -> str | None:
    """A text without the marks that keep it a text; None where nothing stands in it."""
    if value == "" or value.isspace():
        return None
    if value[0] in "='" and (match := _KEPT_AS_TEXT.fullmatch(value)) is not None:
        return (match[1] if match[1] is not None else match[2]) or None
    return value


def counted(
    name: str, rows: Iterable[tuple[int, Sequence[Any]]], limits: FileLimits
) -> Iterator[tuple[int, list[Any]]]:
    """The rows that hold a value, each without the empty places at its end; too many or too wide ones end it."""
    full, empty = 0, 0
    for line, given in rows:
        row = [_bare(value) if isinstance(value, str) else value for value in given]
        while row and row[-1] is None:
            row.pop()
        width = len(row)
        if not width:
            empty += 1
            if empty > EMPTY_ROWS:
                raise over_rows(name, limits)
            continue
        if width > limits.columns:
            raise over_columns(name, width, limits)
        full += 1
        # The first one names the columns.
        if full > limits.rows + 1:
            raise over_rows(name, limits)
        yield line, row
