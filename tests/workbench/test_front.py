"""Before every page, socket and route: known hosts and origins alone, and what a page may load."""

from __future__ import annotations

import asyncio
import io
import re
from types import SimpleNamespace
from typing import Any

import pytest

from engine.commands.serve import application
from engine.errors import UsageError
from engine.executors.base import Reply
from engine.settings import read_settings
from runtime.addresses import addresses, public_addresses
from workbench import front
from workbench.front import Front, inline_scripts

PUBLIC = ("https://workbench.example.com", "http://10.0.0.7:9000/analytics")


@pytest.fixture(autouse=True)
def _port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "port", lambda: 8501)
    front.local.cache_clear()


def asked(path: str = "/", kind: str = "http", **headers: str | list[str]) -> dict[str, Any]:
    """What the front makes of a request: status and headers, or what reached the application."""
    told: dict[str, Any] = {"reached": None, "headers": {}}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        told["reached"] = scope
        if scope["type"] == "http":
            own = [
                (b"x-frame-options", b"ALLOW"),
                *((b"content-security-policy", b"own") for _ in range("own" in path)),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": own})
            await send({"type": "http.response.body", "body": b""})

    async def receive() -> Any:
        return {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        told.setdefault("sent", []).append(message["type"])
        if message["type"] == "http.response.start":
            told["status"] = message["status"]
            told["headers"] = {name.decode(): value.decode() for name, value in message["headers"]}

    raw = [
        (name.lower().encode(), each.encode("latin-1"))
        for name, value in headers.items()
        for each in ([value] if isinstance(value, str) else value)
    ]
    scope = {"type": kind, "path": path, "method": "GET", "headers": raw, "query_string": b""}
    known = addresses("192.168.1.5", 8501, PUBLIC)
    asyncio.run(Front(application, lambda: known)(scope, receive, send))
    return told


OURS = ["localhost:8501", "LOCALHOST:8501", "127.0.0.1:8501", "[::1]:8501", "192.168.1.5:8501"]
NAMED = ["workbench.example.com", "workbench.example.com:443", "10.0.0.7:9000"]
OTHERS = [
    "evil.example", "evil.example:8501", "localhost", "localhost:8502", "localhost:8501.evil.example",
    "127.0.0.1.nip.io:8501", "workbench.example.com.evil.example", "workbench.example.com:8501", "10.0.0.7",
    "0.0.0.0:8501", "", "localhost:8501@evil.example", "evil.example/localhost:8501",
]  # fmt: skip
PATHS = [
    "/",
    "/healthz",
    "/_stcore/stream",
    "/_stcore/health",
    "/api/refresh/x",
    "/run/x/y/",
    "/media/x",
    "/static/x.js",
]


@pytest.mark.parametrize("host", [*OURS, *NAMED])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_our_own_hosts_are_answered(host: str, kind: str) -> None:
    assert asked(kind=kind, Host=host)["reached"] is not None


@pytest.mark.parametrize("host", OTHERS)
@pytest.mark.parametrize("path", PATHS)
def test_any_other_host_is_refused_everywhere(host: str, path: str) -> None:
    told = asked(path, Host=host)
    assert (told["reached"], told["status"]) == (None, 403)
    assert asked(path, "websocket", Host=host)["sent"] == ["websocket.close"]


def test_no_host_and_two_hosts_are_refused() -> None:
    assert asked()["status"] == 403
    assert asked(Host=["localhost:8501", "evil.example"])["status"] == 403


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://localhost:8502", "http://localhost", "https://localhost:8501", "null", "file://",
     "http://localhost:8501.evil.example", "https://workbench.example.com.evil.example", "http://workbench.example.com"],
)  # fmt: skip
@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/run/")])
def test_any_other_origin_is_refused(origin: str, path: str) -> None:
    assert asked(path, Host="localhost:8501", Origin=origin)["status"] == 403
    assert asked(path, "websocket", Host="localhost:8501", Origin=origin)["sent"] == ["websocket.close"]


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:8501", "http://127.0.0.1:8501", "https://workbench.example.com", "http://10.0.0.7:9000"],
)
def test_our_own_origins_are_answered(origin: str) -> None:
    assert asked(Host="localhost:8501", Origin=origin)["reached"] is not None


