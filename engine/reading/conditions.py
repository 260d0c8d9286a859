"""Which rows are asked about: values, bounds, and rows of other tables that are there or not. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.compiling.asking import homes
from engine.language.words import readable, stem
from engine.question.model import TAUGHT, Condition, Exists, Field, Having, Operator, Output, Scalar, Test
from engine.reading.acts import OUT, Act
from engine.reading.candidates import Candidate
from engine.reading.dates import Dates, is_date, within
from engine.reading.names import VERBAL
from engine.reading.nouns import Noun
from engine.reading.states import States, still_running
from engine.reading.tying import Misfit, Part, typed
from engine.reading.weights import W
from engine.semantics import model as meaning

_OTHER_SCALE = ("percent", "basis points")
_PARTICLES = re.compile(r"(?: (?:in|out|up|on|off|at|for|to|with|by))+$")
_NEVER = ("never", "have never", "has never", "had never", "never been", "never got")
_BOUND = (meaning.Part.MEASURE, meaning.Part.ORDINAL)


@dataclass(frozen=True)
class Valued:
    """A value of a field; `many` is the table where it is one of several rows that belong to a row."""

    field: Field
    value: Scalar
    many: str = ""


@dataclass
class Conditions(Part):
    """The conditions of one reading."""

    dates: Dates
    states: States

    def read(self, home: str) -> None:
        """Every condition on the rows of `home`.

        Raises:
            Misfit: one is not tied to them.
        """
        self._only(home)
        self.states.read(home, dating=False)
        for none in self.ask.nones:
            if none not in self.made.taken:
                self.made.where.append(self._none(none, home))
        for act in self.ask.bounds:
            self._bound(act, home)
        for act in self.ask.againsts:
            self._against(act, home)
        self._happened(home)
        self.states.leave_out(home)

    # -- values ---------------------------------------------------------------------------------------------------

    def _only(self, home: str) -> None:
        tests: dict[tuple[Field, bool], list[Scalar]] = {}
        starts: dict[Field, int] = {}
        for act in self.ask.onlys:
            if act is self.made.shared_value or act in self.made.taken:
                continue
            found = self._value(act, home)
            if found.many:
                inner = Test(field=found.field, operator="=", values=(found.value,))
                self.made.where.append(Exists(table=found.many, tests=(inner,), negated=act.negated))
            else:
                tests.setdefault((found.field, act.negated), []).append(found.value)
                if act.unit != OUT:
                    starts[found.field] = act.start
        for (place, negated), values in tests.items():
            made = self._test(place, negated, tuple(dict.fromkeys(values)))
            self.made.where.append(made)
            if place in starts:
                self.made.shareable.append((starts[place], made))

    def _value(self, act: Act, home: str) -> Valued:
        options = [
            (cost, each) for cost, each in self.values(act.nouns[0], home) if self.meant(act.nouns[0], each.field)
        ]
        taught = [each for each in options if each[1].field.column.startswith(TAUGHT)]
        cost, found = self.by.choose(f"v{act.start}", taught or options)
        self.made.pay(cost)
        if found.field.table not in self._kinds_of(home) and self._called_so(act.nouns[0], home):
            self.made.pay(W.elsewhere_too)
        self.made.used.add(found.field.table)
        self.note_choice(f"v{act.start}", act.nouns[0].text, f"{self.by.said(found.field)} = {found.value}")
        return found

    def _called_so(self, noun: Noun, home: str) -> bool:
        """Whether a column of the rows themselves says what a value of another table says: a CANCEL_FLAG of its own."""
        said = {stem(word) for word in noun.text.split() if len(word) >= W.least_letters}
        own = [each for each in self.by.model.of(home) if each.part not in (meaning.Part.REFERENCE, meaning.Part.KEY)]
        return any(said & {word for name in each.names for word in name} for each in own)

    def _test(self, place: Field, negated: bool, values: tuple[Scalar, ...]) -> Test:
        attribute = self.by.attribute((place.table, place.column))
        if len(values) > 1:
            if not negated and any(act.kind == "=BOTH" for act in self.ask.order):
                raise Misfit  # what has both is several rows of one thing
            return Test(field=place, operator="not in" if negated else "in", values=values)
        if negated and attribute.truth:
            other = next(each for each in attribute.truth if str(each) != str(values[0]))
            return Test(field=place, operator="=", values=(typed(other, attribute),))
        operator: Operator = "!=" if negated else "="
        return Test(field=place, operator=operator, values=values)

    def _of_others(self, noun: Noun, table: str) -> bool:
        """Whether a value stands right before things of another table: a paid plan is none with paid invoices."""
        behind = [act.nouns[0].entities() for act in self.ask.bare if act.nouns[0].start == noun.end]
        return any(found and table not in {each.table for each in found} for found in behind)

    def values(self, noun: Noun, home: str) -> list[tuple[float, Valued]]:
        """What a value may be a value of, as the rows of `home` reach it."""
        options: list[tuple[float, Valued]] = []
        for candidate in noun.values():
            attribute = self.by.attribute(candidate.place)
            cost, value = W.unlike * (1 - candidate.score), typed(candidate.value, attribute)
            reached = self.by.reached(home, candidate.table, candidate.via)
            weight = W.hop * (W.kinds if self.by.model.entities[candidate.table].lookup else 1.0)
            for via, hops in reached:
                place = Field(table=candidate.table, column=candidate.column, via=via)
                options.append((cost + weight * hops, Valued(place, value)))
            if not reached and self._of_others(noun, candidate.table):
                continue
            if not reached and attribute.part is not meaning.Part.KEY and candidate.score > W.whole:
                ways = self.by.ways.across(home, candidate.table)
                if ways and (len(ways[0]) == 1 or candidate.table in self.made.used):
                    place = Field(table=candidate.table, column=candidate.column)
                    options.append((cost + W.exists + W.hop * len(ways[0]), Valued(place, value, candidate.table)))
        own = any(each.field.table == home and not each.field.via and not each.many for _, each in options)
        return [(cost + self._of_unnamed(each.field, home, own), each) for cost, each in options]

    def _of_unnamed(self, place: Field, home: str, own: bool) -> float:
        """What speaks against a value of a table that is not named: no meter is active because its customer is."""
        if place.table in {home, *self.made.used}:
            return 0.0
        return W.elsewhere_too if self.states.is_status(place) else W.elsewhere if own else 0.0

    # -- rows that are not there ------------------------------------------------------------------------------------

    def _none(self, act: Act, home: str) -> Condition:
        """ "without any delivery", "no breakdown in 2026"."""
        options: list[tuple[float, tuple[str, Candidate | None]]] = []
        for candidate in act.nouns[0].candidates if act.nouns else ():
            cost = W.unlike * (1 - candidate.score)
            if candidate.kind == "entity" and self._belong(home, candidate.table):
                options.append((cost, (candidate.table, None)))
            elif candidate.kind == "field" and self.by.attribute(candidate.place).part is meaning.Part.DATE:
                # "never had a participant registered", "never ordered": that it happened is that the row is there.
                said = _PARTICLES.sub("", act.nouns[0].text.lower())  # checked in at
                verbal = VERBAL.search(said) is not None and act.detail in _NEVER
                if (candidate.how == "owned" or verbal) and self._belong(home, candidate.table):
                    far = W.small if candidate.how == "owned" else W.verb + W.hop * self._belong(home, candidate.table)
                    options.append((cost + far, (candidate.table, None)))
            elif candidate.kind == "value":
                for table, hops in self.by.facts_of(candidate.table):
                    if far := self._belong(home, table):
                        options.append((cost + W.hop * (hops + far - 1), (table, candidate)))
        cost, (table, value) = self.by.choose(f"x{act.start}", options)
        self.made.pay(cost)
        self.made.used.add(table)
        tests: list[Condition] = [self.by.value_test(value, False, table)] if value else []
        tests += self.states.of_none(act, table)
        for when in self.dates.of_none(act):
            tests.append(within(self.dates.own_date(table, f"y{when.start}"), when))
        return Exists(table=table, tests=tuple(tests), negated=True)

    def _belong(self, home: str, table: str) -> int:
        """How many keys away the rows of a table are of which several belong to a row of `home`; 0 for none."""
        ways = self.by.ways.across(home, table) if table != home else []
        return len(ways[0]) if ways and ways[0][0].back else 0

    def _happened(self, home: str) -> None:
        """Dates without a period: "claims that have not been closed", "products that were withdrawn"."""
        acts = [(act, act.negated) for act in self.ask.happened]
        timed = self.ask.whens or any(act.kind == "grain" for act in self.ask.groups)
        if not timed and any(act.detail == "by" for act in self.bare["date"]):
            raise Misfit  # "by date" is of a step of time, and none was said
        acts += [(act, False) for act in self.bare["date"] if act.start not in self.made.placed]
        for act, negated in acts:
            options = [each for each in self.by.fields(act.nouns[0], home, is_date) if self._may_miss(each[1])]
            cost, place = self.by.choose(f"h{act.start}", options)
            as_state = W.clear if self._is_state(act, place.table) else 0.0
            self.made.pay(cost + W.happened + as_state)
            test = Test(field=place, operator="is null" if negated else "is not null")
            self.made.where.append(test)
            if act.unit != OUT:
                self.made.shareable.append((act.start, test))
            if not negated and (still := still_running(place, self.by)) is not None:
                self.made.where.append(still)

    def _is_state(self, act: Act, table: str) -> bool:
        """Whether rows say by a status what a date says, too: cancelled is a status before it is a date."""
        said = {stem(word) for word in act.nouns[0].text.split()}
        told = self._kinds_of(table)
        return any(each.table in told for word in said for each in self.by.names.kinds.get((word,), ()))

    def _kinds_of(self, table: str) -> set[str]:
        """A table and those that only list kinds of its rows."""
        entities = self.by.model.entities
        return {r.refers_table for r in self.by.model.outgoing[table] if entities[r.refers_table].lookup} | {table}

    def _may_miss(self, place: Field) -> bool:
        """Whether a date can be empty at all: what always happened says nothing."""
        role = self.by.attribute((place.table, place.column)).date_role
        column = self.by.model.schema.by_key[place.table].by_name[place.column]
        return column.nullable and role is not meaning.DateRole.AUDIT

    # -- bounds ---------------------------------------------------------------------------------------------------

    def _bound(self, act: Act, home: str) -> None:
        """ "fee over 100": a bound on a column of the row; those on counted things are left to `having`."""
        if not act.nouns or act.number is None:
            return
        if act.unit in _OTHER_SCALE:
            raise Misfit  # a column may hold 7 or 0.07 for 7 %
        options = self.by.fields(act.nouns[0], home, lambda attribute: attribute.part in _BOUND)
        if not options:
            return
        cost, place = self.by.choose(f"b{act.start}", options)
        self.made.pay(cost)
        self.made.bounded.append(act)
        self.made.where.append(Test(field=place, operator=act.comparison, values=(_whole(act.number),)))

    def _against(self, act: Act, home: str) -> None:
        """ "below reorder level": what is in stock where one column says so; else what was said before it."""
        *first, second = act.nouns
        cost, right = self.by.choose(f"g{act.start}", self.by.fields(second, home, _is_number))
        self.made.pay(cost)
        if first:
            options = self.by.fields(first[0], home, _is_number)
        else:
            own = [a for a in self.by.model.of(right.table) if a.adds is meaning.Adds.BALANCE and _is_number(a)]
            held = [each for each in own if each.column != right.column]
            if len(held) != 1:
                raise Misfit  # it is not said what is compared
            options = [(W.halved, Field(table=right.table, column=held[0].column, via=right.via))]
        unit = self.by.attribute((right.table, right.column)).unit
        alike = [each for each in options if self.by.attribute((each[1].table, each[1].column)).unit == unit]
        cost, left = self.by.choose(f"q{act.start}", [each for each in alike if each[1] != right])
        self.made.pay(cost, f"{readable(left.column)} is compared with {readable(right.column)}")
        self.made.where.append(Test(field=left, operator=act.comparison, other=right))

    def having(self, outputs: Sequence[Output]) -> tuple[Having, ...]:
        """The bounds on what is counted for each group.

        Raises:
            Misfit: it is not said on which measure a bound is.
        """
        found = []
        for act in self.ask.bounds:
            if any(act is each for each in self.made.bounded):
                continue
            measured = [each for each in outputs if each.measured]
            if len(measured) != 1 or act.number is None or len(outputs) == 1:
                raise Misfit
            tables = {c.table for c in act.nouns[0].entities()} if act.nouns else set()
            if act.nouns and not tables & set(homes(measured[0].measure)):
                raise Misfit
            found.append(Having(output=measured[0].name, operator=act.comparison, value=act.number))
        return tuple(found)


def _is_number(attribute: meaning.Attribute) -> bool:
    return attribute.part in _BOUND and attribute.formula is None


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value
