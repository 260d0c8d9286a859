"""From a draft to a query: which kind of answer is asked for, and nothing left over."""

from __future__ import annotations

from engine.authors.analytics.assembling import Want
from engine.authors.analytics.checking import check_answer
from engine.authors.analytics.draft import Extreme, Filter, Wish
from engine.authors.analytics.gate import Unsure, settle
from engine.authors.analytics.joins import merged
from engine.authors.analytics.outputs import (
    dimension_output,
    tables_of,
)
from engine.authors.analytics.phrases import function_of
from engine.authors.analytics.query import (
    ColumnRef,
    Condition,
    Difference,
    Having,
    Measure,
    Output,
    Query,
    Ratio,
)
from engine.authors.analytics.ranking import Ranking
from engine.authors.analytics.resolving import ANY, DATES, NUMBERS
from engine.language.words import plural, readable, stem, stems
from engine.sources.schema import Kind

_WHERE = frozenset("in on under at".split())


class Composer(Ranking):
    """Composes the query of one draft."""

    def compose(self) -> Query:
        """The query; raises `Unsure` or `Asking`."""
        query = self._composed()
        check_answer(query, self.draft)
        return query

    def _composed(self) -> Query:
        draft = self.draft
        if len(draft.extremes) > 1:
            raise Unsure(
                "Only one superlative at a time is understood.", [draft.items[e.at].text for e in draft.extremes]
            )
        extreme = draft.extremes[0] if draft.extremes else None
        if (extreme is not None and not extreme.row) or (extreme is not None and self._is_plain_maximum(extreme)):
            wish = extreme.wish
            function = "max" if extreme.descending else "min"
            draft.wishes.insert(0, Wish(function_of(function), wish.noun, wish.at, adjective=wish.adjective))
            extreme = None
        if draft.ratio is not None:
            return self._ratio(draft.ratio)
        if draft.days is not None:
            return self._days()
        if extreme is not None and extreme.wish.function in ("max", "min") and draft.wishes and not draft.explicit:
            return self._of_the_best(extreme)
        if extreme is not None:
            return self._extreme(extreme)
        if draft.wishes:
            return self._measures([self._want(wish) for wish in draft.wishes])
        return self._rows()

    def _is_plain_maximum(self, extreme: Extreme) -> bool:
        draft = self.draft
        grouped = bool(draft.groups or draft.grain) and extreme.named is None and not self._of_each_group(extreme)
        return grouped and extreme.wish.function in ("max", "min") and extreme.limit in (None, 1)

    def _rows(self) -> Query:
        draft = self.draft
        if (draft.groups or draft.grain) and draft.shown and all(self._is_total(at) for at in draft.shown):
            wishes = [Wish("sum", at, at) for at in draft.shown]
            draft.shown = []
            return self._measures([self._want(wish) for wish in wishes])
        if (draft.groups or draft.grain) and (wishes := self._asked_measures()):
            return self._measures([self._want(wish) for wish in wishes])
        if draft.groups or draft.grain or draft.share or draft.ratio:
            raise Unsure("There is no measure to group.", [draft.items[at].text for at in draft.groups] or ("by",))
        counted = next((f for f in draft.filters if f.kind == "count"), None)
        refs = [ref for at in draft.shown for ref in self.resolver.columns(at)]
        if counted is not None and refs and draft.items[counted.noun or 0].entity == refs[0].table:
            return self._frequent(refs, counted)
        if len(refs) == 1 and not draft.star:
            self._check_restricting(draft.shown[0], refs[0])
        entity = self.resolver.subject
        if draft.star and entity:
            outputs = self._all_columns(entity)
        elif refs:
            outputs = [dimension_output(ref, self.lexicon) for ref in (*self._listed_beside(refs), *refs)]
        elif entity:
            outputs = [dimension_output(ColumnRef(table=entity, column=n), self.lexicon) for n in self._names(entity)]
            outputs += self._sorted_by(entity)
        else:
            raise Unsure("Not sure what is to be listed.")
        sorting = [at for at, _ in draft.orders if isinstance(at, int) and not draft.items[at].entity]
        sorted_by = [ref.table for at in sorting for ref in self.resolver.columns(at)]
        base = self._base_of([*tables_of(outputs), *([entity] if not refs else []), *sorted_by])
        joined = merged([self._joined(base, table) for table in dict.fromkeys(sorted_by) if table != base])
        self.sorted_joins = joined
        return self._assembled(base, outputs, ())

    def _listed_beside(self, refs: list[ColumnRef]) -> tuple[ColumnRef, ...]:
        """ "the books together with their publisher": the books are listed too."""
        draft, first = self.draft, self.draft.shown[0]
        joined = draft.before(first)
        entity = next((draft.items[at].entity for at in draft.entities if at < (joined or 0)), "")
        listed = joined is not None and draft.items[joined].cued("and") and len({ref.table for ref in refs}) == 1
        if not listed or not entity or entity != refs[0].table:
            return ()
        return tuple(ColumnRef(table=entity, column=name) for name in self._names(entity))

    def _check_restricting(self, at: int, ref: ColumnRef) -> None:
        """ "Discontinued products" and "products in stock" say which products, not that a number of each is wanted."""
        text = self.draft.items[at].text
        own = set(stems(self.lexicon.tables[ref.table].name))
        things = [word for word in text.lower().split() if stem(word) in own and word == plural(word)]
        before = self.draft.items[at - 1].text.lower() if at > 1 else ""
        things += [before] if before in _WHERE and self.draft.items[at - 2].entity == ref.table else []
        if self.lexicon.kind(ref) in (Kind.NUMBER, Kind.BOOLEAN) and things:
            raise Unsure(f"Not sure which are meant by: {text}.", (text,))

    def _asked_measures(self) -> list[Wish]:
        """ "rent by property" does not say how rent is to be taken together: ask."""
        draft = self.draft
        last = max([*draft.groups, *draft.items_of_grain()], default=0)
        things = [at for at in (*draft.shown, *draft.entities) if at < last]
        if len(things) != 1:
            return []
        at = things[0]
        item = draft.items[at]
        options: dict[str, str] = {}
        if at in draft.entities:
            options["count"] = f"the number of {item.text}"
            if self.lexicon.money(item.entity):
                options["sum"] = f"the total {readable(self.lexicon.money(item.entity)[0])} of {item.text}"
        elif any((each.table, each.columns[0]) not in self.lexicon.keys for each in self._numeric(at)):
            options = {"sum": f"the total {item.text}", "avg": f"the average {item.text}"}
        if not options:
            return []
        key = f"measure:{item.text.lower()}"
        text = f"What is to be shown of “{item.text}”?"
        chosen = settle(key, text, {**options, "other": "something else"}, self.resolver.answers)
        if chosen == "other":
            raise Unsure(f"Not sure what to show of {item.text}.", (item.text,))
        draft.shown = [other for other in draft.shown if other != at]
        return [Wish(function_of(chosen), at, at)]

    def _is_total(self, at: int) -> bool:
        """A column called "total something" is added up when it is asked for by group."""
        item = self.draft.items[at]
        return item.text.lower().startswith("total ") and any(each.kind is Kind.NUMBER for each in item.columns)

    def _sorted_by(self, entity: str) -> list[Output]:
        """A list of things that is sorted by something shows it."""
        targets = [at for at, _ in self.draft.orders if isinstance(at, int) and not self.draft.items[at].entity]
        refs = [ref for at in targets for ref in self.resolver.columns(at, ANY, entity)]
        for ref in refs:
            if ref.table != entity and not self._is_lookup(entity, ref.table):
                column = readable(ref.column)
                raise Unsure(f"Not sure how to sort by {column}: {readable(entity)} may have several each.", (column,))
        return [dimension_output(ref, self.lexicon) for ref in refs]

    def _frequent(self, refs: list[ColumnRef], counted: Filter) -> Query:
        """ "countries with more than 5 customers": groups of the same table, by their size."""
        self.draft.filters.remove(counted)
        outputs = [dimension_output(ref, self.lexicon) for ref in refs]
        query = self._assembled(refs[0].table, outputs, tuple(refs))
        bound = Having(measure=Measure(function="count"), operator=counted.operator, value=int(counted.values[0]))
        return query.model_copy(update={"having": (bound,)})

    def _days(self) -> Query:
        assert self.draft.days is not None
        one, two, function = self.draft.days
        earlier, later = self.resolver.column(one, DATES), self.resolver.column(two, DATES)
        if earlier.table != later.table:
            raise Unsure(
                "The two dates are in different tables.", tuple(self.draft.items[at].text for at in (one, two))
            )
        word = "average" if function == "avg" else function
        label = f"{word} days from {readable(earlier.column)} to {readable(later.column)}"
        value = Difference(function=function_of(function), later=later, earlier=earlier)
        output = Output(name="days_between", label=label.capitalize(), value=value, unit="days")
        dimensions, keys = self._dimensions(earlier.table)
        return self._assembled(earlier.table, [*dimensions, output], keys)

    def _ratio(self, places: tuple[int, int]) -> Query:
        """One measure over another of the same table, each over the rows its own side names."""
        start, middle = places
        left, right = self._side(start, middle), self._side(middle, len(self.draft.items))
        if left.table != right.table:
            raise Unsure(
                "A ratio of different tables is not understood.", (readable(left.table), readable(right.table))
            )
        local = [
            one
            for each in self.draft.filters
            if each.kind != "without"
            for one in self.conditions.local(each, left.table)
        ]
        if len(self.draft.filters) != len(local) or any(one.table != left.table for one in local):
            raise Unsure("The restrictions of this ratio are not understood.", ("ratio",))
        first = [one.condition for one in local if start < one.at < middle]
        columns = {condition.column for condition in first}
        second = [one.condition for one in local if one.at > middle and one.condition.column in columns]
        common = [each for each in self.draft.filters if self._is_common(each, left.table, first, second)]
        self.draft.filters[:] = common
        self.draft.entities.clear()
        value = Ratio(
            top=left.measure.model_copy(update={"where": tuple(first)}),
            bottom=right.measure.model_copy(update={"where": tuple(second)}),
        )
        return self._assembled(left.table, [Output(name="ratio", label="Ratio", value=value)], ())

    def _is_common(self, each: Filter, base: str, first: list[Condition], second: list[Condition]) -> bool:
        conditions = [one.condition for one in self.conditions.local(each, base)]
        return not any(condition in first or condition in second for condition in conditions)

    def _side(self, start: int, end: int) -> Want:
        draft = self.draft
        wishes = [wish for wish in draft.wishes if start < wish.at < end]
        shown = [at for at in draft.shown if start < at < end]
        entities = [at for at in draft.entities if start < at < end]
        if len(wishes) == 1 and not shown:
            return self._want(wishes[0])
        if len(shown) == 1 and not wishes:
            ref = self.resolver.column(shown[0], NUMBERS)
            return Want(Measure(function="max", column=ref), ref.table)
        if entities and not shown and not wishes:
            return Want(Measure(function="count"), draft.items[entities[0]].entity)
        raise Unsure("This ratio is not understood.", ("ratio",))
