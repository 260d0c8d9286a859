"""The evaluator: the base, what a change computes again, arrays against scalars, and refusals that help."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from runtime.failures import RuntimeFailure, UsageFailure
from runtime.workspace import Workspace

Open = Callable[..., Workspace]

BRANCHING = '''"""Branching."""
from runtime import Metric, Parameter
PARAMETERS = [Parameter("change", "Change", low=-1.0, high=1.0)]
def bonus(change: float) -> float:
    """A bonus above zero only."""
    return 100.0 if change > 0 else 0.0
VIEW = [Metric("bonus", "Bonus")]
'''
RATIO = '''"""Ratio."""
from runtime import Metric, Parameter
PARAMETERS = [Parameter("debt", "Debt", default=DEFAULT, low=0.0, high=10.0, unit="")]
def ratio(debt: float) -> float:
    """Twenty over debt."""
    return 20 / debt
VIEW = [Metric("ratio", "Ratio")]
'''
FRAMES = {"unused": pd.DataFrame({"a": [1]})}


def test_base_numbers(workspace: Workspace) -> None:
    metrics = {metric["name"]: metric for metric in workspace.results()["metrics"]}
    assert metrics["noi"]["value"] == pytest.approx(2_110_065.0)
    assert metrics["dscr"]["text"] == "1.52x"
    assert [metrics[name]["ok"] for name in ("dscr", "noi", "debt_yield")] == [True, None, True]


def test_a_change_computes_only_what_depends_on_it(workspace: Workspace) -> None:
    found = workspace.results({"rate_change": 0.01})
    assert found["computed"] == ["debt_service", "dscr"]
    assert found["values"] == {"revenue_change": 0.0, "expense_change": 0.0, "rate_change": 0.01}


def test_default_values_compute_nothing(workspace: Workspace) -> None:
    assert workspace.results({"rate_change": 0.0})["computed"] == []


def test_arrays_equal_the_scalar_loop(workspace: Workspace) -> None:
    scenarios = [{"revenue_change": number / 100 - 0.4, "rate_change": 0.001 * (number % 20)} for number in range(60)]
    swept = workspace.simulate(scenarios)
    assert swept["arrays"]
    for scenario, found in zip(scenarios, swept["scenarios"], strict=True):
        alone = {metric["name"]: metric["value"] for metric in workspace.results(scenario)["metrics"]}
        assert found["metrics"] == pytest.approx(alone, rel=1e-12)


def test_a_branch_is_looped(open_script: Open) -> None:
    found = open_script(BRANCHING, FRAMES).simulate([{"change": change} for change in (-0.5, 0.0, 0.5, 1.0, 0.1)])
    assert not found["arrays"]
    assert [scenario["metrics"]["bonus"] for scenario in found["scenarios"]] == [
        0.0,
        0.0,
        100.0,
        100.0,
        100.0,
    ]


def test_division_by_zero_is_told(open_script: Open) -> None:
    with pytest.raises(RuntimeFailure, match=r"debt is zero \(ratio = 20 / debt\)"):
        open_script(RATIO.replace("DEFAULT", "0.0"), FRAMES)


def test_division_by_zero_in_one_scenario_leaves_the_others(open_script: Open) -> None:
    found = open_script(RATIO.replace("DEFAULT", "5.0"), FRAMES).simulate([{"debt": debt} for debt in (0, 1, 2, 4, 5)])
    assert [scenario["metrics"]["ratio"] for scenario in found["scenarios"]] == [None, 20.0, 10.0, 5.0, 4.0]


@pytest.mark.parametrize(
    ("values", "message", "hint"),
    [
        ({"revenu_change": 0.1}, "no parameter named 'revenu_change'", "Did you mean revenue_change?"),
        ({"revenue_change": 9}, "outside -0.5 to 0.5", "Choose a value from -0.5 to 0.5"),
        ({"revenue_change": "lots"}, "not a number", "such as 0.10"),
        ({"revenue_change": float("nan")}, "outside", "Choose"),
    ],
)
def test_a_wrong_question_is_refused(workspace: Workspace, values: dict[str, object], message: str, hint: str) -> None:
    with pytest.raises(UsageFailure, match=message) as caught:
        workspace.results(values)
    assert hint in caught.value.hint


def test_slider_steps_are_round(workspace: Workspace) -> None:
    steps = {parameter["name"]: parameter["step"] for parameter in workspace.results()["parameters"]}
    assert steps == {"revenue_change": 0.01, "expense_change": 0.005, "rate_change": 0.0005}
