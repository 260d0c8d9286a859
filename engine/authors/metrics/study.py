"""What the planning of one intent stands on: its facts, its period, whom it leaves out; who writes its quantities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from engine.authors.base import Ground
from engine.authors.metrics.balances import Ends
from engine.authors.metrics.facts import Facts
from engine.authors.metrics.intent import NAMED, Intent
from engine.authors.metrics.quantities import NO_ENDS, NO_SPANS, Writer, available_inputs, closure
from engine.authors.metrics.window import Window
from engine.language.periods import add_months
from engine.metrics.catalogue import Catalogue, Input, Metric
from engine.metrics.mapping import DatabaseMapping, Role, RoleKind


@dataclass(frozen=True)
class LeftOut:
    """Of one role that metrics are over: who has no rows of it, and of how many things in a part of a period only.

    `unpaid` are those of `without` that have what the rows refer to (a loan), but no rows then (no payments).
    """

    without: tuple[str, ...] = ()
    unpaid: tuple[str, ...] = ()
    partly: int = 0
    varies: bool = False

    @property
    def matters(self) -> bool:
        """Whether a metric over the role must be computed otherwise than over all rows of the period."""
        return bool(self.without or self.partly or self.varies)


@dataclass(frozen=True)
class Part:
    """Some of the metrics asked for, and the facts that they are computed over."""

    facts: Facts
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class Study:
    """All that planning one intent stands on."""

    intent: Intent
    catalogue: Catalogue
    mapping: DatabaseMapping
    facts: Facts
    window: Window
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)

    @property
    def since(self) -> date:
        """The first day of the figures of the whole: over more than a year on record, the last twelve months."""
        intent, window = self.intent, self.window
        if self.pair:
            return date.fromisoformat(f"{self.pair[-1][0]}-01")
        if not intent.grain or intent.start or window.months <= 12:
            return window.start
        return add_months(window.end, -12)

    @property
    def until(self) -> date:
        """The first day after the figures of the whole."""
        return add_months(date.fromisoformat(f"{self.pair[-1][-1]}-01"), 1) if self.pair else self.window.end

    @property
    def last_day(self) -> date:
        """The day from which balances of the whole are looked at."""
        return self.window.as_of if self.until == self.window.end else self.until - timedelta(days=1)

    @property
    def months(self) -> int:
        """How many months the figures of the whole are of."""
        return (self.until.year - self.since.year) * 12 + self.until.month - self.since.month

    @property
    def pair(self) -> tuple[tuple[str, ...], ...]:
        """The months of two periods that are compared, as many of each as both hold; empty where none are."""
        grain = self.intent.grain
        if not self.intent.compares or len(self.window.spans[grain]) != 2:
            return ()
        entries = [self.catalogue.entries[name] for name in self.intent.metrics]
        if not any(isinstance(entry, Metric) and entry.additive for entry in entries):
            return self.window.halves(grain)
        months = self.window.same_months(grain)
        return months[: len(months) // 2], months[len(months) // 2 :]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The metrics by what the figures of the whole are computed over: all members, or those with some rows."""
        return self._parted(self.whole)

    @property
    def whole(self) -> Facts:
        """The facts of the figures of the whole."""
        if not self.intent.grain:
            return self.facts
        scope = replace(
            self.facts.scope,
            start=self.since.isoformat(),
            end=self.until.isoformat(),
            as_of=self.last_day.isoformat(),
            group=(),
            grain="",
        )
        return Facts(self.mapping, self.facts.schema, scope)

    @property
    def rows(self) -> tuple[Part, ...]:
        """The same for the rows of a table: by time they are of the whole window, each period on its own."""
        grain = self.intent.grain
        if not grain:
            return self._parted(self.facts)
        return self._parted(Facts(self.mapping, self.facts.schema, self.facts.scope, suffix=f"_by_{grain}"))

    def _parted(self, facts: Facts) -> tuple[Part, ...]:
        by_roles: dict[tuple[str, ...], list[str]] = {}
        for name in self.intent.metrics:
            roles = tuple(role for role in self.over(name) if self.left_out[role].matters)
            by_roles.setdefault(roles, []).append(name)
        found = []
        for roles, names in by_roles.items():
            own = f"_with_{'_and_'.join(roles)}" if roles and len(by_roles) > 1 else ""
            found.append(Part(self._narrowed(facts, roles, own) if roles else facts, tuple(names)))
        return tuple(sorted(found, key=lambda part: bool(part.facts.over)))

    @property
    def tail(self) -> str:
        """What the names of all its quantities end in, where there is another study beside."""
        return self.facts.suffix

    def _narrowed(self, facts: Facts, roles: Sequence[str], suffix: str) -> Facts:
        """The facts of the members that have rows of some roles."""
        over = tuple(self.mapping.roles[role] for role in roles)
        apart = (
            self.mapping.roles[role]
            for role in roles
            if self.mapping.roles[role].kind is RoleKind.FLOW and (self.left_out[role].partly or self.intent.grain)
        )
        found = Facts(
            facts.mapping,
            facts.schema,
            facts.scope,
            over=over,
            suffix=suffix + facts.suffix,
            apart=next(apart, None),
        )
        found.alike = facts.alike
        return found

    def over(self, name: str) -> tuple[str, ...]:
        """The roles that a metric is over, none where it is of all members."""
        entry = self.catalogue.entries[name]
        roles = entry.over if isinstance(entry, Metric) else ()
        return tuple(role for role in roles if role in self.mapping.roles)

    def without(self, role: str) -> str:
        """What members without rows of a role are without, in words."""
        metrics = (self.catalogue.metric(name) for name in self.intent.metrics if role in self.over(name))
        return next(metrics).over[role]

    def of_flows(self, name: str) -> bool:
        """Whether a metric is of a stretch of time, not only of its last day."""
        available = available_inputs(self.catalogue, self.mapping, "")
        entries = (self.catalogue.entries[each] for each in closure(self.catalogue, [name], available, at_base=True))
        return any(isinstance(e, Input) and self.mapping.roles[e.role].kind is RoleKind.FLOW for e in entries)

    @property
    def headline(self) -> str:
        """What and for whom: 'DSCR for Orlando Fashion Square'."""
        entries = [self.catalogue.entries[name] for name in self.intent.metrics]
        beside = {name for entry in entries if isinstance(entry, Metric) for name in entry.beside}
        names = [self.short(name) for name in self.intent.metrics if name not in beside]
        what = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else ""
        by = [name.replace("_", " ") for name in self.intent.group if name != NAMED]
        text = what + (f" by {' and '.join(by)}" if by else "")
        return f"{text} for {self.intent.scope}" if self.intent.scope else text

    def short(self, name: str) -> str:
        """The short label of an entry."""
        entry = self.catalogue.entries[name]
        return entry.short if isinstance(entry, Metric) else entry.label


