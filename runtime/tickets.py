"""How far the questions being answered are, by the ticket that a page gave each of its own, and which are to stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .failures import RuntimeFailure


class Stopped(RuntimeFailure):
    """Nobody waits for the answer any more."""

    def __init__(self) -> None:
        super().__init__("This was cancelled.", "Ask again when you want the answer.")


class Question:
    """One question: how many evaluations of its loop are done, of how many, and whether it is to stop."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0
        self.stopped = False

    def note(self, done: int, total: int) -> None:
        """Remember how far it is."""
        self.done, self.total = done, total

    def require(self) -> None:
        """Ends the work of a question that is to stop.

        Raises:
            Stopped: it is.
        """
        if self.stopped:
            raise Stopped


class Tickets:
    """The questions being answered. One without a ticket is nobody else's business."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, Question] = {}
        self.stops = 0

    @contextmanager
    def question(self, ticket: str) -> Iterator[Question]:
        """A question, known by its ticket as long as it is being answered."""
        mine = Question()
        if ticket:
            with self._lock:
                self._open[ticket] = mine
        try:
            yield mine
        finally:
            with self._lock:
                if self._open.get(ticket) is mine:
                    del self._open[ticket]

    def progress(self, ticket: str) -> dict[str, int]:
        """How far the question is; 0 of 0 for one that does not loop, or has ended."""
        with self._lock:
            found = self._open.get(ticket) or Question()
        return {"done": found.done, "total": found.total}

    def stop(self, ticket: str) -> dict[str, bool]:
        """Let the question end at its next evaluation; whether there was one."""
        with self._lock:
            found = self._open.get(ticket)
            if found is not None:
                found.stopped = True
                self.stops += 1
        return {"stopped": found is not None}
