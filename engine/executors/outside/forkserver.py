"""The engine's side of one fork server: many sessions over one channel, none able to hold up another.

A fork server belongs to one owner from its first session on. What comes from the fork server is checked as it arrives;
one that speaks nonsense or does not end a session that it was told to end is thrown away with all it holds.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections.abc import Callable
from typing import Any

from engine.errors import SandboxError
from engine.executors.inside import wire
from engine.executors.outside.channel import Channel, Death, Deliver, Ended
from engine.executors.outside.session import FrameSession
from engine.executors.outside.stream import Log
from engine.products import Limits

END_SECONDS = 5.0
# Loading the libraries and carrying streams; the fork server itself needs no more.
OWN_MB = 192
OPEN_FILES = 256
TEMPORARY_MB = 64
# Read-only files that a process maps (libraries, shared memory) beside the data that counts.
MAPPED_MB = 1024
CPU_SECONDS = 6 * 3600
SLOTS = 8


def plan(limits: Limits) -> dict[str, Any]:
    """Return the limits of a session as the fork server reads them."""
    memory, temporary = limits.memory_mb << 20, max(TEMPORARY_MB, limits.result_mb) << 20
    return {
        "memory": memory,
        "tmp": temporary,
        "rlimits": {
            # Private writable memory: what a calculation uses. The address space is far larger.
            "RLIMIT_DATA": memory,
            "RLIMIT_AS": memory + (MAPPED_MB << 20),
            "RLIMIT_CPU": CPU_SECONDS,
            "RLIMIT_FSIZE": temporary,
            "RLIMIT_NOFILE": OPEN_FILES,
            "RLIMIT_CORE": 0,
            "RLIMIT_NPROC": limits.processes,
        },
    }


def total(limits: Limits, processors: int) -> Limits:
    """Return the limits of a fork server with all its sessions together."""
    return limits.model_copy(
        update={
            "memory_mb": SLOTS * limits.memory_mb + OWN_MB,
            "processes": SLOTS * limits.processes + SLOTS + 1,
            "cpus": min(float(processors), SLOTS * limits.cpus),
        }
    )


class ForkServer:
    """One fork server, and the sessions it forked."""

    def __init__(self, channel: Channel) -> None:
        self.executor = channel.executor
        self._channel = channel
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._members: dict[int, MemberChannel] = {}
        self._last = 0
        self._ready = threading.Event()
        self._dead = threading.Event()
        self._reader = wire.Reader((wire.READY, wire.OUTPUT, wire.LOG, wire.WANTED, wire.ENDED))
        self.log = Log()
        channel.listen(self._on_output, self.log.add, self._on_end)

    @property
    def alive(self) -> bool:
        """Whether it can still fork."""
        return not self._dead.is_set()

    @property
    def size(self) -> int:
        """How many sessions it holds."""
        with self._lock:
            return len(self._members)

    def wait_ready(self, seconds: float) -> None:
        """Wait until its libraries are loaded.

        Raises:
            SandboxError: it died or took too long.
        """
        if not self._ready.wait(seconds):
            self.close()
            text = f"The sandbox's interpreter was not ready within {seconds:.0f} s"
            raise SandboxError(text, "Try again when the machine is less busy.")
        if not self.alive:
            reason = self._channel.why_died().text
            self.close()
            raise SandboxError(f"The sandbox's interpreter did not start: {reason}", self.log.last_lines)

    def open(self, limits: Limits, closed: Callable[[FrameSession], None], seconds: float) -> FrameSession:
        """Fork a session under these limits. Raises SandboxError when none can be had."""
        session = FrameSession(self._fork(plan(limits)), limits, closed)
        session.wait_ready(seconds)
        return session

    def probe(self, code: str, facts: bytes, limits: Limits) -> MemberChannel:
        """Fork a session that runs a piece of our own code; its channel."""
        member = self._fork(plan(limits) | {"probe": code})
        member.send(facts)
        return member

    def close(self) -> None:
        """End the fork server and all it forked. Safe to call twice and from any thread."""
        self._channel.kill()
        self._on_end()

    def send(self, kind: int, number: int, content: bytes | memoryview = b"") -> None:
        """One piece to the fork server."""
        with self._sending:
            self._channel.send(wire.pack(kind, number, content))

    def why_died(self) -> Death:
        """How the fork server ended."""
        return self._channel.why_died()

    def _fork(self, wanted: dict[str, Any]) -> MemberChannel:
        with self._lock:
            if not self.alive:
                raise SandboxError("The sandbox has ended", "Run it again.")
            self._last += 1
            member = self._members[self._last] = MemberChannel(self, self._last)
        self.send(wire.SPAWN, member.number, json.dumps(wanted).encode())
        return member

    def _on_output(self, received: bytes) -> None:
        """Called by the channel's thread."""
        try:
            for kind, number, content in self._reader.feed(received):
                self._take(kind, number, content)
        except (wire.WireError, ValueError, KeyError, TypeError):
            self.close()

    def _take(self, kind: int, number: int, content: bytes) -> None:
        if kind == wire.READY:
            self._ready.set()
            return
        with self._lock:
            member = self._members.get(number)
        if member is None:
            raise wire.WireError(f"there is no session {number}")
        member.take(kind, content)
        if kind == wire.ENDED:
            with self._lock:
                self._members.pop(number, None)

    def _on_end(self) -> None:
        """Its stream is over, so nothing of it is left."""
        self._dead.set()
        self._ready.set()
        with self._lock:
            left, self._members = list(self._members.values()), {}
        for member in left:
            member.take(wire.ENDED, b"")


