"""The answer in one sentence, built from the numbers of a results document."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.reports.headline import headline, leading, parts

DSCR = {"name": "dscr", "label": "DSCR", "value": 1.35, "text": "1.35x", "unit": "x", "good": ">= 1.25", "bad": "< 1.0"}
NOI = {"name": "noi", "label": "NOI", "value": 4_212_703.4, "text": "$4,212,703", "unit": "USD", "good": "", "bad": ""}
QUANTITIES = [
    {"name": "debt", "inputs": ["loans"]},
    {"name": "noi", "inputs": ["income"]},
    {"name": "dscr", "inputs": ["noi", "debt"]},
]


def document(*metrics: dict[str, Any], **other: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"title": "DSCR for Tampa", "period": "2025", "charts": [], "tables": {}, "sources": []}
    return {**plain, "metrics": list(metrics), "quantities": QUANTITIES, **other}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.35, "DSCR of Tampa is 1.35x for 2025, above the 1.25x threshold."),
        (1.25, "DSCR of Tampa is 1.25x for 2025, exactly at the 1.25x threshold."),
        (1.11, "DSCR of Tampa is 1.11x for 2025, below the 1.25x threshold, which is short of it."),
        (0.95, "DSCR of Tampa is 0.95x for 2025, below the 1.00x limit, a breach."),
    ],
)
def test_a_figure_is_said_with_whom_when_and_its_verdict(value: float, said: str) -> None:
    assert headline(document({**DSCR, "value": value, "text": f"{value:.2f}x"}, NOI)) == said


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("Nov 2025 to Oct 2026", "NOI is $4,212,703 for Nov 2025 to Oct 2026."),
        ("on 2026-10-31", "NOI is $4,212,703 on 2026-10-31."),
        ("all dates on record", "NOI is $4,212,703 over all dates on record."),
        ("", "NOI is $4,212,703."),
    ],
)
def test_a_period_is_said_as_it_is(period: str, said: str) -> None:
    assert headline(document(NOI, title="Something else", period=period)) == said


def test_a_label_that_names_another_time_is_not_given_the_period() -> None:
    last = {**NOI, "label": "Total amount, last period"}
    assert headline(document(last, title="x")) == "Total amount, last period is $4,212,703."
    months = {**NOI, "label": "NOI, last twelve months"}
    assert headline(document(months, title="x")) == "NOI is $4,212,703 for 2025."


def test_what_the_answer_is_about_is_no_part_of_another_figure() -> None:
    found = document(NOI, DSCR)
    assert [metric["name"] for metric in leading(found)] == ["dscr"]
    assert [metric["name"] for metric in parts(found, DSCR)] == ["noi"]


def test_a_figure_that_is_a_sentence_is_the_answer() -> None:
    said = {**NOI, "name": "short", "value": "3 of 12 properties are below 1.25x", "text": "", "unit": ""}
    assert headline(document(said, DSCR)) == "3 of 12 properties are below 1.25x, for 2025."


def test_rows_are_judged_where_a_chart_has_thresholds() -> None:
    chart = {"table": "t", "x": "property", "y": ["dscr"], "series": "", "unit": "x", "good": ">= 1.25", "bad": "< 1.0"}
    rows = [["a", 1.3], ["b", 1.1], ["c", 0.9], ["d", None]]
    table = {"label": "DSCR", "columns": ["property", "dscr"], "units": {}, "rows": rows, "total": 4}
    found = document(DSCR, charts=[chart], tables={"t": table})
    assert headline(found).endswith("; 2 of 3 by property are not at least 1.25x, 1 of them in breach.")
    table["rows"] = rows[:1] * 2
    assert headline(found).endswith("; every property is at least 1.25x.")


LATE = {**NOI, "label": "Late payments, first row", "value": 28, "text": "28", "unit": "count"}
SHARE = {
    **NOI,
    "name": "share",
    "label": "Late share, first row",
    "value": 0.7485,
    "text": "74.85 %",
    "unit": "percent",
}
TENANTS = {"label": "Result", "columns": ["tenant", "late_payments"], "units": {}, "total": 304}


def tenants(*rows: list[Any], **other: Any) -> dict[str, Any]:
    return {"tables": {"result": {**TENANTS, "rows": list(rows), **other}}, "title": "Late tenants", "period": ""}


def test_a_ranking_says_who_is_first() -> None:
    found = document(LATE, SHARE, **tenants(["Ash", 28], ["Birch", 26]))
    assert headline(found) == "Ash has late payments of 28 and late share of 74.85 %, first of 304 rows."


def test_an_answer_of_one_row_says_which_row_it_is() -> None:
    found = document({**LATE, "label": "Late payments, one row"}, **tenants(["Ash", 28], total=1))
    assert headline(found) == "Ash has late payments of 28."


def test_the_highest_of_a_table_is_said_with_its_name() -> None:
    found = document({**LATE, "label": "Late payments, highest"}, **tenants(["Ash", 20], ["Birch", 28]))
    assert headline(found) == "Result: 304 rows; Birch has the highest late payments, 28."


def test_a_row_without_a_name_is_told_by_its_place() -> None:
    found = document(LATE, **tenants([1, 28], [2, 26]))
    assert headline(found) == "Late payments, first row is 28."
