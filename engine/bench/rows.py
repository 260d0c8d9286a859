"""What a bench gives: rows, one a measurement, each beside what a plain way of doing the same takes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

TIMES = 5
Work = Callable[[], object]


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


def seconds(work: Work) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def turns(name: str, ways: Sequence[Work], times: int, before: Work = lambda: None) -> list[float]:
    """The median seconds of each way, taken in turns, so that a busy moment meets all; `before` ours is not counted."""
    taken: list[list[float]] = [[] for _ in ways]
    for _ in range(times):
        before()
        for way, each in zip(ways, taken, strict=True):
            each.append(seconds(way))
    say(f"{name}: {' | '.join(' '.join(f'{second:.3f}' for second in sorted(each)) for each in taken)} s")
    return [median(each) for each in taken]


def say(text: str) -> None:
    """Progress goes to standard error."""
    print(f"  {text}", file=sys.stderr, flush=True)
