"""Bytes to and from one isolated interpreter: what each executor gives to the session that speaks frames
over it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Deliver = Callable[[bytes], object]
Ended = Callable[[], object]


@dataclass(frozen=True)
class Death:
    """How an interpreter ended, as its executor saw it; `code` is negative for a signal, None if unknown."""

    code: int | None = None
    out_of_memory: bool = False
    detail: str = ""

    @property
    def text(self) -> str:
        """In words."""
        if self.detail:
            return self.detail
        if self.code is None:
            return "it ended"
        return f"killed by signal {-self.code}" if self.code < 0 else f"exit code {self.code}"


class Channel(Protocol):
    """Bytes to and from one isolated interpreter."""

    executor: str
    # How long log bytes may arrive after the answer that they preceded.
    settle: float

    def listen(self, output: Deliver, log: Deliver, ended: Ended) -> None:
        """Start to deliver what comes, from a thread of its own; `ended` is called once, last."""
        ...

    def send(self, data: bytes) -> None:
        """Send all of it; blocks, and returns early when the channel dies."""
        ...

    def kill(self) -> None:
        """End the interpreter and remove everything it had. Safe to call twice and from any thread."""
        ...

    def why_died(self) -> Death:
        """How it ended; called after `ended`."""
        ...

    def peak_memory_mb(self) -> float | None:
        """The most memory it used so far, where that can be read cheaply."""
        ...
