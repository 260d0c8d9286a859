"""What an assistant may call, over the Model Context Protocol: the same use cases as the pages and the command line.

No tool gives a number without its period, its definition and its lineage. What a tool may is a scope, as for tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, UsageError
from engine.products import Run
from engine.products.rights import Right, Rights
from engine.scenarios.scenariofile import asked_scenarios
from engine.scenarios.telling import sentence
from engine.scenarios.whatif import offered_scenarios, require_results
from engine.services import api, blanks, gathering, ticker
from engine.services.messages import document
from engine.services.newest import newest_run
from engine.usecases.asking import wanted as request_of
from engine.usecases.explaining import against_period_before, against_run
from engine.usecases.history import as_json
from engine.version import VERSION

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from engine.kit import Kit

INSTRUCTIONS = (
    "Ask business questions in plain words with `ask`; its run is what the other tools work on. Give every number with"
    " its period and definition. Where status is needs_input, put the question and its options to the person and ask"
    " again with answers; where it is refused, say why. Never compute numbers yourself that a tool can give."
)
ALL: Rights = frozenset(Right)
FORMATS = ("pdf", "xlsx", "pptx", "csv", "json")


class Tools:
    """The tools, each a use case; an error is one sentence and what to do, never a trace."""

    def __init__(self, kit: Kit, rights: Rights = ALL) -> None:
        self._kit, self._rights = kit, rights

    def ask(
        self, request: str, after: str = "", as_of: str = "", answers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Answer a business question over the connected data. `after`: the run that it follows, such as "only retail".

        `answers`: what a person chose where an earlier reply had status needs_input: its question's key and the option.
        """
        from engine.queue import answer

        self._require(Right.ASK)
        sent = {"request": request, "after": after, "as_of": as_of, "answers": answers or {}}
        run = answer(request_of(sent, self._kit), self._kit, lambda event: None)
        return told(run)

    def show(self, run: str) -> dict[str, Any]:
        """An answer given before, by its run; 'last' is the newest."""
        self._require(Right.ASK)
        return told(self._kit.store.load(run))

    def explain(self, run: str, against: str = "", metric: str = "") -> dict[str, Any]:
        """Why a number is what it is: against the period before, or against another run of the same kind."""
        self._require(Right.ASK)
        found = self._kit.store.load(run)
        if against:
            bridge = against_run(found, self._kit.store.load(against), metric)
        else:
            bridge, _ = against_period_before(found, self._kit, lambda event: None, metric)
        return {**told(found), "bridge": {**bridge.model_dump(mode="json"), "change": bridge.change}}

    def simulate(self, run: str, scenarios: list[dict[str, Any]]) -> dict[str, Any]:
        """What if: scenarios of an answer, each {"name": ..., DRIVER: VALUE}; its `parameters` are the drivers."""
        self._require(Right.ASK)
        found = self._kit.store.load(run)
        named = asked_scenarios({"scenarios": scenarios}, require_results(found).parameters)
        if not named:
            raise UsageError("No scenario was given.", api.SHAPE)
        rows = [{**each.values, "name": each.name} for each in named]
        return {**told(found), **self._kit.sessions.simulate(found, rows)}

    def goal(self, run: str, metric: str, target: float, driver: str = "") -> dict[str, Any]:
        """What a driver would have to be for a metric to reach a target; without one, every driver."""
        question: dict[str, Any] = {"kind": "break_even", "output": metric, "target": target}
        if driver:
            question = {**question, "kind": "goal_seek", "driver": driver}
        return self._what_if(run, question)

    def chance(self, run: str, distributions: dict[str, dict[str, Any]], draws: int = 10_000) -> dict[str, Any]:
        """How likely a threshold is missed: {DRIVER: {"kind": "normal", "mean": 0, "sd": 0.05}}, by Monte Carlo."""
        return self._what_if(run, {"kind": "monte_carlo", "distributions": distributions, "draws": draws})

    def portfolio(self, run: str, by: str = "", metric: str = "") -> dict[str, Any]:
        """The same for every property, region or other member, ranked."""
        from engine.usecases.portfolio.api import computed

        self._require(Right.PORTFOLIO)
        found = self._kit.store.load(run)
        kept = self._kit.store.scenarios(found.id) or offered_scenarios(require_results(found).parameters)
        return {**told(found), "portfolio": computed(self._kit, found, {"by": by, "metric": metric}, kept)}

    def report(self, run: str, format: str = "pdf") -> dict[str, Any]:
        """Write an answer as a file to forward (pdf, xlsx, pptx, csv or json) and say where it lies."""
        from engine.foundation.files import write_whole
        from engine.steps.results import report_of

        self._require(Right.ASK)
        if format not in FORMATS:
            raise UsageError(f"There is no report of format {format[:20]!r}.", f"Choose of: {', '.join(FORMATS)}.")
        found = self._kit.store.load(run)
        name, _, content = report_of(self._kit.reports, found, format, [])
        file = Path(found.folder) / "exports" / "reports" / f"asked-{name}"
        write_whole(file, content)
        return {**told(found), "file": str(file)}

    def services(self) -> dict[str, Any]:
        """The services: answers that come again, by name, with when they are due; `service` gives what one says."""
        self._require(Right.SERVICES)
        kept = ("name", "title", "on", "version", "schedule", "next")
        return {
            "services": [
                {name: api.told(each, self._kit)[name] for name in kept} for each in self._kit.store.services.all()
            ]
        }

    def service(self, name: str) -> dict[str, Any]:
        """A service's newest answer, and what changed since the one before."""
        self._require(Right.SERVICES)
        found = self._kit.store.services.get(name)
        if not found.on:
            raise UsageError(f"The service {found.name} is stopped.", "Start it on the Services page.")
        return {"service": api.told(found, self._kit), **told(newest_run(found, self._kit))}

    def call_service(self, name: str, inputs: dict[str, str], scenario: str = "") -> dict[str, Any]:
        """A service's answer for other values of its blanks, such as another property, and under a kept scenario."""
        self._require(Right.SERVICES)
        run, simulated = blanks.call(self._kit, name, inputs, scenario)
        return {**told(run), "scenario": simulated}

    def gather_service(
        self, name: str, blank: str = "", values: list[str] | None = None, scenario: str = ""
    ) -> dict[str, Any]:
        """One memo of a service's answers for these values of a blank, or for every one: a row for each.

        Each row is an answer of its own over data read now; what is assumed says which. No model is asked.
        """
        self._require(Right.SERVICES)
        return told(gathering.gather(self._kit, name, blank, values or (), scenario))

    def refresh_service(self, name: str) -> dict[str, Any]:
        """A new answer of a service over data read now."""
        self._require(Right.REFRESH)
        service = self._kit.store.services.get(name)
        wanted = ticker.ask(service, self._kit, datetime.now(UTC))
        ticker.pass_once(self._kit)
        tick = self._kit.store.services.tick(wanted.id)
        report = document(service, tick, tick.report) if tick.report else {}
        return {"service": report, **told(newest_run(service, self._kit))}

    def _what_if(self, run: str, question: dict[str, Any]) -> dict[str, Any]:
        self._require(Right.ASK)
        found = self._kit.store.load(run)
        require_results(found)
        return {**told(found), "what_if": self._kit.sessions.what_if(found, question)}

    def _require(self, right: Right) -> None:
        if right not in self._rights:
            raise UsageError(f"This server was started without the scope {right}.", f"Start it with --scope {right}.")


