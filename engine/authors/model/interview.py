"""The small questions: kind and tables, columns, parameters. Each is asked with its shape and checked by us."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from engine.authors.analytics.gate import Asking
from engine.authors.analytics.lexicon import Lexicon, lexicon_of
from engine.authors.analytics.linking import link
from engine.authors.base import Ground
from engine.authors.model.clarifying import (
    ABOUT,
    COMPUTED,
    MISSING,
    WITHOUT,
    about_question,
    is_short_for,
    meant,
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
    wants_what_if,
    words_shape,
)
from engine.authors.model.digest import BUDGET, Digest, about_schema, digest, line_of, readable_columns
from engine.authors.model.prompting import (
    DECISION_TOKENS,
    Messages,
    columns_prompt,
    parameters_prompt,
    tables_prompt,
    words_prompt,
)
from engine.authors.model.session import Talk
from engine.errors import BrokenReplyError, ContextOverflowError
from engine.language_model.client import Wish
from engine.products import ParameterPlan, Step

FEW = 20
NO_ANSWERS: Mapping[str, str] = MappingProxyType({})
TRIES = ((0.0, 1), (0.5, 2))
Made = TypeVar("Made")


def interview(
    request: str, ground: Ground, talk: Talk, answers: Mapping[str, str] = NO_ANSWERS
) -> tuple[Decisions, Digest]:
    """What is asked for, decided by the model from what there is, and which tables it was shown.

    Raises:
        Asking: a person must say what is meant.
        ModelError: the server failed, or no answer could be used.
    """
    about = answers.get(ABOUT, "")
    shown, decided = _kind_and_tables(request, ground, talk, about if about in ground.schema.by_key else "")
    if decided.kind == "unclear":
        raise Asking(about_question(ground, request, decided.tables))
    meanings = _meanings(decided, request, ground, talk, answers)
    columns = _columns(decided, request, ground, talk)
    parameters: tuple[ParameterPlan, ...] = ()
    if wants_what_if(request):
        names = [name.rpartition(".")[2] for name in columns]
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
    open_ = [phrase for phrase in phrases if phrase not in said]
    if not open_:
        return said
    tables = [ground.schema.by_key[key] for key in decided.tables]
    columns = [f"{table.key}.{column.name}" for table in tables for column in readable_columns(table)]
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
    if absent := [phrase for phrase, meaning in read.items() if meaning == MISSING]:
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
    kinds = {name: words for name, words in KINDS.items() if name != "unclear" or not about}
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
        if about:
            chosen = tuple(dict.fromkeys([about, *made.tables]))[:MOST_TABLES]
            made = made.model_copy(update={"tables": chosen, "kind": made.kind if made.kind in kinds else "list"})
        return shown, made
    raise BrokenReplyError(
        "The model did not say which tables are needed, twice.", "Say it in other words, or use a larger model."
    )


def _columns(decided: Decisions, request: str, ground: Ground, talk: Talk) -> tuple[str, ...]:
    """The columns: all of them where they are few, else those the model chooses and those the request names."""
    lexicon = lexicon_of(ground.schema)
    tables = [ground.schema.by_key[key] for key in decided.tables]
    offered = [
        f"{table.key}.{column.name}"
        for table in tables
        for column in readable_columns(table)
        if (table.key, column.name) not in lexicon.foreign_columns
    ]
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
    """The answer to one question, asked once more when it cannot be used; None when that fails too."""
    for temperature, seed in TRIES:
        wish = Wish(limit=DECISION_TOKENS, temperature=temperature, seed=seed, shape=shape)
        reply = talk.ask(purpose, Step.ANALYSE, messages, wish)
        for text in (reply.text, reply.thinking):
            answer = json_in(text)
            made = read(answer) if answer is not None else None
            if made is not None:
                return made
    return None
