"""What the answer is told apart by, and what is shown of a row. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.language.words import called, readable
from engine.question.model import Bucket, Field, Grain, Output
from engine.reading.acts import Act
from engine.reading.dates import Dates
from engine.reading.nouns import Noun
from engine.reading.tying import Part, slug
from engine.reading.weights import W
from engine.semantics import model as meaning

GRAINS: dict[str, Grain] = {"day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year"}
_NOT_GROUPED = (meaning.Part.MEASURE, meaning.Part.OTHER, meaning.Part.DATE)
# Columns that are called like this are what their table is called.
_MERE_NAMES = ("name", "title", "description", "label")
Dimension = tuple[list[Output], list[Field]]


@dataclass(frozen=True)
class _Thing:
    """A table by which is grouped, and the keys that lead to it."""

    table: str
    via: tuple[str, ...]


@dataclass
class Dimensions(Part):
    """The dimensions of one reading."""

    dates: Dates

    def read(self, groups: Sequence[Act], home: str) -> Dimension:
        """The columns by which the rows of `home` are grouped, and the keys that tell equal names apart."""
        outputs: list[Output] = []
        keys: list[Field] = []
        named = [act for act in (*groups, *self.bare["group"]) if act.kind != "grain"]
        for act in sorted(named, key=lambda each: each.start):
            made, own = self._dimension(act.nouns[0], home, f"g{act.start}", outputs)
            if [each.value for each in made] == [each.value for each in outputs]:
                continue  # said twice: "by reason ... and each reason's share"
            outputs, keys = [*outputs, *made], [*keys, *own]
        for act in groups:
            said = [each.value.grain for each in outputs if isinstance(each.value, Bucket)]
            if act.kind == "grain" and act.detail not in said:
                place = self.dates.date_field(act.nouns[0] if act.nouns else None, home, f"t{act.start}")
                bucket = Bucket(field=place, grain=GRAINS[act.detail])
                outputs.append(Output(name=slug(act.detail, outputs), label=act.detail.capitalize(), value=bucket))
        return outputs, keys

    def _dimension(self, noun: Noun, home: str, key: str, before: Sequence[Output]) -> Dimension:
        options: list[tuple[float, Field | _Thing]] = []
        for cost, place in self.by.fields(noun, home, lambda attribute: attribute.part not in _NOT_GROUPED):
            thing = self._referred(place)
            options.append((cost + W.small, thing) if thing else (cost, place))
        for candidate in noun.entities():
            if candidate.table != home:
                for via, hops in self.by.reached(home, candidate.table, candidate.via):
                    cost = W.unlike * (1 - candidate.score) + W.hop * W.kinds * hops
                    options.append((cost, _Thing(candidate.table, via)))
        cost, chosen = self.by.choose(key, options)
        self.made.pay(cost)
        self.made.used.add(chosen.table)
        if isinstance(chosen, _Thing):
            self.note_choice(key, noun.text, ", ".join(map(self.by.said, self.by.label(chosen.table, chosen.via))))
            return self._named(chosen, before)
        self.note_choice(key, noun.text, self.by.said(chosen))
        label = self.by.said(chosen).capitalize()
        return [Output(name=slug(label, before), label=label, value=chosen)], []

    def _referred(self, place: Field) -> _Thing | None:
        """The thing that a key column refers to."""
        if self.by.attribute((place.table, place.column)).part is not meaning.Part.REFERENCE:
            return None
        relation = next(each for each in self.by.model.outgoing[place.table] if place.column in each.columns)
        return _Thing(relation.refers_table, tuple(dict.fromkeys((*place.via, relation.name))))

    def _named(self, thing: _Thing, before: Sequence[Output]) -> Dimension:
        """What names a thing to a person, and what tells it apart."""
        outputs: list[Output] = []
        places = self.by.label(thing.table, thing.via)
        for place in places:
            said = self.by.said(place)
            mere = len(places) == 1 and said == readable(place.column) and said in _MERE_NAMES
            label = (called(thing.table) if mere else said).capitalize()
            outputs.append(Output(name=slug(label, [*before, *outputs]), label=label, value=place))
        key = [Field(table=thing.table, column=name, via=thing.via) for name in self.by.model.entities[thing.table].key]
        return outputs, key

    def of_entity(self, table: str, home: str) -> Dimension:
        """The things of a table, for each of which the rows of `home` are computed.

        Raises:
            Misfit: they do not belong to them.
        """
        ways = self.by.reached(home, table, self.made.role) or self.by.reached(home, table, ())
        cost, via = self.by.choose("subject", [(W.hop * W.kinds * hops, via) for via, hops in ways])
        self.made.pay(cost)
        if via:
            self.note_choice("subject", readable(table), self.by.said(self.by.label(table, via)[0]))
        return self._named(_Thing(table, via), ())

    def shown(self, place: Field, before: Sequence[Output]) -> list[Output]:
        """A column as it is shown: a key to another table as what names its row."""
        if thing := self._referred(place):
            return self._named(thing, before)[0]
        label = self.by.said(place).capitalize()
        unit = self.by.attribute((place.table, place.column)).unit
        return [Output(name=slug(label, before), label=label, value=place, unit=unit)]
