"""What a task is called and what its run will do, by what the request wants in hand."""

from __future__ import annotations

from engine.products import Output, TaskKind


def kind_of(outputs: frozenset[Output], *, calculation: bool) -> TaskKind:
    """The kind of task by what it wants in hand."""
    if Output.DASHBOARD in outputs:
        return TaskKind.WEB_APP
    if Output.REPORT in outputs:
        return TaskKind.REPORT_GENERATION
    return TaskKind.CALCULATION if calculation else TaskKind.ANALYSIS


def actions_of(outputs: frozenset[Output]) -> tuple[str, ...]:
    """What the run will do, in order."""
    more = {Output.SIMULATION: "simulation", Output.DASHBOARD: "dashboard", Output.REPORT: "report"}
    return ("database_query", "calculation", *(name for output, name in more.items() if output in outputs))
