"""A model that writes SELECTs, through the whole pipeline: believed, checked, doubted once, never rewritten."""

from __future__ import annotations

import pytest

from engine import Status
from engine.authors.model.decisions import APPROVAL
from engine.authors.select.author import ASKED
from engine.authors.select.reply import Reply
from tests.language_model.scripted_server import Turn
from tests.select_author.conftest import Ask, says

BY_CATEGORY = (
    "SELECT p.category, SUM(i.amount) AS revenue FROM order_items i JOIN products p ON p.product_id = i.product_id"
    " GROUP BY p.category ORDER BY revenue DESC"
)
WANTED = [("Furniture", 1000.0), ("Electronics", 685.0), ("Lighting", 35.0)]
GOOD = says(
    reading="Revenue of each category, largest first",
    assumptions=["doing well means revenue"],
    sql=BY_CATEGORY,
    columns=[{"name": "revenue", "show": "money:USD", "label": "Revenue"}],
)


def test_a_select_becomes_a_model_that_can_be_simulated(ask: Ask) -> None:
    with ask(GOOD) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert seen.rows == WANTED
        assert seen.numbers == {"all_revenue": 1720.0}
        assert len(seen.server.seen) == 1
        assert seen.run.plan.intent["lifted"] is True
        assert "give the same 3 rows" in seen.run.execution.agreement
        assert "doing well means revenue" in seen.run.results.assumptions
        assert seen.run.plan.summary == "Revenue of each category, largest first"
        scenario = {"name": "up", "amount_change": 0.1}
        found = seen.kit.sessions.simulate(seen.run, [scenario])["scenarios"][0]["metrics"]
        assert found["all_revenue"] == pytest.approx(1892.0)


def test_what_the_database_says_goes_back_and_the_mended_query_is_taken(ask: Ask) -> None:
    with ask(says(sql=BY_CATEGORY.replace("i.amount", "i.turnover")), GOOD) as seen:
        assert seen.rows == WANTED
        assert "turnover" in seen.prompt(1)
        assert seen.server.seen[1]["messages"][-2]["role"] == "assistant"


def test_a_query_that_never_runs_is_asked_for_in_smaller_questions(ask: Ask) -> None:
    bad = says(sql="SELECT nothing FROM nowhere")
    tables = says(kind="breakdown", tables=["order_items", "products"])
    code = (
        'def by_category(rows: pd.DataFrame) -> pd.DataFrame:\n    return rows.groupby("category")[["amount"]].sum()\n'
    )
    with ask(bad, bad, bad, tables, Turn(f"```python\n{code}```"), Turn(f"```python\n{code}```")) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert "decisions" in seen.run.plan.intent
        assert any("smaller questions" in event.message for event in seen.told)


def test_doubts_are_told_once_and_what_is_kept_is_shown_beside_the_answer(ask: Ask) -> None:
    wrong = says(reading="Orders that were sent", sql="SELECT COUNT(*) AS n FROM orders WHERE status = 'Shipped'")
    with ask(wrong, wrong) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert len(seen.server.seen) == 2
        assert "it is written 'shipped' there" in seen.prompt(1)
        assert any("it is written 'shipped'" in line for line in seen.run.results.warnings)


def test_an_answer_that_is_changed_after_the_doubts_is_the_answer(ask: Ask) -> None:
    wrong, right = (
        says(sql=f"SELECT COUNT(*) AS n FROM orders WHERE status = '{word}'") for word in ("Shipped", "shipped")
    )
    with ask(wrong, right) as seen:
        assert seen.numbers == {"n": 3}
        assert seen.run.results.warnings == ()


def test_a_change_that_does_not_run_leaves_the_first_answer(ask: Ask) -> None:
    first = says(sql="SELECT COUNT(*) AS n FROM orders WHERE status <> 'gone'")
    with ask(first, says(sql="SELECT nonsense FROM orders")) as seen:
        assert seen.numbers == {"n": 6}


def test_what_the_data_does_not_hold_is_declined_with_the_reason(ask: Ask) -> None:
    with ask(says(cannot="There is no profit: costs are not recorded.")) as seen:
        assert seen.run.status is Status.REFUSED
        assert seen.run.failure.message == "There is no profit: costs are not recorded."
        assert "connect a language model" not in seen.run.failure.hint


def test_a_question_of_the_model_is_put_and_its_answer_reaches_the_model(ask: Ask) -> None:
    asked = says(question={"text": "By revenue or by number of orders?", "options": ["revenue", "orders"]})
    with ask(asked) as seen:
        assert seen.run.status is Status.NEEDS_INPUT
        assert [option.label for option in seen.run.question.options] == ["revenue", "orders"]
        chosen = seen.run.question.options[0].value
    with ask(GOOD, answers={ASKED: chosen}) as seen:
        assert seen.rows == WANTED
        assert "By revenue or by number of orders? The person answered: revenue" in seen.prompt(0)


