"""The frame of every query: base table, joins, conditions, order; nothing is counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.authors.analytics.conditions import Conditions, Local
from engine.authors.analytics.draft import Draft, Wish
from engine.authors.analytics.gate import Unsure, settle
from engine.authors.analytics.joins import merged
from engine.authors.analytics.lexicon import Lexicon
from engine.authors.analytics.outputs import (
    dimension_output,
    distinctly_named,
    measure_output,
    tables_of,
)
from engine.authors.analytics.query import (
    AnyCondition,
    Bucket,
    ColumnRef,
    Condition,
    Expression,
    Join,
    Measure,
    Order,
    Output,
    Query,
    Related,
)
from engine.authors.analytics.resolving import ANY, Resolver
from engine.language.words import readable, stem
from engine.sources.schema import Kind


@dataclass(frozen=True)
class Want:
    """A measure and the table whose rows it is over."""

    measure: Measure
    table: str


class Assembly:
    """Puts outputs over a base table together."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.draft: Draft = resolver.draft
        self.lexicon: Lexicon = resolver.lexicon
        self.conditions = Conditions(resolver)
        self.extra: list[Local] = []
        self.sorted_joins: tuple[Join, ...] = ()

    def _names(self, entity: str) -> tuple[str, ...]:
        names = self.lexicon.naming(entity)
        if not names:
            raise Unsure(f"Nothing names a row of {readable(entity)}; say which columns to show.", (readable(entity),))
        called = self.lexicon.called_names(entity)
        if names == self.lexicon.row_key(entity) and len(called) > 1 and names[0] not in called:
            options = {name: readable(name) for name in called} | {names[0]: readable(names[0])}
            text = f"By what are {readable(entity)} to be named?"
            return (settle(f"name:{entity}", text, options, self.resolver.answers),)
        return names

    def _all_columns(self, table: str) -> list[Output]:
        columns = [column for column in self.lexicon.tables[table].columns if column.kind is not Kind.BINARY]
        return [dimension_output(ColumnRef(table=table, column=column.name), self.lexicon) for column in columns]

    def _base_of(self, tables: Sequence[str]) -> str:
        """The table from which each row of the others is looked up."""
        unique = list(dict.fromkeys(tables))
        for base in unique:
            if all(base == other or self._is_lookup(base, other) for other in unique):
                return base
        bridges = [table for table in self.lexicon.tables if all(self._is_parent(table, other) for other in unique)]
        bridges.sort(key=lambda table: sum(self.resolver.graph.distance(table, other) for other in unique))
        if bridges and len(unique) > 1:
            return bridges[0]
        raise Unsure(
            f"{' and '.join(readable(each) for each in unique)} do not hang together row by row.",
            tuple(readable(t) for t in unique),
        )

    def _is_parent(self, base: str, other: str) -> bool:
        return base != other and self.resolver.graph.looks_up(base, other)

    def _is_lookup(self, base: str, other: str) -> bool:
        path = self.resolver.path(base, other)
        return bool(path) and not any(join.many for join in path or ())

    def _assembled(
        self,
        base: str,
        outputs: Sequence[Output],
        keys: tuple[ColumnRef, ...],
        order: tuple[Order, ...] = (),
        limit: int | None = None,
        ties: bool = False,
    ) -> Query:
        named = distinctly_named(outputs)
        dimensions = [table for table in [*tables_of(named), *(key.table for key in keys)] if table != base]
        joins = merged([self.sorted_joins, *(self._joined(base, table) for table in dict.fromkeys(dimensions))])
        plain, named = named, self._unmultiplied(base, named, joins)
        counted = [(one.value, other.value) for one, other in zip(plain, named, strict=True)]
        where = (*self.conditions.placed(base, self.draft.filters), *self.conditions.attached(base, self.extra))
        where = (*where, *self._met(base, where, joins))
        self._check_answer(named, where)
        # What is sorted by is counted as what is shown is.
        order = tuple(
            each.model_copy(update={"value": next((new for old, new in counted if old == each.value), each.value)})
            for each in order or self._order(base, named)
        )
        self._check_order(order, {base, *(join.right for join in joins)})
        if limit is not None and ties and any(isinstance(o.value, ColumnRef) for o in order):
            keys = ()
        distinct = self._distinct(base, named, joins) and not keys
        query = Query(
            base=base, joins=joins, outputs=named, where=where, keys=keys, order=order, limit=limit, ties=ties,
            distinct=distinct,
        )  # fmt: skip
        if query.medians and (len(query.medians) < sum(o.is_measure for o in named) or limit is not None or ties):
            raise Unsure("A median together with other measures or a ranking is not understood.", ("median",))
        return query

    def _check_answer(self, outputs: Sequence[Output], where: Sequence[AnyCondition]) -> None:
        """ "Which states border Texas", read as those with a row of Texas, would answer Texas."""
        shown = {output.value for output in outputs if isinstance(output.value, ColumnRef)}
        asked = {stem(word) for item in self.draft.items for word in item.text.split()}
        for ref in shown:
            if (ref.table, ref.column) in self.lexicon.self_references and not asked & {"id", "identifi"}:
                raise Unsure(f"{readable(ref.column)} is only a number.", (readable(ref.column),))
        for related in (each for each in where if isinstance(each, Related) and each.operator == "some"):
            first = related.path[0]
            same = {
                ColumnRef(table=first.right, column=right): ColumnRef(table=first.left, column=left)
                for left, right in zip(first.left_columns, first.right_columns, strict=True)
            }
            for test in related.where:
                if isinstance(test, Condition) and test.operator == "=" and same.get(test.column) in shown:
                    raise Unsure(f"It would only repeat {test.values[0]}.", (str(test.values[0]),))

    def _check_order(self, order: Sequence[Order], tables: set[str]) -> None:
        """Rows can only be sorted by what is read."""
        for each in order:
            if isinstance(each.value, ColumnRef) and each.value.table not in tables:
                raise Unsure(f"Not sure how to sort by {readable(each.value.column)}.", (readable(each.value.column),))

    def _distinct(self, base: str, outputs: Sequence[Output], joins: Sequence[Join]) -> bool:
        if any(output.is_measure for output in outputs):
            return False
        return self.draft.distinct or any(join.many for join in joins)

    def _joined(self, base: str, table: str) -> tuple[Join, ...]:
        path = self.resolver.path(base, table)
        if not path:
            raise Unsure(f"{readable(base)} and {readable(table)} are not related by keys.", (readable(table),))
        return path

    def _unmultiplied(self, base: str, outputs: tuple[Output, ...], joins: Sequence[Join]) -> tuple[Output, ...]:
        """Where joins multiply rows, counts count each row once and sums are refused."""
        if not any(join.many for join in joins):
            return outputs
        key = self.lexicon.row_key(base)
        safe = []
        for output in outputs:
            value: Expression = output.value
            if isinstance(value, Measure) and value.function == "count" and value.column is None and len(key) == 1:
                column = ColumnRef(table=base, column=key[0])
                output = output.model_copy(
                    update={"value": value.model_copy(update={"column": column, "distinct": True})}
                )
            elif output.is_measure and not (isinstance(value, Measure) and value.function in ("min", "max")):
                raise Unsure(f"{output.label} would be counted several times by this grouping.", (output.label,))
            safe.append(output)
        return tuple(safe)

    def _met(self, base: str, where: Sequence[AnyCondition], joins: Sequence[Join]) -> list[AnyCondition]:
        """Tables that are mentioned and nowhere used yet: their rows must exist."""
        touched = {base, *(join.right for join in joins)}
        for condition in where:
            if isinstance(condition, Related):
                touched |= {join.right for join in condition.path}
        met: list[AnyCondition] = []
        for at in self.draft.entities:
            table = self.draft.items[at].entity
            if table in touched:
                continue
            path = self.resolver.path(base, table)
            if not path:
                raise Unsure(
                    f"{readable(base)} and {readable(table)} are not related by keys.", (self.draft.items[at].text,)
                )
            touched |= {join.right for join in path}
            self.resolver.say(self.draft.items[at].text, f"with a row of {readable(table)}")
            met.append(Related(path=path))
        return met

    def _want(self, wish: Wish, base: str = "") -> Want:
        """The measure of a wish; given by the part that knows measures."""
        raise NotImplementedError

    def _order(self, base: str, outputs: tuple[Output, ...]) -> tuple[Order, ...]:
        draft = self.draft
        measures = [output for output in outputs if output.is_measure]
        orders = []
        for target, down in draft.orders:
            if isinstance(target, Wish):
                want = self._want(target)
                orders.append(
                    Order(value=measure_output(want.measure, want.table, self.lexicon).value, descending=down)
                )
            elif target is not None:
                orders.append(self._order_by(target, base, down, measures))
            elif measures and not any(isinstance(output.value, Bucket) for output in outputs):
                orders.append(Order(value=measures[0].value, descending=down))
            else:
                orders.append(Order(value=outputs[0].value, descending=down))
        if orders:
            return tuple(orders)
        buckets = [output for output in outputs if isinstance(output.value, Bucket)]
        if buckets:
            rest = [output for output in outputs if not output.is_measure and output not in buckets]
            return tuple(Order(value=output.value) for output in [*buckets, *rest])
        if measures and len(measures) < len(outputs):
            return (Order(value=measures[0].value, descending=True),)
        return ()

    def _order_by(self, at: int, base: str, down: bool, measures: Sequence[Output]) -> Order:
        words = self.draft.items[at].text.lower().split()
        for output in measures:
            if words[-1] in output.label.lower().split():
                return Order(value=output.value, descending=down)
        if self.draft.items[at].entity and not self.draft.items[at].columns:
            if measures or self.draft.items[at].entity != base:
                raise Unsure(f"Not sure how to sort by {self.draft.items[at].text}.", (self.draft.items[at].text,))
            return Order(value=ColumnRef(table=base, column=self._names(base)[0]), descending=down)
        ref = self.resolver.columns(at, ANY, base)[0]
        return Order(value=ref, descending=down)
