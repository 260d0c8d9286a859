"""Step 7, where a request supposes something: its scenarios and its goal are computed over the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.products import Cancelled, Goal, ParameterPlan, Plan, Reached, Run, Scenario, Supposed, WhatIf
from engine.scenarios.sessions import Sessions
from engine.scenarios.whatif import merged, offered_scenarios, supposed_scenarios
from engine.store.runs import Store
from runtime.units import write


def suppose(run: Run, plan: Plan, sessions: Sessions, cancelled: Cancelled) -> Supposed | None:
    """What the request supposes, computed in the run's own sandbox; None when it supposes nothing.

    What reaches a goal is a scenario too, so that it can be looked at beside the base.
    """
    what_if = plan.what_if
    if what_if == WhatIf():
        return None
    reached = _reached(run, what_if.goal, sessions, cancelled) if what_if.goal else ()
    scenarios = [*what_if.scenarios, *_reaching(plan.parameters, reached)]
    rows = [{**scenario.values, "name": scenario.name} for scenario in scenarios]
    computed = sessions.compared(run, rows, cancelled=cancelled) if rows else []
    return Supposed(scenarios=tuple(computed), goal=what_if.goal, reached=reached)


def keep_scenarios(run: Run, store: Store) -> None:
    """Keep what was supposed before the scenarios that are offered, so that the Simulate page begins with it.

    What a person kept with the answer that this one follows stays, where it moves what this one has.
    """
    if run.results is None:
        return
    known = {each.name for each in run.results.parameters}
    before = store.scenarios(run.request.after) if run.request.after else ()
    own = supposed_scenarios(run.results) if run.results.supposed is not None else ()
    kept = [each for each in before if each.values and set(each.values) <= known]
    if own or kept:
        store.save_scenarios(run.id, merged([*own, *kept], offered_scenarios(run.results.parameters)))


def _reached(run: Run, goal: Goal, sessions: Sessions, cancelled: Cancelled) -> tuple[Reached, ...]:
    asked = {"output": goal.output, "target": goal.target}
    if goal.driver:
        rows: Sequence[Mapping[str, Any]] = [
            sessions.what_if(run, {"kind": "goal_seek", "driver": goal.driver, **asked}, cancelled=cancelled)
        ]
    else:
        rows = sessions.what_if(run, {"kind": "break_even", **asked}, cancelled=cancelled)["rows"]
    return tuple(
        Reached(
            driver=row["driver"],
            solutions=tuple(row["solutions"]),
            nearest=row["nearest"]["output"] if row["nearest"] else None,
        )
        for row in rows
    )


def _reaching(parameters: Sequence[ParameterPlan], reached: Sequence[Reached]) -> list[Scenario]:
    """A scenario for each value that reaches the goal, named by it."""
    known = {each.name: each for each in parameters}
    return [
        Scenario(
            name=f"{known[each.driver].label} {write(value, known[each.driver].unit)}",
            values={each.driver: round(value, 10)},
        )
        for each in reached
        for value in each.solutions
    ]
