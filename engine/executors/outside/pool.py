"""Warm sessions: one interpreter stands ready while nobody needs it, is leased to one run, and is never
reused.

Loading the libraries costs most of a short job's time, so it is done ahead. A lease for other limits than
the spare's gets a session of its own; every session, leased or spare, ends with the pool.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future

from engine.errors import SandboxError
from engine.executors.outside.session import FrameSession
from engine.products import Limits

Boot = Callable[[Limits, Callable[[FrameSession], None]], FrameSession]

# The next spare is loaded after the leased one has had the processor for its first answer.
REFILL_SECONDS = 1.0
BOOT_SECONDS = 120.0


def shape(limits: Limits) -> Limits:
    """The limits that an interpreter is started with; the clock is kept on this side."""
    return limits.model_copy(update={"wall_seconds": 0.0})


class Pool:
    """One spare, and a list of what is leased."""

    def __init__(self, boot: Boot) -> None:
        self._boot = boot
        self._lock = threading.Lock()
        self._spare: tuple[Limits, Future[FrameSession]] | None = None
        self._open: set[FrameSession] = set()
        self._closed = False
        self._wanted = Limits()

    def warm(self, limits: Limits) -> None:
        """Start a spare in the background, unless there is one."""
        with self._lock:
            if self._closed or self._spare is not None:
                return
            coming: Future[FrameSession] = Future()
            self._spare = (shape(limits), coming)
        threading.Thread(target=self._fill, args=(limits, coming), name="sandbox-warm", daemon=True).start()

    def take(self, limits: Limits) -> FrameSession:
        """The spare when it fits and lives, else a fresh session; the next spare follows in the background.

        Raises:
            SandboxError: no session can be had.
        """
        with self._lock:
            if self._closed:
                raise SandboxError("The executor is closed", "Open a new one.")
            spare, self._spare = self._spare, None
            self._wanted = limits
        session = self._use(spare[1]) if spare is not None and spare[0] == shape(limits) else None
        if spare is not None and session is None:
            spare[1].add_done_callback(discard)
        if session is None:
            session = self._start(limits)
        session.limits = limits
        refill = threading.Timer(REFILL_SECONDS, lambda: self.warm(self._wanted))
        refill.daemon = True
        refill.start()
        return session

    def close(self) -> None:
        """End every session."""
        with self._lock:
            self._closed = True
            spare, self._spare = self._spare, None
            sessions = list(self._open)
        if spare is not None:
            spare[1].add_done_callback(discard)
        for session in sessions:
            session.close()

    def _use(self, coming: Future[FrameSession]) -> FrameSession | None:
        """The spare, when it came up and still lives."""
        with contextlib.suppress(SandboxError, TimeoutError):
            session = coming.result(BOOT_SECONDS)
            if session.alive:
                return session
        return None

    def _fill(self, limits: Limits, coming: Future[FrameSession]) -> None:
        try:
            coming.set_result(self._start(limits))
        except Exception as error:
            # The next `take` starts its own and reports what goes wrong then; `warm` may try again.
            coming.set_exception(error)
            with self._lock:
                if self._spare is not None and self._spare[1] is coming:
                    self._spare = None

    def _start(self, limits: Limits) -> FrameSession:
        session = self._boot(limits, self._forget)
        with self._lock:
            closed = self._closed
            if session.alive:
                self._open.add(session)
        if closed:
            session.close()
            raise SandboxError("The executor was closed while it started a session", "Open a new one.")
        return session

    def _forget(self, session: FrameSession) -> None:
        with self._lock:
            self._open.discard(session)


def discard(coming: Future[FrameSession]) -> None:
    """Close a session that nobody will use, however it turned out."""
    if coming.exception() is None:
        coming.result().close()
