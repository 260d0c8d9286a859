"""What every form of an answer has: the things it is about, its order, and that no word was left aside. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.question.model import Bucket, Order, Output, Question, Test
from engine.reading.acts import EXTREMES, Act
from engine.reading.comparisons import Comparisons
from engine.reading.conditions import Conditions
from engine.reading.dates import Dates
from engine.reading.dimensions import Dimensions
from engine.reading.measures import Measures
from engine.reading.states import States
from engine.reading.tying import Misfit, Part
from engine.reading.weights import W

# Words of command that a reading must follow.
_MUST = frozenset({"SHARE", "RATE", "RUN", "CHANGE", "TREND", "MANY", "AGG", "NETTED"})


@dataclass(frozen=True)
class Reading:
    """One reading of a request: the question, what it costs, what was taken for granted, and what was chosen."""

    question: Question
    cost: float
    notes: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()
    doubt: float = 0.0
    """What of the cost speaks against it."""


@dataclass
class Shape(Part):
    """A form of an answer, made of the parts of a reading."""

    dates: Dates
    states: States
    conditions: Conditions
    measures: Measures
    dimensions: Dimensions
    comparisons: Comparisons

    @property
    def rank(self) -> Act | None:
        """The superlative of the request."""
        return next(iter(self.ask.ranks), None)

    def reading(self, question: Question) -> Reading:
        """The question with what it cost."""
        made, ask = self.made, self.ask
        return Reading(question, made.cost, tuple(made.notes), tuple(made.choices), ask.left, made.cost - ask.usual)

    def subject(self) -> str:
        """The table whose rows are ranked or listed; empty where none was named."""
        named = [*self.bare["subject"], *self._ranked_things()][:1]
        if not named:
            return ""
        candidates = named[0].nouns[0].entities()
        if not candidates:
            raise Misfit
        self.made.pay(W.unlike * (1 - candidates[0].score))
        self.made.used.add(candidates[0].table)
        self.made.role = candidates[0].via
        return candidates[0].table

    def _ranked_things(self) -> list[Act]:
        """ "top 5 machines": the things that a superlative itself names."""
        rank = self.rank
        if rank is None or not rank.nouns or not rank.nouns[0].entities() or ":" in rank.detail:
            return []
        measured = bool(self.ask.wishes or self.bare["measure"]) or rank.kind == "frequent"
        return [rank] if measured or not self.measures.measured_noun(rank) else []

    def order(self, outputs: Sequence[Output]) -> tuple[tuple[Order, ...], int | None]:
        """How rows with measures are sorted, and how many are kept."""
        ask, rank = self.ask, self.rank
        measured = [each for each in outputs if each.measured]
        if len(measured) == len(outputs):
            if rank is not None or ask.limit:
                raise Misfit
            return (), None
        if rank is not None:
            if not rank.nouns and self._is_extreme(rank):
                raise Misfit  # "highest rate by room type" is the highest of each
            by = measured[-1] if rank.nouns else measured[0]
            limit = int(rank.number) if rank.number else ask.limit or 1
            return (Order(by=by.name, descending=not rank.detail.startswith("-")),), limit
        times = [each for each in outputs if isinstance(each.value, Bucket)]
        if times and "DESC" not in ask.marks:
            return tuple(Order(by=each.name) for each in times), ask.limit
        return (Order(by=measured[0].name, descending="ASC" not in ask.marks),), ask.limit

    def _is_extreme(self, rank: Act) -> bool:
        """Whether a superlative is of a number whose function was not said, and not of how much things add up to."""
        told = [*self.ask.wishes, *self.bare["measure"]]
        bare = bool(self.bare["measure"]) and not any(wish.function for wish in self.ask.wishes)
        return rank.unit in EXTREMES and bool(told) and bare and not any(a.detail == "which" for a in self.ask.bare)

    def finish(self, home: str, fact: bool) -> None:
        """Nouns that only say what the rest is about must be tied to it, and every word of command must be followed.

        Raises:
            Misfit: a word of command was not followed.
        """
        ask = self.ask
        if not self.made.held and any(all(act is not each for each in self.made.bounded) for act in ask.bounds):
            raise Misfit
        if {mark for mark in ask.marks if mark.split(":")[0] in _MUST} - self.made.followed:
            raise Misfit
        if "OR" in ask.marks and len({a.nouns[0].candidates[0].place for a in ask.onlys}) > 1:
            raise Misfit
        if fact and self.bare["shown"]:
            raise Misfit
        if not fact and "MONEY" in ask.marks:
            raise Misfit  # what was charged is no list of things
        tests = [each for each in self.made.where if isinstance(each, Test)]
        runs = {each.field for each in tests if each.operator == "running"}
        if any(each.operator == "is not null" and each.field in runs for each in tests):
            raise Misfit  # who is there now has not left
        self._pay_for_contexts({home, *self.made.used})

    def _pay_for_contexts(self, used: set[str]) -> None:
        for act in self.bare["context"]:
            scores = [c.score for c in act.nouns[0].entities() if c.table in used]
            with_role = any(c.via for c in act.nouns[0].candidates)
            self.made.pay(W.unlike * (1 - max(scores)) if scores and not with_role else W.unused)
