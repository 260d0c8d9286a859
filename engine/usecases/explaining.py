"""Why an answer's number is what it is: against the period before, another answer, or one of its own scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from engine.authors.base import Declined
from engine.authors.metrics import planning
from engine.authors.metrics.intent import Intent
from engine.compiling.script import write_script
from engine.errors import UsageError
from engine.kit import Kit
from engine.language.periods import add_months
from engine.metrics.catalogue import own_catalogue
from engine.products import Plan, Run, Scenario, Status, Task, Tell
from engine.queue import answer
from engine.scenarios.bridge import REST, Bridge, Part, bridge, shares
from engine.scenarios.whatif import offered_scenarios, require_results


def against_run(run: Run, other: Run, metric: str = "") -> Bridge:
    """From another answer to this one.

    Raises:
        UsageError: one has no results, or the two are not computed in the same way.
    """
    before, after = require_results(other), require_results(run)
    return bridge(metric or _first(run), before, after, said=(other.title, run.title))


def against_scenario(run: Run, kit: Kit, name: str, metric: str = "") -> Bridge:
    """From the base of an answer to one of its kept scenarios.

    Raises:
        UsageError: there is no such scenario.
    """
    kept = kit.store.scenarios(run.id) or offered_scenarios(require_results(run).parameters)
    found = next((each for each in kept if each.name.lower() == name.lower()), None)
    if found is None:
        names = ", ".join(each.name for each in kept) or "none"
        raise UsageError(f"There is no scenario named {name!r}.", f"Kept with this answer: {names}.")
    return _moved(run, kit, found, metric or _first(run))


def _moved(run: Run, kit: Kit, scenario: Scenario, metric: str) -> Bridge:
    """From the base to a scenario. The answer's own model gives every value: not every quantity is plain arithmetic."""
    results = require_results(run)
    shown = next((each for each in results.metrics if each.name == metric), None)
    if shown is None:
        raise UsageError(f"{metric} is not a number of this answer.", "Its numbers: ./run show RUN.")
    parameters = {each.name: each for each in results.parameters}
    moved = [
        name for name, value in scenario.values.items() if name in parameters and value != parameters[name].default
    ]

    def values(choices: Sequence[Sequence[str]]) -> list[float]:
        asked = [{name: scenario.values[name] for name in names} for names in choices]
        found = [each["metrics"].get(metric) for each in kit.sessions.simulate(run, asked)["scenarios"]]
        return [float(value) if isinstance(value, float | int) else float("nan") for value in found]

    before, after = values([(), moved])
    parts = tuple(
        Part(
            name=name,
            label=parameters[name].label if name in parameters else REST,
            unit=parameters[name].unit if name in parameters else "",
            before=parameters[name].default if name in parameters else 0.0,
            after=scenario.values.get(name, 0.0),
            contribution=amount,
        )
        for name, amount in shares(values, moved)
    )
    return Bridge(
        metric=metric,
        label=shown.label,
        unit=shown.unit,
        before=before,
        after=after,
        said_before="Base",
        said_after=scenario.name,
        parts=parts,
    )


def against_period_before(run: Run, kit: Kit, tell: Tell, metric: str = "") -> tuple[Bridge, Run]:
    """From the period before to that of an answer, and the run in which that period was computed.

    Raises:
        UsageError: the answer has no period that the catalogue could move, or the data does not hold the one before.
    """
    before = run_of_period_before(run, kit, tell)
    _, start, end = _period(run)
    months = (end.year - start.year) * 12 + end.month - start.month
    said = {"said_before": _span(add_months(start, -months), start), "said_after": _span(start, end)}
    return against_run(run, before, metric).model_copy(update=said), before


def run_of_period_before(run: Run, kit: Kit, tell: Tell) -> Run:
    """The same metrics over the period of the same length before, as a run of its own.

    Raises:
        UsageError: there is no such period.
    """
    task, start, end = _period(run)
    months = (end.year - start.year) * 12 + end.month - start.month
    first = add_months(start, -months)
    label = f"{first.isoformat()} to {start.isoformat()} (exclusive)"
    moved = Intent.model_validate(task.intent).model_copy(
        update={"start": first.isoformat(), "end": start.isoformat(), "period": label, "rolling": 0}
    )
    ground, catalogue = kit.ground_of(run.request, task), own_catalogue(kit.settings.metrics_folder)
    if ground.mapping is None:
        raise UsageError("The mapping of this database is not there any more.", "Put it back, then ask again.")
    plan = planning.plan(moved, ground, catalogue, ground.mapping)
    if not isinstance(plan, Plan):
        reason = plan.reason if isinstance(plan, Declined) else "it is not clear"
        raise UsageError(f"The period before cannot be computed: {reason}", "Compare with another answer.")
    text = write_script(plan, request=f"{run.request.text} ({label})", author="catalogue (no model)")
    title = f"{run.title}, {_span(first, start)}"
    request = run.request.model_copy(update={"text": title, "script": text, "edited_from": run.id, "answers": {}})
    made = answer(request, kit, tell)
    if made.status is not Status.DONE:
        raise UsageError(
            f"The period before could not be computed: {made.failure.message if made.failure else made.status}",
            "Compare with another answer.",
        )
    return made


def _period(run: Run) -> tuple[Task, date, date]:
    """The task of an answer, the first day of the one period that it is of, and the first day after that.

    Raises:
        UsageError: the catalogue did not compute it, or it is not of one period.
    """
    if run.task is None or run.plan is None or "metrics" not in run.task.intent:
        raise UsageError(
            "Only metrics that the catalogue computed know the period before.",
            "Name the answer to compare with: ./run explain RUN --against RUN.",
        )
    intent = Intent.model_validate(run.task.intent)
    bound = next((dict(each.bound) for each in run.plan.sources if "start" in each.bound), None)
    if bound is None or intent.grain:
        raise UsageError(
            "This answer is not of one period, so there is none before it.",
            "Ask for one period, or compare with another answer: ./run explain RUN --against RUN.",
        )
    return run.task, date.fromisoformat(str(bound["start"])), date.fromisoformat(str(bound["end"]))


def _span(start: date, end: date) -> str:
    """Nov 2024 to Oct 2025, or one month alone."""
    first, last = f"{start:%b %Y}", f"{add_months(end, -1):%b %Y}"
    return first if first == last else f"{first} to {last}"


def _first(run: Run) -> str:
    """The first number of an answer."""
    numbers = [each.name for each in require_results(run).metrics if isinstance(each.value, float | int)]
    if not numbers:
        raise UsageError("This answer has no number.", "Choose another run: ./run runs.")
    return numbers[0]
