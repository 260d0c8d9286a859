"""When something is asked about: the date that a period belongs to, and dates compared with each other. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from engine.language.words import called, readable, split_identifier, stem
from engine.question.model import Field, Test
from engine.reading.acts import Act
from engine.reading.candidates import HAPPENED, PREPARED, UNDONE, one_root
from engine.reading.nouns import Noun
from engine.reading.tying import Misfit, Part
from engine.reading.vocabulary import happening
from engine.reading.weights import W
from engine.semantics import model as meaning
from engine.semantics.model import Attribute, DateRole

# A shorter word is no root by which a measure and a date are of one thing.
_ROOT = 4


def said_of(attribute: Attribute) -> set[str]:
    """The words of all names of a column."""
    return {word for name in attribute.names for word in name}


def is_date(attribute: Attribute) -> bool:
    """Whether a column holds dates."""
    return attribute.part is meaning.Part.DATE


@dataclass
class Dates(Part):
    """The dates and periods of one reading."""

    def of(self, table: str) -> list[Attribute]:
        """The dates of a table, as its columns are ordered."""
        return [each for each in self.by.model.of(table) if is_date(each)]

    def date_field(self, noun: Noun | None, home: str, key: str) -> Field:
        """The date that was said, the last that was spoken of, or the one on which the rows of a table happened."""
        if noun is not None:
            cost, place = self.by.choose(key, self.by.fields(noun, home, is_date))
            self.made.pay(cost)
            self.made.spoken.append(place)
            return place
        for act in self.bare["date"]:
            if options := self.by.fields(act.nouns[0], home, is_date):
                cost, place = self.by.choose(key, options)
                self.made.pay(cost)
                self.made.placed.add(act.start)
                self.made.spoken.append(place)
                return place
        for place in reversed(self.made.spoken):
            if self.by.ways.up(home, place.table, place.via):
                return place
        return self._reached_date(home) or self._date_of_measure(home) or self.own_date(home, key)

    def _reached_date(self, home: str) -> Field | None:
        """The date on which rows came to the state that is asked for: "completed in March" is by the day of that."""
        if any(mark.startswith("SHARE") for mark in self.ask.marks):
            return None  # a share is of all rows, which have another date in common
        states = {
            tuple(map(stem, split_identifier(words)))
            for act in self.ask.onlys
            if act is not self.made.shared_value and not act.negated
            for each in act.nouns[0].values()[:1]
            for words in (act.nouns[0].text, str(each.value))
        }
        found = [each for each in self.of(home) if any(state and set(state) <= said_of(each) for state in states)]
        if not found:  # who checked out departed
            others = {other for state in states for other in happening(state)}
            found = [each for each in self.of(home) if any(set(other) <= said_of(each) for other in others)]
        if len(found) != 1:
            return None
        self.made.pay(0.0, f"the period is that of {readable(found[0].column)}")
        return Field(table=home, column=found[0].column)

    def _date_of_measure(self, home: str) -> Field | None:
        """The date that is called like what is added up: an amount refunded is of the day on which it was."""
        said = {
            word
            for place in self.made.measured
            if place[0] == home
            for word in said_of(self.by.attribute(place))
            if len(word) >= _ROOT
        }
        found = [
            each
            for each in self.of(home)
            if each.date_role is not DateRole.AUDIT
            if any(one_root(word, other) for word in said for other in said_of(each) if len(other) >= _ROOT)
        ]
        if len(found) != 1:
            return None
        self.made.pay(0.0, f"the period is that of {readable(found[0].column)}")
        return Field(table=home, column=found[0].column)

    def own_date(self, home: str, key: str) -> Field:
        """The date on which the rows of a table happened, or else that of the rows they belong to.

        Raises:
            Misfit: neither has one.
        """
        if home not in self.made.own_dates:
            self.made.own_dates[home] = self._own_date(home, key)
        return self.made.own_dates[home]

    def _own_date(self, home: str, key: str) -> Field:
        own = self.of(home)
        if (named := self.by.names.happened_on.get(home)) is not None:
            self.made.pay(W.named_date if len(own) > 1 else 0.0, f"the period is that of {readable(named.column)}")
            return Field(table=home, column=named.column)
        happened = [each for each in own if each.date_role in HAPPENED and not (UNDONE | PREPARED) & said_of(each)]
        started = any(each.date_role is DateRole.START for each in own)
        for role in HAPPENED:
            # What was announced or planned before it began happened when it began.
            of_role = [each for each in own if each.date_role is role and not UNDONE & said_of(each)]
            if found := [each for each in of_role if not (started and PREPARED & said_of(each))]:
                names = {("date",), *self.by.model.entities[home].names}
                found.sort(key=lambda each: not names & set(each.names))
                options = [(W.next_date * at, Field(table=home, column=a.column)) for at, a in enumerate(found)]
                _, place = self.by.choose(key, options)
                self.made.pay(
                    W.guessed_date if len(happened) > 1 else 0.0, f"the period is that of {readable(place.column)}"
                )
                return place
        for relation in self.by.model.outgoing[home]:
            for each in self.of(relation.refers_table):
                if each.date_role is DateRole.EVENT:
                    told = f"the period is that of {readable(each.column)} of {called(each.table)}"
                    self.made.pay(W.guessed_date + W.hop, told)
                    return Field(table=each.table, column=each.column)
        raise Misfit

    def times(self, home: str) -> list[tuple[Test, str]]:
        """The periods, which become conditions; two of one date are left to who compares them."""
        for act in self.ask.laters:
            made = self._later(act, home)
            self.made.where.append(made)
            self.made.shareable.append((act.start, made))
        inside = {id(act) for none in self.ask.nones for act in self.of_none(none)}
        found: list[tuple[Test, str]] = []
        for act in self.ask.whens:
            if id(act) not in inside:
                place = self.date_field(act.nouns[0] if act.nouns else None, home, f"w{act.start}")
                found.append((within(place, act), act.period.label if act.period else ""))
        compared = self.ask.versus or "CHANGE" in self.ask.marks or self.ask.more
        if len(found) == 2 and found[0][0].field == found[1][0].field and compared:
            return found
        if len({test.field for test, _ in found}) != len(found):
            raise Misfit
        self.made.where += [test for test, _ in found]
        return found[:1]

    def of_none(self, none: Act) -> list[Act]:
        """The periods that stand right behind "without ...": they say when there was none."""
        return [act for act in self.ask.whens if 0 <= act.start - none.end <= 2 and not act.nouns]

    def _later(self, act: Act, home: str) -> Test:
        """ "arrived after the promised date"; what is not said is the date on which what was due came about."""
        *first, second = act.nouns
        cost, right = self.by.choose(f"l{act.start}", self.by.fields(second, home, is_date))
        self.made.pay(cost)
        if first:
            lefts = [each for each in self.by.fields(first[0], home, is_date) if each[1] != right]
        else:
            done = self.completion(right.table, right.column)
            lefts = [(W.guessed_date, Field(table=right.table, column=done, via=right.via))] if done else []
        cost, left = self.by.choose(f"k{act.start}", lefts)
        self.made.pay(cost)
        self.made.spoken.append(left)
        return Test(field=left, operator=act.comparison, other=right)

    def completion(self, table: str, due: str) -> str:
        """The date on which what was due came about: the last event behind it; empty where there is none."""
        own = self.of(table)
        behind = own[next((at for at, each in enumerate(own) if each.column == due), 0) + 1 :]
        done = [each for each in behind if each.date_role in (DateRole.EVENT, DateRole.END)]
        return done[-1].column if done else ""


def within(place: Field, act: Act) -> Test:
    """That a date lies in the period of an act."""
    period = act.period
    assert period is not None
    bounds = tuple(day.isoformat() if day else None for day in (period.start, period.end))
    return Test(field=place, operator="within", values=bounds)
