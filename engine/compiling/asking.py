"""A typed question as one SELECT: joins that never multiply a measure, conditions where they hold, values as literals.

Every measure is computed over the rows of its own table, joined only to what each of its rows meets at most once.
Measures of different tables are computed apart and then laid side by side, so that none is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlglot import exp, select

from engine.compiling.columns import Columns, Rows, Unreachable, named, number_of
from engine.errors import UsageError
from engine.products import Product
from engine.question.model import (
    TAUGHT,
    Aggregate,
    AnyOf,
    Bucket,
    Combined,
    Condition,
    Elapsed,
    Exists,
    Field,
    Given,
    Measure,
    Number,
    Order,
    Output,
    Question,
    RowArithmetic,
    RowValue,
    Running,
    Scalar,
    ShareOfTotal,
    Test,
)
from engine.semantics.model import Attribute, SemanticModel
from engine.sources.translating import own_sql

_COMPARE: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip
_ARITHMETIC: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul, "/": exp.Div}
# How often a unit of time fits into a day, and the seconds of a day.
_A_DAY = {"days": 1, "hours": 24, "minutes": 1440}
_SECONDS = 86_400
_AGGREGATES = {"count": exp.Count, "sum": exp.Sum, "avg": exp.Avg, "min": exp.Min, "max": exp.Max}


def homes(measure: Measure) -> tuple[str, ...]:
    """The tables whose rows a measure is computed over."""
    match measure:
        case Aggregate():
            return (measure.table,)
        case Combined():
            return tuple(dict.fromkeys((*homes(measure.left), *homes(measure.right))))
        case ShareOfTotal() | Running():
            return homes(measure.of)
    return ()


def compile_question(question: Question, model: SemanticModel) -> str:
    """The SELECT of a question, in the flavour of its database.

    Raises:
        Unreachable: a field that it names is not tied to the rows it is asked of.
    """
    writer = _Writer(model)
    tree = writer.whole(question)
    text = tree.sql("sqlite" if writer.sqlite else "postgres", identify=True)
    return own_sql(text, model.schema.dialect)


class _Writer(Columns):
    """Writes one question."""

    # -- the whole ------------------------------------------------------------------------------------------------

    def whole(self, question: Question) -> exp.Select:
        """The statement."""
        tables = tuple(dict.fromkeys(t for output in question.measures for t in homes(output.value)))  # type: ignore[arg-type]
        windowed = any(isinstance(each.value, ShareOfTotal | Running) for each in question.outputs)
        if len(tables) > 1:
            tree = self._side_by_side(question, tables)
        elif tables:
            tree = self._grouped(question, tables[0])
            if question.verdict is not None:
                return self._judged(question, tree)
        else:
            return self._listed(question)
        if question.within or (question.ties and question.limit):
            return self._first_of_each(question, tree)
        if windowed and question.limit:
            tree = select(exp.Star()).from_(tree.subquery("whole"))
        return self._sorted(tree, question)

    def _judged(self, question: Question, tree: exp.Select) -> exp.Select:
        """A row of measures with yes or no before them."""
        verdict = question.verdict
        assert verdict is not None
        adds = {each.name for each in question.outputs if getattr(each.value, "function", "") in ("sum", "count")}
        sides = [exp.column(name, quoted=True) for name in (verdict.left, verdict.right)]
        # A sum over no rows is 0; whether an average over none is more than another is not known.
        one, other = (exp.Coalesce(this=s, expressions=[number_of(0)]) if s.name in adds else s for s in sides)
        holds = exp.Case().when(_COMPARE[verdict.operator](this=one, expression=other), exp.Literal.string("yes"))
        missing = [side.copy().is_(exp.Null()) for side in sides if side.name not in adds]
        if missing:
            holds = holds.when(exp.or_(*missing), exp.Literal.string("not known"))
        answer = named(holds.else_(exp.Literal.string("no")), "answer")
        return select(answer, *(exp.column(each.name, quoted=True) for each in question.outputs)).from_(
            tree.subquery("compared")
        )

    def _listed(self, question: Question) -> exp.Select:
        """Rows of the subject, one by one."""
        if question.ties and question.limit and all(isinstance(each.by, str) for each in question.order):
            whole = question.model_copy(update={"limit": None, "order": (), "ties": False})
            return self._first_of_each(question, self._listed(whole))
        rows = self.rows(question.subject)
        tree = select(*(named(self.dimension(each.value, rows), each.name) for each in question.outputs))  # type: ignore[arg-type]
        tree = tree.from_(self.source(rows.home, rows.alias))
        tests = [self.condition(each, rows) for each in question.where]
        order = [self._order(each, question, rows) for each in question.order]
        tree = rows.joined(tree).where(*tests)
        tree = tree.distinct() if question.distinct else tree
        tree = tree.order_by(*order) if order else tree
        return tree.limit(question.limit) if question.limit else tree

    def _grouped(self, question: Question, home: str) -> exp.Select:
        """Measures of one table, by the dimensions."""
        rows = self.rows(home)
        dimensions = [(each, self.dimension(each.value, rows)) for each in question.dimensions]  # type: ignore[arg-type]
        keys = [self.place(each, rows) for each in question.keys]
        rows.inner.update(rows.joins)
        shown = {each.name: value for each, value in dimensions}
        shown |= {each.name: self.measure(each.value, rows, question) for each in question.measures}  # type: ignore[arg-type]
        tree = select(*(named(shown[each.name], each.name) for each in question.outputs))
        tree = tree.from_(self.source(home, rows.alias))
        tests = [self.condition(each, rows) for each in question.where]
        extra = [(each, self._extra(each, question, rows)) for each in question.order]
        tree = rows.joined(tree).where(*tests)
        unique = {value.sql(): value for value in (*keys, *(value for _, value in dimensions))}
        if unique:
            tree = tree.group_by(*unique.values())
        for bound in question.having:
            value = shown[bound.output].copy()
            tree = tree.having(_COMPARE[bound.operator](this=value, expression=number_of(bound.value)))
        for order, by in extra:
            if by is not None:
                tree = tree.order_by(exp.Ordered(this=by, desc=order.descending, nulls_first=False))
        return tree

    def _extra(self, order: Order, question: Question, rows: Rows) -> exp.Expr | None:
        """What rows are sorted by that is no column of the answer."""
        if isinstance(order.by, str):
            return None
        if isinstance(order.by, Field):
            return self.place(order.by, rows)
        return self.measure(order.by, rows, question)

    def _order(self, order: Order, question: Question, rows: Rows) -> exp.Expr:
        by = (
            next((o.value for o in question.outputs if o.name == order.by), None)
            if isinstance(order.by, str)
            else order.by
        )
        assert isinstance(by, Field | Bucket)
        return exp.Ordered(this=self.dimension(by, rows), desc=order.descending, nulls_first=False)

    def _sorted(self, tree: exp.Select, question: Question) -> exp.Select:
        for order in question.order:
            if isinstance(order.by, str):
                column = exp.column(order.by, quoted=True)
                tree = tree.order_by(exp.Ordered(this=column, desc=order.descending, nulls_first=False))
        return tree.limit(question.limit) if question.limit else tree

    def _first_of_each(self, question: Question, tree: exp.Select) -> exp.Select:
        """The first rows of each group, those that share the last place too."""
        order = exp.Order(
            expressions=[
                exp.Ordered(this=exp.column(each.by, quoted=True), desc=each.descending, nulls_first=False)
                for each in question.order
                if isinstance(each.by, str)
            ]
        )
        apart: list[exp.Expr] = [exp.column(name, quoted=True) for name in question.within]
        rank = exp.Window(this=exp.Anonymous(this="RANK", expressions=[]), partition_by=apart, order=order)
        ranked = select(exp.Star(), named(rank, "place")).from_(tree.subquery("grouped"))
        names = [exp.column(each.name, quoted=True) for each in question.outputs]
        outer = select(*names).from_(ranked.subquery("ranked"))
        outer = outer.where(exp.LTE(this=exp.column("place", quoted=True), expression=number_of(question.limit or 1)))
        return outer.order_by(*(each.copy() for each in apart), exp.column("place", quoted=True))

    def _side_by_side(self, question: Question, tables: Sequence[str]) -> exp.Select:
        """Measures of several tables, each computed apart, laid beside each other by the dimensions."""
        names = [each.name for each in question.dimensions]
        parts: dict[str, dict[str, Aggregate]] = {table: {} for table in tables}
        shown = {each.name: self._parted(each.value, parts) for each in question.measures}  # type: ignore[arg-type]
        subqueries = {}
        for at, table in enumerate(tables):
            outputs = tuple(Output(name=name, label=name, value=value) for name, value in parts[table].items())
            inner = question.model_copy(
                update={
                    "outputs": (*question.dimensions, *outputs),
                    "order": (),
                    "limit": None,
                    "having": (),
                    "within": (),
                }
            )
            subqueries[table] = (f"part{at + 1}", self._grouped(inner, table))
        if not names:
            tree = select(*(named(shown[each.name], each.name) for each in question.measures))
            for at, (alias, inner_tree) in enumerate(subqueries.values()):
                source = inner_tree.subquery(alias)
                tree = tree.from_(source) if at == 0 else tree.join(source, join_type="cross")
            return tree
        spine: exp.Query | None = None
        for alias, inner_tree in subqueries.values():
            one = select(*(exp.column(name, quoted=True) for name in names)).from_(inner_tree.copy().subquery(alias))
            spine = one if spine is None else exp.union(spine, one)
        assert spine is not None
        columns = [named(exp.column(name, table="spine", quoted=True), name) for name in names]
        tree = select(*columns, *(named(shown[each.name], each.name) for each in question.measures))
        tree = tree.from_(spine.subquery("spine"))
        for alias, inner_tree in subqueries.values():
            on = exp.and_(
                *(
                    _same(exp.column(n, table="spine", quoted=True), exp.column(n, table=alias, quoted=True))
                    for n in names
                )
            )
            tree = tree.join(inner_tree.subquery(alias), on=on, join_type="left")
        tree = select(exp.Star()).from_(tree.subquery("laid")) if question.having else tree
        for bound in question.having:
            value = exp.column(bound.output, quoted=True)
            tree = tree.where(_COMPARE[bound.operator](this=value, expression=number_of(bound.value)))
        return tree

    def _parted(self, measure: Measure, parts: dict[str, dict[str, Aggregate]]) -> exp.Expr:
        """A measure over the columns of the parts."""
        match measure:
            case Aggregate():
                own = parts[measure.table]
                name = next((name for name, known in own.items() if known == measure), f"m{len(own) + 1}")
                own[name] = measure
                alias = f"part{list(parts).index(measure.table) + 1}"
                column: exp.Expr = exp.column(name, table=alias, quoted=True)
                if measure.function in ("count", "sum"):
                    column = exp.Coalesce(this=column, expressions=[number_of(0)])
                return column
            case Combined():
                return _combined(
                    measure.operator, self._parted(measure.left, parts), self._parted(measure.right, parts)
                )
            case Number():
                return number_of(measure.value)
        raise UsageError("A share or a running total of measures of different tables is not supported.")

    # -- measures -------------------------------------------------------------------------------------------------

    def measure(self, measure: Measure, rows: Rows, question: Question) -> exp.Expr:
        """A measure over the rows."""
        match measure:
            case Aggregate():
                return self.aggregate(measure, rows)
            case Combined():
                left, right = (self.measure(each, rows, question) for each in (measure.left, measure.right))
                return _combined(measure.operator, left, right)
            case ShareOfTotal():
                part = self.measure(measure.of, rows, question)
                return _combined("/", part, exp.Window(this=exp.Sum(this=part.copy())))
            case Running():
                part = self.measure(measure.of, rows, question)
                times = [each for each in question.dimensions if isinstance(each.value, Bucket)]
                others = [each for each in question.dimensions if each not in times]
                order = exp.Order(expressions=[exp.Ordered(this=self.dimension(each.value, rows)) for each in times])  # type: ignore[arg-type]
                apart = [self.dimension(each.value, rows) for each in others]  # type: ignore[arg-type]
                return exp.Window(this=exp.Sum(this=part), partition_by=apart, order=order)
            case Number():
                return number_of(measure.value)

    def aggregate(self, measure: Aggregate, rows: Rows) -> exp.Expr:
        """One aggregate; conditions of its own make a CASE."""
        value: exp.Expr = exp.Star() if measure.value is None else self.row_value(measure.value, rows)
        if measure.where:
            tests = exp.and_(*(self.condition(each, rows) for each in measure.where))
            chosen = number_of(1) if measure.value is None else value
            value = exp.Case().when(tests, chosen)
        if measure.distinct:
            value = exp.Distinct(expressions=[value])
        if measure.function == "median":
            if self.sqlite:
                return exp.Anonymous(this="MEDIAN", expressions=[value])
            half = exp.PercentileCont(this=exp.Literal.number("0.5"))
            return exp.WithinGroup(this=half, expression=exp.Order(expressions=[exp.Ordered(this=value)]))
        return _AGGREGATES[measure.function](this=value)

    def row_value(self, value: RowValue, rows: Rows) -> exp.Expr:
        """A value of one row."""
        match value:
            case Field():
                return self.place(value, rows)
            case Number():
                return number_of(value.value)
            case Given():
                return exp.Coalesce(this=self.place(value.field, rows), expressions=[number_of(value.otherwise)])
            case RowArithmetic():
                left, right = self.row_value(value.left, rows), self.row_value(value.right, rows)
                return _combined(value.operator, left, right)
            case Elapsed():
                return self.elapsed(value, rows)

    def elapsed(self, value: Elapsed, rows: Rows) -> exp.Expr:
        """The time from one date of a row to another, in its unit."""
        later, earlier = self.place(value.later, rows), self.place(value.earlier, rows)
        a_day = _A_DAY[value.unit]
        if self.sqlite:
            later, earlier = (exp.Anonymous(this="julianday", expressions=[each]) for each in (later, earlier))
            days = exp.Sub(this=later, expression=earlier)
            return days if a_day == 1 else exp.Mul(this=exp.paren(days), expression=exp.Literal.number(a_day))
        if a_day == 1:
            return exp.Sub(this=exp.cast(later, "date"), expression=exp.cast(earlier, "date"))
        passed = exp.paren(exp.Sub(this=exp.cast(later, "timestamp"), expression=exp.cast(earlier, "timestamp")))
        seconds = exp.Extract(this=exp.Var(this="epoch"), expression=passed)
        return exp.Div(this=seconds, expression=exp.Literal.number(_SECONDS // a_day))

    def derived(self, attribute: Attribute, field: Field, rows: Rows) -> exp.Expr:
        """The formula of a taught word over its row; of a filter the word where it holds, else "not" before it."""
        if attribute.formula is not None:
            return exp.paren(self.row_value(_by(attribute.formula, field.via), rows))
        word = field.column.removeprefix(TAUGHT)
        case = exp.Case().when(self.holds(attribute, field, rows), exp.Literal.string(word))
        return case.else_(exp.Literal.string(f"not {word}"))

    def holds(self, attribute: Attribute, field: Field, rows: Rows) -> exp.Expr:
        """That the filter of a taught word holds."""
        tests = [self.condition(_by(each, field.via), rows) for each in attribute.holds]
        return exp.paren(exp.and_(*tests)) if len(tests) > 1 else tests[0]

    def held(self, attribute: Attribute, test: Test, rows: Rows) -> exp.Expr:
        """That the filter of a taught word holds, or does not, also where what it looks at is empty."""
        holds = self.holds(attribute, test.field, rows)
        if test.operator == "=":
            return holds
        apart = exp.Case().when(holds, number_of(0)).else_(number_of(1))
        return exp.EQ(this=apart, expression=number_of(1))

    # -- conditions -----------------------------------------------------------------------------------------------

    def condition(self, condition: Condition, rows: Rows) -> exp.Expr:
        """A condition on a row."""
        match condition:
            case AnyOf():
                return exp.paren(exp.or_(*(self.condition(each, rows) for each in condition.tests)))
            case Exists():
                return self.exists(condition, rows)
            case Test():
                if self.ways.up(rows.home, condition.field.table, condition.field.via):
                    return self.test(condition, rows)
                inside = condition.model_copy(update={"field": condition.field})
                return self.exists(Exists(table=condition.field.table, tests=(inside,)), rows)

    def exists(self, exists: Exists, rows: Rows) -> exp.Expr:
        """Whether rows of another table belong to the row."""
        found = self.ways.across(rows.home, exists.table, exists.via)
        if not found:
            raise Unreachable(f"No key ties {rows.home} to {exists.table}.")
        way = found[0]
        inner = self.rows(way[0].end)
        tail = way[1:]
        tree = select("1").from_(self.source(inner.home, inner.alias))
        chain, alias = [], inner.alias
        for step in tail:
            following = self.fresh(step.end)
            chain.append((step, alias, following))
            alias = following
        end = Rows(exists.table, self, alias=alias)
        tests = [self.condition(each, end) for each in exists.tests]
        for step, before, after in chain:
            tree = tree.join(self.source(step.end, after), on=self.tied(step, before, after))
        tree = end.joined(tree)
        tree = tree.where(self.tied(way[0], rows.alias, inner.alias), *tests)
        if exists.operator is not None:
            counted = tree.select(exp.Count(this=exp.Star()), append=False).subquery()
            return _COMPARE[exists.operator](this=counted, expression=number_of(exists.count))
        found_any = exp.Exists(this=tree)
        return exp.Not(this=found_any) if exists.negated else found_any

    def test(self, test: Test, rows: Rows) -> exp.Expr:
        """A condition on a field that each row has; an empty value is neither equal nor in a list."""
        attribute = self.model.attributes[test.field.table, test.field.column]
        if attribute.holds and test.operator in ("=", "!="):
            return self.held(attribute, test, rows)
        column = self.place(test.field, rows)
        return self._compared(test, column, rows)

    def _compared(self, test: Test, column: exp.Expr, rows: Rows) -> exp.Expr:
        """A column compared as a condition says."""
        empty = exp.Is(this=column.copy(), expression=exp.Null())
        values = [self.literal(value, test.field) for value in test.values]
        match test.operator:
            case "is null":
                return empty
            case "is not null":
                return exp.Not(this=empty)
            case "in":
                return exp.In(this=column, expressions=values)
            case "not in":
                return exp.paren(exp.or_(empty, exp.Not(this=exp.In(this=column, expressions=values))))
            case "within":
                return _within(column, test.values, values)
            case "running":
                return exp.paren(exp.or_(empty, exp.GTE(this=column, expression=values[0])))
            case "is last":
                return exp.EQ(this=column, expression=self._newest(test.field))
            case "like" | "not like":
                return self._like(test, column)
        right = self.place(test.other, rows) if test.other else values[0]
        compared = _COMPARE[test.operator](this=column, expression=right)
        return exp.paren(exp.or_(empty, compared)) if test.operator == "!=" and not test.other else compared

    def _newest(self, place: Field) -> exp.Expr:
        """The greatest value of a column in its whole table."""
        alone = self.rows(place.table)
        newest = select(exp.Max(this=self.place(place.model_copy(update={"via": ()}), alone)))
        return newest.from_(self.source(alone.home, alone.alias)).subquery()

    def _like(self, test: Test, column: exp.Expr) -> exp.Expr:
        text = column if self.sqlite else exp.cast(column, "text")
        like = exp.Like(this=exp.Lower(this=text), expression=exp.Literal.string(str(test.values[0]).lower()))
        return like if test.operator == "like" else exp.Not(this=like)


def _by(found: Any, via: tuple[str, ...]) -> Any:
    """A formula or condition with every field in it reached by some keys."""
    if isinstance(found, Field):
        return found.model_copy(update={"via": via})
    if isinstance(found, tuple):
        return tuple(_by(each, via) for each in found)
    if not isinstance(found, Product) or not via:
        return found
    return found.model_copy(update={name: _by(value, via) for name, value in found})


def _within(column: exp.Expr, bounds: Sequence[Scalar | None], values: Sequence[exp.Expr]) -> exp.Expr:
    """From the first bound up to the second, which is left out; an open one is None."""
    tests: list[exp.Expr] = []
    if bounds[0] is not None:
        tests.append(exp.GTE(this=column, expression=values[0]))
    if bounds[1] is not None:
        tests.append(exp.LT(this=column.copy(), expression=values[1]))
    return exp.and_(*tests)


def _same(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    """Equal, or both empty."""
    both = exp.and_(exp.Is(this=one.copy(), expression=exp.Null()), exp.Is(this=other.copy(), expression=exp.Null()))
    return exp.paren(exp.or_(exp.EQ(this=one, expression=other), both))


def _combined(operator: str, left: exp.Expr, right: exp.Expr) -> exp.Expr:
    left, right = (exp.paren(each) if isinstance(each, exp.Binary | exp.DPipe) else each for each in (left, right))
    if operator == "/":
        left = exp.Mul(this=exp.Literal.number("1.0"), expression=left)
        right = exp.Nullif(this=right, expression=number_of(0))
    return _ARITHMETIC[operator](this=left, expression=right)


def tables_of(conditions: Iterable[Condition]) -> set[str]:
    """The tables that conditions speak of."""
    found: set[str] = set()
    for each in conditions:
        match each:
            case Test():
                found.add(each.field.table)
            case AnyOf():
                found |= tables_of(each.tests)
            case Exists():
                found.add(each.table)
    return found
