"""The plan: one SELECT with bound values, pure quantities, views that read well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlglot

from engine.authors.analytics.author import Analysis, analyse, plan
from engine.authors.analytics.rendering import render
from engine.sources.connection import open_connection
from tests.analytics.conftest import answer, ground_of, planned


def test_values_are_bound_and_never_in_the_text(ground: Any) -> None:
    _, made = planned("How many customers are from Germany?", ground)
    (source,) = made.sources
    assert "Germany" not in source.sql
    assert source.bound == {"v1": "Germany"}
    assert len(sqlglot.parse(source.sql, read="sqlite")) == 1


def test_a_quote_in_a_value_stays_a_value(ground: Any) -> None:
    _, made = planned('How many customers have an email that contains "x\'; DROP TABLE customers"?', ground)
    assert "DROP" not in made.sources[0].sql


def test_a_number_is_a_metric_with_its_unit(ground: Any) -> None:
    _, made = planned("What is the total shipping fee of orders?", ground)
    (view,) = made.view
    assert (view.kind, view.quantity) == ("Metric", "total_shipping_fee")
    assert view.options == {"label": "Total shipping fee", "unit": "USD"}
    assert made.quantities[0].returns == "float"


def test_groups_are_bars_and_times_are_lines(ground: Any) -> None:
    bars = planned("total shipping fee by status", ground)[1]
    lines = planned("number of orders per month", ground)[1]
    charts = [next(view for view in made.view if view.kind == "Chart") for made in (bars, lines)]
    assert [(chart.options["kind"], chart.options["x"]) for chart in charts] == [("bar", "status"), ("line", "month")]
    assert [view.kind for view in bars.view] == ["Metric", "Chart", "Table"]


def test_an_empty_result_is_not_a_zero(ground: Any) -> None:
    ((value,),) = answer("What is the average unit price of Lighting products that cost more than 1000?", ground)
    assert value != value


def test_what_was_taken_as_what_is_said(ground: Any) -> None:
    found, made = planned("total shipping fee by customer country in 2024", ground)
    assert {reading.words for reading in found.readings} >= {"shipping fee", "in 2024"}
    assert any("customer_id" in text for text in made.assumptions)
    assert "2024-01-01" in made.summary


def test_postgresql_text_keeps_named_parameters(ground: Any) -> None:
    found, _ = planned("number of orders per month for customers in Germany", ground)
    sql, bound = render(found.query, ground.schema.model_copy(update={"dialect": "postgresql"}))
    assert ":v1" in sql
    assert "%(" not in sql
    assert "DATE_TRUNC('month'" in sql
    assert bound == {"v1": "Germany"}


SAME_ON_BOTH = (
    "how many tenants",
    "average monthly rent by lease type",
    "top 5 lenders by current balance",
    "number of leases per property type",
    "capital projects over budget",
    "properties in Florida",
    "median monthly rent by lease type",
    "Which property has the most units?",
    "number of properties acquired per year",
    "properties without loans",
    "share of leases by lease type",
    "How many loans mature in 2027?",
    "total income by month",
    "total income by quarter",
)


@pytest.mark.parametrize("question", SAME_ON_BOTH)
def test_the_sample_gives_the_same_on_sqlite(
    sample_url: str, tmp_path_factory: pytest.TempPathFactory, question: str
) -> None:
    ground = ground_of(open_connection(sample_url, tmp_path_factory.getbasetemp() / "analytics-cache"))
    assert answer(question, ground)


@pytest.mark.postgresql
def test_the_sample_gives_the_same_on_both_databases(sample_url: str, postgresql_url: str, tmp_path: Path) -> None:
    one, other = (ground_of(open_connection(url, tmp_path)) for url in (sample_url, postgresql_url))
    for question in SAME_ON_BOTH:
        assert plain(answer(question, one)) == plain(answer(question, other)), question


def plain(rows: list[tuple[Any, ...]]) -> set[tuple[str, ...]]:
    return {tuple(shown(value) for value in row) for row in rows}


def shown(value: Any) -> str:
    try:
        return f"{float(value):.3f}"
    except (TypeError, ValueError):
        return str(value)[:10] if hasattr(value, "year") else str(value)


def test_a_largest_loan_is_asked_by_what(sample_url: str, tmp_path: Path) -> None:
    ground = ground_of(open_connection(sample_url, tmp_path))
    question = analyse("largest loan", ground, {})
    assert not isinstance(question, Analysis)
    found = analyse("largest loan", ground, {question.key: "current_balance"})  # type: ignore[union-attr]
    assert isinstance(found, Analysis)
    assert plan(found, ground).sources[0].sql.count("current_balance") > 1
