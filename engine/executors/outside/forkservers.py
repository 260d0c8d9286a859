"""The fork servers of one executor: which owner has which, which has room, which can go.

A fork server is warmed up for nobody and belongs to its first session's owner from then on; another owner's session
is never forked from it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from engine.errors import SandboxError
from engine.executors.outside.forkserver import SLOTS, ForkServer
from engine.executors.outside.pool import shape
from engine.executors.outside.session import FrameSession
from engine.products import Limits

BOOT_SECONDS = 120.0
OPEN_SECONDS = 30.0
IDLE_SECONDS = 15 * 60.0

Boot = Callable[[Limits], ForkServer]


@dataclass(eq=False)
class Household:
    """A fork server that is there or coming: its limits, its owner (none yet), how many sessions it has."""

    shape: Limits
    owner: str | None
    coming: Future[ForkServer] = field(default_factory=Future)
    taken: int = 0
    used_at: float = field(default_factory=time.monotonic)

    @property
    def gone(self) -> bool:
        """Whether it failed to come or has died."""
        if not self.coming.done():
            return False
        return self.coming.exception() is not None or not self.coming.result().alive


class ForkServers:
    """All fork servers, by owner and limits."""

    def __init__(self, boot: Boot) -> None:
        self._boot = boot
        self._lock = threading.Lock()
        self._all: list[Household] = []
        self._owners: set[str] = set()
        self._closed = False

    def warm(self, limits: Limits) -> None:
        """Start a fork server in the background, unless one with room is there or coming."""
        with self._lock:
            self._forget_gone()
            several = len(self._owners) > 1
            there = [one for one in self._all if one.shape == shape(limits) and one.taken < SLOTS]
            if self._closed or any(one.owner is None or not several for one in there):
                return
            household = self._add(limits, None)
        threading.Thread(target=self._fill, args=(household, limits), name="sandbox-warm", daemon=True).start()

    def server(self, limits: Limits) -> ForkServer:
        """A fork server of nobody yet, to try things in; it stays for the first owner. Raises SandboxError."""
        self.warm(limits)
        with self._lock:
            found = next((one for one in self._all if one.shape == shape(limits)), None)
        if found is None:
            raise SandboxError("The executor is closed", "Open a new one.")
        return found.coming.result(BOOT_SECONDS)

    def take(self, limits: Limits, owner: str) -> FrameSession:
        """A fresh session of this owner. Raises SandboxError when none can be had."""
        for last in (False, True):
            household, mine = self._reserve(limits, owner)
            if mine:
                self._fill(household, limits)
            try:
                server = household.coming.result(BOOT_SECONDS)
                session = server.open(limits, partial(self._release, household), OPEN_SECONDS)
            except BaseException as error:
                # A fork server that died a moment ago says nothing about the next one.
                if last or not isinstance(error, SandboxError) or not household.gone or mine:
                    raise
                continue
            if len(self._owners) > 1:
                self.warm(limits)
            return session
        raise SandboxError("No sandbox could be had", "Try again.")

    def close(self) -> None:
        """End every fork server."""
        with self._lock:
            self._closed = True
        self.drop()

    def drop(self) -> None:
        """End every fork server that is there; others may be started."""
        with self._lock:
            households, self._all = self._all, []
        for household in households:
            discard(household)

    def _reserve(self, limits: Limits, owner: str) -> tuple[Household, bool]:
        """A place in a fork server of this owner, and whether it is yet to be started by the caller."""
        with self._lock:
            if self._closed:
                raise SandboxError("The executor is closed", "Open a new one.")
            self._forget_gone()
            self._owners.add(owner)
            fitting = [one for one in self._all if one.shape == shape(limits) and one.taken < SLOTS]
            found = next((one for one in fitting if one.owner == owner), None)
            found = found or next((one for one in fitting if one.owner is None), None)
            mine = found is None
            household = found or self._add(limits, owner)
            household.owner = owner
            household.taken += 1
            household.used_at = time.monotonic()
            stale = self._stale()
        for one in stale:
            discard(one)
        return household, mine

    def _release(self, household: Household, _: FrameSession) -> None:
        """A session ended. Told once a session, by its closing."""
        with self._lock:
            household.taken = max(0, household.taken - 1)
            household.used_at = time.monotonic()

    def _add(self, limits: Limits, owner: str | None) -> Household:
        household = Household(shape(limits), owner)
        self._all.append(household)
        return household

    def _fill(self, household: Household, limits: Limits) -> None:
        """Start the fork server; whoever waits gets it or the reason why not."""
        try:
            server = self._boot(limits)
        except BaseException as error:
            household.coming.set_exception(error)
            return
        household.coming.set_result(server)
        if self._closed:
            server.close()

    def _forget_gone(self) -> None:
        """Fork servers that died are nobody's."""
        self._all = [one for one in self._all if not one.gone]

    def _stale(self) -> list[Household]:
        """Fork servers without a session for long; the newest one stays."""
        now = time.monotonic()
        idle = [one for one in self._all if not one.taken and one.owner and now - one.used_at > IDLE_SECONDS]
        self._all = [one for one in self._all if one not in idle]
        return idle


def discard(household: Household) -> None:
    """End a fork server, as soon as it is there."""

    def end(coming: Future[ForkServer]) -> None:
        with contextlib.suppress(BaseException):
            coming.result().close()

    household.coming.add_done_callback(end)
