"""What stands behind a scenario: the quantities that moved, and what it assumes."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from runtime.failures import UsageFailure
from runtime.server import make_app
from runtime.workspace import Workspace


@pytest.fixture
def client(workspace: Workspace) -> FlaskClient:
    return make_app(workspace).test_client()


def test_the_quantities_that_moved_are_told_in_the_order_computed(workspace: Workspace) -> None:
    down, rates, base = workspace.behind(
        [{"revenue_change": -0.1}, {"revenue_change": -0.1, "rate_change": 0.01}, {"name": "nothing"}]
    )
    names = [step["name"] for step in down["steps"]]
    assert names == ["revenue", "noi", "dscr", "debt_yield", "expense_ratio"]
    for step in down["steps"]:
        evaluated = workspace.evaluator.at({"revenue_change": -0.1})
        assert step["value"] == pytest.approx(evaluated.values[step["name"]], rel=1e-12)
        assert step["base"] == workspace.evaluator.base.values[step["name"]]
    assert down["steps"][2]["drivers"] == ["revenue_change"]
    debt = next(step for step in rates["steps"] if step["name"] == "debt_service")
    assert debt["value"] - debt["base"] == pytest.approx(142_500)
    assert (debt["drivers"], debt["unit"]) == (["rate_change"], "USD")
    assert base == {"steps": [], "assumes": ["Every driver is at its base value."]}


def test_a_scenario_says_what_it_changes_and_what_it_leaves(workspace: Workspace) -> None:
    (told,) = workspace.behind([{"expense_change": 0.1}])
    assert told["assumes"] == [
        "Operating expense change is 10.00 %, not 0.00 %.",
        # One table takes both, so they act together.
        "Revenue change stays at 0.00 %.",
        "As in the base: Interest rate change.",
    ]


def test_over_http_and_only_when_asked(client: FlaskClient) -> None:
    body = {"scenarios": [{"name": "down", "revenue_change": -0.1}]}
    (plain,) = client.post("/api/simulate", json=body).get_json()["scenarios"]
    assert set(plain) == {"name", "parameters", "metrics"}
    (full,) = client.post("/api/simulate", json={**body, "steps": True}).get_json()["scenarios"]
    assert full["metrics"] == plain["metrics"]
    assert full["steps"][0]["name"] == "revenue"
    assert full["assumes"][0].startswith("Revenue change is -10.00 %")


def test_a_crowd_has_no_steps(workspace: Workspace) -> None:
    with pytest.raises(UsageFailure, match="steps: 201 scenarios"):
        workspace.behind([{"revenue_change": 0.1}] * 201)
    assert all("steps" not in each for each in workspace.compared([{"revenue_change": 0.1}] * 201))
