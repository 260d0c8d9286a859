"""From a draft to a query: which kind of answer is asked for, over which base table, and nothing left over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.authors.analytics.conditions import Conditions, Local
from engine.authors.analytics.draft import Draft, Extreme, Filter, Wish
from engine.authors.analytics.gate import Unsure, settle
from engine.authors.analytics.intent import sentence_of
from engine.authors.analytics.joins import merged
from engine.authors.analytics.lexicon import Lexicon
from engine.authors.analytics.outputs import (
    bucket_output,
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
    Difference,
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
)
from engine.authors.analytics.resolving import ANY, DATES, NUMBERS, Resolver
from engine.authors.analytics.synonyms import GENERIC_MONEY, MONEY_TABLES
from engine.language.words import readable, stem
from engine.schema import Kind


@dataclass(frozen=True)
class Want:
    """A measure and the table whose rows it is over."""

    measure: Measure
    table: str


class Composer:
    """Composes the query of one draft."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.draft: Draft = resolver.draft
        self.lexicon: Lexicon = resolver.lexicon
        self.conditions = Conditions(resolver)
        self.extra: list[Local] = []

    def compose(self) -> Query:
        """The query; raises `Unsure` or `Asking`."""
        draft = self.draft
        if len(draft.extremes) > 1:
            raise Unsure("Only one superlative at a time is understood.", [draft.items[e.at].text for e in draft.extremes])
        extreme = draft.extremes[0] if draft.extremes else None
        if extreme is not None and not extreme.row or (extreme is not None and self._is_plain_maximum(extreme)):
            wish = extreme.wish
            function = "max" if extreme.descending else "min"
            draft.wishes.insert(0, Wish(function, wish.noun, wish.at, adjective=wish.adjective))  # type: ignore[arg-type]
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
        grouped = bool(draft.groups or draft.grain) and extreme.named is None
        return grouped and extreme.wish.function in ("max", "min") and extreme.limit in (None, 1)

    # Measures

    def _want(self, wish: Wish, base: str = "") -> Want:
        if wish.noun is None:
            return Want(Measure(function="count"), base or self.resolver.subject)
        item, draft = self.draft.items[wish.noun], self.draft
        if wish.adjective:
            table = item.entity or self.resolver.subject
            ref, turned = self.resolver.measured(wish.adjective, table, draft.items[wish.at].text)
            flipped = {"max": "min", "min": "max"} if turned else {}
            return Want(Measure(function=flipped.get(wish.function, wish.function), column=ref), ref.table)  # type: ignore[arg-type]
        entity = item.entity if not any(each.score > 1 for each in item.columns) else ""
        if wish.function == "count":
            return self._count(wish, entity)
        if wish.total and entity and not any(each.score >= 0.9 for each in self._numeric(wish.noun)):
            return self._total(wish, entity)
        if wish.noun is not None and not item.columns and not entity:
            raise Unsure(f"Not sure what “{item.text}” is.", (item.text,))
        dated = wish.function in ("min", "max")
        kinds = frozenset({*NUMBERS, *DATES}) if dated else NUMBERS
        ref = self.resolver.column(wish.noun, kinds)
        said = [each.how for each in item.columns if (each.table, each.columns) == (ref.table, (ref.column,))]
        if wish.function == "sum" and said == ["synonym"] and not self._adds_up(ref):
            raise Unsure(f"“{item.text}” would be a sum of {readable(ref.column)}, which does not add up.", (item.text,))
        if (ref.table, ref.column) in self.lexicon.keys:
            raise Unsure(f"“{item.text}” identifies rows; a {wish.function} of it says nothing.", (item.text,))
        return Want(Measure(function=wish.function, column=ref), ref.table)

    def _numeric(self, at: int) -> list:  # type: ignore[type-arg]
        item = self.draft.items[at]
        return [c for c in item.columns if all(self.lexicon.column(c.table, n).kind is Kind.NUMBER for n in c.columns)]

    def _count(self, wish: Wish, entity: str) -> Want:
        assert wish.noun is not None
        item = self.draft.items[wish.noun]
        owned = [each for each in item.columns if each.score >= 0.85]
        if entity and not (wish.distinct and owned and entity != self.resolver.subject):
            self.resolver.say(self.draft.items[wish.at].text + " " + item.text, f"count of {readable(entity)} rows")
            return Want(Measure(function="count"), entity)
        ref = self.resolver.columns(wish.noun, ANY)[0]
        kind = self.lexicon.kind(ref)
        if kind is Kind.NUMBER and (ref.table, ref.column) not in self.lexicon.keys and not wish.distinct:
            options = {"sum": f"the sum of {readable(ref.column)}", "distinct": f"the number of different {readable(ref.column)}"}
            chosen = settle(f"count:{item.text.lower()}", f"What number of “{item.text}” is meant?", options, self.resolver.answers)
            if chosen == "sum":
                return Want(Measure(function="sum", column=ref), ref.table)
        return Want(Measure(function="count", column=ref, distinct=True), ref.table)

    def _total(self, wish: Wish, entity: str) -> Want:
        """ "total payments" is their amount, "total tracks" their number."""
        assert wish.noun is not None
        item, money = self.draft.items[wish.noun], self.lexicon.money(entity)
        following = self.draft.items[wish.noun + 1] if wish.noun + 1 < len(self.draft.items) else None
        if following is not None and following.is_noun and wish.noun + 1 in self.draft.nouns():
            ref = self.resolver.column(wish.noun + 1, NUMBERS, anchor=entity)
            self.draft.take(wish.noun + 1)
            return Want(Measure(function="sum", column=ref), ref.table)
        says_money = bool(set(self.lexicon.table_words[entity]) & MONEY_TABLES) or bool(
            set(item.text.lower().split()) & GENERIC_MONEY
        )
        if says_money and money:
            options = {name: readable(name) for name in money}
            name = settle(f"sum:{entity}", f"Which amount of {readable(entity)} is to be added up?", options, self.resolver.answers)
            self.resolver.say(item.text, f"sum of {readable(name)} of {readable(entity)}")
            return Want(Measure(function="sum", column=ColumnRef(table=entity, column=name)), entity)
        if says_money:
            raise Unsure(f"“{item.text}” has no amount to add up.", (item.text,))
        return Want(Measure(function="count"), entity)

    def _measures(self, wants: list[Want]) -> Query:
        unique = list(dict.fromkeys((want.measure.model_dump_json(), want.table) for want in wants))
        wants = [next(w for w in wants if (w.measure.model_dump_json(), w.table) == each) for each in unique]
        tables = list(dict.fromkeys(want.table for want in wants))
        if len(tables) > 1:
            return self._separately(wants)
        base = tables[0]
        dimensions, keys = self._dimensions(base, [want.measure.column for want in wants])
        measures = [measure_output(want.measure, base, self.lexicon) for want in wants]
        if self.draft.share is not None:
            measures = self._shares(base, measures, bool(dimensions))
        return self._assembled(base, [*dimensions, *measures], keys)

    def _shares(self, base: str, measures: list[Output], grouped: bool) -> list[Output]:
        if len(measures) == 1 and isinstance(measures[0].value, Measure) and not grouped:
            return [self._part(base, measures[0].value)]
        if len(measures) != 1 or not isinstance(measures[0].value, Measure):
            raise Unsure("A share needs groups to be shared among.", ("share",))
        label = f"share of {measures[0].label.lower()}"
        share = Output(name=f"share_of_{measures[0].name}", label=label.capitalize(), value=Share(of=measures[0].value), unit="percent")
        return [share]

    def _part(self, base: str, measure: Measure) -> Output:
        """What part of all rows meets the one restriction that is given."""
        telling = [each for each in self.draft.filters if each.kind not in ("period", "without", "count")]
        local = [one for each in telling for one in self.conditions.local(each, base)]
        if len(telling) != 1 or len(local) != 1 or local[0].table != base:
            raise Unsure("Not sure which part of the whole is meant.", ("share",))
        self.draft.filters.remove(telling[0])
        part = measure.model_copy(update={"where": (local[0].condition,)})
        return Output(name="share", label="Share", value=Ratio(top=part, bottom=measure, scale=100), unit="percent")

    def _separately(self, wants: list[Want]) -> Query:
        """Measures of several tables per row of one table they all refer to."""
        entities = [self.draft.items[at].entity for at in self.draft.groups]
        if len(entities) != 1 or not entities[0]:
            raise Unsure("Measures of several tables need one thing to be grouped by.", tuple(readable(w.table) for w in wants))
        base = entities[0]
        outputs, keys = self._dimensions(base)
        for want in wants:
            path = self.resolver.path(base, want.table)
            if not path or any(not join.many for join in path):
                raise Unsure(f"{readable(want.table)} does not belong to {readable(base)}.", (readable(want.table),))
            separate = Separate(measure=want.measure, path=path)
            outputs.append(measure_output(want.measure, want.table, self.lexicon, separate))
        if any(each.kind != "without" for each in self.draft.filters):
            raise Unsure("Restrictions on measures of several tables are not understood.")
        return self._assembled(base, outputs, ())

    def _dimensions(self, base: str, measured: Sequence[ColumnRef | None] = ()) -> tuple[list[Output], tuple[ColumnRef, ...]]:
        """What the measures are grouped by, and the keys that keep equal names apart."""
        draft, outputs, keys = self.draft, [], []
        if draft.grain or (draft.trend and not draft.groups):
            ref = self.resolver.date_column(*self._when(base))
            outputs.append(self._time(ref))
        shown = self._shown_dimensions(base, measured)
        for at in draft.groups:
            item = draft.items[at]
            own = self._own_attribute(at, base)
            if item.entity and own is None:
                if not any(ref.table == item.entity for ref in shown):
                    names = self.lexicon.naming(item.entity)
                    if not names:
                        raise Unsure(f"Nothing names a row of {item.text}.", (item.text,))
                    outputs += [dimension_output(ColumnRef(table=item.entity, column=n), self.lexicon) for n in names]
                keys += [ColumnRef(table=item.entity, column=n) for n in self.lexicon.tables[item.entity].primary_key]
                self.resolver.say(item.text, f"grouped by {readable(item.entity)}")
            else:
                refs = (own,) if own is not None else self.resolver.columns(at, ANY, self._group_anchor(at, base))
                outputs += [dimension_output(ref, self.lexicon) for ref in refs]
        outputs += [dimension_output(ref, self.lexicon) for ref in shown]
        return outputs, tuple(keys)

    def _time(self, ref: ColumnRef) -> Output:
        grain = self.draft.grain or "month"
        if self.lexicon.kind(ref) in DATES:
            return bucket_output(ref, grain)
        if grain == "year":
            return dimension_output(ref, self.lexicon)
        raise Unsure(f"{readable(ref.column)} does not tell the {grain}.", (grain,))

    def _when(self, base: str) -> tuple[list[str], list[str]]:
        graph = self.resolver.graph
        parents = [t.key for t in self.lexicon.schema.tables if t.key != base and graph.looks_up(base, t.key)]
        hints = [stem(item.text) for item in self.draft.items if item.kind == "verb"]
        return [base, *sorted(parents, key=lambda table: graph.distance(base, table))], hints

    def _group_anchor(self, at: int, base: str) -> str:
        """Grouping columns hang on the owner that is named beside them, else on the base."""
        anchor = self.resolver.anchor(at)
        beside = at > 0 and self.resolver.table_at(at - 1)
        follows = any(item.text.lower() == "of" for item in self.draft.items[at + 1 : at + 2])
        return anchor if beside or follows else base

    def _own_attribute(self, at: int, base: str) -> ColumnRef | None:
        """A noun that names a table and a plain column of the base alike means the column."""
        own = [
            ColumnRef(table=base, column=each.columns[0])
            for each in self.draft.items[at].columns
            if each.table == base and each.score >= 0.9 and len(each.columns) == 1
            and (base, each.columns[0]) not in self.lexicon.keys
            and self.lexicon.column(base, each.columns[0]).kind is not Kind.NUMBER
        ]
        return own[0] if len(own) == 1 and self.draft.items[at].entity != base else None

    def _shown_dimensions(self, base: str, measured: Sequence[ColumnRef | None] = ()) -> list[ColumnRef]:
        """Columns that are listed together with the measures."""
        refs: list[ColumnRef] = []
        for at in self.draft.shown:
            item = self.draft.items[at]
            if self.draft.word_before(at) == "in" and self._repeats(at, measured):
                continue
            if not self._listed(at):
                raise Unsure(f"Not sure what part “{item.text}” plays.", (item.text,))
            refs += self.resolver.columns(at)
        return refs

    def _repeats(self, at: int, measured: Sequence[ColumnRef | None]) -> bool:
        """ "in milliseconds" names the measured column once more."""
        return any(ref is not None and any(ref.table == c.table and (ref.column,) == c.columns for c in self.draft.items[at].columns) for ref in measured)

    def _listed(self, at: int) -> bool:
        draft = self.draft
        if draft.explicit and sentence_of(draft, at) > 0:
            return True
        beside = [draft.items[p] for p in (at - 1, at + 1, at - 2) if 0 <= p < len(draft.items)]
        return any(item.cued("and") or item.text in (",", ", and") for item in beside)

    # Extremes

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
        self.extra.append(Local(ref.table, Condition(column=ref, operator=operator), extreme.at))  # type: ignore[arg-type]
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
        if extreme.named is not None and owner and owner != ref.table and self._is_lookup(ref.table, owner):
            return self._best_totals(extreme, ref)
        outputs = self._sought(extreme, ref)
        bases = [ref.table, *tables_of(outputs)]
        base = self._base_of(bases)
        if draft.groups or draft.grain:
            raise Unsure("The best of each group is not understood.", [draft.items[at].text for at in draft.groups])
        everything = bool(draft.orders)
        if everything:
            down = draft.orders[0][1]
            draft.orders.clear()
        limit = None if everything else extreme.limit
        ranks = limit == 1
        extra = dimension_output(ref, self.lexicon).model_copy(update={"shown": everything or self._shows_measure(extreme)})
        outputs = [*outputs, extra]
        return self._assembled(base, outputs, (), (Order(value=ref, descending=down),), limit, ties=ranks)

    def _many_rows_each(self, extreme: Extreme, ref: ColumnRef) -> Query | None:
        """ "top 5 lenders by balance", where a lender is a mere column with several rows: its totals are compared."""
        draft = self.draft
        sought = [extreme.named] if extreme.named is not None else draft.shown if len(draft.shown) == 1 else []
        if not sought or draft.items[sought[0]].entity or extreme.wish.adjective or extreme.wish.noun is None:
            return None
        columns = self.resolver.columns(sought[0])
        table = columns[0].table
        names = {*self.lexicon.naming(table), *self.lexicon.tables[table].primary_key}
        if table != ref.table or columns[0].column in names or self.lexicon.kind(columns[0]) is not Kind.TEXT:
            return None
        if extreme.named is None and not self._adds_up(ref):
            return None
        return self._best_totals(extreme, ref)

    def _adds_up(self, ref: ColumnRef) -> bool:
        """Whether values of a column may be added: amounts and quantities, not prices and rates."""
        unit, name = self.lexicon.unit(ref), ref.column.lower()
        return (unit in ("USD", "sqft") and "price" not in name) or "quantit" in name

    def _best_totals(self, extreme: Extreme, ref: ColumnRef) -> Query:
        """ "top 5 customers by amount", where a customer has many: their totals are compared."""
        options = {"sum": f"the total {readable(ref.column)}"}
        if not self._adds_up(ref) or extreme.named is None:
            single = f"the highest single {readable(ref.column)}"
            options |= {"avg": f"the average {readable(ref.column)}", "max": single}
        text = f"By which {readable(ref.column)} are they to be compared?"
        chosen = settle(f"ranking:{ref.table}.{ref.column}", text, options, self.resolver.answers)
        self.resolver.assumptions.append(f"Ranked by {options[chosen]} of each.")
        wish = Wish(chosen, extreme.wish.noun, extreme.wish.at)  # type: ignore[arg-type]
        return self._best_groups(replace(extreme, wish=wish))

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

    def _names(self, entity: str) -> tuple[str, ...]:
        names = self.lexicon.naming(entity)
        if not names:
            raise Unsure(f"Nothing names a row of {readable(entity)}; say which columns to show.", (readable(entity),))
        return names

    def _sought_entity(self, extreme: Extreme) -> str:
        draft = self.draft
        if extreme.named is not None and draft.items[extreme.named].entity:
            return draft.items[extreme.named].entity
        places = [at for at in draft.entities if at != extreme.wish.noun] or draft.entities
        return self.resolver.table_at(places[0]) if places else ""

    def _best_groups(self, extreme: Extreme) -> Query:
        draft = self.draft
        named = extreme.named
        common = extreme.wish.noun is None
        refs: tuple[ColumnRef, ...] = ()
        entity = "" if common else self._sought_entity(extreme)
        if common and named is not None:
            refs = self.resolver.columns(named)
        elif named is not None and not draft.items[named].entity:
            refs = self.resolver.columns(named)
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
        keyed = self.lexicon.tables[entity].primary_key if entity and entity != want.table else ()
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

    # Rows

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
        entity = self.resolver.subject
        if draft.star and entity:
            outputs = self._all_columns(entity)
        elif refs:
            outputs = [dimension_output(ref, self.lexicon) for ref in refs]
        elif entity:
            outputs = [dimension_output(ColumnRef(table=entity, column=n), self.lexicon) for n in self._names(entity)]
            outputs += self._sorted_by(entity)
        else:
            raise Unsure("Not sure what is to be listed.")
        base = self._base_of([*tables_of(outputs), *([entity] if not refs else [])])
        return self._assembled(base, outputs, ())

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
        elif self._numeric(at):
            options = {"sum": f"the total {item.text}", "avg": f"the average {item.text}"}
        if not options:
            return []
        key = f"measure:{item.text.lower()}"
        text = f"What is to be shown of “{item.text}”?"
        chosen = settle(key, text, {**options, "other": "something else"}, self.resolver.answers)
        if chosen == "other":
            raise Unsure(f"Not sure what to show of {item.text}.", (item.text,))
        draft.shown = [other for other in draft.shown if other != at]
        return [Wish(chosen, at, at)]  # type: ignore[arg-type]

    def _is_total(self, at: int) -> bool:
        """A column called "total something" is added up when it is asked for by group."""
        item = self.draft.items[at]
        return item.text.lower().startswith("total ") and any(each.kind is Kind.NUMBER for each in item.columns)

    def _sorted_by(self, entity: str) -> list[Output]:
        """A list of things that is sorted by something shows it."""
        targets = [at for at, _ in self.draft.orders if isinstance(at, int) and not self.draft.items[at].entity]
        return [dimension_output(ref, self.lexicon) for at in targets for ref in self.resolver.columns(at, ANY, entity)]

    def _frequent(self, refs: list[ColumnRef], counted: Filter) -> Query:
        """ "countries with more than 5 customers": groups of the same table, by their size."""
        self.draft.filters.remove(counted)
        outputs = [dimension_output(ref, self.lexicon) for ref in refs]
        query = self._assembled(refs[0].table, outputs, tuple(refs))
        bound = Having(measure=Measure(function="count"), operator=counted.operator, value=int(counted.values[0]))  # type: ignore[arg-type]
        return query.model_copy(update={"having": (bound,)})

    def _all_columns(self, table: str) -> list[Output]:
        columns = [column for column in self.lexicon.tables[table].columns if column.kind is not Kind.BINARY]
        return [dimension_output(ColumnRef(table=table, column=column.name), self.lexicon) for column in columns]

    def _days(self) -> Query:
        assert self.draft.days is not None
        one, two, function = self.draft.days
        earlier, later = self.resolver.column(one, DATES), self.resolver.column(two, DATES)
        if earlier.table != later.table:
            raise Unsure("The two dates are in different tables.", tuple(self.draft.items[at].text for at in (one, two)))
        label = f"{'average ' if function == 'avg' else function + ' '}days from {readable(earlier.column)} to {readable(later.column)}"
        value = Difference(function=function, later=later, earlier=earlier)  # type: ignore[arg-type]
        output = Output(name="days_between", label=label.capitalize(), value=value, unit="days")
        dimensions, keys = self._dimensions(earlier.table)
        return self._assembled(earlier.table, [*dimensions, output], keys)

    # Ratios

    def _ratio(self, places: tuple[int, int]) -> Query:
        """One measure over another of the same table, each over the rows its own side names."""
        start, middle = places
        left, right = self._side(start, middle), self._side(middle, len(self.draft.items))
        if left.table != right.table:
            raise Unsure("A ratio of different tables is not understood.", (readable(left.table), readable(right.table)))
        local = [one for each in self.draft.filters if each.kind != "without" for one in self.conditions.local(each, left.table)]
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

    # Assembly

    def _base_of(self, tables: Sequence[str]) -> str:
        """The table from which each row of the others is looked up."""
        unique = list(dict.fromkeys(tables))
        for base in unique:
            if all(base == other or self._is_lookup(base, other) for other in unique):
                return base
        raise Unsure(f"{' and '.join(readable(each) for each in unique)} do not hang together row by row.", tuple(readable(t) for t in unique))

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
        joins = merged([self._joined(base, table) for table in dict.fromkeys(dimensions)])
        named = self._unmultiplied(base, named, joins)
        where = (*self.conditions.placed(base, self.draft.filters), *self.conditions.attached(base, self.extra))
        where = (*where, *self._met(base, where, joins))
        order = order or self._order(base, named)
        if limit is not None and ties and any(isinstance(o.value, ColumnRef) for o in order):
            keys = ()
        distinct = self._distinct(base, named, joins) and not keys
        query = Query(
            base=base, joins=joins, outputs=named, where=where, keys=keys, order=order, limit=limit, ties=ties,
            distinct=distinct,
        )  # fmt: skip
        return query

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
        key = self.lexicon.tables[base].primary_key
        safe = []
        for output in outputs:
            value: Expression = output.value
            if isinstance(value, Measure) and value.function == "count" and value.column is None and len(key) == 1:
                column = ColumnRef(table=base, column=key[0])
                output = output.model_copy(update={"value": value.model_copy(update={"column": column, "distinct": True})})
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
                raise Unsure(f"{readable(base)} and {readable(table)} are not related by keys.", (self.draft.items[at].text,))
            touched |= {join.right for join in path}
            self.resolver.say(self.draft.items[at].text, f"with a row of {readable(table)}")
            met.append(Related(path=path))
        return met

    def _order(self, base: str, outputs: tuple[Output, ...]) -> tuple[Order, ...]:
        draft = self.draft
        measures = [output for output in outputs if output.is_measure]
        orders = []
        for target, down in draft.orders:
            if isinstance(target, Wish):
                want = self._want(target)
                orders.append(Order(value=measure_output(want.measure, want.table, self.lexicon).value, descending=down))
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
