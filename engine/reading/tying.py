"""Tying nouns to a place: which columns they may name, how rows reach them, and what that costs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from engine.compiling.ways import Ways
from engine.language.words import called, plural
from engine.question.model import TAUGHT, Condition, Field, Having, Output, Scalar, Test
from engine.question.sentence import field_said
from engine.reading.acts import Act
from engine.reading.asking import Ask
from engine.reading.candidates import Candidate
from engine.reading.names import Names
from engine.reading.nouns import Noun
from engine.reading.weights import W
from engine.semantics.model import Attribute
from engine.sources.schema import Kind

Chosen = TypeVar("Chosen")


class Misfit(Exception):
    """Raised where the parts of a reading do not go together."""


@dataclass
class Making:
    """A question under way: what it costs, what is assumed, which tables it uses."""

    cost: float
    where: list[Condition] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    spoken: list[Field] = field(default_factory=list)
    """Dates that were named, in order."""
    placed: set[int] = field(default_factory=set)
    """Where the bare dates start that say of when the rows are."""
    own_dates: dict[str, Field] = field(default_factory=dict)
    """Table: the date that was taken for its rows, where none was said."""
    shareable: list[tuple[int, Condition]] = field(default_factory=list)
    """Conditions that a share may be of, by where they stand in the request."""
    bounded: list[Act] = field(default_factory=list)
    """Bounds that are a condition on rows already."""
    followed: set[str] = field(default_factory=set)
    """Words of command that were followed."""
    taken: tuple[Act, ...] = ()
    """Values that are compared, and so are no conditions."""
    shared_value: Act | None = None
    measured: list[tuple[str, str]] = field(default_factory=list)
    """The columns that are added up or averaged."""
    role: tuple[str, ...] = ()
    """The keys by which the things that are ranked or listed were named: the vet, of two members of staff."""
    held: tuple[Having, ...] = ()
    as_said: bool = True
    """Whether two periods stand in the request as they do in time."""

    def pay(self, cost: float, note: str = "") -> None:
        """Add a cost, and what was assumed for it."""
        self.cost += cost
        if note and note not in self.notes:
            self.notes.append(note)


class Place:
    """One place as nouns are tied to it: its columns, keys and what was chosen among several."""

    def __init__(self, names: Names, ways: Ways, today: date) -> None:
        self.names, self.model, self.ways, self.today = names, names.model, ways, today
        self.turn: dict[str, int] = {}
        self.options: dict[str, int] = {}

    # -- places ---------------------------------------------------------------------------------------------------

    def attribute(self, place: tuple[str, str]) -> Attribute:
        """What a column holds."""
        return self.model.attributes[place]

    def choose(self, key: str, options: Sequence[tuple[float, Chosen]]) -> tuple[float, Chosen]:
        """The cheapest option, or the next one where it is this slot's turn.

        Raises:
            Misfit: there is none.
        """
        if not options:
            raise Misfit
        options = sorted(options, key=lambda pair: pair[0])
        near = [pair for pair in options if pair[0] < options[0][0] + W.clear]
        self.options[key] = len(near)
        return near[min(self.turn.get(key, 0), len(near) - 1)]

    def fields(self, noun: Noun, home: str, wanted: Callable[[Attribute], bool]) -> list[tuple[float, Field]]:
        """The columns that a noun may name, as the rows of `home` reach them."""
        found = []
        for candidate in noun.fields():
            attribute = self.attribute(candidate.place)
            if not wanted(attribute):
                continue
            for via, hops in self.reached(home, candidate.table, candidate.via):
                cost = W.unlike * (1 - candidate.score) + W.hop * hops
                cost += W.elsewhere if hops and candidate.how == "role" else 0.0
                found.append((cost, Field(table=candidate.table, column=candidate.column, via=via)))
        return found

    def reached(self, home: str, table: str, via: tuple[str, ...]) -> list[tuple[tuple[str, ...], int]]:
        """How the rows of `home` reach a table: keys that tell two equal ways apart, and the number of keys."""
        ways = self.ways.up(home, table, via)
        if len(ways) <= 1:
            return [(via, len(way)) for way in ways]
        shared = set.intersection(*({step.relation.name for step in way} for way in ways))
        apart = [tuple(s.relation.name for s in way if s.relation.name not in shared) for way in ways]
        return [(tuple(dict.fromkeys((*via, *names))), len(way)) for names, way in zip(apart, ways, strict=True)]

    def label(self, table: str, via: tuple[str, ...] = ()) -> list[Field]:
        """What names a row of a table."""
        entity = self.model.entities[table]
        return [Field(table=table, column=name, via=via) for name in entity.label or entity.key]

    def said(self, field: Field) -> str:
        """A field in words: the column, with the role of the key that leads to it."""
        return field_said(field)

    def facts_of(self, table: str) -> list[tuple[str, int]]:
        """The table itself, or those whose rows refer to it where it only lists kinds."""
        entity = self.model.entities[table]
        if not entity.lookup:
            return [(table, 0)]
        near = [each.table for each in self.model.incoming[table] if not self.model.entities[each.table].copy_of]
        return [(each, 1) for each in dict.fromkeys(near)]

    def value_test(self, candidate: Candidate, negated: bool, home: str) -> Test:
        """That a field that the rows of `home` reach has a value, or has it not."""
        reached = self.reached(home, candidate.table, candidate.via)
        if not reached:
            raise Misfit
        place = Field(table=candidate.table, column=candidate.column, via=reached[0][0])
        value = typed(candidate.value, self.attribute(candidate.place))
        return Test(field=place, operator="!=" if negated else "=", values=(value,))


@dataclass
class Part:
    """What each part of a reading needs: the place, what is asked, what is made of it, and the bare nouns by role."""

    by: Place
    ask: Ask
    made: Making
    bare: dict[str, list[Act]]

    @property
    def today(self) -> str:
        """The day that the request is asked on."""
        return self.by.today.isoformat()

    def meant(self, noun: Noun, place: Field) -> bool:
        """Whether a taught filter is said of the things it was taught for: "active", of customers, beside them."""
        words = (each for each in self.by.model.words if (each.table, each.column) == (place.table, place.column))
        if not place.column.startswith(TAUGHT) or not any(each.of_table for each in words):
            return True
        named = [act for act in self.ask.order if act.kind != "only" and act.nouns and act.nouns[0].entities()]
        behind = [act for act in named if act.start <= noun.end < act.end]
        before = [act for act in named if act.start < noun.start]
        return any(each.table == place.table for act in behind or before[-1:] for each in act.nouns[0].entities())

    def note_choice(self, key: str, text: str, meaning: str) -> None:
        """Note what was taken where there was a choice."""
        if self.by.options.get(key, 1) > 1:
            self.made.choices.append((text, meaning))


def typed(value: object, attribute: Attribute) -> Scalar:
    """A value as its column holds it."""
    text = str(value)
    if attribute.kind is Kind.NUMBER and text.lstrip("-").isdigit():
        return int(text)
    return text


def many(table: str) -> str:
    """What the rows of a table are called, for labels."""
    return plural(called(table)).capitalize()


def slug(label: str, before: Sequence[Output]) -> str:
    """A name for a column of the answer that none before it has."""
    name = "_".join("".join(c if c.isalnum() else " " for c in label.lower()).split()) or "value"
    name = f"c_{name}" if name[0].isdigit() else name
    taken = {each.name for each in before}
    plain, count = name, 2
    while name in taken:
        name, count = f"{plain}_{count}", count + 1
    return name
