"""The only way to a generated dashboard: carries HTTP over the sandbox's own streams, and locks the answer down.

No cookie goes in or out, the page is an opaque origin, and the sandbox itself has no network at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from engine.errors import CancelledError, EngineError, SandboxError, UsageError
from engine.executors.base import Reply
from engine.kit import Kit
from engine.products import Run, Scenario
from engine.sentence import scenario_of
from engine.spreading import counted
from engine.whatif import require_results
from templates.runtime.tickets import Tickets

PASSED_IN = frozenset({"content-type", "accept", "range"})
# By name, since headers such as Clear-Site-Data or Set-Cookie would act on the workbench's own origin.
PASSED_OUT = frozenset(
    {
        "accept-ranges", "cache-control", "content-disposition", "content-encoding", "content-range",
        "content-security-policy", "content-type", "etag", "permissions-policy", "referrer-policy", "vary",
    }
)  # fmt: skip
METHODS = ("GET", "POST", "OPTIONS")
BODY_CAP = 5 << 20
SANDBOX = "sandbox allow-scripts allow-forms allow-downloads allow-popups"
# The page is an opaque origin, so its own fetches come as origin "null".
SENTENCE = 'Send {"sentence": "revenue 10 % down", "scenarios": []}.'
CORS = {
    "Access-Control-Allow-Origin": "null",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Allow-Methods": ", ".join(METHODS),
}


@dataclass(frozen=True)
class Answer:
    """What goes back to the browser."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer(
    kit: Kit, run: Run, *, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """The dashboard's answer to one request; a failure is a plain sentence, never a trace."""
    if method not in METHODS:
        return _plain(405, "This method is not served here.")
    if method == "OPTIONS":
        return Answer(204, tuple(CORS.items()), b"")
    if len(body) > BODY_CAP:
        return _plain(413, f"The request is larger than {BODY_CAP >> 20} MB.")
    own = OWN.get((method, path))
    if own is not None:
        return own(kit, run, body)
    ticket = _ticket(run, query)
    if (method, path) in TOLD:
        return _json(200, TOLD[method, path](ticket))
    passed = {name: value for name, value in headers.items() if name.lower() in PASSED_IN}
    message = {"do": "http", "method": method, "path": path, "query": query, "headers": passed}
    try:
        reply = _asked(kit, run, message, body, ticket)
    except EngineError as error:
        return _plain(502, f"{error.message} {error.hint}")
    kept = [(name, value) for name, value in reply.header["headers"] if name.lower() in PASSED_OUT]
    return Answer(int(reply.header["status"]), _locked(kept), reply.body)


def _ticket(run: Run, query: str) -> str:
    """The name that a page of the run gave its question; nothing when it gave none."""
    given = parse_qs(query).get("ticket", [""])[0]
    return f"{run.id}/{given}" if given else ""


def _asked(kit: Kit, run: Run, message: Mapping[str, Any], body: bytes, ticket: str) -> Reply:
    """The sandbox's reply; a question that is cancelled ends the interpreter, which the next one opens again."""
    stops = TICKETS.stops
    with TICKETS.question(ticket) as mine:
        told: dict[str, Any] = {"tell": counted(mine.note), "cancelled": lambda: mine.stopped} if ticket else {}
        try:
            return kit.sessions.ask(run, message, body, **told)
        except CancelledError:
            raise
        except SandboxError:
            # One that waited for its turn must not end with the question before it.
            if TICKETS.stops == stops:
                raise
        return kit.sessions.ask(run, message, body, **told)


def _abilities(kit: Kit, run: Run, body: bytes) -> Answer:
    """What the workbench does for a dashboard that a bundle on its own cannot."""
    return _json(200, {"say": True})


def _say(kit: Kit, run: Run, body: bytes) -> Answer:
    """A scenario from a sentence; `scenarios` are those of the page, which it may copy."""
    try:
        content = json.loads(body)
        known = [Scenario.model_validate(item) for item in content.get("scenarios") or ()]
        sentence = str(content["sentence"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return _refused(
            UsageError("The sentence is missing.", 'Send {"sentence": "revenue 10 % down", "scenarios": []}.')
        )
    try:
        found = scenario_of(sentence, require_results(run).parameters, known)
    except EngineError as error:
        return _refused(error)
    return _json(200, {"name": found.name, "values": dict(found.values)})


# The questions that sandboxes are answering: asked about here, since a sandbox hears nothing while it computes.
TICKETS = Tickets()
TOLD: Mapping[tuple[str, str], Callable[[str], object]] = {
    ("POST", "/api/progress"): TICKETS.progress,
    ("POST", "/api/cancel"): TICKETS.stop,
}
OWN = {("GET", "/api/abilities"): _abilities, ("POST", "/api/say"): _say}


def _refused(error: EngineError) -> Answer:
    return _json(400, {"error": {"message": error.message, "hint": error.hint}})


def _json(status: int, content: object) -> Answer:
    return Answer(status, _locked([("Content-Type", "application/json")]), json.dumps(content).encode())


def _locked(headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    policies = [value for name, value in headers if name.lower() == "content-security-policy"]
    # Several policies are one when a comma parts them: each must allow, so that none of the sandbox's undoes ours.
    ours = {**CORS, "Content-Security-Policy": ", ".join([*policies, SANDBOX]), "X-Content-Type-Options": "nosniff"}
    said = {name.lower() for name in ours}
    return (*((name, value) for name, value in headers if name.lower() not in said), *ours.items())


def _plain(status: int, text: str) -> Answer:
    headers = (("Content-Type", "text/plain; charset=utf-8"), *CORS.items(), ("Content-Security-Policy", SANDBOX))
    return Answer(status, headers, text.encode())
