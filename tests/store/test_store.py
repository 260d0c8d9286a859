"""The run store, on SQLite and PostgreSQL: products kept as made, leases, fencing, cancel, scenarios, migrations."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, update

from engine.errors import StoreError, UsageError
from engine.products import Event, Request, Scenario, Script, Status, Step, Task, TaskKind
from engine.sources.address import parse_address
from engine.store import runs as module
from engine.store.runs import Store
from engine.store.tables import NEWEST, metadata, runs
from tests.conftest import ROOT

REQUEST = Request(text="NOI", database="sqlite:///x")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/s.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    engine = create_engine(parse_address(url))
    with engine.begin() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    engine.dispose()
    opened = Store(url)
    yield opened
    opened.close()


def test_products_are_kept_as_they_are_made(store: Store) -> None:
    run = store.create(REQUEST, title="NOI")
    claimed = store.claim(run.id)
    assert claimed is not None
    store.keep(claimed, task=Task(kind=TaskKind.CALCULATION, goal="NOI"))
    store.keep(claimed, script=Script(text="x = 1", author="catalogue", title="NOI"))
    store.mark(claimed, status=Status.FAILED, seconds={"analyse": 0.5})
    kept = store.load(run.id)
    assert kept.task is not None
    assert kept.task.goal == "NOI"
    assert kept.script is not None
    assert kept.plan is None
    assert kept.status is Status.FAILED
    assert kept.seconds == {"analyse": 0.5}


def test_one_run_is_claimed_by_one_worker(store: Store) -> None:
    for _ in range(5):
        store.create(REQUEST, title="NOI")
    taken: list[str] = []

    def work() -> None:
        while (run := store.claim()) is not None:
            taken.append(run.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A thread that loses a race gives up; what it missed is there for the next claim.
    while (run := store.claim()) is not None:
        taken.append(run.id)
    assert len(taken) == len(set(taken)) == 5


def test_a_dead_workers_run_is_taken_over_and_its_late_writes_change_nothing(store: Store) -> None:
    store.create(REQUEST, title="NOI")
    first = store.claim()
    assert first is not None
    assert store.claim() is None
    with store._engine.begin() as connection:
        connection.execute(update(runs).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))
    second = store.claim()
    assert second is not None
    assert (second.id, second.attempt) == (first.id, 2)
    with pytest.raises(StoreError, match="no longer this worker's"):
        store.keep(first, task=Task(kind=TaskKind.ANALYSIS, goal="late"))
    with pytest.raises(StoreError):
        store.mark(first, status=Status.DONE)
    assert store.beat(first) is False
    assert store.load(first.id).task is None
    assert store.load(first.id).status is Status.RUNNING


def test_cancel_reaches_a_running_and_a_waiting_run(store: Store) -> None:
    waiting, running = store.create(REQUEST, title="a"), store.create(REQUEST, title="b")
    claimed = store.claim(running.id)
    assert claimed is not None
    assert store.beat(claimed) is True
    store.cancel(running.id)
    store.cancel(waiting.id)
    assert store.beat(claimed) is False
    assert store.load(waiting.id).status is Status.CANCELLED
    assert store.claim() is None


def test_events_are_of_the_newest_attempt_in_order(store: Store) -> None:
    store.create(REQUEST, title="NOI")
    run = store.claim()
    assert run is not None
    for state in ("started", "done"):
        store.tell(run, Event(step=Step.PLAN, state=state, at=datetime.now(UTC)))
    assert [event.state for event in store.events(run.id)] == ["started", "done"]


def test_runs_are_found_by_a_beginning_and_by_last(store: Store) -> None:
    first = store.create(REQUEST, title="a")
    second = store.create(REQUEST, title="b")
    assert store.load("last").id == second.id
    assert store.load(first.id[:-1]).id == first.id
    with pytest.raises(UsageError, match="more than one"):
        store.load(first.id[:6])
    with pytest.raises(UsageError, match="no run named"):
        store.load("nothing%")
    with pytest.raises(UsageError):
        store.load("")


def test_scenarios_belong_to_a_run_and_keep_their_order(store: Store) -> None:
    run = store.create(REQUEST, title="a")
    named = [Scenario(name="b", values={"x": 1}), Scenario(name="a", values={})]
    store.save_scenarios(run.id, named)
    assert list(store.scenarios(run.id)) == named
    store.save_scenarios(run.id, named[:1])
    assert len(store.scenarios(run.id)) == 1
    store.delete(run.id)
    assert store.scenarios(run.id) == ()


def test_a_running_run_is_not_deleted(store: Store) -> None:
    store.create(REQUEST, title="a")
    run = store.claim()
    assert run is not None
    with pytest.raises(UsageError, match="still running"):
        store.delete(run.id)


def test_migrations_give_the_tables_the_code_expects(url: str, store: Store) -> None:
    engine = create_engine(parse_address(url))
    found = inspect(engine)
    for table in metadata.tables.values():
        assert {column["name"] for column in found.get_columns(table.name)} == set(table.columns.keys())
    assert module.upgrade is not None
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == NEWEST
    engine.dispose()
    Store(url).close()


@pytest.mark.slow
def test_two_processes_open_a_fresh_store_at_once(tmp_path: Path) -> None:
    code = "import sys; from engine.store.runs import Store; print(Store(sys.argv[1]).count())"
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/fresh.sqlite"]
    opened = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate(timeout=120)[0].strip() for process in opened] == ["0"] * 4


def test_a_store_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        Store(f"sqlite:///{tmp_path}/file/store.sqlite")


def test_a_run_whose_worker_dies_is_taken_up_three_times_and_then_says_why(store: Store) -> None:
    made, other = store.create(REQUEST, title="NOI"), store.create(REQUEST, title="fine")
    store.cancel(other.id)
    for attempt in range(1, 4):
        run = store.claim()
        assert run is not None
        assert run.attempt == attempt
        store.mark(run, seconds={"analyse": 0.1, "plan": 0.1, "generate": 0.1, "validate": 0.1, "containerize": 0.1})
        assert store.claim() is None, "its worker still lives"
        with store._engine.begin() as connection:
            connection.execute(update(runs).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))
    assert store.claim() is None
    ended = store.load(made.id)
    assert ended.status is Status.FAILED
    assert ended.failure is not None
    assert ended.failure.step is Step.EXECUTE
    assert "taken up 3 times" in ended.failure.message
    assert "log" in ended.failure.hint
    assert store.load(other.id).status is Status.CANCELLED
    assert store.claim() is None


@pytest.mark.parametrize("url", ["mysql://u:secret@127.0.0.1/x", "oracle://u:secret@127.0.0.1/x"])
def test_a_driver_that_is_missing_is_one_sentence(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pymysql", "oracledb", "cx_Oracle"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(StoreError, match=r"driver for .* is not installed") as error:
        Store(url)
    assert "STORE_URL" in error.value.hint
    assert "secret" not in error.value.message
