"""One service for every property: the same script with another value, checked against the data, with no model."""

from __future__ import annotations

import pytest

from engine import Kit
from engine.compiling.filling import filled
from engine.errors import UsageError
from engine.products import Scenario
from engine.services import api, blanks, promoting
from engine.services.tools import Tools
from tests.scenarios.conftest import asked
from tests.services.conftest import Live

OTHER = "Prairie Point Mall"


def memo(live: Live) -> str:
    run = live.ask()
    live.kit.store.save_scenarios(run.id, [Scenario(name="Rates up", values={"rate_change": 0.02})])
    return promoting.create(live.kit, run.id, "memo", blank=["property"]).name


def numbers(kit: Kit, text: str) -> dict[str, object]:
    run = asked(kit, text)
    assert run.results is not None
    return {each.name: each.value for each in run.results.metrics}


def test_another_property_gives_what_asking_for_it_gives(live: Live) -> None:
    run, simulated = blanks.call(live.kit, memo(live), {"property": OTHER}, "rates up")
    assert run.results is not None
    assert run.script is not None
    assert {each.name: each.value for each in run.results.metrics} == numbers(live.kit, f"DSCR for {OTHER}")
    assert run.title == f"DSCR for {OTHER}"
    assert run.request.text == f"DSCR for {OTHER}"
    assert "Orlando" not in run.script.text
    assert simulated is not None
    assert simulated["metrics"]["dscr"] < run.results.metrics[0].value  # type: ignore[operator]


def test_a_name_in_other_letters_is_taken_and_one_that_is_not_there_is_refused(live: Live) -> None:
    name = memo(live)
    run, _ = blanks.call(live.kit, name, {"property": "prairie point mall"})
    assert run.title == f"DSCR for {OTHER}"
    with pytest.raises(UsageError, match="no property 'Prairie Pint Mal'") as refused:
        blanks.call(live.kit, name, {"property": "Prairie Pint Mal"})
    assert OTHER in refused.value.hint
    with pytest.raises(UsageError, match="no blank 'region'"):
        blanks.call(live.kit, name, {"region": "West"})
    with pytest.raises(UsageError, match="no scenario"):
        blanks.call(live.kit, name, {}, "Boom")
    with pytest.raises(UsageError, match="no property"):
        blanks.call(live.kit, name, {"property": "x' OR '1'='1"})


def test_without_a_scenario_of_its_own_a_service_has_those_that_are_offered(live: Live) -> None:
    promoting.create(live.kit, live.ask().id, "plain", blank=["property"])
    _, simulated = blanks.call(live.kit, "plain", {"property": OTHER}, "Rates up")
    assert simulated is not None
    assert simulated["name"] == "Rates up"


def test_what_holds_to_no_value_cannot_be_left_blank(live: Live) -> None:
    run = live.ask("NOI by region")
    with pytest.raises(UsageError, match="cannot be left blank"):
        promoting.create(live.kit, run.id, "regions", blank=["region"])


def test_programs_and_assistants_call_it_too(live: Live) -> None:
    name = memo(live)
    body = b'{"inputs": {"property": "Prairie Point Mall"}, "scenario": "Rates up"}'
    status, found = api.call(live.kit, name, "application/json", body)
    assert status == 200
    assert found["answer"]["title"] == f"DSCR for {OTHER}"
    assert found["scenario"]["name"] == "Rates up"
    assert api.call(live.kit, name, "application/json", b'{"inputs": []}')[0] == 200
    assert api.call(live.kit, name, "application/json", b'{"inputs": ["a"]}')[0] == 400
    told = Tools(live.kit).call_service(name, {"property": OTHER})
    assert told["period"]
    assert told["lineage"]["dscr"]["definition"]


def test_an_update_keeps_the_blanks_or_is_refused(live: Live) -> None:
    name = memo(live)
    with pytest.raises(UsageError, match="cannot be left blank"):
        promoting.update(live.kit, name, live.ask("NOI by region").id)
    changed = promoting.update(live.kit, name, live.ask(f"DSCR for {OTHER}").id)
    assert [each.value for each in changed.blanks] == [OTHER]


def test_filling_changes_values_and_words_and_no_query(live: Live) -> None:
    plan = live.ask().plan
    assert plan is not None
    other = filled(plan, {"Orlando Fashion Square": "A \\ \"B\" 'C'\nD"})
    assert [each.sql for each in other.sources] == [each.sql for each in plan.sources]
    assert {each.bound["property"] for each in other.sources} == {"A \\ \"B\" 'C'\nD"}
    assert other.title == "DSCR for A \\ \"B\" 'C' D"
