"""The workbench as a person meets it: its start, its memory when idle, and a slider's way to the chart."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from engine.bench import browser, processes
from engine.bench.rows import Row, missing, row, say
from engine.errors import EngineError, SandboxError
from engine.kit import Kit
from engine.products import Request, Status
from engine.queue import submit
from engine.settings import ROOT, read_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

APP = ROOT / "app.py"
START_GOAL, SLIDER_GOAL, MEMORY_GOAL_MB = 3.0, 0.5, 300.0
PRESSES = 15
WAIT_SECONDS = 120.0
# What a start does in the background is over by then.
SETTLE_SECONDS = 8.0
STARTS = ("start to an answer", "start to a page that can be used")
SLIDER = "slider to number and chart"
HELLO = 'import streamlit as st\n\nst.text_input("hello")\n'


class Server:
    """A Streamlit server, as `./run` starts it."""

    def __init__(self, app: Path, environment: Mapping[str, str], port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(app), *options],
            cwd=app.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self) -> float:
        """Seconds from the start until it answers.

        Raises:
            SandboxError: it ended, or does not.
        """
        while time.perf_counter() - self.started < WAIT_SECONDS and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=1).close()
                return time.perf_counter() - self.started
            except OSError:
                time.sleep(0.02)
        raise SandboxError("The workbench did not start.", "./run shows why.")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def started(app: Path, environment: Mapping[str, str], port: int = 0) -> Iterator[Server]:
    """A server for a while, on that port or a free one."""
    server = Server(app, environment, port or free_port())
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A port that nothing uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(environment: Mapping[str, str], request: str, times: int) -> list[Row]:
    """All rows of the workbench, with the local executor."""
    settings = {**environment, "EXECUTOR": "local"}
    with ExitStack() as stack:
        try:
            chromium = stack.enter_context(browser.opened())
        except browser.NoBrowserError as error:
            reasons = [(STARTS[0], START_GOAL), (STARTS[1], START_GOAL), (SLIDER, SLIDER_GOAL)]
            return [*(missing(name, error.message, goal=goal) for name, goal in reasons), *without_browser(settings)]
        rows = start_rows(chromium, settings, times)
        person = stack.enter_context(browser.person(chromium))
        with started(APP, settings) as server:
            server.wait()
            browser.visit(person, server.address).close()
            rows += memory_rows(server.process.pid)
            rows.append(slider_row(person, server, settings, request))
        return rows


def without_browser(settings: Mapping[str, str]) -> list[Row]:
    """What can be told of a workbench that no browser looks at."""
    with started(APP, settings) as server:
        server.wait()
        urllib.request.urlopen(server.address, timeout=10).close()
        return memory_rows(server.process.pid)


def start_rows(chromium: Browser, settings: Mapping[str, str], times: int) -> list[Row]:
    """Starts after the first, beside a bare Streamlit page's."""
    folder = Path(settings["OUTPUT_DIR"]).parent / "hello"
    folder.mkdir()
    hello = folder / "hello.py"
    hello.write_text(HELLO, encoding="utf-8")
    ours, bare = zip(*starts(chromium, (APP, hello), settings, times), strict=True)
    say("start: " + " ".join(f"{answer:.2f}/{page:.2f}" for answer, page in ours) + " s (answer/page)")
    return [
        row(
            name,
            median(taken[place] for taken in ours),
            against="a bare Streamlit page",
            plain=median(taken[place] for taken in bare),
            goal=START_GOAL,
        )
        for place, name in enumerate(STARTS)
    ]


def starts(
    chromium: Browser, apps: tuple[Path, ...], settings: Mapping[str, str], times: int
) -> list[list[tuple[float, float]]]:
    """Second and later starts, in turns: of the server, and of a person's browser that has been there before."""
    ports = [free_port() for _ in apps]
    with browser.person(chromium) as person:
        return [
            [start_once(person, app, settings, port) for app, port in zip(apps, ports, strict=True)]
            for _ in range(times + 1)
        ][1:]


def start_once(person: BrowserContext, app: Path, settings: Mapping[str, str], port: int) -> tuple[float, float]:
    """Seconds to the first answer, and to the first page that can be used."""
    with started(app, settings, port) as server:
        answer = server.wait()
        page = browser.visit(person, server.address)
        shown = time.perf_counter() - server.started
        page.close()
    return answer, shown


def memory_rows(pid: int) -> list[Row]:
    """The idle workbench and one spare sandbox, apart."""
    name = "idle workbench, memory"
    if not processes.told_here():
        return [missing(name, "only Linux tells it", unit="MB", goal=MEMORY_GOAL_MB)]
    time.sleep(SETTLE_SECONDS)
    try:
        own, sandboxes = processes.tree(pid)
        mine, spare = processes.memory(own), processes.memory(sandboxes[0] if sandboxes else [])
    except PermissionError as error:
        return [missing(name, str(error), unit="MB", goal=MEMORY_GOAL_MB)]
    counted = f"{len(own)} processes, after one page; " if len(own) > 1 else "after one page; "
    return [
        row(name, mine.pss, "MB", against=f"{counted}resident {mine.rss:.0f} MB", goal=MEMORY_GOAL_MB),
        row("one spare sandbox, memory", spare.pss, "MB", against=f"resident {spare.rss:.0f} MB")
        if sandboxes
        else missing("one spare sandbox, memory", "there is none", unit="MB"),
    ]


def slider_row(person: BrowserContext, server: Server, settings: Mapping[str, str], request: str) -> Row:
    """The request is answered by the workbench; then a slider is moved, step by step."""
    from playwright.sync_api import Error

    try:
        run = answered(settings, request)
        page = browser.visit(person, f"{server.address}/simulate?run={run}")
        taken = browser.slide(page, PRESSES)
        page.close()
    except (EngineError, Error) as error:
        return missing(SLIDER, str(error).splitlines()[0], goal=SLIDER_GOAL)
    say(f"{SLIDER}: {' '.join(f'{each:.3f}' for each in taken)} s")
    return row(SLIDER, median(taken), goal=SLIDER_GOAL)


def answered(settings: Mapping[str, str], request: str) -> str:
    """The run that the workbench's own workers made of the request.

    Raises:
        SandboxError: it did not come to its end.
    """
    kit = Kit(read_settings(settings))
    try:
        wanted = Request(text=request, database=kit.remember(kit.settings.database), executor="local")
        run = submit(wanted, kit)
        deadline = time.monotonic() + WAIT_SECONDS
        while not run.status.final and time.monotonic() < deadline:
            time.sleep(0.1)
            run = kit.store.load(run.id)
        if run.status is not Status.DONE:
            raise SandboxError(f"The request's run is {run.status}.", run.failure.message if run.failure else "")
        return run.id
    finally:
        kit.close()
