"""The semantic model in force: what was inferred, with what is said of the place put over it. Pure.

Taught goes before declared, that before a pack's, that before an accepted proposal, and all before what was inferred.
What names tables or columns that are no longer there is left out; `Statements.missing` says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import TypeVar

from engine.errors import UsageError
from engine.language.words import split_identifier, stem, stems
from engine.question.model import TAUGHT, Elapsed, Field, RowArithmetic, RowValue
from engine.semantics.formulas import Formulas, fields_of, parsed
from engine.semantics.model import (
    Adds,
    Attribute,
    Entity,
    Mark,
    Origin,
    Part,
    Place,
    Relation,
    SemanticModel,
    Word,
    Words,
)
from engine.semantics.statements import WEIGHT, ColumnSaid, KeySaid, MarkSaid, Said, Statements, WordSaid, exists
from engine.sources.schema import Kind

_ADDED = {"identifier": Part.KEY, "code": Part.CATEGORY}
_MOST_NAMES = 6
_Kind = TypeVar("_Kind", bound=Said)
_ENDS = frozenset({"code", "key", "id", "number", "text", "description"})


def in_force(model: SemanticModel, said: Statements) -> SemanticModel:
    """The model with what is said of the place put over it."""
    if not said.count:
        return model
    made = _Made(model, said)
    return replace(
        model,
        entities=made.entities,
        attributes={**made.attributes(), **made.derived},
        relations=made.relations(),
        marks=made.marks(),
        words=tuple(made.words()),
    )


def phrase(text: str) -> Words:
    """The stems of a phrase."""
    return tuple(stem(word) for word in text.lower().replace("-", " ").split())


class _Made:
    """Makes the parts of one model in force."""

    def __init__(self, model: SemanticModel, said: Statements) -> None:
        self.model, self.said = model, said
        self.shorts: dict[str, tuple[Words, ...]] = {}
        for each in self.kept(said.shortenings):
            # A name that was cut is kept in stems, which may be cut once more.
            for key in {each.short, stem(each.short)}:
                self.shorts[key] = (*self.shorts.get(key, ()), phrase(each.words))
        self.keyed = self.kept(said.keys)

    def kept(self, found: Iterable[_Kind]) -> list[_Kind]:
        """The statements of what there is, the lightest first, so that the weightiest is put over the rest."""
        there = [each for each in found if all(exists(self.model.schema, name) for name in each.places())]
        return sorted(there, key=lambda each: -WEIGHT[each.source.origin])

    def spelled(self, names: Iterable[Words]) -> tuple[Words, ...]:
        """Names in which shortenings stand, with the words they stand for."""
        found: list[Words] = []
        for name in names:
            if not any(word in self.shorts for word in name):
                continue
            for ways in product(*(self.shorts.get(word, ((word,),)) for word in name)):
                found.append(tuple(word for way in ways for word in way))
        return tuple(dict.fromkeys(found))[:_MOST_NAMES]

    # -- tables and columns -------------------------------------------------------------------------------------------

    @cached_property
    def entities(self) -> Mapping[str, Entity]:
        """Tables with what they are called."""
        found = dict(self.model.entities)
        if self.shorts:
            for key, entity in found.items():
                if called := self.spelled(entity.names):
                    found[key] = replace(entity, called=called, origin=Origin.ACCEPTED, evidence="spelled out")
        for said in self.kept(self.said.tables):
            entity = found[said.table]
            called = (*(phrase(name) for name in said.names), *entity.called)
            found[said.table] = replace(
                entity,
                called=tuple(dict.fromkeys(called)),
                label=said.label or entity.label,
                origin=said.source.origin,
                evidence=said.source.evidence or said.source.told,
            )
        return found

    def attributes(self) -> Mapping[Place, Attribute]:
        """Columns with what is said of them."""
        found = dict(self.model.attributes)
        if self.shorts:
            for place, attribute in found.items():
                if called := self.spelled(attribute.names):
                    found[place] = replace(attribute, called=called)
        for said in self.kept(self.said.columns):
            place = self.model.schema.place(said.column)
            found[place] = _said_of(found[place], said)
        for key in self.keyed:
            place = self.model.schema.place(key.column)
            if found[place].part is not Part.KEY:
                evidence = key.source.evidence or f"refers to {key.refers}"
                found[place] = replace(found[place], part=Part.REFERENCE, origin=key.source.origin, evidence=evidence)
        return found

    def relations(self) -> tuple[Relation, ...]:
        """The keys, those that are said among them."""
        own = [replace(each, role=self._role(each)) for each in self.model.relations]
        known = {(each.table, each.columns) for each in own}
        said = (self._relation(each) for each in self.keyed)
        added = [each for each in said if (each.table, each.columns) not in known]
        return (*own, *added)

    def _role(self, relation: Relation) -> Words:
        """The words that a key adds, spelled out."""
        spelled = self.spelled([relation.role])
        return spelled[0] if spelled else relation.role

    def _relation(self, said: KeySaid) -> Relation:
        table, column = self.model.schema.place(said.column)
        refers, key = self.model.schema.place(said.refers)
        named = {*stems(refers), *stems(key), *stems(table), *_ENDS}
        role = tuple(word for word in stems(column) if word not in named)
        alone = self.model.schema.by_key[table].primary_key == (column,)
        return Relation(table, (column,), refers, (key,), role, alone, inferred=False)

    def marks(self) -> tuple[Mark, ...]:
        """The marks, without those of which it is said that they are none."""
        said = {self.model.schema.place(each.column): each for each in self.kept(self.said.marks)}
        rest = [each for each in self.model.marks if (each.table, each.column) not in said]
        return (*rest, *(_mark(place, each) for place, each in said.items() if each.state != "none"))

    # -- words ----------------------------------------------------------------------------------------------------

    @cached_property
    def derived(self) -> Mapping[Place, Attribute]:
        """The measures and filters that words stand for, as columns that no table has."""
        found = {}
        for said in self.kept(self.said.words):
            if (made := self._derived(said)) is not None:
                found[made.place] = made
        return found

    def _derived(self, said: WordSaid) -> Attribute | None:
        formulas = Formulas(self.model, said.table)
        column, told = f"{TAUGHT}{said.word}", said.source.told
        try:
            if said.where:
                holds = formulas.conditions(parsed(said.where))
                return Attribute(
                    said.table, column, Kind.TEXT, Part.FLAG, (), origin=said.source.origin, evidence=told, holds=holds
                )
            if not said.measure:
                return None
            formula = formulas.row_value(parsed(said.measure))
        except UsageError:
            return None  # a column of it is no longer there; `unread` says so
        return Attribute(
            table=said.table,
            column=column,
            kind=Kind.NUMBER,
            part=Part.MEASURE,
            names=(phrase(said.word),),
            adds=adds_of(formula, said.function),
            unit=said.unit or unit_of(formula, self.model),
            origin=said.source.origin,
            evidence=told,
            formula=formula,
        )

    def words(self) -> Iterator[Word]:
        """The words that stand for something, each once."""
        found: dict[str, Word] = {}
        held = self.derived
        for said in self.kept(self.said.words):
            column, value, of_table, text = said.column, "", False, said.word
            if said.where or said.measure:
                column = f"{TAUGHT}{said.word}"
                if (said.table, column) not in held:
                    continue
            if said.where:
                text, of_table = self._alone(said)
                value = text
            meaning = said.where or said.measure or (f"{said.table}.{column}" if column else said.table)
            told = f"{said.word} is taken as {meaning} ({said.source.told})"
            found[said.word.lower()] = Word(text, said.table, column, value, said.source.origin, told, of_table)
        yield from found.values()

    def _alone(self, said: WordSaid) -> tuple[str, bool]:
        """The word of a filter without the name of its table behind it, and whether there was one."""
        words = said.word.split()
        entity = self.entities[said.table]
        for name in sorted((*entity.called, *entity.names), key=len, reverse=True):
            if len(words) > len(name) and phrase(" ".join(words[-len(name) :])) == name:
                return " ".join(words[: -len(name)]), True
        return said.word, False


def _said_of(attribute: Attribute, said: ColumnSaid) -> Attribute:
    """A column with what is said of it."""
    part = said.part or (_ADDED.get(said.adds) if said.adds else None) or attribute.part
    adds = said.adds if isinstance(said.adds, Adds) else attribute.adds
    if said.adds is not None and isinstance(said.adds, Adds) and said.part is None:
        part = Part.MEASURE
    if part is Part.MEASURE and adds is Adds.UNKNOWN:
        adds = Adds.FLOW
    return replace(
        attribute,
        called=tuple(dict.fromkeys((*(phrase(name) for name in said.names), *attribute.called))),
        part=part,
        adds=adds,
        unit=said.unit if said.unit is not None else attribute.unit,
        date_role=said.date_role or attribute.date_role,
        codes=said.codes or attribute.codes,
        origin=said.source.origin,
        evidence=said.source.evidence or said.source.told,
    )


def _mark(place: Place, said: MarkSaid) -> Mark:
    operator, value = said.counts, ""
    for sign in ("!=", "="):
        if said.counts.startswith(sign):
            operator, value = sign, said.counts.removeprefix(sign).strip()
            break
    evidence = said.source.evidence or said.source.told
    return Mark(*place, said.state, operator, int(value) if value.lstrip("-").isdigit() else value, evidence)


def adds_of(formula: RowValue, function: str = "") -> Adds:
    """What may be done with a computed measure: what is divided is a rate, unless it is said to be added up."""
    if function:
        return Adds.RATE if function == "avg" else Adds.FLOW
    divided = isinstance(formula, RowArithmetic) and formula.operator == "/"
    return Adds.RATE if divided else Adds.FLOW


def unit_of(formula: RowValue, model: SemanticModel) -> str:
    """The unit of a computed measure: days between dates, else the one currency of its columns, where none divides."""
    if isinstance(formula, Elapsed):
        return formula.unit
    if isinstance(formula, RowArithmetic) and formula.operator == "/":
        return ""
    units = {model.attributes[each.table, each.column].unit for each in fields_of(formula) if isinstance(each, Field)}
    money = units - {""}
    return money.pop() if len(money) == 1 and len(next(iter(money))) == 3 and next(iter(money)).isupper() else ""


def unread(model: SemanticModel, said: Statements) -> tuple[str, ...]:
    """What is kept and no longer holds, one sentence each: names that are not there, formulas that cannot be read."""
    found = [f"There is no {name} any more; what is said of it is left out." for name in said.missing(model.schema)]
    for word in said.words:
        text = word.where or word.measure
        if not text or not exists(model.schema, word.table):
            continue
        formulas = Formulas(model, word.table)
        try:
            formulas.conditions(parsed(text)) if word.where else formulas.row_value(parsed(text))
        except UsageError as error:
            found.append(f"{word.word} can no longer be read: {error.message}")
    return tuple(found)


def spoken(model: SemanticModel) -> frozenset[str]:
    """The words that are said of a place besides the names in its schema, as they are written."""
    texts = [word.text for word in model.words]
    texts += [text for each in model.attributes.values() for text in each.codes.values()]
    return frozenset(part for text in texts for part in split_identifier(text))
