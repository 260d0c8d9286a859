"""What a request supposes and aims at: cut out of it, computed beside the answer, or declined in a sentence."""

from __future__ import annotations

import pytest

from engine.authors.base import Declined, Ground
from engine.authors.catalogue import CatalogueAuthor
from engine.authors.metrics.supposing import Supposition, suppose
from engine.metrics.catalogue import load_catalogue
from engine.products import Output, Plan, Question, Request, Task

MALL = "Orlando Fashion Square"


def supposition(text: str, ground: Ground) -> Supposition:
    found = suppose(text, ground, load_catalogue())
    assert isinstance(found, Supposition), found
    return found


def planned(text: str, ground: Ground) -> Plan | Question | Declined:
    author = CatalogueAuthor()
    request = Request(text=text, database="sample")
    task = author.analyse(request, ground)
    return author.plan(request, task, ground) if isinstance(task, Task) else task


@pytest.mark.parametrize(
    ("text", "scenarios"),
    [
        (
            f"What would DSCR be if interest rates rise by 2 points at {MALL}?",
            {"Interest rates rise by 2 points": {"rate_change": 0.02}},
        ),
        (
            f"DSCR for {MALL} if revenue falls 10% and opex rises 5 percent",
            {"Revenue falls 10% and opex rises 5 percent": {"revenue_change": -0.1, "expense_change": 0.05}},
        ),
        (
            f"If revenue of {MALL} drops by 10 %, what is its DSCR?",
            {f"Revenue of {MALL} drops by 10 %": {"revenue_change": -0.1}},
        ),
        (f"What if rates go up 150 bps? DSCR for {MALL}", {"Rates go up 150 bps": {"rate_change": 0.015}}),
        (f"DSCR for {MALL} with revenue down 10 %", {"Revenue down 10 %": {"revenue_change": -0.1}}),
        (f"DSCR of {MALL} assuming a 10% drop in revenue", {"A 10% drop in revenue": {"revenue_change": -0.1}}),
        (
            f"What happens to DSCR of {MALL} if rates increase by 100 basis points?",
            {"Rates increase by 100 basis points": {"rate_change": 0.01}},
        ),
        (f"How does a 5% rise in expenses affect DSCR of {MALL}?", {"A 5% rise in expenses": {"expense_change": 0.05}}),
        (f"Effect of a 10% revenue drop on DSCR of {MALL}", {"A 10% revenue drop": {"revenue_change": -0.1}}),
        (
            f"Stress test DSCR for {MALL}: revenue down 15%, rates up 2 points",
            {"Revenue down 15%, rates up 2 points": {"revenue_change": -0.15, "rate_change": 0.02}},
        ),
        (
            f"DSCR if rates rise 1 point, or if revenue falls 5% for {MALL}",
            {"Rates rise 1 point": {"rate_change": 0.01}, "Revenue falls 5%": {"revenue_change": -0.05}},
        ),
    ],
)
def test_scenarios_are_cut_out_and_the_rest_is_asked(
    text: str, scenarios: dict[str, dict[str, float]], ground: Ground
) -> None:
    found = supposition(text, ground)
    assert {each.name: dict(each.values) for each in found.scenarios} == scenarios
    assert len(found.rest) == len(text)
    plan = planned(text, ground)
    assert isinstance(plan, Plan), plan
    assert plan.title == f"DSCR for {MALL}"
    assert plan.what_if.scenarios == found.scenarios


@pytest.mark.parametrize(
    ("text", "target", "driver"),
    [
        (f"What revenue change brings DSCR to 1.25 for {MALL}?", 1.25, "revenue_change"),
        (f"How much can revenue fall before DSCR of {MALL} drops below 1.25?", 1.25, "revenue_change"),
        (f"By how much must operating expenses drop for {MALL} to reach a DSCR of 1.5?", 1.5, "expense_change"),
        (f"At what interest rate does the DSCR of {MALL} fall to 1.2", 1.2, "rate_change"),
        (f"How far can rates rise before DSCR of {MALL} falls under 1.2x", 1.2, "rate_change"),
        (f"What would it take to bring DSCR of {MALL} to 1.5?", 1.5, ""),
        (f"How much revenue is needed to get DSCR of {MALL} to 1.4 in the last 12 months", 1.4, "revenue_change"),
    ],
)
def test_a_target_is_aimed_at(text: str, target: float, driver: str, ground: Ground) -> None:
    plan = planned(text, ground)
    assert isinstance(plan, Plan), plan
    goal = plan.what_if.goal
    assert goal is not None
    assert (goal.output, goal.target, goal.driver) == ("dscr", target, driver)
    assert plan.title == f"DSCR for {MALL}"


