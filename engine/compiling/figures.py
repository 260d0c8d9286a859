"""Whether two results truly say different things, or only show the same figures in another way. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from engine.compiling.agreement import plain_values

TOLERANCE = 1e-6
# What rounding to cents changes.
CENTS = 0.00501


def other_figures(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether figures differ: not where all numbers of one stand in the other, beside more columns or more rows.

    A share may be a fraction in one and per cent in the other, a number may be rounded; without numbers, names count.
    """
    if one.empty or other.empty:
        return one.empty != other.empty
    few, many = sorted((_numbers(one), _numbers(other)), key=len)
    if few:
        return not all(any(_same(a, b) for b in many) for a in few)
    short, long = sorted((_names(one), _names(other)), key=len)
    return not all(any(a <= b or b <= a for b in long) for a in short)


def _numbers(rows: pd.DataFrame) -> list[list[float]]:
    """The columns that hold numbers, without what is missing, in order of size."""
    columns = [plain_values(rows, at) for at in range(len(rows.columns))]
    found = [[value for value in column if value is not None] for column in columns]
    return [sorted(column) for column in found if column and all(isinstance(value, float) for value in column)]


def _names(rows: pd.DataFrame) -> list[set[str]]:
    return [set(map(str, plain_values(rows, at))) for at in range(len(rows.columns))]


def _same(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether all numbers of the shorter stand in the longer, as they are or as per cent; both are in order."""
    short, long = sorted((one, other), key=len)
    return any(_within([value * scale for value in short], long) for scale in (1.0, 100.0, 0.01))


def _within(short: Sequence[float], long: Sequence[float]) -> bool:
    rest = iter(long)
    return all(any(_close(value, each) for each in rest) for value in short)


def _close(one: float, other: float) -> bool:
    rounded = CENTS if min(abs(one), abs(other)) >= 1 else 0.0
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=max(rounded, 1e-12))
