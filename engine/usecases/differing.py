"""Two answers beside each other: their figures with the difference, and what each rests on that the other does not."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from engine.kit import Kit
from engine.products import MetricValue, Results, Run
from engine.scenarios.whatif import offered_scenarios, require_results
from runtime.units import verdict


@dataclass(frozen=True)
class Figure:
    """A figure of one answer or of both; None where an answer does not have it."""

    label: str
    name: str
    unit: str
    one: float | str | None
    other: float | str | None
    verdicts: tuple[str, str]

    @property
    def change(self) -> float | None:
        """From the first to the second, where both are numbers."""
        both = isinstance(self.one, float | int) and isinstance(self.other, float | int)
        return float(self.other) - float(self.one) if both else None  # type: ignore[arg-type]


@dataclass(frozen=True)
class Difference:
    """What differs between two answers."""

    figures: tuple[Figure, ...]
    periods: tuple[str, str]
    only_one: tuple[str, ...]
    only_other: tuple[str, ...]
    script: str

    @property
    def same_script(self) -> bool:
        """Whether both were computed by the same script."""
        return not self.script


def differing(one: Run, other: Run) -> Difference:
    """How the second answer differs from the first.

    Raises:
        UsageError: one of them has no results.
    """
    first, second = require_results(one), require_results(other)
    return Difference(
        figures=tuple(_figures(first, second)),
        periods=(first.period, second.period),
        only_one=tuple(each for each in first.assumptions if each not in second.assumptions),
        only_other=tuple(each for each in second.assumptions if each not in first.assumptions),
        script=_script(one, other),
    )


def _figures(first: Results, second: Results) -> list[Figure]:
    """Figures of one name and unit stand in one row; those of one answer alone after them."""
    ones = {(metric.name, metric.unit): metric for metric in first.metrics}
    others = {(metric.name, metric.unit): metric for metric in second.metrics}
    both = [name for name in ones if name in others]
    names = [*both, *(name for name in {**ones, **others} if name not in both)]
    return [_figure(ones.get(name), others.get(name)) for name in names]


def _figure(one: MetricValue | None, other: MetricValue | None) -> Figure:
    named = one or other
    assert named is not None
    verdicts = tuple(verdict(each.value, each.good, each.bad) if each else "" for each in (one, other))
    return Figure(
        named.label,
        named.name,
        named.unit,
        one.value if one else None,
        other.value if other else None,
        (verdicts[0], verdicts[1]),
    )


def _script(one: Run, other: Run) -> str:
    """The difference of the scripts as lines with a sign; nothing where they are the same."""
    before, after = (run.script.text.splitlines() if run.script else [] for run in (one, other))
    return "\n".join(difflib.unified_diff(before, after, one.id, other.id, lineterm="", n=2))


@dataclass(frozen=True)
class Beside:
    """A scenario of one name under both answers: the figure's value in each, None where it has none."""

    name: str
    one: float | None
    other: float | None


def scenarios_beside(one: Run, other: Run, name: str, kit: Kit) -> tuple[Beside, ...]:
    """A figure under every scenario that both answers have by name, each computed over its own answer's data.

    Raises:
        UsageError: an answer has no results.
    """
    sets = [kit.store.scenarios(run.id) or offered_scenarios(require_results(run).parameters) for run in (one, other)]
    shared = [each.name for each in sets[0] if each.name in {scenario.name for scenario in sets[1]}]
    if not shared:
        return ()
    values = []
    for run, named in zip((one, other), sets, strict=True):
        wanted = [{**each.values, "name": each.name} for each in named if each.name in shared]
        found = kit.sessions.simulate(run, wanted)["scenarios"]
        values.append({scenario["name"]: scenario["metrics"].get(name) for scenario in found})
    return tuple(Beside(each, values[0].get(each), values[1].get(each)) for each in shared)
