"""Which alerts of a service begin, hold on, and end with its newest answer. Pure.

Each is told when it begins and when it ends, and keeps quiet in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    holding = dict(_holding(alerts, shifts, members, failure))
    shifts = [*shifts, *members]
    fired = tuple(text for key, text in holding.items() if key not in before)
    kept = tuple(holding)
    over = () if failure else tuple(_ended(key, shifts) for key in before if key not in holding and not _once(key))
    if failure:
        kept = tuple(dict.fromkeys([*before, *kept]))
    return Watched(fired, over, tuple(key for key in kept if not _once(key)))


def _holding(
    alerts: Sequence[Alert], shifts: Sequence[Shift], members: Sequence[Shift], failure: str
) -> Iterator[tuple[str, str]]:
    for alert in alerts:
        if alert.kind is AlertKind.FAILED:
            if failure:
                yield "failed", f"It failed: {failure}"
            continue
        own = [*shifts, *(members if alert.metric or alert.kind is AlertKind.THRESHOLD else ())]
        for shift in own if not failure else ():
            if alert.metric in ("", shift.name.partition(":")[0]) and (text := _text(alert, shift)):
                yield _key(alert, shift), text


def _key(alert: Alert, shift: Shift) -> str:
    state = f":{shift.verdict_after}" if alert.kind is AlertKind.THRESHOLD and not alert.bound else ""
    return f"{alert.kind}{_PART}{shift.name}{_PART}{alert.bound}{state}"


def _once(key: str) -> bool:
    """Whether what it says is over as soon as it is told: a change holds for no time."""
    return key.startswith(f"{AlertKind.CHANGE}{_PART}")


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


def _ended(key: str, shifts: Sequence[Shift]) -> str:
    if key == "failed":
        return "It works again."
    name = key.split(_PART)[1]
    shift = next((each for each in shifts if each.name == name), None)
    return f"{shift.label} is {write(shift.after, shift.unit)} again." if shift else f"{name} is no number of it now."
