"""Scenarios as columns: what goes in comes out, by row and by byte, and what is no number is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from runtime.batch import SCENARIO_CAP, batch, pack, unpack
from runtime.failures import UsageFailure
from runtime.workspace import Workspace

ROWS = [{"name": "up", "revenue_change": 0.1}, {"rate_change": 0.01}, {"name": "", "revenue_change": "-0.2"}]


def test_rows_come_back_with_what_they_left_out() -> None:
    found = batch(ROWS).rows({"revenue_change": 0.0, "rate_change": 0.005}, {"dscr": np.array([1.5, np.nan, np.inf])})
    assert found == [
        {"name": "up", "parameters": {"revenue_change": 0.1, "rate_change": 0.005}, "metrics": {"dscr": 1.5}},
        {"name": "scenario 2", "parameters": {"revenue_change": 0.0, "rate_change": 0.01}, "metrics": {"dscr": None}},
        {"name": "scenario 3", "parameters": {"revenue_change": -0.2, "rate_change": 0.005}, "metrics": {"dscr": None}},
    ]


def test_bytes_keep_every_bit() -> None:
    asked = batch(ROWS)
    names, body = pack(asked.columns)
    again = unpack(names, len(asked), body)
    assert list(again) == ["revenue_change", "rate_change"]
    assert all(again[name].tobytes() == column.tobytes() for name, column in asked.columns.items())
    with pytest.raises(ValueError, match="reshape"):
        unpack(names, len(asked) + 1, body)


def test_scenarios_without_a_driver_are_the_base(workspace: Workspace) -> None:
    one, two = workspace.simulate([{"name": "base"}, {}])["scenarios"]
    assert one["metrics"] == two["metrics"]
    assert one["metrics"]["noi"] == workspace.evaluator.base.values["noi"]


@pytest.mark.parametrize(
    ("scenarios", "words"),
    [
        ("text", "list of objects"),
        ([1], "list of objects"),
        ([], "0 scenarios"),
        ([{}] * (SCENARIO_CAP + 1), "1,000,001 scenarios"),
        ([{"revenue_change": 0.1}, {"revenue_change": None}], "revenue_change is None"),
        ([{"revenue_change": float("nan")}], "revenue_change is nan"),
        ([{"revenue_change": "lots"}], "'lots'"),
        ([{"revenue_change": [1]}], r"[1]"),
        ([{"revenue_change": 0.1}, {"revenue_change": 7}], "outside -0.5 to 0.5"),
        ([{"rent": 1}], "'rent'"),
    ],
)
def test_what_cannot_be_is_named(workspace: Workspace, scenarios: Any, words: str) -> None:
    with pytest.raises(UsageFailure) as refused:
        workspace.simulate(scenarios)
    assert words in refused.value.message
