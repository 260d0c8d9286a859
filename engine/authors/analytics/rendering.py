"""A query as one SELECT, built as a syntax tree; every value is a named parameter.

It is written for SQLite or for PostgreSQL; for any other database PostgreSQL's text is put into its flavour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp, select

from engine.authors.analytics.query import (
    AnyCondition,
    Bucket,
    ColumnRef,
    Condition,
    Difference,
    Either,
    Expression,
    Having,
    Join,
    Measure,
    Order,
    Output,
    Query,
    Ratio,
    Related,
    Separate,
    Share,
    Value,
)
from engine.sources.dialects import POSTGRESQL, SQLITE
from engine.sources.schema import Schema
from engine.sources.translating import own_sql

_COMPARE: Mapping[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
    "above average": exp.GT,
    "below average": exp.LT,
    "< column": exp.LT,
    "> column": exp.GT,
    "is highest": exp.EQ,
    "is lowest": exp.EQ,
}
_OF_ALL: Mapping[str, str] = {"above average": "avg", "below average": "avg", "is highest": "max", "is lowest": "min"}
_AGGREGATES: Mapping[str, type[exp.AggFunc]] = {
    "count": exp.Count,
    "sum": exp.Sum,
    "avg": exp.Avg,
    "min": exp.Min,
    "max": exp.Max,
}


class Renderer:
    """Renders one query and collects its values."""

    def __init__(self, schema: Schema) -> None:
        self.schema, self.dialect = schema, schema.dialect
        self.postgres = self.dialect != SQLITE
        self.bound: dict[str, Value] = {}
        self._inner = 0

    def sql(self, query: Query) -> str:
        """The text of the SELECT, values as `:v1`, `:v2`..."""
        tree = self._ranked(query) if query.ties and query.order else self._select(query)
        text = tree.sql("postgres" if self.postgres else "sqlite", identify=True)
        return own_sql(re.sub(r"%\((v\d+)\)s", r":\1", text), self.dialect)

    def _select(self, query: Query, limited: bool = True) -> exp.Select:
        names: dict[str, str] = {}
        tree = select(*(self._named(self._output(o, query, names), o.name) for o in query.outputs))
        tree = self._joined(tree.from_(self._table(query.base)), query.joins, names)
        for condition in query.where:
            tree = tree.where(self._condition(condition, names))
        if query.medians and not takes_medians(self.dialect):
            return tree
        if query.keys or query.grouped:
            tree = tree.group_by(*self._grouping(query, names))
        for bound in query.having:
            tree = tree.having(self._having(bound, query, names))
        if query.distinct:
            tree = tree.distinct()
        if limited:
            tree = tree.order_by(*(self._order(order, names) for order in query.order)) if query.order else tree
            tree = tree.limit(query.limit) if query.limit else tree
        return tree

    def _output(self, output: Output, query: Query, names: Mapping[str, str]) -> exp.Expr:
        value = self._value(output.value, names)
        if query.decimals is None or not output.is_measure:
            return value
        exact = exp.cast(value, "decimal") if self.postgres else value
        return exp.Round(this=exact, decimals=exp.Literal.number(query.decimals))

    def _ranked(self, query: Query) -> exp.Select:
        inner = self._select(query, limited=False)
        order = exp.Order(expressions=[self._order(each, {}) for each in query.order])
        apart = [self._column(ref, {}) for ref in query.within]
        rank = exp.Window(this=exp.Anonymous(this="RANK", expressions=[]), partition_by=apart, order=order)
        inner = inner.select(self._named(rank, "place"))
        if query.distinct:
            inner.set("distinct", None)
        outer = select(*(exp.column(output.name, quoted=True) for output in query.outputs))
        outer = outer.from_(inner.subquery("ranked"))
        outer = outer.where(exp.LTE(this=exp.column("place"), expression=exp.Literal.number(query.limit or 1)))
        if query.distinct:
            return outer.distinct()
        return outer.order_by(exp.column("place"))

    def _grouping(self, query: Query, names: Mapping[str, str]) -> list[exp.Expr]:
        dimensions = [self._value(o.value, names) for o in query.outputs if not o.is_measure]
        keys = [self._column(key, names) for key in query.keys]
        unique: dict[str, exp.Expr] = {part.sql(): part for part in [*keys, *dimensions]}
        return list(unique.values())

    def _joined(self, tree: exp.Select, joins: Sequence[Join], names: Mapping[str, str]) -> exp.Select:
        for join in joins:
            kind = "left" if join.outer else ""
            tree = tree.join(self._table(join.right, names), on=self._on(join, names), join_type=kind)
        return tree

    def _on(self, join: Join, names: Mapping[str, str]) -> exp.Expr:
        pairs = zip(join.left_columns, join.right_columns, strict=True)
        return exp.and_(
            *(
                exp.EQ(
                    this=self._column(ColumnRef(table=join.left, column=left), names),
                    expression=self._column(ColumnRef(table=join.right, column=right), names),
                )
                for left, right in pairs
            )
        )

    def _table(self, key: str, names: Mapping[str, str] | None = None) -> exp.Table:
        schema, name = self.schema.parts(key)
        alias = (names or {}).get(key)
        if schema and alias is None:
            alias = name
        return exp.table_(name, db=schema or None, quoted=True, alias=alias)

    def _column(self, column: ColumnRef, names: Mapping[str, str]) -> exp.Column:
        table = names.get(column.table) or self.schema.parts(column.table)[1]
        return exp.column(column.column, table=table, quoted=True)

    def _named(self, value: exp.Expr, name: str) -> exp.Expr:
        return exp.alias_(value, name, quoted=True)

    def _bind(self, value: Value) -> exp.Expr:
        if isinstance(value, bool) and self.postgres:
            return exp.true() if value else exp.false()
        name = f"v{len(self.bound) + 1}"
        self.bound[name] = int(value) if isinstance(value, bool) else value
        return exp.Placeholder(this=name)

    def _value(self, value: Expression, names: Mapping[str, str]) -> exp.Expr:
        match value:
            case ColumnRef():
                return self._column(value, names)
            case Bucket():
                return self._bucket(self._column(value.column, names), value.grain)
            case Measure():
                return self._measure(value, names)
            case Ratio():
                return self._ratio(self._measure(value.top, names), self._measure(value.bottom, names), value.scale)
            case Share():
                part = self._measure(value.of, names)
                whole = exp.Window(this=exp.Sum(this=part.copy()))
                return self._ratio(part, whole, 100)
            case Difference():
                return self._difference(value, names)
            case Separate():
                return self._separate(value, names)

    def _ratio(self, top: exp.Expr, bottom: exp.Expr, scale: float) -> exp.Expr:
        scaled = exp.Mul(this=exp.Literal.number(f"{scale:.1f}"), expression=top)
        whole = exp.Nullif(this=bottom, expression=exp.Literal.number(0))
        return exp.Div(this=scaled, expression=whole)

    def _measure(self, measure: Measure, names: Mapping[str, str]) -> exp.Expr:
        value: exp.Expr = exp.Star() if measure.column is None else self._column(measure.column, names)
        if measure.where:
            tests = exp.and_(*(self._condition(condition, names) for condition in measure.where))
            chosen = exp.Literal.number(1) if measure.column is None else value
            value = exp.Case().when(tests, chosen)
        if measure.distinct:
            value = exp.Distinct(expressions=[value])
        if measure.function == "median":
            order = exp.Order(expressions=[exp.Ordered(this=value)])
            half = exp.PercentileCont(this=exp.Literal.number("0.5"))
            return exp.WithinGroup(this=half, expression=order) if takes_medians(self.dialect) else value
        return _AGGREGATES[measure.function](this=value)

    def _difference(self, value: Difference, names: Mapping[str, str]) -> exp.Expr:
        later: exp.Expr = self._column(value.later, names)
        earlier: exp.Expr = self._column(value.earlier, names)
        if self.postgres:
            later, earlier = exp.cast(later, "date"), exp.cast(earlier, "date")
        else:
            later = exp.Anonymous(this="julianday", expressions=[later])
            earlier = exp.Anonymous(this="julianday", expressions=[earlier])
        return _AGGREGATES[value.function](this=exp.Sub(this=later, expression=earlier))

    def _separate(self, value: Separate, names: Mapping[str, str]) -> exp.Expr:
        tree, inner = self._inside(value.path, value.where, names)
        return tree.select(self._measure(value.measure, inner), append=False).subquery()

    def _inside(
        self, path: Sequence[Join], where: Sequence[AnyCondition], names: Mapping[str, str]
    ) -> tuple[exp.Select, dict[str, str]]:
        """A subquery over the tables of a path, tied to the outer row by its first join."""
        self._inner += 1
        inner = dict(names)
        for join in path:
            inner[join.right] = f"{self.schema.parts(join.right)[1]}_{self._inner}"
        tree = select("1").from_(self._table(path[0].right, inner))
        tree = self._joined(tree, path[1:], inner)
        outer = {**inner, path[0].left: names.get(path[0].left, self.schema.parts(path[0].left)[1])}
        tree = tree.where(self._on(path[0], outer))
        for condition in where:
            tree = tree.where(self._condition(condition, inner))
        return tree, inner

    def _condition(self, condition: AnyCondition, names: Mapping[str, str]) -> exp.Expr:
        match condition:
            case Either():
                return exp.paren(exp.or_(*(self._condition(each, names) for each in condition.any_of)))
            case Related():
                return self._related(condition, names)
            case Condition():
                return self._test(condition, names)

    def _related(self, related: Related, names: Mapping[str, str]) -> exp.Expr:
        tree, inner = self._inside(related.path, related.where, names)
        if related.operator in ("some", "none"):
            exists = exp.Exists(this=tree)
            return exp.Not(this=exists) if related.operator == "none" else exists
        last, rows = related.path[-1], exp.Count(this=exp.Star())
        if related.distinct:
            met = self._column(ColumnRef(table=last.right, column=last.right_columns[0]), inner)
            rows = exp.Count(this=exp.Distinct(expressions=[met]))
        counted = tree.select(rows, append=False).subquery()
        return _COMPARE[related.operator](this=counted, expression=self._bind(related.count))

    def _test(self, condition: Condition, names: Mapping[str, str]) -> exp.Expr:
        column: exp.Expr = self._column(condition.column, names)
        if condition.bucket:
            column = self._bucket(column, condition.bucket)
        operator = condition.operator
        if operator in ("is null", "is not null"):
            null = exp.Is(this=column, expression=exp.Null())
            return null if operator == "is null" else exp.Not(this=null)
        if operator in ("in", "not in"):
            among = exp.In(this=column, expressions=[self._bind(value) for value in condition.values])
            return exp.Not(this=among) if operator == "not in" else among
        if operator == "between":
            return exp.Between(this=column, low=self._bind(condition.values[0]), high=self._bind(condition.values[1]))
        if operator == "within":
            low = exp.GTE(this=column, expression=self._bind(condition.values[0]))
            return exp.and_(low, exp.LT(this=column.copy(), expression=self._bind(condition.values[1])))
        if operator in ("like", "not like"):
            return self._like(column, condition.values[0], negated=operator == "not like")
        if operator in _OF_ALL:
            return _COMPARE[operator](this=column, expression=self._of_all(condition.column, _OF_ALL[operator]))
        right = self._column(condition.other, names) if condition.other else self._bind(condition.values[0])
        return _COMPARE[operator](this=column, expression=right)

    def _like(self, column: exp.Expr, pattern: Value, negated: bool) -> exp.Expr:
        text = exp.cast(column, "text") if self.postgres else column
        like = exp.Like(this=exp.Lower(this=text), expression=self._bind(str(pattern).lower()))
        return exp.Not(this=like) if negated else like

    def _of_all(self, column: ColumnRef, function: str) -> exp.Expr:
        """An aggregate over the column's whole table."""
        value = exp.column(column.column, quoted=True)
        return select(_AGGREGATES[function](this=value)).from_(self._table(column.table)).subquery()

    def _bucket(self, column: exp.Expr, grain: str) -> exp.Expr:
        text = exp.Literal.string
        if self.postgres:
            if grain == "year":
                return exp.cast(exp.Extract(this=exp.var("YEAR"), expression=column), "int")
            cut = exp.Anonymous(this="DATE_TRUNC", expressions=[text(str(grain)), column])
            return exp.cast(cut if grain != "day" else column, "date")
        if grain == "year":
            return exp.cast(exp.Anonymous(this="strftime", expressions=[text("%Y"), column]), "int")
        steps: dict[str, list[exp.Expr]] = {
            "day": [],
            "week": [text("-6 days"), text("weekday 1")],
            "month": [text("start of month")],
        }
        if grain != "quarter":
            return exp.Anonymous(this="date", expressions=[column, *steps[str(grain)]])
        month = exp.Anonymous(this="strftime", expressions=[text("%m"), column])
        since = exp.paren(
            exp.Mod(
                this=exp.paren(exp.Sub(this=month, expression=exp.Literal.number(1))), expression=exp.Literal.number(3)
            )
        )
        back = exp.DPipe(this=exp.DPipe(this=text("-"), expression=since), expression=text(" months"))
        return exp.Anonymous(this="date", expressions=[column, text("start of month"), back])

    def _having(self, bound: Having, query: Query, names: Mapping[str, str]) -> exp.Expr:
        measure = self._measure(bound.measure, names)
        return _COMPARE[bound.operator](this=measure, expression=self._bind(bound.value))

    def _order(self, order: Order, names: Mapping[str, str]) -> exp.Expr:
        return exp.Ordered(this=self._value(order.value, names), desc=order.descending, nulls_first=False)


def takes_medians(dialect: str) -> bool:
    """Whether a database is asked for medians; from the others the rows are read, and the script takes them."""
    return dialect == POSTGRESQL


def render(query: Query, schema: Schema) -> tuple[str, dict[str, Any]]:
    """The SELECT and its bound values."""
    renderer = Renderer(schema)
    return renderer.sql(query), dict(renderer.bound)
