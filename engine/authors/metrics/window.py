"""The period a request looks at: the last twelve months that the data holds, or what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from engine.authors.base import Declined, Ground
from engine.authors.metrics.facts import identifier, table_in
from engine.authors.metrics.intent import Intent
from engine.language.periods import add_months
from engine.mapping import DatabaseMapping, RoleKind


@dataclass(frozen=True)
class Window:
    """start (inclusive) to end (exclusive), the day looked from, and the same in words."""

    start: date
    end: date
    as_of: date
    label: str
    assumptions: tuple[str, ...]

    @property
    def months(self) -> int:
        """How many months it holds."""
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month


def find_window(intent: Intent, ground: Ground, mapping: DatabaseMapping) -> Window | Declined:
    """The window of a request over this data."""
    held = _held(ground, mapping)
    if held is None:
        today = ground.today
        return Window(add_months(today.replace(day=1), -12), today, today, f"as of {today.isoformat()}", ())
    first, last = held
    end = add_months(last, 1)
    as_of = end - timedelta(days=1)
    if intent.start or intent.end:
        return _asked(intent, first, end)
    if intent.grain:
        notes = _partial(first, end) if intent.grain == "year" else ()
        label = f"{_month(first)} to {_month(last)}"
        return Window(first, end, as_of, label, (f"All months on record are used: {label}.", *notes))
    start = max(first, add_months(end, -12))
    label = f"{_month(start)} to {_month(last)}"
    months = (end.year - start.year) * 12 + end.month - start.month
    words = "The last twelve months" if months == 12 else f"The {months} months"
    return Window(start, end, as_of, label, (f"{words} on record are used: {label}.",))


def _asked(intent: Intent, first: date, end: date) -> Window | Declined:
    start = date.fromisoformat(intent.start) if intent.start else first
    stop = date.fromisoformat(intent.end) if intent.end else end
    if stop <= first or start >= end:
        return Declined(
            reason=f"The data holds {_month(first)} to {_month(end - timedelta(days=1))}, not {intent.period}."
        )
    notes = []
    if start < first or stop > end:
        notes.append(
            f"The data holds only {_month(max(start, first))} to {_month(min(stop, end) - timedelta(days=1))} of it."
        )
    start, stop = max(start, first), min(stop, end)
    return Window(start, stop, stop - timedelta(days=1), intent.period, (f"The period is {intent.period}.", *notes))


def _held(ground: Ground, mapping: DatabaseMapping) -> tuple[date, date] | None:
    """The first and last month that the first flow of the mapping holds."""
    for role in mapping.roles.values():
        if role.kind is not RoleKind.FLOW:
            continue
        table = table_in(ground.schema, role.table)
        column = f"{table}.{identifier(role.date)}"
        frame = ground.read(f"SELECT MIN({column}) AS first, MAX({column}) AS last FROM {table}", {})
        low, high = pd.to_datetime(frame["first"].iloc[0]), pd.to_datetime(frame["last"].iloc[0])
        if not pd.isna(low):
            return low.date().replace(day=1), high.date().replace(day=1)
    return None


def _partial(first: date, end: date) -> tuple[str, ...]:
    notes = []
    if first.month != 1:
        notes.append(f"{first.year} holds only {13 - first.month} of 12 months.")
    if end.month != 1:
        notes.append(f"{end.year} holds only {end.month - 1} of 12 months.")
    return tuple(notes)


def _month(day: date) -> str:
    return f"{day:%b %Y}"
