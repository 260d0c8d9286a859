"""The portfolio over HTTP: asked of the workbench itself, since a dashboard's sandbox holds one member's data alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, UsageError
from engine.portfolio.compute import run_portfolio
from engine.portfolio.result import as_document
from engine.portfolio.spread import dimensions
from engine.scenariofile import read_scenarios
from engine.whatif import offered_scenarios, require_results

if TYPE_CHECKING:
    from engine.kit import Kit

Answer = tuple[int, dict[str, Any]]
SHAPE = 'Send {"by": "region", "metric": "dscr", "scenarios": [{"name": "optimistic", "revenue_change": 0.10}]}.'


def asked(kit: Kit, run_id: str) -> Answer:
    """The dimensions of a run, as `{"dimensions": {name: label}}`."""
    try:
        return 200, {"dimensions": dict(dimensions(kit.store.load(run_id), kit))}
    except EngineError as error:
        return refused(error)


def answer(kit: Kit, run_id: str, kind: str, body: bytes) -> Answer:
    """The portfolio of a run as a document, or an error with its status.

    Only JSON that says so is taken: another site's page can make a browser send none without being asked first.
    """
    if kind.partition(";")[0].strip().lower() != "application/json":
        return refused(UsageError("The request is not application/json.", SHAPE), 415)
    try:
        run = kit.store.load(run_id)
        results = require_results(run)
        wanted = _content(body)
        listed = wanted.get("scenarios")
        scenarios = (
            read_scenarios(json.dumps(listed), "scenarios", results.parameters)
            if listed
            else kit.store.scenarios(run.id) or offered_scenarios(results.parameters)
        )
        found = run_portfolio(run, kit, scenarios, str(wanted.get("by") or ""))
        return 200, as_document(found, found.figure(str(wanted.get("metric") or "")))
    except EngineError as error:
        return refused(error)


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        raise UsageError("The request is not JSON.", SHAPE) from None
    if not isinstance(content, dict):
        raise UsageError("The request is no JSON object.", SHAPE)
    return content


def refused(error: EngineError, status: int = 0) -> Answer:
    """An error as a document: 400 for what was asked wrongly, 422 for what has no answer."""
    told = {"error": {"message": error.message, "hint": error.hint}}
    return status or (400 if isinstance(error, UsageError) else 422), told
