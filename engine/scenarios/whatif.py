"""What-if over a finished run: what it needs, the scenarios offered, and what moved between base and scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from engine.errors import UsageError
from engine.products import MetricValue, ParameterValue, Reached, Results, Run, Scenario
from runtime import told
from runtime.units import verdict, write


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


def supposed_scenarios(results: Results) -> tuple[Scenario, ...]:
    """The scenarios that the request itself supposed."""
    defaults = {each.name: each.default for each in results.parameters}
    said = results.supposed.scenarios if results.supposed else ()
    return tuple(
        Scenario(
            name=each["name"],
            values={name: value for name, value in each["parameters"].items() if value != defaults.get(name)},
        )
        for each in said
    )


def supposed_lines(results: Results) -> list[str]:
    """What a request supposed, in a sentence each: the first metric under every scenario, what reaches the goal."""
    said = results.supposed
    metric = next((item for item in results.metrics if isinstance(item.value, float | int)), None)
    if said is None or metric is None:
        return []
    if said.goal is None:
        return [_scenario_line(metric, scenario) for scenario in said.scenarios]
    aimed = next((item for item in results.metrics if item.name == said.goal.output), metric)
    drivers = {parameter.name: parameter for parameter in results.parameters}
    return [_goal_line(aimed, said.goal.target, drivers[each.driver], each) for each in said.reached]


def _scenario_line(metric: MetricValue, scenario: Mapping[str, Any]) -> str:
    value = scenario["metrics"].get(metric.name)
    word = verdict(value, metric.good, metric.bad)
    against = {"short": f", which is short of {metric.good}", "breach": f", a breach: {metric.bad}"}
    told = _with_change(value, float(metric.value or 0), metric.unit)
    return f"{scenario['name']}: {metric.label} is {told} instead of {metric.text}{against.get(word, '')}."


def _goal_line(metric: MetricValue, target: float, driver: ParameterValue, found: Reached) -> str:
    wanted = f"{metric.label} is {write(target, metric.unit)}"
    if found.solutions:
        return f"{wanted} where {driver.label} is {' or '.join(write(at, driver.unit) for at in found.solutions)}."
    low, high = write(driver.low, driver.unit), write(driver.high, driver.unit)
    near = f"; the nearest is {write(found.nearest, metric.unit)}" if found.nearest is not None else ""
    return f"No {driver.label} from {low} to {high} brings {metric.label} to {write(target, metric.unit)}{near}."


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


def renamed(scenarios: Sequence[Scenario], name: str, new: str) -> list[Scenario]:
    """The scenarios, the one of that name under a new one.

    Raises:
        UsageError: the new name is empty or taken.
    """
    wanted = new.strip()
    if not wanted or wanted in {scenario.name for scenario in scenarios if scenario.name != name}:
        raise UsageError(f"New name: {wanted!r} is {'taken' if wanted else 'empty'}.", "Give a name of its own.")
    return [each.model_copy(update={"name": wanted}) if each.name == name else each for each in scenarios]


def merged(scenarios: Sequence[Scenario], more: Sequence[Scenario]) -> list[Scenario]:
    """The scenarios with more of them; one of the same name takes the other's place."""
    found = {scenario.name: scenario for scenario in scenarios}
    return list({**found, **{scenario.name: scenario for scenario in more}}.values())


def shown_scale(parameter: ParameterValue) -> float:
    """By how much a value is multiplied for the eye: percent values are fractions underneath."""
    return 100.0 if parameter.unit == "percent" else 1.0


def grid_rows(parameters: Sequence[ParameterValue], scenarios: Sequence[Scenario]) -> list[dict[str, Any]]:
    """Scenarios as a grid: a driver a row, for the eye: `Driver`, `Base`, then each scenario by its place."""
    rows = []
    for each in parameters:
        scale = shown_scale(each)
        values = {
            str(place): round(scenario.values.get(each.name, each.default) * scale, 8)
            for place, scenario in enumerate(scenarios)
        }
        label = f"{each.label} (%)" if scale == 100 else each.label
        rows.append({"Driver": label, "Base": round(each.default * scale, 8), **values})
    return rows


def read_grid(
    parameters: Sequence[ParameterValue], names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> tuple[list[Scenario], list[str]]:
    """What a grid as `grid_rows` gives it says after editing, and what is wrong with its cells.

    An empty cell is the base value; a scenario with a cell out of bounds is left out.
    """
    found, wrong = [], []
    for place, name in enumerate(names):
        values, fits = {}, True
        for each, row in zip(parameters, rows, strict=True):
            cell = row[str(place)]
            if cell is None or cell != cell:
                continue
            value = round(float(cell) / shown_scale(each), 10)
            if not each.low <= value <= each.high:
                low, high = write(each.low, each.unit), write(each.high, each.unit)
                wrong.append(f"{name}, {each.label}: {write(value, each.unit)} is outside {low} to {high}.")
                fits = False
            elif value != each.default:
                values[each.name] = value
        if fits:
            found.append(Scenario(name=name, values=values))
    return found, wrong


def _copy_name(name: str, number: int) -> str:
    return f"{name} copy" if number == 1 else f"{name} copy {number}"


def _fits(parameter: ParameterValue, value: float) -> bool:
    return parameter.low <= value <= parameter.high


def moved(results: Results, computed: Sequence[Mapping[str, Any]], *, between: bool = False) -> list[dict[str, str]]:
    """The quantities that moved in any scenario, for the eye: a quantity a row, as computed, with its formula.

    `between` leaves out the metrics shown; the comparison has those.
    """
    shown = {metric.name for metric in results.metrics} if between else set()
    names = [quantity.name for quantity in results.quantities if quantity.name not in shown]
    titles = [str(scenario["name"]) for scenario in computed]
    return [
        {
            "Quantity": each.label,
            "Formula": each.formula,
            "Base": write(each.base, each.unit),
            **{
                title: _with_change(value, each.base, each.unit)
                for title, value in zip(titles, each.values, strict=True)
            },
        }
        for each in told.moved(names, computed)
    ]


def _with_change(value: float | None, base: float, unit: str) -> str:
    if value is None:
        return "n/a"
    change = value - base
    if change == 0:
        return write(value, unit)
    percent = f", {change / abs(base):+.1%}" if base and unit != "percent" else ""
    return f"{write(value, unit)} ({'+' if change > 0 else ''}{write(change, unit)}{percent})"


def field_of(message: str) -> str:
    """The field that a refusal of a what-if concerns: it stands before the first colon of its message."""
    field, colon, _ = message.partition(":")
    return field if colon else ""


def histories(results: Results) -> dict[str, tuple[float, ...]]:
    """Changes from one period to the next, as fractions, of every figure over time that the answer shows, by label."""
    found = {}
    for spec in results.charts:
        table = results.tables[spec.table]
        if spec.kind not in ("line", "area") or spec.series:
            continue
        for column in spec.y:
            place = table.columns.index(column)
            values = [row[place] for row in table.rows]
            pairs = [(one, other) for one, other in pairwise(values) if one and other is not None]
            changes = tuple(round(other / one - 1, 6) for one, other in pairs)
            if len(changes) > 1:
                found[f"{column}, {spec.label.lower()}"] = changes
    return found


def elasticity(value: float | None, unit: str) -> str:
    """A tornado's elasticity for the eye: the output's change, in percent of itself, for a point of the driver."""
    if value is None:
        return "n/a"
    return f"{value / 100:+.2%} per point" if unit == "percent" else f"{value:+.2%} per unit"