def test_a_sandboxed_dashboard_has_no_origin_and_only_its_own_paths() -> None:
    assert asked("/run/x/y/api/results", Host="localhost:8501", Origin="null")["reached"] is not None
    assert asked("/api/refresh/x", Host="localhost:8501", Origin="null")["status"] == 403
    assert asked("/run/x/y/", Host="localhost:8501", Origin="http://evil.example")["status"] == 403


def test_a_socket_behind_a_proxy_has_the_host_that_its_page_has() -> None:
    told = asked("/_stcore/stream", "websocket", Host="10.0.0.7:9000", Origin="https://workbench.example.com")
    assert dict(told["reached"]["headers"])[b"host"] == b"workbench.example.com"


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/st-metrics", "/base/_stcore/metrics"])
def test_the_metrics_of_the_process_are_closed(path: str) -> None:
    told = asked(path, Host="localhost:8501")
    assert (told["reached"], told["status"]) == (None, 403)


def test_a_page_may_load_from_nowhere_else() -> None:
    headers = asked(Host="localhost:8501")["headers"]
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    allowed = {word for value in policy.values() for word in value.split()}
    own = {"'none'", "'self'", "'unsafe-inline'", "data:", "blob:", "ws://localhost:8501", "wss://localhost:8501"}
    assert allowed <= own | set(inline_scripts())
    assert "'unsafe-inline'" not in policy["script-src"]
    assert "data:" not in policy["script-src"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_dashboard_keeps_the_policy_of_its_gateway_and_nothing_else_does() -> None:
    assert asked("/run/x/y/own", Host="localhost:8501")["headers"]["content-security-policy"] == "own"
    assert asked("/media/own", Host="localhost:8501")["headers"]["content-security-policy"] != "own"
    assert "frame-ancestors" in asked("/run/x/y/", Host="localhost:8501")["headers"]["content-security-policy"]


def test_the_scripts_in_streamlits_own_page_are_named_by_their_hash() -> None:
    assert len(inline_scripts()) == 1
    assert all(re.fullmatch(r"'sha256-[\w+/]{43}='", each) for each in inline_scripts())


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0", "::", ""])
def test_an_address_that_listens_everywhere_is_asked_by_localhost_alone(host: str) -> None:
    found = addresses(host, 8501, ())
    assert found.hosts == {"localhost:8501", "127.0.0.1:8501", "[::1]:8501"}
    assert found.public == ""


def test_the_first_public_address_is_the_one_to_give_out() -> None:
    assert (
        addresses("0.0.0.0", 8501, public_addresses("https://a.example/ , http://b.example:1")).public
        == "https://a.example"
    )


@pytest.mark.parametrize(
    "text",
    [
        "workbench.example.com",
        "ftp://a.example",
        "https://",
        "https://a.example?x=1",
        "https://u:p@a.example",
        "http://a:b",
    ],
)
def test_a_public_address_that_is_none_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="PUBLIC_ADDRESS"):
        read_settings({"PUBLIC_ADDRESS": text})


def test_a_shared_link_names_the_public_address_where_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench import sharing

    monkeypatch.setattr(sharing, "known", lambda: addresses("0.0.0.0", 8501, PUBLIC))
    assert sharing.address("/run/x/y/") == "https://workbench.example.com/run/x/y/"


@pytest.mark.parametrize(
    ("headers", "answered"),
    [
        ({"HTTP_HOST": "127.0.0.1:8080"}, True),
        ({"HTTP_HOST": "localhost:8080", "HTTP_ORIGIN": "http://localhost:8080"}, True),
        ({"HTTP_HOST": "localhost:8080", "HTTP_ORIGIN": "null"}, True),
        ({"HTTP_HOST": "evil.example:8080"}, False),
        ({"HTTP_HOST": "localhost:8080", "HTTP_ORIGIN": "http://evil.example"}, False),
        ({}, False),
    ],
)
def test_a_served_dashboard_knows_its_own_hosts_alone(headers: dict[str, str], answered: bool) -> None:
    reached: list[object] = []
    told: list[str] = []

    class Sessions:
        def ask(self, *_: object) -> Reply:
            reached.append(1)
            return Reply({"status": 200, "headers": []}, b"here")

    kit: Any = SimpleNamespace(sessions=Sessions())
    run: Any = SimpleNamespace(id="run")
    serve = application(kit, run, addresses("127.0.0.1", 8080, ()))
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": io.BytesIO(), **headers}
    body = b"".join(serve(environ, lambda status, headers: told.append(status)))
    assert (told[0][:3], bool(reached)) == (("200", True) if answered else ("403", False))
    assert (body == b"here") is answered