def test_what_is_not_lifted_is_shown_as_the_database_gives_it(ask: Ask) -> None:
    listed = "SELECT category, group_concat(product_name) AS names FROM products GROUP BY category"
    with ask(says(sql=listed)) as seen:
        assert len(seen.rows) == 3
        assert seen.run.plan.intent["lifted"] is False
        assert any("computed by the database as one query" in line for line in seen.run.results.assumptions)


def test_where_quantities_and_select_disagree_the_select_is_shown(ask: Ask) -> None:
    """SQLite takes a bare column from the row of the greatest value, which no group by it gives."""
    bare = "SELECT customer_id, order_id, MAX(shipping_fee) AS fee FROM orders GROUP BY customer_id"
    with ask(says(sql=bare)) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert sorted(seen.rows) == [(1, 2, 12), (2, 5, 9), (3, 4, 8)]
        assert seen.run.plan.intent["lifted"] is False
        assert any("disagree" in line for line in seen.run.results.assumptions)


def test_a_supposition_is_computed_beside_the_answer(ask: Ask) -> None:
    up = {"name": "Amounts up 10 %", "column": "order_items.amount", "change": 0.1}
    text = "How would revenue look if amounts rose by a tenth, all in all?"
    with ask(says(sql="SELECT SUM(amount) AS revenue FROM order_items", suppose=[up]), text=text) as seen:
        assert seen.numbers == {"revenue": 1720}
        scenario = seen.run.results.supposed.scenarios[0]
        assert scenario["name"] == "Amounts up 10 %"
        assert scenario["metrics"]["revenue"] == pytest.approx(1892.0)


def test_functions_answer_what_no_select_can(ask: Ask) -> None:
    code = '''
def instalments(orders_rows: pd.DataFrame, rate: float) -> pd.DataFrame:
    """Three equal payments of all shipping fees, with interest."""
    whole = orders_rows["shipping_fee"].sum() * (1 + rate)
    return pd.DataFrame({"payment": [1, 2, 3], "amount": [whole / 3] * 3})


def whole_amount(instalments: pd.DataFrame) -> float:
    """What is paid in all."""
    return float(instalments["amount"].sum())
'''
    made = says(
        reading="Three instalments of the shipping fees",
        sources=[{"name": "orders_rows", "sql": "SELECT shipping_fee FROM orders"}],
        functions=code,
        parameters=[{"name": "rate", "label": "Rate", "default": 0.1, "low": 0, "high": 0.5, "unit": "percent"}],
    )
    with ask(made, text="Draw up a payment plan of three instalments for the shipping fees") as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert seen.numbers["whole_amount"] == pytest.approx(46 * 1.1)
        assert len(seen.run.results.tables["instalments"].rows) == 3


def test_a_reply_without_an_answer_is_asked_for_again(ask: Ask) -> None:
    with ask(Turn("I would look at the orders first."), GOOD) as seen:
        assert seen.rows == WANTED
        assert "no answer that can be used" in seen.prompt(1)


def test_a_model_that_thinks_gets_room_for_its_answer(ask: Ask) -> None:
    with ask(Turn("", finish="length", thinking="Let me see. " * 50), GOOD) as seen:
        assert seen.rows == WANTED
        first, second = seen.server.seen[:2]
        assert second["max_tokens"] > first["max_tokens"]
        assert second["chat_template_kwargs"] == {"enable_thinking": False}


def test_the_same_request_is_given_again_without_a_call(ask: Ask) -> None:
    with ask(GOOD, again=2) as seen:
        assert seen.rows == WANTED
        assert len(seen.server.seen) == 1
        assert "Given before" in seen.run.plan.summary
        assert "give the same 3 rows" in seen.run.execution.agreement


def test_a_query_is_approved_or_changed_before_it_is_carried_out(ask: Ask) -> None:
    with ask(GOOD, llm_approve_plan="yes") as seen:
        assert seen.run.status is Status.NEEDS_INPUT
        written = Reply.model_validate_json(seen.run.question.options[0].value)
    changed = written.model_copy(update={"sql": f"{BY_CATEGORY} LIMIT 1"})
    with ask(GOOD, answers={APPROVAL: changed.model_dump_json()}, llm_approve_plan="yes") as seen:
        assert seen.rows == WANTED[:1]
        assert seen.server.seen == []
