"""Whether the period of an answer moves on with time. Pure."""

from __future__ import annotations

from engine.products import Run


def can_move(run: Run) -> bool:
    """Whether a run's period can move on with time: its request is read anew by the rules, with no model."""
    edited = run.request.script or run.request.after or run.request.gathered
    return not edited and run.plan is not None and run.script is not None and run.script.author != "model"
