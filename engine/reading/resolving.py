"""From what is asked to typed questions: nouns are tied to columns and keys together, each way with its cost. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from engine.compiling.ways import Ways
from engine.question.model import Aggregate, Exists, Test
from engine.reading.acts import Act
from engine.reading.asking import Ask, Wish
from engine.reading.belonging import Zone, apart, conditions_of
from engine.reading.comparisons import Comparisons
from engine.reading.conditions import Conditions
from engine.reading.dates import Dates
from engine.reading.dimensions import Dimensions
from engine.reading.facts import Facts
from engine.reading.listing import Lists
from engine.reading.measures import Measures
from engine.reading.names import Names
from engine.reading.roles import ROLES, roles_of
from engine.reading.shaping import Reading
from engine.reading.states import States, running_end
from engine.reading.tying import Making, Misfit, Place
from engine.reading.vocabulary import adds_up
from engine.reading.weights import W
from engine.semantics.model import Part

_MOST_TURNS = 3


class Resolver:
    """Ties one request's asks to one place."""

    def __init__(self, names: Names, ways: Ways, today: date) -> None:
        self.by = Place(names, ways, today)

    def readings(self, ask: Ask) -> list[Reading]:
        """Every reading of an ask, with the other choice of each noun that could be two things."""
        found = self._all(ask, ())
        if split := apart(ask, self.by):
            found += self._all(*split)
        return [*found, *(part for each in found if (part := self._of_today(each)))]

    def _of_today(self, reading: Reading) -> Reading | None:
        """Of all things on record those that have something that runs today: tenants with a running lease.

        "How many tenants do we have" may mean either, so each stands beside the other.
        """
        question = reading.question
        value = question.outputs[0].value
        alone = len(question.outputs) == 1 and not question.where and isinstance(value, Aggregate)
        if not alone or not isinstance(value, Aggregate) or value.function != "count" or value.value is not None:
            return None
        for relation in self.by.model.incoming[value.table]:
            place = running_end(relation.table, self.by.model)
            if place is not None and len(self.by.model.outgoing[relation.table]) > 1:
                test = Test(field=place, operator="running", values=(self.by.today.isoformat(),))
                running = Exists(table=relation.table, tests=(test,))
                changed = question.model_copy(update={"where": (running,)})
                return replace(reading, question=changed, cost=reading.cost + W.whole_or_part)
        return None

    def _all(self, ask: Ask, zones: tuple[Zone, ...]) -> list[Reading]:
        found = []
        for roles in roles_of(ask, self.by):
            self.by.turn, self.by.options = {}, {}
            first = self._read(ask, zones, roles)
            if first is None:
                continue
            found.append(first)
            for key, count in dict(self.by.options).items():
                for turn in range(1, min(count, _MOST_TURNS)):
                    self.by.turn = {key: turn}
                    if other := self._read(ask, zones, roles):
                        found.append(other)
        return found

    def _read(self, ask: Ask, zones: tuple[Zone, ...], roles: dict[int, str]) -> Reading | None:
        try:
            return _Reader(self.by, ask, zones, roles).read()
        except Misfit:
            return None


