"""Services over HTTP, for programs with a token: the answer, what-ifs, downloads, a new answer, and how to ask.

A stopped service answers 409. What is asked too often answers 429 with when to ask again.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.errors import EngineError, UsageError
from engine.foundation.jsonapi import Answer, UntakenError, content, refused
from engine.products.service import Service, Tick, TickState
from engine.scenarios.scenariofile import asked_scenarios
from engine.scenarios.whatif import require_results
from engine.services import blanks, ticker
from engine.services.messages import document
from engine.services.newest import newest_run
from engine.services.schedule import coming
from engine.usecases.history import as_json

if TYPE_CHECKING:
    from engine.kit import Kit

SHAPE = 'Send {"scenarios": [{"name": "optimistic", "revenue_change": 0.10}]}.'
CALL = 'Send {"inputs": {"property": "Prairie Point Mall"}, "scenario": "Down"}.'
# So many calls of one token in so many seconds.
MOST_CALLS, SPAN = 120, 60.0
PATIENCE = 20.0
FORMATS = ("pdf", "xlsx", "csv", "json", "pptx")
_LOOK = 0.1


class Pace:
    """Counts the calls of each token, so that one program does not take the workbench from the people."""

    def __init__(self, most: int = MOST_CALLS, span: float = SPAN) -> None:
        self._most, self._span = most, span
        self._calls: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, who: str) -> int:
        """Seconds until this one may call again; 0 where it may now, which counts as a call."""
        now = time.monotonic()
        with self._lock:
            calls = self._calls.setdefault(who, deque())
            while calls and calls[0] <= now - self._span:
                calls.popleft()
            if len(calls) >= self._most:
                return int(calls[0] + self._span - now) + 1
            calls.append(now)
        return 0


class File(NamedTuple):
    """An answer as a file: its name, its type and its bytes."""

    name: str
    media: str
    content: bytes


class Asked(NamedTuple):
    """What a program asks: `act` stands behind the service's name in the path; both are empty for all services."""

    method: str
    name: str
    act: str
    kind: str
    body: bytes
    form: str = "pdf"


def answer(kit: Kit, asked: Asked, ring: Callable[[], None] = lambda: None) -> Answer | File:
    """The answer to one call; 405 for what is not served."""
    name, act = asked.name, asked.act
    if not name or not act:
        plain = not name and not act and asked.method == "GET"
        return listed(kit) if plain else _unserved(asked)
    if asked.method == "GET" and act.startswith("answers/"):
        return answered(kit, name, act.removeprefix("answers/"))
    served: dict[tuple[str, str], Callable[[], Answer | File]] = {
        ("GET", "results"): lambda: results(kit, name),
        ("GET", "health"): lambda: health(kit, name),
        ("GET", "openapi.json"): lambda: openapi(kit, name),
        ("GET", "download"): lambda: download(kit, name, asked.form),
        ("POST", "simulate"): lambda: simulate(kit, name, asked.kind, asked.body),
        ("POST", "call"): lambda: call(kit, name, asked.kind, asked.body),
        ("POST", "refresh"): lambda: refresh(kit, name, ring),
    }
    found = served.get((asked.method, act))
    return found() if found else _unserved(asked)


def _unserved(asked: Asked) -> Answer:
    hint = "Its openapi.json says what it takes."
    return 405, {"error": {"message": f"{asked.method} is not served here.", "hint": hint}}


def listed(kit: Kit) -> Answer:
    """Every service, with its state and the headline of its newest answer."""
    return 200, {"services": [told(each, kit) for each in kit.store.services.all()]}


def told(service: Service, kit: Kit) -> dict[str, Any]:
    """A service as a list has it; nothing of its channels, which are no business of a program that reads it."""
    ended = (TickState.DONE, TickState.FAILED)
    last = next(iter(kit.store.services.ticks(service, 1, ended)), None)
    times = coming(service.schedule, datetime.now(UTC), 1) if service.schedule and service.on else ()
    return {
        "name": service.name,
        "title": service.title,
        "on": service.on,
        "version": service.number,
        "versions": len(service.versions),
        "schedule": str(service.schedule or ""),
        "next": times[0].isoformat() if times else None,
        "last": last and _tick(service, last),
    }


def results(kit: Kit, name: str) -> Answer:
    """The newest answer: the document of `ask --json`, what changed, and the state of the service."""
    try:
        service = _running(kit, name)
        return 200, {"service": told(service, kit), "answer": as_json(newest_run(service, kit))}
    except EngineError as error:
        return _refused(error)


def simulate(kit: Kit, name: str, kind: str, body: bytes) -> Answer:
    """Scenarios of the newest answer; those kept with the service where none is named."""
    try:
        service = _running(kit, name)
        run = newest_run(service, kit)
        wanted = asked_scenarios(content(kind, body, SHAPE), require_results(run).parameters)
        scenarios = wanted or kit.store.scenarios(run.id)
        if not scenarios:
            raise UsageError("No scenario was sent, and none is kept with this service.", SHAPE)
        rows = [{**each.values, "name": each.name} for each in scenarios]
        return 200, kit.sessions.simulate(run, rows)
    except EngineError as error:
        return _refused(error)


def call(kit: Kit, name: str, kind: str, body: bytes) -> Answer:
    """The service's answer for other values of its blanks, and a scenario where one is asked."""
    try:
        service = _running(kit, name)
        sent = content(kind, body, CALL)
        inputs, scenario = sent.get("inputs") or {}, sent.get("scenario") or ""
        if not isinstance(inputs, dict) or not isinstance(scenario, str):
            raise UsageError("inputs is an object, and scenario a text.", CALL)
        run, simulated = blanks.call(kit, service.name, inputs, scenario)
        return 200, {"service": service.name, "inputs": inputs, "answer": as_json(run), "scenario": simulated}
    except EngineError as error:
        return _refused(error)


