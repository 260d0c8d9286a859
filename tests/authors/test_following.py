"""A request that follows an answer about metrics changes its intent, and the numbers are those asked for in full."""

from __future__ import annotations

from typing import Any

import pytest

from engine.authors.base import Declined, Earlier, Ground
from engine.authors.catalogue import CatalogueAuthor
from engine.authors.following import NEW
from engine.authors.surest import SurestAuthor
from engine.products import Plan, Question, Request, Task, TaskKind
from engine.steps.ask import NotUnderstood, analyse

MALL = "Orlando Fashion Square"
WORST = "DSCR for all properties, worst first"


def task_of(ground: Ground, *texts: str, **answers: str) -> Task | Question | Declined:
    """The task of the last of several requests, each of which follows the one before."""
    earlier: Earlier | None = None
    found: Task | Question | Declined = Declined(reason="nothing was asked")
    for text in texts:
        found = CatalogueAuthor(None, earlier).analyse(Request(text=text, database="sample", answers=answers), ground)
        if isinstance(found, Task):
            earlier = Earlier(text, found, found.goal)
    return found


def intent_of(ground: Ground, *texts: str, **answers: str) -> tuple[dict[str, Any], str]:
    found = task_of(ground, *texts, **answers)
    assert isinstance(found, Task), found
    dropped = ("readings", "period")
    return {name: value for name, value in found.intent.items() if name not in dropped}, found.edit


@pytest.mark.parametrize(
    ("first", "then", "whole"),
    [
        (WORST, "only retail", "DSCR for all retail properties, worst first"),
        (WORST, "in Tampa", "DSCR for all properties in Tampa, worst first"),
        (WORST, "NOI instead", "NOI for all properties, worst first"),
        (WORST, "also NOI", "DSCR and NOI for all properties, worst first"),
        (WORST, "and in 2025?", "DSCR for all properties in 2025, worst first"),
        (f"DSCR for {MALL}", "same for Tampa", "DSCR in Tampa"),
        (f"DSCR for {MALL}", "by year", f"DSCR for {MALL} by year"),
        (f"DSCR for {MALL}", "what about OPEX?", f"OPEX for {MALL}"),
        (f"DSCR for {MALL}", "for all properties", "DSCR for all properties"),
        (f"DSCR for {MALL} in 2025", "and the year before?", f"DSCR for {MALL} in 2024"),
        (f"DSCR for {MALL} in 2025", "and in q2?", f"DSCR for {MALL} in q2 2025"),
        (f"DSCR for {MALL}", "what if rates rise 2 points", f"DSCR for {MALL} if rates rise 2 points"),
        ("NOI by property type and year", "by quarter", "NOI by property type and quarter"),
        ("NOI by property type and year", "by region instead", "NOI by region and year"),
        ("NOI by property type", "without hotels", "NOI by property type excluding hotels"),
        (WORST, "only those below 1.25", "DSCR for all properties below 1.25, worst first"),
        (WORST, "best first", "DSCR for all properties, best first"),
        ("Occupancy trend", "by quarter instead", "Occupancy by quarter"),
    ],
)
def test_a_follow_up_asks_what_the_whole_request_would(ground: Ground, first: str, then: str, whole: str) -> None:
    changed, edit = intent_of(ground, first, then)
    asked, _ = intent_of(ground, whole)
    assert changed == asked
    assert edit
    assert NEW not in edit


def test_the_change_is_said_before_all_that_is_assumed(ground: Ground) -> None:
    texts = ("NOI by property type and year", "by quarter")
    task = task_of(ground, *texts)
    assert isinstance(task, Task)
    plan = CatalogueAuthor().plan(Request(text=texts[1], database="sample"), task, ground)
    assert isinstance(plan, Plan)
    assert plan.assumptions[0] == "changed from the answer before: by quarter instead of by year"


