"""The SELECT of each source: one per table and kind of role, joined to its entity, filtered, grouped, bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from engine.authors.metrics.having import Having
from engine.authors.metrics.intent import NAMED
from engine.authors.metrics.selecting import NoWayError, Scope, Selecting, identifier, table_in
from engine.metrics.mapping import History, Role
from engine.products import SourcePlan
from engine.sources.translating import own_sql

__all__ = ["Facts", "NoWayError", "Scope", "identifier", "table_in"]


class Facts(Selecting):
    """Writes the SELECTs over one database, for each kind of role."""

    def without(self, role: Role) -> tuple[str, dict[str, str]]:
        """The SELECT of the members, as `member`, that are meant and have no rows of a role then, and its values."""
        entity, (conditions, values) = self.mapping.entity, self.filtered()
        key, (having, bound) = self.column(entity.table, entity.key), Having(self, role).members()
        where = " AND ".join([f"{key} NOT IN ({having})", *conditions])
        label = self.column(entity.table, entity.label)
        lines = [f"SELECT DISTINCT {label} AS member FROM {self.table(entity.table)}", *self.entity_joins()]
        sql = own_sql("\n".join([*lines, f"WHERE {where}", "ORDER BY 1"]), self.schema.dialect)
        return sql, {**bound, **values}

    def members(self) -> tuple[str, dict[str, str]]:
        """The SELECT of how many members are meant, as `members`, and its values."""
        entity, (conditions, values) = self.mapping.entity, self.filtered()
        key = self.column(entity.table, entity.key)
        lines = [f"SELECT COUNT(DISTINCT {key}) AS members FROM {self.table(entity.table)}", *self.entity_joins()]
        where = [f"WHERE {' AND '.join(conditions)}"] if conditions else []
        return own_sql("\n".join([*lines, *where]), self.schema.dialect), values

    def groups(self) -> SourcePlan:
        """Every group that the members meant fall into."""
        entity, (conditions, values) = self.mapping.entity, self.filtered()
        keys = self.group_columns()
        steps = [step for name in keys if name != NAMED for step in self.way_to(entity.table, name)]
        joins = list(dict.fromkeys([*self.entity_joins(), *map(self.join, steps)]))
        shown = ",\n  ".join(f"{text} AS {identifier(name)}" for name, text in keys.items())
        lines = [f"SELECT DISTINCT\n  {shown}", f"FROM {self.table(entity.table)}", *joins]
        lines += ["WHERE " + "\n  AND ".join(conditions)] if conditions else []
        lines.append(f"ORDER BY {', '.join(str(place) for place in range(1, len(keys) + 1))}")
        sql = own_sql("\n".join(lines), self.schema.dialect)
        return SourcePlan(name=self.groups_name, reads=f"{entity.table}: {', '.join(keys)}", sql=sql, bound=values)

    def parts_by(self, role: Role) -> tuple[str, dict[str, str]]:
        """The SELECT of how many months of each period have rows of each of what a flow's rows refer to.

        As `period` and `months`; where there is no time grain the whole window is one period.
        """
        date = self.column(role.table, role.date)
        conditions, values = self.filtered()
        period = self.grain(self.scope.grain, date) if self.scope.grain else "''"
        keys = {"part": self.part_key(role), "period": period, "month": self.grain("month", date)}
        where = " AND ".join([f"{date} >= :start", f"{date} < :end", *conditions])
        shown = ", ".join(f"{text} AS {name}" for name, text in keys.items())
        inner = "\n".join(
            [f"SELECT DISTINCT {shown} FROM {self.table(role.table)}", *self.joins(role, {}), f"WHERE {where}"]
        )
        sql = f"SELECT part, period, COUNT(*) AS months FROM ({inner}) AS counted GROUP BY part, period"
        return own_sql(sql, self.schema.dialect), {"start": self.scope.start, "end": self.scope.end, **values}

    def flow(self, role: Role) -> SourcePlan:
        """A flow by month, category and group, summed."""
        date = self.column(role.table, role.date)
        keys = self.group_columns()
        keys["month"] = self.grain("month", date)
        if self.scope.grain and self.scope.grain != "month":
            keys[self.scope.grain] = self.grain(self.scope.grain, date)
        keys.update({name: self.column(role.table, column) for name, column in self._flow_details(role).items()})
        if role == self.apart:
            keys["part"] = self.part_key(role)
        where = [f"{date} >= :start", f"{date} < :end"]
        bound = {"start": self.scope.start, "end": self.scope.end}
        words = f"{role.table}: {role.value} by month, {self.scope.start} to {self.scope.end} (exclusive)"
        sums = {"amount": f"SUM({self.expression(role)})"}
        return self.select(role, keys, sums, where, bound, words)

    def stock(self, role: Role, values: Mapping[str, str]) -> SourcePlan:
        """Sums as they stand; `values` gives each result column its SQL expression over the role's table."""
        if self.scope.past and role.history is not None:
            return self._stock_before(role, role.history, values)
        sums = {name: f"SUM({expression})" for name, expression in values.items()}
        words = f"{role.table}: {', '.join(values)}"
        where = [f"{self.column(role.table, role.start)} <= :as_of"] if role.start else []
        for other, word in ((role.held_by, "IN"), (role.free_of, "NOT IN")):
            if other:
                where.append(self._held(role, self.mapping.roles[other], word))
        bound = {"as_of": self.scope.as_of} if where or role.empty else {}
        return self.select(role, self.group_columns(), sums, where, bound, words)

    def _held(self, role: Role, span: Role, word: str) -> str:
        """The condition that running rows of a span refer to a row, or that none does."""
        key = self.step(span.table, role.table)
        steps = self.path(span.table, role.table)[:-1]
        table = " ".join([self.table(span.table), *map(self.join, steps)])
        refers = f"SELECT {self.column(key.table, key.columns[0])} FROM {table} WHERE {self.runs(span)}"
        return f"{self.column(role.table, key.refers_columns[0])} {word} ({refers})"

    def series(self, role: Role, values: Mapping[str, str]) -> SourcePlan:
        """Single values of a role's table, in the order of their date, those of one day added where there is one."""
        words = f"{role.table}: {', '.join(values)}, one by one"
        if not role.date:
            return self.select(role, {**self.group_columns(), **values}, {}, [], {}, words)
        keys = {**self.group_columns(), "day": self.column(role.table, role.date)}
        sums = {name: f"SUM({expression})" for name, expression in values.items()}
        return self.select(role, keys, sums, [], {}, words)

    def terms(self, role: Role) -> SourcePlan:
        """When the running rows of a span end, and how heavy they are."""
        weight = self.over_columns(role.table, role.weight) if role.weight else self.column(role.table, role.area)
        keys = {**self.group_columns(), "ends": self.column(role.table, role.end)}
        words = f"{role.table}: when those running on {self.scope.as_of} end"
        bound = {"as_of": self.scope.as_of}
        source = self.select(role, keys, {"weight": f"SUM({weight})"}, [self.runs(role)], bound, words)
        return source.model_copy(update={"name": f"{source.name}_left"})

    def _stock_before(self, role: Role, history: History, values: Mapping[str, str]) -> SourcePlan:
        """Sums as they stood on the day looked from."""
        key = self.step(history.table, role.table)
        link, own = identifier(key.columns[0]), self.column(role.table, key.refers_columns[0])
        table, date, value = self.table(history.table), identifier(history.date), identifier(history.value)
        newest = (
            f"LEFT JOIN (SELECT h.{link} AS link, h.{value} AS held FROM {table} AS h JOIN (SELECT {link} AS link,"
            f" MAX({date}) AS newest FROM {table} WHERE {date} <= :as_of GROUP BY {link}) AS n"
            f" ON n.link = h.{link} AND n.newest = h.{date}) AS history\n  ON history.link = {own}"
        )
        then = (
            f"COALESCE(history.held, {self.column(role.table, history.before)})" if history.before else "history.held"
        )
        now = self.expression(role)
        sums = {name: f"SUM({then if expression == now else expression})" for name, expression in values.items()}
        where = [f"{self.column(role.table, history.since)} <= :as_of"] if history.since else []
        words = f"{role.table}: {', '.join(values)} on {self.scope.as_of}"
        return self.select(role, self.group_columns(), sums, where, {"as_of": self.scope.as_of}, words, newest)

    def latest(self, role: Role, name: str) -> SourcePlan:
        """The newest row of each entity up to the day looked from, summed over entities."""
        sums = {name: f"SUM({self.expression(role)})"}
        words = f"{role.table}: latest {role.value} of each {self.mapping.entity.name}"
        return self.select(role, self.group_columns(), sums, [], {"as_of": self.scope.as_of}, words, self._newest(role))

    def _newest(self, role: Role) -> str:
        """The join that keeps the newest rows of each entity up to the day looked from."""
        table, date = self.table(role.table), identifier(role.date)
        link = identifier(self.path(role.table, self.mapping.entity.table)[0].columns[0])
        return (
            f"JOIN (SELECT {link}, MAX({date}) AS newest FROM {table} WHERE {date} <= :as_of GROUP BY {link}) AS newest"
            "\n"
            f"  ON newest.{link} = {table}.{link} AND newest.newest = {table}.{date}"
        )

    def running(self, role: Role) -> SourcePlan:
        """Area and annual rent of the rows that run on the day looked from; 0 where none of a group does."""
        runs = self.runs(role)
        sums = {name: f"SUM(CASE WHEN {runs} THEN {expression} ELSE 0 END)" for name, expression in self.measures(role)}
        words = f"{role.table}: {' and '.join(sums)} of those running on {self.scope.as_of}"
        return self.select(role, self.group_columns(), sums, [], {"as_of": self.scope.as_of}, words)

    def rate(self, role: Role) -> SourcePlan:
        """A rate times its weight, and the weight, summed; over each entity's newest row where it has a date."""
        value, weight = self.expression(role), self.over_columns(role.table, role.weight)
        known = f"{value} IS NOT NULL AND {weight} IS NOT NULL"
        sums = {
            "weighted": f"SUM(CASE WHEN {known} THEN {value} * {weight} END)",
            "weight": f"SUM(CASE WHEN {known} THEN {weight} END)",
        }
        words = f"{role.table}: {role.value} by its weight, {role.weight}"
        if not role.date:
            return self.select(role, self.group_columns(), sums, [], {}, words)
        bound = {"as_of": self.scope.as_of}
        return self.select(role, self.group_columns(), sums, [], bound, words, self._newest(role))

    def measures(self, role: Role) -> list[tuple[str, str]]:
        """What the rows of a span hold: area and annual rent where the mapping names them, and how many they are."""
        found = [("area", role.area, ""), ("annual_rent", role.rent, " * 12"), ("monthly_rent", role.rent, "")]
        named = [(name, self.column(role.table, column) + times) for name, column, times in found if column]
        return [*named, ("how_many", "1")]

    def rows(
        self, role: Role, columns: Mapping[str, str], where: Sequence[str], bound: Mapping[str, str]
    ) -> SourcePlan:
        """Single rows of a role: each result column and its SQL expression."""
        keys = {**self.group_columns(), **columns}
        return self.select(role, keys, {}, list(where), dict(bound), f"{role.table}: {', '.join(columns)}")

    def summed(
        self,
        role: Role,
        keys: Mapping[str, str],
        sums: Mapping[str, str],
        words: str,
        *,
        where: Sequence[str] = (),
        bound: Mapping[str, str] = MappingProxyType({}),
        extra_join: str = "",
        counted: str = "",
    ) -> SourcePlan:
        """Sums of a role's rows by keys of its own and the groups, and how many rows they are where that is named."""
        keys, added = {**self.group_columns(), **keys}, {name: f"SUM({text})" for name, text in sums.items()}
        added.update({counted: "COUNT(*)"} if counted else {})
        return self.select(role, keys, added, list(where), dict(bound), words, extra_join)

    def _flow_details(self, role: Role) -> dict[str, str]:
        """The columns of a flow's category and of its named parts, by the names that they are read under."""
        parts = {subset.column: subset.column for subset in role.subsets.values()}
        return {**({"category": role.category} if role.category else {}), **parts}
