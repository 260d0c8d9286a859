"""What-if beyond scenarios: which driver matters, what value reaches a target, how likely a threshold is missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    try:
        return kind(evaluator, **wanted)
    except TypeError as error:
        if "argument" not in str(error):
            raise
        raise UsageFailure(f"The what-if is not complete: {error}.", "Give what it needs and nothing else.") from None
