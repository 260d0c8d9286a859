"""The nouns of a request: what stretches of its words name, with roles, tables and units beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from engine.reading.candidates import Candidate
from engine.reading.lattice import Lattice, Piece
from engine.reading.weights import W

if TYPE_CHECKING:
    from engine.reading.names import Names

Place = tuple[str, str]
Found = tuple["Noun", float]


@dataclass(frozen=True)
class Noun:
    """What some words name: candidates of entities and fields, reached by one of some roles where one was said."""

    text: str
    candidates: tuple[Candidate, ...]
    start: int
    end: int
    unit: str = ""
    owned: bool = False
    """Whether it is a column with the thing that it is of: "first names of customers"."""

    def fields(self) -> tuple[Candidate, ...]:
        """The candidates that are columns."""
        return tuple(each for each in self.candidates if each.kind == "field")

    def entities(self) -> tuple[Candidate, ...]:
        """The candidates that are tables."""
        return tuple(each for each in self.candidates if each.kind == "entity")

    def values(self) -> tuple[Candidate, ...]:
        """The candidates that are values."""
        return tuple(each for each in self.candidates if each.kind == "value")


@dataclass
class Nouns:
    """The nouns that may start at each place of one lattice, each with what it costs."""

    lattice: Lattice
    dates: frozenset[Place] = frozenset()
    measures: frozenset[Place] = frozenset()
    labels: frozenset[Place] = frozenset()
    """The columns that name things."""
    by_role: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    undated: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    """What is said with un- before it: the dates on which it would have happened."""
    happened_on: Mapping[str, Candidate] = field(default_factory=dict)
    """Table: the date on which its rows happened."""
    rates: frozenset[Place] = frozenset()
    """The measures that are per something and never add up, and prices."""
    timed: tuple[Candidate, ...] = ()
    """The measures that are kept in a unit of time, which hours and minutes alone may mean."""
    _nouns: dict[int, list[Found]] = field(default_factory=dict)

    @classmethod
    def over(cls, lattice: Lattice, names: Names, **more: Any) -> Self:
        """The nouns of a lattice, with what the names of a place say of its columns."""
        return cls(
            lattice,
            names.dates,
            names.measures,
            names.labels,
            names.by_role,
            names.undated,
            names.happened_on,
            names.rates,
            **more,
        )

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return len(self.lattice.tokens)

    def pieces(self, at: int, *categories: str) -> Iterator[Piece]:
        """The pieces of some categories that start at a place."""
        return (piece for piece in self.lattice.starting.get(at, ()) if piece.category in categories)

    def past(self, at: int, *categories: str) -> Iterator[tuple[int, float]]:
        """The places that are reached by leaving out small words: none, up to three."""
        seen, edge = {at}, [(at, 0.0)]
        yield at, 0.0
        for _ in range(3):
            following = []
            for place, cost in edge:
                for piece in self.pieces(place, "FILLER", "OF", *categories):
                    if piece.end not in seen:
                        seen.add(piece.end)
                        following.append((piece.end, cost + W.small))
                        yield piece.end, cost + W.small
            edge = following

    def roles(self, at: int) -> Iterator[Piece]:
        """The roles of keys that start at a place."""
        return (piece for piece in self.pieces(at, "ROLE") if piece.candidates)

    def led(self, at: int, *categories: str, over: tuple[str, ...] = ()) -> Iterator[tuple[Piece, int, float]]:
        """The pieces that start at a place, each with every place behind it that small words lead to."""
        for piece in self.pieces(at, *categories):
            for place, cost in self.past(piece.end, *over):
                yield piece, place, cost

    def text(self, start: int, end: int) -> str:
        """The words of a stretch."""
        return " ".join(token.text for token in self.lattice.tokens[start:end])

    def nouns(self, at: int) -> list[Found]:
        """The nouns that start at a place: a name, a role before or behind it, a table before its column."""
        if at not in self._nouns:
            self._nouns[at] = list(self._find(at))
        return self._nouns[at]

    def _find(self, at: int) -> Iterator[Found]:
        for noun, cost in self._names(at):
            best = max(each.score for each in noun.candidates)
            kept = tuple(each for each in noun.candidates if each.score > best - W.far)
            noun = replace(noun, candidates=kept)
            yield noun, cost
            yield from self._with_unit(noun, cost)
            yield from self._of_thing(noun, cost)
            yield from self._column_behind(noun, cost)
        for piece in self.roles(at):
            for place, cost in self.past(piece.end):
                for noun, more in self.nouns(place):
                    if found := with_role(noun, piece.candidates, at):
                        yield found, cost + more + piece.cost
        for piece in self.pieces(at, "UNIT") if self.timed else ():
            yield Noun(piece.text, self.timed, at, piece.end, unit=piece.detail), W.unit_alone

    def _names(self, at: int) -> Iterator[Found]:
        """The names of tables and columns that start at a place, those of one stretch together."""
        spans: dict[int, list[Candidate]] = {}
        for piece in self.pieces(at, "ENTITY", "FIELD"):
            spans.setdefault(piece.end, []).extend(piece.candidates)
        for end, candidates in spans.items():
            cost = W.unlike * (1 - max(each.score for each in candidates))
            yield Noun(self.text(at, end), tuple(candidates), at, end), cost

    def _plain(self, at: int) -> Iterator[Found]:
        """Names without anything behind them, a role before them."""
        yield from self._names(at)
        for piece in self.roles(at):
            for noun, cost in self._plain(piece.end):
                if found := with_role(noun, piece.candidates, at):
                    yield found, cost + piece.cost

    def _with_unit(self, noun: Noun, cost: float) -> Iterator[Found]:
        """ "downtime hours"."""
        for piece in self.pieces(noun.end, "UNIT"):
            yield replace(noun, unit=piece.detail, end=piece.end), cost

    def _of_thing(self, noun: Noun, cost: float) -> Iterator[Found]:
        """ "region of the origin depot", "fee deliveries": the column of the table that is named behind it."""
        for place, more in self.past(noun.end):
            said = self.text(noun.end, place)
            if place >= self.size or (place > noun.end and not said.startswith("of")):
                continue
            for other, further in self._plain(place):
                via = {each.table: each.via for each in other.candidates if each.via}
                entities = {each.table for each in other.entities()}
                fields = tuple(
                    replace(each, via=via.get(each.table, each.via), score=min(each.score + W.better, 1.0))
                    for each in noun.fields()
                    if each.table in entities
                )
                if fields:
                    text = self.text(noun.start, other.end)
                    found = replace(noun, candidates=fields, end=other.end, text=text, owned=True)
                    yield found, cost + more + further

    def _column_behind(self, noun: Noun, cost: float) -> Iterator[Found]:
        """ "delivery fee": the column of the table that is named before it."""
        tables = {each.table for each in noun.entities()}
        for other, further in self._plain(noun.end) if tables else ():
            fields = tuple(each for each in other.fields() if each.table in tables)
            if fields:
                text = self.text(noun.start, other.end)
                yield replace(other, candidates=fields, start=noun.start, text=text), cost + further

    def valued(self, at: int) -> Iterator[Found]:
        """The values that start at a place, with what they are values of before or behind: "the North region"."""
        for piece in self.pieces(at, "VALUE"):
            cost = W.unlike * piece.cost
            yield Noun(piece.text, piece.candidates, at, piece.end), cost
            for noun, further in self._plain(piece.end):
                if kept := _of_what(piece.candidates, noun, self.labels):
                    yield Noun(piece.text, kept, at, noun.end), cost + further
        for noun, cost in self._plain(at):
            for piece in self.pieces(noun.end, "VALUE"):
                if kept := _of_what(piece.candidates, noun, self.labels):
                    yield Noun(piece.text, kept, at, piece.end), cost + W.unlike * piece.cost

    def moments(self, at: int) -> Iterator[Found]:
        """What may begin or end a time: dates, and things that happened on one: "between booking and visit"."""
        yield from self.dated(at)
        for noun, cost in self.nouns(at):
            own = (self.happened_on[each.table] for each in noun.entities() if each.table in self.happened_on)
            if fields := tuple(own):
                yield replace(noun, candidates=fields), cost + W.by_role

    def dated(self, at: int) -> Iterator[Found]:
        """The nouns that name a date, and the verbs that every date of a beginning, an end or a deadline has."""
        for piece in self.pieces(at, "ROLE"):
            if own := self.by_role.get(piece.detail, ()):
                yield Noun(piece.text, own, at, piece.end), W.by_role
        values = {p.end for p in self.pieces(at, "VALUE") if p.candidates[0].score > W.whole}
        for noun, cost in self.nouns(at):
            if fields := tuple(each for each in noun.fields() if each.place in self.dates):
                # "sold" is a value that stands in the data before it is the date of the sale.
                if noun.end in values and max(each.score for each in fields) < W.whole:
                    cost += W.meant
                ends = [piece.end for piece in self.pieces(noun.end, "GRAIN") if piece.text == "date"]
                yield replace(noun, candidates=fields, end=max([noun.end, *ends])), cost


def with_role(noun: Noun, roles: tuple[Candidate, ...], start: int) -> Noun | None:
    """The noun reached by a role: candidates of the table that the role's key refers to."""
    via = {each.table: each.via for each in roles}
    kept = tuple(replace(each, via=via[each.table]) for each in noun.candidates if each.table in via)
    return replace(noun, candidates=kept, start=start) if kept else None


def _of_what(candidates: tuple[Candidate, ...], noun: Noun, labels: frozenset[Place]) -> tuple[Candidate, ...]:
    """The values of the column or table that a noun names, by its role where it has one."""
    via = {each.place: each.via for each in noun.fields()}
    tables = {each.table: each.via for each in noun.entities()}
    kept = []
    for each in candidates:
        if each.place in via:
            kept.append(replace(each, via=via[each.place], score=min(1.0, each.score + 2 * W.better)))
        elif each.table in tables and each.place in labels:
            kept.append(replace(each, via=tables[each.table], score=min(1.0, each.score + W.better)))
    return tuple(kept)
