"""The only way to a generated dashboard: carries HTTP over the sandbox's own streams, and locks the answer down.

No cookie goes in or out, the page is an opaque origin, and the sandbox itself has no network at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import EngineError
from engine.kit import Kit
from engine.products import Run

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
    passed = {name: value for name, value in headers.items() if name.lower() in PASSED_IN}
    message = {"do": "http", "method": method, "path": path, "query": query, "headers": passed}
    try:
        reply = kit.sessions.ask(run, message, body)
    except EngineError as error:
        return _plain(502, f"{error.message} {error.hint}")
    kept = [(name, value) for name, value in reply.header["headers"] if name.lower() in PASSED_OUT]
    return Answer(int(reply.header["status"]), _locked(kept), reply.body)


def _locked(headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    policies = [value for name, value in headers if name.lower() == "content-security-policy"]
    # Several policies are one when a comma parts them: each must allow, so that none of the sandbox's undoes ours.
    ours = {**CORS, "Content-Security-Policy": ", ".join([*policies, SANDBOX]), "X-Content-Type-Options": "nosniff"}
    said = {name.lower() for name in ours}
    return (*((name, value) for name, value in headers if name.lower() not in said), *ours.items())


def _plain(status: int, text: str) -> Answer:
    headers = (("Content-Type", "text/plain; charset=utf-8"), *CORS.items(), ("Content-Security-Policy", SANDBOX))
    return Answer(status, headers, text.encode())
