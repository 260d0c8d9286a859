"""What-if over a finished run: what it needs, the scenarios offered, and their comparison against the base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import UsageError
from engine.products import ParameterValue, Results, Run, Scenario
from templates.runtime.units import write


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


def copied(scenarios: Sequence[Scenario], name: str) -> list[Scenario]:
    """The scenarios and a copy of the one of that name, under a name of its own.

    Raises:
        UsageError: there is none of that name.
    """
    source = next((scenario for scenario in scenarios if scenario.name == name), None)
    if source is None:
        raise UsageError(f"There is no scenario {name!r}.", "Choose one of those kept.")
    taken = {scenario.name for scenario in scenarios}
    free = next(own for number in range(1, len(taken) + 2) if (own := _copy_name(name, number)) not in taken)
    return [*scenarios, source.model_copy(update={"name": free})]


def _copy_name(name: str, number: int) -> str:
    return f"{name} copy" if number == 1 else f"{name} copy {number}"


def _fits(parameter: ParameterValue, value: float) -> bool:
    return parameter.low <= value <= parameter.high


def compare(results: Results, computed: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The comparison for the eye: a metric a row, the base, each scenario with its difference and percent."""
    rows = []
    for metric in results.metrics:
        if not isinstance(metric.value, float | int):
            continue
        row = {"Metric": metric.label, "Base": metric.text}
        for scenario in computed:
            value = scenario["metrics"].get(metric.name)
            row[str(scenario["name"])] = _with_change(value, float(metric.value), metric.unit)
        rows.append(row)
    return rows


def _with_change(value: float | None, base: float, unit: str) -> str:
    if value is None:
        return "n/a"
    change = value - base
    if change == 0:
        return write(value, unit)
    percent = f", {change / abs(base):+.1%}" if base and unit != "percent" else ""
    return f"{write(value, unit)} ({'+' if change > 0 else ''}{write(change, unit)}{percent})"


def elasticity(value: float | None, unit: str) -> str:
    """A tornado's elasticity for the eye: the output's change, in percent of itself, for a point of the driver."""
    if value is None:
        return "n/a"
    return f"{value / 100:+.2%} per point" if unit == "percent" else f"{value:+.2%} per unit"
