"""A loop over scenarios that one sandbox would take long for, spread over several, a core each."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.errors import CancelledError, SandboxError
from engine.executors.base import Session, TellEvent
from engine.products import Cancelled
from runtime.batch import pack, unpack

MOST_SANDBOXES = 8
FIRST_PART = 64
# Seconds that a part should take: often enough told, seldom enough asked.
PART_SECONDS = 0.5
POLL_SECONDS = 0.1
TellDone = Callable[[int, int], None]


@dataclass(frozen=True)
class Loop:
    """The columns of drivers to be evaluated row by row, and the outputs wanted of them."""

    columns: Mapping[str, np.ndarray]
    outputs: tuple[str, ...]
    count: int

    @classmethod
    def read(cls, wanted: Any, body: bytes) -> Loop:
        """As a sandbox hands it on.

        Raises:
            SandboxError: it is no such thing.
        """
        try:
            count = int(wanted["count"])
            return cls(unpack(wanted["drivers"], count, body), tuple(map(str, wanted["outputs"])), count)
        except (KeyError, TypeError, ValueError) as error:
            raise SandboxError(f"The sandbox's question cannot be read: {error}.", "Ask again.") from error


@dataclass
class Shared:
    """The state that the threads of one loop share: where the next part begins, what is done, whether to stop."""

    loop: Loop
    cancelled: Cancelled
    found: np.ndarray
    next: int = 0
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)

    def over(self) -> bool:
        """Whether nobody waits any more."""
        return self.stop.is_set() or self.cancelled()

    def take(self, size: int) -> tuple[int, int]:
        """The next part: from and up to which row."""
        with self.lock:
            start = self.next
            self.next = min(self.loop.count, start + max(1, size))
            return start, self.next


def spread(
    another: Callable[[], Session],
    loop: Loop,
    tell: TellDone | None = None,
    cancelled: Cancelled | None = None,
    sandboxes: int = 0,
) -> bytes:
    """The loop's outputs, packed as columns: computed by as many sandboxes as there are cores, or as `sandboxes` says.

    `another` opens a sandbox; all that were opened are closed. `tell(done, total)` hears of rows.

    Raises:
        CancelledError: `cancelled()` became true; the sandboxes are ended at once.
        SandboxError: a sandbox could not be had, or did not answer as it should.
    """
    count = sandboxes or min(MOST_SANDBOXES, os.cpu_count() or 1)
    shared = Shared(loop, cancelled or (lambda: False), np.full((len(loop.outputs), loop.count), np.nan))
    with ThreadPoolExecutor(count, "spread") as pool:
        works = [pool.submit(_work, shared, another) for _ in range(count)]
        try:
            waiting = set(works)
            while waiting:
                ended, waiting = wait(waiting, POLL_SECONDS)
                if tell is not None:
                    tell(shared.done, loop.count)
                for work in ended:
                    work.result()
        except BaseException:
            shared.stop.set()
            raise
    if shared.cancelled():
        raise CancelledError("The scenarios were cancelled.", "Ask again when you want the answer.")
    return pack(dict(zip(loop.outputs, shared.found, strict=True)))[1]


def _work(shared: Shared, another: Callable[[], Session]) -> None:
    """Take parts until there is none, each as large as the one before says."""
    if shared.over():
        return
    session = another()
    size = FIRST_PART
    try:
        while not shared.over():
            start, end = shared.take(size)
            if start >= end:
                return
            began = time.monotonic()
            shared.found[:, start:end] = _part(shared, session, start, end)
            with shared.lock:
                shared.done += end - start
            each = (time.monotonic() - began) / (end - start)
            size = int(min(PART_SECONDS / max(each, 1e-9), 4 * size))
    finally:
        session.close()


def _part(shared: Shared, session: Session, start: int, end: int) -> np.ndarray:
    drivers, body = pack({name: column[start:end] for name, column in shared.loop.columns.items()})
    message = {"do": "sweep", "count": end - start, "drivers": drivers, "outputs": list(shared.loop.outputs)}
    reply = session.ask(message, body, cancelled=shared.over)
    try:
        found = unpack(reply.header["outputs"], end - start, reply.body)
        return np.array([found[name] for name in shared.loop.outputs])
    except (KeyError, TypeError, ValueError) as error:
        raise SandboxError(f"The sandbox's numbers cannot be read: {error}.", "Ask again.") from error


def counted(tell: TellDone | None) -> TellEvent | None:
    """One that hears a sandbox's events as (done, total); other events are not for it."""
    if tell is None:
        return None

    def hear(event: Mapping[str, Any]) -> None:
        done, total = event.get("done"), event.get("total")
        if isinstance(done, int) and isinstance(total, int):
            tell(done, total)

    return hear
