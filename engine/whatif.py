"""What-if over a finished run: what it needs, the scenarios offered, and their comparison against the base."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import UsageError
from engine.products import ParameterValue, Results, Run, Scenario


def require_results(run: Run) -> Results:
    """The run's results.

    Raises:
        UsageError: it has none.
    """
    if run.results is None:
        raise UsageError(f"Run {run.id} is {run.status} and has no results.", "Choose a run that is done: ./run runs.")
    return run.results


def offered_scenarios(parameters: Sequence[ParameterValue]) -> tuple[Scenario, ...]:
    """Three scenarios to begin with: what a lender looks at first, as far as the parameters allow."""
    wanted = (
        ("Optimistic", {"revenue_change": 0.10, "expense_change": -0.05}),
        ("Pessimistic", {"revenue_change": -0.10, "expense_change": 0.05, "value_change": -0.10}),
        ("Rates up", {"rate_change": 0.015}),
    )
    known = {parameter.name: parameter for parameter in parameters}
    found = []
    for name, values in wanted:
        kept = {key: value for key, value in values.items() if key in known and _fits(known[key], value)}
        if kept:
            found.append(Scenario(name=name, values=kept))
    if found or not known:
        return tuple(found)
    first = next(iter(known.values()))
    span = (first.high - first.low) / 5
    return (Scenario(name=f"{first.label} higher", values={first.name: min(first.high, first.default + span)}),)


def _fits(parameter: ParameterValue, value: float) -> bool:
    return parameter.low <= value <= parameter.high
