"""The pipeline over real parts: products kept on failure, edited scripts, isolation rules, cancelling, the queue."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Kit, Request, Settings, Status, Workers, answer, submit
from engine.errors import EngineError, RefusedError, UsageError
from engine.executors.base import Property, Readiness
from engine.products import Event, Script, Step
from engine.scenarios.comparison import compared
from engine.scenarios.whatif import offered_scenarios, require_results
from engine.settings import CONSENT
from engine.steps.execute import allow


@pytest.fixture(scope="module")
def kit(sample_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    folder = tmp_path_factory.mktemp("kit")
    made = Kit(
        Settings(
            database_url=sample_url,
            executor="local",
            store_url=f"sqlite:///{folder}/store.sqlite",
            output_dir=folder / "runs",
            var_dir=folder / "var",
        )
    )
    yield made
    made.close()


def request(kit: Kit, text: str, **fields: object) -> Request:
    return Request(text=text, database=kit.remember(kit.settings.database), executor="local", **fields)


def test_every_product_is_kept_and_every_step_is_told(kit: Kit) -> None:
    told: list[Event] = []
    run = answer(request(kit, "DSCR for Orlando Fashion Square"), kit, told.append)
    assert run.status is Status.DONE
    kept = kit.store.load(run.id)
    for part in ("task", "plan", "script", "verdict", "bundle", "execution", "results"):
        assert getattr(kept, part) is not None, part
    assert set(kept.seconds) == {step.value for step in Step}
    done = [event.step for event in told if event.state == "done"]
    assert done == list(Step)
    assert [event.step for event in kit.store.events(run.id) if event.state == "done"] == done


def test_lineage_leads_from_the_number_to_the_query(kit: Kit) -> None:
    run = answer(request(kit, "DSCR for Orlando Fashion Square"), kit, lambda event: None)
    results = require_results(run)
    known = {quantity.name: quantity for quantity in results.quantities}
    assert known["dscr"].formula == "noi / debt_service"
    assert known["dscr"].value == pytest.approx((known["noi"].value or 0) / (known["debt_service"].value or 1))
    source = next(source for source in results.sources if source.name == "income_lines")
    assert source.bound["property"] == "Orlando Fashion Square"
    assert source.rows > 0


def test_a_run_that_fails_keeps_its_earlier_steps(kit: Kit) -> None:
    script = kit.store.load(answer(request(kit, "NOI of Tidewater Market"), kit, lambda event: None).id).script
    assert script is not None
    broken = script.text.replace("return effective_gross_income - operating_expenses", "return operating_expenses / 0")
    run = answer(request(kit, "NOI, edited").model_copy(update={"script": broken}), kit, lambda event: None)
    assert run.status is Status.FAILED
    kept = kit.store.load(run.id)
    assert kept.script is not None
    assert kept.execution is None
    assert kept.failure is not None
    assert kept.failure.step is Step.EXECUTE
    assert "noi = operating_expenses / 0 failed" in kept.failure.message


def test_what_if_answers_from_the_kept_sandbox_and_from_a_new_one(kit: Kit) -> None:
    run = answer(request(kit, "DSCR for Orlando Fashion Square"), kit, lambda event: None)
    kept = kit.sessions.simulate(run, [{"name": "up", "revenue_change": 0.1}])
    kit.sessions.drop(run.id)
    again = kit.sessions.simulate(run, [{"name": "up", "revenue_change": 0.1}])
    assert kept == again
    first = compared(require_results(run), kept["scenarios"])[0]
    assert first.metric.label == "DSCR"
    assert (first.changes[1] or 0) > 0


def test_scenarios_are_offered_within_bounds(kit: Kit) -> None:
    run = answer(request(kit, "DSCR for Orlando Fashion Square"), kit, lambda event: None)
    offered = offered_scenarios(require_results(run).parameters)
    assert [scenario.name for scenario in offered] == ["Optimistic", "Pessimistic", "Rates up"]
    kit.sessions.simulate(run, [{"name": s.name, **s.values} for s in offered])


def test_an_edited_script_runs_as_it_is(kit: Kit) -> None:
    first = answer(request(kit, "NOI"), kit, lambda event: None)
    assert first.script is not None
    text = first.script.text.replace('label="NOI"', 'label="Net income"')
    run = answer(request(kit, "NOI", script=text, edited_from=first.id), kit, lambda event: None)
    assert run.status is Status.DONE
    assert run.script is not None
    assert run.script.author == "edited"
    assert require_results(run).metrics[0].label == "Net income"


def test_an_edited_script_that_breaks_a_rule_never_reaches_the_sandbox(kit: Kit) -> None:
    text = "import os\nos.system('id')\n"
    run = answer(request(kit, "x", script=text), kit, lambda event: None)
    assert run.status is Status.REFUSED
    assert run.verdict is not None
    assert run.execution is None
    assert run.folder == ""


@pytest.mark.parametrize(
    ("author", "consent", "runs"), [("catalogue", "", True), ("edited", "", False), ("edited", CONSENT, True)]
)
def test_scripts_that_are_not_ours_need_full_isolation_or_written_consent(
    tmp_path: Path, author: str, consent: str, runs: bool
) -> None:
    partly = Readiness(available=True, properties=(Property("no network", False, "no namespaces here"),))
    kit = Kit(Settings(store_url=f"sqlite:///{tmp_path}/s.sqlite", allow_unisolated=consent))
    script = Script(text="", author=author, title="x")
    if runs:
        assert "no network" in allow(partly, script, kit, "")
    else:
        with pytest.raises(RefusedError, match="no network"):
            allow(partly, script, kit, "")


def test_a_cancelled_run_says_so(kit: Kit) -> None:
    made = submit(request(kit, "NOI"), kit)
    run = kit.store.claim(made.id)
    assert run is not None
    from engine.pipeline import run_request

    ended = run_request(run, kit, lambda event: None, lambda: True)
    assert ended.status is Status.CANCELLED


def test_workers_take_runs_from_the_queue(kit: Kit) -> None:
    workers = Workers(kit, count=2)
    try:
        made = [workers.submit(request(kit, text)) for text in ("NOI by region", "how many owners", "occupancy trend")]
        for _ in range(600):
            runs = [kit.store.load(run.id) for run in made]
            if all(run.status.final for run in runs):
                break
            threading.Event().wait(0.1)
        assert [run.status for run in runs] == [Status.DONE] * 3
    finally:
        workers.close()


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00", "x" * 4001])
def test_a_request_that_is_none_is_refused_before_it_is_kept(kit: Kit, text: str) -> None:
    before = kit.store.count()
    with pytest.raises(UsageError):
        submit(request(kit, text), kit)
    assert kit.store.count() == before


def test_the_password_is_in_no_stored_product(tmp_path: Path) -> None:
    secret = "hunter2hunter2"
    kit = Kit(
        Settings(database_url=f"postgresql://u:{secret}@127.0.0.1:1/x", store_url=f"sqlite:///{tmp_path}/s.sqlite")
    )
    run = answer(request(kit, "NOI"), kit, lambda event: None)
    assert run.status is Status.FAILED
    assert secret not in kit.store.load(run.id).model_dump_json()
    assert secret not in repr(kit.settings)
    assert secret.encode() not in (tmp_path / "s.sqlite").read_bytes()
    kit.close()


def test_results_are_json_and_back(kit: Kit) -> None:
    run = answer(request(kit, "NOI by region"), kit, lambda event: None)
    assert type(run).model_validate_json(run.model_dump_json()) == run
    assert json.loads((Path(run.folder) / "results" / "results.json").read_text())["title"] == run.title


def test_a_failed_run_keeps_its_log_and_a_good_one_what_it_used(kit: Kit) -> None:
    run = answer(request(kit, "DSCR for Orlando Fashion Square"), kit, lambda event: None)
    assert run.execution is not None
    assert run.execution.usage["peak_memory_mb"] > 0
    assert run.execution.usage["sent_bytes"] > 0
    assert "MB of memory" in run.execution.used
    folder = Path(run.folder)
    script = (folder / "script.py").read_text()
    broken = script.replace("def dscr(", "print('up to here')\n\ndef dscr(", 1) + "\n1 / 0\n"
    (folder / "script.py").write_text(broken)
    kept: list[str] = []
    with pytest.raises(EngineError):
        kit.sessions.open(run, folder, keep_log=kept.append)
    assert "up to here" in kept[0]
