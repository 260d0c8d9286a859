"""A dashboard on its own is asked under known names alone: over a real socket, as a deployed bundle serves it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.runtime.conftest import write_folder

Ask = Callable[..., tuple[int, str]]
PUBLIC = "https://figures.example.com"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Ask]:
    """Asks `python script.py serve`, reached by the public address too, with headers of one's own."""
    folder = write_folder(tmp_path_factory.mktemp("deployed"))
    shutil.copytree(ROOT / "runtime", folder / "runtime", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "script.py", "serve", "--host", "0.0.0.0", "--port", str(port)]
    environment = os.environ | {"PUBLIC_ADDRESS": f"{PUBLIC},http://localhost:9000", "DATABASE_URL": ""}

    def asked(path: str, method: str = "GET", headers: tuple[tuple[str, str], ...] = ()) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            _wait(port, server)
            yield asked
        finally:
            server.terminate()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the dashboard did not start")


@pytest.mark.parametrize(
    "host", ["localhost:{}", "LOCALHOST:{}", "127.0.0.1:{}", "[::1]:{}", "figures.example.com", "localhost:9000"]
)
def test_its_own_names_are_answered(ask: Ask, port: int, host: str) -> None:
    for path in ("/", "/api/results", "/static/dashboard.js"):
        assert ask(path, headers=(("Host", host.format(port)),))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        (("Host", "evil.example"),),
        (("Host", "evil.example:{}"),),
        (("Host", "localhost.evil.example:{}"),),
        (("Host", "localhost"),),
        (("Host", "localhost:1"),),
        (("Host", "192.0.2.7:{}"),),
        (("Host", "0.0.0.0:{}"),),
        (("Host", "localhost:{}"), ("Origin", "http://evil.example")),
        (("Host", "localhost:{}"), ("Origin", "http://localhost:3000")),
        (("Host", "localhost:{}"), ("Host", "evil.example")),
        (("Host", "evil.example"), ("X-Forwarded-Host", "localhost:{}")),
        (),
    ],
)
def test_every_other_name_is_refused(ask: Ask, port: int, headers: tuple[tuple[str, str], ...]) -> None:
    given = tuple((name, value.format(port)) for name, value in headers)
    for path, method in (("/", "GET"), ("/api/results", "GET"), ("/api/simulate", "POST"), ("/nothing", "GET")):
        status, text = ask(path, method, given)
        assert status in (400, 403), (path, text)
        assert "noi" not in text
    if len(given) == 1:
        assert "PUBLIC_ADDRESS" in json.loads(ask("/", headers=given)[1])["error"]["hint"]


def test_its_own_pages_may_ask(ask: Ask, port: int) -> None:
    for host, origin in (
        ("localhost:{}", "http://localhost:{}"),
        ("figures.example.com", PUBLIC),
        ("localhost:{}", "null"),
    ):
        headers = (("Host", host.format(port)), ("Origin", origin.format(port)))
        assert ask("/api/results", headers=headers)[0] == 200


def test_whether_it_works_is_told_under_any_name(ask: Ask) -> None:
    assert json.loads(ask("/health", headers=(("Host", "10.1.2.3:8080"),))[1])["status"] == "ok"
    assert ask("/health/../api/results", headers=(("Host", "10.1.2.3:8080"),))[0] == 403


def test_an_address_that_is_none_is_told(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    shutil.copytree(ROOT / "runtime", folder / "runtime", ignore=shutil.ignore_patterns("__pycache__"))
    ended = subprocess.run(
        [sys.executable, "script.py", "serve", "--port", str(free_port())],
        cwd=folder, env=os.environ | {"PUBLIC_ADDRESS": "figures"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "PUBLIC_ADDRESS: 'figures' is not an address" in ended.stderr
