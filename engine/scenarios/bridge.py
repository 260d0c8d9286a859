"""Why a number differs from another of its kind: an exact bridge over the quantities that both are computed of. Pure.

The contributions of the inputs that moved are their Shapley values: each input's effect averaged over every order in
which the inputs can change. They add up to the whole difference, whatever the formula, and no order is preferred.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import factorial, isclose

from pydantic import Field

from engine.errors import UsageError
from engine.products import Product, Quantity, Results
from runtime.formulas import is_arithmetic
from runtime.parsing import parse
from runtime.units import label_of

MOST = 8
REST = "the others"
METHOD = "Shapley values: each input's effect, averaged over every order in which the inputs can change"
_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


class Part(Product):
    """One input that moved: its value before and after, and how much of the difference it makes."""

    name: str
    label: str
    before: float
    after: float
    contribution: float
    unit: str = ""


class Bridge(Product):
    """From one value of a metric to another. The contributions of its parts add up to the difference."""

    metric: str
    label: str
    unit: str
    before: float
    after: float
    said_before: str = Field(description="what the value before is of")
    said_after: str
    parts: tuple[Part, ...]
    method: str = METHOD

    @property
    def change(self) -> float:
        """The difference."""
        return self.after - self.before


def bridge(
    metric: str,
    before: Results,
    after: Results,
    *,
    said: tuple[str, str],
) -> Bridge:
    """The bridge of a metric between two answers.

    Raises:
        UsageError: one of the two has no such number, or the two are not computed in the same way.
    """
    shown = {each.name: each for each in after.metrics}
    if metric not in shown or metric not in {each.name for each in before.metrics}:
        both = [each.name for each in before.metrics if each.name in shown]
        raise UsageError(
            f"{metric or 'No number'} is not a number of both answers.", f"Both have: {', '.join(both) or 'none'}."
        )
    old, new = _values(before), _values(after)
    formulas = _formulas(before, after)
    leaves = _leaves(metric, formulas, old, new)
    moved = [name for name in leaves if not isclose(old[name], new[name], rel_tol=1e-12, abs_tol=1e-12)]
    start, end = _value(metric, formulas, old), _value(metric, formulas, new)

    def values(subsets: Sequence[Sequence[str]]) -> list[float]:
        return [_value(metric, formulas, {**old, **{name: new[name] for name in names}}) for names in subsets]

    parts = shares(values, moved)
    named = {each.name: each for each in (*before.quantities, *after.quantities)}
    return Bridge(
        metric=metric,
        label=shown[metric].label,
        unit=shown[metric].unit,
        before=start,
        after=end,
        said_before=said[0],
        said_after=said[1],
        parts=tuple(_part(name, amount, old, new, named, after) for name, amount in parts),
    )


def _part(
    name: str,
    amount: float,
    old: Mapping[str, float],
    new: Mapping[str, float],
    named: Mapping[str, Quantity],
    results: Results,
) -> Part:
    parameter = next((each for each in results.parameters if each.name == name), None)
    label = parameter.label if parameter is not None else REST if name == REST else label_of(name)
    unit = parameter.unit if parameter is not None else named[name].unit if name in named else ""
    return Part(
        name=name, label=label, before=old.get(name, 0.0), after=new.get(name, 0.0), contribution=amount, unit=unit
    )


def _values(results: Results) -> dict[str, float]:
    """Every number of an answer by its name; parameters too."""
    found = {each.name: float(each.value) for each in results.quantities if isinstance(each.value, float | int)}
    return {**found, **{each.name: each.default for each in results.parameters}}


def _formulas(before: Results, after: Results) -> dict[str, ast.expr]:
    """The formulas that are arithmetic and the same in both answers; anything else counts as an input."""
    old = {each.name: each.formula for each in before.quantities if each.arithmetic}
    found = {}
    for each in after.quantities:
        if each.arithmetic and old.get(each.name) == each.formula:
            tree = parse(each.formula, mode="eval").body
            if is_arithmetic(tree):
                found[each.name] = tree
    return found


def _leaves(
    name: str, formulas: Mapping[str, ast.expr], old: Mapping[str, float], new: Mapping[str, float]
) -> list[str]:
    """The inputs that a metric is computed of in the end.

    Raises:
        UsageError: one of them is not known in both answers.
    """
    if name not in formulas:
        if name not in old or name not in new:
            raise UsageError(
                f"{label_of(name)} is not known as a number in both answers.",
                "Compare answers to the same kind of request, such as one metric of two periods or two members.",
            )
        return [name]
    found: list[str] = []
    for node in ast.walk(formulas[name]):
        if isinstance(node, ast.Name):
            found += [each for each in _leaves(node.id, formulas, old, new) if each not in found]
    return found


def _value(name: str, formulas: Mapping[str, ast.expr], inputs: Mapping[str, float]) -> float:
    """A metric's value from its inputs; not a number where it would be divided by zero."""
    if name not in formulas:
        return inputs[name]

    def compute(node: ast.expr) -> float:
        match node:
            case ast.Constant(value=value):
                return float(str(value))
            case ast.Name(id=used):
                return _value(used, formulas, inputs)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -compute(operand)
            case ast.UnaryOp(operand=operand):
                return compute(operand)
            case ast.BinOp(left=left, op=operation, right=right):
                return float(_OPERATIONS[type(operation)](compute(left), compute(right)))
        raise UsageError("A formula holds more than arithmetic.", "This is a defect; report it.")

    try:
        return compute(formulas[name])
    except ZeroDivisionError:
        return float("nan")


def shares(
    values: Callable[[Sequence[Sequence[str]]], Sequence[float]], moved: Sequence[str]
) -> list[tuple[str, float]]:
    """Each moved input with its share of the difference, the largest first; of many, the least stand together.

    `values` gives the metric for each of many choices of inputs: those chosen at their later value, the rest at the
    earlier. It is called twice, with at most 2 ** MOST choices, for it may ask a sandbox.

    Raises:
        UsageError: on the way from the one to the other the metric has no value.
    """
    start, *alone = values([(), *((name,) for name in moved)])
    effects = dict(zip(moved, alone, strict=True))
    by_effect = sorted(moved, key=lambda name: -abs(effects[name] - start))
    groups: list[tuple[str, tuple[str, ...]]] = [(name, (name,)) for name in by_effect]
    if len(groups) > MOST:
        groups = [*groups[: MOST - 1], (REST, tuple(by_effect[MOST - 1 :]))]
    places = range(len(groups))
    choices = [chosen for size in range(len(groups) + 1) for chosen in combinations(places, size)]
    at = dict(zip(choices, values([[each for place in chosen for each in groups[place][1]] for chosen in choices]),
                  strict=True))  # fmt: skip
    found = [(groups[place][0], _shapley(place, len(groups), at)) for place in places]
    if any(amount != amount for _, amount in found):
        raise UsageError("On the way from the one to the other something would be divided by zero.", "Compare others.")
    return sorted(found, key=lambda pair: -abs(pair[1]))


def _shapley(place: int, count: int, at: Mapping[tuple[int, ...], float]) -> float:
    """One player's Shapley value: its effect on each choice of the others, weighted by the orders that lead there.

    Source: L. S. Shapley, A Value for n-Person Games, 1953.
    """
    return sum(
        (at[tuple(sorted((*chosen, place)))] - value)
        * factorial(len(chosen))
        * factorial(count - len(chosen) - 1)
        / factorial(count)
        for chosen, value in at.items()
        if place not in chosen
    )
