"""A request that follows an answer changes what was asked there, and gives what a SELECT written by hand gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.authors.asking import Understood, names_of, understand
from engine.authors.base import Declined, Ground
from engine.authors.following import NEW, understand_change
from engine.bench.scoring import matches
from engine.compiling.asking import compile_question
from engine.language.following import heard
from engine.products import Question

CASES = yaml.safe_load(Path(__file__).with_name("followups.yaml").read_text(encoding="utf-8"))
ALL = [(case["first"], text, case) for case in CASES for text in case["then"]]


def rows_of(ground: Ground, sql: str) -> list[list[Any]]:
    return [list(row) for row in ground.read(sql, {}).itertuples(index=False)]


def answer(ground: Ground, text: str) -> Understood:
    found = understand(text, ground, {})
    assert isinstance(found, Understood), found
    return found


@pytest.mark.parametrize(("first", "then", "case"), ALL, ids=[f"{first} > {then}" for first, then, _ in ALL])
def test_a_follow_up_is_answered_as_by_hand(ground: Ground, first: str, then: str, case: dict[str, Any]) -> None:
    found = understand_change(then, answer(ground, first), ground, {})
    if case.get("declined"):
        assert isinstance(found, Declined), found
        return
    if "asked" in case:
        assert isinstance(found, Question), found
        assert len(found.options) == case["asked"]
        return
    assert isinstance(found, Understood), found
    assert Understood.model_validate_json(found.model_dump_json()) == found
    rows = rows_of(ground, compile_question(found.asked, names_of(ground).model))
    assert (NEW in found.edit) == bool(case.get("new")), found.edit
    if "edit" in case:
        assert found.edit == case["edit"].strip()
    if "chart" in case:
        assert found.asked.chart == case["chart"]
    if "columns" in case:
        assert len(rows[0]) == case["columns"]
    if "rows" in case:
        assert len(rows) == rows_of(ground, case["rows"])[0][0]
    if "sql" in case:
        gold = rows_of(ground, case["sql"])
        table = {"columns": [str(at) for at in range(len(gold[0]))], "rows": gold, "n_rows": len(gold)}
        asked = {"question": then, "gold_answer": table}
        assert matches({"tables": {"a": {"rows": rows}}}, asked), (
            rows[:3],
            gold[:3],
        )
        if case.get("ordered"):
            assert [row[0] for row in rows] == [row[0] for row in gold]


def test_several_follow_ups_change_one_thing_each(ground: Ground) -> None:
    found = answer(ground, "total fee of hires booked in 2026 by month")
    for text in ("only forestry", "by quarter", "the average instead", "and last year?"):
        made = understand_change(text, found, ground, {})
        assert isinstance(made, Understood), (text, made)
        found = made
    rows = rows_of(ground, compile_question(found.asked, names_of(ground).model))
    gold = rows_of(
        ground,
        "SELECT (substr(booked_on,6,2)+2)/3, avg(fee) FROM hires h JOIN clients c ON c.id = h.client_id"
        " WHERE booked_on LIKE '2025%' AND industry = 'forestry' GROUP BY 1 ORDER BY 1",
    )
    assert [row[-1] for row in rows] == pytest.approx([row[-1] for row in gold])


def test_what_is_chosen_of_two_readings_answers(ground: Ground) -> None:
    first = answer(ground, "total fee of hires booked in 2026 by month")
    asked = understand_change("now by maker", first, ground, {})
    assert isinstance(asked, Question)
    for option in asked.options:
        found = understand_change("now by maker", first, ground, {asked.key: option.value})
        assert isinstance(found, Understood)
        assert found.sentence == option.value


def test_what_is_supposed_stands_beside_a_plain_answer(ground: Ground) -> None:
    first = answer(ground, "total fee of hires booked in 2026 by maker")
    found = understand_change("what if fees rise 10 %", first, ground, {})
    assert isinstance(found, Understood), found
    assert found.edit == "Supposing fees rise 10 %"
    assert [each.values for each in found.what_if.scenarios] == [{"fee_change": 0.1}]
    both = understand_change("also if fees fall 5 %", found, ground, {})
    assert isinstance(both, Understood), both
    assert len(both.what_if.scenarios) == 2
    later = understand_change("by industry instead", both, ground, {})
    assert isinstance(later, Understood), later
    assert later.what_if == both.what_if
    assert isinstance(understand_change("what if it rains", first, ground, {}), Declined)


@pytest.mark.parametrize("text", ["undo", "Back", "go back!", "never mind"])
def test_going_back_is_heard(text: str) -> None:
    assert heard(text).kind == "back"


def test_words_that_only_tie_are_left_out() -> None:
    said = heard("And now by region instead of month, please?")
    assert (said.text, said.instead, said.points) == ("by region", "month", True)


def test_what_was_taken_for_granted_goes_with_what_it_was_of(ground: Ground) -> None:
    first = answer(ground, "how many running machines are there by maker")
    ended = understand_change("ended ones instead", first, ground, {})
    assert isinstance(ended, Understood), ended
    rows = rows_of(ground, compile_question(ended.asked, names_of(ground).model))
    assert sum(row[-1] for row in rows) == 2
    assert not any("run today" in each for each in ended.assumptions)
