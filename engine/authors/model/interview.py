"""The small questions: kind and tables, columns, parameters. Each is asked with its shape and checked by us."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from engine.authors.analytics.gate import Asking
from engine.authors.analytics.lexicon import Lexicon, keeps_books, lexicon_of
from engine.authors.analytics.linking import link
from engine.authors.base import Declined, Ground
from engine.authors.model.clarifying import (
    ABOUT,
    COMPUTED,
    MISSING,
    WITHOUT,
    about_question,
    is_elsewhere,
    is_heard,
    is_short_for,
    meant,
    spoken_tables,
    unheard,
    word_question,
)
from engine.authors.model.decisions import (
    KINDS,
    MOST_COLUMNS,
    MOST_TABLES,
    Decisions,
    columns_shape,
    json_in,
    kind_in,
    kind_shape,
    known_among,
    parameters_in,
    parameters_shape,
    reason_in,
    reason_shape,
    refuses,
    wants_what_if,
    words_shape,
)
from engine.authors.model.digest import BUDGET, Digest, about_schema, digest, line_of, readable_columns
from engine.authors.model.framing import reach_for
from engine.authors.model.prompting import (
    DECISION_TOKENS,
    Messages,
    columns_prompt,
    parameters_prompt,
    reason_prompt,
    tables_prompt,
    words_prompt,
)
from engine.authors.model.session import Talk
from engine.authors.model.wording import kind_said, spelled_out, wants_all
from engine.errors import BrokenReplyError, ContextOverflowError
from engine.language_model.client import Wish
from engine.products import ParameterPlan, Step
from engine.sources.schema import Kind, Schema

FEW = 20
NO_ANSWERS: Mapping[str, str] = MappingProxyType({})
TRIES = ((0.0, 1), (0.5, 2))
UNSAID = "The language model finds that the data do not hold what is asked for."
Made = TypeVar("Made")


class Refusing(Exception):
    """Raised where the model says that the data do not hold what is asked for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.declined = Declined(reason=reason, by_model=True)


def interview(
    request: str, ground: Ground, talk: Talk, answers: Mapping[str, str] = NO_ANSWERS
) -> tuple[Decisions, Digest]:
    """What is asked for, decided by the model from what there is, and which tables it was shown.

    Raises:
        Asking: a person must say what is meant.
        Refusing: the model says that the data do not hold it.
        ModelError: the server failed, or no answer could be used.
    """
    about = answers.get(ABOUT, "")
    if not about and is_elsewhere(request, ground):
        raise Asking(about_question(ground, request))
    shown, decided = _kind_and_tables(request, ground, talk, about if about in ground.schema.by_key else "")
    if decided.kind == "unclear":
        raise Asking(about_question(ground, request, decided.tables))
    meanings = _meanings(decided, request, ground, talk, answers)
    columns = _columns(decided, request, ground, talk)
    parameters: tuple[ParameterPlan, ...] = ()
    if wants_what_if(request):
        names = [ground.schema.place(name)[1] for name in columns]
        prompt = parameters_prompt(names, request)
        found = _ask(
            talk, "what a scenario may change", prompt, parameters_shape(), lambda answer: parameters_in(answer, names)
        )
        parameters = found or ()
    added = [name for name in meanings.values() if name not in (COMPUTED, WITHOUT, *columns)]
    made = {"columns": (*columns, *added), "parameters": parameters, "meanings": meanings}
    return decided.model_copy(update=made), shown


