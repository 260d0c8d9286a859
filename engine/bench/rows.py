"""What a bench gives: rows, one a measurement, each beside what a plain way of doing the same takes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

TIMES = 5


@dataclass(frozen=True)
class Row:
    """One measurement. `ok` is None where there is no goal or nothing could be measured; `against` then says why."""

    name: str
    value: float | None
    unit: str = "s"
    against: str = ""
    ratio: float | None = None
    goal: float | None = None
    ok: bool | None = None


def row(
    name: str,
    value: float,
    unit: str = "s",
    *,
    against: str = "",
    plain: float | None = None,
    goal: float | None = None,
) -> Row:
    """A measurement, with its ratio to the plain way where there is one; less is better."""
    said = f"{against}: {plain:.3g} {unit}" if plain is not None else against
    ratio = round(value / plain, 4) if plain else None
    return Row(name, round(value, 5), unit, said, ratio, goal, None if goal is None else value <= goal)


def missing(name: str, reason: str, *, unit: str = "s", goal: float | None = None) -> Row:
    """A measurement that could not be made here, and why."""
    say(f"{name}: not measured: {reason}")
    return Row(name, None, unit, f"not measured: {reason}", goal=goal)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def typical(name: str, work: Callable[[], object], times: int, before: Callable[[], object] = lambda: None) -> float:
    """The median of several goes, in seconds; `before` each go is not counted."""
    taken = []
    for _ in range(times):
        before()
        taken.append(seconds(work))
    say(f"{name}: {' '.join(f'{each:.3f}' for each in sorted(taken))} s")
    return median(taken)


def say(text: str) -> None:
    """Progress goes to standard error."""
    print(f"  {text}", file=sys.stderr, flush=True)
