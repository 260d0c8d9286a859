"""Who has rows of a role at a time (a loan, payments), and how the SELECT of another role is kept to those."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.metrics.mapping import Role, RoleKind

if TYPE_CHECKING:
    from engine.authors.metrics.selecting import Selecting

# The columns of a balance's rows that hold the months from which they count, for each role that they are kept to.
SINCE = "counts_from"


@dataclass(frozen=True)
class Limit:
    """What is added to a SELECT: joins, conditions, columns and bound values."""

    joins: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    keys: dict[str, str] = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)


class Having:
    """The rows of one role, and whom they belong to."""

    def __init__(self, facts: Selecting, role: Role, place: int = 1) -> None:
        self.facts = facts
        self.role = role
        self.alias = f"holding_{place}"
        self.since_name = f"{SINCE}_{place}"
        self.way = facts.way(role.table)

    def members(self) -> tuple[str, dict[str, str]]:
        """A SELECT of the keys of all members that have such rows in the window, or on its last day; its values."""
        if not self.way:
            entity = self.facts.mapping.entity
            return f"SELECT {self.facts.column(entity.table, entity.key)} FROM {self.facts.table(entity.table)}", {}
        return self._linked(len(self.way))

    def limit(self, role: Role) -> Limit:
        """What keeps the rows of another role to the members that have these, in each period where there are some."""
        table, own = role.table, {self.role.table, *(key.refers_table for key in self.way)}
        passed = {table, *(key.refers_table for key in self.facts.way(table))}
        if not self.way or self.role.table in passed:
            return Limit()
        entity = self.facts.mapping.entity
        steps = len(self.way)
        key = self.facts.column(entity.table, entity.key)
        if table in own and table != entity.table:
            steps = next(place for place, step in enumerate(self.way, 1) if step.refers_table == table)
            key = self.facts.column(table, self.way[steps - 1].refers_columns[0])
        grain = self.facts.scope.grain
        if not grain or (not self._since and self.role.kind is not RoleKind.FLOW):
            listed, bound = self._linked(steps)
            return Limit(conditions=(f"{key} IN ({listed})",), bound=bound)
        if role.kind is RoleKind.FLOW:
            return self._by_period(role, key, steps, grain)
        first = self.facts.grain("month", self._since)
        derived = f"SELECT {self._link(steps)} AS member, MIN({first}) AS held FROM {self._from(steps)} GROUP BY 1"
        joined = f"JOIN ({derived}) AS {self.alias} ON {self.alias}.member = {key}"
        return Limit((joined,), keys={self.since_name: f"{self.alias}.held"})

    def _by_period(self, role: Role, key: str, steps: int, grain: str) -> Limit:
        """A flow's rows of the periods in which there are such rows, or in which they have begun."""
        period = self.facts.grain(grain, self.facts.column(role.table, role.date))
        held = self.facts.grain(grain, self._since)
        if self.role.kind is RoleKind.FLOW:
            derived = f"SELECT DISTINCT {self._link(steps)} AS member, {held} AS held FROM {self._from(steps)}"
            compared = "="
        else:
            derived = f"SELECT {self._link(steps)} AS member, MIN({held}) AS held FROM {self._from(steps)} GROUP BY 1"
            compared = "<="
        on = f"{self.alias}.member = {key} AND {self.alias}.held {compared} {period}"
        return Limit((f"JOIN ({derived}) AS {self.alias} ON {on}",))

    @property
    def _since(self) -> str:
        """The column of the day from which a row counts; empty where none is known."""
        role = self.role
        name = role.date or role.start or (role.history.since if role.history is not None else "")
        return self.facts.column(role.table, name) if name else ""

    def _linked(self, steps: int) -> tuple[str, dict[str, str]]:
        """A SELECT of what the rows of the window refer to after some steps, and its values."""
        scope, since = self.facts.scope, self._since
        text = f"SELECT {self._link(steps)} FROM {self._from(steps)}"
        if not since:
            return text, {}
        if self.role.kind is RoleKind.FLOW:
            return f"{text} WHERE {since} >= :start AND {since} < :end", {"start": scope.start, "end": scope.end}
        text += f" WHERE {since} <= :as_of"
        if self.role.kind is RoleKind.SPAN:
            end = self.facts.column(self.role.table, self.role.end)
            text += f" AND ({end} >= :as_of OR {end} IS NULL)"
        return text, {"as_of": scope.as_of}

    def _link(self, steps: int) -> str:
        step = self.way[steps - 1]
        return self.facts.column(step.table, step.columns[0])

    def _from(self, steps: int) -> str:
        return " ".join([self.facts.table(self.role.table), *(self.facts.join(key) for key in self.way[: steps - 1])])