def test_suppositions_stay_where_more_are_added(ground: Ground) -> None:
    first = f"DSCR for {MALL} if rates rise 2 points"
    added, _ = intent_of(ground, first, "also what if revenue falls 10%")
    assert len(added["what_if"]["scenarios"]) == 2
    other, _ = intent_of(ground, first, "what if revenue falls 10%")
    assert len(other["what_if"]["scenarios"]) == 1
    kept, _ = intent_of(ground, first, "by year")
    assert len(kept["what_if"]["scenarios"]) == 1


def test_a_scenario_that_only_has_a_name_is_asked_for(ground: Ground) -> None:
    texts = (f"DSCR for {MALL}", "add a recession scenario")
    asked = task_of(ground, *texts)
    assert isinstance(asked, Question)
    assert len(asked.options) == 3
    intent, edit = intent_of(ground, *texts, **{asked.key: asked.options[0].value})
    assert intent["what_if"]["scenarios"][0]["values"] == {"revenue_change": -0.1, "expense_change": 0.05}
    assert edit.startswith("Supposing recession: revenue falls 10 %")


@pytest.mark.parametrize("text", ["NOI by region", "how many leases are there", "LTV by property type"])
def test_a_whole_request_is_a_new_one_and_that_is_said(ground: Ground, text: str) -> None:
    _, edit = intent_of(ground, WORST, text)
    assert NEW in edit


@pytest.mark.parametrize("text", ["top 5", "by region", "for 2025", "only those above 100"])
def test_a_listing_of_a_fixed_form_is_not_said_to_be_changed(ground: Ground, text: str) -> None:
    assert isinstance(task_of(ground, "Rent roll expiring by year", text), Declined)


def test_a_number_aimed_at_is_changed(ground: Ground) -> None:
    first = f"How much can revenue fall before DSCR of {MALL} drops below 1.25?"
    changed, edit = intent_of(ground, first, "and below 1.0?")
    assert changed["what_if"]["goal"] == {"output": "dscr", "target": 1.0, "driver": "revenue_change"}
    assert (edit, changed["group"]) == ("Aiming at 1", [])


@pytest.mark.parametrize("text", ["as a line chart", "and the weather?", "by colour", "without castles", "why?"])
def test_what_is_not_understood_is_declined(ground: Ground, text: str) -> None:
    assert isinstance(task_of(ground, WORST, text), Declined)


def test_two_sorts_of_a_group_are_asked_about(ground: Ground) -> None:
    asked = task_of(ground, "NOI by year", "now by region")
    assert isinstance(asked, Question)
    assert [each.label for each in asked.options] == ["By region instead of by year", "Also by region"]
    both, _ = intent_of(ground, "NOI by year", "now by region", **{asked.key: "Also by region"})
    assert both["group"] == ["region", "year"]


class _Model:
    """An author that keeps what it is asked, and answers nothing."""

    name, writing = "model", None

    def __init__(self) -> None:
        self.asked: list[str] = []

    def analyse(self, request: Request, ground: Ground) -> Declined:
        self.asked.append(request.text)
        return Declined(reason="no")


def test_after_an_answer_of_a_model_the_model_is_told_what_it_follows(ground: Ground) -> None:
    first = Task(kind=TaskKind.ANALYSIS, goal="Rent by floor", intent={"reply": {}})
    earlier, model = Earlier("rent by floor please", first, "The rent, by floor."), _Model()
    made: Any = model
    author = SurestAuthor(CatalogueAuthor(None, earlier), lambda: made, earlier)
    with pytest.raises(NotUnderstood):
        analyse(Request(text="now by tenant", database="sample"), author, ground)
    assert model.asked == [
        "now by tenant\n(This follows an earlier request: rent by floor please It was read as: The rent, by floor.)"
    ]
    alone = SurestAuthor(CatalogueAuthor(None, earlier), lambda: None, earlier)
    with pytest.raises(NotUnderstood, match="cannot be changed by words"):
        analyse(Request(text="now by tenant", database="sample"), alone, ground)
