"""What a request leaves open: words that name nothing in the data, and requests that could be about anything.

The model may say what a word is; what it cannot place, and what it cannot tell at all, becomes a question with options.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.authors.analytics.cues import BENIGN, CUE_WORDS
from engine.authors.analytics.lexicon import lexicon_of
from engine.authors.analytics.linking import link
from engine.authors.analytics.synonyms import GENERIC_MONEY
from engine.authors.analytics.wording import thing
from engine.authors.base import Ground
from engine.authors.model.digest import ranked, readable_columns, scores_of
from engine.language.words import STOP_WORDS, plural, readable, stem, tokenise
from engine.products import Option, Question
from engine.sources.schema import Table

ABOUT = "about"
WITHOUT = "without"
COMPUTED, MISSING = "computed", "missing"
MOST_OPTIONS = 6
# A place is meant when it is so many times as near as the next; a value that occurs in it counts like two rare words.
CLEARLY, VALUE_NAMED = 1.5, 2.0
MOST_WORDS = 4
LONGEST_SHORT = 6
# Words that say how something is computed, compared or shown; they name nothing in any data.
_HOW = frozenset(
    stem(word)
    for word in (
        "calculate compute determine compare comparison vary variation differ difference change show display chart"
        " graph plot table report dashboard website web page simulate simulation scenario analyse analysis overview"
        " summary trend breakdown distribution ratio share percentage percent proportion growth total average day week"
        " weekend weekday month quarter year today yesterday daily weekly monthly quarterly yearly annual past previous"
        " recent latest roughly about approximately particular different various several result results look looks"
        " looking see seem seems feel tell know want need like value values metric metrics figure figures data database"
        " list rank ranking top bottom best worst correlation correlate regression forecast outlier anomaly seasonality"
        " seasonal cohort cumulative running moving rolling deviation variance percentile quartile histogram median"
        " retention churn frequency probability index score"
    ).split()
)


def unheard(request: str, ground: Ground) -> tuple[str, ...]:
    """The phrases of a request that name no table, column or value, and are no plain word of computing."""
    lexicon = lexicon_of(ground.schema)
    phrases: list[list[str]] = []
    end = -1
    for item in link(request, lexicon, ground.values, ground.today):
        plain = item.text.lower()
        common = (
            plain in STOP_WORDS
            or plain in BENIGN
            or plain in CUE_WORDS
            or stem(plain) in _HOW | GENERIC_MONEY | lexicon.vocabulary
        )
        if item.kind != "unknown" or common or not any(letter.isalpha() for letter in plain):
            continue
        if phrases and not request[end : item.start].strip():
            phrases[-1].append(item.text)
        else:
            phrases.append([item.text])
        end = item.end
    return tuple(dict.fromkeys(" ".join(words) for words in phrases))[:MOST_WORDS]


def is_heard(request: str, ground: Ground) -> bool:
    """Whether a request speaks of something in the data, and of nothing that is not there: then it is not unclear."""
    return bool(spoken_tables(request, ground).any) and not unheard(request, ground)


def is_elsewhere(request: str, ground: Ground) -> bool:
    """Whether a request speaks of nothing in the data, not of money either, but of things that are not there."""
    if spoken_tables(request, ground).any or any(token.stem in GENERIC_MONEY for token in tokenise(request)):
        return False
    return any(not is_short_for(each) for each in unheard(request, ground))


@dataclass(frozen=True)
class Spoken:
    """The tables that a request surely names, and all that it may speak of; `whole`: no word may be about others."""

    surely: tuple[str, ...]
    any: frozenset[str]
    whole: bool


def spoken_tables(request: str, ground: Ground) -> Spoken:
    """The tables that a request speaks of, by their names, by names of their columns and by their values."""
    items = link(request, lexicon_of(ground.schema), ground.values, ground.today)
    surely: dict[str, None] = {}
    for item in items:
        best = max((each.score for each in item.candidates), default=0)
        tables = {each.table for each in item.candidates if each.score == best}
        if item.kind == "noun" and best >= 1 and len(tables) == 1:
            surely |= dict.fromkeys(tables)
    some = set(surely)
    for item in items:
        near = {each.table for each in item.candidates} | {each.table for each in item.values}
        some |= near & set(surely) or near  # what a table has that is named speaks of no other one
    money = any(item.kind == "unknown" and stem(item.text) in GENERIC_MONEY for item in items)
    return Spoken(tuple(surely), frozenset(some), not money and not unheard(request, ground))


def is_short_for(phrase: str) -> bool:
    """Whether a phrase is an abbreviation: it stands for a way of computing as often as for something in the data."""
    return " " not in phrase and len(phrase) <= LONGEST_SHORT and sum(map(str.isupper, phrase)) > 1


def key_of(phrase: str) -> str:
    """The key of the question about a phrase."""
    return f"word {phrase.lower()}"


def meant(phrases: Sequence[str], answers: Mapping[str, str], ground: Ground) -> dict[str, str]:
    """What a person said that phrases are: a column that is there, a way of computing, or nothing."""
    known = {f"{table.key}.{column.name}" for table in ground.schema.tables for column in table.columns}
    given = {phrase: answers.get(key_of(phrase), "") for phrase in phrases}
    return {phrase: said for phrase, said in given.items() if said in (WITHOUT, COMPUTED) or said in known}


def about_question(ground: Ground, request: str, first: Sequence[str] = ()) -> Question:
    """Which table an unclear request is about: those the model thought of first, then the nearest."""
    tables = [table for table in ground.schema.tables if readable_columns(table)]
    keys = dict.fromkeys([*first, *ranked(ground.schema, tables, request, ground.values)])
    known = ground.schema.by_key
    options = tuple(Option(value=key, label=_described(known[key])) for key in list(keys)[:MOST_OPTIONS])
    text = "It cannot be told from this data what is meant. What is the request about?"
    return Question(key=ABOUT, text=text, options=options)


def word_question(phrase: str, tables: Sequence[str], ground: Ground) -> Question:
    """What a phrase stands for that nothing in the data is called."""
    keys = [(table, name) for table in tables for name in _said(ground.schema.by_key[table])]
    options = [Option(value=f"{t}.{n}", label=f"{readable(n).capitalize()} of {plural(thing(t))}") for t, n in keys]
    rest = (
        Option(value=COMPUTED, label="It is computed: the model is to choose how"),
        Option(value=WITHOUT, label=f"Leave out “{phrase}”"),
    )
    text = f"Nothing in this data is called “{phrase}”. What is meant?"
    return Question(key=key_of(phrase), text=text, options=(*options[: MOST_OPTIONS - len(rest)], *rest))


def likeliest(request: str, grounds: Sequence[Ground]) -> Ground | None:
    """The place whose tables a request speaks of; None when two places are about as near."""
    near = sorted(((_nearness(request, ground), -at) for at, ground in enumerate(grounds)), reverse=True)
    best, second = near[0], near[1] if len(near) > 1 else (0.0, 0)
    return None if best[0] > 0 and best[0] < CLEARLY * second[0] else grounds[-best[1]]


def _nearness(request: str, ground: Ground) -> float:
    """How much a request's words occur in the names, comments and values of the nearest table."""
    scores = scores_of([table for table in ground.schema.tables if readable_columns(table)], request)
    for span in ground.values.scan([token.text for token in tokenise(request)]):
        for table in {match.table for match in span.matches}:
            scores[table] = scores.get(table, 0.0) + VALUE_NAMED
    return max(scores.values(), default=0.0)


def said_of(meaning: str) -> str:
    """What a phrase was taken for, in words."""
    table, _, name = meaning.rpartition(".")
    said = {COMPUTED: "a way of computing that the language model chose", WITHOUT: "nothing: it is left out"}
    return said.get(meaning, f"{readable(name)} of {plural(thing(table))}")


def warnings_for(meanings: Mapping[str, str]) -> list[str]:
    """What is said beside an answer for which words had to be read that nothing in the data is called by."""
    return [
        f"Nothing in the data is called “{word}”: it was taken as {said_of(as_)}." for word, as_ in meanings.items()
    ]


def _said(table: Table) -> list[str]:
    """The columns of a table that mean something to a person."""
    keys = {*table.primary_key}
    return [column.name for column in readable_columns(table) if column.name not in keys]


def _described(table: Table) -> str:
    """A table by what it holds."""
    shown = ", ".join(readable(name) for name in _said(table)[:4])
    name = plural(thing(table.key)).capitalize()
    return f"{name} ({shown})" if shown else name
