"""A request that follows a plain answer: the typed question of that answer, changed in what the request says.

A request that is whole by itself and points back to nothing is read as a new one, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.authors.asking import KEY, MOST_OPTIONS, Understood, names_of
from engine.authors.base import Declined, Earlier, Ground
from engine.authors.supposing import suppose_of, supposes
from engine.language.following import Said, heard
from engine.language.words import called, plural
from engine.products import Option, Question
from engine.question.changing import change_said
from engine.question.editing import period_of
from engine.question.model import Test
from engine.question.sentence import listed, sentence_of
from engine.reading.deciding import Decided, decide, settle
from engine.reading.following import follow
from engine.reading.lattice import lattice_of
from engine.reading.names import Names
from engine.reading.rows import rows_behind
from engine.reading.shaping import Reading
from engine.reading.typos import corrected
from engine.reading.weights import W

NEW = "read as a request of its own, not as a change of the answer before"
_SMALL = ("FILLER", "LIST", "OF", "FOR", "SOME", "BY", "AND")
ROWS = "The rows behind the answer before"


def understand_after(
    text: str, earlier: Earlier, ground: Ground, answers: Mapping[str, str]
) -> Understood | Question | Declined:
    """What a follow-up of an answer asks; its `edit` says what is changed.

    Declined where the answer before was not read as a typed question, whose words alone would be guessed from.
    """
    if "asked" not in earlier.task.intent:
        return Declined(reason=f"The answer before cannot be changed by words, only asked anew: {earlier.reading}")
    return understand_change(text, Understood.model_validate(earlier.task.intent), ground, answers)


def understand_change(
    text: str, earlier: Understood, ground: Ground, answers: Mapping[str, str]
) -> Understood | Question | Declined:
    """What a follow-up asks; its `edit` says what is changed. A question where it can be read in two ways."""
    names = names_of(ground)
    said = heard(text)
    if said.kind == "why":
        return Declined(reason="Why a number is what it is, is told by how it is computed and what moved it.")
    if said.kind == "rows":
        return _rows(said, earlier, names, ground)
    if supposes(said.text):
        return suppose_of(said, earlier, ground)
    plain, mended = corrected(said.text, names.spoken)
    beside = plain.lower().startswith("with ")  # "with the number of hires"
    said = replace(said, text=plain, adds=said.adds or beside, points=said.points or beside)
    decided = settle(follow(said, earlier.asked, names, ground.today), lambda sql: ground.read(sql, {}))
    chosen = [reading for reading, _ in decided.best if _option(reading) == answers.get(KEY)]
    if chosen:
        return _edited(earlier, chosen[0], mended)
    if decided.best and not decided.left and decided.best[0][0].question == earlier.asked:
        return Declined(reason=f"The answer before is so already: {earlier.sentence}.")
    if (fresh := _own(text, said, decided, names, ground)) is not None:
        return fresh
    if decided.sure:
        return _edited(earlier, decided.best[0][0], mended)
    if not decided.best or decided.left or decided.best[0][0].doubt > W.most:
        return _declined(text, decided, earlier)
    return _question(earlier, decided)


def _own(text: str, said: Said, decided: Decided, names: Names, ground: Ground) -> Understood | None:
    """The follow-up as a request of its own, where it is one; None where it changes the answer before."""
    if said.points:
        return None
    alone = settle(decide(text, names, ground.today), lambda sql: ground.read(sql, {}))
    if not alone.sure:
        return None
    own = alone.best[0][0]
    changes = decided.best and not decided.left and decided.best[0][0].doubt <= W.most
    if changes and own.doubt > decided.best[0][0].doubt:
        return None
    return Understood(
        asked=own.question,
        sentence=sentence_of(own.question),
        assumptions=own.notes,
        doubt=round(own.doubt, 2),
        edit=f"“{text.strip()}” is {NEW}",
    )


def _edited(earlier: Understood, reading: Reading, mended: tuple[tuple[str, str], ...]) -> Understood:
    slips = tuple(f"“{said}” is read as {word}" for said, word in mended)
    kept = [each for each in earlier.assumptions if not each.startswith("“") and _holds(earlier, reading)]
    return Understood(
        asked=reading.question,
        sentence=sentence_of(reading.question),
        assumptions=(*slips, *dict.fromkeys((*kept, *reading.notes))),
        doubt=round(reading.doubt, 2),
        what_if=earlier.what_if,
        edit=change_said(earlier.asked, reading.question),
    )


def _holds(earlier: Understood, reading: Reading) -> bool:
    """Whether what was taken for granted before still is: no condition gave way but a period to one of its date."""
    after = reading.question
    if after.subject != earlier.asked.subject:
        return False
    gone = [each for each in earlier.asked.where if each not in after.where]
    period = period_of(after)
    return all(
        isinstance(each, Test) and each.operator == "within" and period is not None and each.field == period.field
        for each in gone
    )


def _option(reading: Reading) -> str:
    return (
        f"{sentence_of(reading.question)}{f' (as a {reading.question.chart} chart)' if reading.question.chart else ''}"
    )


def _question(earlier: Understood, decided: Decided) -> Question | Understood:
    readings = [decided.best[0][0], *(each for each, _ in decided.rivals)]
    sentences = list(dict.fromkeys(_option(each) for each in readings))[:MOST_OPTIONS]
    if len(sentences) < 2:
        return _edited(earlier, readings[0], ())
    options = tuple(Option(value=each, label=each) for each in sentences)
    return Question(
        key=KEY, text="This can change the answer before in more than one way. Which is meant?", options=options
    )


def _declined(text: str, decided: Decided, earlier: Understood) -> Declined:
    before = f"The answer before is: {earlier.sentence}."
    if decided.left:
        words = tuple(dict.fromkeys(decided.left))
        return Declined(
            reason=f"Not understood as a change of the answer before: {', '.join(words)}. {before}", words=words
        )
    return Declined(reason=f"It is not clear what “{text.strip()}” changes. {before}")


def _rows(said: Said, earlier: Understood, names: Names, ground: Ground) -> Understood | Declined:
    """The rows that the answer before counts or adds up."""
    tables: frozenset[str] = frozenset()
    if said.text:
        lattice = lattice_of(said.text, names, ground.today)
        named = [p for p in lattice.pieces if p.category == "ENTITY"]
        told = {at for p in lattice.pieces if p.category in ("ENTITY", *_SMALL) for at in range(p.start, p.end)}
        if left := tuple(each.text for at, each in enumerate(lattice.tokens) if at not in told):
            return Declined(reason=f"Not understood: {', '.join(left)}.", words=left)
        tables = frozenset(c.table for piece in named for c in piece.candidates)
    question = rows_behind(earlier.asked, names, tables)
    if question is None:
        of = f" of {listed([plural(called(table)) for table in sorted(tables)])}" if tables else ""
        return Declined(reason=f"The answer before is not made of one list{of}: {earlier.sentence}.")
    return Understood(
        asked=question,
        sentence=sentence_of(question),
        assumptions=earlier.assumptions,
        doubt=0.0,
        edit=f"{ROWS}: {earlier.sentence[:1].lower()}{earlier.sentence[1:]}",
    )
