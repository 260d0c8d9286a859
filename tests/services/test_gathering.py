"""A memo made of a service's answers: one row for each value of a blank, each an answer of its own."""

from __future__ import annotations

import pytest

from engine.errors import CancelledError, UsageError
from engine.services import blanks, promoting, ticker
from engine.services.gathering import gather
from engine.services.tools import Tools
from engine.usecases.refresh import refresh
from tests.services.conftest import Live
from tests.services.test_blanks import OTHER, memo

OWN = "Orlando Fashion Square"


def rows(run: object) -> dict[str, tuple[object, ...]]:
    results = run.results  # type: ignore[attr-defined]
    table = results.tables["result"]
    assert table.columns[0] == "property"
    return {row[0]: row[1:] for row in table.rows}


def test_each_row_is_an_answer_of_its_own(live: Live) -> None:
    name = memo(live)
    told: list[tuple[str, int, int]] = []
    run = gather(live.kit, name, values=(OWN, OTHER), scenario="Rates up", tell=lambda *each: told.append(each))
    assert told == [(OWN, 1, 2), (OTHER, 2, 2)]
    assert run.request.gathered is not None
    assert run.results is not None
    parts = {part.value: part for part in run.request.gathered.parts}
    for value in (OWN, OTHER):
        answer, simulated = blanks.call(live.kit, name, {"property": value}, "Rates up")
        assert answer.results is not None
        assert simulated is not None
        dscr = next(each.value for each in answer.results.metrics if each.name == "dscr")
        assert rows(run)[value][:2] == pytest.approx((dscr, simulated["metrics"]["dscr"]))
        kept = live.kit.store.load(parts[value].run_id)
        assert kept.title == f"DSCR for {value}"
        assert f"{value} is the answer {parts[value].run_id}" in run.results.assumptions
    lowest = next(each for each in run.results.metrics if each.name == "lowest_dscr")
    assert lowest.value == pytest.approx(min(row[0] for row in rows(run).values()))
    assert lowest.good == ">= 1.25"


def test_every_value_is_taken_where_none_is_named_and_what_has_no_answer_is_said(live: Live) -> None:
    run = gather(live.kit, memo(live))
    assert run.results is not None
    assert run.request.gathered is not None
    known = 48
    assert len(run.request.gathered.parts) + len(run.request.gathered.missing) == known
    assert len(rows(run)) == len(run.request.gathered.parts)
    for line in run.request.gathered.missing:
        assert "has no answer" in line
        assert line in run.results.assumptions


def test_a_memo_that_is_promoted_asks_its_answers_anew(live: Live) -> None:
    first = gather(live.kit, memo(live), values=(OWN, OTHER))
    service = promoting.create(live.kit, first.id, "portfolio")
    assert not service.moves
    live.change("UPDATE income_lines SET amount = amount * 2 WHERE category = 'base rent'")
    ticker.ask(service, live.kit, live.now())
    ((tick,), _) = ticker.pass_once(live.kit, live.now)
    assert tick.report is not None
    assert tick.report.failure == ""
    second = live.kit.store.load(tick.run_id)
    assert all(rows(second)[value][0] > rows(first)[value][0] for value in (OWN, OTHER))  # type: ignore[operator]
    assert {each.label for each in tick.report.members} == {f"Dscr of {value}" for value in (OWN, OTHER)} or {
        each.label for each in tick.report.members
    } == {f"DSCR of {value}" for value in (OWN, OTHER)}


def test_what_cannot_be_gathered_is_said_before_anything_is_asked(live: Live) -> None:
    name = memo(live)
    before = len(live.kit.store.list())
    for arguments, words in (
        ({"blank": "region"}, "no blank 'region'"),
        ({"values": (OWN, "Nowhere")}, "no property 'Nowhere'"),
    ):
        with pytest.raises(UsageError, match=words):
            gather(live.kit, name, **arguments)  # type: ignore[arg-type]
    with pytest.raises(CancelledError, match="cancelled"):
        gather(live.kit, name, values=(OWN,), cancelled=lambda: True)
    assert len(live.kit.store.list()) == before
    promoting.create(live.kit, live.ask().id, "plain")
    with pytest.raises(UsageError, match="has no blank"):
        gather(live.kit, "plain")


def test_a_memo_is_not_read_anew_as_if_it_were_data(live: Live) -> None:
    run = gather(live.kit, memo(live), values=(OWN,))
    with pytest.raises(UsageError, match="made of answers") as refused:
        refresh(run, live.kit, lambda event: None)
    assert "./run service memo memo" in refused.value.hint


def test_an_assistant_gathers_too(live: Live) -> None:
    told = Tools(live.kit).gather_service(memo(live), values=[OWN, OTHER])
    assert told["title"] == "DSCR by property"