def _meanings(
    decided: Decisions, request: str, ground: Ground, talk: Talk, answers: Mapping[str, str]
) -> dict[str, str]:
    """What the words are that nothing is called by: said by a person, else by the model.

    Raises:
        Asking: the data holds nothing about a word.
    """
    phrases = unheard(request, ground)
    said = meant(phrases, answers, ground)
    tables = [ground.schema.by_key[key] for key in decided.tables]
    columns = [f"{table.key}.{column.name}" for table in tables for column in readable_columns(table)]
    numbers = [c.name for table in tables for c in readable_columns(table) if c.kind is Kind.NUMBER]
    said |= {each: COMPUTED for each in phrases if each not in said and spelled_out(each, numbers)}
    open_ = [phrase for phrase in phrases if phrase not in said]
    if not open_:
        return said
    lines = "\n".join(line_of(table, ground.schema, shy=len(columns) > 40) for table in tables)
    found = _ask(
        talk,
        f"what {', '.join(open_)} means",
        words_prompt(lines, open_, request),
        words_shape(len(open_), columns, (COMPUTED, MISSING)),
        lambda answer: words_in(answer, open_, columns),
    )
    read = found if found is not None else dict.fromkeys(open_, COMPUTED)
    read |= {each: COMPUTED for each in open_ if read[each] == MISSING and is_short_for(each)}
    # What has a name of several plain words is seldom a way of computing; the model says so of what is not there, too.
    unsure = [each for each, meaning in read.items() if meaning == COMPUTED and " " in each]
    if absent := [phrase for phrase, meaning in read.items() if meaning == MISSING or phrase in unsure]:
        raise Asking(word_question(max(absent, key=len), decided.tables, ground))
    return {**said, **read}


def words_in(answer: Mapping[str, Any], phrases: Sequence[str], columns: Sequence[str]) -> dict[str, str] | None:
    """What an answer says of each phrase, the plainest where it leaves one out; None when it says nothing of any."""
    known = (*columns, COMPUTED, MISSING)
    read = [known_among(answer.get(str(at), answer.get(each)), known, 1) for at, each in enumerate(phrases, 1)]
    return {each: (*said, COMPUTED)[0] for each, said in zip(phrases, read, strict=True)} if any(read) else None


