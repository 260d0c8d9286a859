"""Which alerts of a service begin, hold on, and end with its newest answer. Pure.

Each is told when it begins and when it ends, and keeps quiet in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.errors import UsageError
from engine.products.service import Alert, AlertKind, Shift
from runtime.units import threshold, verdict, write

# Between the parts of a key; a member's name may hold anything else.
_PART = "\x1f"
_WORSE = {"": 0, "good": 0, "short": 1, "breach": 2}


@dataclass(frozen=True)
class Watched:
    """What the alerts of a service come to: those that begin, those that end, and the keys of those that hold."""

    fired: tuple[str, ...]
    over: tuple[str, ...]
    standing: tuple[str, ...]


# Kind, number and bound of what is watched for.
Watch = tuple[str, str, str]


class _Holds(NamedTuple):
    """Something that holds now: how bad it is (1 short, 2 a breach), and what is said of it."""

    watch: Watch
    level: int
    text: str


def check_alert(alert: Alert, metrics: Sequence[str]) -> Alert:
    """The alert.

    Raises:
        UsageError: its metric is none of the answer's, or its bound is none.
    """
    if alert.metric and alert.metric not in metrics:
        known = ", ".join(metrics) or "none"
        raise UsageError(f"{alert.metric[:60]!r} is not a number of this answer.", f"Its numbers: {known}.")
    if alert.bound:
        try:
            threshold(alert.bound)
        except ValueError as error:
            raise UsageError(f"{error}.", "Give one such as '>= 1.25'.") from None
    return alert


def watched(
    alerts: Sequence[Alert],
    shifts: Sequence[Shift],
    failure: str,
    before: Sequence[str],
    members: Sequence[Shift] = (),
) -> Watched:
    """What begins and what ends, given the keys of what held before; a failed answer ends nothing but says so.

    Of `members` (each property of a ranking) thresholds are watched, and other alerts that name their number.
    """
    now = {holds.watch: holds for holds in _holding(alerts, shifts, members, failure)}
    was = dict(map(_read, before))
    known = {each.name: each for each in (*shifts, *members)}
    fired = tuple(holds.text for watch, holds in now.items() if holds.level > was.get(watch, 0))
    over, kept = [], []
    for watch, level in was.items():
        kind, name, bound = watch
        shift = known.get(name)
        if watch in now:
            if now[watch].level < level and shift is not None:
                over.append(
                    f"{shift.label} is {write(shift.after, shift.unit)}: short of its threshold, no breach now."
                )
        elif not any((each.kind, each.bound) == (kind, bound) and each.metric in ("", _of(name)) for each in alerts):
            continue  # nobody watches for it any more
        elif failure or (kind == AlertKind.THRESHOLD and shift is not None and shift.after is None):
            kept.append(_written(watch, level))  # what cannot be told now goes on as it was
        elif kind == AlertKind.FAILED:
            over.append("It works again.")
        elif shift is not None:
            over.append(f"{shift.label} is {write(shift.after, shift.unit)} again.")
    standing = (_written(watch, holds.level) for watch, holds in now.items() if watch[0] != AlertKind.CHANGE)
    return Watched(fired, tuple(over), (*kept, *standing))


def _holding(
    alerts: Sequence[Alert], shifts: Sequence[Shift], members: Sequence[Shift], failure: str
) -> Iterator[_Holds]:
    """What holds with this answer."""
    for alert in alerts:
        if alert.kind is AlertKind.FAILED:
            if failure:
                yield _Holds((alert.kind, "", ""), 1, f"It failed: {failure}")
            continue
        own = [*shifts, *(members if alert.metric or alert.kind is AlertKind.THRESHOLD else ())]
        for shift in own if not failure else ():
            if alert.metric in ("", _of(shift.name)) and (text := _text(alert, shift)):
                judged = alert.kind is AlertKind.THRESHOLD and not alert.bound
                level = _WORSE[shift.verdict_after] if judged else 1
                yield _Holds((alert.kind, shift.name, alert.bound), level, text)


def _of(name: str) -> str:
    """The metric of a number, also of one member."""
    return name.partition(":")[0]


def _written(watch: Watch, level: int) -> str:
    return _PART.join((*watch, str(level)))


def _read(key: str) -> tuple[Watch, int]:
    kind, name, bound, level = key.split(_PART)
    return (kind, name, bound), int(level)


def _text(alert: Alert, shift: Shift) -> str:
    """What an alert says of a number; nothing where it holds not."""
    now = write(shift.after, shift.unit)
    match alert.kind:
        case AlertKind.MISSING:
            return f"{shift.label} has no value." if shift.after is None else ""
        case AlertKind.CHANGE:
            return _changed(alert, shift, now)
        case AlertKind.THRESHOLD if alert.bound:
            missed = verdict(shift.after, alert.bound, "") == "short"
            return f"{shift.label} is {now}, not {alert.bound}." if missed else ""
    worse = _WORSE[shift.verdict_after]
    said = {1: f"{shift.label} is {now}, short of its threshold.", 2: f"{shift.label} is {now}, a breach."}
    return said.get(worse, "")


def _changed(alert: Alert, shift: Shift, now: str) -> str:
    if shift.before is None or shift.after is None or shift.before == shift.after:
        return ""
    percent = abs(shift.after - shift.before) / abs(shift.before) * 100 if shift.before else float("inf")
    if percent <= alert.percent:
        return ""
    by = f"by {percent:,.1f} %" if shift.before else "from nothing"
    return f"{shift.label} moved {by}, from {write(shift.before, shift.unit)} to {now}."
