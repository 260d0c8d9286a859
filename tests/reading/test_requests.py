"""Requests in many wordings give what a SELECT written by hand gives; what the data lack is declined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.authors.asking import Understood, make_plan, names_of, understand
from engine.authors.base import Declined, Ground
from engine.bench.scoring import matches
from engine.compiling.asking import compile_question
from engine.products import Plan, Question

CASES = yaml.safe_load(Path(__file__).with_name("requests.yaml").read_text(encoding="utf-8"))
ALL = [(text, case) for case in CASES for text in case["asks"]]


def rows_of(ground: Ground, sql: str) -> list[list[Any]]:
    return [list(row) for row in ground.read(sql, {}).itertuples(index=False)]


@pytest.mark.parametrize(("text", "case"), ALL, ids=[text for text, _ in ALL])
def test_a_request_is_answered_as_by_hand(ground: Ground, text: str, case: dict[str, Any]) -> None:
    found = understand(text, ground, {})
    if "sql" not in case:
        assert isinstance(found, Declined if case.get("declined") else Question), found
        return
    assert isinstance(found, Understood), found
    again = Understood.model_validate_json(found.model_dump_json())
    assert again == found
    answer = rows_of(ground, compile_question(again.asked, names_of(ground).model))
    gold = rows_of(ground, case["sql"])
    table = {"columns": [str(at) for at in range(len(gold[0]))], "rows": gold, "n_rows": len(gold)}
    assert matches({"tables": {"a": {"rows": answer}}}, {"question": text, "gold_answer": table}), (
        answer[:3],
        gold[:3],
    )


def test_the_readings_of_what_could_be_two_are_put_as_sentences(ground: Ground) -> None:
    found = understand("total fee in the North region", ground, {})
    assert isinstance(found, Question)
    assert [option.label for option in found.options] == [
        "Total fee of hires where region of pickup branch is North",
        "Total fee of hires where region of return branch is North",
    ]
    chosen = understand("total fee in the North region", ground, {found.key: found.options[1].value})
    assert isinstance(chosen, Understood)
    assert chosen.sentence == found.options[1].value


def test_a_plan_says_how_it_was_read_and_can_be_simulated(ground: Ground) -> None:
    text = "total fee of hires booked in 2026 by maker"
    found = understand(text, ground, {})
    assert isinstance(found, Understood)
    plan = make_plan(text, found, ground)
    assert isinstance(plan, Plan)
    assert plan.summary == "Total fee of hires where booked on is 2026-01-01 to 2026-12-31, by maker."
    assert [each.name for each in plan.parameters] == ["fee_change"]
    assert plan.check is not None


def test_an_empty_period_is_no_zero(ground: Ground) -> None:
    text = "total fee of hires booked in 2019"
    found = understand(text, ground, {})
    assert isinstance(found, Understood)
    declined = make_plan(text, found, ground)
    assert isinstance(declined, Declined)
    assert "booked on of hires goes from 2024-12-0" in declined.reason
    assert declined.near[0].startswith("the last month on record, 2026-1")


def test_deleted_rows_are_left_out_and_that_is_said(ground: Ground) -> None:
    found = understand("how many clients are there", ground, {})
    assert isinstance(found, Understood)
    assert "deleted clients are left out" in found.assumptions
    asked = understand("how many deleted clients are there", ground, {})
    assert isinstance(asked, Understood)
    assert rows_of(ground, compile_question(asked.asked, names_of(ground).model)) == [[3]]


@pytest.mark.parametrize("by", ["maker", "pickup branch", "return branch", "industry", "status", "month"])
def test_groups_add_up_to_the_whole(ground: Ground, by: str) -> None:
    whole, parts = (understand(f"total fee of hires{more}", ground, {}) for more in ("", f" by {by}"))
    assert isinstance(whole, Understood)
    assert isinstance(parts, Understood)
    model = names_of(ground).model
    (total,) = rows_of(ground, compile_question(whole.asked, model))
    groups = rows_of(ground, compile_question(parts.asked, model))
    assert sum(row[-1] for row in groups) == pytest.approx(total[0])
