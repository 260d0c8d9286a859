"""Superlatives: the best rows, the best groups, and what belongs to the best."""

from __future__ import annotations

from dataclasses import replace

from engine.authors.analytics.conditions import Local
from engine.authors.analytics.draft import Extreme, Wish
from engine.authors.analytics.gate import Unsure, settle
from engine.authors.analytics.measuring import Measuring
from engine.authors.analytics.outputs import (
    dimension_output,
    measure_output,
    tables_of,
)
from engine.authors.analytics.phrases import function_of
from engine.authors.analytics.query import (
    ColumnRef,
    Condition,
    Measure,
    Order,
    Output,
    Query,
)
from engine.authors.analytics.resolving import DATES, NUMBERS
from engine.authors.analytics.superlatives import thing_at
from engine.language.words import readable
from engine.sources.schema import Kind

# Columns called no more than so tell the rows of their table apart.
_IDENTIFYING = (("code",), ("name",), ("titl",), ("label",))


class Ranking(Measuring):
    """Turns extremes into ordered queries."""

    def _extreme(self, extreme: Extreme) -> Query:
        if extreme.wish.function in ("max", "min"):
            return self._best_rows(extreme)
        return self._best_groups(extreme)

    def _of_the_best(self, extreme: Extreme) -> Query:
        """Measures of what belongs to the one best row: "the number of concerts in the largest stadium"."""
        ref, down = self._ranked_by(extreme)
        others = [each for each in self.draft.filters if each.kind != "period"]
        if extreme.limit != 1 or others or extreme.named is not None:
            raise Unsure("A measure of the best few is not understood.", (self.draft.items[extreme.at].text,))
        operator = "is highest" if down else "is lowest"
        self.extra.append(Local(ref.table, Condition(column=ref, operator=operator), extreme.at))
        return self._measures([self._want(wish) for wish in self.draft.wishes])

    def _ranked_by(self, extreme: Extreme) -> tuple[ColumnRef, bool]:
        """The column that ranks rows, and whether the most of it comes first."""
        draft, wish = self.draft, extreme.wish
        if not wish.adjective:
            assert wish.noun is not None
            return self.resolver.column(wish.noun, frozenset({*NUMBERS, *DATES})), extreme.descending
        table = draft.items[wish.noun].entity if wish.noun is not None else self.resolver.subject
        ref, turned = self.resolver.measured(wish.adjective, table, draft.items[wish.at].text)
        if wish.noun is not None and wish.noun not in draft.entities:
            draft.entities.append(wish.noun)
        return ref, extreme.descending is not turned

    def _best_rows(self, extreme: Extreme) -> Query:
        draft = self.draft
        ref, down = self._ranked_by(extreme)
        owner = self._sought_entity(extreme)
        if (groups := self._many_rows_each(extreme, ref)) is not None:
            return groups
        several = bool(owner) and owner != ref.table and self._is_lookup(ref.table, owner)
        if several and (extreme.named is not None or self._may_be_total(extreme, ref)):
            return self._best_totals(extreme, ref)
        outputs = self._sought(extreme, ref)
        bases = [ref.table, *tables_of(outputs)]
        base = self._base_of(bases)
        # "The most expensive by list price": what it is ranked by parts nothing into groups.
        draft.groups = [at for at in draft.groups if draft.items[at].entity or self.resolver.columns(at) != (ref,)]
        if draft.groups or draft.grain:
            return self._best_within(extreme, ref, down)
        if extreme.named is not None and base not in (owner, ref.table):
            column = readable(ref.column)
            raise Unsure(f"Not sure how {column} is compared: {readable(owner)} may have several each.", (column,))
        everything = bool(draft.orders)
        if everything:
            down = draft.orders[0][1]
            draft.orders.clear()
        limit = None if everything else extreme.limit
        ranks = limit == 1
        extra = dimension_output(ref, self.lexicon).model_copy(
            update={"shown": everything or self._shows_measure(extreme)}
        )
        outputs = [*outputs, extra]
        return self._assembled(base, outputs, (), (Order(value=ref, descending=down),), limit, ties=ranks)

    def _of_each_group(self, extreme: Extreme) -> bool:
        """ "the most expensive product in each category": things are sought, not what they measure."""
        draft, noun = self.draft, extreme.wish.noun
        if noun is None or not draft.groups or draft.grain:
            return False
        sought = thing_at(draft, noun)
        return bool(sought) and all(draft.items[at].entity != sought for at in draft.groups)

    def _best_within(self, extreme: Extreme, ref: ColumnRef, down: bool) -> Query:
        """The best rows of each group, all that share their places."""
        draft = self.draft
        if not self._of_each_group(extreme) or draft.orders or draft.shown or draft.star or extreme.limit is None:
            raise Unsure("The best of each group is not understood.", [draft.items[at].text for at in draft.groups])
        groups, keys = self._dimensions(ref.table)
        apart = keys or tuple(each.value for each in groups if isinstance(each.value, ColumnRef))
        outputs = [*groups, *self._sought(extreme, ref), dimension_output(ref, self.lexicon)]
        base = self._base_of([ref.table, *tables_of(outputs)])
        order = (Order(value=ref, descending=down),)
        query = self._assembled(base, outputs, (), order, extreme.limit, ties=True)
        return query.model_copy(update={"within": apart})

    def _many_rows_each(self, extreme: Extreme, ref: ColumnRef) -> Query | None:
        """ "top 5 lenders by balance", where a lender is a mere column with several rows: its totals are compared."""
        draft = self.draft
        sought = [extreme.named] if extreme.named is not None else draft.shown if len(draft.shown) == 1 else []
        if not sought or draft.items[sought[0]].entity or extreme.wish.adjective or extreme.wish.noun is None:
            return None
        columns = self.resolver.columns(sought[0])
        table = columns[0].table
        names = {*self.lexicon.naming(table), *self.lexicon.row_key(table)}
        if table != ref.table or columns[0].column in names or self.lexicon.kind(columns[0]) is not Kind.TEXT:
            return None
        if extreme.named is None and not self._adds_up(ref):
            return None
        return self._best_totals(extreme, ref)

    def _best_totals(self, extreme: Extreme, ref: ColumnRef) -> Query:
        """ "top 5 customers by amount", where a customer has many: their totals are compared."""
        options = {"sum": f"the total {readable(ref.column)}"}
        most = self.draft.items[extreme.at].cued("most", "fewest")
        if not self._adds_up(ref) or (extreme.named is None and not most):
            single = f"the highest single {readable(ref.column)}"
            options |= {"avg": f"the average {readable(ref.column)}", "max": single}
        text = f"By which {readable(ref.column)} are they to be compared?"
        chosen = settle(f"ranking:{ref.table}.{ref.column}", text, options, self.resolver.answers)
        self.resolver.assumptions.append(f"Ranked by {options[chosen]} of each.")
        wish = Wish(function_of(chosen), extreme.wish.noun, extreme.wish.at)
        return self._best_groups(replace(extreme, wish=wish))

    def _may_be_total(self, extreme: Extreme, ref: ColumnRef) -> bool:
        """ "Which store sold the most units", "has the highest sales": of many rows each, rather than of one row."""
        draft = self.draft
        had = any(draft.items[at].cued("have") for at in range(extreme.at))
        most = draft.items[extreme.at].cued("most", "fewest")
        return most or self._is_quantity(ref) or (had and self._adds_up(ref))

    def _shows_measure(self, extreme: Extreme) -> bool:
        """A named ranking ("top 5 X by Y") shows what it ranks by, unless it says what to show."""
        ranked = extreme.named is not None and extreme.wish.noun is not None
        return ranked and extreme.limit not in (None, 1) and not self.draft.shown and not self.draft.star

    def _sought(self, extreme: Extreme, ref: ColumnRef) -> list[Output]:
        draft = self.draft
        shown = [r for at in draft.shown for r in self.resolver.columns(at)]
        if extreme.named is not None and extreme.named in draft.groups:
            shown = []
        if shown:
            return [dimension_output(each, self.lexicon) for each in shown]
        entity = self._sought_entity(extreme) or ref.table
        if draft.star:
            return self._all_columns(entity)
        return [dimension_output(ColumnRef(table=entity, column=n), self.lexicon) for n in self._names(entity)]

    def _sought_entity(self, extreme: Extreme) -> str:
        draft = self.draft
        if extreme.named is not None and draft.items[extreme.named].entity:
            return draft.items[extreme.named].entity
        places = [at for at in draft.entities if at != extreme.wish.noun] or draft.entities
        return self.resolver.table_at(places[0]) if places else ""

    def _ask_popular(self, extreme: Extreme, table: str) -> None:
        """ "Most popular" need not mean most rows where something else is measured too."""
        words = self.draft.items[extreme.at].text
        if "popular" not in words.lower() or not self.lexicon.measures(table):
            return
        options = {"count": f"the number of {readable(table)} rows", "other": "something else"}
        text = f"By what is “{words}” to be judged?"
        if settle(f"popular:{table}", text, options, self.resolver.answers) == "other":
            raise Unsure(f"Not sure what “{words}” is judged by.", (words,))

    def _names_things(self, at: int) -> bool:
        """Whether a noun means the rows of a table, if only by the column that names them: each is there once."""
        item = self.draft.items[at]
        best = max((each.score for each in item.columns), default=0.0)
        said = [each for each in item.columns if each.score > best - 0.1]
        if said and all(self.lexicon.bare(each.table, each.columns[0]) in _IDENTIFYING for each in said):
            return True
        if not item.columns or not item.entity:
            return not item.columns
        names = self.lexicon.naming(item.entity)
        return all(each.columns == names for each in item.columns if each.table == item.entity)

    def _most_met(self, extreme: Extreme, named: int) -> Query:
        """ "Which tag is used most often": by the rows of the one table that refers to it."""
        draft, item = self.draft, self.draft.items[named]
        entity = item.entity or item.columns[0].table
        keys = self.lexicon.schema.foreign_keys
        meeting = list(dict.fromkeys(key.table for key in keys if key.refers_table == entity != key.table))
        done = [draft.items[at].entity for at in draft.entities if draft.items[at].is_deed]
        meeting = [table for table in meeting if table in done] or meeting
        words = draft.items[extreme.at].text
        if not meeting or draft.shown or draft.groups or draft.grain or draft.wishes:
            raise Unsure(f"Not sure what “{words}” counts.", (words,))
        text = f"What is to be counted for each of {readable(entity)}?"
        table = settle(f"often:{entity}", text, {each: readable(each) for each in meeting}, self.resolver.answers)
        said = max(item.columns, key=lambda each: each.score).columns if item.columns else self._names(entity)
        refs = [ColumnRef(table=entity, column=name) for name in said]
        keyed = tuple(ColumnRef(table=entity, column=name) for name in self.lexicon.row_key(entity))
        measure = measure_output(Measure(function="count"), table, self.lexicon)
        outputs = [*(dimension_output(ref, self.lexicon) for ref in refs), measure.model_copy(update={"shown": False})]
        order = (Order(value=measure.value, descending=extreme.descending),)
        return self._assembled(table, outputs, keyed, order, extreme.limit, ties=extreme.limit == 1)

    def _best_groups(self, extreme: Extreme) -> Query:
        draft = self.draft
        named = extreme.named
        common = extreme.wish.noun is None
        if common and named is not None and self._names_things(named):
            return self._most_met(extreme, named)
        refs: tuple[ColumnRef, ...] = ()
        entity = "" if common else self._sought_entity(extreme)
        if (common and named is not None) or (named is not None and not draft.items[named].entity):
            refs = self.resolver.columns(named)
        if common and refs:
            self._ask_popular(extreme, refs[0].table)
        if refs and named is not None:
            draft.shown = [at for at in draft.shown if at != named]
        want = self._want(extreme.wish, refs[0].table if refs else "")
        if draft.shown and (not refs or draft.explicit):
            refs = tuple(ref for at in draft.shown for ref in self.resolver.columns(at))
        if refs and not common and refs[0].column in self.lexicon.naming(refs[0].table):
            entity = refs[0].table
        elif refs:
            entity = ""
        if not refs and (not entity or entity == want.table):
            raise Unsure("Not sure which groups are compared.", (draft.items[extreme.at].text,))
        keyed = self.lexicon.row_key(entity) if entity and entity != want.table else ()
        keys = tuple(ColumnRef(table=entity, column=name) for name in keyed)
        refs = refs or tuple(ColumnRef(table=entity, column=name) for name in self._names(entity))
        outputs = [dimension_output(ref, self.lexicon) for ref in refs]
        if draft.groups or draft.grain:
            raise Unsure("The best of each group is not understood.", [draft.items[at].text for at in draft.groups])
        measure = measure_output(want.measure, want.table, self.lexicon)
        more = [measure_output(self._want(wish).measure, want.table, self.lexicon) for wish in draft.wishes]
        draft.orders.clear()
        shows = self._shows_measure(extreme) or any(each.value == measure.value for each in more)
        outputs = [*outputs, *more, measure.model_copy(update={"shown": shows})]
        order = (Order(value=measure.value, descending=extreme.descending),)
        return self._assembled(want.table, outputs, keys, order, extreme.limit, ties=extreme.limit == 1)
