"""Answers with measures: counts, sums and what is made of them, in all or by what they are told apart by. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from engine.compiling.asking import homes
from engine.question.model import Aggregate, Field, Output, Question
from engine.reading.acts import OUT, TYPICAL, Act
from engine.reading.asking import Wish
from engine.reading.candidates import Candidate
from engine.reading.measured import Measured
from engine.reading.measures import put_together
from engine.reading.shaping import Reading, Shape
from engine.reading.tying import Misfit, slug
from engine.reading.weights import W
from engine.semantics.model import Adds, Part

# What is said of money before it is of how often.
_SPENT = frozenset("paid received collected refunded invoiced billed spent earned charged settled".split())


class Facts(Shape):
    """The form of an answer with measures."""

    def read(self, wishes: Sequence[Wish]) -> Reading:
        """The reading.

        Raises:
            Misfit: the parts do not go together.
        """
        ask = self.ask
        subject = self.subject()
        measures = self._measures(wishes, subject)
        if "MONEY" in self.ask.marks and all(each.unit == "count" for each in measures):
            self.made.pay(W.no_money)
        measures, home = self._bridged(measures, homes(measures[0].value)[0], subject)
        measures, groups = self._averaged(wishes, measures)
        dimensions, keys = self.dimensions.read(groups, home)
        within: tuple[str, ...] = ()
        if subject and subject != home:
            outputs, own = self.dimensions.of_entity(subject, home)
            within = tuple(each.name for each in dimensions) if self.rank is not None else ()
            dimensions, keys = [*dimensions, *outputs], [*keys, *own]
        elif subject and self.rank is None:
            raise Misfit
        outputs = [*dimensions, *self._outputs(measures, home, bool(dimensions))]
        outputs = self.comparisons.with_running(outputs)
        self.made.held = self.conditions.having(outputs)
        order, limit = self.order(outputs)
        outputs, order, verdict = self.comparisons.verdict(outputs, order)
        self.finish(home, True)
        return self.reading(
            Question(
                subject=home,
                outputs=tuple(outputs),
                where=tuple(dict.fromkeys(self.made.where)),
                keys=tuple(keys),
                having=self.made.held,
                order=order,
                limit=limit,
                ties=self.rank is not None,
                within=within,
                verdict=verdict,
                chart=next((act.detail for act in ask.order if act.kind == "=SHOW"), ""),
            )
        )

    def _measures(self, wishes: Sequence[Wish], subject: str) -> list[Measured]:
        measures = [self.measures.measure(wish) for wish in wishes]
        if self.rank is not None and self.rank.detail in ("late", "early"):
            raise Misfit  # the latest of each is no order of sums
        if self.rank is not None and self.rank.nouns:
            extra = self.measures.rank_measure(self.rank, subject, measures)
            if extra is not None and all(extra.value != each.value for each in measures):
                measures.append(extra)
        measures = [self.measures.in_unit(each) for each in put_together(measures)]
        if not measures or len({repr(each.value) for each in measures}) < len(measures):
            raise Misfit
        return measures

    def _bridged(self, measures: list[Measured], home: str, subject: str) -> tuple[list[Measured], str]:
        """Rows counted for things that are several to a row, and the table in between: policies by cover."""
        wanted = [subject] if subject and subject != home else []
        for act in self.ask.groups:
            tables = [each.table for each in act.nouns[0].entities()] if act.nouns else []
            wanted += tables[:1] if not act.nouns or not act.nouns[0].fields() else []
        far = [table for table in wanted if table != home and not self.by.ways.up(home, table)]
        key = self.by.model.entities[home].key
        counted = [each.value for each in measures]
        plain = all(isinstance(v, Aggregate) and v.function == "count" and v.value is None for v in counted)
        if not far or len(key) != 1 or not plain:
            return measures, home
        between = [
            table
            for table, entity in self.by.model.entities.items()
            if not entity.copy_of
            and all(len(ways) == 1 and len(ways[0]) == 1 for ways in (self.by.ways.up(table, t) for t in (home, *far)))
        ]
        if len(between) != 1:
            return measures, home
        self.made.used.add(between[0])
        value = Aggregate(function="count", table=between[0], value=Field(table=home, column=key[0]), distinct=True)
        return [replace(each, value=value) for each in measures], between[0]

    def _averaged(self, wishes: Sequence[Wish], measures: list[Measured]) -> tuple[list[Measured], list[Act]]:
        """ "average number of tickets per account", "fee per kilometre": with the groups that are left."""
        marks = [mark for mark in self.ask.marks if mark.startswith("AGG:")]
        function = marks[0].removeprefix("AGG:") if marks else ""
        groups = list(self.ask.groups)
        if self.bare["count"] or any(wish.kind == "count" for wish in wishes):
            self.made.followed.add("MANY")
        if any(act.kind == "grain" for act in groups):
            self.made.followed.add("TREND")
        per, rest = self.measures.per(groups, measures, function)
        if any(act.detail == TYPICAL for act in rest):
            raise Misfit
        if per is not None:
            self.made.followed |= set(marks)
            apart = {c.table for act in groups if act not in rest for c in act.nouns[0].entities()}
            if any(c.table in apart for act in self.bare["group"] for c in act.nouns[0].entities()):
                raise Misfit  # what the average is per is no group
            if "INCLUDING" in self.ask.marks:  # "counting accounts without tickets too" says of what the average is
                counted = homes(measures[0].value)[0]
                self.made.taken += tuple(
                    act for act in self.ask.nones if counted in {each.table for each in act.nouns[0].entities()}
                )
            return per, rest
        if function and measures[0].wish.kind == "count":
            raise Misfit
        return measures, groups

    def _outputs(self, measures: list[Measured], home: str, grouped: bool) -> list[Output]:
        """The columns of the measures, once all conditions stand."""
        self.states.read(home, dating=True)
        times = self.dates.times(home)
        pair = self.comparisons.compared_values(home) if self.ask.more and len(times) < 2 else ()
        self.conditions.read(home)
        measures = self.comparisons.shared(measures, grouped)
        if pair:
            return self.comparisons.beside(measures, pair)
        if len(times) == 2:
            return self.comparisons.two_periods(measures, times)
        outputs: list[Output] = []
        for each in measures:
            name = slug(each.label, outputs)
            outputs.append(Output(name=name, label=each.label, value=each.value, unit=each.unit))
        return outputs

    def _more_of(self) -> Act | None:
        """ "more no-shows in Cardiology than in Orthopaedics": the value that is counted."""
        acts = self.ask.order
        return next((after for act, after in pairwise(acts) if act.kind == "=MORE" and after.kind == "only"), None)

    def _by_value(self) -> Wish | None:
        """ "property taxes by property in 2025": what the rows of a value add up to, where they have one amount."""
        ask = self.ask
        told = ask.groups or ask.whens or any(mark.startswith("AGG:sum") for mark in ask.marks)
        if len(ask.onlys) != 1 or ask.onlys[0].negated or not told or ask.marks & {"MANY", "SHARE"}:
            return None
        act = ask.onlys[0]
        if any(each.nouns[0].entities() for each in ask.bare if each.nouns[0].start > act.start):
            return None
        found = []
        for value in act.nouns[0].values():
            for table, _ in self.by.facts_of(value.table):
                own = [a for a in self.by.model.of(table) if a.part is Part.MEASURE and a.adds is Adds.FLOW]
                if len(own) == 1 and value.score > W.whole:
                    found.append(own[0])
        if len(found) != 1:
            return None
        self.made.pay(W.subject_value, f"{act.nouns[0].text} is {found[0].column} added up")
        self.made.followed |= {mark for mark in ask.marks if mark.startswith("AGG:sum")}
        noun = replace(act.nouns[0], candidates=(Candidate("field", *found[0].place),))
        return Wish("measure", (noun,), "", act.start)

    def dated_wishes(self) -> list[Wish]:
        """Rows counted by a date that is named like them ("2026 orders"), or by the value that a share is of."""
        ask = self.ask
        meant = [act for act in ask.onlys if act.unit != OUT]
        if "SHARE" in ask.marks and meant and not any(act.nouns[0].entities() for act in ask.bare):
            # "cancellation % by region": the share of all rows that have the value.
            self.made.pay(W.bare_measure)
            last = meant[-1]
            self.made.shared_value = last
            return [Wish("count", last.nouns, "share", last.start)]
        if ask.more and (counted := self._more_of()) is not None:
            self.made.pay(W.bare_measure)
            self.made.shared_value = counted
            return [Wish("count", counted.nouns, "", counted.start)]
        if (wish := self._by_value()) is not None:
            return [wish]
        found = self.bare["date"]
        if len(found) != 1 or not (ask.groups or ask.whens):
            return []
        self.made.pay(W.bare_measure + W.guessed_date)
        if _SPENT & set(found[0].nouns[0].text.lower().split()):
            self.made.pay(W.no_money)  # "paid out per month" is an amount before it is a number
        return [Wish("count", found[0].nouns, "", found[0].start)]
