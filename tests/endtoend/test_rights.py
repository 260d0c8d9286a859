"""What a dashboard's link may ask of the workbench: nothing unless it says so, and it cannot be made to say so."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.commands.serve import opened
from engine.dashboards import abilities, gateway
from engine.errors import CancelledError, UsageError
from engine.products import Scenario
from engine.products.rights import ALL, NONE, OF_LINKS, Right, Rights, read, written
from engine.usecases.portfolio import api
from tests.endtoend.conftest import Answered, environment
from tests.endtoend.test_gateway import Sandbox, call, path_of
from tests.endtoend.workbench import Workbench, free_port, wait_for

LONG = {"/api/portfolio": Right.PORTFOLIO, "/api/refresh": Right.REFRESH}


def ask(
    path: str,
    rights: Rights,
    method: str = "POST",
    content: object = None,
    *,
    sandbox: Sandbox | None = None,
    kind: str = "application/json",
    query: str = "",
) -> tuple[int, Any]:
    """The gateway's answer to a page whose link has these rights."""
    kit: Any = SimpleNamespace(sessions=sandbox or Sandbox())
    run: Any = SimpleNamespace(id="run", results=None)
    body = json.dumps(content or {}).encode() if method == "POST" else b""
    found = gateway.answer(
        kit, run, method=method, path=path, query=query, headers={"Content-Type": kind}, body=body, rights=rights,
        link=lambda other: f"../../{other}/",
    )  # fmt: skip
    return found.status, json.loads(found.body)


@pytest.mark.parametrize("rights", [NONE, frozenset({Right.PORTFOLIO}), frozenset({Right.REFRESH}), ALL])
def test_rights_are_said_in_one_way(rights: Rights) -> None:
    assert read(written(rights)) == rights


@pytest.mark.parametrize("text", ["refresh-portfolio", "portfolio-portfolio", "portfolio-", "-", "all", "Portfolio"])
def test_rights_written_otherwise_are_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("path", LONG)
def test_what_the_link_may_not_is_refused_and_the_sandbox_hears_nothing(path: str) -> None:
    sandbox = Sandbox()
    for rights in (NONE, ALL - {LONG[path]}):
        status, told = ask(path, rights, sandbox=sandbox)
        assert status == 403
        assert told["error"]["message"].startswith("This link may not")
        assert told["error"]["hint"]
    assert ask("/api/portfolio", NONE, "GET", sandbox=sandbox)[0] == 403
    assert ask("/api/refresh", ALL, "GET", sandbox=sandbox)[0] == 405
    assert ask(path, ALL, kind="text/plain", sandbox=sandbox)[0] == 415
    assert sandbox.asked == []


def test_the_abilities_are_those_of_the_link() -> None:
    for right in OF_LINKS:
        told = {"say": True, **{each.value: each is right for each in OF_LINKS}, "scenarios": []}
        assert ask("/api/abilities", frozenset({right}), "GET") == (200, told)
    for rights in (NONE, frozenset(Right) - ALL):
        told = {"say": True, "portfolio": False, "refresh": False, "scenarios": []}
        assert ask("/api/abilities", rights, "GET")[1] == told


def test_a_portfolio_tells_how_far_it_is_and_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    def computing(kit: Any, run: Any, wanted: Any, kept: Any, tell: Any, cancelled: Any) -> dict[str, Any]:
        # Scenarios of the Simulate page are not for who holds a link.
        assert (wanted, kept) == ({"by": "region"}, ())
        tell(20, 48)
        assert ask("/api/progress", NONE, query="ticket=a") == (200, {"done": 20, "total": 48})
        assert not cancelled()
        assert ask("/api/cancel", NONE, query="ticket=a") == (200, {"stopped": True})
        assert cancelled()
        raise CancelledError("The portfolio run was cancelled.")

    monkeypatch.setattr(api, "computed", computing)
    status, told = ask("/api/portfolio", ALL, content={"by": "region"}, query="ticket=a")
    assert (status, told["error"]["message"]) == (422, "The portfolio run was cancelled.")
    assert ask("/api/progress", NONE, query="ticket=a")[1] == {"done": 0, "total": 0}


def test_data_read_anew_leads_to_the_new_dashboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.usecases.refresh.computed", lambda *_: {"before": "run", "after": "newer"})
    assert ask("/api/refresh", ALL) == (200, {"before": "run", "after": "newer", "dashboard": "../../newer/"})


