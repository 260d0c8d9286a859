"""Aggregates: what is counted or added up, and what it is grouped by."""

from __future__ import annotations

from collections.abc import Sequence

from engine.authors.analytics.assembling import Assembly, Want
from engine.authors.analytics.draft import Wish
from engine.authors.analytics.gate import Unsure, settle
from engine.authors.analytics.lexicon import Candidate
from engine.authors.analytics.outputs import (
    bucket_output,
    dimension_output,
    measure_output,
)
from engine.authors.analytics.phrases import sentence_of
from engine.authors.analytics.query import (
    ColumnRef,
    Measure,
    Output,
    Query,
    Ratio,
    Separate,
    Share,
)
from engine.authors.analytics.resolving import ANY, DATES, NUMBERS
from engine.authors.analytics.synonyms import GENERIC_MONEY, MONEY_TABLES, UNCOUNTED
from engine.language.words import readable, stem, stems
from engine.sources.schema import Kind


class Measuring(Assembly):
    """Turns wishes into measures and dimensions."""

    def _want(self, wish: Wish, base: str = "") -> Want:
        if wish.noun is None:
            return Want(Measure(function="count"), base or self.resolver.subject)
        item, draft = self.draft.items[wish.noun], self.draft
        if wish.adjective:
            table = item.entity or self.resolver.subject
            ref, turned = self.resolver.measured(wish.adjective, table, draft.items[wish.at].text)
            flipped = {"max": "min", "min": "max"} if turned else {}
            return Want(Measure(function=flipped.get(wish.function, wish.function), column=ref), ref.table)
        entity = "" if item.owned else item.entity
        if wish.function == "count":
            return self._count(wish, entity)
        if entity and (unsure := self._partly_named(wish, entity)) is not None:
            return unsure
        if wish.total and entity and not any(each.score >= 0.9 for each in self._numeric(wish.noun)):
            return self._total(wish, entity)
        if wish.noun is not None and not item.columns and not entity:
            raise Unsure(f"Not sure what “{item.text}” is.", (item.text,))
        dated = wish.function in ("min", "max")
        kinds = frozenset({*NUMBERS, *DATES}) if dated else NUMBERS
        ref = self.resolver.column(wish.noun, kinds)
        said = [each.how for each in item.columns if (each.table, each.columns) == (ref.table, (ref.column,))]
        if wish.function == "sum" and said == ["synonym"] and not self._adds_up(ref):
            raise Unsure(
                f"“{item.text}” would be a sum of {readable(ref.column)}, which does not add up.", (item.text,)
            )
        if (ref.table, ref.column) in self.lexicon.keys or self.lexicon.row_key(ref.table) == (ref.column,):
            if (things := self._of_things(wish, ref)) is not None:
                return things
            raise Unsure(f"“{item.text}” identifies rows; a {wish.function} of it says nothing.", (item.text,))
        return Want(Measure(function=wish.function, column=ref), ref.table)

    def _of_things(self, wish: Wish, ref: ColumnRef) -> Want | None:
        """ "total orders", "average order" where a column `Order` numbers the rows: the things, not their numbers."""
        assert wish.noun is not None
        if self.lexicon.row_key(ref.table) != (ref.column,) or wish.function not in ("sum", "avg"):
            return None
        item, money = self.draft.items[wish.noun], self.lexicon.money(ref.table)
        said = {stem(word) for word in self.draft.items[wish.at].text.lower().split()}
        if wish.function == "sum" and not said & GENERIC_MONEY:
            return self._total(wish, ref.table)
        if not money:
            return None
        options = {name: readable(name) for name in money}
        text = f"Which amount of {readable(ref.table)} is meant by “{item.text}”?"
        name = settle(f"{wish.function}:{ref.table}", text, options, self.resolver.answers)
        self.resolver.say(item.text, f"{readable(name)} of {readable(ref.table)}")
        return Want(Measure(function=wish.function, column=ColumnRef(table=ref.table, column=name)), ref.table)

    def _partly_named(self, wish: Wish, entity: str) -> Want | None:
        """ "rent" is a part of the name of a table and of columns elsewhere: ask which amount is meant."""
        assert wish.noun is not None
        item = self.draft.items[wish.noun]
        named = max(each.score for each in item.candidates if each.is_table)
        numeric = [(each.table, each.columns[0]) for each in self._numeric(wish.noun) if each.table != entity]
        if named >= 0.9 or not numeric:
            return None
        places = [*((entity, name) for name in self.lexicon.money(entity)), *numeric]
        options = {f"{table}.{name}": f"{readable(name)} of {readable(table)}" for table, name in places}
        key, text = f"amount:{item.text.lower()}", f"Which amount is meant by “{item.text}”?"
        chosen = settle(key, text, options, self.resolver.answers)
        table, name = next(place for place in places if ".".join(place) == chosen)
        self.resolver.say(item.text, options[chosen])
        return Want(Measure(function=wish.function, column=ColumnRef(table=table, column=name)), table)

    def _numeric(self, at: int) -> list[Candidate]:
        item = self.draft.items[at]
        return [c for c in item.columns if all(self.lexicon.column(c.table, n).kind is Kind.NUMBER for n in c.columns)]

    def _adds_up(self, ref: ColumnRef) -> bool:
        """Whether values of a column may be added: amounts and quantities, not prices and rates."""
        unit, name = self.lexicon.unit(ref), ref.column.lower()
        return (unit in ("USD", "sqft") and "price" not in name) or self._is_quantity(ref)

    def _is_quantity(self, ref: ColumnRef) -> bool:
        words = stems(ref.column)
        counted = words[0] == "number" or words[-1:] == ("count",)
        return stem("quantity") in words or "quantit" in ref.column.lower() or (len(words) > 1 and counted)

    def _count(self, wish: Wish, entity: str) -> Want:
        assert wish.noun is not None
        item = self.draft.items[wish.noun]
        owned = [each for each in item.columns if each.score >= 0.85]
        if entity and not (wish.distinct and owned and entity != self.resolver.subject):
            if (tallied := self._tallied(wish, entity) or self._uncounted(wish, entity)) is not None:
                return tallied
            self.resolver.say(self.draft.items[wish.at].text + " " + item.text, f"count of {readable(entity)} rows")
            return Want(Measure(function="count"), entity)
        ref = self.resolver.columns(wish.noun, ANY)[0]
        kind = self.lexicon.kind(ref)
        if (ref.table, ref.column) in self.lexicon.self_references:
            raise Unsure(f"{readable(ref.column)} is only a number.", (item.text,))
        if kind is Kind.NUMBER and wish.total and not wish.distinct:
            return Want(Measure(function="sum", column=ref), ref.table)
        if kind is Kind.NUMBER and (ref.table, ref.column) not in self.lexicon.keys and not wish.distinct:
            options = {
                "sum": f"the sum of {readable(ref.column)}",
                "distinct": f"the number of different {readable(ref.column)}",
            }
            chosen = settle(
                f"count:{item.text.lower()}", f"What number of “{item.text}” is meant?", options, self.resolver.answers
            )
            if chosen == "sum":
                return Want(Measure(function="sum", column=ref), ref.table)
        return Want(Measure(function="count", column=ref, distinct=True), ref.table)

    def _uncounted(self, wish: Wish, entity: str) -> Want | None:
        """ "The most rent", "a share of the income": money is not counted, so it is asked what of its rows is meant."""
        assert wish.noun is not None
        item, money = self.draft.items[wish.noun], self.lexicon.money(entity)
        said = {stem(word) for word in item.text.lower().split()}
        if self.draft.items[wish.at].cued("count") or not said & UNCOUNTED or not money:
            return None
        options = {name: f"the total {readable(name)} of {readable(entity)}" for name in money}
        options["count"] = f"the number of {readable(entity)}"
        text = f"What is meant by “{item.text}”?"
        name = settle(f"money:{item.text.lower()}", text, options, self.resolver.answers)
        if name == "count":
            return None
        return Want(Measure(function="sum", column=ColumnRef(table=entity, column=name)), entity)

    def _tallied(self, wish: Wish, entity: str) -> Want | None:
        """Rows of check-ins that each hold a number of check-ins: asked which is to be counted."""
        assert wish.noun is not None
        item = self.draft.items[wish.noun]
        numbers = [each for each in self._numeric(wish.noun) if each.score >= 1]
        here = len(numbers) == 1 and numbers[0].table == entity
        if wish.distinct or not here or (entity, numbers[0].columns[0]) in self.lexicon.keys:
            return None
        column = numbers[0].columns[0]
        options = {"sum": f"the sum of {readable(column)}", "rows": f"the number of rows of {readable(entity)}"}
        text = f"What number of “{item.text}” is meant?"
        if settle(f"tally:{entity}", text, options, self.resolver.answers) == "rows":
            return None
        return Want(Measure(function="sum", column=ColumnRef(table=entity, column=column)), entity)

    def _total(self, wish: Wish, entity: str) -> Want:
        """ "total payments" is their amount, "total tracks" their number."""
        assert wish.noun is not None
        item, money = self.draft.items[wish.noun], self.lexicon.money(entity)
        following = self.draft.items[wish.noun + 1] if wish.noun + 1 < len(self.draft.items) else None
        if following is not None and following.is_noun and wish.noun + 1 in self.draft.nouns():
            ref = self.resolver.column(wish.noun + 1, NUMBERS, anchor=entity)
            self.draft.take(wish.noun + 1)
            return Want(Measure(function="sum", column=ref), ref.table)
        if (named := self._amount_of(wish, entity, money)) is not None:
            return named
        if len(own := [name for name in money if stems(name)[-1:] == stems(item.text)[-1:]]) == 1:
            # A wallet balance is the balance of a row of wallet balances.
            return Want(Measure(function="sum", column=ColumnRef(table=entity, column=own[0])), entity)
        words = {*self.lexicon.table_words[entity], *stems(item.text)}
        says_money = bool(words & MONEY_TABLES) or bool(set(item.text.lower().split()) & GENERIC_MONEY)
        if says_money and money:
            options = {name: readable(name) for name in money}
            name = settle(
                f"sum:{entity}",
                f"Which amount of {readable(entity)} is to be added up?",
                options,
                self.resolver.answers,
            )
            self.resolver.say(item.text, f"sum of {readable(name)} of {readable(entity)}")
            return Want(Measure(function="sum", column=ColumnRef(table=entity, column=name)), entity)
        if says_money:
            raise Unsure(f"“{item.text}” has no amount to add up.", (item.text,))
        return Want(Measure(function="count"), entity)

    def _amount_of(self, wish: Wish, entity: str, money: Sequence[str]) -> Want | None:
        """ "total amount of order items": the column that is called so, else asked, for some say it for the number."""
        said = [word for word in self.draft.items[wish.at].text.lower().split() if word in ("amount", "value")]
        if said == ["value"] and not money:
            raise Unsure(f"{readable(entity)} has no value to add up.", (self.draft.items[wish.at].text,))
        if not said or not money:
            return None
        called = [name for name in money if stem(said[0]) in stems(name)]
        options = {name: f"the total {readable(name)}" for name in called or money}
        if len(called) != 1:
            options["count"] = f"the number of {readable(entity)}"
        text = f"What is the {said[0]} of {readable(entity)}?"
        name = settle(f"{said[0]}:{entity}", text, options, self.resolver.answers)
        if name == "count":
            return Want(Measure(function="count"), entity)
        return Want(Measure(function="sum", column=ColumnRef(table=entity, column=name)), entity)

    def _measures(self, wants: list[Want]) -> Query:
        unique = list(dict.fromkeys((want.measure.model_dump_json(), want.table) for want in wants))
        wants = [next(w for w in wants if (w.measure.model_dump_json(), w.table) == each) for each in unique]
        tables = list(dict.fromkeys(want.table for want in wants))
        if len(tables) > 1:
            return self._separately(wants)
        base = tables[0]
        if all(want.measure.function == "avg" and want.table == base for want in wants):
            # "the average quantity per order line" is over the order lines, not one average for each of them.
            self.draft.groups = [at for at in self.draft.groups if self.draft.items[at].entity != base]
        measured = [want.measure.column for want in wants]
        dimensions, keys = self._dimensions(base, measured)
        # What is averaged is not what it is grouped by: the "per" of a cost per unit is part of its name.
        dimensions = [
            each for each in dimensions if not isinstance(each.value, ColumnRef) or each.value not in measured
        ]
        measures = [measure_output(want.measure, base, self.lexicon) for want in wants]
        if self.draft.share is not None:
            measures = self._shares(base, measures, bool(dimensions))
        return self._assembled(base, [*dimensions, *measures], keys)

    def _shares(self, base: str, measures: list[Output], grouped: bool) -> list[Output]:
        if len(measures) == 1 and isinstance(measures[0].value, Measure) and not grouped:
            return [self._part(base, measures[0].value)]
        restricted = [each for each in self.draft.filters if each.kind not in ("period", "without", "count")]
        if grouped and len(measures) == 1 and isinstance(measures[0].value, Measure) and restricted:
            # "What percentage of claims were rejected for each type": of each type's own, not of all the rejected.
            return [self._part(base, measures[0].value)]
        if len(measures) != 1 or not isinstance(measures[0].value, Measure):
            raise Unsure("A share needs groups to be shared among.", ("share",))
        label = f"share of {measures[0].label.lower()}"
        share = Output(
            name=f"share_of_{measures[0].name}",
            label=label.capitalize(),
            value=Share(of=measures[0].value),
            unit="percent",
        )
        return [share]

    def _part(self, base: str, measure: Measure) -> Output:
        """What part of all rows meets the one restriction that is given."""
        telling = [each for each in self.draft.filters if each.kind not in ("period", "without", "count")]
        local = [one for each in telling for one in self.conditions.local(each, base)]
        one = len(telling) == len(local) == 1
        if one and local[0].table != base and self._is_lookup(base, local[0].table):
            # What is looked up is read beside each row; rows that refer to nothing stay in the whole.
            path = self._joined(base, local[0].table)
            self.sorted_joins = tuple(join.model_copy(update={"outer": True}) for join in path)
        elif not one or local[0].table != base:
            raise Unsure("Not sure which part of the whole is meant.", ("share",))
        self.draft.filters.remove(telling[0])
        part = measure.model_copy(update={"where": (local[0].condition,)})
        return Output(name="share", label="Share", value=Ratio(top=part, bottom=measure, scale=100), unit="percent")

    def _separately(self, wants: list[Want]) -> Query:
        """Measures of several tables per row of one table they all refer to."""
        entities = [self.draft.items[at].entity for at in self.draft.groups]
        if len(entities) != 1 or not entities[0]:
            raise Unsure(
                "Measures of several tables need one thing to be grouped by.", tuple(readable(w.table) for w in wants)
            )
        base = entities[0]
        outputs, _ = self._dimensions(base)
        for want in wants:
            path = self.resolver.path(base, want.table)
            if not path or any(not join.many for join in path):
                raise Unsure(f"{readable(want.table)} does not belong to {readable(base)}.", (readable(want.table),))
            separate = Separate(measure=want.measure, path=path)
            outputs.append(measure_output(want.measure, want.table, self.lexicon, separate))
        if any(each.kind != "without" for each in self.draft.filters):
            raise Unsure("Restrictions on measures of several tables are not understood.")
        return self._assembled(base, outputs, ())

    def _dimensions(
        self, base: str, measured: Sequence[ColumnRef | None] = ()
    ) -> tuple[list[Output], tuple[ColumnRef, ...]]:
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
                keys += [ColumnRef(table=item.entity, column=n) for n in self.lexicon.row_key(item.entity)]
                self.resolver.say(item.text, f"grouped by {readable(item.entity)}")
            else:
                refs = (own,) if own is not None else self.resolver.columns(at, ANY, self._group_anchor(at, base))
                outputs += [dimension_output(ref, self.lexicon) for ref in refs]
        outputs += [dimension_output(ref, self.lexicon) for ref in shown]
        for ref in shown:
            if ref.table != base and ref.column in self.lexicon.naming(ref.table):
                keys += [ColumnRef(table=ref.table, column=n) for n in self.lexicon.row_key(ref.table)]
        return outputs, tuple(dict.fromkeys(keys))

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
            if each.table == base
            and each.score >= 0.9
            and len(each.columns) == 1
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
            if self._is_grouped(at):
                continue
            if not self._listed(at) and not self._of_each(at):
                raise Unsure(f"Not sure what part “{item.text}” plays.", (item.text,))
            refs += self.resolver.columns(at)
        return refs

    def _is_grouped(self, at: int) -> bool:
        """ "nationalities and the number of people of each nationality": the group is only said twice."""
        columns = {(each.table, each.columns) for each in self.draft.items[at].columns}
        groups = [self.draft.items[place].columns for place in self.draft.groups]
        return any(columns & {(each.table, each.columns) for each in known} for known in groups)

    def _of_each(self, at: int) -> bool:
        """ "names of singers and the total sales of their songs": what names a thing stands for each of them."""
        draft = self.draft
        if not any(at < wish.at and any(i.cued("and") for i in draft.items[at : wish.at]) for wish in draft.wishes):
            return False
        refs = self.resolver.columns(at)
        names = {*self.lexicon.naming(refs[0].table), *self.lexicon.row_key(refs[0].table)}
        return all(ref.column in names for ref in refs)

    def _repeats(self, at: int, measured: Sequence[ColumnRef | None]) -> bool:
        """ "in milliseconds" names the measured column once more."""
        return any(
            ref is not None
            and any(ref.table == c.table and (ref.column,) == c.columns for c in self.draft.items[at].columns)
            for ref in measured
        )

    def _listed(self, at: int) -> bool:
        draft = self.draft
        if draft.explicit and sentence_of(draft, at) > 0:
            return True
        joined = draft.before(at)
        led = draft.before(joined) if joined is not None and draft.items[joined].cued("and") else None
        if led is not None and not draft.groups and any(wish.noun == led for wish in draft.wishes):
            return False
        beside = [draft.items[p] for p in (at - 1, at + 1, at - 2) if 0 <= p < len(draft.items)]
        return any(item.cued("and") or item.text in (",", ", and") for item in beside)
