"""What is computed: counts, sums, averages, days between dates, and one measure over another. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.language.words import plural, readable, stem
from engine.question.model import (
    TAUGHT,
    Aggregate,
    Combined,
    Field,
    Function,
    Measure,
    Number,
    RowArithmetic,
    Test,
)  # fmt: skip
from engine.reading.acts import EXTREMES, TYPICAL, WORTH, Act
from engine.reading.arithmetic import formula_of
from engine.reading.asking import Wish
from engine.reading.candidates import Candidate
from engine.reading.formulas import Chain, Operand
from engine.reading.measured import CALLED, FUNCTIONS, Measured
from engine.reading.nouns import Noun
from engine.reading.spans import Spans
from engine.reading.states import still_running
from engine.reading.tying import Misfit, Part, many
from engine.reading.vocabulary import adds_up, same_states
from engine.reading.weights import W
from engine.semantics import model as meaning
from engine.semantics.deriving import NET
from engine.semantics.model import Adds, DateRole
from engine.sources.values import normal

_USUAL: dict[Adds, Function] = {
    Adds.FLOW: "sum", Adds.COUNT: "sum", Adds.BALANCE: "sum", Adds.RATE: "avg", Adds.UNKNOWN: "sum",
}  # fmt: skip
_OF_ORDINALS = ("avg", "min", "max", "median")
# How many of the wanted unit one of the kept unit is, as a divisor or a factor.
_TURNED: dict[tuple[str, str], tuple[Literal["/", "*"], float]] = {
    ("minutes", "hours"): ("/", 60.0),
    ("seconds", "hours"): ("/", 3600.0),
    ("seconds", "minutes"): ("/", 60.0),
    ("hours", "minutes"): ("*", 60.0),
    ("kg", "tonnes"): ("/", 1000.0),
    ("tonnes", "kg"): ("*", 1000.0),
}
_PAYMENTS = frozenset(map(stem, "payment pmt receipt settlement remittance repayment collection pay".split()))
# What goes the other way than a payment.
_BACK = frozenset(map(stem, "refund reversal reversed chargeback credit".split()))
_RANKED = (meaning.Part.MEASURE, meaning.Part.ORDINAL)
_MOST = ("most", "fewest", "least")
_EACH = (TYPICAL, "per", "for each", "each", "by each", "of each")


@dataclass
class Measures(Part):
    """The measures of one reading."""

    def measure(self, wish: Wish) -> Measured:
        """One wish as a measure.

        Raises:
            Misfit: nothing that it names can be computed so.
        """
        if wish.formula is not None:
            return self._formula(wish, wish.formula)
        if wish.kind == "elapsed":
            return Spans(self.by, self.ask, self.made, self.bare).elapsed(wish)
        if wish.kind == "owed":
            return self._owed(wish)
        if wish.kind == "count":
            return replace(self.count(wish.nouns[0], wish.function == "distinct", f"n{wish.at}"), wish=wish)
        return self._of_columns(wish)

    def _of_columns(self, wish: Wish) -> Measured:
        """A wish that names columns, or things whose columns are meant."""
        if wish.function == WORTH:
            return self._worth(wish)
        if len(wish.nouns) > 1:
            return self._weighted(wish)
        noun, key = wish.nouns[0], f"m{wish.at}"
        if wish.function in ("max", "min"):
            if any(act.detail == "which" for act in self.ask.bare):
                raise Misfit  # "which room type has the highest rate" asks for the type
            if any(act.start < wish.at and act.nouns[0].entities() for act in self.bare["context"]):
                self.made.pay(W.of_things)  # "the vehicle with the highest odometer" asks for the vehicle
        cost, chosen = self.by.choose(key, self._options(noun, wish))
        self.made.pay(cost)
        self.made.used.add(chosen.table)
        self.note_choice(key, noun.text, f"{readable(chosen.table)}: {readable(chosen.column)}")
        if chosen.kind == "entity":
            return Measured(wish, Aggregate(function="count", table=chosen.table), many(chosen.table), "count")
        return self._aggregate(chosen, wish, noun)

    def _options(self, noun: Noun, wish: Wish) -> list[tuple[float, Candidate]]:
        """The columns that a noun may measure: its own, or the one that the rows of its table add up."""
        context = {c.table for act in self.bare["context"] for c in act.nouns[0].entities()}
        options: list[tuple[float, Candidate]] = []
        for candidate in noun.fields():
            part = self.by.attribute(candidate.place).part
            if part is meaning.Part.MEASURE or (part is meaning.Part.ORDINAL and wish.function in _OF_ORDINALS):
                options.append((W.unlike * (1 - candidate.score), candidate))
        for candidate in noun.entities():
            cost = W.unlike * (1 - candidate.score)
            own = [
                each
                for each in self.by.model.of(candidate.table)
                if each.part is meaning.Part.MEASURE and each.adds is Adds.FLOW and _fits(each.unit, noun.unit)
            ]
            if len(own) == 1:
                near = noun.unit or wish.kind == "operand" or adds_up(noun.text)
                far = W.small if near else W.one_measure
                options.append((cost + far, Candidate("field", *own[0].place)))
            if wish.function == "avg" and not noun.unit and (wish.counted or self._several_per(noun)):
                options.append((cost, candidate))
        return [(cost - (W.named if each.table in context else 0.0), each) for cost, each in options]

    def _several_per(self, noun: Noun) -> bool:
        """ "average tickets per account": how many there are, since several are named and what each one is of."""
        per = any(act.kind == "group" and act.detail in _EACH and act.nouns[0].entities() for act in self.ask.groups)
        return per and noun.text.lower().endswith("s") and stem(noun.text) != noun.text.lower()

    def _aggregate(self, chosen: Candidate, wish: Wish, noun: Noun) -> Measured:
        attribute = self.by.attribute(chosen.place)
        self.made.measured.append(chosen.place)
        if attribute.formula is not None and attribute.column in NET:
            self.made.followed.add("NETTED")
        if wish.function == "sum" and attribute.adds is Adds.RATE:
            raise Misfit  # a rate does not add up
        function = FUNCTIONS[wish.function] if wish.function else _USUAL[attribute.adds]
        extreme = next((act for act in self.ask.ranks if act.unit in EXTREMES), None)
        if not wish.function and attribute.adds is Adds.RATE and extreme is not None:
            function = "max" if extreme.detail.startswith("+") else "min"
        elif not wish.function and attribute.adds is Adds.RATE:
            self.made.pay(W.bare_measure, f"the average {readable(attribute.column)} is taken")
        place = Field(table=chosen.table, column=chosen.column)
        value: Measure = Aggregate(function=function, table=chosen.table, value=place)
        label = f"{CALLED[function]} {readable(chosen.column)}"
        if not noun.unit or noun.unit == attribute.unit:
            return Measured(wish, value, label, attribute.unit)
        if (attribute.unit, noun.unit) not in _TURNED:
            raise Misfit
        operator, factor = _TURNED[attribute.unit, noun.unit]
        turned = Combined(operator=operator, left=value, right=Number(value=factor))
        return Measured(wish, turned, label.replace(attribute.unit, noun.unit), noun.unit)

    def _worth(self, wish: Wish) -> Measured:
        """What all lines come to over the things that have any: the average order value.

        Raises:
            Misfit: no lines of them are known.
        """
        lines = [each for each in self.by.model.attributes.values() if each.column in NET]
        options: list[tuple[float, tuple[meaning.Attribute, Candidate, tuple[str, ...]]]] = []
        for things in wish.nouns[0].entities():
            for each in lines if len(self.by.model.entities[things.table].key) == 1 else ():
                for via, hops in (
                    self.by.reached(each.table, things.table, things.via) if each.table != things.table else ()
                ):
                    options.append((W.unlike * (1 - things.score) + W.hop * (hops - 1), (each, things, via)))
        cost, (revenue, things, via) = self.by.choose(f"m{wish.at}", options)
        self.made.pay(cost)
        self.made.used |= {revenue.table, things.table}
        key = self.by.model.entities[things.table].key[0]
        total = Aggregate(function="sum", table=revenue.table, value=Field(table=revenue.table, column=revenue.column))
        one = Field(table=things.table, column=key, via=via)
        number = Aggregate(function="count", table=revenue.table, value=one, distinct=True)
        value = Combined(operator="/", left=total, right=number)
        return Measured(wish, value, f"Average {wish.nouns[0].text.lower()} value", revenue.unit)

    def _weighted(self, wish: Wish) -> Measured:
        """The mean of a column in which each value counts as much as another column of its row says.

        Raises:
            Misfit: the two are no numbers of one table.
        """
        pairs: list[tuple[float, tuple[Candidate, Candidate]]] = []
        for one in wish.nouns[0].fields():
            for weight in wish.nouns[1].fields():
                both = [self.by.attribute(each.place).part in _RANKED for each in (one, weight)]
                if one.table == weight.table and one.column != weight.column and all(both):
                    pairs.append((W.unlike * (2 - one.score - weight.score), (one, weight)))
        cost, (chosen, weight) = self.by.choose(f"w{wish.at}", pairs)
        self.made.pay(cost)
        self.made.used.add(chosen.table)
        value, share = (Field(table=each.table, column=each.column) for each in (chosen, weight))
        known = (Test(field=value, operator="is not null"),)
        weighed = Aggregate(
            function="sum", table=chosen.table, value=RowArithmetic(operator="*", left=value, right=share), where=known
        )
        whole = Aggregate(function="sum", table=chosen.table, value=share, where=known)
        label = f"Average {readable(chosen.column)} weighted by {readable(weight.column)}"
        unit = self.by.attribute(chosen.place).unit
        return Measured(wish, Combined(operator="/", left=weighed, right=whole), label, unit)

    def _formula(self, wish: Wish, chain: Chain) -> Measured:
        """What the request says how to compute; only amounts are added up, subtracted and divided."""
        units: list[str] = []
        rated: list[bool] = []

        known: dict[tuple[str, str], Measure] = {}
        adding = all(sign in "+-" for sign in chain.signs)

        def valued(operand: Operand) -> Measure:
            if operand.noun is None:
                return Number(value=operand.number)
            said = (operand.noun.text.lower(), operand.function)
            if said not in known:
                noun = self._in_unit_of(units, operand.noun) if adding else operand.noun
                found = self.measure(Wish("operand", (noun,), operand.function, noun.start))
                units.append(found.unit)
                known[said] = found.value
                rated.append(not operand.function and _is_average(found.value))
            return known[said]

        notes = list(self.made.notes)
        made = formula_of(chain, valued, self.by.ways)
        if isinstance(made.value, Aggregate):
            self.made.notes[:] = notes  # by row nothing is averaged
        elif any(rated):
            raise Misfit  # sums and averages that nobody asked for are not put together
        self.made.notes.append(f"{wish.called or 'the result'} is {made.said}")
        unit = "" if made.ratio or not units else units[0]
        return Measured(wish, made.value, (wish.called or made.said).capitalize(), unit)

    def _in_unit_of(self, units: Sequence[str], noun: Noun) -> Noun:
        """A noun as what can be added to amounts of a unit: of "time + km" the charges, where time is one.

        Raises:
            Misfit: it has no amount in that unit.
        """
        if not units or noun.entities():
            return noun
        kept = tuple(each for each in noun.fields() if self.by.attribute(each.place).unit == units[0])
        if not kept:
            raise Misfit
        return replace(noun, candidates=kept)

    def _owed(self, wish: Wish) -> Measured:
        """What was charged less what was paid of it, where one table says the one and a table behind it the other."""
        named = {each.table for act in self.bare["context"] for each in act.nouns[0].entities()}
        options: list[tuple[float, tuple[meaning.Attribute, meaning.Attribute]]] = []
        for relation in self.by.model.relations:
            one, other = self._amount(relation.refers_table), self._amount(relation.table)
            if one is not None and other is not None and self._pays(relation.table):
                far = 0.0 if relation.refers_table in named or not named else W.elsewhere
                options.append((far, (one, other)))
        cost, (charged, paid) = self.by.choose(f"o{wish.at}", options)
        self.made.used |= {charged.table, paid.table}
        self._only_open(charged.table)
        self.made.pay(
            cost,
            f"outstanding is {readable(charged.column)} of {many(charged.table).lower()} "
            f"less {readable(paid.column)} of {many(paid.table).lower()}",
        )
        sums = [
            Aggregate(function="sum", table=each.table, value=Field(table=each.table, column=each.column))
            for each in (charged, paid)
        ]
        value = Combined(operator="-", left=sums[0], right=sums[1])
        return Measured(wish, value, "Outstanding", charged.unit)

    def _only_open(self, table: str) -> None:
        """Where rows have a status that says that they are open the others owe nothing: drafts, what is written off."""
        for each in self.by.model.of(table):
            held = self.by.names.values.of_column(*each.place)
            still = tuple(value for value in held if normal(value) in same_states()["open"])
            if each.part is meaning.Part.CATEGORY and still:
                one = "=" if len(still) == 1 else "in"
                self.made.where.append(Test(field=Field(table=table, column=each.column), operator=one, values=still))
                self.made.notes.append(
                    f"of {many(table).lower()} only those whose {readable(each.column)} is {still[0]}"
                )

    def _amount(self, table: str) -> meaning.Attribute | None:
        """The one column of amounts that a table's rows add up."""
        if self.by.model.entities[table].copy_of:
            return None
        own = [a for a in self.by.model.of(table) if a.part is meaning.Part.MEASURE and a.adds is Adds.FLOW]
        return own[0] if len(own) == 1 else None

    def _pays(self, table: str) -> bool:
        """Whether the rows of a table are payments, none of which goes the other way."""
        names = self.by.model.entities[table].names
        flags = [each for each in self.by.model.of(table) if each.part is meaning.Part.FLAG]
        refunds = any(_BACK & {word for name in each.names for word in name} for each in flags)
        return not refunds and any(_PAYMENTS & set(name) for name in names)

    def in_unit(self, measured: Measured) -> Measured:
        """A measure in the unit that stands apart from it: "working time by office, in hours".

        Raises:
            Misfit: it is of no such unit.
        """
        wanted = next((act.detail for act in self.ask.order if act.kind == "=UNIT"), "")
        if not wanted or measured.unit == wanted:
            return measured
        if (measured.unit, wanted) not in _TURNED:
            raise Misfit
        operator, factor = _TURNED[measured.unit, wanted]
        turned = Combined(operator=operator, left=measured.value, right=Number(value=factor))
        return replace(measured, value=turned, unit=wanted)

    # -- counts ---------------------------------------------------------------------------------------------------

    def count(self, noun: Noun, distinct: bool, key: str) -> Measured:
        """Rows of a table, of a table by a value or a date that stands for them, or different values of a column.

        Raises:
            Misfit: the noun names nothing that can be counted.
        """
        options: list[tuple[float, Candidate]] = []
        for candidate in noun.candidates:
            cost = W.unlike * (1 - candidate.score)
            if candidate.kind == "entity":
                options.append((cost, candidate))
            elif candidate.kind == "value":
                facts = self.by.facts_of(candidate.table)
                options += [(cost + W.hop * (1 + hops), replace(candidate, how=table)) for table, hops in facts]
            elif (more := self._counted_at(candidate, distinct)) is not None:
                options.append((cost + more, candidate))
        meant = [e for e in options if self.meant(noun, Field(table=e[1].table, column=e[1].column))]
        taught = [each for each in meant if each[1].column.startswith(TAUGHT)]
        cost, chosen = self.by.choose(key, taught or meant)
        self.made.pay(cost)
        self.made.used.add(chosen.table)
        wish = Wish("count", (noun,))
        if chosen.kind == "entity":
            return Measured(wish, Aggregate(function="count", table=chosen.table), many(chosen.table), "count")
        if chosen.kind == "value":
            return self._count_value(chosen, noun, wish)
        return self._count_column(chosen, noun, wish)

    def _counted_at(self, candidate: Candidate, distinct: bool) -> float | None:
        """What it costs to count a column; None where that means nothing."""
        attribute = self.by.attribute(candidate.place)
        match attribute.part:
            case meaning.Part.DATE if attribute.date_role is not DateRole.AUDIT:
                return W.guessed_date
            case meaning.Part.REFERENCE if distinct:
                return 0.0
            case meaning.Part.NAME | meaning.Part.CATEGORY if candidate.how == "exact":
                return W.bare_measure
            case meaning.Part.MEASURE if attribute.adds is Adds.FLOW and (not attribute.unit or attribute.formula):
                return W.halved
        return None

    def _count_value(self, chosen: Candidate, noun: Noun, wish: Wish) -> Measured:
        home = chosen.how
        self.made.used.add(home)
        test = self.by.value_test(chosen, False, home)
        self.made.where.append(test)
        self.made.shareable.append((-1, test))
        return Measured(wish, Aggregate(function="count", table=home), noun.text.capitalize(), "count")

    def _count_column(self, chosen: Candidate, noun: Noun, wish: Wish) -> Measured:
        place, attribute = Field(table=chosen.table, column=chosen.column), self.by.attribute(chosen.place)
        if attribute.part is meaning.Part.DATE:
            self.made.spoken.append(place)
            self.made.notes.append(f"{many(chosen.table).lower()} are counted by {readable(chosen.column)}")
            if not self.ask.whens:
                self.made.where.append(Test(field=place, operator="is not null"))
                if (still := still_running(place, self.by)) is not None:
                    self.made.where.append(still)
            return Measured(wish, Aggregate(function="count", table=chosen.table), noun.text.capitalize(), "count")
        if attribute.part is meaning.Part.MEASURE:
            value = Aggregate(function="sum", table=chosen.table, value=place)
            return Measured(wish, value, f"Total {readable(chosen.column)}", attribute.unit)
        value = Aggregate(function="count", table=chosen.table, value=place, distinct=True)
        return Measured(wish, value, f"Different {plural(readable(chosen.column))}", "count")

    # -- ranks ----------------------------------------------------------------------------------------------------

    def measured_noun(self, act: Act) -> bool:
        """Whether an act names a column of numbers."""
        return any(self.by.attribute(each.place).part in _RANKED for each in act.nouns[0].fields())

    def rank_measure(self, rank: Act, subject: str, measures: Sequence[Measured]) -> Measured | None:
        """What a superlative ranks by; None where a measure that was asked for is it."""
        noun, said = rank.nouns[0], rank.detail.partition(":")[2]
        if rank.kind == "frequent":
            return None if measures else self._frequency(rank, subject)
        if said == "count":
            return self.count(noun, False, "rank")
        if any(each.table == subject for each in noun.entities()):
            return None
        if measures and noun.entities() and not said and not self.measured_noun(rank):
            return None
        if said or noun.fields() or noun.unit:
            try:
                return self.measure(Wish("measure", rank.nouns, said, rank.start))
            except Misfit:
                if said or noun.unit:
                    raise  # the most hours is not how many there are
        if rank.unit not in _MOST:
            raise Misfit  # the highest of things is not how many there are
        return self.count(noun, False, "rank")

    def _frequency(self, rank: Act, subject: str) -> Measured:
        """How often something occurs: the rows that refer to it, of a table that was named where one was.

        Raises:
            Misfit: the superlative names something else: "the most frequent primary ..." is not of all.
        """
        if rank.nouns and subject not in {each.table for each in rank.nouns[0].candidates}:
            raise Misfit
        named = {c.table for act in self.bare["context"] for c in act.nouns[0].entities()}
        options: list[tuple[float, str]] = []
        for table, entity in self.by.model.entities.items():
            if table != subject and not entity.copy_of:
                for way in self.by.ways.up(table, subject)[:1]:
                    far = 0.0 if entity.bridge or table in named else W.halved
                    options.append((W.hop * len(way) + far, table))
        cost, chosen = self.by.choose("frequent", options)
        self.made.pay(cost, f"how often is the number of {many(chosen).lower()}")
        self.made.used.add(chosen)
        wish = Wish("count", rank.nouns, "", rank.start)
        return Measured(wish, Aggregate(function="count", table=chosen), many(chosen), "count")

    # -- one measure over another -----------------------------------------------------------------------------------

    def per(
        self, groups: Sequence[Act], measures: Sequence[Measured], function: str
    ) -> tuple[list[Measured] | None, list[Act]]:
        """ "fees per kilometre", "average number of tickets per account", and the groups that are left."""
        first = measures[0]
        counted = isinstance(first.value, Aggregate) and first.value.function == "count"
        averaged = counted and "avg" in (function, first.wish.function)
        for act in groups:
            if act.kind != "group" or act.detail not in _EACH:
                continue
            rest = [each for each in groups if each is not act]
            alone = act.detail == "per" and first.wish.kind == "measure" and len(measures) == 1
            if alone and (below := self._divisor(act.nouns[0])) is not None:
                if _is_average(first.value):
                    raise Misfit  # what is averaged over rows is not shared out over a sum
                label = f"{first.label.removeprefix('Total ').capitalize()} per {act.nouns[0].text}"
                over = Combined(operator="/", left=first.value, right=below)
                return [replace(first, value=over, label=label)], rest
            if averaged and act.nouns[0].entities():
                return [self._average_per(first, act.nouns[0])], rest
        return None, list(groups)

    def _divisor(self, noun: Noun) -> Aggregate | None:
        """What something is measured per: kilometres, seats."""
        fields = [each for each in noun.fields() if self.by.attribute(each.place).part is meaning.Part.MEASURE]
        if not fields or noun.entities():
            return None
        spoken = [each for each in fields if self.by.attribute(each.place).unit]
        chosen = max(spoken or fields, key=lambda each: each.score)
        self.made.pay(W.unlike * (1 - chosen.score))
        return Aggregate(function="sum", table=chosen.table, value=Field(table=chosen.table, column=chosen.column))

    def _average_per(self, first: Measured, noun: Noun) -> Measured:
        candidate = noun.entities()[0]
        assert isinstance(first.value, Aggregate)
        ways = self.by.reached(first.value.table, candidate.table, candidate.via)
        key = self.by.model.entities[candidate.table].key
        if not ways or len(key) != 1 or candidate.table == first.value.table:
            raise Misfit
        self.made.pay(W.unlike * (1 - candidate.score))
        self.made.used.add(candidate.table)
        if "INCLUDING" in self.ask.marks:
            below = Aggregate(function="count", table=candidate.table)
        else:
            place = Field(table=candidate.table, column=key[0], via=ways[0][0])
            below = Aggregate(function="count", table=first.value.table, value=place, distinct=True)
            self.made.notes.append(f"only {many(candidate.table).lower()} with at least one are counted")
        label = f"Average {many(first.value.table).lower()} per {noun.text}"
        return Measured(first.wish, Combined(operator="/", left=first.value, right=below), label)


def _is_average(value: Measure) -> bool:
    return isinstance(value, Aggregate) and value.function == "avg"


def _fits(unit: str, wanted: str) -> bool:
    return not wanted or unit == wanted or (unit, wanted) in _TURNED


def put_together(measures: Sequence[Measured]) -> list[Measured]:
    """Measures that an operator ties to the one before: billed minus paid, scrap over good plus scrap."""
    found: list[Measured] = []
    for each in measures:
        if not each.wish.operator or not found:
            found.append(each)
            continue
        first = found.pop()
        sign = {"/": "divided by", "-": "less", "+": "plus"}[each.wish.operator]
        value = Combined(operator=each.wish.operator, left=first.value, right=each.value)
        unit = "" if each.wish.operator == "/" else first.unit
        found.append(Measured(first.wish, value, f"{first.label} {sign} {each.label.lower()}", unit))
    return found
