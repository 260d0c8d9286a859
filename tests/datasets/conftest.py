"""A real HTTP server with pages, logins and faults, and shelves that may ask it."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from engine import Kit, Request, Status, answer
from engine.datasets.declaration import HttpSource, Paging
from engine.datasets.hosts import Hosts
from engine.datasets.shelf import Shelf
from engine.products import Run

ROWS = [{"id": n, "month": f"2026-{n % 12 + 1:02d}-01", "rate": n / 10, "base": {"code": "EUR"}} for n in range(1, 26)]
SALES = "region,channel,sold_on,amount\nNorth,web,2024-01-05,100\nSouth,web,2024-02-07,300\nNorth,shop,2024-02-09,50\n"
SECRETS = {"RATES_TOKEN": "geheim-123"}


class Handler(BaseHTTPRequestHandler):
    """Answers by path; what was asked is kept."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        getattr(self, "at_" + parts.path.strip("/").replace("/", "_"), self.at_missing)(asked)

    def log_message(self, *arguments: object) -> None:
        """Nothing is printed."""

    def send(self, value: object, status: int = 200, media: str = "application/json", **headers: str) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)

    def at_missing(self, asked: dict[str, str]) -> None:
        self.send({"error": "no such thing"}, 404)

    def at_rates(self, asked: dict[str, str]) -> None:
        self.send({"data": ROWS})

    def at_pages(self, asked: dict[str, str]) -> None:
        size = int(asked["size"])
        start = (int(asked["page"]) - 1) * size
        self.send({"data": ROWS[start : start + size]})

    def at_offsets(self, asked: dict[str, str]) -> None:
        start = int(asked["offset"])
        self.send(ROWS[start : start + 10])

    def at_cursors(self, asked: dict[str, str]) -> None:
        start = int(asked.get("after", "0"))
        following = start + 10 if start + 10 < len(ROWS) else None
        self.send({"items": ROWS[start : start + 10], "next": {"cursor": following}})

    def at_links(self, asked: dict[str, str]) -> None:
        start = int(asked.get("from", "0"))
        link = f'</links?from={start + 10}>; rel="next", </links>; rel="first"' if start + 10 < len(ROWS) else ""
        self.send(ROWS[start : start + 10], Link=link)

    def at_endless(self, asked: dict[str, str]) -> None:
        self.send([{"page": asked["page"]}])

    def at_same(self, asked: dict[str, str]) -> None:
        self.send(ROWS[:10])

    def at_secret(self, asked: dict[str, str]) -> None:
        good = self.headers.get("Authorization") == "Bearer geheim-123"
        self.send(ROWS if good else {"error": "who?"}, 200 if good else 401)

    def at_echo(self, asked: dict[str, str]) -> None:
        """The token in whatever a server may say beside its answer."""
        token = self.headers["Authorization"].removeprefix("Bearer ")
        spoken = {
            "plain": token,
            "upper": token.upper(),
            "spaced": " ".join(token),
            "base64": base64.b64encode(token.encode()).decode(),
        }
        way = asked["way"]
        if way in spoken:
            self.send_response(400, f"Bad token {spoken[way]}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif way == "path":
            self.send(b"", 302, Location=f"/missing/{token}")
        elif way == "encoding":
            self.send(b"x", Content_Encoding=token)
        else:
            self.send(b"x", media=f"text/{token}")

    def at_flaky(self, asked: dict[str, str]) -> None:
        self.server.tries += 1  # type: ignore[attr-defined]
        if self.server.tries < 3:  # type: ignore[attr-defined]
            self.send({"error": "busy"}, 503, Retry_After="0")
        else:
            self.send(ROWS)

    def at_broken(self, asked: dict[str, str]) -> None:
        self.send({"error": "boom"}, 500)

    def at_html(self, asked: dict[str, str]) -> None:
        self.send(b"<html>Please log in</html>", media="text/html")

    def at_nonsense(self, asked: dict[str, str]) -> None:
        self.send(b'{"data": [')

    def at_huge(self, asked: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for _ in range(64):
                self.wfile.write(b" " * (1 << 18))
        except OSError:
            self.close_connection = True

    def at_slow(self, asked: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            self.close_connection = True
            self.server.left.set()  # type: ignore[attr-defined]

    def at_cut(self, asked: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"[1, 2")
        self.close_connection = True

    def at_packed(self, asked: dict[str, str]) -> None:
        self.send(b"\x1f\x8b", Content_Encoding="gzip")

    def at_moved(self, asked: dict[str, str]) -> None:
        self.send({}, 302, Location=asked["to"])

    def at_round(self, asked: dict[str, str]) -> None:
        self.send({}, 302, Location="/round")

    def at_table(self, asked: dict[str, str]) -> None:
        self.send(b"region,amount\nNorth,10\nSouth,20\n", media="text/csv")

    def at_empty(self, asked: dict[str, str]) -> None:
        self.send({"data": []})


class Api:
    """The server, and what it was asked."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.asked = []  # type: ignore[attr-defined]
        self.server.tries = 0  # type: ignore[attr-defined]
        self.server.left = threading.Event()  # type: ignore[attr-defined]
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=lambda: self.server.serve_forever(0.02), daemon=True).start()

    @property
    def asked(self) -> list[tuple[str, dict[str, str]]]:
        found: list[tuple[str, dict[str, str]]] = self.server.asked  # type: ignore[attr-defined]
        return found

    @property
    def left(self) -> threading.Event:
        """Set when somebody hangs up while a slow answer is given."""
        found: threading.Event = self.server.left  # type: ignore[attr-defined]
        return found

    def source(self, path: str, paging: Paging | None = None, **fields: object) -> HttpSource:
        given = {"url": f"http://{self.host}/{path}", "retries": 0, "paging": paging or Paging(), **fields}
        return HttpSource.model_validate(given)


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def hosts(tmp_path: Path, api: Api) -> Hosts:
    """Only the server is approved, as a private host."""
    made = Hosts(tmp_path / "hosts.json")
    made.approve(api.host, private=True)
    return made


@pytest.fixture
def shelf(tmp_path: Path, hosts: Hosts) -> Shelf:
    return Shelf(tmp_path / "datasets", hosts, SECRETS)


@pytest.fixture
def read(shelf: Shelf) -> Callable[[str], list[tuple[object, ...]]]:
    """Rows of a SELECT over the shelf."""
    return lambda sql: list(shelf.read(sql, {}).itertuples(index=False, name=None))


def ask(kit: Kit, text: str, **fields: object) -> Run:
    request = Request(text=text, database=kit.remember(kit.settings.database), executor="local", **fields)  # type: ignore[arg-type]
    return answer(request, kit, lambda event: None)


def rows_of(run: Run) -> list[tuple[object, ...]]:
    assert run.status is Status.DONE, (run.failure, run.question)
    assert run.results is not None
    return [tuple(row) for table in run.results.tables.values() for row in table.rows]
