"""The rows that a number counts or adds up, as a list: "show me the hires behind it". Pure."""

from __future__ import annotations

from engine.compiling.asking import homes
from engine.compiling.ways import Ways
from engine.language.words import called, readable
from engine.question.editing import mapped, named
from engine.question.model import Aggregate, Bucket, Condition, Field, Order, Output, Question, Test
from engine.question.sentence import field_said
from engine.reading.names import Names
from engine.semantics.model import Adds, Part

_MOST_COLUMNS = 8
# Columns that are called like this are what their table is called.
_MERE_NAMES = ("name", "title", "description", "label")


def rows_behind(question: Question, names: Names, tables: frozenset[str] = frozenset()) -> Question | None:
    """The rows of the one table that a question counts or adds up; None where that is not one list of rows.

    `tables` are those that a request names as what shall be shown; none: whatever it is.
    """
    homed = {table for each in question.measures for table in homes(each.measure)}
    if len(homed) != 1 or question.having or question.limit:
        return None
    home = homed.pop()
    if tables and home not in tables:
        return None
    inner = _common(question)
    if inner is None:
        return None
    outputs: list[Output] = []
    for place in _columns(question, names, home):
        if all(each.value != place for each in outputs) and len(outputs) < _MOST_COLUMNS:
            unit = names.model.attributes[(place.table, place.column)].unit
            label = _label(place, home, outputs)
            outputs.append(Output(name=named(label, outputs), label=label, value=place, unit=unit))
    dates = [each for each in outputs if names.model.attributes[_place(each)].part is Part.DATE]
    order = (Order(by=dates[0].name, descending=True),) if dates else ()
    return Question(subject=home, outputs=tuple(outputs), where=(*question.where, *inner), order=order)


def _place(output: Output) -> tuple[str, str]:
    value = output.dimension
    place = value.field if isinstance(value, Bucket) else value
    return (place.table, place.column)


def _label(place: Field, home: str, before: list[Output]) -> str:
    """What a column is called: the name of another thing as the thing; with its table where another is called so."""
    label = field_said(place).capitalize()
    if place.table != home and not place.via and label.lower() in _MERE_NAMES:
        label = called(place.table).capitalize()
    if any(each.label == label for each in before):
        return f"{readable(place.table)} {label.lower()}".capitalize()
    return label


def _common(question: Question) -> tuple[Condition, ...] | None:
    """The conditions that all aggregates share; None where they are of different rows."""
    found: list[tuple[Condition, ...]] = []

    def look(aggregate: Aggregate) -> Aggregate:
        found.append(aggregate.where)
        return aggregate

    for each in question.measures:
        mapped(each.measure, look)
    return found[0] if found and all(each == found[0] for each in found) else None


def _columns(question: Question, names: Names, home: str) -> list[Field]:
    """What is shown of each row: its name or number, what is added up, what is asked about, what it belongs to."""
    model, entity = names.model, names.model.entities[home]
    places = [Field(table=home, column=name) for name in (*entity.key, *entity.label)]

    def look(aggregate: Aggregate) -> Aggregate:
        places.extend([aggregate.value] if isinstance(aggregate.value, Field) else [])
        return aggregate

    for each in question.measures:
        mapped(each.measure, look)
    for output in question.dimensions:
        value = output.dimension
        places.append(value.field if isinstance(value, Bucket) else value)
    places += [each.field for each in question.where if isinstance(each, Test)]
    own = model.of(home)
    places += [Field(table=home, column=a.column) for a in own if a.part is Part.DATE][:1]
    places += [Field(table=home, column=a.column) for a in own if a.part is Part.MEASURE and a.adds is Adds.FLOW][:1]
    ways = Ways(model)
    for relation in model.outgoing[home]:
        other = model.entities[relation.refers_table]
        if other.label and other.label != other.key and len(ways.up(home, other.table)) == 1:
            places += [Field(table=other.table, column=name) for name in other.label]
    kept = [each for each in places if model.attributes[(each.table, each.column)].part is not Part.OTHER]
    return list(dict.fromkeys(kept))
