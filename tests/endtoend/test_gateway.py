"""The gateway: the only way to a generated dashboard, and what it lets through."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from engine.dashboards import access, gateway
from engine.errors import CancelledError, SandboxError
from engine.executors.base import Reply
from engine.products import ParameterValue, Request
from engine.products.rights import ALL, NONE, Rights
from engine.store.runs import Store
from tests.endtoend.conftest import Terminal, environment, left_of
from tests.endtoend.workbench import Workbench, free_port, wait_for


class Sandbox:
    """Stands in for the open sandboxes: notes what reaches one, and answers what it is told to."""

    def __init__(self, headers: list[list[str]] | None = None, error: Exception | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self._headers = headers or []
        self._error = error

    def ask(self, run: Any, message: dict[str, Any], body: bytes) -> Reply:
        self.asked.append(message)
        if self._error:
            raise self._error
        return Reply({"status": 200, "headers": self._headers}, b"here")


def answer(sandbox: Sandbox, method: str = "GET", body: bytes = b"", **headers: str) -> gateway.Answer:
    kit: Any = SimpleNamespace(sessions=sandbox)
    run: Any = SimpleNamespace(id="run")
    return gateway.answer(kit, run, method=method, path="/", query="", headers=headers, body=body)


def test_no_cookie_and_no_address_reaches_the_sandbox() -> None:
    sandbox = Sandbox()
    answer(sandbox, Cookie="a=b", Authorization="x", Host="h", Referer="r", Accept="text/html", Range="bytes=0-1")
    assert sandbox.asked[0]["headers"] == {"Accept": "text/html", "Range": "bytes=0-1"}


def test_no_cookie_comes_out_and_the_policy_only_tightens() -> None:
    sent = [["Set-Cookie", "a=b"], ["Content-Security-Policy", "default-src 'none'"], ["Content-Type", "text/html"]]
    headers = dict(answer(Sandbox([*sent, ["access-control-allow-origin", "*"], ["Clear-Site-Data", '"*"']])).headers)
    assert not {"set-cookie", "clear-site-data"} & {name.lower() for name in headers}
    assert headers["Content-Security-Policy"].startswith("default-src 'none', sandbox allow-scripts")
    assert "allow-same-origin" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert [value for name, value in headers.items() if name.lower() == "access-control-allow-origin"] == ["null"]


def test_a_question_tells_how_far_it_is_and_is_cancelled_while_the_sandbox_computes() -> None:
    run: Any = SimpleNamespace(id="run")

    def post(path: str, sandbox: object = None) -> gateway.Answer:
        kit: Any = SimpleNamespace(sessions=sandbox)
        return gateway.answer(kit, run, method="POST", path=path, query="ticket=a&x=1", headers={}, body=b"")

    class Computing:
        def ask(self, run: Any, message: Any, body: bytes, *, tell: Any, cancelled: Any) -> Reply:
            tell({"done": 1200, "total": 4000})
            assert json.loads(post("/api/progress").body) == {"done": 1200, "total": 4000}
            assert not cancelled()
            assert answer(Waiting()).body == b"here"
            assert cancelled()
            raise CancelledError("This was cancelled.")

    class Waiting(Sandbox):
        def ask(self, run: Any, message: Any, body: bytes) -> Reply:
            if self.asked:
                return super().ask(run, message, body)
            self.asked.append(message)
            # The question before this one is cancelled, which ends the interpreter of both.
            assert json.loads(post("/api/cancel").body) == {"stopped": True}
            raise SandboxError("The interpreter ended.")

    found = post("/api/what-if", Computing())
    assert (found.status, b"cancelled" in found.body) == (502, True)
    assert json.loads(post("/api/progress").body) == {"done": 0, "total": 0}
    assert json.loads(post("/api/cancel").body) == {"stopped": False}


def test_sentences_are_understood_outside_the_sandbox() -> None:
    sandbox = Sandbox()
    driver = ParameterValue(
        name="revenue_change", label="Revenue", default=0, low=-0.5, high=0.5, step=0.01, unit="percent"
    )
    results: Any = SimpleNamespace(parameters=(driver,), supposed=None)
    kit: Any = SimpleNamespace(sessions=sandbox)
    run: Any = SimpleNamespace(id="run", results=results)

    def say(body: object) -> tuple[int, Any]:
        sent = json.dumps(body).encode()
        found = gateway.answer(kit, run, method="POST", path="/api/say", query="", headers={}, body=sent)
        return found.status, json.loads(found.body)

    assert say({"sentence": "revenue down 10 %"}) == (
        200,
        {"name": "revenue down 10 %", "values": {"revenue_change": -0.1}},
    )
    known = [{"name": "Up", "values": {"revenue_change": 0.2}}]
    assert say({"sentence": "like Up", "scenarios": known})[1]["values"] == {"revenue_change": 0.2}
    for wrong in (
        {"sentence": "weather down 10 %"},
        {},
        [],
        {"sentence": "like Up", "scenarios": [{"x": 1}]},
        {"sentence": "revenue up 1 % " * 3000},
        {"sentence": "like Up", "scenarios": [*known] * 300},
        {"sentence": "like Up", "scenarios": [{"name": "a" * 300}]},
    ):
        status, told = say(wrong)
        assert status == 400
        assert told["error"]["hint"]
    for path in ("/api/say", "/api/portfolio", "/api/refresh"):
        deep = gateway.answer(
            kit, run, method="POST", path=path, query="", headers={"Content-Type": "application/json"},
            body=b"[" * 200_000, rights=ALL,
        )  # fmt: skip
        assert deep.status == 400
        assert json.loads(deep.body)["error"]["hint"]
    abilities = gateway.answer(kit, run, method="GET", path="/api/abilities", query="", headers={}, body=b"")
    assert json.loads(abilities.body) == {"say": True, "portfolio": False, "refresh": False, "scenarios": []}
    assert sandbox.asked == []


@pytest.mark.parametrize("method", ["DELETE", "PUT", "TRACE", "PATCH"])
def test_other_methods_are_not_served(method: str) -> None:
    sandbox = Sandbox()
    assert answer(sandbox, method).status == 405
    assert sandbox.asked == []


def test_preflight_is_answered_outside() -> None:
    sandbox = Sandbox()
    found = answer(sandbox, "OPTIONS")
    assert (found.status, found.body, sandbox.asked) == (204, b"", [])


def test_a_body_that_is_too_large_never_reaches_the_sandbox() -> None:
    sandbox = Sandbox()
    assert answer(sandbox, "POST", b"x" * (gateway.BODY_CAP + 1)).status == 413
    assert sandbox.asked == []


def test_a_failure_is_a_sentence_in_plain_text() -> None:
    found = answer(Sandbox(error=SandboxError("The sandbox ended.", "Ask again.")))
    assert (found.status, found.body) == (502, b"The sandbox ended. Ask again.")
    assert dict(found.headers)["Content-Type"].startswith("text/plain")
    assert "sandbox" in dict(found.headers)["Content-Security-Policy"]


def call(
    address: str, path: str, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, Any, bytes]:
    """One request: status, headers, body."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def runs(workbench: Workbench, sample_url: str) -> tuple[str, str]:
    """Two finished runs of the workbench."""
    store = Store(workbench.store)
    made = [
        store.create(Request(text=text, database=sample_url), title=text)
        for text in ("DSCR for Orlando Fashion Square", "NOI")
    ]
    for _ in range(1200):
        if all(store.load(run.id).status.final for run in made):
            break
        time.sleep(0.1)
    assert [store.load(run.id).status for run in made] == ["done", "done"]
    return made[0].id, made[1].id


