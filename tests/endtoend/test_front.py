"""The real workbench as other sites, programs and browsers meet it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from engine.dashboards import access
from engine.products import (
    ChartSpec,
    Event,
    Failure,
    MetricValue,
    Option,
    Quantity,
    Question,
    Request,
    Results,
    Run,
    Status,
    Step,
)
from engine.products.rights import ALL, NONE, Right
from engine.store.runs import Store
from tests.conftest import ROOT
from tests.endtoend.conftest import environment, left_of
from tests.endtoend.test_gateway import call, path_of
from tests.endtoend.workbench import Workbench, free_port, ready, tab, visiting, wait_for

pytestmark = pytest.mark.xdist_group("browser")
EVIL = '![i](http://host.invalid/x.png) <img src="http://host.invalid/y.png"> [a](http://host.invalid) :red[r] # $x$'


@pytest.fixture
def store(workbench: Workbench) -> Iterator[Store]:
    opened = Store(workbench.store)
    yield opened
    opened.close()


def handshake(workbench: Workbench, **headers: str) -> str:
    """The first line with which the workbench answers to the opening of a socket."""
    parts = urlsplit(workbench.address)
    given = {"Host": parts.netloc, **headers}
    lines = [f"{name}: {value}" for name, value in given.items()]
    with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=60) as opened:
        opened.sendall(
            "\r\n".join(
                [
                    "GET /_stcore/stream HTTP/1.1", *lines, "Upgrade: websocket", "Connection: Upgrade",
                    "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
                ]
            ).encode()
        )  # fmt: skip
        return opened.makefile("rb").readline().decode()


@pytest.mark.parametrize("path", ["/", "/healthz", "/_stcore/health", "/api/portfolio/x", "/run/x/y/", "/results"])
def test_another_sites_name_is_refused_everywhere(workbench: Workbench, path: str) -> None:
    for host in ("evil.example", f"evil.example:{urlsplit(workbench.address).port}", "localhost:1"):
        status, headers, body = call(workbench.address, path, Host=host)
        assert status == 403, (path, host)
        assert b"PUBLIC_ADDRESS" in body
        assert headers["X-Frame-Options"] == "DENY"


def test_the_socket_takes_its_own_pages_alone(workbench: Workbench) -> None:
    assert " 101 " in handshake(workbench, Origin=workbench.address)
    assert " 101 " in handshake(workbench, Origin=workbench.address.replace("127.0.0.1", "localhost"))
    for origin in ("http://evil.example", "http://localhost:3000", "null"):
        assert " 403 " in handshake(workbench, Origin=origin), origin
    assert " 403 " in handshake(workbench, Host="evil.example", Origin="http://evil.example")


def test_pages_say_what_they_may_load(workbench: Workbench, seed_run: str) -> None:
    _, headers, _ = call(workbench.address, "/results")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff")
    _, headers, _ = call(workbench.address, path_of(seed_run, workbench))
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Content-Security-Policy"].count("frame-ancestors 'self'") >= 1
    assert call(workbench.address, "/_stcore/metrics")[0] == 403


def test_a_program_needs_a_token_with_the_scope(workbench: Workbench, seed_run: str, store: Store) -> None:
    # The key is made when the first link is looked at.
    assert call(workbench.address, f"/run/{seed_run}/unknown/")[0] == 403
    key = (workbench.folder / "var" / "link.key").read_bytes()
    sent = {"method": "POST", "body": b"{}", "Content_Type": "application/json"}
    may = {right: access.make_token(store, right, [right])[1] for right in Right}
    ended, old = access.make_token(store, "old", ALL)
    store.grants.withdraw(ended.id)
    link = access.share(store, key, seed_run, frozenset({Right.PORTFOLIO}))[1]
    other = access.share(store, key, "another", ALL)[1]
    plain = access.share(store, key, seed_run, NONE)[1]
    for path, right in (("/api/portfolio/", Right.PORTFOLIO), ("/api/refresh/", Right.REFRESH)):
        for shown in ("", "Bearer", "Bearer x", f"Basic {may[right]}", may[right], f"Bearer {old}", f"Bearer {other}"):
            status, headers, body = call(workbench.address, path + seed_run, **sent, Authorization=shown)
            assert (status, headers["WWW-Authenticate"]) == (401, "Bearer"), shown
            assert "./run token create" in json.loads(body)["error"]["hint"]
        lacking = next(token for each, token in may.items() if each is not right)
        for shown in (lacking, plain):
            status, _, body = call(workbench.address, path + seed_run, **sent, Authorization=f"Bearer {shown}")
            assert (status, f"the scope {right}" in json.loads(body)["error"]["message"]) == (403, True)
    for shown in (may[Right.PORTFOLIO], link):
        status, _, body = call(workbench.address, f"/api/portfolio/{seed_run}", Authorization=f"Bearer {shown}")
        assert (status, "region" in json.loads(body)["dimensions"]) == (200, True)


def test_tokens_are_made_and_withdrawn_on_the_settings_page(
    browser: Browser, workbench: Workbench, store: Store
) -> None:
    with visiting(browser, workbench.address) as visitor:
        page = visitor.page()
        page.goto(workbench.link("settings"))
        ready(page)
        page.get_by_label("Name of the program").fill("dashboard of the board")
        page.get_by_text("May read the data again").click()
        page.get_by_role("button", name="Make a token").click()
        shown = page.get_by_text("wb_").first
        expect(shown).to_be_visible()
        token = shown.inner_text().strip()
        assert access.token_rights(store, token) == {Right.REFRESH}
        row = page.locator(f".st-key-token-{token.split('_')[1]}")
        row.get_by_role("button", name="End this token").click()
        expect(row.get_by_text("withdrawn")).to_be_visible()
        assert access.token_rights(store, token) is None


def hostile(store: Store, seed_run: str) -> tuple[str, str]:
    """A run that is done and one that asks, all of whose texts try to be Markdown, HTML or a chart's language."""
    good = store.load(seed_run)
    assert good.results is not None
    results: Results = good.results
    metrics = tuple(
        MetricValue.model_validate({**each.model_dump(), "label": EVIL, "text": EVIL, "definition": EVIL, "good": ""})
        for each in results.metrics
    )
    tables = {
        name: table.model_copy(
            update={
                "label": EVIL,
                "rows": tuple(tuple(EVIL if isinstance(cell, str) else cell for cell in row) for row in table.rows),
            }
        )
        for name, table in results.tables.items()
    }
    changed = results.model_copy(
        update={
            "title": EVIL,
            "metrics": metrics,
            "tables": tables,
            "charts": tuple(ChartSpec.model_validate({**each.model_dump(), "label": EVIL}) for each in results.charts),
            "quantities": tuple(
                Quantity.model_validate({**each.model_dump(), "definition": EVIL}) for each in results.quantities
            ),
            "parameters": tuple(
                each.model_copy(update={"label": f"{place} {EVIL}", "description": EVIL})
                for place, each in enumerate(results.parameters)
            ),
            "assumptions": (EVIL,),
            "warnings": (EVIL,),
            "supposed": None,
        }
    )
    run: Run = store.create(good.request.model_copy(update={"text": EVIL}), title=EVIL, claimed=True)
    parts = {name: getattr(good, name) for name in ("task", "plan", "script", "verdict", "bundle", "execution")}
    run = store.keep(run, **parts, results=changed)
    store.tell(run, Event(step=Step.ANALYSE, state="progress", message=EVIL, at=datetime.now(UTC)))
    store.mark(run, status=Status.DONE, folder=good.folder)
    asking: Run = store.create(good.request.model_copy(update={"text": EVIL}), title=EVIL, claimed=True)
    asking = store.keep(
        asking,
        question=Question(key="k", text=EVIL, options=(Option(value="a", label=EVIL),)),
        failure=Failure(step=Step.PLAN, message=EVIL, hint=EVIL),
    )
    store.mark(asking, status=Status.NEEDS_INPUT)
    return run.id, asking.id


