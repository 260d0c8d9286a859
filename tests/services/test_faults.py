"""Fifty times of a service while its worker is killed again and again: none is lost, none is told twice unmarked."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from engine.products.service import Callback, DeliveryState, TickState
from engine.services import promoting
from engine.store.services import new_tick
from tests.conftest import ROOT
from tests.endtoend.conftest import environment
from tests.services.conftest import Live

TIMES, KILLS = 50, 8
# The workbench's own clockwork, with leases so short that a test need not wait for them.
WORK = """
import sys
from datetime import timedelta
import engine.services.running as running, engine.store.runs as runs, engine.store.services as services
runs.LEASE = services.LEASE = services.SENDING_LEASE = timedelta(seconds=3)
running.BEAT_SECONDS = 0.5
import os
from engine import Kit, read_settings
from engine.services.ticker import pass_once
import time
kit = Kit(read_settings(os.environ))
while kit.store.services.waiting():
    pass_once(kit)
    time.sleep(0.2)
kit.close()
"""


@pytest.mark.slow
def test_killed_workers_lose_nothing_and_tell_nothing_twice_without_the_mark(live: Live) -> None:
    run = live.ask("How many properties are there")
    channel = Callback(url=f"http://{live.receiver.host}/", secret="HOOK")
    service = promoting.create(live.kit, run.id, "many", channels=(channel,))
    for place in range(TIMES):
        due_at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(hours=place)
        assert live.kit.store.services.add_tick(new_tick(service, due_at, "schedule"))
        assert not live.kit.store.services.add_tick(new_tick(service, due_at, "schedule")), "a time is one answer"
    kit, settings = live.kit, live.kit.settings
    variables = environment(
        settings.var.parent, DATABASE_URL=settings.database_url, STORE_URL=settings.store, EXECUTOR="local",
        AS_OF=settings.as_of, SECRET_HOOK="signs", APPROVED_PRIVATE_HOSTS=live.receiver.host,
    )  # fmt: skip
    chance = random.Random(7)
    for _ in range(KILLS):
        with subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=variables) as worker:
            before = len(live.receiver.posts)
            while len(live.receiver.posts) == before and worker.poll() is None:
                time.sleep(0.05)  # it has come to work
            time.sleep(chance.uniform(0.0, 2.0))
            os.kill(worker.pid, signal.SIGKILL)
    subprocess.run([sys.executable, "-c", WORK], cwd=ROOT, env=variables, check=True)
    ticks = kit.store.services.ticks(service)
    assert Counter(each.state for each in ticks) == {TickState.DONE: TIMES}
    assert Counter(each.state for each in live.sent()) == {DeliveryState.SENT: TIMES}
    assert len({each.tick_id for each in live.sent()}) == TIMES
    posts = [(headers["Idempotency-Key"], headers.get("X-May-Be-Repetition")) for _, headers, _ in live.receiver.posts]
    assert {key for key, _ in posts} == {each.id for each in live.sent()}
    unmarked = Counter(key for key, mark in posts if mark is None)
    assert max(unmarked.values()) == 1, "told twice without the mark"
    runs = Counter(each.run_id for each in ticks)
    assert max(runs.values()) == 1
