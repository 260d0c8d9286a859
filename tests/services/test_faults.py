"""Fifty times of a service while its worker is killed again and again: none is lost, none is told twice unmarked."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bench.services import hammer
from engine.store.services import new_tick
from tests.services.conftest import Live


@pytest.mark.slow
def test_killed_workers_lose_nothing_and_tell_nothing_twice_without_the_mark(tmp_path: Path, sample_url: str) -> None:
    found = hammer(tmp_path, times=50, kills=8, database=sample_url)
    assert (found.done, found.sent, found.lost) == (50, 50, 0)
    assert (found.unmarked, found.twice_run) == (0, 0)


def test_a_time_is_one_answer_however_many_look(live: Live) -> None:
    from engine.services import promoting

    service = promoting.create(live.kit, live.ask().id, "once")
    assert live.kit.store.services.add_tick(new_tick(service, live.at, "schedule"))
    assert not live.kit.store.services.add_tick(new_tick(service, live.at, "schedule"))
