"""A clock outside the database server."""

from __future__ import annotations

import contextlib
import os
import socket
import threading

import psycopg2
from psycopg2 import extensions

_AFTER_THE_SERVER = 0.25
_GRACE = 2.0


class Deadline:
    """Ends a read from outside: cancel first, and if the server does not listen, hang up."""

    def __init__(self, connection: extensions.connection, seconds: float) -> None:
        self._connection = connection
        self.passed = False
        first = seconds + _AFTER_THE_SERVER
        self._timers = [threading.Timer(first, self._cancel), threading.Timer(first + _GRACE, self._hang_up)]

    def __enter__(self) -> Deadline:
        for timer in self._timers:
            timer.daemon = True
            timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        for timer in self._timers:
            timer.cancel()

    def _cancel(self) -> None:
        self.passed = True
        with contextlib.suppress(psycopg2.Error):
            self._connection.cancel()

    def _hang_up(self) -> None:
        # The descriptor is doubled: closing our copy must not take libpq's away.
        with (
            contextlib.suppress(psycopg2.Error, OSError),
            socket.socket(fileno=os.dup(self._connection.fileno())) as line,
        ):
            line.shutdown(socket.SHUT_RDWR)
