"""What stands behind a scenario's figures: which quantities in between moved, and what it assumes, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import results, units
from .batch import Batch
from .contract import Parameter
from .evaluate import Evaluator, scalar
from .failures import UsageFailure
from .model import Model
from .told import MOST


def behind(evaluator: Evaluator, scenarios: Batch) -> list[dict[str, Any]]:
    """For each scenario `steps`, the quantities that moved in the order they are computed, and `assumes`, sentences.

    A step has name, label, unit, formula, base, value (None where it has none) and `drivers`, the changed drivers
    that enter it, directly or through others.

    Raises:
        UsageFailure: more than MOST scenarios, an unknown driver or a value out of range.
    """
    if len(scenarios) > MOST:
        raise UsageFailure(f"steps: {len(scenarios):,} scenarios were sent.", f"Ask for the steps of at most {MOST}.")
    names = [name for name in evaluator.order if isinstance(scalar(evaluator.base.values[name]), float)]
    found = evaluator.sweep_batch(scenarios, names).values
    model, told = evaluator.model, []
    for place, row in enumerate(scenarios.rows(model.defaults, found)):
        changed = [name for name, value in row["parameters"].items() if value != model.defaults[name]]
        reached = {driver: set(evaluator.touched((driver,))) for driver in changed}
        moved = [name for name in names if found[name][place] != float(evaluator.base.values[name])]
        steps = [_step(evaluator, name, row["metrics"][name], reached) for name in moved]
        told.append({"steps": steps, "assumes": assumed(model, row["parameters"])})
    return told


def _step(evaluator: Evaluator, name: str, value: float | None, reached: Mapping[str, set[str]]) -> dict[str, Any]:
    model = evaluator.model
    shown = {entry.quantity: entry for entry in model.metrics}
    formula = model.quantities[name]
    return {
        "name": name,
        "label": (shown[name].label if name in shown else "") or units.label_of(name),
        "unit": shown[name].unit if name in shown else results.unit_in(formula.definition),
        "formula": formula.text,
        "base": float(evaluator.base.values[name]),
        "value": value,
        "drivers": [driver for driver, names in reached.items() if name in names],
    }


def assumed(model: Model, values: Mapping[str, float]) -> list[str]:
    """What a scenario assumes: each driver it changes, those it leaves that act together with one, and the rest.

    Two drivers act together where one quantity takes both: a change of revenue and whether expenses follow it.
    """
    changed = [parameter for parameter in model.parameters if values[parameter.name] != parameter.default]
    if not changed:
        return ["Every driver is at its base value."]
    beside = _beside(model, {parameter.name for parameter in changed})
    left = [parameter for parameter in model.parameters if parameter not in changed]
    told = [_told(each, f"is {units.write(values[each.name], each.unit)}, not {_base(each)}") for each in changed]
    told += [_told(each, f"stays at {_base(each)}") for each in left if each.name in beside]
    rest = [each.label for each in left if each.name not in beside]
    return [*told, f"As in the base: {', '.join(rest)}."] if rest else told


def _beside(model: Model, changed: set[str]) -> set[str]:
    taken = [set(formula.arguments) for formula in model.quantities.values()]
    return {
        name for arguments in taken if arguments & changed for name in arguments if name in model.defaults
    } - changed


def _base(parameter: Parameter) -> str:
    return units.write(parameter.default, parameter.unit)


def _told(parameter: Parameter, what: str) -> str:
    return f"{parameter.label} {what}. {parameter.description}".strip()