def path_of(run: str, workbench: Workbench, rights: Rights = NONE) -> str:
    """The path that the Results page links to, or one with rights."""
    key = workbench.folder / "var" / "link.key"
    if not key.exists():
        # Made when it is first needed.
        assert call(workbench.address, f"/run/{run}/none/")[0] == 403
    return f"/run/{run}/{access.own_token(key.read_bytes(), run, rights, datetime.now(UTC).date())}/"


@pytest.mark.xdist_group("browser")
class TestWorkbench:
    """The route of the real workbench."""

    def test_a_signed_link_is_served_locked_down(self, workbench: Workbench, runs: tuple[str, str]) -> None:
        status, headers, body = call(workbench.address, path_of(runs[0], workbench), Cookie="secret=1")
        assert status == 200
        assert b"<!doctype html>" in body
        policy = headers["Content-Security-Policy"]
        assert "sandbox allow-scripts" in policy
        assert "allow-same-origin" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Access-Control-Allow-Origin"] == "null"
        assert "Set-Cookie" not in headers

    def test_a_link_that_is_not_signed_is_refused(self, workbench: Workbench, runs: tuple[str, str]) -> None:
        for token in ("x", "0" * 32, path_of(runs[1], workbench).split("/")[3], "%C3%A4"):
            status, _, body = call(workbench.address, f"/run/{runs[0]}/{token}/")
            assert status == 403, token
            assert b"not signed" in body

    def test_a_run_that_is_not_there_is_said(self, workbench: Workbench) -> None:
        status, _, body = call(workbench.address, path_of("no-such-run", workbench))
        assert status == 404
        assert b"no run" in body

    def test_scenarios_are_computed_through_it(self, workbench: Workbench, runs: tuple[str, str]) -> None:
        sent = json.dumps({"scenarios": [{"name": "up", "revenue_change": 0.1}]}).encode()
        path = f"{path_of(runs[0], workbench)}api/simulate"
        status, _, body = call(workbench.address, path, "POST", sent, Content_Type="application/json", Origin="null")
        assert status == 200, body
        assert json.loads(body)["scenarios"][0]["metrics"]["dscr"] > 1.35

    def test_preflight_and_large_bodies(self, workbench: Workbench, runs: tuple[str, str]) -> None:
        path = f"{path_of(runs[0], workbench)}api/simulate"
        status, headers, body = call(workbench.address, path, "OPTIONS", Origin="null")
        assert (status, body, headers["Access-Control-Allow-Methods"]) == (204, b"", "GET, POST, OPTIONS")
        assert call(workbench.address, path, "POST", b" " * (gateway.BODY_CAP + 1))[0] == 413
        assert call(workbench.address, path_of(runs[0], workbench))[0] == 200

    def test_a_path_cannot_climb_out(self, workbench: Workbench, runs: tuple[str, str]) -> None:
        for path in ("../../etc/passwd", "static/..%2f..%2fscript.py", "static/../../data/snapshot.json"):
            status, _, body = call(workbench.address, path_of(runs[0], workbench) + path)
            assert status in (400, 403, 404)
            assert b"SELECT" not in body

    def test_health_is_told(self, workbench: Workbench) -> None:
        status, _, body = call(workbench.address, "/healthz")
        assert status == 200
        assert json.loads(body)["status"] == "ok"


