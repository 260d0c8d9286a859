"""Whether a lifted script gives the rows of the SELECT that it was made of. Pure.

Numbers agree to 1e-9 relative, rows in any order; rows that are tied at a limit may differ in which of them are shown.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

TOLERANCE = 1e-9
_DIGITS = 12


def difference(document: Mapping[str, Any], outputs: Sequence[Sequence[str]], rows: pd.DataFrame) -> str:
    """What differs between a results document and the rows of its SELECT, in words; empty where nothing does.

    `outputs` are, for each column of the SELECT, ("metric", name) or ("column", name).
    """
    wanted = [tuple(map(_plain, row)) for row in rows.itertuples(index=False, name=None)]
    shown, total = _shown(document, outputs)
    if total != len(wanted):
        return f"the script gives {total:,} rows, its SELECT {len(wanted):,}"
    if len(shown) < total:
        wanted_left = _without(shown, wanted)
        missing = len(shown) - (len(wanted) - len(wanted_left))
        return f"{missing:,} of the {len(shown):,} rows shown are not among those of its SELECT" if missing else ""
    left = _without(shown, wanted)
    extra = _without(wanted, shown)
    if not left or _tied(left, extra):
        return ""
    return f"{len(left):,} of {total:,} rows differ: {_row(extra[0])} in the script, {_row(left[0])} in its SELECT"


def same_rows(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two results hold the same rows, whatever their columns are called and in any order of both."""
    if len(one) != len(other):
        return False
    both = [sorted(repr(sorted(map(str, row))) for row in plain_rows(each)) for each in (one, other)]
    return both[0] == both[1]


def plain_rows(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The rows as they are compared: numbers to nine digits, days without their midnight."""
    return [_key(tuple(map(_plain, row))) for row in rows.itertuples(index=False, name=None)]


def plain_values(rows: pd.DataFrame, at: int) -> list[Any]:
    """The values of a column as they are compared."""
    return [_plain(value) for value in rows.iloc[:, at].tolist()]


def _shown(document: Mapping[str, Any], outputs: Sequence[Sequence[str]]) -> tuple[list[tuple[Any, ...]], int]:
    """The rows of the document in the SELECT's order of columns, and how many there are in all."""
    if all(kind == "metric" for kind, _ in outputs):
        values = {each["name"]: each["value"] for each in document["metrics"]}
        return [tuple(_plain(values.get(name)) for _, name in outputs)], 1
    table = document["tables"]["result"]
    places = [table["columns"].index(name) if name in table["columns"] else -1 for _, name in outputs]
    rows = [tuple(_plain(row[place]) if place >= 0 else None for place in places) for row in table["rows"]]
    return rows, int(table["total"])


def _plain(value: Any) -> Any:
    """A value as it is compared: no missing values of several kinds, days without their midnight."""
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, pd.Timestamp):
        return value.isoformat().removesuffix("T00:00:00")
    try:
        return float(value) if not isinstance(value, str) else _day(value)
    except (TypeError, ValueError):
        return _day(str(value))


def _day(text: str) -> str:
    return text.removesuffix("T00:00:00").removesuffix(" 00:00:00").replace("T", " ", 1) if "00:00:00" in text else text


def _without(some: Sequence[tuple[Any, ...]], all_: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows of `all_` that have no counterpart in `some`."""
    rest = Counter(map(_key, some))
    left = []
    for row in all_:
        key = _key(row)
        if rest[key] > 0:
            rest[key] -= 1
        else:
            left.append(row)
    if not left or sum(rest.values()) == 0:
        return left
    # Numbers that round apart at the last digit compared are compared one by one.
    unmatched = [row for row in some if rest[_key(row)] > 0]
    return [row for row in left if not _taken(row, unmatched)]


def _taken(row: tuple[Any, ...], unmatched: list[tuple[Any, ...]]) -> bool:
    for at, other in enumerate(unmatched):
        if len(other) == len(row) and all(map(_same, row, other)):
            unmatched.pop(at)
            return True
    return False


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)


def _key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(f"{value:.{_DIGITS - 3}g}" if isinstance(value, float) else value for value in row)


def _tied(left: Sequence[tuple[Any, ...]], extra: Sequence[tuple[Any, ...]]) -> bool:
    """Whether the rows that differ share the value of a number: at a limit, either may be shown."""
    if len(left) != len(extra):
        return False
    for at in range(len(left[0])):
        values = {_key((row[at],)) for row in (*left, *extra)}
        if len(values) == 1 and isinstance(left[0][at], float):
            return True
    return False


def _row(row: tuple[Any, ...]) -> str:
    return "(" + ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in row[:6]) + ")"
