"""A language model's server whose answers are scripted: a real socket, the real protocol, and every fault on demand.

Each request takes the next turn; the last turn stays. `seen` keeps what clients sent, `left` counts those that hung up.
"""

from __future__ import annotations

import json
import select
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = "<!DOCTYPE html><html><body><h1>Welcome to the router</h1></body></html>"


@dataclass(frozen=True)
class Turn:
    """One answer. `status` other than 200, or a `body`, is sent as it stands, whatever was asked."""

    text: str = ""
    finish: str | None = "stop"
    thinking: str = ""
    thinking_key: str = "reasoning_content"
    status: int = 200
    body: Any = None
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    usage: bool = True
    drop: bool = False
    cut_at: int | None = None
    stall_at: int | None = None
    delay: float = 0.0
    pause: float = 0.0
    done: bool = True
    comments: bool = False
    events: tuple[str, ...] = ()
    whole: bool = False


Answer = Turn | Callable[[dict[str, Any]], Turn]


class ScriptedServer:
    """The server. `piece` is how many letters each event carries."""

    def __init__(
        self,
        turns: Sequence[Answer],
        *,
        piece: int = 7,
        models: Any = ("qwen2.5-coder-7b-instruct",),
        native: dict[str, Any] | None = None,
        port: int = 0,
    ) -> None:
        self.turns = list(turns)
        self.piece = piece
        self.models = models
        self.native = native or {}
        self.seen: list[dict[str, Any]] = []
        self.asked_headers: list[dict[str, str]] = []
        self.left = threading.Semaphore(0)
        self.lock = threading.Lock()
        server = self

        class Handler(_Handler):
            scripted = server

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._http.daemon_threads = True
        self.port = int(self._http.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> ScriptedServer:
        threading.Thread(target=lambda: self._http.serve_forever(poll_interval=0.02), daemon=True).start()
        return self

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def script(self, turns: Sequence[Answer], piece: int) -> None:
        """Begin anew with other turns."""
        with self.lock:
            self.turns, self.piece, self.seen = list(turns), piece, []

    def next(self, body: dict[str, Any]) -> Turn:
        with self.lock:
            self.seen.append(body)
            turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        return turn(body) if callable(turn) else turn


@contextmanager
def scripted(*turns: Answer, **options: Any) -> Iterator[ScriptedServer]:
    """A server for the length of a block."""
    server = ScriptedServer(turns, **options).start()
    try:
        yield server
    finally:
        server.stop()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripted: ScriptedServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        server = self.scripted
        if self.path in server.native:
            self._send(200, server.native[self.path])
        elif self.path.endswith("/models") and "/api/" not in self.path:
            if isinstance(server.models, tuple):
                listed = [{"id": name, "object": "model", "owned_by": "scripted"} for name in server.models]
                self._send(200, {"object": "list", "data": listed})
            else:
                self._send(200, server.models)
        else:
            self._send(404, {"error": {"message": f"no route {self.path}"}})

    def do_POST(self) -> None:
        server = self.scripted
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        server.asked_headers.append({name.lower(): value for name, value in self.headers.items()})
        turn = server.next(body)
        try:
            self._answer(turn, body)
        except OSError:
            server.left.release()
            self.close_connection = True

    def _answer(self, turn: Turn, body: dict[str, Any]) -> None:
        self._wait(turn.delay)
        if turn.drop:
            self.close_connection = True
            self.connection.close()
        elif turn.status != 200 or turn.body is not None:
            self._send(turn.status, turn.body if turn.body is not None else {"error": {"message": "fault"}}, turn)
        elif body.get("stream") and not turn.whole:
            self._stream(turn, body)
        else:
            self._send(200, whole(turn, body), turn)

    def _send(self, status: int, content: Any, turn: Turn | None = None) -> None:
        raw = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Type", turn.kind if turn else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in (turn.headers if turn else {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def _stream(self, turn: Turn, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for event in turn.events:
            self._event(event)
        if turn.events:
            return
        self._event(chunk(body, {"role": "assistant", "content": ""}))
        for at in range(0, len(turn.thinking), self.scripted.piece):
            self._event(chunk(body, {turn.thinking_key: turn.thinking[at : at + self.scripted.piece]}))
        for at in range(0, len(turn.text), self.scripted.piece):
            if turn.cut_at is not None and at >= turn.cut_at:
                return
            if turn.stall_at is not None and at >= turn.stall_at:
                self._wait(60)
            self._wait(turn.pause)
            if turn.comments:
                self.wfile.write(b": keep-alive\n\n")
            self._event(chunk(body, {"content": turn.text[at : at + self.scripted.piece]}))
        if turn.finish:
            self._event(chunk(body, {}, turn.finish))
        if turn.usage and (body.get("stream_options") or {}).get("include_usage"):
            self._event({**chunk(body, {}), "choices": [], "usage": counted(turn, body)})
        if turn.done:
            self._event("[DONE]")

    def _event(self, content: Any) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        self.wfile.write(f"data: {text}\n\n".encode() if not text.startswith(("event:", ":")) else text.encode())
        self.wfile.flush()

    def _wait(self, seconds: float) -> None:
        """Wait, unless the client hangs up first."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.connection], [], [], 0.02)
            if ready and not self.connection.recv(1, 2):  # MSG_PEEK
                raise ConnectionResetError


def counted(turn: Turn, body: dict[str, Any]) -> dict[str, int]:
    asked, written = len(json.dumps(body["messages"])) // 4, max(1, len(turn.text) // 4)
    return {"prompt_tokens": asked, "completion_tokens": written, "total_tokens": asked + written}


def chunk(body: dict[str, Any], delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": body.get("model"),
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def whole(turn: Turn, body: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": turn.text}
    if turn.thinking:
        message[turn.thinking_key] = turn.thinking
    answer = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 1,
        "model": body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": turn.finish}],
    }
    return {**answer, "usage": counted(turn, body)} if turn.usage else answer
