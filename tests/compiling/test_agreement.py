"""Whether a script and its SELECT agree: to the ninth digit, in any order, whichever of tied rows are shown."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from engine.compiling.agreement import difference, same_rows

COLUMNS = (("column", "name"), ("column", "total"))


def table(rows: list[list[Any]], total: int | None = None) -> dict[str, Any]:
    shown = {"columns": ["name", "total"], "rows": rows, "total": len(rows) if total is None else total}
    return {"metrics": [], "tables": {"result": shown}}


def given(rows: list[list[Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["name", "total"])


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        ([["a", 1.0], ["b", 2.0]], [["b", 2.0], ["a", 1.0]]),
        ([["a", 0.1 + 0.2]], [["a", 0.3]]),
        ([["a", None]], [["a", float("nan")]]),
        ([["a", 3.0], ["b", 2.0]], [["a", 3.0], ["c", 2.0]]),
        ([["2026-01-31", 1.0]], [[pd.Timestamp("2026-01-31"), 1]]),
    ],
)
def test_the_same_rows_agree(shown: list[list[Any]], wanted: list[list[Any]]) -> None:
    assert difference(table(shown), COLUMNS, given(wanted)) == ""


@pytest.mark.parametrize(
    ("shown", "wanted", "said"),
    [
        ([["a", 1.0]], [["a", 1.0], ["b", 2.0]], "1 rows, its SELECT 2"),
        ([["a", 1.0]], [["a", 1.0000001]], "1 of 1 rows differ"),
        ([["a", 1.0], ["b", 2.0]], [["a", 1.0], ["b", 3.0]], "(b, 2) in the script, (b, 3) in its SELECT"),
        ([["a", None]], [["a", 0.0]], "differ"),
    ],
)
def test_other_rows_do_not(shown: list[list[Any]], wanted: list[list[Any]], said: str) -> None:
    assert said in difference(table(shown), COLUMNS, given(wanted))


def test_of_a_long_table_the_rows_shown_must_be_among_the_others() -> None:
    rows = [[f"n{at}", float(at)] for at in range(10)]
    assert difference(table(rows[:4], 10), COLUMNS, given(rows)) == ""
    assert "1 of the 4" in difference(table([*rows[:3], ["x", 1.5]], 10), COLUMNS, given(rows))


def test_numbers_are_compared_by_their_quantity() -> None:
    document = {"metrics": [{"name": "total", "value": 5.0}], "tables": {}}
    assert difference(document, (("metric", "total"),), pd.DataFrame({"sum": [5]})) == ""
    assert difference(document, (("metric", "total"),), pd.DataFrame({"sum": [6]})) != ""


def test_two_results_are_compared_whatever_their_columns_are_called() -> None:
    one = pd.DataFrame({"n": [1, 2], "name": ["a", "b"]})
    assert same_rows(one, pd.DataFrame({"who": ["b", "a"], "count": [2.0, 1.0]}))
    assert not same_rows(one, pd.DataFrame({"who": ["b", "a"], "count": [1, 2]}))
