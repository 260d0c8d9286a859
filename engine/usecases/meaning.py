"""What a person does about the meaning of a place: teach and forget words, see and accept what is proposed."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from engine.authors.asking import names_of
from engine.authors.base import Ground
from engine.compiling.asking import compile_question
from engine.kit import Kit
from engine.semantics.inferring import infer
from engine.semantics.inforce import unread
from engine.semantics.model import Origin, SemanticModel
from engine.semantics.proposing import propose as propose_over
from engine.semantics.statements import (
    ColumnSaid,
    KeySaid,
    MarkSaid,
    Said,
    ShortSaid,
    Source,
    Statements,
    TableSaid,
    WordSaid,
)
from engine.semantics.teaching import taught, trial, without

_MOST_SHOWN = 6
_KINDS = {
    "shortenings": "shortenings spelled out",
    "tables": "tables named",
    "columns": "columns explained",
    "keys": "keys not declared",
    "marks": "marks of rows that no longer count",
    "words": "words taught or computed",
}
_COUNTS = {"is null": "is empty", "after": "is empty or in days to come"}


@dataclass(frozen=True)
class Taught:
    """A word that is kept now, and what a look at the rows says of it."""

    said: WordSaid
    told: str
    warning: str = ""


def person() -> str:
    """Who uses this process; empty where the machine does not know."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def source(origin: Origin, by: str = "", evidence: str = "") -> Source:
    """The source of what is said now."""
    return Source(origin=origin, by=by or person(), day=date.today().isoformat(), evidence=evidence)


def meaning_of(kit: Kit, database: str) -> SemanticModel:
    """The semantic model in force for a database."""
    return names_of(kit.ground(database)).model


def teach(kit: Kit, database: str, text: str, by: str = "") -> Taught:
    """Teach a word; it is kept only when it holds over the database.

    Raises:
        UsageError: it cannot be read, or names what is not there.
        SourceError: the database refuses to compute it.
    """
    ground = kit.ground(database)
    word, said = _with_word(ground, text, by)
    names = names_of(replace(ground, said=said))
    row = ground.read(compile_question(trial(word, names), names.model), {}).to_dict("records")[0]
    kit.said_of(database).change(
        lambda said: said.model_copy(update={"words": (*(each for each in said.words if each.word != word.word), word)})
    )
    return Taught(word, *_told(word, {str(name): value for name, value in row.items()}))


def _with_word(ground: Ground, text: str, by: str = "") -> tuple[WordSaid, Statements]:
    word = taught(text, names_of(ground), source(Origin.TAUGHT, by))
    rest = tuple(each for each in ground.said.words if each.word != word.word)
    return word, ground.said.model_copy(update={"words": (*rest, word)})


def after_teaching(kit: Kit, database: str, text: str) -> Statements:
    """What would be said of a database if a word were taught.

    Raises:
        UsageError: it cannot be read, or names what is not there.
    """
    return _with_word(kit.ground(database), text)[1]


def after_forgetting(kit: Kit, database: str, word: str) -> Statements:
    """What would be said of a database if a word were forgotten.

    Raises:
        UsageError: nothing of that name is said.
    """
    return without(kit.said_of(database).read(), word)


def after_accepting(kit: Kit, database: str, proposal: Statements) -> Statements:
    """What would be said of a database with a proposal."""
    return kit.said_of(database).read().and_(proposal)


def _told(word: WordSaid, rows: Mapping[str, object]) -> tuple[str, str]:
    """What a look at the rows says of a word, and what may be wrong with it."""
    total = int(str(rows["rows"]))
    if word.where:
        held = int(str(rows["held"]))
        told = f"{word.word} is true of {held:,} of {total:,} rows of {word.table}"
        return told, f"No row of {word.table} is {word.word} now." if not held and total else ""
    if word.measure:
        name = "avg" if word.function == "avg" else "sum"
        value = rows[name]
        if value is None or value != value:
            return f"{word.word} is empty in every row of {word.table}", f"{word.word} has no value in any row now."
        kind = "on average" if name == "avg" else "in all"
        return f"{word.word} is {float(str(value)):,.6g} {kind} over {total:,} rows of {word.table}", ""
    place = f"{word.table}.{word.column}" if word.column else word.table
    return f"{word.word} is taken as {place}, of {total:,} rows", ""


