"""What-if beyond scenarios: which driver matters, what value reaches a target, how likely a threshold is missed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from ..evaluate import Evaluator
from ..failures import UsageFailure
from .chance import monte_carlo
from .goal import break_even, goal_seek
from .sensitivity import grid, tornado
from .variance import sobol

KINDS: dict[str, Callable[..., dict[str, Any]]] = {
    "tornado": tornado,
    "grid": grid,
    "sobol": sobol,
    "goal_seek": goal_seek,
    "break_even": break_even,
    "monte_carlo": monte_carlo,
}


def ask(evaluator: Evaluator, question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one what-if question: its `kind`, and that kind's arguments.

    Raises:
        UsageFailure: an unknown kind, an argument that is missing, unknown or impossible.
    """
    wanted = {name: value for name, value in question.items() if name != "kind"}
    kind = KINDS.get(str(question.get("kind")))
    if kind is None:
        raise UsageFailure(
            f"There is no what-if named {question.get('kind')!r}.", f"Choose one of: {', '.join(KINDS)}."
        )
    _check_fields(str(question["kind"]), kind, wanted)
    return kind(evaluator, **wanted)


def _check_fields(name: str, kind: Callable[..., dict[str, Any]], wanted: Mapping[str, Any]) -> None:
    fields = dict(list(signature(kind).parameters.items())[1:])
    needed = [field for field, about in fields.items() if about.default is about.empty]
    hint = f"It takes {', '.join(fields)}" + (f"; it needs {' and '.join(needed)}." if needed else ".")
    for field in wanted:
        if field not in fields:
            near = difflib.get_close_matches(field, fields, 1)
            meant = f"Did you mean {near[0]}? " if near else ""
            raise UsageFailure(f"{field}: a {name} question has no such field.", meant + hint)
    for field in needed:
        if field not in wanted:
            raise UsageFailure(f"{field}: a {name} question needs it.", hint)
