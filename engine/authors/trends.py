"""Requests about a source as a whole: "fetch data from the API, analyze trends, create a visualization dashboard".

They name no measure. The answer is what the source holds over time: its amounts by month, or how many rows there are,
with a dashboard. Where several APIs are declared it is asked which; where none is, how to declare one is said.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.authors.asking import Understood, names_of
from engine.authors.base import NO_API, Declined, Ground
from engine.language.words import called, plural, readable
from engine.products import Option
from engine.products import Question as Clarification
from engine.question.model import Aggregate, Bucket, Field, Order, Output, Question
from engine.question.sentence import sentence_of
from engine.reading.lattice import Lattice, lattice_of
from engine.semantics.model import Adds, Attribute, DateRole, Part, SemanticModel

KEY = "api"
FROM_DATABASE = "the database"
_MOST_MEASURES = 3
_SPOKEN = ("API", "GENERAL", "OUTPUT", "TREND", "COMMA", "AND", "FILLER", "OF")
_HAPPENED = (DateRole.EVENT, DateRole.START, DateRole.AS_OF)


def understand(text: str, ground: Ground, answers: Mapping[str, str]) -> Understood | Clarification | Declined | None:
    """What the request asks of a source as a whole; None where it asks for anything else."""
    if not asks_of_an_api(text, ground):
        return None
    names = names_of(ground)
    if ground.place == "datasets":
        apis = [each.key for each in ground.schema.tables if each.comment.startswith("GET ")]
        if len(apis) > 1 and answers.get(KEY) not in apis:
            options = tuple(Option(value=each, label=readable(each)) for each in apis)
            return Clarification(key=KEY, text="Several APIs are declared. Which one is meant?", options=options)
        return _over_time(answers.get(KEY, apis[0]), names.model) if apis else _no_api()
    if answers.get(NO_API) != FROM_DATABASE:
        return _no_api()
    return _over_time(_largest(names.model), names.model)


def asks_of_an_api(text: str, ground: Ground) -> bool:
    """Whether a request speaks of an API, and of nothing that a source would have to hold."""
    if "api" not in text.lower() and "endpoint" not in text.lower():
        return False
    lattice = lattice_of(text, names_of(ground), ground.today)
    spoken = {piece.category for piece in lattice.pieces}
    return "API" in spoken and bool(spoken & {"TREND", "OUTPUT"}) and _covered(lattice)


def _covered(lattice: Lattice) -> bool:
    """Whether every word is one of such requests."""
    reached = {0}
    for at in range(len(lattice.tokens)):
        if at in reached:
            reached |= {piece.end for piece in lattice.starting.get(at, ()) if piece.category in _SPOKEN}
            if lattice.tokens[at].kind == "mark":
                reached.add(at + 1)
    return len(lattice.tokens) in reached


def _no_api() -> Clarification:
    text = (
        "No API is declared yet, so there is nothing to fetch. Declare one on the Schema page under Files and APIs "
        "(its address, its token's name, where the list is), or with ./run dataset add FILE.yaml; then ask again. "
        "Or look at the database instead."
    )
    return Clarification(key=NO_API, text=text, options=(Option(value=FROM_DATABASE, label="Trends of the database"),))


def _largest(model: SemanticModel) -> str:
    """The table with the most rows that has an amount and a date."""
    dated = [table for table in model.entities if _amounts(table, model) and _date(table, model)]
    return max(dated or model.entities, key=lambda table: model.entities[table].rows or 0)


def _amounts(table: str, model: SemanticModel) -> list[Attribute]:
    adding = (Adds.FLOW, Adds.COUNT, Adds.RATE, Adds.BALANCE, Adds.UNKNOWN)
    found = [each for each in model.of(table) if each.part is Part.MEASURE and each.adds in adding]
    return found[:_MOST_MEASURES]


def _date(table: str, model: SemanticModel) -> Attribute | None:
    dates = [each for each in model.of(table) if each.part is Part.DATE]
    return next((each for role in _HAPPENED for each in dates if each.date_role is role), dates[0] if dates else None)


def _over_time(table: str, model: SemanticModel) -> Understood:
    """The amounts of a table by month; how many rows where it has none, by its first category where it has no date."""
    date = _date(table, model)
    outputs: list[Output] = []
    if date is not None:
        bucket = Bucket(field=Field(table=table, column=date.column), grain="month")
        outputs.append(Output(name="month", label="Month", value=bucket))
    else:
        kinds = [each for each in model.of(table) if each.part in (Part.CATEGORY, Part.NAME, Part.CODE)]
        for each in kinds[:1]:
            kind = Field(table=table, column=each.column)
            outputs.append(Output(name="kind", label=readable(each.column).capitalize(), value=kind))
    for amount in _amounts(table, model):
        # What does not add up over things is averaged.
        added = amount.adds in (Adds.FLOW, Adds.COUNT)
        value = Aggregate(
            function="sum" if added else "avg", table=table, value=Field(table=table, column=amount.column)
        )
        label = f"{'Total' if added else 'Average'} {readable(amount.column)}"
        outputs.append(Output(name=amount.column, label=label, value=value, unit=amount.unit))
    if len(outputs) < 2:
        label = plural(called(table)).capitalize()
        outputs.append(Output(name="rows", label=label, value=Aggregate(function="count", table=table), unit="count"))
    order = (Order(by=outputs[0].name),) if outputs[0].name == "month" else ()
    asked = Question(subject=table, outputs=tuple(outputs), order=order, chart="line" if date is not None else "bar")
    said = "No measure was named, so the amounts of the source are shown over its dates."
    return Understood(asked=asked, sentence=sentence_of(asked), assumptions=(said,))