def test_serve_serves_the_dashboard_and_stops_on_an_interrupt(
    terminal: Terminal, tmp_path: Path, sample_url: str
) -> None:
    run = terminal("ask", "DSCR for Orlando Fashion Square", "--json").json["run"]
    port, log = free_port(), tmp_path / "serve.log"
    address = f"http://127.0.0.1:{port}"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "engine", "serve", run, "--port", str(port)],
            env=environment(tmp_path, DATABASE_URL=sample_url, EXECUTOR="local", PYTHONFAULTHANDLER="1"), cwd=tmp_path,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(f"{address}/health", server, log)
            status, headers, body = call(address, "/api/results")
            assert status == 200
            assert "sandbox" in headers["Content-Security-Policy"]
            assert {metric["name"] for metric in json.loads(body)["metrics"]} >= {"dscr"}
            sent = json.dumps({"scenarios": [{"revenue_change": 0.1}]}).encode()
            assert call(address, "/api/simulate", "POST", sent, Content_Type="application/json")[0] == 200
            assert call(address, "/api/simulate", "POST", b" " * (gateway.BODY_CAP + 1))[0] == 413
            os.kill(server.pid, signal.SIGINT)
            try:
                assert server.wait(60) in (0, 130)
            except subprocess.TimeoutExpired:
                # It says where it hangs.
                server.send_signal(signal.SIGABRT)
                server.wait(10)
                pytest.fail(log.read_text())
        finally:
            server.kill()
            server.wait()
    assert "Traceback" not in log.read_text()
    assert left_of(server.pid) == []