def forget(kit: Kit, database: str, word: str) -> Statements:
    """Forget a word, or what is said of a table or column.

    Raises:
        UsageError: nothing of that name is said.
    """
    return kit.said_of(database).change(lambda said: without(said, word))


def warnings(kit: Kit, database: str) -> tuple[str, ...]:
    """What is kept and no longer holds."""
    return unread(meaning_of(kit, database), kit.said_of(database).read())


def proposed(ground: Ground, make: Callable[[str], Source]) -> Statements:
    """What is worth confirming about a place, from what is inferred of it."""
    return propose_over(infer(ground.schema, ground.values), ground.values, lambda sql: ground.read(sql, {}), make)


def propose(kit: Kit, database: str) -> Statements:
    """What is worth confirming about a database and is not said yet."""
    ground = kit.ground(database)
    found = proposed(ground, partial(source, Origin.ACCEPTED, ""))
    return found.without(ground.said)


def accept(kit: Kit, database: str, proposal: Statements) -> Statements:
    """Keep a proposal as it is; what people taught stands before it."""
    return kit.said_of(database).change(lambda said: said.and_(proposal))


def summary_of(said: Statements) -> tuple[str, ...]:
    """What is said, in a line a kind."""
    lines = []
    for kind, label in _KINDS.items():
        if found := getattr(said, kind):
            shown = ", ".join(_short(each) for each in found[:_MOST_SHOWN])
            more = f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
            one, _, rest = label.partition(" ")
            counted = f"1 {one.removesuffix('s')} {rest}" if len(found) == 1 else f"{len(found):,} {label}"
            lines.append(f"{counted}: {shown}{more}")
    return tuple(lines)


def lines_of(said: Statements) -> tuple[str, ...]:
    """What is said, a line a statement with where it comes from."""
    if not said.count:
        return ("Nothing is said of this database yet; what its data mean is inferred.",)
    lines = []
    for kind, label in _KINDS.items():
        if found := getattr(said, kind):
            lines.append(f"{label.capitalize()}:")
            for each in found:
                why = f", {each.source.evidence}" if each.source.evidence else ""
                lines.append(f"  {sentence_of(each)}  ({each.source.told}{why})")
    return tuple(lines)


def _short(said: Said) -> str:
    match said:
        case ShortSaid():
            return f"{said.short} = {said.words}"
        case TableSaid():
            return said.table
        case WordSaid():
            return said.word
    return str(getattr(said, "column", ""))


def sentence_of(said: Said) -> str:
    """One statement in words."""
    match said:
        case ShortSaid():
            return f"{said.short} stands for {said.words}"
        case TableSaid():
            named = f" is called {', '.join(said.names)}" if said.names else ""
            label = f"{' and' if named else ''} is named by {', '.join(said.label)}" if said.label else ""
            return f"{said.table}{named}{label}"
        case KeySaid():
            return f"{said.column} refers to {said.refers}"
        case MarkSaid():
            if said.state == "none":
                return f"{said.column} marks nothing"
            told = _COUNTS.get(said.counts, f"is {said.counts}")
            return f"{said.column} says {said.state}; a row counts where it {told}"
        case WordSaid():
            meaning = said.where or said.measure or (f"{said.table}.{said.column}" if said.column else said.table)
            return f"{said.word} = {f'{said.function} of ' if said.function else ''}{meaning}"
        case ColumnSaid():
            return f"{said.column}: {', '.join(_facets(said))}"
    return ""


def _facets(said: ColumnSaid) -> Iterator[str]:
    if said.names:
        yield f"called {' or '.join(said.names)}"
    if said.part:
        yield said.part.value
    if said.adds:
        yield str(said.adds)
    if said.unit:
        yield f"in {said.unit}"
    if said.date_role:
        yield f"date of {said.date_role.value}"
    if said.codes:
        yield "; ".join(f"{code} = {text}" for code, text in said.codes.items())
