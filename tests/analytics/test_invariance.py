"""Changes of wording that change nothing, and sums that must agree."""

from __future__ import annotations

from typing import Any

import pytest

from tests.analytics.conftest import planned

QUESTIONS = (
    "How many customers are from Germany?",
    "average unit price by category",
    "Which customer has the most orders?",
    "List the name and city of customers from Germany",
    "number of orders per month in 2024",
    "Show the names of customers without orders",
)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.lower,
        "Please {}".format,
        "Could you please tell me: {}".format,
        "{} Thanks!".format,
        lambda text: text.rstrip("?"),
        "Create a dashboard of {}".format,
        "{} as a bar chart".format,
    ],
)
def test_case_politeness_and_output_change_nothing(ground: Any, question: str, change: Any) -> None:
    before, after = planned(question, ground)[0], planned(change(question), ground)[0]
    assert after.query == before.query


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How many customers are from Germany?", "How many customers are there in Germany?"),
        ("How many customers are from Germany?", "number of customers in Germany"),
        ("average unit price by category", "By category, what is the average unit price?"),
        ("average unit price by category", "What is the mean unit price for each category?"),
        ("average unit price by category", "average unit prices by categories"),
        ("How many orders are there per customer?", "number of orders for each customer"),
        ("Show the names of customers without orders", "names of customers that do not have any orders"),
        ("How many products are there?", "How many product are there?"),
        ("How many customers are there?", "How many clients are there?"),
    ],
)
def test_other_ways_to_say_the_same(ground: Any, one: str, other: str) -> None:
    assert planned(one, ground)[0].query == planned(other, ground)[0].query


@pytest.mark.parametrize(
    "narrower", [" in Germany", " with more than 1 order", " without orders", " in Paris or Austin"]
)
def test_a_filter_never_grows_a_count(ask: Any, narrower: str) -> None:
    ((everything,),), ((some,),) = ask("How many customers are there"), ask(f"How many customers are there{narrower}")
    assert 0 <= some <= everything


@pytest.mark.parametrize("group", ["status", "customer", "customer country", "month", "year"])
def test_group_totals_sum_to_the_total(ask: Any, group: str) -> None:
    ((total,),) = ask("What is the total shipping fee of orders?")
    assert sum(row[-1] for row in ask(f"What is the total shipping fee of orders by {group}?")) == pytest.approx(total)
    ((count,),) = ask("How many orders are there?")
    assert sum(row[-1] for row in ask(f"number of orders by {group}")) == count
