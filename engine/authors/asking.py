"""Requests answered by their reading: a typed question, compiled into a SELECT, and that into a script.

`understand` says what is asked, or which of two readings is to be chosen; `make_plan` says what will be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

from pydantic import Field

from engine.authors.base import Declined, Ground
from engine.authors.select.planning import made_plan
from engine.authors.select.reply import Reply, Written
from engine.compiling.asking import compile_question
from engine.language.words import readable
from engine.products import Option, Plan, Product, Question, WhatIf
from engine.question.model import TAUGHT, Bucket
from engine.question.model import Field as FieldAsked
from engine.question.model import Question as Asked
from engine.question.period import period_of
from engine.question.sentence import sentence_of
from engine.reading.deciding import Decided, decide, settle
from engine.reading.holding import NotHeld, aggregates_of, as_it_holds, tests_of
from engine.reading.names import Names
from engine.reading.shaping import Reading
from engine.reading.typos import corrected
from engine.reading.vocabulary import closed_words
from engine.reading.weights import W
from engine.semantics.inferring import infer
from engine.semantics.inforce import in_force
from engine.semantics.model import Origin, SemanticModel, Word
from engine.semantics.proposing import with_listed_codes
from engine.sources.values import ValueIndex
from runtime.units import CURRENCIES, UNITS

KEY = "meaning"
MOST_OPTIONS = 4


class Understood(Product):
    """A request as one typed question, with its sentence and what was taken for granted."""

    asked: Asked
    sentence: str
    assumptions: tuple[str, ...] = ()
    doubt: float = Field(default=0.0, description="what of the reading's cost speaks against it")
    what_if: WhatIf = WhatIf()
    edit: str = Field(default="", description="what a follow-up changes of the answer before, in words")


def understand(text: str, ground: Ground, answers: Mapping[str, str]) -> Understood | Question | Declined:
    """What a request asks; a question where two readings are as good; declined where none explains all its words."""
    names = names_of(ground)
    text, mended = corrected(text, names.spoken)
    slips = tuple(f"“{said}” is read as {word}" for said, word in mended)
    decided = settle(decide(text, names, ground.today), lambda sql: ground.read(sql, {}))
    told = _Said(names.model, names.taught_in(text))
    if (chosen := answers.get(KEY)) is not None:
        picked = [reading for reading, _ in decided.best if sentence_of(reading.question) == chosen]
        if picked:
            return _understood(picked[0], slips, told)
    if decided.sure:
        return _understood(decided.best[0][0], slips, told)
    if not decided.best or decided.left or decided.best[0][0].doubt > W.most:
        return _declined(decided)
    return _question(decided, told)


def suggestion(text: str, ground: Ground) -> Question | None:
    """What might be meant, as a question, where readings explain every word but none is sure; None where none does."""
    names = names_of(ground)
    decided = settle(decide(corrected(text, names.spoken)[0], names, ground.today), lambda sql: ground.read(sql, {}))
    near = [reading for reading, _ in decided.best if not reading.left and reading.doubt <= W.worth_asking]
    asking = "I am not sure what is meant. Is it this?"
    if not near and (word := _only_one(decided.left)):
        near = [each for each, _ in decided.best if each.left and each.doubt - W.unknown <= W.most_in_part]
        asking = f"I do not know what “{word}” means here. Without it, I would read this:"
    sentences = list(dict.fromkeys(sentence_of(each.question) for each in near))[:MOST_OPTIONS]
    if not sentences:
        return None
    return Question(key=KEY, text=asking, options=tuple(Option(value=each, label=each) for each in sentences))


def _only_one(left: tuple[str, ...]) -> str:
    """The one word that a reading leaves aside; empty where there are more, or where it says what is to be done."""
    words = tuple(dict.fromkeys(left))
    return words[0] if len(words) == 1 and (words[0].lower(),) not in closed_words() else ""


@dataclass(frozen=True)
class _Said:
    """What answers have to say of what people said: the words in a request, and the texts of codes."""

    model: SemanticModel
    words: tuple[Word, ...]

    def of(self, question: Asked) -> tuple[str, ...]:
        """What was taken on their word."""
        places = set(_places(question))
        taught = [word.told for word in self.words if (word.table, word.column) in places]
        coded = [
            f"{readable(test.field.column)} {value} is {text}"
            for test in tests_of(question.where)
            for value in test.values
            if (text := self.model.attributes[test.field.table, test.field.column].codes.get(str(value)))
        ]
        derived = [
            f"{attribute.column.removeprefix(TAUGHT)} is {attribute.evidence}"
            for place in sorted(places)
            if (attribute := self.model.attributes.get(place)) and attribute.formula is not None
            if attribute.origin is Origin.INFERRED
        ]
        return tuple(dict.fromkeys((*taught, *coded, *derived)))


def _understood(reading: Reading, slips: tuple[str, ...] = (), said: _Said | None = None) -> Understood:
    left = dict.fromkeys(reading.left)
    aside = tuple(f"“{word}” is left aside, so this is a part of what was asked" for word in left)
    taught = said.of(reading.question) if said is not None else ()
    return Understood(
        asked=reading.question,
        sentence=sentence_of(reading.question),
        assumptions=(*aside, *slips, *taught, *reading.notes),
        doubt=round(reading.doubt, 2),
    )


def _places(found: object) -> Iterator[tuple[str, str]]:
    """The columns that a question names, and its tables with an empty column."""
    if isinstance(found, FieldAsked):
        yield (found.table, found.column)
        yield (found.table, "")
    elif isinstance(found, tuple):
        for each in found:
            yield from _places(each)
    elif isinstance(found, Product):
        if table := getattr(found, "table", "") or getattr(found, "subject", ""):
            yield (table, "")
        for _, value in found:
            yield from _places(value)


def _question(decided: Decided, said: _Said) -> Question | Understood:
    """What parts the best readings, as sentences to choose from."""
    near = [decided.best[0][0], *(reading for reading, _ in decided.rivals)]
    sentences = list(dict.fromkeys(sentence_of(each.question) for each in near))[:MOST_OPTIONS]
    if len(sentences) < 2:
        return _understood(near[0], said=said)
    options = tuple(Option(value=each, label=each) for each in sentences)
    return Question(key=KEY, text="This can be read in more than one way. Which is meant?", options=options)


def _declined(decided: Decided) -> Declined:
    if decided.left:
        words = tuple(dict.fromkeys(decided.left))
        return Declined(reason=f"Not understood: {', '.join(words)}.", words=words)
    told = f" ({', '.join(decided.known)})" if decided.known else ""
    return Declined(reason=f"Every word is known{told}, but not how they belong together here.")


def make_plan(text: str, understood: Understood, ground: Ground) -> Plan | Declined:
    """What will be read, computed and shown; declined where no number would hold."""
    names = names_of(ground)
    held = as_it_holds(understood.asked, names.model, ground.values, lambda sql: ground.read(sql, {}))
    if isinstance(held, NotHeld):
        return Declined(reason=held.reason, near=held.near)
    asked = held.question
    sql = compile_question(asked, names.model)
    rows = ground.read(sql, {})
    if not asked.dimensions and len(rows) == 1 and rows.iloc[0].isna().any():
        return Declined(reason=f"There are no rows to compute this from: {sentence_of(asked)}.")
    times = any(isinstance(each.value, Bucket) for each in asked.outputs)
    chart = asked.chart or ("line" if times else "bar" if asked.measures and asked.dimensions else "none")
    reply = Reply(
        reading=f"{sentence_of(asked)}.",
        assumptions=(*understood.assumptions, *held.said),
        sql=sql,
        columns=tuple(
            Written(name=each.name, label=_label(each.label, each.unit), show=_show(each.unit))
            for each in asked.outputs
        ),
        chart=chart,
    )
    tables = tuple(dict.fromkeys(a.table for each in asked.measures for a in aggregates_of(each.value)))  # type: ignore[arg-type]
    made = made_plan(text, reply, rows, tables or (asked.subject,), ground, ())
    return made.model_copy(update={"period": period_of(asked)})


def _show(unit: str) -> str:
    if unit in CURRENCIES:
        return f"money:{unit}"
    return {"percent": "fraction", "count": "count"}.get(unit, "")


def _label(label: str, unit: str) -> str:
    """The label with its unit, where that is none of those a number can be written in."""
    told = unit and unit not in CURRENCIES and unit not in ("percent", "count") and unit.lower() not in label.lower()
    return f"{label} ({unit})" if told and unit in UNITS | {"litres"} else label


_MADE: WeakKeyDictionary[ValueIndex, Names] = WeakKeyDictionary()
_MAKING = Lock()


def names_of(ground: Ground) -> Names:
    """The names of a place, made once for its values."""
    with _MAKING:
        known = _MADE.get(ground.values)
        if known is None or known.model.schema is not ground.schema or known.said != ground.said:
            model = in_force(infer(ground.schema, ground.values), ground.said)
            model = with_listed_codes(model, ground.values, lambda sql: ground.read(sql, {}))
            known = Names(model, ground.values, ground.said)
            if ground.mapping is not None:
                entity = ground.mapping.entity
                known.call(entity.table, (*entity.synonyms, entity.name, entity.plural))
            _MADE[ground.values] = known
        return known
