"""The six questions behind a terminal's first answer: after it, and where somebody watches; Ctrl-C leaves it out."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import Kit, Request, Run
from engine.authors.select.probing import QUESTIONS, kept_trial
from engine.commands.ask import TRIES, try_behind
from engine.products import Writing
from engine.queue import submit
from engine.settings import ROOT
from tests.endtoend.conftest import environment
from tests.language_model.scripted_server import Turn, scripted
from tests.select_author.test_probing import kit_at, knows

FIRST = "Which tenants look most fragile to you, by industry, roughly?"
SELECT = "SELECT industry, COUNT(*) AS tenants FROM tenants GROUP BY industry"


def answers(body: dict[str, Any]) -> Turn:
    """The first question, then the six."""
    if FIRST in body["messages"][-1]["content"]:
        return Turn(json.dumps({"sql": SELECT}))
    return knows(body)


def stalls(body: dict[str, Any]) -> Turn:
    """The first question, then nothing for a minute."""
    return answers(body) if FIRST in body["messages"][-1]["content"] else Turn("{}", delay=60)


def answered(kit: Kit) -> Run:
    writing = Writing(server="", model="", calls=())
    return submit(Request(text=FIRST, database="sample"), kit, claimed=True).model_copy(update={"writing": writing})


@pytest.mark.parametrize(
    ("watched", "settings", "asked"),
    [(True, {}, 6), (False, {}, 0), (True, {"llm_trial": "no"}, 0), (True, {"llm_route": "select"}, 0)],
)
def test_it_is_tried_once_where_somebody_watches(
    watched: bool, settings: dict[str, str], asked: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(knows) as server:
        kit = kit_at(server.url, tmp_path, **settings)
        try:
            for _ in range(2):
                try_behind(answered(kit), kit, watched=watched)
            assert len(server.seen) == asked
            shown = capsys.readouterr()
            assert shown.out == ""
            assert ("writes SELECTs: 6 of 6 right" in shown.err) is bool(asked)
        finally:
            kit.close()


def test_an_answer_without_a_model_tries_none(tmp_path: Path) -> None:
    with scripted(knows) as server:
        kit = kit_at(server.url, tmp_path)
        try_behind(answered(kit).model_copy(update={"writing": None}), kit, watched=True)
        kit.close()
        assert server.seen == []


def test_a_server_that_has_gone_is_said_and_harms_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kit = kit_at("http://127.0.0.1:9/v1", tmp_path)
    try_behind(answered(kit), kit, watched=True)
    kit.close()
    assert "could not be tried" in capsys.readouterr().err


class Watched:
    """`ask` in a terminal of its own: what it has written so far, and its end."""

    def __init__(self, folder: Path, url: str) -> None:
        (folder / "home").mkdir()
        ours, its = pty.openpty()
        given = {"DATABASE_URL": f"sqlite:///{ROOT / 'var' / 'sample.sqlite'}", "EXECUTOR": "local", "COLUMNS": "200"}
        self._screen = ours
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine", "ask", FIRST, "--yes", "--model", url],
            cwd=folder, env=environment(folder, **given), stdin=its, stdout=its, stderr=its, start_new_session=True,
        )  # fmt: skip
        os.close(its)
        self.text = ""

    def until(self, words: str, seconds: float = 60) -> None:
        over = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < over, self.text
            self.text += os.read(self._screen, 4_096).decode("utf-8", "replace")

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Its exit code, once all was read."""
        try:
            while piece := os.read(self._screen, 4_096):
                self.text += piece.decode("utf-8", "replace")
        except OSError:  # the terminal is closed
            pass
        os.close(self._screen)
        return self._process.wait(30)


@pytest.mark.parametrize(("model", "interrupted"), [(answers, False), (stalls, True)])
def test_a_terminal_shows_the_answer_first(
    model: Callable[[dict[str, Any]], Turn], interrupted: bool, tmp_path: Path
) -> None:
    with scripted(model) as server:
        ask = Watched(tmp_path, server.url)
        ask.until(TRIES[:40])
        assert "What if: " in ask.text or "Dashboard: " in ask.text, "the answer stands above"
        if interrupted:
            over = time.monotonic() + 30
            while len(server.seen) < 2 and time.monotonic() < over:
                time.sleep(0.05)
            ask.interrupt()
        assert ask.end() == 0, ask.text
        assert ("Left out." if interrupted else "writes SELECTs: 6 of 6 right") in ask.text
        assert len(server.seen) == (2 if interrupted else 1 + len(QUESTIONS))
        kit = kit_at(server.url, tmp_path)
        kept = kept_trial(kit.models.client().client.endpoint, kit.store)
        kit.close()
        assert (kept is None) is interrupted
