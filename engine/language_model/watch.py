"""Watches one call to a server: hangs up when a person cancels or nothing comes any more.

A thread that waits for bytes cannot be told to stop; the socket it waits on can be shut.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

from engine.errors import CancelledError, EngineError, SilentServerError
from engine.products import Cancelled

TICK = 0.05


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: to connect, for the first token, between tokens, for all, for a model to load."""

    connect: float = 3.0
    first: float = 180.0
    between: float = 60.0
    total: float = 600.0
    loading: float = 180.0


class Watch:
    """A context in which a call is made. `reason` says why it hung up, when it did."""

    def __init__(self, patience: Patience, cancelled: Cancelled) -> None:
        self.reason: EngineError | None = None
        self.connected = False
        self.pieces = 0
        self._patience = patience
        self._cancelled = cancelled
        self._sockets: list[socket.socket] = []
        self._over = threading.Event()
        self._began = self._last = time.monotonic()

    def __enter__(self) -> Watch:
        self._began = self._last = time.monotonic()
        threading.Thread(target=self._look, name="watch-language-model", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Keeps the socket of the call: the HTTP library tells here what it does."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self.connected = True
            self._sockets.append(info["return_value"].get_extra_info("socket"))

    def keep(self, stream: Any) -> None:
        """Keeps the socket of a connection that was open already."""
        self.connected = True
        if stream is not None:
            self._sockets.append(stream.get_extra_info("socket"))

    def piece(self) -> None:
        """A piece has come."""
        self.pieces += 1
        self._last = time.monotonic()

    def hang_up(self) -> None:
        """Shut the sockets, so that whoever waits on one goes on, and the server stops its work."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _look(self) -> None:
        while not self._over.wait(TICK):
            self.reason = self._why()
            if self.reason is not None:
                break
        while self.reason is not None and not self._over.wait(TICK):
            self.hang_up()

    def _why(self) -> EngineError | None:
        if self._cancelled():
            return CancelledError("The run was cancelled while the model was writing.", "Ask again to start anew.")
        now, patience = time.monotonic(), self._patience
        waited = patience.between if self.pieces else patience.first
        if now - self._last > waited:
            what = "stopped writing in the middle" if self.pieces else "did not begin to answer"
            return SilentServerError(
                f"The language model's server {what} for {waited:g} seconds.",
                "Look at the server: it may be out of memory, or busy with another request.",
            )
        if now - self._began > patience.total:
            return SilentServerError(
                f"The language model was not done after {patience.total:g} seconds.", "Use a faster or smaller model."
            )
        return None