def refresh(kit: Kit, name: str, ring: Callable[[], None] = lambda: None, patience: float = PATIENCE) -> Answer:
    """A new answer over data read now; 202 with its id where it takes longer than a program should wait."""
    try:
        service = _running(kit, name)
        tick = ticker.ask(service, kit, datetime.now(UTC))
        ring()
        return _awaited(kit, service, tick.id, patience)
    except EngineError as error:
        return _refused(error)


def answered(kit: Kit, name: str, tick_id: str) -> Answer:
    """One answer of a service; 202 while it is computed."""
    try:
        return _awaited(kit, _running(kit, name), tick_id, 0.0)
    except EngineError as error:
        return _refused(error)


def download(kit: Kit, name: str, kind: str) -> File | Answer:
    """The newest answer as a file, or the refusal."""
    from engine.steps.results import report_of

    try:
        service = _running(kit, name)
        _, media, made = report_of(kit.reports, newest_run(service, kit), kind or "pdf", [])
        return File(f"{service.name}.{kind or 'pdf'}", media, made)
    except EngineError as error:
        return _refused(error)


def health(kit: Kit, name: str) -> Answer:
    """Whether a service works: 200 where it is on and its newest answer came, else 503 with the reason."""
    try:
        service = _running(kit, name)
        ended = kit.store.services.ticks(service, 1, (TickState.DONE, TickState.FAILED))
        last = next(iter(ended), None)
        failure = last.report.failure if last and last.report else ""
        return (503 if failure else 200), {"status": "failing" if failure else "ok", "failure": failure}
    except EngineError as error:
        return _refused(error)


def openapi(kit: Kit, name: str) -> Answer:
    """How a service is asked, as an OpenAPI document; its parameters are those of its newest answer."""
    try:
        service = _running(kit, name)
        run = newest_run(service, kit)
    except EngineError as error:
        return _refused(error)
    numbers = {
        each.name: {
            "type": "number", "default": each.default, "minimum": each.low, "maximum": each.high,
            "description": each.description or each.label,
        }
        for each in require_results(run).parameters
    }  # fmt: skip
    scenario = {"type": "object", "properties": {"name": {"type": "string"}, **numbers}, "required": ["name"]}
    sent = {"type": "object", "properties": {"scenarios": {"type": "array", "items": scenario}}}
    texts = {each.name: {"type": "string", "default": each.value} for each in service.blanks}
    called = {
        "type": "object",
        "properties": {"inputs": {"type": "object", "properties": texts}, "scenario": {"type": "string"}},
    }
    base = f"/api/services/{service.name}"
    one = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    form = {"name": "format", "in": "query", "schema": {"type": "string", "enum": list(FORMATS)}}
    return 200, {
        "openapi": "3.1.0",
        "info": {"title": service.title, "version": str(service.number)},
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
        "paths": {
            f"{base}/results": {"get": _operation("The newest answer")},
            f"{base}/simulate": {"post": {**_operation("What if"), "requestBody": _json(sent)}},
            f"{base}/call": {"post": {**_operation("The same for other values"), "requestBody": _json(called)}},
            f"{base}/refresh": {"post": _operation("A new answer over data read now; needs the scope refresh")},
            f"{base}/answers/{{id}}": {"get": {**_operation("An answer that was asked for"), "parameters": [one]}},
            f"{base}/download": {"get": {**_operation("The newest answer as a file"), "parameters": [form]}},
            f"{base}/health": {"get": _operation("Whether it works")},
        },
    }


def _operation(summary: str) -> dict[str, Any]:
    said = {
        "200": "done", "202": "it is computed; ask for the answer by its id", "400": "asked wrongly",
        "401": "no token", "403": "the token may not", "404": "no such service",
        "409": "stopped", "422": "no answer", "429": "asked too often", "503": "its newest answer failed",
    }  # fmt: skip
    return {"summary": summary, "responses": {code: {"description": text} for code, text in said.items()}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _running(kit: Kit, name: str) -> Service:
    service = kit.store.services.get(name)
    if not service.on:
        raise UntakenError(409, f"The service {service.name} is stopped.", "Start it on the Services page.")
    return service


def _awaited(kit: Kit, service: Service, tick_id: str, patience: float) -> Answer:
    until = time.monotonic() + patience
    ended = (TickState.DONE, TickState.FAILED)
    while (tick := kit.store.services.tick(tick_id)).state not in ended and time.monotonic() < until:
        time.sleep(_LOOK)
    if tick.service_id != service.id:
        raise UsageError(f"There is no answer {tick_id[:20]!r} of {service.name}.", "Ask for its results.")
    if tick.state not in ended:
        return 202, _tick(service, tick)
    found = _tick(service, tick)
    if tick.run_id and tick.state is TickState.DONE:
        found["answer"] = as_json(kit.store.load(tick.run_id))
    return (200 if tick.state is TickState.DONE else 422), found


def _tick(service: Service, tick: Tick) -> dict[str, Any]:
    report = document(service, tick, tick.report) if tick.report else {"tick": tick.id, "due_at": str(tick.due_at)}
    return {**report, "state": str(tick.state)}


def _refused(error: EngineError) -> Answer:
    status, found = refused(error)
    missing = isinstance(error, UsageError) and error.message.startswith("There is no")
    return (404 if missing else status), found
