"""The small phrases of a request, each an act: count this, group by that, only those, in that time. Pure.

The grammar is ambiguous on purpose: a stretch of words gives every act that it may be, and `covering` keeps the many
ways in which acts cover the request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from engine.language.periods import PeriodMatch
from engine.question.model import Comparison
from engine.reading.formulas import Chain, Formulas
from engine.reading.lattice import Piece
from engine.reading.names import VERBAL
from engine.reading.nouns import Found, Noun, with_role
from engine.reading.weights import W

COMPARISONS: dict[str, Comparison] = {"=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_COMMANDS = (
    "SHARE", "RATE", "OVER", "MINUS", "PLUS", "TIMES", "RUN", "CHANGE", "VERSUS", "TREND", "SHOW", "AND", "COMMA", "OR",
    "LIST", "INCLUDING", "DESC", "ASC", "SORT", "YES", "MORE", "DISTINCT", "UNIT", "BOTH", "ONLY", "AGG", "MANY",
    "NUMBER", "BY", "FOR", "HAVE", "MONEY", "NETTED",
)  # fmt: skip
# What may stand behind the noun that it is of: "fee total", "deliveries count".
_BEHIND = frozenset("total totals sum average avg median mean".split()) | {
    "add up to",
    "adds up to",
    "sum up to",
    "total up to",
}
CONDITIONS = ("only", "state", "happened")
# What is left out, and is never what a share is of.
OUT = "out"
# Superlatives of a number itself; "top" and "most" are of things.
EXTREMES = frozenset("highest largest biggest greatest maximum longest lowest smallest minimum shortest".split())
# What a formula of the request gives is called so.
TERM = "=TERM"
# The function of a measure that is what the lines of each thing come to.
WORTH = "worth"
# A group that stands for each of its kind: it is one only where an average is asked for.
TYPICAL = "a"
_ONE = ("a", "an", "one", "each", "every")
_VERBAL_BEFORE = ("been", "ever", "never", "we", "they", "who")
_IN_TIME = frozenset("earliest latest soonest newest oldest nearest".split())
_COUNTS = frozenset("count counts headcount".split())
_TIMED = ("hours", "minutes")
_ARTICLES = ("a", "an", "any", "some", "the", "all", "our", "those", "every", "of")
_LISTING = ("show", "list", "give", "return", "display", "me")
# A clause that says where or when something is, and how many words it has before its verb.
_WHERE = frozenset("where wherein whereat".split())
_CLAUSE = 4
_HAVING = ("have", "has", "had", "having")
_MOST_ROWS = 1000


@dataclass(frozen=True)
class Act:
    """One phrase: what it does, over which nouns, and what the words cost."""

    kind: str
    start: int
    end: int
    detail: str = ""
    nouns: tuple[Noun, ...] = ()
    period: PeriodMatch | None = None
    number: float | None = None
    negated: bool = False
    cost: float = 0.0
    unit: str = ""
    formula: Chain | None = None

    @property
    def comparison(self) -> Comparison:
        """The operator of a bound."""
        return COMPARISONS[self.detail]


@dataclass
class Grammar(Formulas):
    """The acts that may start at each place of one lattice."""

    _acts: dict[int, tuple[Act, ...]] = field(default_factory=dict)

    def acts(self, at: int) -> tuple[Act, ...]:
        """Every act that may start at a place."""
        if at not in self._acts:
            makers = (
                self._counted, self._aggregated, self._weighted, self._worth, self._extreme, self._elapsed, self._spans,
                self._grouped, self._grouped_apart, self._typical, self._defined, self._owed,
                self._dated_in, self._later, self._only, self._states, self._happened, self._none, self._bound,
                self._against, self._ranked, self._commands,
            )  # fmt: skip
            found = [ones for make in makers for act in make(at) for ones in (act, *self._ones(act))]
            led_by = self._led_by(at)
            for noun, cost in self.nouns(at):
                more = W.meant if self._is_value(noun) else 0.0
                found.append(Act("noun", at, noun.end, led_by, (noun,), cost=cost + more))
            self._acts[at] = tuple(found)
        return self._acts[at]

    def _ones(self, act: Act) -> Iterator[Act]:
        """ "not counting deleted accounts": what is left out is of the things asked about, whatever it is called."""
        before = self.lattice.tokens[act.start - 1].low if act.start else ""
        tied = before in ("and", "or", ",") and act.kind in CONDITIONS and not act.negated
        for piece in self.pieces(act.end, "ONES") if act.unit == OUT or tied else ():
            yield replace(act, end=piece.end, cost=act.cost + W.small, unit=OUT)

    def _is_value(self, noun: Noun) -> bool:
        """Whether the words of a noun stand in the data as a value, and name nothing as surely: sold, of a sale."""
        exact = [p for p in self.pieces(noun.start, "VALUE") if p.end == noun.end and p.candidates[0].score > W.whole]
        named = max((each.score for each in noun.candidates if each.place not in self.dates), default=0.0)
        return bool(exact) and (named <= W.whole or VERBAL.search(noun.text.lower()) is not None)

    def _led_by(self, at: int) -> str:
        """The word that a noun stands behind where it tells its part: "which city", "that have an invoice"."""
        for place in range(at - 1, max(0, at - 3) - 1, -1):
            last = self.lattice.tokens[place].low
            if last not in _ARTICLES and not any(True for _ in self.pieces(place, "NUMBER")):
                break
        else:
            return ""
        led = {"which": ("which", "what"), "have": _HAVING, "listed": _LISTING}
        return next((part for part, words in led.items() if last in words), "")

    # -- measures -------------------------------------------------------------------------------------------------

    def _counted(self, at: int) -> Iterator[Act]:
        """ "how many customers", "number of different cities", "deliveries count"."""
        for piece, place, cost in self.led(at, "MANY", over=("DISTINCT",)):
            apart = [p for start in range(piece.end, place) for p in self.pieces(start, "DISTINCT") if p.end == place]
            for noun, more in self._things(place):
                yield Act("count", at, noun.end, "distinct" if apart else "", (noun,), cost=cost + more)
        for noun, cost in self.nouns(at):
            for piece in self.pieces(noun.end, "MANY"):
                if piece.text in _COUNTS:
                    yield Act("count", at, piece.end, "", (noun,), cost=cost)

    def _aggregated(self, at: int) -> Iterator[Act]:
        """ "total fee", "average number of stops", "fee total"."""
        for piece, place, cost in self.led(at, "AGG", over=("MANY",)):
            counted = self._passes_many(piece.end, place)
            for noun, more in self.nouns(place):
                unit = "many" if counted else ""
                yield Act("measure", at, noun.end, piece.detail, (noun,), cost=cost + more, unit=unit)
                if piece.detail == "avg":
                    yield from self._weighted_by(at, noun, cost + more)
            if counted and any(True for _ in self.pieces(place, "VALUE", "STATE")):
                yield Act("measure", at, place, piece.detail, (), cost=cost, unit="many")  # "average number of open"
        for noun, cost in self.nouns(at):
            for piece in self.pieces(noun.end, "AGG"):
                told = any(run.end == piece.end for run in self.pieces(at, "RUN"))
                if piece.text in _BEHIND and not told:  # a running total is none of what runs
                    yield Act("measure", at, piece.end, piece.detail, (noun,), cost=cost + W.swapped)

    def _weighted_by(self, at: int, noun: Noun, cost: float) -> Iterator[Act]:
        """ "average rate weighted by balance": each value counts as much as the other column says."""
        for piece in self.pieces(noun.end, "WEIGHT"):
            for weight, more in self.nouns(piece.end):
                yield Act("measure", at, weight.end, "avg", (noun, weight), cost=cost + more)

    def _weighted(self, at: int) -> Iterator[Act]:
        """ "balance weighted average rate": the column that weighs stands before it."""
        for weight, cost in self.nouns(at):
            for piece in self.pieces(weight.end, "WEIGHTED"):
                for average, place, more in self.led(piece.end, "AGG"):
                    if average.detail == "avg":
                        for noun, further in self.nouns(place):
                            total = cost + more + further
                            yield Act("measure", at, noun.end, "avg", (noun, weight), cost=total)

    def _worth(self, at: int) -> Iterator[Act]:
        """ "average order value": what the lines of a thing come to, over how many things there are."""
        for piece, place, cost in self.led(at, "AGG"):
            for noun, more in self.nouns(place) if piece.detail == "avg" else ():
                for worth in self.pieces(noun.end, "WORTH") if noun.entities() else ():
                    things = replace(noun, candidates=noun.entities())
                    yield Act("measure", at, worth.end, WORTH, (things,), cost=cost + more)

    def _extreme(self, at: int) -> Iterator[Act]:
        """ "the highest nightly rate": the greatest value itself, where nothing is asked that has it."""
        for piece in self.pieces(at, "SUP"):
            function = {"+": "max", "-": "min"}.get(piece.detail)
            if function is None or piece.text not in EXTREMES:
                continue
            for place, cost in self.past(piece.end):
                for noun, more in self.nouns(place):
                    if any(each.place in self.measures for each in noun.fields()):
                        yield Act("measure", at, noun.end, function, (noun,), cost=cost + more)

    def _passes_many(self, start: int, end: int) -> bool:
        """Whether a word of counting stands between two places: "average number of"."""
        return any(piece.end <= end for at in range(start, end) for piece in self.pieces(at, "MANY"))

    def _things(self, at: int) -> Iterator[Found]:
        """Nouns and values, which may be counted, ranked or missing alike."""
        yield from self.nouns(at)
        yield from self.valued(at)

    def _elapsed(self, at: int) -> Iterator[Act]:
        """ "days between ordering and delivery", "booking to appointment", "days to close"."""
        for piece, place, cost, function in self._days(at):
            for first, more in self.moments(place):
                total = cost + more
                yield Act("elapsed", at, first.end, piece.detail, (first,), cost=total + W.halved, unit=function)
                for second, further in self._until(first, ("and", "to", "until")):
                    both = (first, second)
                    yield Act("elapsed", at, second.end, piece.detail, both, cost=total + further, unit=function)
        for first, cost in self.moments(at):
            for second, further in self._until(first, ("to",)):
                yield Act("elapsed", at, second.end, "days", (first, second), cost=cost + further)

    def _spans(self, at: int) -> Iterator[Act]:
        """ "average contract length", "duration of bookings", "how long do subscriptions last"."""
        for piece, place, cost in self.led(at, "SPAN"):
            for noun, more in self.nouns(place):
                if noun.entities():
                    things = replace(noun, candidates=noun.entities())
                    act = Act("elapsed", at, noun.end, "", (things,), cost=cost + more)
                    yield self._in_unit(act)
                    for lasts in self.pieces(noun.end, "LASTS") if piece.text.startswith("how") else ():
                        yield replace(act, end=lasts.end)
        for noun, cost in self.nouns(at):
            for piece in self.pieces(noun.end, "SPAN") if noun.entities() else ():
                if piece.text in ("length", "duration"):
                    things = replace(noun, candidates=noun.entities())
                    act = Act("elapsed", at, piece.end, "", (things,), cost=cost)
                    yield self._in_unit(act)

    def _in_unit(self, act: Act) -> Act:
        """ "length of a visit in minutes", where a unit of time follows, or was taken with the noun."""
        told = [piece for piece in self.lattice.pieces if piece.category == "UNIT" and piece.detail in _TIMED]
        units = [
            piece for piece in told if piece.start == act.end or (piece.start > act.start and piece.end == act.end)
        ]
        return replace(act, end=units[0].end, detail=units[0].detail) if units else act

    def _days(self, at: int) -> Iterator[tuple[Piece, int, float, str]]:
        """ "how many days does it take on average to": what is asked, where its dates stand, and the function."""
        small = ("BETWEEN", "GRAIN", "PASSES")
        for piece, place, cost in self.led(at, "DAYS", over=small):
            yield piece, place, cost, ""
            for said, behind, more in self.led(place, "AGG", over=small):
                yield piece, behind, cost + more, said.detail

    def _until(self, first: Noun, words: tuple[str, ...]) -> Iterator[Found]:
        """The date behind another that a small word ties to it: "from opening a matter to closing it"."""
        ends = {first.end: 0.0}
        for place, gap in self.past(first.end):
            ends |= {noun.end: gap + more for noun, more in self.nouns(place) if noun.entities()}
        for end, gap in ends.items():
            for piece, place, cost in self.led(end, "AND", "OF"):
                if piece.text in words:
                    for second, more in self.moments(place):
                        yield second, gap + cost + more

    def _defined(self, at: int) -> Iterator[Act]:
        """ "i.e. scrap over good plus scrap", and before it what that is called."""
        if at == self.defines and (found := self.formula(at)):
            chain, end = found
            yield Act("formula", at, end, formula=chain)
        if at < self.defines < self.size:
            for end in self.term(at):
                yield Act(TERM, at, end, self.text(at, end), cost=W.term_word * (end - at))

    def _owed(self, at: int) -> Iterator[Act]:
        """ "outstanding balance", "still owe us": what was charged less what was paid of it."""
        yield from (Act("owed", at, piece.end, cost=W.owed) for piece in self.pieces(at, "OWED"))

    # -- groups ---------------------------------------------------------------------------------------------------

    def _grouped(self, at: int) -> Iterator[Act]:
        """ "by region", "per month of ordering", "by number of stops" where things are ranked."""
        for piece, place, cost in self.led(at, "BY", over=("DISTINCT",)):
            for grain in self.pieces(place, "GRAIN"):
                yield from self._by_grain(at, grain, cost)
            for noun, more in self.nouns(place):
                yield Act("group", at, noun.end, piece.text, (noun,), cost=cost + more)
                if noun.unit or any(each.place in self.measures for each in noun.fields()):
                    yield Act("measure", at, noun.end, "", (noun,), cost=cost + more, unit="by")
            if piece.text in ("by", "for", "per"):
                for act in (*self._counted(place), *self._aggregated(place)):
                    yield replace(act, start=at, cost=act.cost + cost, unit="by")
            yield from self._by_some(at, piece, place, cost)
            for noun, more in self.dated(place):
                yield Act("noun", at, noun.end, "by", (noun,), cost=cost + more)
                for grain in self.pieces(noun.end, "GRAIN"):
                    yield Act("grain", at, grain.end, grain.detail, (noun,), cost=cost + more)

    def _by_some(self, at: int, by: Piece, place: int, cost: float) -> Iterator[Act]:
        """ "by attended bookings", "by number of active policies": what is counted stands behind what it has to be."""
        if by.text not in ("by", "for"):
            return
        for start, more in ((place, 0.0), *((end, gap) for _, end, gap in self.led(place, "MANY"))):
            if any(True for _ in self.pieces(start, "VALUE", "STATE")):
                yield Act("count", at, start, "", (), cost=cost + more, unit="by")

    def _by_grain(self, at: int, grain: Piece, cost: float) -> Iterator[Act]:
        if grain.text.endswith("ly") or grain.text == "date":
            return
        yield Act("grain", at, grain.end, grain.detail, cost=cost)
        for place, more in self.past(grain.end):
            for noun, further in self.dated(place):
                yield Act("grain", at, noun.end, grain.detail, (noun,), cost=cost + more + further)

    def _grouped_apart(self, at: int) -> Iterator[Act]:
        """ "monthly", "month by month", "dept by dept", "assigned to each employee"."""
        for piece in self.pieces(at, "GRAIN"):
            if piece.text.endswith("ly") or piece.text == "annual" or " by " in piece.text:
                yield Act("grain", at, piece.end, piece.detail)
        for noun, cost in self._things(at):
            for place in [piece.end for piece in self.pieces(noun.end, "BY") if piece.text == "by"]:
                again = [each for each in self.nouns(place) if each[0].text.lower() == noun.text.lower()]
                yield from (Act("group", at, n.end, "by", (n,), cost=cost + more) for n, more in again)
        for role in self.roles(at):
            for by, place, cost in (found for start, _ in self.past(role.end) for found in self.led(start, "BY")):
                for noun, more in self.nouns(place):
                    if found := with_role(noun, role.candidates, at):
                        yield Act("group", at, noun.end, by.text, (found,), cost=cost + more)

    def _typical(self, at: int) -> Iterator[Act]:
        """ "how many trips does a driver make on average": one thing that stands for each of its kind."""
        averaged = any(piece.category == "AGG" and piece.detail == "avg" for piece in self.lattice.pieces)
        if averaged and self.lattice.tokens[at].low in _ONE:
            for noun, cost in self.nouns(at + 1):
                if noun.entities():
                    yield Act("group", at, noun.end, TYPICAL, (noun,), cost=cost)

    # -- time -----------------------------------------------------------------------------------------------------

    def _dated_in(self, at: int) -> Iterator[Act]:
        """ "in 2026", "delivered last month", "each of the last 12 months"."""
        for piece in self.pieces(at, "PERIOD"):
            today = W.as_today if piece.text.lower() == "today" else 0.0
            yield Act("when", at, piece.end, _each_of(piece.text), (), piece.period, cost=today)
        for noun, cost in self.dated(at):
            for place, more in self.past(noun.end):
                for piece in self.pieces(place, "PERIOD"):
                    yield Act("when", at, piece.end, "", (noun,), piece.period, cost=cost + more)

    def _later(self, at: int) -> Iterator[Act]:
        """ "after the promised date", "finished on or before the due date"."""
        for piece, place, cost in self.led(at, "LATER"):
            for noun, more in self.dated(place):
                yield Act("later", at, noun.end, piece.detail, (noun,), cost=cost + more)
        for first, cost in self.dated(at):
            for start, gap in self.past(first.end):
                for piece, place, more in self.led(start, "LATER"):
                    for noun, further in self.dated(place):
                        total = cost + gap + more + further
                        yield Act("later", at, noun.end, piece.detail, (first, noun), cost=total)

    # -- conditions -----------------------------------------------------------------------------------------------

    def _only(self, at: int) -> Iterator[Act]:
        """ "cancelled", "not cancelled", "cancelled ones excluded"."""
        for noun, cost in self.valued(at):
            cost += self._as_verb(noun)
            yield Act("only", at, noun.end, "", (noun,), cost=cost)
            for place, more in self.past(noun.end):
                for piece in self.pieces(place, "AFTERNOT"):
                    yield Act("only", at, piece.end, "", (noun,), negated=True, cost=cost + more, unit=piece.detail)
        for piece, place, cost in self.led(at, "NOT"):
            for noun, more in self.valued(place):
                yield Act("only", at, noun.end, "", (noun,), negated=True, cost=cost + more, unit=piece.detail)

    def _as_verb(self, noun: Noun) -> float:
        """What a value costs that stands where a verb does: "have never been sent an invoice"."""
        before = self.lattice.tokens[noun.start - 1].low if noun.start else ""
        verbal = any(piece.end == noun.end for piece in self.pieces(noun.start, "VERB", "TOOK_PLACE"))
        return W.verb if verbal and (before in _VERBAL_BEFORE or self.relative(noun.start)) else 0.0

    def relative(self, at: int) -> bool:
        """Whether a verb ends a clause that only says which one is meant: "the clinic where the visit took place"."""
        before = [token.low for token in self.lattice.tokens[max(0, at - _CLAUSE) : at]]
        return bool(before) and not {"which", "what"} & set(before[:1]) and bool(_WHERE & set(before[-_CLAUSE:]))

    def _states(self, at: int) -> Iterator[Act]:
        """ "running", "no longer active", "late"."""
        for piece in self.pieces(at, "STATE"):
            yield Act("state", at, piece.end, piece.detail, cost=self._as_value(piece))
            for after in self.pieces(piece.end, "AFTERNOT"):
                spent = self._as_value(piece)
                yield Act("state", at, after.end, piece.detail, negated=True, cost=spent, unit=after.detail)
        for no, place, cost in self.led(at, "NOT"):
            for piece in self.pieces(place, "STATE"):
                spent = cost + self._as_value(piece)
                yield Act("state", at, piece.end, piece.detail, negated=True, cost=spent, unit=no.detail)

    def _as_value(self, state: Piece) -> float:
        """What a state costs whose word is a value here: "active" is a status before it is a date."""
        values = [piece for piece in self.pieces(state.start, "VALUE") if piece.end == state.end]
        return W.meant if any(piece.candidates[0].score > W.whole for piece in values) else 0.0

    def _happened(self, at: int) -> Iterator[Act]:
        """ "not yet closed", "unpaid"."""
        for no, place, cost in self.led(at, "NOT"):
            for noun, more in self.dated(place) if no.text != "without" else ():  # "without hires" has none of them
                yield Act("happened", at, noun.end, "", (noun,), negated=True, cost=cost + more, unit=no.detail)
        for noun, cost in self.dated(at):
            for piece in self.pieces(noun.end, "EMPTY", "FILLED"):
                yield Act("happened", at, piece.end, "", (noun,), negated=piece.category == "EMPTY", cost=cost)
        for piece in self.pieces(at, "UNLESS"):  # who is alive has not died
            ends = tuple(date for word in piece.detail.split() for date in self.undated.get(word, ()))
            if ends:
                yield Act("happened", at, piece.end, "", (Noun(piece.text, ends, at, piece.end),), negated=True)
        token = self.lattice.tokens[at]
        if token.low.startswith("un") and (own := self.undated.get(token.low[2:])):
            yield Act("happened", at, at + 1, "", (Noun(token.text, own, at, at + 1),), negated=True)

    def _none(self, at: int) -> Iterator[Act]:
        """ "without any delivery", "no breakdown"."""
        for piece, place, cost in self.led(at, "NONE", over=("SOME",)):
            for noun, more in self._things(place):
                spent = cost + more + (self._as_verb(noun) if noun.values() else 0.0)
                yield Act("none", at, noun.end, piece.text, (noun,), cost=spent)
            for verb in self.pieces(place, "VERB"):  # "never been sent an invoice"
                for behind, gap in self.past(verb.end, "SOME"):
                    for noun, more in self.nouns(behind):
                        yield Act("none", at, noun.end, piece.text, (noun,), cost=cost + W.verb + gap + more)

    def _bound(self, at: int) -> Iterator[Act]:
        """ "more than 3 stops", "fee over 100"; the noun may stand further behind."""
        for bound in self._bounds(at):
            yield replace(bound, cost=bound.cost + W.halved)
            for place, more in self.past(bound.end):
                for noun, further in self.nouns(place):
                    yield replace(bound, end=noun.end, nouns=(noun,), cost=bound.cost + more + further)
        for noun, cost in self.nouns(at):
            for place, more in self.past(noun.end):
                for bound in self._bounds(place):
                    yield replace(bound, start=at, nouns=(noun,), cost=bound.cost + cost + more)

    def _against(self, at: int) -> Iterator[Act]:
        """ "below reorder level", "cost over budget": a number of a row beside another of it."""
        for piece, place, cost in self.led(at, "CMP") if not self._amount_before(at) else ():
            for noun, more in self.nouns(place):
                if noun.fields() and not noun.entities():
                    yield Act("against", at, noun.end, piece.detail, (noun,), cost=cost + more)
        for first, cost in self.nouns(at):
            for start, gap in self.past(first.end):
                for piece, place, more in self.led(start, "CMP"):
                    for noun, further in self.nouns(place):
                        if first.fields() and noun.fields() and not noun.entities():
                            total = cost + gap + more + further
                            yield Act("against", at, noun.end, piece.detail, (first, noun), cost=total)

    def _amount_before(self, at: int) -> bool:
        """Whether an amount stands right before a place."""
        nouns = (noun for start in range(max(0, at - _CLAUSE), at) for noun, _ in self.nouns(start))
        return any(noun.end == at and any(each.place in self.measures for each in noun.fields()) for noun in nouns)

    def _bounds(self, at: int) -> Iterator[Act]:
        """ "more than 3", "3 or more", "> 3"."""
        for piece, place, cost in self.led(at, "CMP"):
            for number in self.pieces(place, "NUMBER"):
                yield Act("bound", at, number.end, piece.detail, number=number.number, cost=cost, unit=number.unit)
        for number in self.pieces(at, "NUMBER"):
            for piece in self.pieces(number.end, "AFTERCMP"):
                yield Act("bound", at, piece.end, piece.detail, number=number.number, unit=number.unit)

    # -- ranks ----------------------------------------------------------------------------------------------------

    def _ranked(self, at: int) -> Iterator[Act]:
        """ "top 5 machines", "the highest odometer", "the most deliveries", "five most frequent diagnoses"."""
        for lead in self._superlatives(at):
            yield lead
            for place, cost in self.past(lead.end):
                for noun, more in self._things(place):
                    yield replace(lead, end=noun.end, nouns=(noun,), cost=lead.cost + cost + more)
                for piece, further, gap in self.led(place, "AGG", "MANY"):
                    for noun, more in self.nouns(further):
                        said = f"{lead.detail}:{piece.detail or 'count'}"
                        total = lead.cost + cost + gap + more
                        yield replace(lead, kind="rank", end=noun.end, detail=said, nouns=(noun,), cost=total)

    def _superlatives(self, at: int) -> Iterator[Act]:
        """A superlative alone, with how many are kept before or behind it."""
        for start, limit in ((at, None), *((end, number) for end, number in self._limits(at))):
            for piece in self.pieces(start, "SUP", "FREQ"):
                behind = self.lattice.tokens[piece.end : piece.end + 1]
                if piece.text in _IN_TIME and behind and behind[0].low == "first":
                    continue  # "the earliest first" is an order, not the earliest alone
                kind = "frequent" if piece.category == "FREQ" else "rank"
                lead = Act(kind, at, piece.end, piece.detail, number=limit, unit=piece.text)
                yield lead
                for end, number in self._limits(piece.end) if limit is None else ():
                    yield replace(lead, end=end, number=number)

    def _limits(self, at: int) -> Iterator[tuple[int, int]]:
        """A small whole number without a unit: where it ends, and what it is."""
        for piece in self.pieces(at, "NUMBER"):
            if not piece.unit and 0 < piece.number <= _MOST_ROWS:
                yield piece.end, int(piece.number)

    def _commands_to_name(self, piece: Piece) -> bool:
        """Whether "name" says what to do: "name the depots", not "the name and rating of ..."."""
        tokens = self.lattice.tokens
        before = tokens[piece.start - 1].low if piece.start else ""
        after = tokens[piece.end].low if piece.end < len(tokens) else ""
        return before in ("", "please", "and", "you", ",", "to") and after not in ("and", "of", ",", "or", "")

    def _commands(self, at: int) -> Iterator[Act]:
        """Words that say what is done with the rest."""
        for piece in self.pieces(at, *_COMMANDS):
            if piece.category == "LIST" and piece.text == "name" and not self._commands_to_name(piece):
                continue
            number = piece.number if piece.amount else None
            yield Act(f"={piece.category}", at, piece.end, piece.detail or piece.text, number=number)


def _each_of(text: str) -> str:
    """ "each of the last 12 months" is a period and a step of time; the step, empty for a mere period."""
    match = re.match(r"(?:in |for |during )?each of (?:the )?.*\b(day|week|month|quarter|year)s?$", text.lower())
    return match.group(1) if match else ""
