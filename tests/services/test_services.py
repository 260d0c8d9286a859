"""A service over real data: what it answers after they changed, its versions, and what is never answered wrongly."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from engine.errors import UsageError
from engine.products import Scenario
from engine.products.service import Alert, AlertKind, Drop, Report, Schedule, Service, Tick, TickState, Told
from engine.services import api, promoting
from engine.services.messages import summary
from engine.services.newest import newest_run
from engine.services.ticker import ask, pass_once
from engine.store.services import new_tick
from engine.store.tables import audit
from engine.usecases.history import delete_run
from engine.usecases.meaning import teach
from tests.scenarios.conftest import asked
from tests.services.conftest import OWN, Live

MONDAYS = Schedule(cron="0 7 * * 1", zone="Europe/Berlin")
FALLS = f"UPDATE income_lines SET amount = amount / 2 WHERE {OWN} AND period >= '2026-05'"


def answered(live: Live) -> list[Tick]:
    return pass_once(live.kit, live.now)[0]


def weekly(live: Live, **fields: object) -> Service:
    """A service of the DSCR answer, due on Mondays, made on the Sunday before the clock."""
    made = promoting.create(live.kit, live.ask().id, "dscr", schedule=MONDAYS, **fields)  # type: ignore[arg-type]
    since = made.model_copy(update={"since": datetime(2026, 11, 1, tzinfo=UTC)})
    return live.kit.store.services.put(since, "changed")


def test_monday_names_the_breach_what_changed_and_why_and_is_quiet_then(live: Live) -> None:
    weekly(live, alerts=(Alert(kind=AlertKind.THRESHOLD),), told=Told.ALERTS, channels=(Drop(folder="monday"),))
    (first,) = answered(live)
    assert first.report is not None
    assert (first.cause, first.due_at, first.report.same) == ("schedule", datetime(2026, 11, 2, 6, tzinfo=UTC), True)
    assert live.sent() == ()
    assert answered(live) == []
    live.later(days=7)
    live.change(FALLS)
    (second,) = answered(live)
    assert second.report is not None
    assert [each.verdict_after for each in second.report.shifts if each.name == "dscr"] == ["breach"]
    assert second.report.fired[0].startswith("DSCR is 0.")
    said = summary(second.report)
    assert said[0].startswith("DSCR of Orlando Fashion Square is 0.")
    assert "DSCR 1.35x → 0." in said[1]
    assert "(breach)" in said[1]
    assert second.report.why[0].startswith("Income collected $6,310,102 → ")
    (message,) = live.sent()
    assert message.state == "sent"
    live.later(days=7)
    (third,) = answered(live)
    assert third.report is not None
    assert third.report.fired == ()
    assert len(live.sent()) == 1


def test_each_property_of_a_ranking_is_watched_and_named_once(live: Live) -> None:
    run = live.ask("DSCR by property")
    service = promoting.create(live.kit, run.id, "all", alerts=(Alert(kind=AlertKind.THRESHOLD),))
    ask(service, live.kit, live.later(seconds=1))
    (first,) = answered(live)
    assert first.report is not None
    short = [text for text in first.report.fired if "short of its threshold" in text or "a breach" in text]
    assert 10 <= len(short) <= 20
    live.change(FALLS)
    ask(service, live.kit, live.later(seconds=1))
    (second,) = answered(live)
    assert second.report is not None
    assert next(text for text in second.report.fired if "Orlando Fashion Square" in text).endswith("a breach.")
    assert not any("Lantern Square" in text for text in second.report.fired), "what held before is quiet"


def test_a_time_that_was_missed_runs_once_late_and_says_so(live: Live) -> None:
    weekly(live)
    live.later(days=21, hours=2)
    (only,) = answered(live)
    assert (only.due_at, only.missed) == (datetime(2026, 11, 23, 6, tzinfo=UTC), 3)
    assert answered(live) == []


def test_the_period_moves_on_with_time_or_stays(live: Live) -> None:
    run = live.ask("NOI for Orlando Fashion Square last month")
    moving = promoting.create(live.kit, run.id, "moves")
    staying = promoting.create(live.kit, run.id, "stays", moves=False)
    live.kit.pin("2026-10-22")
    for service in (moving, staying):
        ask(service, live.kit, live.later(seconds=1))
    moved, stayed = (live.kit.store.load(tick.run_id) for tick in answered(live))
    assert moved.results is not None
    assert stayed.results is not None
    assert (moved.results.period, stayed.results.period) == ("Sep 2026", "Oct 2026")


def test_a_request_that_is_read_otherwise_is_no_answer(live: Live) -> None:
    service = promoting.create(live.kit, live.ask().id, "dscr")
    base = live.kit.store.load(service.version.run_id)
    assert base.script is not None
    other = live.ask("NOI for Orlando Fashion Square")
    changed = service.versions[0].model_copy(update={"run_id": other.id})
    # A version whose run was asked in other words than its script answers.
    live.kit.store.keep(other, script=base.script)
    live.kit.store.services.put(service.model_copy(update={"versions": (changed,)}), "changed")
    ask(service, live.kit, live.now())
    (tick,) = answered(live)
    assert tick.report is not None
    assert tick.state is TickState.FAILED
    assert "read otherwise" in tick.report.failure


def test_a_schema_change_says_the_column_and_the_numbers_on_it(live: Live) -> None:
    service = promoting.create(live.kit, live.ask().id, "dscr", moves=False)
    live.change("ALTER TABLE expense_lines RENAME COLUMN amount TO sum_paid")
    ask(service, live.kit, live.now())
    (tick,) = answered(live)
    assert tick.report is not None
    assert "amount" in tick.report.failure
    assert "DSCR" in tick.report.failure
    assert "OpEx" in tick.report.failure
    assert newest_run(live.kit.store.services.get("dscr"), live.kit).id == service.version.run_id


def test_a_column_of_another_kind_is_told_before_it_answers_wrongly(live: Live) -> None:
    service = promoting.create(live.kit, live.ask("Total monthly rent by tenant name").id, "rents", moves=False)
    live.change(
        "CREATE TABLE l AS SELECT * FROM leases", "UPDATE l SET monthly_rent = 'EUR ' || monthly_rent",
        "DROP TABLE leases", "ALTER TABLE l RENAME TO leases",
    )  # fmt: skip
    ask(service, live.kit, live.now())
    (tick,) = answered(live)
    assert tick.report is not None
    assert tick.state is TickState.FAILED, tick.report


def test_versions_update_roll_back_and_compare(live: Live) -> None:
    first = live.ask()
    live.kit.store.save_scenarios(first.id, [Scenario(name="Down", values={"revenue_change": -0.1})])
    promoting.create(live.kit, first.id, "dscr")
    second = live.ask("DSCR for Prairie Point Mall")
    teach(live.kit, live.kit.settings.database, "rent means rent_payments.amount")
    promoting.update(live.kit, "dscr", second.id, "the other mall")
    assert newest_run(live.kit.store.services.get("dscr"), live.kit).id == second.id
    found = promoting.compare(live.kit, "dscr", 1, 2)
    assert {each["name"] for each in found["metrics"]} >= {"dscr", "noi"}
    assert any("Prairie Point Mall" in line for line in found["script"])
    assert len(set(found["meaning"])) == 2, "a word was taught between the two"
    assert found["limits"] == ["60 s, 512 MB"] * 2
    back = promoting.roll_back(live.kit, "dscr", 1)
    ask(back, live.kit, live.now())
    answered(live)
    run = newest_run(live.kit.store.services.get("dscr"), live.kit)
    assert run.request.text == first.request.text
    assert [each.name for each in live.kit.store.scenarios(run.id)] == ["Down"]
    with pytest.raises(UsageError, match="no version 7"):
        promoting.roll_back(live.kit, "dscr", 7)


def test_what_a_service_stands_on_is_not_deleted_from_under_it(live: Live) -> None:
    run = live.ask()
    promoting.create(live.kit, run.id, "dscr")
    with pytest.raises(UsageError, match="The service dscr stands on"):
        delete_run(live.kit.store, live.kit.sessions, live.kit.settings.output_dir, run.id)
    promoting.delete(live.kit, "dscr")
    delete_run(live.kit.store, live.kit.sessions, live.kit.settings.output_dir, run.id)


def test_a_stopped_service_is_due_at_no_time_and_what_passed_is_not_missed(live: Live) -> None:
    weekly(live)
    promoting.turn(live.kit, "dscr", on=False)
    live.later(days=14)
    assert answered(live) == []
    assert api.results(live.kit, "dscr")[0] == 409
    promoting.turn(live.kit, "dscr", on=True)
    assert answered(live) == []


@pytest.mark.parametrize("name", ["", "///", "ä"])
def test_a_name_needs_letters(live: Live, name: str) -> None:
    run = live.ask()
    titled = live.kit.store.rename(run.id, "§§")
    with pytest.raises(UsageError, match="name"):
        promoting.create(live.kit, titled.id, name)


def test_a_name_is_taken_once_and_every_act_is_in_the_audit_log(live: Live) -> None:
    run = live.ask()
    promoting.create(live.kit, run.id, "DSCR, Orlando")
    with pytest.raises(UsageError, match="dscr-orlando already"):
        promoting.create(live.kit, run.id, "dscr orlando")
    promoting.turn(live.kit, "dscr-orlando", on=False)
    promoting.delete(live.kit, "dscr-orlando")
    wanted = select(audit.c.action).where(audit.c.action.startswith("service")).order_by(audit.c.number)
    with live.kit.store.services._begin() as connection:
        acts = list(connection.execute(wanted).scalars())
    assert acts == ["service created", "service stopped", "service deleted"]


def test_over_http_the_answer_scenarios_a_file_and_how_to_ask(live: Live) -> None:
    promoting.create(live.kit, live.ask().id, "dscr")
    status, found = api.results(live.kit, "dscr")
    assert status == 200
    assert found["answer"]["metrics"][0]["name"] in ("dscr", "egi")
    sent = b'{"scenarios": [{"name": "down", "revenue_change": -0.1}]}'
    status, found = api.simulate(live.kit, "dscr", "application/json", sent)
    assert status == 200
    assert found["scenarios"][0]["metrics"]["dscr"] == pytest.approx(1.147, abs=0.01)
    assert api.simulate(live.kit, "dscr", "application/json", b'{"scenarios": [{"wrong": 1}]}')[0] == 400
    assert api.simulate(live.kit, "dscr", "text/plain", sent)[0] == 415
    file = api.download(live.kit, "dscr", "pdf")
    assert file[:2] == ("dscr.pdf", "application/pdf")
    status, document = api.openapi(live.kit, "dscr")
    scenario = document["paths"]["/api/services/dscr/simulate"]["post"]["requestBody"]["content"]["application/json"]
    fields = scenario["schema"]["properties"]["scenarios"]["items"]["properties"]
    assert fields["revenue_change"]["maximum"] >= 0.5
    assert api.results(live.kit, "none")[0] == 404
    assert api.health(live.kit, "dscr") == (200, {"status": "ok", "failure": ""})


def test_a_program_that_asks_too_often_waits() -> None:
    pace = api.Pace(most=2, span=60)
    assert [pace.wait("a"), pace.wait("a"), pace.wait("b")] == [0, 0, 0]
    assert 0 < pace.wait("a") <= 61


def test_the_newest_answer_stays_whatever_fails_or_waits_behind_it(live: Live) -> None:
    service = promoting.create(live.kit, live.ask().id, "dscr")
    ask(service, live.kit, live.now())
    (good,) = answered(live)
    for place in range(120):
        made = new_tick(service, live.later(seconds=1), "schedule")
        state = TickState.FAILED if place % 2 else TickState.DUE
        report = Report(failure="It is down.") if place % 2 else None
        assert live.kit.store.services.add_tick(made.model_copy(update={"state": state, "report": report}))
    assert newest_run(service, live.kit).id == good.run_id
    status, found = api.results(live.kit, "dscr")
    assert (status, found["answer"]["run"]) == (200, good.run_id)


def test_an_answer_that_a_person_deleted_leaves_the_one_before(live: Live) -> None:
    service = promoting.create(live.kit, live.ask().id, "dscr")
    runs = []
    for _ in range(2):
        ask(service, live.kit, live.later(seconds=1))
        runs.append(answered(live)[0].run_id)
    delete_run(live.kit.store, live.kit.sessions, live.kit.settings.output_dir, runs[1])
    assert newest_run(service, live.kit).id == runs[0]


def test_a_change_of_what_was_changed_meanwhile_is_refused_and_a_deleted_one_stays_deleted(live: Live) -> None:
    service = promoting.create(live.kit, live.ask().id, "dscr")
    promoting.change(live.kit, "dscr", title="Other")
    with pytest.raises(UsageError, match="changed or deleted meanwhile"):
        live.kit.store.services.put(service, "changed")
    last = live.kit.store.services.get("dscr")
    promoting.delete(live.kit, "dscr")
    with pytest.raises(UsageError, match="changed or deleted meanwhile"):
        live.kit.store.services.put(last, "changed")
    assert live.kit.store.services.all() == ()


def test_a_service_that_is_deleted_in_mid_answer_stops_nothing_else(live: Live) -> None:
    run = live.ask()
    gone, stays = (promoting.create(live.kit, run.id, name) for name in ("gone", "stays"))
    for service in (gone, stays):
        ask(service, live.kit, live.later(seconds=1))
    taken = live.kit.store.services.claim_tick(live.at)
    assert taken is not None
    promoting.delete(live.kit, "gone")
    assert [tick.service_id for tick in answered(live)] == [stays.id]


def test_one_answer_of_a_service_at_a_time(live: Live) -> None:
    service = promoting.create(live.kit, live.ask().id, "dscr")
    for _ in range(2):
        ask(service, live.kit, live.later(seconds=1))
    assert live.kit.store.services.claim_tick(live.at) is not None
    assert live.kit.store.services.claim_tick(live.at) is None


def test_a_name_that_is_anothers_id_is_no_way_to_it(live: Live) -> None:
    run = live.ask()
    first = promoting.create(live.kit, run.id, "dscr")
    promoting.create(live.kit, run.id, first.id, channels=(Drop(folder="evil"),))
    ask(first, live.kit, live.later(seconds=1))
    answered(live)
    assert live.sent() == ()
    assert live.kit.store.services.of(first.id).name == "dscr"


def test_an_answer_over_a_file_of_one_question_is_not_promoted(live: Live) -> None:
    kept = live.kit.shelf.add_file("sales.csv", b"region,amount\nNorth,10\nSouth,20\n", apart=True)
    run = asked(live.kit, "total amount by region", datasets=(kept.name,))
    with pytest.raises(UsageError, match="read for that question alone"):
        promoting.create(live.kit, run.id, "sales")


def test_a_title_is_one_line_and_rolling_back_lets_the_period_move_again(live: Live) -> None:
    promoting.create(live.kit, live.ask().id, "dscr", title="a\nb\u2028c")
    assert live.kit.store.services.get("dscr").title == "a b c"
    follow = asked(live.kit, "only 2025", after=live.kit.store.services.get("dscr").version.run_id)
    promoting.update(live.kit, "dscr", follow.id)
    promoting.roll_back(live.kit, "dscr", 1)
    ask(live.kit.store.services.get("dscr"), live.kit, live.later(seconds=1))
    (tick,) = answered(live)
    assert live.kit.store.load(tick.run_id).request.refreshed_from == ""
