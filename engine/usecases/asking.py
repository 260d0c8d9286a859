"""Asking over HTTP, for programs: a request as a document, its answer as `ask --json` gives it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from engine.errors import EngineError, UsageError
from engine.foundation.jsonapi import Answer, content, refused
from engine.products import Request, Run
from engine.usecases.history import as_json

if TYPE_CHECKING:
    from engine.kit import Kit

SHAPE = 'Send {"request": "NOI by region", "after": RUN, "as_of": "2026-10-31", "answers": {KEY: OPTION}}.'
_FIELDS = ("request", "after", "as_of", "answers")
# So long a program waits for an answer; what takes longer is asked for by its id.
PATIENCE = 20.0
_LOOK = 0.05


class Queue(Protocol):
    """Takes requests: the workbench's workers."""

    def submit(self, request: Request) -> Run:
        """Put a request in the queue."""
        ...


def answer(kit: Kit, queue: Queue, kind: str, body: bytes, patience: float = PATIENCE) -> Answer:
    """The answer of a request; 202 with its run where it takes longer than a program should wait."""
    try:
        request = wanted(content(kind, body, SHAPE), kit)
        run = queue.submit(request)
        return _of(run.id, kit, patience)
    except EngineError as error:
        return refused(error)


def of_run(kit: Kit, run_id: str) -> Answer:
    """A run as a document; 202 while it works, 404 where there is none."""
    try:
        return _of(run_id, kit, 0.0)
    except UsageError as error:
        return 404, refused(error)[1]
    except EngineError as error:
        return refused(error)


def _of(run_id: str, kit: Kit, patience: float) -> Answer:
    until = time.monotonic() + patience
    while not (run := kit.store.load(run_id)).status.final and time.monotonic() < until:
        time.sleep(_LOOK)
    if not run.status.final:
        return 202, {"run": run.id, "status": str(run.status)}
    return 200, as_json(run)


def wanted(sent: Mapping[str, Any], kit: Kit) -> Request:
    """The request in a document.

    Raises:
        UsageError: a field is not there, is of another kind, or is none of ours.
    """
    if unknown := [name for name in sent if name not in _FIELDS]:
        raise UsageError(f"There is no field {unknown[0]!r}.", SHAPE)
    texts = {name: sent.get(name) or "" for name in ("request", "after", "as_of")}
    if any(not isinstance(each, str) for each in texts.values()):
        raise UsageError("request, after and as_of are texts.", SHAPE)
    answers = sent.get("answers") or {}
    if not isinstance(answers, dict) or any(not isinstance(each, str) for each in answers.values()):
        raise UsageError("answers is an object of texts.", SHAPE)
    if texts["as_of"]:
        try:
            date.fromisoformat(texts["as_of"])
        except ValueError:
            raise UsageError(f"{texts['as_of']!r} is no day.", "Give a day such as 2026-10-31.") from None
    return Request(
        text=texts["request"],
        database=kit.remember(kit.settings.database),
        after=texts["after"],
        as_of=texts["as_of"],
        answers=answers,
    )
