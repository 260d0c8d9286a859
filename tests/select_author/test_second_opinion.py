"""The rules' reading beside the model's: shown, agreed with, differed from, and what answers when nobody is there."""

from __future__ import annotations

from engine import Status
from tests.language_model.scripted_server import Turn
from tests.select_author.conftest import Ask, says

KNOWN = "total amount of order items by customer name"
COUNTED = "SELECT c.customer_name, COUNT(*) AS n FROM customers c JOIN orders o USING (customer_id) GROUP BY 1"


def test_the_model_sees_the_rules_reading_with_its_rows(ask: Ask) -> None:
    with ask(says(rules="right"), text=KNOWN) as seen:
        assert "The rules read it so" in seen.prompt(0)
        assert "Its first rows: " in seen.prompt(0)


def test_where_it_is_right_the_rules_answer(ask: Ask) -> None:
    with ask(says(rules="right"), text=KNOWN) as seen:
        assert seen.run.script.author == "catalogue"
        assert len(seen.rows) == 3
        assert seen.run.writing is not None, "the call is kept although the rules answer"
        assert any("read the request as the rules did" in line for line in seen.run.results.assumptions)


def test_another_result_is_told_with_that_of_the_rules_and_the_model_decides(ask: Ask) -> None:
    own = says(sql=COUNTED)
    said = says(sql=COUNTED, rules="how many orders is asked")
    with ask(own, said, text=KNOWN) as seen:
        assert "The rules give customer_name" in seen.prompt(1)
        assert seen.run.script.author == "model"
        assert any("The rules give" in line for line in seen.run.results.warnings)
        assert any("how many orders is asked" in line for line in seen.run.results.assumptions)


def test_a_model_that_says_what_the_rules_miss_is_not_asked_again(ask: Ask) -> None:
    own = says(sql=COUNTED, rules="it counts orders, not amounts")
    with ask(own, text=KNOWN) as seen:
        assert len(seen.server.seen) == 1
        assert any("it counts orders, not amounts" in line for line in seen.run.results.assumptions)


def test_a_server_that_is_busy_leaves_the_answer_to_the_rules_and_says_so(ask: Ask) -> None:
    busy = Turn(status=429, body={"error": {"message": "Too many requests"}}, headers={"Retry-After": "900"})
    with ask(busy, text=KNOWN) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert seen.run.script.author == "catalogue"
        assert any("could not be asked, so the rules answered alone" in line for line in seen.run.results.assumptions)


def test_a_server_that_is_busy_is_no_wrong_answer_where_the_rules_have_none(ask: Ask) -> None:
    busy = Turn(status=429, body={"error": {"message": "Too many requests"}}, headers={"Retry-After": "900"})
    with ask(busy) as seen:
        assert seen.run.status is Status.FAILED
        assert "takes no more requests now" in seen.run.failure.message


def test_what_the_rules_would_ask_the_model_may_answer(ask: Ask) -> None:
    text = "orders by date"
    with ask(says(cannot="It is not clear."), text=text) as seen:
        asked = "would ask" in seen.prompt(0)
    assert asked or "The rules read it so" in seen.prompt(0)
