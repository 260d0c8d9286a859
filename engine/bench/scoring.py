"""Whether an answer says what a question's gold answer says, by content: names and order of columns do not count.

Further columns are harmless. Numbers agree to 0.1 %, or by a factor of 100 where the question speaks of a share. Of
`any_of_columns` one suffices, `optional_columns` may be missing, and each of `alternatives` is as right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

Rows = list[list[Any]]
_SHARE = re.compile(r"percent|ratio|proportion|share|rate|%|fraction|how many of", re.IGNORECASE)
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[t ]00:00(:00(\.0+)?)?(\+00:?00|z)?")
_QUARTER = re.compile(r"(?:(?P<before>\d{4})[ -]?)?q(?P<quarter>[1-4])(?:[ -]?(?P<after>\d{4}))?")
MOST_CHOICES = 200


def matches(answer: Mapping[str, Any], question: Mapping[str, Any]) -> bool:
    """Whether the answer, as `ask --json` gives it, holds the gold answer or one of its alternatives."""
    golds = [question["gold_answer"], *(each.get("gold_answer") for each in question.get("alternatives") or ())]
    return any(_holds(answer, question, gold) for gold in golds if isinstance(gold, Mapping) and "rows" in gold)


def _holds(answer: Mapping[str, Any], question: Mapping[str, Any], gold: Mapping[str, Any]) -> bool:
    names, rows = list(gold["columns"]), [list(row) for row in gold["rows"]]
    whole = gold["n_rows"] <= len(rows)
    share = bool(_SHARE.search(question["question"]))
    if not rows:
        return any(not table for table in _tables(answer))
    return any(
        _fits(table, [[row[at] for at in chosen] for row in rows], whole, share)
        for table in _tables(answer)
        for chosen in _choices(names, question)
    )


def _tables(answer: Mapping[str, Any]) -> Iterator[Rows]:
    """Whatever the answer shows as rows: its tables, its numbers as one row, and each number alone."""
    for table in (answer.get("tables") or {}).values():
        yield [list(row) for row in table["rows"]]
    values = [metric["value"] for metric in answer.get("metrics") or ()]
    if values:
        yield [values]
    yield from ([[value]] for value in values)


def _choices(names: Sequence[str], question: Mapping[str, Any]) -> Iterator[list[int]]:
    """The gold columns that must be there: all that are not optional, and one of those of which one suffices."""
    free = [at for at, name in enumerate(names) if name in _last(question.get("any_of_columns"))]
    spare = [at for at, name in enumerate(names) if name in _last(question.get("optional_columns"))]
    fixed = [at for at in range(len(names)) if at not in free and at not in spare]
    if free:
        yield from ([*fixed, at] for at in free)
    else:
        yield fixed or list(range(len(names)))


def _last(names: Sequence[str] | None) -> set[str]:
    return {name.rpartition(".")[2] for name in names or ()}


def _fits(table: Rows, gold: Rows, whole: bool, share: bool) -> bool:
    """Whether some choice of the table's columns holds the gold rows; `whole`: and no others."""
    rows, wanted = [[_plain(v) for v in row] for row in table], [[_plain(v) for v in row] for row in gold]
    if not rows:
        return False
    factors = (1.0, 100.0, 0.01) if share else (1.0,)
    options = []
    for at in range(len(wanted[0])):
        column = [[row[at]] for row in wanted]
        fitting = [
            (place, factor)
            for place in range(len(rows[0]))
            for factor in factors
            if _covers([[_times(row[place], factor)] for row in rows], column, whole)
        ]
        if not fitting:
            return False
        options.append(fitting)
    return any(
        _covers([[_times(row[place], factor) for place, factor in chosen] for row in rows], wanted, whole)
        for chosen in islice(product(*options), MOST_CHOICES)
    )


def _covers(rows: Rows, gold: Rows, whole: bool) -> bool:
    """Whether every gold row has a row of its own; `whole`: and none is left."""
    if len(rows) < len(gold) or (whole and len(rows) != len(gold)):
        return False
    left = list(rows)
    for wanted in gold:
        hit = next((at for at, row in enumerate(left) if all(map(_same, row, wanted))), None)
        if hit is None:
            return False
        left.pop(hit)
    return True


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return float(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        text = " ".join(str(value).lower().split())
        found = _MIDNIGHT.fullmatch(text)
        return found[1] if found else text


def _times(value: Any, factor: float) -> Any:
    return value * factor if isinstance(value, float) else value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-3, abs_tol=6e-3 if abs(other) < 100 and other % 1 else 1e-6)
    if isinstance(one, str) and isinstance(other, str):
        dated = re.match(r"\d{4}-\d\d", one) is not None
        if (first := _QUARTER.fullmatch(one)) and (second := _QUARTER.fullmatch(other)):
            years = {match["before"] or match["after"] or "" for match in (first, second)} - {""}
            return first["quarter"] == second["quarter"] and len(years) < 2
        return one == other or (
            dated and min(len(one), len(other)) >= 7 and (one.startswith(other) or other.startswith(one))
        )
    return False
