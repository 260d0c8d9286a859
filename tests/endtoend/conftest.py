"""The terminal as a person uses it: the real program, its own folders, one machine's executors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.settings import WRITING_CONSENT
from tests.conftest import ROOT
from tests.datasets.conftest import api
from tests.endtoend.workbench import Workbench, ask, run_of, started, tile, visiting

__all__ = ["api"]

SEED = "Calculate DSCR for Orlando Fashion Square and create a website to show results with simulations"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Terminal = Callable[..., Ended]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """A clean environment with folders of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "DOCKER_HOST") if name in os.environ}
    return {
        **kept,
        "HOME": str(folder / "home"),
        "PYTHONPATH": str(ROOT),
        "OUTPUT_DIR": str(folder / "runs"),
        "LOG_DIR": str(folder / "logs"),
        # The embedded PostgreSQL has no other role than its owner.
        "ALLOW_WRITING_ROLE": WRITING_CONSENT,
        "VAR_DIR": str(folder / "var"),
        "STORE_URL": f"sqlite:///{folder}/store.sqlite",
        **settings,
    }


def terminal_in(folder: Path, sample_url: str) -> Terminal:
    """Runs `python -m engine ...`, which is what `./run ...` calls, with its folders in this one."""
    (folder / "home").mkdir()

    def run(*arguments: str, timeout: float = 180, **settings: str) -> Ended:
        given = {"DATABASE_URL": sample_url, "EXECUTOR": "local", **settings}
        done = subprocess.run(
            [sys.executable, "-m", "engine", *arguments],
            cwd=folder,
            env=environment(folder, **given),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def terminal(tmp_path: Path, sample_url: str) -> Terminal:
    """A terminal with folders of its own."""
    return terminal_in(tmp_path, sample_url)


@dataclass(frozen=True)
class Answered:
    """A terminal in whose folder the seed request was answered; for tests that leave its run as it is."""

    terminal: Terminal
    folder: Path
    run: str


@pytest.fixture(scope="session")
def answered(tmp_path_factory: pytest.TempPathFactory, sample_url: str) -> Answered:
    folder = tmp_path_factory.mktemp("answered")
    terminal = terminal_in(folder, sample_url)
    ended = terminal("ask", SEED, "--json")
    assert ended.code == 0, ended.err
    return Answered(terminal, folder, ended.json["run"])


@pytest.fixture(scope="session")
def workbench(tmp_path_factory: pytest.TempPathFactory, sample_url: str) -> Iterator[Workbench]:
    """The workbench on the sample in SQLite, with the local sandbox; one for all tests that only look."""
    folder = tmp_path_factory.mktemp("workbench")
    with started(folder, environment(folder, DATABASE_URL=sample_url, EXECUTOR="local")) as found:
        yield found


@pytest.fixture
def page(browser: Browser, workbench: Workbench) -> Iterator[Page]:
    """A tab of a new browser session on the workbench."""
    with visiting(browser, workbench.address) as visitor:
        yield visitor.page()


def left_of(group: int) -> list[str]:
    """The processes left in a group, once they had time to go."""
    for _ in range(100):
        left = subprocess.run(["ps", "-o", "args=", "-g", str(group)], capture_output=True, text=True, check=False)
        if not left.stdout.strip():
            return []
        time.sleep(0.1)
    return left.stdout.splitlines()


@pytest.fixture(scope="module")
def seed_run(browser: Browser, workbench: Workbench) -> str:
    """A finished run of the seed request."""
    with visiting(browser, workbench.address) as visitor:
        page = visitor.page()
        page.goto(workbench.address)
        ask(page, SEED)
        expect(tile(page, "DSCR")).to_contain_text("1.35x")
        return run_of(page)
