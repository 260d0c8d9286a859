"""Times of a service while its worker is killed again and again: how many were lost, or told twice without the mark.

Workers are programs of their own on one store; they are ended by SIGKILL at chance moments, and what is told goes to a
real web server on loopback that keeps it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.bench.rows import Row, row, say
from engine.kit import Kit
from engine.products import Request
from engine.products.service import Callback, DeliveryState, TickState
from engine.queue import answer
from engine.services import promoting
from engine.services.delivering import KEY, REPETITION
from engine.settings import ROOT, read_settings
from engine.store.services import new_tick

TIMES, KILLS = 1000, 100
REQUEST = "How many properties are there"
LATEST = 2.0
# The workbench's own clockwork, with leases so short that nobody need wait for them.
WORK = """
import os, time
from datetime import timedelta
import engine.services.running as running, engine.store.runs as runs, engine.store.services as services
runs.LEASE = services.LEASE = services.SENDING_LEASE = timedelta(seconds=3)
running.BEAT_SECONDS = 0.5
from engine import Kit, read_settings
from engine.services.ticker import pass_once
kit = Kit(read_settings(os.environ))
while kit.store.services.waiting():
    pass_once(kit)
    time.sleep(0.2)
kit.close()
"""


@dataclass(frozen=True)
class Hammered:
    """What became of the times of a service."""

    times: int
    kills: int
    done: int
    sent: int
    lost: int
    unmarked: int
    """Messages that came twice without the mark."""
    repeated: int
    """Messages that came twice with it."""
    twice_run: int
    seconds: float


def measure(argument: str = "") -> list[Row]:
    """Rows for so many times (default 1,000), a kill to every ten of them."""
    times = int(argument or TIMES)
    with TemporaryDirectory() as folder:
        found = hammer(Path(folder), times, max(1, times // (TIMES // KILLS)))
    say(str(found))
    return [
        row("times lost under kill -9", found.lost, "times", goal=0.0),
        row("messages told twice without the mark", found.unmarked, "messages", goal=0.0),
        row("answers computed twice", found.twice_run, "times", goal=0.0),
        row("messages told twice with the mark", found.repeated, "messages"),
        row("seconds a time, kills and starts included", found.seconds / found.times, "s"),
    ]


def hammer(folder: Path, times: int, kills: int, database: str = "") -> Hammered:
    """Let workers that are killed answer so many times of one service, to the end."""
    with _receiver() as (host, posts):
        settings = {
            "VAR_DIR": f"{folder}/var", "OUTPUT_DIR": f"{folder}/runs", "LOG_DIR": f"{folder}/logs",
            "STORE_URL": f"sqlite:///{folder}/store.sqlite", "EXECUTOR": "local", "LLM_BASE_URL": "none",
            "DATABASE_URL": database or f"sqlite:///{ROOT}/var/sample.sqlite", "AS_OF": "2026-11-22",
            "SECRET_HOOK": "signs", "APPROVED_PRIVATE_HOSTS": host,
        }  # fmt: skip
        kit = Kit(read_settings(settings))
        try:
            _due(kit, host, times)
            started = time.monotonic()
            _killed({**os.environ, **settings, "PYTHONPATH": str(ROOT)}, posts, kit.store.count, kills)
            return _counted(kit, posts, times, kills, time.monotonic() - started)
        finally:
            kit.close()


def _due(kit: Kit, host: str, times: int) -> None:
    request = Request(text=REQUEST, database=kit.remember(kit.settings.database), executor="local")
    run = answer(request, kit, lambda event: None)
    channel = Callback(url=f"http://{host}/", secret="HOOK")
    service = promoting.create(kit, run.id, "hammered", channels=(channel,))
    for place in range(times):
        kit.store.services.add_tick(
            new_tick(service, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=place), "schedule")
        )


def _killed(settings: Mapping[str, str], posts: list[tuple[str, bool]], runs: Callable[[], int], kills: int) -> None:
    chance = random.Random(7)
    command = [sys.executable, "-c", WORK]
    for place in range(kills):
        with subprocess.Popen(command, cwd=ROOT, env=settings) as worker:
            before = runs()
            while runs() == before and worker.poll() is None:
                time.sleep(0.05)  # it has come to work: an answer has begun
            time.sleep(chance.uniform(0.0, LATEST))
            worker.kill()
        if place % 10 == 9:
            say(f"{place + 1} kills, {len(posts)} messages")
    subprocess.run(command, cwd=ROOT, env=settings, check=True)


def _counted(kit: Kit, posts: list[tuple[str, bool]], times: int, kills: int, seconds: float) -> Hammered:
    store = kit.store.services
    ticks = store.ticks(store.get("hammered"), times + 1)
    sent = [each for each in store.deliveries(limit=times + 1) if each.state is DeliveryState.SENT]
    done = [each for each in ticks if each.state is TickState.DONE]
    came = {key for key, _ in posts}
    unmarked = Counter(key for key, marked in posts if not marked)
    return Hammered(
        times=times,
        kills=kills,
        done=len(done),
        sent=len(sent),
        lost=times - len({each.tick_id for each in sent if each.id in came}),
        unmarked=sum(count - 1 for count in unmarked.values()),
        repeated=sum(marked for _, marked in posts),
        twice_run=len(done) - len({each.run_id for each in done}),
        seconds=seconds,
    )


@contextmanager
def _receiver() -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """A web server on loopback: its host, and the key and the mark of everything that it was posted."""
    posts: list[tuple[str, bool]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            posts.append((str(self.headers[KEY]), REPETITION in self.headers))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", posts
    finally:
        server.shutdown()
        server.server_close()