def test_no_text_of_a_run_is_drawn_as_anything_but_text(
    browser: Browser, workbench: Workbench, seed_run: str, store: Store
) -> None:
    done, asking = hostile(store, seed_run)
    try:
        # At its end the visitor complains of every request that left the host, and of what the policy stopped.
        with visiting(browser, workbench.address) as visitor:
            page = visitor.page()
            for name, run in (
                ("request", done),
                ("request", asking),
                ("results", done),
                ("simulate", done),
                ("script", done),
            ):
                page.goto(workbench.link("" if name == "request" else name, run))
                ready(page)
                expect(page.get_by_text("![i](http:").first).to_be_visible()
                if name == "results":
                    tab(page, "How is this computed?")
                    tab(page, "Sources")
                for what in ("img[src*='host.invalid']", "a[href*='host.invalid']", "[data-testid=stMain] .katex"):
                    assert page.locator(what).count() == 0, (name, what)
    finally:
        for run in (done, asking):
            store.delete(run)


def test_a_dashboard_is_framed_by_the_workbench_alone(browser: Browser, workbench: Workbench, seed_run: str) -> None:
    with visiting(browser, workbench.address) as visitor:
        page = visitor.page()
        page.goto(workbench.link("results", seed_run))
        ready(page)
        tab(page, "Web dashboard")
        expect(page.frame_locator("iframe").get_by_text("DSCR").first).to_be_visible()


def below(owner: int) -> set[int]:
    """Every process below one: those of its sandboxes, whatever group they are in."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in map(str.split, listed.splitlines())}
    found: set[int] = set()
    while more := {pid for pid, parent in parents.items() if parent in {owner, *found}} - found:
        found |= more
    return found


def test_a_workbench_that_is_told_to_end_has_ended_with_its_sandboxes(tmp_path: Path, sample_url: str) -> None:
    (tmp_path / "home").mkdir()
    settings = environment(tmp_path, DATABASE_URL=sample_url, EXECUTOR="local")
    port, log = free_port(), tmp_path / "workbench.log"
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port)]
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--server.address", "127.0.0.1"], cwd=ROOT, env=settings, start_new_session=True,
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", server, log)
        store = Store(f"sqlite:///{tmp_path}/store.sqlite")
        run = store.create(Request(text="NOI", database=sample_url), title="NOI")
        while not store.load(run.id).status.final:
            time.sleep(0.1)
        sandboxes = below(server.pid)
        assert sandboxes, "without a sandbox this shows nothing"
        # A browser that listens, and a client that never ends its request, hold a connection each.
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        held[0].sendall(
            f"GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        here = Workbench(f"http://127.0.0.1:{port}", tmp_path, log)
        way = f"{path_of(run.id, here)}api/simulate"
        held[1].sendall(f"POST {way} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 9000\r\n\r\n{{".encode())
        assert b" 101 " in held[0].recv(100)
        os.kill(server.pid, signal.SIGTERM)
        # The promise itself is ten seconds: what has not ended by then has not kept it.
        server.wait(10)
        assert left_of(server.pid) == []
        assert [pid for pid in sandboxes if Path(f"/proc/{pid}/exe").exists()] == []
        for each in held:
            each.close()
        store.close()
    finally:
        server.kill()
        server.wait()
    assert "Traceback" not in log.read_text()
