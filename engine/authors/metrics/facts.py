"""The SELECT of each source: one per table and kind of role, joined to its entity, filtered, grouped, bound."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import expressions as exp

from engine.errors import SourceError
from engine.mapping import DatabaseMapping, Role
from engine.products import SourcePlan
from engine.schema import ForeignKey, Schema
from engine.sources.naming import quoted
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


def identifier(name: str) -> str:
    """The name, quoted unless it is plain lower case and not reserved."""
    return name if PLAIN.fullmatch(name) and name not in RESERVED else quoted(name)


def table_in(schema: Schema, key: str) -> str:
    """The table of that key with its schema, quoted where needed."""
    return ".".join(identifier(part) for part in schema.parts(key) if part)


class Facts:
    """Writes the SELECTs over one database."""

    def __init__(self, mapping: DatabaseMapping, schema: Schema, scope: Scope) -> None:
        self.mapping = mapping
        self.schema = schema
        self.scope = scope

    def source_name(self, role: Role) -> str:
        """The name of a role's source: its table's, as a Python name."""
        name = re.sub(r"\W+", "_", role.table).lower().strip("_")
        return f"{name}_rows" if not name[:1].isalpha() else name

    def flow(self, role: Role) -> SourcePlan:
        """A flow by month, category and group, summed."""
        date = self.column(role.table, role.date)
        keys = self._group_columns()
        keys["month"] = self.grain("month", date)
        if self.scope.grain and self.scope.grain != "month":
            keys[self.scope.grain] = self.grain(self.scope.grain, date)
        extra = {name: f"{role.table}.{name}" for name in self._flow_details(role)}
        keys.update({name: self.qualified(column) for name, column in extra.items()})
        where = [f"{date} >= :start", f"{date} < :end"]
        bound = {"start": self.scope.start, "end": self.scope.end}
        words = f"{role.table}: {role.value} by month, {self.scope.start} to {self.scope.end} (exclusive)"
        sums = {"amount": f"SUM({self.expression(role)})"}
        return self._select(role, keys, sums, where, bound, words)

    def stock(self, role: Role, values: Mapping[str, str]) -> SourcePlan:
        """Sums as they stand; `values` gives each result column its SQL expression over the role's table."""
        sums = {name: f"SUM({expression})" for name, expression in values.items()}
        return self._select(role, self._group_columns(), sums, [], {}, f"{role.table}: {', '.join(values)}")

    def latest(self, role: Role, name: str) -> SourcePlan:
        """The newest row of each entity up to the day looked from, summed over entities."""
        table, date = self.table(role.table), identifier(role.date)
        link = identifier(self._path(role.table, self.mapping.entity.table)[0].columns[0])
        newest = (
            f"JOIN (SELECT {link}, MAX({date}) AS newest FROM {table} WHERE {date} <= :as_of GROUP BY {link}) AS newest"
            "\n"
            f"  ON newest.{link} = {table}.{link} AND newest.newest = {table}.{date}"
        )
        sums = {name: f"SUM({self.expression(role)})"}
        words = f"{role.table}: latest {role.value} of each {self.mapping.entity.name}"
        return self._select(role, self._group_columns(), sums, [], {"as_of": self.scope.as_of}, words, newest)

    def running(self, role: Role) -> SourcePlan:
        """Area and annual rent of the rows that run on the day looked from."""
        where = [f"{self.column(role.table, role.start)} <= :as_of", f"{self.column(role.table, role.end)} >= :as_of"]
        sums = {
            "area": f"SUM({self.column(role.table, role.area)})",
            "annual_rent": f"SUM({self.column(role.table, role.rent)} * 12)",
        }
        words = f"{role.table}: area and rent of those running on {self.scope.as_of}"
        return self._select(role, self._group_columns(), sums, where, {"as_of": self.scope.as_of}, words)

    def rows(
        self, role: Role, columns: Mapping[str, str], where: Sequence[str], bound: Mapping[str, str]
    ) -> SourcePlan:
        """Single rows of a role: each result column and its SQL expression."""
        keys = {**self._group_columns(), **columns}
        return self._select(role, keys, {}, list(where), dict(bound), f"{role.table}: {', '.join(columns)}")

    def tenants(self, role: Role) -> SourcePlan:
        """Rent, area and number of running leases of each tenant."""
        where = [f"{self.column(role.table, role.start)} <= :as_of", f"{self.column(role.table, role.end)} >= :as_of"]
        sums = {
            "annual_rent": f"SUM({self.column(role.table, role.rent)} * 12)",
            "area": f"SUM({self.column(role.table, role.area)})",
            "leases": "COUNT(*)",
        }
        keys = {"tenant": self.qualified(role.tenant)}
        words = f"{role.table}: rent of each tenant, leases running on {self.scope.as_of}"
        return self._select(role, keys, sums, where, {"as_of": self.scope.as_of}, words)

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
        return self.over(role.table, role.value)

    def over(self, table: str, value: str) -> str:
        """An expression of bare column names, each qualified by the table."""

        def qualify(node: exp.Expression) -> exp.Expression:
            if isinstance(node, exp.Column):
                return exp.Var(this=self.column(table, node.name))
            return node

        return sqlglot.parse_one(value).transform(qualify).sql()

    def table(self, key: str) -> str:
        """The table with its schema, quoted where needed."""
        return table_in(self.schema, key)

    def _flow_details(self, role: Role) -> list[str]:
        columns = [role.category, *(subset.column for subset in role.subsets.values())]
        return [name for name in dict.fromkeys(columns) if name]

    def _group_columns(self) -> dict[str, str]:
        names = [name for name in self.scope.group if name in self.mapping.dimension_names]
        return {name: self.qualified(self.mapping.dimension(name).column) for name in names}

    def _select(
        self,
        role: Role,
        keys: Mapping[str, str],
        sums: Mapping[str, str],
        where: list[str],
        bound: dict[str, str],
        words: str,
        extra_join: str = "",
    ) -> SourcePlan:
        conditions, values = self._filters()
        joins = self._joins(role, keys)
        shown = ",\n  ".join(f"{text} AS {identifier(name)}" for name, text in {**keys, **sums}.items())
        lines = [f"SELECT\n  {shown}", f"FROM {self.table(role.table)}", *filter(None, [extra_join]), *joins]
        conditions = [*where, *conditions]
        if conditions:
            lines.append("WHERE " + "\n  AND ".join(conditions))
        ordinals = ", ".join(str(place) for place in range(1, len(keys) + 1))
        if keys and sums:
            lines.append(f"GROUP BY {ordinals}")
        if keys:
            lines.append(f"ORDER BY {ordinals}")
        reads = words + (f", for {', '.join(' and '.join(v) for v in self.scope.filters.values())}" if values else "")
        sql = own_sql("\n".join(lines), self.schema.dialect)
        return SourcePlan(name=self.source_name(role), reads=reads, sql=sql, bound={**bound, **values})

    def _filters(self) -> tuple[list[str], dict[str, str]]:
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

    def _joins(self, role: Role, keys: Mapping[str, str]) -> list[str]:
        """The joins from the role's table to every table that a key or filter needs, each once."""
        dimensions = [self.mapping.dimension(name).column for name in self.scope.filters]
        dimensions += [self.mapping.dimension(name).column for name in keys if name in self.mapping.dimension_names]
        tables = [self.schema.place(name)[0] for name in dimensions]
        if role.tenant and keys.get("tenant"):
            tables.append(self.schema.place(role.tenant)[0])
        lines: dict[str, str] = {}
        for table in tables:
            for key in self._path(role.table, table):
                lines.setdefault(key.refers_table, self._join(key))
        return list(lines.values())

    def _join(self, key: ForeignKey) -> str:
        pairs = zip(key.columns, key.refers_columns, strict=True)
        on = " AND ".join(f"{self.column(key.refers_table, b)} = {self.column(key.table, a)}" for a, b in pairs)
        return f"JOIN {self.table(key.refers_table)} ON {on}"

    def _path(self, start: str, goal: str) -> list[ForeignKey]:
        """The shortest way from many to one along the keys.

        Raises:
            SourceError: no key leads there.
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
        raise SourceError(
            f"No key leads from {start} to {goal}, so {start} cannot be filtered or grouped by it.",
            "Declare the foreign key in the database, or correct the mapping.",
        )