def writer_of(study: Study, part: Part, available: frozenset[str], group: tuple[str, ...] = ()) -> Writer:
    """Who writes the quantities of one part, for the whole or by group: it knows which months count."""
    grain, window = study.intent.grain, study.window
    months = study.months
    spans, ends = NO_SPANS, NO_ENDS
    kept: tuple[str, ...] = ()
    if group and grain in group:
        spans, ends = window.spans[grain], Ends(grain, window.last_months(grain), window.last_days(grain))
        if study.pair and sum(map(len, study.pair)) != window.months:
            kept = (*study.pair[0], *study.pair[1])
            spans = dict.fromkeys(spans, len(study.pair[0]))
            days = dict(zip(spans, (half[-1] for half in study.pair), strict=True))
            ends = Ends(grain, days, {name: window.last_day(month) for name, month in days.items()})
    elif "month" in group:
        spans = window.spans["month"]
    own = frozenset(name for name in part.metrics if study.over(name))
    return Writer(
        study.catalogue,
        study.mapping,
        part.facts,
        available,
        group,
        months=months,
        spans=spans,
        ends=ends,
        kept=kept,
        own=own,
        tail=study.tail,
    )


def left_out_of(study: Study, ground: Ground) -> dict[str, LeftOut]:
    """For each role that the metrics are over: who has none, and of what there is some in a part of a period only."""
    roles = dict.fromkeys(role for name in study.intent.metrics for role in study.over(name))
    return {role: _left_out(study, study.mapping.roles[role], ground) for role in roles}


def _left_out(study: Study, role: Role, ground: Ground) -> LeftOut:
    without = ground.read(*study.whole.without(role))["member"].astype(str).tolist()
    if role.kind is not RoleKind.FLOW:
        return LeftOut(tuple(without), varies=bool(study.intent.grain))
    unpaid = _unpaid(study, role, without, ground)
    facts, spans = study.facts, {"": study.window.months}
    if study.intent.grain:
        spans = dict(study.window.spans[study.intent.grain])
        if study.pair:
            spans = dict(zip(spans, map(len, study.pair), strict=True))
    counted = ground.read(*facts.parts_by(role))
    whole_spans = counted["period"].astype(str).map(spans)
    partly = int(counted["part"][counted["months"] < whole_spans].nunique())
    return LeftOut(tuple(without), unpaid, partly, varies=bool(study.intent.grain))


def _unpaid(study: Study, role: Role, without: Sequence[str], ground: Ground) -> tuple[str, ...]:
    """Those without rows of a flow that have, all the same, what such rows refer to."""
    way = study.facts.way(role.table)
    if len(way) < 2 or not without:
        return ()
    owed = Role(kind=RoleKind.STOCK, table=way[0].refers_table, value="1")
    neither = set(ground.read(*study.whole.without(owed))["member"].astype(str))
    return tuple(name for name in without if name not in neither)


def is_of_balances(intent: Intent, catalogue: Catalogue, mapping: DatabaseMapping) -> bool:
    """Whether a balance that changes enters what is asked by itself, not only as what a driver is taken of."""
    available = available_inputs(catalogue, mapping, intent.grain)
    return bool(balances_in(intent, catalogue, mapping, available))


def balances_in(
    intent: Intent, catalogue: Catalogue, mapping: DatabaseMapping, available: frozenset[str]
) -> tuple[str, ...]:
    """The inputs of changing balances, as they stand in formulas with every driver at its default."""
    found = []
    for name in closure(catalogue, intent.metrics, available, at_base=True):
        entry = catalogue.entries[name]
        role = mapping.roles[entry.role] if isinstance(entry, Input) else None
        if role is None or role.kind is not RoleKind.STOCK or role.table == mapping.entity.table:
            continue
        if not (role.start or role.held_by or role.free_of):
            found.append(name)
    return tuple(found)


def quantity_of(study: Study, name: str) -> str:
    """The quantity that an entry is: of the first part that has it."""
    available = available_inputs(study.catalogue, study.mapping, "")
    for part in sorted(study.parts, key=lambda part: name not in part.metrics):
        if name in closure(study.catalogue, part.metrics, available):
            return writer_of(study, part, available).name(name)
    return name


def pair_names(study: Study) -> list[str]:
    """The two periods that are compared, as they are shown."""
    marked = study.window.marked(study.intent.grain, list(map(len, study.pair)))
    return [marked.get(name, name) for name in study.window.spans[study.intent.grain]]
