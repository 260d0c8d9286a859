"""What every SELECT is made of: its columns, joins, filters and groups, and whom its rows are kept to."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlglot
from sqlglot import expressions as exp

from engine.authors.metrics.having import SINCE, Having, Limit
from engine.authors.metrics.intent import NAMED, told
from engine.errors import SourceError
from engine.metrics.mapping import DatabaseMapping, Role, RoleKind, reached
from engine.products import SourcePlan
from engine.sources.naming import quoted
from engine.sources.schema import ForeignKey, Schema
from engine.sources.translating import own_sql

PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
RESERVED = frozenset("order group user table select from where value date end start default check column".split())
GRAINS = {
    "sqlite": {
        "month": "strftime('%Y-%m', {0})",
        "quarter": "strftime('%Y', {0}) || '-Q' || ((CAST(strftime('%m', {0}) AS INTEGER) + 2) / 3)",
        "year": "strftime('%Y', {0})",
    },
    "postgresql": {
        "month": "to_char({0}, 'YYYY-MM')",
        "quarter": "to_char({0}, 'YYYY-\"Q\"Q')",
        "year": "to_char({0}, 'YYYY')",
    },
}
# As PostgreSQL writes it, but without text inside a pattern, which not every database knows.
OTHER_GRAINS = {
    **GRAINS["postgresql"],
    "quarter": "to_char({0}, 'YYYY') || '-Q' || CAST(EXTRACT(QUARTER FROM {0}) AS text)",
}


@dataclass(frozen=True)
class Scope:
    """What every SELECT of one request shares: filters, groups, window and the day it looks from."""

    filters: Mapping[str, tuple[str, ...]]
    group: tuple[str, ...]
    grain: str
    start: str
    end: str
    as_of: str
    past: bool = False
    either: bool = False

    def by(self, dimension: str) -> Scope:
        """The same by another dimension alone."""
        return replace(self, group=(dimension,), grain="")


def identifier(name: str) -> str:
    """The name, quoted unless it is plain lower case and not reserved."""
    return name if PLAIN.fullmatch(name) and name not in RESERVED else quoted(name)


def table_in(schema: Schema, key: str) -> str:
    """The table of that key with its schema, quoted where needed."""
    return ".".join(identifier(part) for part in schema.parts(key) if part)


class NoWayError(SourceError):
    """Rows cannot be grouped or filtered by what no key leads to."""


def _read_alike(one: Role, other: Role) -> bool:
    """Whether two roles of a table can be read by one SELECT: the same one, or two plain stocks."""
    return one == other or (_is_plain(one) and _is_plain(other) and one.kind == other.kind)


def _is_plain(role: Role) -> bool:
    """Whether all rows of a stock or a series count, on every day alike."""
    limits = (role.start, role.date, role.filled, role.empty, role.held_by, role.free_of)
    return role.kind in (RoleKind.STOCK, RoleKind.SERIES) and role.history is None and not any(limits)


class Selecting:
    """What every SELECT over one database is made of.

    `over`: over the members alone that have rows of those roles then; `alike`: that have rows of a role at each time.

    `suffix` tells sources of the one kind from those of the other where a script has both; the rows of the flow `apart`
    are read by what they refer to (payments loan by loan).
    """

    def __init__(
        self,
        mapping: DatabaseMapping,
        schema: Schema,
        scope: Scope,
        *,
        over: tuple[Role, ...] = (),
        suffix: str = "",
        apart: Role | None = None,
    ) -> None:
        self.mapping = mapping
        self.schema = schema
        self.scope = scope
        self.over = over
        self.suffix = suffix
        self.apart = apart
        self.alike: tuple[tuple[Role, Scope], ...] = ()

    def source_name(self, role: Role) -> str:
        """The name of a role's source: its table's, as a Python name."""
        name = re.sub(r"\W+", "_", role.table).lower().strip("_")
        return (f"{name}_rows" if not name[:1].isalpha() else name) + self._own_suffix(role) + self.suffix

    def _own_suffix(self, role: Role) -> str:
        """What tells a role's source from others of its table: nothing for the first; plain ones share one."""
        others = [(name, each) for name, each in self.mapping.roles.items() if each.table == role.table]
        first = next((name for name, each in others if _read_alike(each, role)), "history")
        return "" if not others or first == others[0][0] else f"_{first}"

    @property
    def groups_name(self) -> str:
        """The name of the source of all groups."""
        return f"every_{'_and_'.join(self.group_columns())}{self.suffix}"

    @property
    def grouped(self) -> bool:
        """Whether rows are by more than time."""
        return bool(self.group_columns())

    @property
    def groupable(self) -> bool:
        """Whether every group is one of members: a group of loans by their lender is none."""
        names = [name for name in self.group_columns() if name != NAMED]
        tables = {self.schema.place(self.mapping.dimension(name).column)[0] for name in names}
        return tables <= set(reached(self.schema, self.mapping.entity.table))

    def entity_joins(self) -> list[str]:
        """The joins from the members to what they are filtered by."""
        steps = [step for name in self.scope.filters for step in self.way_to(self.mapping.entity.table, name)]
        return list(dict.fromkeys(self.join(step) for step in steps))

    def part_key(self, role: Role) -> str:
        """The column that tells apart what a role's rows refer to: the key to it, else to their member."""
        return self.column(role.table, self.way(role.table)[0].columns[0])

    def way(self, table: str) -> list[ForeignKey]:
        """The keys from a table to the members; none where there is no way."""
        try:
            return self.path(table, self.mapping.entity.table)
        except NoWayError:
            return []

    def step(self, table: str, goal: str) -> ForeignKey:
        """The key by which rows of a table, or what they refer to, refer to another."""
        return next(each for each in self.path(table, goal) if each.refers_table == goal)

    def counts_from(self, role: Role) -> list[str]:
        """The columns that say from which month a row of a balance by time counts."""
        own = role.start if role.kind is RoleKind.STOCK else ""
        begun = bool(own or (role.history is not None and role.history.since))
        return [*([SINCE] if begun else []), *(name for limit in self._limits(role) for name in limit.keys)]

    def _limits(self, role: Role) -> list[Limit]:
        """What keeps the rows of a role to the members that count."""
        found = [Having(self, each, place).limit(role) for place, each in enumerate(self.over, 1)]
        entity = self.mapping.entity
        for place, (each, scope) in enumerate(self.alike, 1):
            listed, bound = Having(Selecting(self.mapping, self.schema, scope), each).members()
            for name in bound:
                listed = re.sub(rf":{name}\b", f":{name}_{place}", listed)
            values = {f"{name}_{place}": value for name, value in bound.items()}
            found.append(Limit(conditions=(f"{self.column(entity.table, entity.key)} IN ({listed})",), bound=values))
        return found

    def way_to(self, table: str, dimension: str) -> list[ForeignKey]:
        """The keys from a table to that of a dimension."""
        return self.path(table, self.schema.place(self.mapping.dimension(dimension).column)[0])

    def runs(self, role: Role) -> str:
        """The condition that a row of a span runs on the day looked from; one without an end still does."""
        start, end = self.column(role.table, role.start), self.column(role.table, role.end)
        return f"{start} <= :as_of AND ({end} >= :as_of OR {end} IS NULL)"

    def _counted(self, role: Role) -> list[str]:
        """The conditions under which a row counts at all: a payment that was made, or is not made yet."""
        found = [f"{self.column(role.table, role.filled)} IS NOT NULL"] if role.filled else []
        if role.empty:
            column = self.column(role.table, role.empty)
            found.append(f"({column} IS NULL OR {column} > :as_of)")
        return found

    def grain(self, grain: str, date: str) -> str:
        """The SQL of a date's month, quarter or year as text that sorts."""
        return GRAINS.get(self.schema.dialect, OTHER_GRAINS)[grain].format(date)

    def column(self, table: str, name: str) -> str:
        """The column, qualified and quoted where needed."""
        return f"{self.table(table)}.{identifier(name)}"

    def qualified(self, name: str) -> str:
        """The same for a name written table.column."""
        return self.column(*self.schema.place(name))

    def expression(self, role: Role) -> str:
        """The role's value as SQL over its table's columns."""
        return self.over_columns(role.table, role.value)

    def over_columns(self, table: str, value: str) -> str:
        """An expression of bare column names, each qualified by the table."""

        def qualify(node: exp.Expression) -> exp.Expression:
            if isinstance(node, exp.Column):
                return exp.Var(this=self.column(table, node.name))
            return node

        return sqlglot.parse_one(value).transform(qualify).sql()

    def table(self, key: str) -> str:
        """The table with its schema, quoted where needed."""
        return table_in(self.schema, key)

    def group_columns(self) -> dict[str, str]:
        """The column of each group, by its name."""
        names = [name for name in self.scope.group if name in self.mapping.dimension_names]
        found = {name: self.qualified(self.mapping.dimension(name).column) for name in names}
        if NAMED in self.scope.group:
            columns = [self.qualified(self.mapping.dimension(name).column) for name in self.scope.filters]
            cases = zip(self._tests()[0], columns, strict=True)
            found[NAMED] = f"CASE {' '.join(f'WHEN {test} THEN {column}' for test, column in cases)} END"
        return found

    def select(
        self,
        role: Role,
        keys: Mapping[str, str],
        sums: Mapping[str, str],
        where: list[str],
        bound: dict[str, str],
        words: str,
        extra_join: str = "",
    ) -> SourcePlan:
        """The SELECT of a role's rows: keys and sums, filtered, grouped, and kept to whom they are of."""
        conditions, values = self.filtered()
        joins = self.joins(role, keys)
        for limit in self._limits(role):
            joins, conditions = [*joins, *limit.joins], [*limit.conditions, *conditions]
            keys, values = {**keys, **limit.keys}, {**limit.bound, **values}
        shown = ",\n  ".join(f"{text} AS {identifier(name)}" for name, text in {**keys, **sums}.items())
        lines = [f"SELECT\n  {shown}", f"FROM {self.table(role.table)}", *filter(None, [extra_join]), *joins]
        conditions = [*where, *self._counted(role), *conditions]
        values = {**({"as_of": self.scope.as_of} if role.empty else {}), **values}
        if conditions:
            lines.append("WHERE " + "\n  AND ".join(conditions))
        ordinals = ", ".join(str(place) for place in range(1, len(keys) + 1))
        if keys and sums:
            lines.append(f"GROUP BY {ordinals}")
        if keys:
            lines.append(f"ORDER BY {ordinals}")
        reads = words + (f", for {', '.join(map(told, self.scope.filters.values()))}" if values else "")
        sql = own_sql("\n".join(lines), self.schema.dialect)
        return SourcePlan(name=self.source_name(role), reads=reads, sql=sql, bound={**bound, **values})

    def filtered(self) -> tuple[list[str], dict[str, str]]:
        """The conditions of what is meant, all of which hold, and their values."""
        conditions, values = self._tests()
        return ([f"({' OR '.join(conditions)})"] if self.scope.either else conditions), values

    def _tests(self) -> tuple[list[str], dict[str, str]]:
        """A condition for each dimension that is filtered by, and the values of all."""
        conditions: list[str] = []
        values: dict[str, str] = {}
        for name, wanted in self.scope.filters.items():
            column = self.qualified(self.mapping.dimension(name).column)
            names = [name if len(wanted) == 1 else f"{name}_{place}" for place in range(1, len(wanted) + 1)]
            values.update(zip(names, wanted, strict=True))
            conditions.append(
                f"{column} = :{names[0]}" if len(names) == 1 else f"{column} IN ({', '.join(':' + n for n in names)})"
            )
        return conditions, values

    def joins(self, role: Role, keys: Mapping[str, str]) -> list[str]:
        """The joins from the role's table to every table that a key or filter needs, each once."""
        dimensions = [self.mapping.dimension(name).column for name in self.scope.filters]
        dimensions += [self.mapping.dimension(name).column for name in keys if name in self.mapping.dimension_names]
        tables = [self.schema.place(name)[0] for name in dimensions]
        if role.tenant and keys.get("tenant"):
            tables.append(self.schema.place(role.tenant)[0])
        if self.over or self.alike:
            tables.append(self.mapping.entity.table)
        lines: dict[str, str] = {}
        for table in tables:
            for key in self.path(role.table, table):
                lines.setdefault(key.refers_table, self.join(key))
        return list(lines.values())

    def join(self, key: ForeignKey) -> str:
        """The join along a key."""
        pairs = zip(key.columns, key.refers_columns, strict=True)
        on = " AND ".join(f"{self.column(key.refers_table, b)} = {self.column(key.table, a)}" for a, b in pairs)
        return f"JOIN {self.table(key.refers_table)} ON {on}"

    def path(self, start: str, goal: str) -> list[ForeignKey]:
        """The shortest way from many to one along the keys.

        Raises:
            NoWayError: no key leads there.
        """
        waiting: deque[tuple[str, list[ForeignKey]]] = deque([(start, [])])
        seen = {start}
        while waiting:
            table, path = waiting.popleft()
            if table == goal:
                return path
            for key in self.schema.foreign_keys:
                if key.table == table and key.refers_table not in seen:
                    seen.add(key.refers_table)
                    waiting.append((key.refers_table, [*path, key]))
        raise NoWayError(
            f"No key leads from {start} to {goal}, so {start} cannot be filtered or grouped by it.",
            "Declare the foreign key in the database, or correct the mapping.",
        )
