"""What the workbench answers for a dashboard that its sandbox cannot: words, every member, the data read anew.

The sandbox hears of none of it. What reads more than the run's own snapshot needs a right of the link that it came by.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, ValidationError

from engine.errors import EngineError, UsageError
from engine.foundation.jsonapi import Answer, UntakenError, content, refused
from engine.products import Run, Scenario
from engine.products.rights import OF_LINKS, Right, Rights
from engine.scenarios.sentence import LONGEST, scenario_of
from engine.scenarios.whatif import require_results, supposed_scenarios
from runtime.tickets import Question, Tickets

if TYPE_CHECKING:
    from engine.kit import Kit

# Each holds a thread of the server and a sandbox, and reads the database, for as long as it takes.
MOST_AT_ONCE = 3
SENTENCE = 'Send {"sentence": "revenue 10 % down", "scenarios": []}.'
REFUSALS = {
    Right.PORTFOLIO: "This link may not compute the same for every member.",
    Right.REFRESH: "This link may not read the data again.",
}
ASK_FOR_ONE = "Ask whoever gave you the link for one that may."

# The questions that are being answered: asked about here, since a sandbox hears nothing while it computes.
TICKETS = Tickets()
_room = threading.BoundedSemaphore(MOST_AT_ONCE)


class Known(BaseModel):
    """A scenario of the page, which a sentence may begin with."""

    name: str = Field(max_length=200)
    values: dict[str, float] = Field(default_factory=dict, max_length=200)


class Said(BaseModel):
    """What a sentence is sent as."""

    sentence: str = Field(max_length=LONGEST)
    scenarios: list[Known] | None = Field(default=None, max_length=200)


@dataclass(frozen=True)
class Asked:
    """One request of a dashboard's page: of which run, with what, and what its link may.

    `link(run)` is where another run's dashboard is, as the page can follow it; empty where there is no such place.
    """

    kit: Kit
    run: Run
    kind: str
    body: bytes
    ticket: str
    rights: Rights
    link: Callable[[str], str]


def answer(asked: Asked, method: str, path: str) -> Answer | None:
    """A status and a document; None when the path is the sandbox's own."""
    if path not in PATHS:
        return None
    act = OWN.get((method, path))
    if act is None:
        takes = " and ".join(known for known, each in OWN if each == path)
        return 405, {"error": {"message": f"{path} does not take {method}.", "hint": f"It takes {takes}."}}
    try:
        return act(asked)
    except EngineError as error:
        return refused(error)


def _abilities(asked: Asked) -> Answer:
    """What its link may, and the scenarios that the request supposed, with which the page begins."""
    said = [each.model_dump() for each in supposed_scenarios(asked.run.results)] if asked.run.results else []
    return 200, {"say": True, **{right.value: right in asked.rights for right in OF_LINKS}, "scenarios": said}


def _say(asked: Asked) -> Answer:
    """A scenario from a sentence; `scenarios` are those of the page, which it may copy."""
    try:
        wanted = Said.model_validate_json(asked.body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise UsageError(f"{where} cannot be read: {first['msg'].lower()}.", SENTENCE) from None
    known = [Scenario(name=each.name, values=each.values) for each in wanted.scenarios or ()]
    found = scenario_of(wanted.sentence, require_results(asked.run).parameters, known)
    return 200, {"name": found.name, "values": dict(found.values)}


def _dimensions(asked: Asked) -> Answer:
    from engine.usecases.portfolio.api import offered

    _require(asked, Right.PORTFOLIO)
    return 200, offered(asked.kit, asked.run)


def _portfolio(asked: Asked) -> Answer:
    from engine.usecases.portfolio.api import SHAPE, computed

    _require(asked, Right.PORTFOLIO)
    wanted = content(asked.kind, asked.body, SHAPE)
    with _long(asked) as mine:
        # Those kept on the Simulate page are no business of who holds a link: none named is none.
        return 200, computed(asked.kit, asked.run, wanted, (), mine.note, lambda: mine.stopped)


def _refresh(asked: Asked) -> Answer:
    from engine.usecases.refresh import SHAPE, computed

    _require(asked, Right.REFRESH)
    wanted = content(asked.kind, asked.body, SHAPE)
    with _long(asked) as mine:
        found = computed(asked.kit, asked.run, wanted, (), mine.note, lambda: mine.stopped)
    return 200, {**found, "dashboard": asked.link(found["after"])}


def _require(asked: Asked, right: Right) -> None:
    """Refuses what the link does not carry the right for."""
    if right not in asked.rights:
        raise UntakenError(403, REFUSALS[right], ASK_FOR_ONE)


@contextmanager
def _long(asked: Asked) -> Iterator[Question]:
    """One of the few long questions at a time; more are refused, so that all else is still answered."""
    if not _room.acquire(blocking=False):
        raise UntakenError(429, f"{MOST_AT_ONCE} such questions are being answered.", "Ask again when one is done.")
    try:
        with TICKETS.question(asked.ticket) as mine:
            yield mine
    finally:
        _room.release()


OWN: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {
    ("GET", "/api/abilities"): _abilities,
    ("POST", "/api/say"): _say,
    ("GET", "/api/portfolio"): _dimensions,
    ("POST", "/api/portfolio"): _portfolio,
    ("POST", "/api/refresh"): _refresh,
    ("POST", "/api/progress"): lambda asked: (200, {**TICKETS.progress(asked.ticket)}),
    ("POST", "/api/cancel"): lambda asked: (200, {**TICKETS.stop(asked.ticket)}),
}
PATHS = frozenset(path for _, path in OWN)
