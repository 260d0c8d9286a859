"""The only way to a generated dashboard: carries HTTP over the sandbox's own streams, and locks the answer down.

No cookie goes in or out, the page is an opaque origin, and the sandbox itself has no network at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from engine.dashboards import abilities
from engine.dashboards.abilities import TICKETS, Asked
from engine.errors import CancelledError, EngineError, SandboxError
from engine.executors.base import Reply
from engine.kit import Kit
from engine.products import Run
from engine.products.rights import NONE, Rights
from engine.results.answers import carried
from engine.scenarios.spreading import counted
from runtime.policy import HEADERS, POLICY

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
CORS = {
    "Access-Control-Allow-Origin": "null",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Allow-Methods": ", ".join(METHODS),
}


@dataclass(frozen=True)
class Answer:
    """The answer that goes back to the browser."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer(
    kit: Kit,
    run: Run,
    *,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    rights: Rights = NONE,
    link: Callable[[str], str] = lambda run_id: "",
) -> Answer:
    """The dashboard's answer to one request; a failure is a plain sentence, never a trace.

    `rights` are those of the link that the request came by; `link` says where another run's dashboard is.
    """
    if method not in METHODS:
        return _plain(405, "This method is not served here.")
    if method == "OPTIONS":
        return Answer(204, _locked([]), b"")
    if len(body) > BODY_CAP:
        return _plain(413, f"The request is larger than {BODY_CAP >> 20} MB.")
    named = {name.lower(): value for name, value in headers.items()}
    ticket = _ticket(run, query)
    own = abilities.answer(Asked(kit, run, named.get("content-type", ""), body, ticket, rights, link), method, path)
    if own is not None:
        return _json(*own)
    passed = {name: value for name, value in headers.items() if name.lower() in PASSED_IN}
    message = {"do": "http", "method": method, "path": path, "query": query, "headers": passed}
    try:
        reply = _asked(kit, run, message, body, ticket)
        status, told = carried(reply.header)
    except EngineError as error:
        return _plain(502, f"{error.message} {error.hint}")
    kept = [(name, value) for name, value in told if name.lower() in PASSED_OUT]
    return Answer(status, _locked(kept), reply.body)


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


def _json(status: int, content: object) -> Answer:
    return Answer(status, _locked([("Content-Type", "application/json")]), json.dumps(content).encode())


def _locked(headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    policies = [value for name, value in headers if name.lower() == "content-security-policy"]
    # Several policies are one when a comma parts them: each must allow, so that none of the sandbox's undoes ours.
    ours = {**HEADERS, **CORS, "Content-Security-Policy": ", ".join([*policies, SANDBOX, POLICY])}
    said = {name.lower() for name in ours}
    return (*((name, value) for name, value in headers if name.lower() not in said), *ours.items())


def _plain(status: int, text: str) -> Answer:
    return Answer(status, _locked([("Content-Type", "text/plain; charset=utf-8")]), text.encode())