def _kind_and_tables(request: str, ground: Ground, talk: Talk, about: str) -> tuple[Digest, Decisions]:
    """The first question, with a shorter schema when the whole one does not fit the model's window.

    Where a person said which table it is about, only that one and its neighbours are shown, and no doubt is an answer.
    """
    clear = bool(about) or is_heard(request, ground)
    kinds = {name: words for name, words in KINDS.items() if name != "unclear" or not clear}
    for budget in (BUDGET, BUDGET // 3):
        shown = digest(about_schema(ground.schema, about), request, ground.values, budget)
        try:
            made = _ask(
                talk,
                "which tables",
                tables_prompt(shown, request, kinds),
                kind_shape(shown.tables, list(kinds)),
                lambda answer, tables=shown.tables: kind_in(answer, tables),  # type: ignore[misc]
            )
        except ContextOverflowError:
            if budget < BUDGET:
                raise
            continue
        if made is None:
            break
        chosen = tuple(dict.fromkeys([about] * bool(about) + list(completed(made.tables, request, ground))))
        kind = (made.kind != "unclear" and kind_said(request, ground)) or made.kind
        kind = kind if kind in kinds else "list"
        return shown, made.model_copy(update={"tables": chosen[:MOST_TABLES], "kind": kind})
    raise BrokenReplyError(
        "The model did not say which tables are needed, twice.", "Say it in other words, or use a larger model."
    )


def completed(chosen: Sequence[str], request: str, ground: Ground) -> tuple[str, ...]:
    """The tables chosen and those that the request surely names; none that it does not speak of, where all is known.

    What multiplies the rows of another table, or makes them be added up, is not read without need.
    """
    found = spoken_tables(request, ground)
    tables = tuple(chosen)
    for table in found.surely:
        more = (*tables, table)
        if table not in tables and _added_up(more, ground.schema) <= _added_up(tables, ground.schema):
            tables = more
    for table in chosen if found.whole or _added_up(tables, ground.schema) == math.inf else ():
        rest = tuple(each for each in tables if each != table)
        needless = rest and table not in found.any and set(found.surely) <= set(rest)
        if needless and _added_up(rest, ground.schema) <= _added_up(tables, ground.schema):
            tables = rest
    return tables


def tied_part(chosen: Sequence[str], request: str, ground: Ground) -> tuple[str, ...]:
    """Of tables that no keys tie together: the first that the request names, and what is tied to it."""
    named = [table for table in spoken_tables(request, ground).surely if table in chosen]
    tables = tuple(named[:1] or chosen[:1])
    for table in chosen:
        if table not in tables and _added_up((*tables, table), ground.schema) < math.inf:
            tables = (*tables, table)
    return tables


def _added_up(tables: Sequence[str], schema: Schema) -> float:
    """How many of some tables have rows to be added up for those of another; endless where keys do not tie them."""
    if not tables:
        return 0
    try:
        reach = reach_for(tables, tables, schema, {})
    except Asking:
        return math.inf
    return math.inf if reach is None else len(reach.children)


def _columns(decided: Decisions, request: str, ground: Ground, talk: Talk) -> tuple[str, ...]:
    """The columns: all of them where they are few, else those the model chooses and those the request names."""
    lexicon = lexicon_of(ground.schema)
    tables = [ground.schema.by_key[key] for key in decided.tables]
    offered = offered_columns(request, decided.tables, ground)
    if len(offered) <= FEW:
        return tuple(offered)
    lines = "\n".join(line_of(table, ground.schema, shy=len(offered) > 40) for table in tables)
    found = _ask(
        talk,
        "which columns",
        columns_prompt(lines, request),
        columns_shape(offered),
        lambda answer: known_among(answer.get("columns"), offered, MOST_COLUMNS) or None,
    )
    named = [name for name in _named(request, decided.tables, ground, lexicon) if name in offered]
    return tuple(dict.fromkeys([*(found or ()), *named]))


def offered_columns(request: str, chosen: Sequence[str], ground: Ground) -> list[str]:
    """The columns of tables that may be of use: no keys but those that say something, no bookkeeping but what is named.

    A key in words (a country's name) says something by itself where the table it refers to is not read.
    """
    lexicon = lexicon_of(ground.schema)
    refers = {(key.table, name): key.refers_table for key in ground.schema.foreign_keys for name in key.columns}
    named = set(_named(request, chosen, ground, lexicon))
    whole = wants_all(request, ground)
    offered = []
    for table in (ground.schema.by_key[key] for key in chosen):
        for column in readable_columns(table):
            place = f"{table.key}.{column.name}"
            key = refers.get((table.key, column.name))
            told = column.kind is Kind.TEXT and key not in chosen
            noted = column.kind in (Kind.DATE, Kind.TIME) and keeps_books(column.name)
            if whole or (place in named and key not in chosen) or (not noted and (key is None or told)):
                offered.append(place)
    return offered


def _named(request: str, tables: Sequence[str], ground: Ground, lexicon: Lexicon) -> list[str]:
    """The columns that the request names in so many words, and what names each thing."""
    items = link(request, lexicon, ground.values, ground.today)
    named = [
        f"{candidate.table}.{column}"
        for item in items
        for candidate in item.columns
        for column in candidate.columns
        if candidate.table in tables and candidate.score >= 0.95
    ]
    return named + [f"{table}.{column}" for table in tables for column in lexicon.naming(table)]


def _ask(
    talk: Talk,
    purpose: str,
    messages: Messages,
    shape: Mapping[str, Any],
    read: Callable[[Mapping[str, Any]], Made | None],
) -> Made | None:
    """The answer to one question, asked once more when it cannot be used; None when that fails too.

    Raises:
        Refusing: the model says `cannot` instead.
    """
    for temperature, seed in TRIES:
        wish = Wish(limit=DECISION_TOKENS, temperature=temperature, seed=seed, shape=shape)
        reply = talk.ask(purpose, Step.ANALYSE, messages, wish)
        for text in (reply.text, reply.thinking):
            answer = json_in(text)
            if answer is not None and refuses(answer):
                raise Refusing(reason_in(answer) or _reason(talk, messages, text))
            made = read(answer) if answer is not None else None
            if made is not None:
                return made
    return None


def _reason(talk: Talk, messages: Messages, said: str) -> str:
    """What is missing, in the words of a model that said `cannot`."""
    wish = Wish(limit=DECISION_TOKENS, temperature=0.0, shape=reason_shape())
    reply = talk.ask("what is missing", Step.ANALYSE, reason_prompt(messages, said), wish)
    return reason_in(json_in(reply.text) or {}) or UNSAID
