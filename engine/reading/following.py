"""A request that follows an answer: every way to change the question before by its words, the cheapest first. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice, product

from engine.compiling.asking import compile_question
from engine.compiling.columns import Unreachable
from engine.compiling.ways import Ways
from engine.language.following import Said, in_its_year
from engine.question.editing import period_of
from engine.question.model import Bucket, Question
from engine.reading.acts import Act, Grammar
from engine.reading.asking import Ask, asked
from engine.reading.covering import readings
from engine.reading.deciding import MOST, Decided
from engine.reading.editing import EarlierPlace, Editor, grouping
from engine.reading.lattice import lattice_of
from engine.reading.names import Names
from engine.reading.nouns import Noun
from engine.reading.shaping import Reading
from engine.reading.tying import Misfit
from engine.reading.weights import W
from engine.semantics.model import Part

_MOST_ROLES = 60
_LEVELS = (Part.ORDINAL, Part.CATEGORY, Part.CODE)
_MOST_TURNS = 3


@dataclass
class _Grammar(Grammar):
    """The acts of a follow-up."""

    levels: frozenset[tuple[str, str]] = frozenset()

    def acts(self, at: int) -> tuple[Act, ...]:
        """Every act that may start at a place."""
        return (*super().acts(at), *self._level(at), *self._step(at))

    def _step(self, at: int) -> Iterator[Act]:
        """ "by customer and month": a step of time that an "and" ties to a group."""
        if at and self.lattice.tokens[at - 1].low in ("and", ","):
            for piece in self.pieces(at, "GRAIN"):
                if piece.text != "date":
                    yield Act("grain", at, piece.end, piece.detail)

    def _level(self, at: int) -> Iterator[Act]:
        """ "priority 1": a level by its number."""
        for noun, cost in self.nouns(at):
            if any(each.place in self.levels for each in noun.fields()):
                for piece in self.pieces(noun.end, "NUMBER"):
                    if not piece.unit:
                        yield Act("bound", at, piece.end, "=", (noun,), number=piece.number, cost=cost)


def _grammar(text: str, names: Names, today: date) -> _Grammar:
    kinds = frozenset(place for place, each in names.model.attributes.items() if each.part in _LEVELS)
    return _Grammar.over(lattice_of(text, names, today), names, levels=kinds)


def follow(said: Said, earlier: Question, names: Names, today: date) -> Decided:
    """Every way to read a follow-up of a question, each with the SELECT of what it makes of it."""
    period = period_of(earlier)
    low, high = (str(each or "")[:10] for each in period.values) if period is not None else ("", "")
    covers = readings(_grammar(in_its_year(said.text, low, high, today), names, today))
    place = EarlierPlace(names, Ways(names.model), today, earlier)
    gone = _gone(said.instead, names, today)
    found: list[Reading] = []
    for cover in covers:
        if found and (cover.left or cover.cost > min(each.cost for each in found) + W.beyond):
            continue
        for ask in asked(cover, follows=True):
            found += _edits(ask, said, earlier, place, gone)
    written: dict[str, tuple[Reading, str]] = {}
    for reading in sorted(found, key=lambda each: each.cost)[:24]:
        try:
            sql = compile_question(reading.question, names.model)
        except Unreachable:
            continue
        written.setdefault(f"{reading.question.chart} {sql}", (reading, sql))
        if len(written) >= MOST:
            break
    best = tuple(written.values())
    left = covers[0].left if covers else ()
    return Decided(best, left if not best else best[0][0].left)


def _gone(text: str, names: Names, today: date) -> tuple[Noun, ...]:
    """What the words behind "instead of" may name: columns and tables, or a step of time."""
    if not text:
        return ()
    plain = text.lower().removeprefix("by ").removeprefix("per ").removeprefix("the ")
    grammar = _grammar(plain, names, today)
    nouns = [noun for at in range(grammar.size) for noun, _ in grammar.nouns(at)]
    return (*nouns, Noun(plain, (), 0, 0))


def _edits(ask: Ask, said: Said, earlier: Question, place: EarlierPlace, gone: tuple[Noun, ...]) -> Iterator[Reading]:
    """The readings of one ask: every part of its bare nouns, every choice among what a noun may name."""
    named = gone if any(_is_dimension(noun, earlier) for noun in gone) else ()
    for roles in _roles(ask, earlier, place):
        for beside in (False, True) if _two_sorts(ask, said, earlier, named) else (bool(ask.groups),):
            place.turn, place.options = {}, {}
            first = _read(place, ask, said, earlier, roles, beside, named)
            if first is None:
                continue
            yield first
            for key, count in dict(place.options).items():
                for turn in range(1, min(count, _MOST_TURNS)):
                    place.turn = {key: turn}
                    if other := _read(place, ask, said, earlier, roles, beside, named):
                        yield other


def _read(
    place: EarlierPlace,
    ask: Ask,
    said: Said,
    earlier: Question,
    roles: dict[int, str],
    beside: bool,
    gone: tuple[Noun, ...],
) -> Reading | None:
    try:
        return Editor(place, ask, said, earlier, roles, beside, gone).read()
    except Misfit:
        return None


def _two_sorts(ask: Ask, said: Said, earlier: Question, gone: tuple[Noun, ...]) -> bool:
    """Whether a dimension may stand in the place of one of another sort, or beside it: by month, then by region."""
    if said.adds or said.whole or gone or not ask.groups:
        return False
    timed = {isinstance(each.value, Bucket) for each in earlier.dimensions}
    new = {act.kind == "grain" for act in ask.groups}
    return bool(timed) and not new & timed


def _is_dimension(noun: Noun, earlier: Question) -> bool:
    for each in earlier.dimensions:
        value = each.dimension
        if isinstance(value, Bucket):
            if value.grain in noun.text.lower():
                return True
        elif (value.table, value.column) in {c.place for c in noun.fields()} or value.table in {
            c.table for c in noun.entities()
        }:
            return True
    return False


def _roles(ask: Ask, earlier: Question, place: EarlierPlace) -> Iterator[dict[int, str]]:
    """Every part that the bare nouns of a follow-up may play."""
    sorted_by = _sorting(ask)
    options = [
        [(act.start, role) for role in (("sort",) if act.start in sorted_by else _possible(act, ask, earlier, place))]
        for act in ask.bare
    ]
    for chosen in islice(product(*options), _MOST_ROLES):
        yield dict(chosen)


def _sorting(ask: Ask) -> set[int]:
    """Where the nouns start that stand behind "sorted by"."""
    found: set[int] = set()
    before: Act | None = None
    for act in ask.order:
        if act.kind == "noun" and before is not None and before.kind == "=SORT":
            found.add(act.start)
        before = act
    return found


def _possible(act: Act, ask: Ask, earlier: Question, place: EarlierPlace) -> list[str]:
    noun = act.nouns[0]
    parts = [place.attribute(each.place).part for each in noun.fields()]
    found = []
    if noun.entities():
        found.append("context")
        if earlier.measures and not ask.ranks and not ask.onlys and not ask.states:
            found.append("count")
    if Part.MEASURE in parts or (noun.unit and noun.entities()):
        found.append("measure")
    if Part.DATE in parts:
        found.append("date")
    tied = ask.after.get(act.start) in ("group", "grain")
    kept = ask.onlys or ask.states or any(each.kind == "=ONLY" for each in ask.order)
    sure = max((each.score for each in noun.candidates), default=0.0) >= W.whole
    if earlier.measures and grouping(act, place) and (tied or (sure and not kept)):
        found.append("group")
    return found or ["context"]
