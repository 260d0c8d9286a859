"""Rules and model stay with different figures: a person chooses, over a real socket, and seldom has to."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from engine import Status
from engine.authors.select.disagreeing import READINGS, RULES, TEXT, glimpse
from engine.authors.select.reply import Reply
from engine.compiling.figures import other_figures
from tests.select_author.conftest import Ask, says
from tests.select_author.test_second_opinion import COUNTED, KNOWN

OWN = says(reading="Orders of each customer.", sql=COUNTED)


def test_what_both_are_sure_of_becomes_a_question_with_both_results(ask: Ask) -> None:
    with ask(OWN, OWN, text=KNOWN) as seen:
        assert seen.run.status is Status.NEEDS_INPUT
        assert len(seen.server.seen) == 2, "the model was shown both results before a person is asked"
        asked = seen.run.question
        assert (asked.key, asked.text) == (READINGS, TEXT)
        theirs, own = asked.options
        assert "Acme Ltd 1,375" in theirs.label
        assert own.label.startswith("Orders of each customer: Acme Ltd ")
        assert theirs.value == RULES
        assert Reply.model_validate_json(own.value).sql == COUNTED


def test_the_rules_answer_where_they_are_chosen_and_no_model_is_asked(ask: Ask) -> None:
    with ask(OWN, text=KNOWN, answers={READINGS: RULES}) as seen:
        assert seen.run.script.author == "catalogue"
        assert seen.server.seen == []
        assert ("Acme Ltd", 1375.0) in seen.rows
        assert any("that of the rules was chosen" in line for line in seen.run.results.assumptions)


def test_the_models_reading_answers_where_it_is_chosen_without_another_call(ask: Ask) -> None:
    chosen = Reply(reading="Orders of each customer.", sql=COUNTED).model_dump_json(exclude_defaults=True)
    with ask(OWN, text=KNOWN, answers={READINGS: chosen}) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert seen.run.script.author == "model"
        assert seen.server.seen == []
        assert not any("The rules give" in line for line in seen.run.results.warnings)
        assert any("that of the language model was chosen" in line for line in seen.run.results.assumptions)


@pytest.mark.parametrize("answer", ["neither", "{}"])
def test_an_answer_that_is_neither_is_asked_again(answer: str, ask: Ask) -> None:
    with ask(OWN, OWN, text=KNOWN, answers={READINGS: answer}) as seen:
        assert seen.run.status is Status.NEEDS_INPUT


def test_a_model_that_gives_in_leaves_the_answer_to_the_rules(ask: Ask) -> None:
    with ask(OWN, says(rules="right"), text=KNOWN) as seen:
        assert seen.run.script.author == "catalogue"
        assert any("read the request as the rules did" in line for line in seen.run.results.assumptions)


def test_a_model_that_changes_to_the_rules_figures_is_believed(ask: Ask) -> None:
    same = (
        "SELECT c.customer_id, c.customer_name, SUM(i.amount) AS total FROM customers c JOIN orders o USING"
        " (customer_id) JOIN order_items i USING (order_id) GROUP BY 1, 2"
    )
    with ask(OWN, says(sql=same), text=KNOWN) as seen:
        assert seen.run.status is Status.DONE, seen.run.question
        assert seen.run.script.author == "model"


def test_a_reply_that_says_nothing_is_not_sure(ask: Ask) -> None:
    with ask(OWN, says(reading="Hm."), text=KNOWN) as seen:
        assert seen.run.status is Status.DONE, seen.run.question
        (line,) = [line for line in seen.run.results.warnings if "The rules give" in line]
        assert "leave sql empty" in seen.prompt(1), "what the model is told to do"
        assert "leave sql empty" not in line, "is not told to a person"


ONE = {"name": ["a", "b"], "total": [1375.0, 80.0]}


@pytest.mark.parametrize(
    ("other", "differ"),
    [
        ({"id": [1, 2], "name": ["a", "b"], "total": [80.0, 1375.0]}, False),
        ({"who": ["A", "B"], "total": [1375.0000001, 80.004]}, False),
        ({"total": [1375.0]}, False),
        ({"name": ["a", "b"], "total": [1374.0, 80.0]}, True),
        ({"name": ["a", "b"], "orders": [2, 1]}, True),
        ({"name": ["b", "a"]}, False),
        ({"name": ["a", "c"]}, True),
        ({}, True),
    ],
)
def test_figures_differ_only_where_they_truly_do(other: dict[str, Any], differ: bool) -> None:
    assert other_figures(pd.DataFrame(ONE), pd.DataFrame(other)) is differ
    assert other_figures(pd.DataFrame(other), pd.DataFrame(ONE)) is differ


def test_a_share_is_the_same_in_per_cent_and_names_are_compared_where_there_are_no_numbers() -> None:
    assert not other_figures(pd.DataFrame({"share": [0.25, 0.5]}), pd.DataFrame({"share": [25.0, 50.0]}))
    assert not other_figures(pd.DataFrame({"n": ["a", "b"]}), pd.DataFrame({"n": ["b", "a"], "city": ["x", "y"]}))
    assert other_figures(pd.DataFrame({"n": ["a", "b"]}), pd.DataFrame({"n": ["a", "c"]}))
    assert other_figures(pd.DataFrame({"n": [1.0]}), pd.DataFrame({"n": ["one"]}))


def test_a_result_is_shown_short() -> None:
    assert glimpse(pd.DataFrame({"n": [1234.5]})) == "1,234.50"
    assert glimpse(pd.DataFrame({"n": []})) == "nothing"
    shown = glimpse(pd.DataFrame({"name": list("abcde"), "n": [1, 2, 3, 4, None]}))
    assert shown == "a 1; b 2; c 3 ... (5 rows)"
