"""How a metric changed: recomputed from the data by plain SQL for each way in which it can be asked."""

from __future__ import annotations

from typing import Any

import pytest

from engine.authors.base import Declined
from tests.authors.test_catalogue_answers import metric, table
from tests.authors.test_periods_and_debt import NOI, SEED

T12, BEFORE = ("2025-11-01", "2026-11-01"), ("2024-11-01", "2025-11-01")


@pytest.mark.parametrize(
    ("text", "now", "then"),
    [
        ("NOI year over year", T12, BEFORE),
        ("NOI YoY growth", T12, BEFORE),
        ("NOI growth", T12, BEFORE),
        ("NOI this year versus the same months last year", ("2026-01-01", "2026-11-01"), ("2025-01-01", "2025-11-01")),
        ("NOI in Q3 2026 vs the same quarter last year", ("2026-07-01", "2026-10-01"), ("2025-07-01", "2025-10-01")),
        ("NOI quarter over quarter", ("2026-07-01", "2026-10-01"), ("2026-04-01", "2026-07-01")),
        ("NOI month over month", ("2026-10-01", "2026-11-01"), ("2026-09-01", "2026-10-01")),
        ("NOI in 2025 year over year", ("2025-01-01", "2026-01-01"), ("2024-01-01", "2025-01-01")),
    ],
)  # fmt: skip
def test_a_flow_against_an_earlier_period(
    answer: Any, truth: Any, text: str, now: tuple[str, str], then: tuple[str, str]
) -> None:
    later, earlier = (truth(NOI, *period)[0][0] for period in (now, then))
    document = answer(text)
    assert metric(document, "noi") == pytest.approx(later)
    assert metric(document, "noi_before") == pytest.approx(earlier)
    assert metric(document, "noi_difference") == pytest.approx(later - earlier)
    assert metric(document, "noi_change") == pytest.approx(later / earlier - 1)


def test_growth_is_compound_over_the_years_on_record(answer: Any, truth: Any) -> None:
    last, first = truth(NOI, *T12)[0][0], truth(NOI, "2023-11-01", "2024-11-01")[0][0]
    document = answer("NOI CAGR")
    assert metric(document, "noi_change") == pytest.approx((last / first) ** (1 / 2) - 1)
    assert "over 2 years" in document["metrics"][-1]["label"]


def test_each_group_changes_by_itself(answer: Any, truth: Any) -> None:
    of = " AND property_id IN (SELECT property_id FROM properties WHERE region = ?)"
    rows = {row["region"]: row for row in table(answer("NOI growth by region"), "noi_change_table")}
    for region, row in rows.items():
        later, earlier = (truth(NOI + of, *period, region)[0][0] for period in (T12, BEFORE))
        assert row["Difference"] == pytest.approx(later - earlier)
        assert row["Change"] == pytest.approx(later / earlier - 1)
    assert list(rows) == sorted(rows, key=lambda name: -rows[name]["Change"])


def test_balances_change_between_days(answer: Any, truth: Any) -> None:
    right = [
        truth(
            "SELECT SUM(CASE WHEN start_date <= ? AND end_date >= ? THEN area_sqft END) * 1.0 /"
            " (SELECT SUM(leasable_area_sqft) FROM properties) FROM leases",
            *(day, day),
        )[0][0]
        for day in ("2026-10-31", "2025-10-31")
    ]
    document = answer("occupancy year over year")
    assert [each["value"] for each in document["metrics"][:3]] == pytest.approx([*right, right[0] - right[1]])
    assert document["metrics"][1]["label"] == "Occupancy, on 2025-10-31"


@pytest.mark.parametrize(("text", "back"), [("NOI by quarter year over year", 4), ("NOI by quarter qoq", 1)])
def test_rows_by_time_change_from_the_period_before_where_both_are_whole(
    answer: Any, truth: Any, text: str, back: int
) -> None:
    rows = table(answer(text), "noi_table")
    for place, row in enumerate(rows):
        known = place - back >= 0 and "of 3" not in row["quarter"] + rows[place - back]["quarter"]
        right = row["NOI"] / rows[place - back]["NOI"] - 1 if known else None
        assert row["Change"] == (pytest.approx(right) if right is not None else None)


def test_like_for_like_keeps_to_what_is_in_both(answer: Any, truth: Any) -> None:
    document = answer("like for like NOI growth")
    later, earlier = (truth(NOI, *period)[0][0] for period in (T12, BEFORE))  # in the sample all are in both
    assert metric(document, "noi_change") == pytest.approx(later / earlier - 1)
    assert any("Like for like: only the properties that have rows in both" in line for line in document["assumptions"])
    assert all("IN (SELECT" in source["sql"] for source in document["sources"])


def test_there_is_no_change_from_before_the_data(answer: Any) -> None:
    found = answer(f"NOI of {SEED} in Q1 2024 year over year")
    assert isinstance(found, Declined)
    assert found.reason.startswith("The data begin in Nov 2023, so there is no Jan 2023 to Mar 2023")