NAMES = (
    "ask", "show", "explain", "simulate", "goal", "chance", "portfolio", "report", "services", "service",
    "call_service", "gather_service", "refresh_service",
)  # fmt: skip


def told(run: Run) -> dict[str, Any]:
    """A run as an assistant gets it: the sentence, and each number with its period, definition and lineage."""
    found = as_json(run)
    if run.results is None:
        kept = ("run", "status", "question", "error", "reading", "edit")
        return {name: found[name] for name in kept}
    lineage = {
        each.name: {"definition": each.definition, "formula": each.formula, "inputs": list(each.inputs)}
        for each in run.results.quantities
    }
    sources = [
        {"name": each.name, "rows": each.rows, "read_at": each.read_at.isoformat()} for each in run.results.sources
    ]
    dropped = ("steps", "executor", "notice", "writing", "directory", "findings")
    return {
        "sentence": sentence(run.results),
        **{name: value for name, value in found.items() if name not in dropped},
        "lineage": lineage,
        "sources": sources,
    }


def server_over(kit: Kit, rights: Rights = ALL) -> MCPServer:
    """The server with every tool that the scopes allow."""
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError

    made = MCPServer("meta-agent-workbench", version=VERSION, instructions=INSTRUCTIONS, log_level="ERROR")
    tools = Tools(kit, rights)

    def guarded(work: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        from functools import wraps

        @wraps(work)
        def call(*arguments: Any, **named: Any) -> dict[str, Any]:
            try:
                return work(*arguments, **named)
            except EngineError as error:
                raise ToolError(f"{error.message} {error.hint}".strip()) from None

        return call

    for name in NAMES:
        made.add_tool(guarded(getattr(tools, name)), name=name)
    return made