def test_a_sum_of_money_is_aimed_at(ground: Ground) -> None:
    plan = planned(f"What must revenue be for NOI to reach $5 million at {MALL}?", ground)
    assert isinstance(plan, Plan)
    assert plan.what_if.goal is not None
    assert (plan.what_if.goal.output, plan.what_if.goal.target) == ("noi", 5e6)


@pytest.mark.parametrize(
    "text",
    [
        f"Calculate DSCR for {MALL} and create a website to show results with simulations",
        "Which properties have a DSCR below 1.2?",
        "DSCR for all properties, worst first",
        "NOI by property type and year",
        "Which properties with revenue above 5000000 reach a DSCR of 1.25?",
        "What is the NOI of 2025?",
    ],
)
def test_what_supposes_nothing_is_left_as_it_is(text: str, ground: Ground) -> None:
    assert supposition(text, ground) == Supposition(rest=text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"DSCR of {MALL} if rates rise", "By how much does Interest rate change"),
        (f"DSCR of {MALL} if revenue falls 90%", "outside -50.00 % to 50.00 %"),
        (f"LTV of {MALL} if rates rise 1 point", "does not enter LTV. The drivers are: Property value change."),
        (f"What revenue change brings DSCR and NOI of {MALL} to 1.25?", "Only one number at a time"),
        ("Top ten tenants by rent if revenue falls 10 %", "A list has no drivers"),
        (f"NOI of {MALL} if the moon rises 5 %", "if"),
    ],
)
def test_what_cannot_be_supposed_is_said(text: str, said: str, ground: Ground) -> None:
    found = planned(text, ground)
    assert isinstance(found, Declined), found
    assert said in found.reason


def test_a_request_that_supposes_wants_a_simulation_and_says_how_it_was_read(ground: Ground) -> None:
    author = CatalogueAuthor()
    task = author.analyse(Request(text=f"DSCR of {MALL} if rates rise 1 point", database="sample"), ground)
    assert isinstance(task, Task)
    assert Output.SIMULATION in task.outputs
    assert ("rates rise 1 point", "a scenario beside what is") in [(r.words, r.meaning) for r in task.readings]


@pytest.mark.parametrize(
    ("text", "title", "group"),
    [
        (f"NOI of {MALL} in 2024 and 2025", "NOI by year", ("year",)),
        (f"DSCR of {MALL} last year versus this year", "DSCR by year", ("year",)),
        (f"NOI of {MALL} in Q2 2026 vs Q3 2026", "NOI by quarter", ("quarter",)),
    ],
)
def test_two_periods_that_follow_each_other_are_compared(
    text: str, title: str, group: tuple[str, ...], ground: Ground
) -> None:
    task = CatalogueAuthor().analyse(Request(text=text, database="sample"), ground)
    assert isinstance(task, Task)
    assert task.group_by == group
    plan = planned(text, ground)
    assert isinstance(plan, Plan)
    assert plan.title == f"{title} for {MALL}"


def test_two_periods_a_year_apart_are_a_change_and_others_are_asked_about(ground: Ground) -> None:
    plan = planned(f"NOI of {MALL} in Q3 2025 vs Q3 2024", ground)
    assert isinstance(plan, Plan)
    assert plan.title == f"Change of NOI for {MALL}"
    assert isinstance(planned(f"NOI of {MALL} in Q3 2024 vs Q4 2025", ground), Question)


def test_expenses_as_a_share_of_revenue_are_the_expense_ratio(ground: Ground) -> None:
    plan = planned("expenses as a share of revenue per region", ground)
    assert isinstance(plan, Plan)
    assert plan.title == "Expense ratio by region"
