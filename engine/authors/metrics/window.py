"""The period a request looks at: the last twelve months that the data holds, or what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd

from engine.authors.base import Declined, Ground
from engine.authors.metrics.intent import Intent
from engine.authors.metrics.selecting import GRAINS, OTHER_GRAINS, identifier, table_in
from engine.language.periods import add_months
from engine.metrics.mapping import DatabaseMapping, Role, RoleKind
from engine.products import Option, Question
from engine.sources.translating import own_sql


@dataclass(frozen=True)
class Held:
    """The first and the last month that the data hold, and what is said of flows that end at different times."""

    first: date
    last: date
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Span:
    first: date
    last: date
    steady: bool


# A flow with rows in so many of its months, and in a few at least, comes in every month.
STEADY, FEWEST = 0.9, 3
LAST_ON_RECORD = "last on record"


@dataclass(frozen=True)
class Window:
    """start (inclusive) to end (exclusive), the day looked from, and the same in words; `past`: before the data end."""

    start: date
    end: date
    as_of: date
    label: str
    assumptions: tuple[str, ...]
    past: bool = False
    first: date = date.min

    def same_months(self, grain: str) -> tuple[str, ...]:
        """Of two periods of a grain, one after the other, as many first months of each as both hold."""
        counts = list(self.spans[grain].values())
        whole = [f"{add_months(self.start, at):%Y-%m}" for at in range(self.months)]
        if len(counts) != 2:
            return tuple(whole)
        both = min(counts)
        return (*whole[:both], *whole[counts[0] : counts[0] + both])

    def halves(self, grain: str) -> tuple[tuple[str, ...], ...]:
        """The months of each of two periods of a grain."""
        months = [f"{add_months(self.start, at):%Y-%m}" for at in range(self.months)]
        first = next(iter(self.spans[grain].values()))
        return tuple(months[:first]), tuple(months[first:])

    @property
    def spans(self) -> dict[str, dict[str, int]]:
        """How many of its months lie in each quarter and each year, by grain."""
        found: dict[str, dict[str, int]] = {"month": {}, "quarter": {}, "year": {}}
        for at in range(self.months):
            day = add_months(self.start, at)
            for grain, counts in found.items():
                name = _period(day, grain)
                counts[name] = counts.get(name, 0) + 1
        return found

    def last_months(self, grain: str) -> dict[str, str]:
        """The last month of each quarter or year, or month, as far as it is looked at."""
        found = {}
        for at in range(self.months):
            day = add_months(self.start, at)
            found[_period(day, grain)] = f"{day:%Y-%m}"
        return found

    def last_days(self, grain: str) -> dict[str, str]:
        """The last day of each of them."""
        return {name: self.last_day(month) for name, month in self.last_months(grain).items()}

    def last_day(self, month: str) -> str:
        """The last day of a month, written so."""
        return (add_months(date.fromisoformat(f"{month}-01"), 1) - timedelta(days=1)).isoformat()

    def marked(self, grain: str, counts: Sequence[int] = ()) -> dict[str, str]:
        """The periods that are looked at in a part only, as they are shown: '2026 (10 of 12 months)'.

        `counts` says of how many of their months, where it is not of all that are held.
        """
        whole = {"month": 1, "quarter": 3, "year": 12}[grain]
        held = dict(zip(self.spans[grain], counts, strict=True)) if counts else self.spans[grain]
        return {name: f"{name} ({count} of {whole} months)" for name, count in held.items() if count < whole}

    @property
    def months(self) -> int:
        """How many months it holds."""
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month


def _period(day: date, grain: str) -> str:
    """The month, quarter or year of a day as text that sorts."""
    return {"month": f"{day:%Y-%m}", "quarter": f"{day.year}-Q{(day.month + 2) // 3}", "year": f"{day.year}"}[grain]


def last_instead(intent: Intent, ground: Ground, mapping: DatabaseMapping) -> Question | None:
    """Whether the last such period on record is meant, where the data end before the one that is asked for."""
    held = _held(ground, mapping) if intent.start and intent.end and not intent.grain else None
    if held is None or not add_months(held.last, 1) <= date.fromisoformat(intent.start) <= ground.today:
        return None
    start, end = date.fromisoformat(intent.start), date.fromisoformat(intent.end)
    months = (end.year - start.year) * 12 + end.month - start.month
    whole = add_months(held.last, 1)
    last = add_months(whole, -((whole.month - 1) % months if months in (3, 12) else 0))
    first = add_months(last, -months)
    if months < 1 or first < held.first:
        return None
    label = f"{month_label(first)} to {month_label(add_months(last, -1))}" if months > 1 else month_label(first)
    none = f"There is nothing of {intent.period}: the data end in {month_label(held.last)}."
    option = Option(value=f"{first.isoformat()} {last.isoformat()}", label=f"{label}, the last on record")
    return Question(key=LAST_ON_RECORD, text=f"{none} Is {label} meant, the last on record?", options=(option,))


def find_window(
    intent: Intent, ground: Ground, mapping: DatabaseMapping, flows: Sequence[str] = ()
) -> Window | Declined:
    """The window of a request over this data, of which all the `flows` that are needed are known."""
    held = _held(ground, mapping, flows)
    if held is None:
        today = ground.today
        return Window(add_months(today.replace(day=1), -12), today, today, f"as of {today.isoformat()}", ())
    found = _found(intent, held.first, held.last)
    if isinstance(found, Window):
        return replace(found, assumptions=(*found.assumptions, *held.notes), first=held.first)
    return found


def _found(intent: Intent, first: date, last: date) -> Window | Declined:
    end = add_months(last, 1)
    as_of = end - timedelta(days=1)
    if intent.rolling:
        start = max(first, add_months(end, -intent.rolling))
        label = f"{month_label(start)} to {month_label(last)}"
        count = (end.year - start.year) * 12 + end.month - start.month
        said = [f"The last {intent.rolling} months end with the last one on record: {label}."]
        said += [f"The data holds only {count} of them."] if count != intent.rolling else []
        return Window(start, end, as_of, label, tuple(said))
    if intent.start or intent.end:
        return _asked(intent, first, end)
    if intent.grain:
        notes = _partial(first, end) if intent.grain == "year" else ()
        label = f"{month_label(first)} to {month_label(last)}"
        return Window(first, end, as_of, label, (f"All months on record are used: {label}.", *notes))
    start = max(first, add_months(end, -12))
    label = f"{month_label(start)} to {month_label(last)}"
    months = (end.year - start.year) * 12 + end.month - start.month
    words = "The last twelve months" if months == 12 else f"The {months} months"
    return Window(start, end, as_of, label, (f"{words} on record are used: {label}.",))


def _asked(intent: Intent, first: date, end: date) -> Window | Declined:
    start = date.fromisoformat(intent.start) if intent.start else first
    stop = date.fromisoformat(intent.end) if intent.end else end
    if stop <= first or start >= end:
        return Declined(
            reason=f"The data holds {month_label(first)} to {month_label(add_months(end, -1))}, not {intent.period}."
        )
    notes = []
    if start < first or stop > end:
        last = min(stop, end) - timedelta(days=1)
        notes.append(f"The data holds only {month_label(max(start, first))} to {month_label(last)} of it.")
    past = stop < end
    start, stop = max(start, first), min(stop, end)
    said = (f"The period is {intent.period}.", *notes)
    return Window(start, stop, stop - timedelta(days=1), intent.period, said, past)


def _held(ground: Ground, mapping: DatabaseMapping, flows: Sequence[str] = ()) -> Held | None:
    """The months that all of the flows hold, or, where none is named, that the first of the mapping holds.

    What does not come in every month (hires, cancellations) says nothing of where the data end: then all flows do.
    """
    named = [name for name, role in mapping.roles.items() if role.kind is RoleKind.FLOW]
    found = {name: each for name in flows if name in named and (each := _span_of(ground, mapping.roles[name]))}
    steady = {name: each for name, each in found.items() if each.steady}
    if not steady:
        for name in named:
            if name not in found and (each := _span_of(ground, mapping.roles[name])) is not None:
                found[name] = each
            if not flows and name in found and found[name].steady:
                steady = {name: found[name]}
                break
    if not found:
        return None
    today = ground.today.replace(day=1)
    known = steady or {name: each for name, each in found.items() if each.last <= today} or found
    first = max(each.first for each in known.values()) if steady else min(each.first for each in known.values())
    last = min(each.last for each in known.values()) if steady else max(each.last for each in known.values())
    if first > last:
        return None
    later = [name.replace("_", " ") for name, each in steady.items() if each.last > last]
    sooner = [name.replace("_", " ") for name, each in steady.items() if each.last == last]
    said = f"{' and '.join(sooner)} on record end in {month_label(last)}, and so does {' and '.join(later)} here."
    return Held(first, last, (said[:1].upper() + said[1:],) if later else ())


def _span_of(ground: Ground, role: Role) -> _Span | None:
    """From when to when a flow has rows, and whether nearly every month does."""
    table = table_in(ground.schema, role.table)
    column = f"{table}.{identifier(role.date)}"
    month = GRAINS.get(ground.schema.dialect, OTHER_GRAINS)["month"].format(column)
    sql = f"SELECT MIN({column}) AS first, MAX({column}) AS last, COUNT(DISTINCT {month}) AS months FROM {table}"
    frame = ground.read(own_sql(sql, ground.schema.dialect), {})
    low, high = pd.to_datetime(frame["first"].iloc[0]), pd.to_datetime(frame["last"].iloc[0])
    if pd.isna(low):
        return None
    first, last = low.date().replace(day=1), high.date().replace(day=1)
    whole = (last.year - first.year) * 12 + last.month - first.month + 1
    held = int(frame["months"].iloc[0])
    return _Span(first, last, held >= max(FEWEST, STEADY * whole))


def _partial(first: date, end: date) -> tuple[str, ...]:
    notes = []
    if first.month != 1:
        notes.append(f"{first.year} holds only {13 - first.month} of 12 months.")
    if end.month != 1:
        notes.append(f"{end.year} holds only {end.month - 1} of 12 months.")
    return tuple(notes)


def month_label(day: date) -> str:
    """A month as people write it."""
    return f"{day:%b %Y}"