def test_more_long_questions_than_there_is_room_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = []

    def computing(*_: Any) -> dict[str, Any]:
        statuses.append(ask("/api/portfolio", ALL)[0])
        # All else is answered meanwhile.
        assert ask("/api/abilities", ALL, "GET")[0] == 200
        return {}

    monkeypatch.setattr(api, "computed", computing)
    assert ask("/api/portfolio", ALL)[0] == 200
    assert statuses == [429, *[200] * (abilities.MOST_AT_ONCE - 1)]


def test_a_wrong_scenario_is_told_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read_anew: list[object] = []
    monkeypatch.setattr("engine.usecases.refresh.refresh", lambda *_: read_anew.append(1))
    monkeypatch.setattr(api, "run_portfolio", lambda *_: read_anew.append(1))

    def refused(*_: Any) -> tuple[Scenario, ...]:
        raise UsageError("Flood, Revenue change: -0.7 is outside -0.5 to 0.5.", "Choose another.")

    monkeypatch.setattr("engine.scenarios.scenariofile.read_scenarios", refused)
    for module in ("engine.usecases.refresh", "engine.usecases.portfolio.api"):
        monkeypatch.setattr(f"{module}.require_results", lambda run: SimpleNamespace(parameters=()))
    for path in LONG:
        status, told = ask(path, ALL, content={"scenarios": [{"name": "Flood", "revenue_change": -0.7}]})
        assert (status, told["error"]["hint"]) == (400, "Choose another.")
    assert read_anew == []


def test_only_below_the_printed_secret_serve_allows_anything() -> None:
    assert opened("/secret/api/refresh", "secret") == ("/api/refresh", True)
    assert opened("/secret/", "secret") == opened("/secret", "secret") == ("/", True)
    for path in ("/api/refresh", "/secretly/api/refresh", "/", "//api/refresh", "/\xe9/"):
        assert opened(path, "secret") == (path, False)
    assert opened("//api/refresh", "") == ("//api/refresh", False)


@pytest.mark.xdist_group("browser")
def test_the_workbench_grants_what_the_link_says(workbench: Workbench, seed_run: str) -> None:
    plain = path_of(seed_run, workbench)
    both = path_of(seed_run, workbench, frozenset({Right.PORTFOLIO}))
    assert call(workbench.address, f"{plain}api/portfolio")[0] == 403
    assert call(workbench.address, f"{plain}api/refresh", "POST", b"{}", Content_Type="application/json")[0] == 403
    status, headers, body = call(workbench.address, f"{both}api/portfolio", Origin="null")
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "null")
    assert "region" in json.loads(body)["dimensions"]
    assert call(workbench.address, f"{both}api/refresh", "POST", b"{}", Content_Type="application/json")[0] == 403
    forged = both.replace("/portfolio.", "/portfolio-refresh.")
    status, _, body = call(workbench.address, f"{forged}api/abilities")
    assert (status, b"not signed" in body) == (403, True)


def printed(log: Path, pattern: str) -> str:
    """What a program has printed, once it has."""
    for _ in range(600):
        found = re.search(pattern, log.read_text())
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_serve_allows_what_it_is_told_to_by_the_link_that_it_prints(
    answered: Answered, tmp_path: Path, sample_url: str
) -> None:
    port, log = free_port(), tmp_path / "serve.log"
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "engine", "serve", answered.run, "--port", str(port), "--allow", "portfolio"]
    with log.open("w") as output:
        server = subprocess.Popen(
            command, env=environment(answered.folder, DATABASE_URL=sample_url, EXECUTOR="local"),
            cwd=answered.folder, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            wait_for(f"{address}/health", server, log)
            below = printed(log, rf"{address}(/[\w-]{{20,}}/)")
            told = json.loads(call(address, f"{below}api/abilities")[2])
            assert told == {"say": True, "portfolio": True, "refresh": False, "scenarios": []}
            assert b"<!doctype html>" in call(address, below)[2]
            sent = json.dumps({"by": "region", "metric": "dscr"}).encode()
            path = f"{below}api/portfolio"
            status, _, body = call(address, path, "POST", sent, Content_Type="application/json")
            assert status == 200, body
            assert [each["name"] for each in json.loads(body)["total"]] == ["Base"]
            assert call(address, "/api/portfolio", "POST", sent, Content_Type="application/json")[0] == 403
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)
    assert "Traceback" not in log.read_text()
