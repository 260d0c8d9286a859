"""The portfolio over HTTP: asked of the workbench itself, since a dashboard's sandbox holds one member's data alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.jsonapi import Answer, content, refused
from engine.portfolio.compute import run_portfolio
from engine.portfolio.result import as_document
from engine.portfolio.spread import dimensions
from engine.scenariofile import read_scenarios
from engine.whatif import offered_scenarios, require_results

if TYPE_CHECKING:
    from engine.kit import Kit

SHAPE = 'Send {"by": "region", "metric": "dscr", "scenarios": [{"name": "optimistic", "revenue_change": 0.10}]}.'


def asked(kit: Kit, run_id: str) -> Answer:
    """The dimensions of a run, as `{"dimensions": {name: label}}`."""
    try:
        return 200, {"dimensions": dict(dimensions(kit.store.load(run_id), kit))}
    except EngineError as error:
        return refused(error)


def answer(kit: Kit, run_id: str, kind: str, body: bytes) -> Answer:
    """The portfolio of a run as a document, or an error with its status."""
    try:
        wanted = content(kind, body, SHAPE)
        run = kit.store.load(run_id)
        results = require_results(run)
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