class MemberChannel:
    """The streams of one forked session."""

    settle = 0.0

    def __init__(self, server: ForkServer, number: int) -> None:
        self.executor = server.executor
        self.number = number
        self.used: dict[str, float] = {}
        self._server = server
        self._coming: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._credit = wire.WINDOW
        self._held = 0
        self._ended = threading.Event()
        self._killed = False
        self._death: Death | None = None

    def listen(self, output: Deliver, log: Deliver, ended: Ended) -> None:
        """Deliver what comes, from a thread of its own."""
        threading.Thread(target=self._pump, args=(output, log, ended), name="sandbox-session", daemon=True).start()

    def send(self, data: bytes) -> None:
        """Send all of it, as fast as it is taken; a dead session ends this early."""
        left = memoryview(data)
        while left:
            with self._changed:
                while self._credit <= 0 and not self._ended.is_set():
                    self._changed.wait()
                if self._ended.is_set():
                    return
                count = min(len(left), wire.PIECE, self._credit)
                self._credit -= count
            self._server.send(wire.DATA, self.number, left[:count])
            left = left[count:]

    def kill(self) -> None:
        """End it and wait until it is gone; a fork server that does not obey goes too."""
        self._killed = True
        if not self._ended.is_set():
            self._server.send(wire.KILL, self.number)
            if not self._ended.wait(END_SECONDS):
                self._server.close()

    def why_died(self) -> Death:
        """How it ended; without last words its whole fork server did."""
        return self._death or self._server.why_died()

    def peak_memory_mb(self) -> float | None:
        """As its fork server measured it, once it has ended."""
        return self.used.get("peak_memory_mb")

    def take(self, kind: int, content: bytes) -> None:
        """One piece from the fork server, in the thread that reads for all: never waits.

        Raises:
            wire.WireError: it is more than it may send.
        """
        if kind == wire.WANTED:
            with self._changed:
                self._credit += int.from_bytes(content, "big")
                if self._credit > wire.WINDOW:
                    raise wire.WireError("more was taken than was sent")
                self._changed.notify_all()
            return
        if kind == wire.ENDED:
            if content:
                words = json.loads(content)
                self._death = Death(int(words["code"]), words["out_of_memory"] is True)
                self.used = {name: float(words[name]) for name in ("cpu_seconds", "peak_memory_mb")}
        else:
            with self._changed:
                self._held += len(content)
                if self._held > wire.WINDOW + wire.SLACK:
                    raise wire.WireError("more came than was asked for")
        self._coming.put((kind, content))
        if kind == wire.ENDED:
            self._ended.set()
            with self._changed:
                self._changed.notify_all()

    def _pump(self, output: Deliver, log: Deliver, ended: Ended) -> None:
        """Deliver in order; what was delivered may be followed by as much."""
        while (piece := self._coming.get())[0] != wire.ENDED:
            kind, content = piece
            (log if kind == wire.LOG else output)(content)
            with self._changed:
                self._held -= len(content)
            if not self._ended.is_set():
                with contextlib.suppress(OSError):
                    self._server.send(wire.TAKEN, self.number, wire.amount(len(content)))
        ended()