class _Reader:
    """Reads one ask with the parts of its bare nouns settled."""

    def __init__(self, by: Place, ask: Ask, zones: tuple[Zone, ...], roles: dict[int, str]) -> None:
        self.by, self.ask, self.zones = by, ask, zones
        self.made = Making(ask.cost)
        self.bare = {role: [act for act in ask.bare if roles.get(act.start) == role] for role in ROLES}
        on = (by, ask, self.made, self.bare)
        dates = Dates(*on)
        states = States(*on, dates)
        conditions = Conditions(*on, dates, states)
        measures, dimensions, comparisons = Measures(*on), Dimensions(*on, dates), Comparisons(*on, conditions)
        self.facts = Facts(*on, dates, states, conditions, measures, dimensions, comparisons)
        self.lists = Lists(*on, dates, states, conditions, measures, dimensions, comparisons)

    def read(self) -> Reading:
        """The reading.

        Raises:
            Misfit: the parts do not go together.
        """
        self._check_bare()
        self.made.where += conditions_of(self.zones, self.by, self.made)
        wishes = self._wishes()
        if wishes:
            if self.bare["subject"] and not self._ranked and not self._leads(wishes):
                raise Misfit
            return self.facts.read(wishes)
        if self._ranks_groups():
            return self.facts.read([])
        if self.bare["subject"] or self.bare["shown"] or self._ranked:
            return self.lists.read()
        raise Misfit

    @property
    def _ranked(self) -> list[Act]:
        """The superlatives that name something."""
        return [act for act in self.ask.ranks if act.nouns]

    def _wishes(self) -> list[Wish]:
        wishes = [
            *self.ask.wishes,
            *(Wish("measure", act.nouns, "", act.start) for act in self.bare["measure"]),
            *(Wish("count", act.nouns, "", act.start) for act in self.bare["count"]),
        ]
        if not wishes and not self.bare["subject"]:
            wishes = self.facts.dated_wishes()
        return sorted(wishes, key=lambda wish: wish.at)

    def _leads(self, wishes: list[Wish]) -> bool:
        """ "list the customers and their number of orders": the things stand first."""
        subject = self.bare["subject"][0]
        return self.ask.listing and bool(subject.detail) and subject.start < wishes[0].at

    def _check_bare(self) -> None:
        """Nouns that are counted or added up without a word that says so must be tied to each other."""
        ask, counted = self.ask, self.bare["count"]
        acts = [*self.bare["measure"], *counted]
        if acts and any(wish.formula for wish in ask.wishes):
            raise Misfit  # a formula is the one thing that is asked for
        for act in acts:
            self.made.pay(W.bare_measure if act.start not in ask.joined else W.small)
        if "MANY" not in ask.marks and any(adds_up(act.nouns[0].text) for act in counted):
            self.made.pay(W.no_money)
        if counted and not ask.groups and "MANY" not in ask.marks and not ask.more:
            self.made.pay(W.bare_count)  # "more reports than ..." is how many there are
        if counted and self._ranked:
            raise Misfit
        if "MANY" in ask.marks and not counted and not any(act.nouns for act in ask.bounds):
            raise Misfit
        self._check_led()
        contexts = {act.start for act in self.bare["context"]}
        if any(ask.tied_to.get(act.start) in contexts for act in acts):
            raise Misfit  # "subscriptions and MRR by plan" asks for both
        self._check_joined(sorted(act.start for act in acts))

    def _check_led(self) -> None:
        """What stands behind "which" or "list" is what is asked for."""
        if any(act.detail in ("which", "listed") and act.nouns[0].entities() for act in self.bare["context"]):
            raise Misfit  # "which city has ..." asks for the city, "list the employees ..." for them
        if any(act.detail == "which" for act in self.bare["context"]):
            raise Misfit
        if any(act.detail == "which" and act.nouns[0].entities() for act in self.bare["shown"]):
            raise Misfit  # "which machines had ..." asks for machines, not for what has one

    def _check_joined(self, starts: list[int]) -> None:
        ask = self.ask
        if not starts:
            return
        explicit = [wish.at for wish in ask.wishes]
        leading = not any(at < starts[0] for at in explicit)
        if any(at not in ask.joined for at in (starts[1:] if leading else starts)):
            raise Misfit
        tied = any(wish.operator for wish in ask.wishes) or any(act.kind == "=AND" for act in ask.order)
        if leading and explicit and not tied:
            raise Misfit

    def _ranks_groups(self) -> bool:
        """Whether a superlative ranks by what is counted or added up for each thing, not by a column of its own."""
        if not self._ranked:
            return False
        rank = self._ranked[0]
        if rank.kind == "frequent":
            return True
        aggregated = ":" in rank.detail
        if self.bare["group"] and not self.bare["subject"]:
            if not aggregated and rank.nouns[0].fields():
                raise Misfit  # the highest of the rows or of the groups: not said
            return True
        subject = {c.table for act in self.bare["subject"] for c in act.nouns[0].entities()}
        own = [self.by.attribute(c.place).part for c in rank.nouns[0].fields() if c.table in subject]
        return bool(subject) and (aggregated or not {Part.MEASURE, Part.ORDINAL, Part.DATE} & set(own))
