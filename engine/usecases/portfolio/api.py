"""The portfolio over HTTP: asked of the workbench itself, since a dashboard's sandbox holds one member's data alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.foundation.jsonapi import Answer, content, refused
from engine.products import Cancelled, Run, Scenario
from engine.scenarios.scenariofile import asked_scenarios
from engine.scenarios.whatif import offered_scenarios, require_results
from engine.usecases.portfolio.compute import TellDone, run_portfolio
from engine.usecases.portfolio.result import as_document
from engine.usecases.portfolio.spread import dimensions

if TYPE_CHECKING:
    from engine.kit import Kit

SHAPE = 'Send {"by": "region", "metric": "dscr", "scenarios": [{"name": "optimistic", "revenue_change": 0.10}]}.'


def asked(kit: Kit, run_id: str) -> Answer:
    """The dimensions of a run, as `{"dimensions": {name: label}}`."""
    try:
        return 200, offered(kit, kit.store.load(run_id))
    except EngineError as error:
        return refused(error)


def offered(kit: Kit, run: Run) -> dict[str, Any]:
    """The dimensions by which a run can be spread, as a document."""
    return {"dimensions": dict(dimensions(run, kit))}


def answer(kit: Kit, run_id: str, kind: str, body: bytes) -> Answer:
    """The portfolio of a run as a document, or an error with its status."""
    try:
        wanted = content(kind, body, SHAPE)
        run = kit.store.load(run_id)
        kept = kit.store.scenarios(run.id) or offered_scenarios(require_results(run).parameters)
        return 200, computed(kit, run, wanted, kept)
    except EngineError as error:
        return refused(error)


def computed(
    kit: Kit,
    run: Run,
    wanted: Mapping[str, Any],
    kept: Sequence[Scenario],
    tell: TellDone = lambda done, total: None,
    cancelled: Cancelled = lambda: False,
) -> dict[str, Any]:
    """The portfolio as a document: under the scenarios that are wanted, or, where none is named, those kept.

    Raises:
        UsageError: a scenario, the dimension or the metric is wrong; else as `run_portfolio`.
    """
    scenarios = asked_scenarios(wanted, require_results(run).parameters) or kept
    found = run_portfolio(run, kit, scenarios, str(wanted.get("by") or ""), tell, cancelled)
    return as_document(found, found.figure(str(wanted.get("metric") or "")))
