"""Which words of a request name which tables, columns and values: longest and surest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rapidfuzz import fuzz

from engine.authors.analytics.asides import without_asides
from engine.authors.analytics.compounds import compounds, things
from engine.authors.analytics.cues import BENIGN, CUE_WORDS, CUES, LONGEST, STATES, Cue
from engine.authors.analytics.forms import by_another_ending, by_another_name
from engine.authors.analytics.items import Item
from engine.authors.analytics.lexicon import Candidate, Lexicon, Words
from engine.authors.analytics.synonyms import MEASURED_BY, synonyms
from engine.language.amounts import find_amounts
from engine.language.periods import find_periods
from engine.language.words import STOP_WORDS, Token, split_identifier, stem, stems, tokenise
from engine.sources.naming import singular, without_prefix
from engine.sources.schema import ValueMatch
from engine.sources.values import ValueIndex

LONGEST_NAME = 6
LONGEST_VALUE = 8
# A name as databases have them: words joined by underscores, or by capitals within.
_EXACT = re.compile(r"\b(\w+\.)?([A-Za-z]+(?:_\w+)+|[a-z]+(?:[A-Z][a-z0-9]+)+|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+)\b")
_PRIORITY = {
    "quoted": 0, "period": 1, "value": 2, "noun": 3, "cue": 4, "amount": 5, "partial": 6, "lone": 7, "ending": 8,
}  # fmt: skip


@dataclass(frozen=True)
class _Span:
    first: int
    last: int
    priority: int
    item: Item


def _written_out(text: str, lexicon: Lexicon) -> str:
    """The text with exact names of columns in words, as their short forms are read: `orig_int_rt`, `currUpb`."""
    names = {column.name.lower(): column.name for table in lexicon.schema.tables for column in table.columns}

    def words(match: re.Match[str]) -> str:
        name = names.get(match[2].lower())
        if name is None:
            return match[0]
        return f"{(match[1] or '').replace('.', ' ')}{' '.join(split_identifier(name))}"

    return _EXACT.sub(words, text)


def link(text: str, lexicon: Lexicon, values: ValueIndex, today: date) -> tuple[Item, ...]:
    """The items of a request in reading order; every token belongs to exactly one."""
    plain = without_asides(_written_out(text, lexicon), lexicon.vocabulary)
    tokens = tokenise(plain)
    spans = [*_quoted(tokens, values), *_periods(plain, tokens, today), *_amounts(plain, tokens)]
    spans += [
        *_values(tokens, lexicon, values),
        *_cues(tokens, lexicon),
        *_nouns(tokens, lexicon),
        *_full_names(tokens, lexicon),
        *_lone(tokens, lexicon),
        *_endings(tokens, lexicon, values),
    ]
    chosen: dict[int, _Span] = {}
    for span in sorted(
        spans, key=lambda each: (each.priority > 1, max(6, each.priority), each.first - each.last, each.priority)
    ):
        if not any(at in chosen for at in range(span.first, span.last)):
            chosen.update(dict.fromkeys(range(span.first, span.last), span))
    items: list[Item] = []
    at = 0
    while at < len(tokens):
        if at in chosen:
            items.append(chosen[at].item)
            at = chosen[at].last
        else:
            unit = at > 0 and tokens[at - 1].kind == "number" and _is_unit(tokens[at], lexicon)
            items.append(_item("stop", [tokens[at]]) if unit else _plain(tokens[at], lexicon))
            at += 1
    return things(compounds(items, lexicon), lexicon, values)


def _is_unit(token: Token, lexicon: Lexicon) -> bool:
    """ "180 cm", where a column says with its last word that it is in cm."""
    columns = [column for table in lexicon.schema.tables for column in table.columns]
    return len(token.text) < 4 and any(stems(column.name)[1:][-1:] == (token.stem,) for column in columns)


def _item(kind: str, tokens: Sequence[Token], **parts: object) -> Item:
    text = " ".join(token.text for token in tokens)
    return Item(kind, text, tokens[0].start, tokens[-1].end, **parts)  # type: ignore[arg-type]


def _plain(token: Token, lexicon: Lexicon) -> Item:
    if token.kind == "mark":
        return _item("mark", [token])
    if token.low in STOP_WORDS:
        return _item("stop", [token])
    if token.low in BENIGN:
        tables = tuple(each for each in lexicon.exact.get((token.stem,), ()) if each.is_table)
        return _item("verb", [token], candidates=_deed(token, lexicon) or tables)
    if deed := _deed(token, lexicon) or lexicon.acts.get(token.stem, ()):
        return _item("verb", [token], candidates=deed)
    return _item("unknown", [token], capital=token.text[:1].isupper())


def _deed(token: Token, lexicon: Lexicon) -> tuple[Candidate, ...]:
    """The table that a verb in the past is about: "prescribed" is about prescriptions."""
    return lexicon.deeds.get(token.stem, ()) if token.low.endswith("ed") else ()


def _quoted(tokens: Sequence[Token], values: ValueIndex) -> Iterator[_Span]:
    for at, token in enumerate(tokens):
        if token.kind == "quoted" or "@" in token.text:
            yield _Span(at, at + 1, 0, _item("quoted", [token], values=values.find(token.text)))


def _covered(tokens: Sequence[Token], span: tuple[int, int]) -> tuple[int, int] | None:
    inside = [at for at, token in enumerate(tokens) if token.start < span[1] and span[0] < token.end]
    return (inside[0], inside[-1] + 1) if inside else None


def _periods(text: str, tokens: Sequence[Token], today: date) -> Iterator[_Span]:
    for period in find_periods(text, today):
        if where := _covered(tokens, period.span):
            yield _Span(*where, 1, _item("period", tokens[slice(*where)], period=period))


def _amounts(text: str, tokens: Sequence[Token]) -> Iterator[_Span]:
    for amount in find_amounts(text):
        where = _covered(tokens, amount.span)
        if where and not any(token.kind == "quoted" for token in tokens[slice(*where)]):
            yield _Span(*where, _PRIORITY["amount"], _item("amount", tokens[slice(*where)], amount=amount))


def _values(tokens: Sequence[Token], lexicon: Lexicon, values: ValueIndex) -> Iterator[_Span]:
    for first in range(len(tokens)):
        for last in range(min(len(tokens), first + LONGEST_VALUE), first, -1):
            part = tokens[first:last]
            if any(token.kind == "quoted" for token in part) or part[0].kind == "mark" or part[-1].kind == "mark":
                continue
            said = " ".join(token.text for token in part)
            found = values.find(said)
            if not found and (found := by_another_name(said, values)):
                if first > 0 or not said.isupper():
                    yield _Span(first, last, _PRIORITY["value"], _item("value", part, values=found, capital=True))
                continue
            said_so = bool(found) and _said_so(tokens, first, last, found)
            if found and (
                said_so
                or _believable(part, first, found, lexicon, _is_led(tokens, first))
                or _is_kind_of(tokens, first, found, lexicon, values)
            ):
                words = sum(token.kind != "mark" for token in part)
                capital = first > 0 and part[0].text[:1].isupper()
                priority = _PRIORITY["value"] if words > 1 or capital or said_so else _PRIORITY["lone"]
                yield _Span(first, last, priority, _item("value", part, values=found, capital=capital))


# Words before which a state is said: "are closed", "were not shipped".
LEADS_STATE = frozenset("is are was were be been not or status currently n't isn't aren't wasn't weren't".split())


def _is_led(tokens: Sequence[Token], at: int) -> bool:
    """Whether a verb of being stands just before: "are still in progress"."""
    before = [token.low for token in tokens[:at] if token.low not in ("still", "now", "already", "currently")]
    return bool(before) and before[-1] in LEADS_STATE


def _said_so(tokens: Sequence[Token], first: int, last: int, found: Sequence[ValueMatch]) -> bool:
    """A value, whatever else it might mean: what things are said to be at the end, or just before its column's name."""
    part = tokens[first:last]
    if all(token.low in STOP_WORDS or token.kind != "word" for token in part):
        return False
    ends = _is_led(tokens, first) and all(token.kind == "mark" for token in tokens[last:])
    named = last < len(tokens) and any(stems(match.column) == (tokens[last].stem,) for match in found)
    return ends or (named and part[-1].low not in STOP_WORDS)


# Adjectives among the words for states: no one did anything when they are said.
_SHORT_STATES = frozenset({"open", "due", "available", "complete", "current"})


def _is_kind_of(
    tokens: Sequence[Token], at: int, found: Sequence[ValueMatch], lexicon: Lexicon, values: ValueIndex
) -> bool:
    """ "full professors": a filler word (not one of a name) just before the very things whose kind it is."""
    names = [each for each in lexicon.exact.get((tokens[at].stem,), ()) if each.score >= 1]
    named = bool(names) and _spelt_so(tokens[at].low, names)
    if at + 1 >= len(tokens) or tokens[at].low not in BENIGN or named:
        return False
    things = {each.table for each in lexicon.exact.get((tokens[at + 1].stem,), ()) if each.is_table}
    things |= {match.table for match in by_another_ending(tokens[at + 1].text, values)}
    return bool(things & {match.table for match in found})


def _believable(
    part: Sequence[Token], first: int, found: Sequence[ValueMatch], lexicon: Lexicon, led: bool = False
) -> bool:
    """A value that is a plain word counts only where it cannot be anything else."""
    words = [token for token in part if token.kind != "mark"]
    if all(token.low in STOP_WORDS or token.low in CUE_WORDS or token.kind == "number" for token in words):
        return len(words) > 1 and " ".join(token.text for token in part) in {match.value for match in found}
    if len(words) > 1:
        exact = " ".join(token.text for token in part) in {match.value for match in found}
        plain = sum(token.low not in STOP_WORDS for token in words) < 2 and words[-1].text.islower()
        return tuple(token.low for token in words) not in CUES and (exact or not plain)
    token = words[0]
    # "Are open" is a state though there is a date of opening; "were opened" may be that date.
    dated = token.stem in lexicon.date_words and (token.low.endswith("ed") or token.low not in _SHORT_STATES)
    if token.low in STATES and not dated and led:
        return token.low in {match.value.lower() for match in found}
    known = token.stem in lexicon.vocabulary or (token.stem,) in lexicon.exact or token.low in BENIGN - STATES
    if first > 0 and token.text[:1].isupper():
        return True
    return not known and (len(token.text) > 2 or token.text in {match.value for match in found})


def _cues(tokens: Sequence[Token], lexicon: Lexicon) -> Iterator[_Span]:
    lows = [token.low if token.kind != "quoted" else '"' for token in tokens]
    for first in range(len(tokens)):
        for last in range(min(len(tokens), first + LONGEST), first, -1):
            named = lows[first] in _ALSO_NAMES and _is_column(tokens[first], lexicon)
            if (cue := CUES.get(tuple(lows[first:last]))) and not named:
                yield _Span(first, last, _PRIORITY["cue"], _item("cue", tokens[first:last], cue=cue))
        if lows[first + 1 : first + 2] == ["many"] and lows[first][0] == "h" and len(lows[first]) <= 4:
            yield _Span(first, first + 2, _PRIORITY["cue"], _item("cue", tokens[first : first + 2], cue=Cue("count")))


def _as_spelled(part: Sequence[Token], found: tuple[Candidate, ...], lexicon: Lexicon) -> tuple[Candidate, ...]:
    """Reviews are no reviewers, though both have one stem: of several tables the one that is spelled so."""
    tables = [each for each in found if each.is_table]
    if len(tables) < 2:
        return found
    said = singular(" ".join(token.low for token in part))
    spelled = [
        each for each in tables if singular(without_prefix(lexicon.tables[each.table].name, lexicon.house)) == said
    ]
    return (spelled[0], *(each for each in found if not each.is_table)) if len(spelled) == 1 else found


def _nouns(tokens: Sequence[Token], lexicon: Lexicon) -> Iterator[_Span]:
    for first in range(len(tokens)):
        for last in range(min(len(tokens), first + LONGEST_NAME), first, -1):
            part = tokens[first:last]
            if not _may_name(part, lexicon) or _of_table(tokens, first, last, lexicon) or _tells(part, lexicon):
                continue
            words = tuple(token.stem for token in part if token.kind != "mark" and token.low not in _INSIDE)
            found = called(words, lexicon, any_order=not {token.low for token in part} & CUE_WORDS)
            if {token.low for token in part} & _INSIDE:
                found = tuple(each for each in found if each.score <= 1 and each.how != "synonym")
            found = _as_spelled(part, found, lexicon)
            if _of_flagged_thing(part, found, lexicon):
                continue
            if found and len(part) == 1 and part[0].low in BENIGN:
                state = all(map(lexicon.is_flag, found)) and _says_state(tokens, first, lexicon)
                if not state and not _stands_as_noun(tokens, first, found):
                    continue
            if found:
                yield _Span(first, last, _PRIORITY["noun"], _item("noun", part, candidates=found))
                break
            found = _partial(words, lexicon) if len(words) > 1 else ()
            if found and not {token.low for token in part} & CUE_WORDS:
                yield _Span(first, last, _PRIORITY["partial"], _item("noun", part, candidates=found))


# Little words that may stand inside a name: "date of birth".
_INSIDE = frozenset({"of", "the"})


# Cues that are a name where a column is called so.
_ALSO_NAMES = frozenset("share percentage percent proportion rank".split())


def _is_column(token: Token, lexicon: Lexicon) -> bool:
    return any(not each.is_table and each.score >= 0.9 for each in lexicon.exact.get((token.stem,), ()))


def _may_name(part: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether these tokens may be one name at all."""
    lows = [token.low for token in part]
    if any(token.kind == "quoted" or (token.kind == "mark" and token.text != "-") for token in part):
        return False
    if {lows[0], lows[-1]} & STOP_WORDS or part[0].kind == "mark":
        return False
    if len(part) == 1 and lows[0] in CUE_WORDS and not (lows[0] in _ALSO_NAMES and _is_column(part[0], lexicon)):
        return False
    return not any(low in STOP_WORDS and low not in _INSIDE for low in lows)


def _tells(part: Sequence[Token], lexicon: Lexicon) -> bool:
    """ "cartoon directed (by)": a table and a verb, not a name."""
    if len(part) < 2 or part[-1].low not in BENIGN:
        return False
    named = lexicon.exact.get((part[-1].stem,), ())
    if part[-1].low in {word for each in named for name in each.columns for word in split_identifier(name)} and (
        not part[-1].low.endswith("ed")
    ):
        return False
    words = tuple(token.stem for token in part[:-1])
    return any(each.is_table and each.score >= 0.9 for each in lexicon.exact.get(words, ()))


_LEADS_NOUN = frozenset(
    "the a an , and by per each of their its return show list which what every all or distinct".split()
)


def _full_names(tokens: Sequence[Token], lexicon: Lexicon) -> Iterator[_Span]:
    """ "first and last names" are the two parts of a person's name."""
    for at in range(len(tokens) - 3):
        said = [token.low for token in tokens[at : at + 4]]
        if said[0] in ("first", "last") and said[1] == "and" and said[2] in ("last", "first"):
            found = tuple(each for each in lexicon.exact.get(("name",), ()) if len(each.columns) == 2)
            if found and said[3] in ("name", "names"):
                yield _Span(at, at + 4, _PRIORITY["noun"], _item("noun", tokens[at : at + 4], candidates=found))


# Before these a plural is no verb: "how many parts", "with visits".
_LEADS_PLURAL = frozenset("many of most fewest have has had no any with without".split())


def _stands_as_noun(tokens: Sequence[Token], at: int, found: Sequence[Candidate]) -> bool:
    """Whether a word that is also a verb ("make", "order") is a noun here, by the words around it."""
    before = tokens[at - 1].low if at else ""
    after = tokens[at + 1].low if at + 1 < len(tokens) else ""
    if max(candidate.score for candidate in found) < 0.9 or not _spelt_so(tokens[at].low, found):
        return False
    if before in _LEADS_PLURAL and tokens[at].low.endswith("s") and any(each.is_table for each in found):
        return True
    return before in _LEADS_NOUN or after in (",", "of") or (after == "and" and before not in ("to", "that", "who"))


def _of_flagged_thing(part: Sequence[Token], found: Sequence[Candidate], lexicon: Lexicon) -> bool:
    """ "smoking rooms" is two things: the rooms, and a yes-or-no column that says which."""
    things = lexicon.exact.get((part[-1].stem,), ()) if len(part) > 1 and found else ()
    return any(each.is_table for each in things) and all(map(lexicon.is_flag, found))


def _says_state(tokens: Sequence[Token], at: int, lexicon: Lexicon) -> bool:
    """Whether a word stands where things are said to be so: "are closed", "closed shops"."""
    before = tokens[at - 1].low if at else ""
    after = lexicon.exact.get((tokens[at + 1].stem,), ()) if at + 1 < len(tokens) else ()
    return before in LEADS_STATE or any(each.is_table for each in after)


def _spelt_so(word: str, found: Sequence[Candidate]) -> bool:
    """Whether a name holds the word as it is written: "make" is a column, "made" is not."""
    names = {part for each in found for name in (*each.columns, each.table) for part in split_identifier(name)}
    return word in names or word.removesuffix("s") in names or f"{word}s" in names


def called(words: Words, lexicon: Lexicon, any_order: bool = True) -> tuple[Candidate, ...]:
    """What is wholly called by these stems, by name or by a synonym."""
    if not words:
        return ()
    found = dict.fromkeys(each for each in lexicon.exact.get(words, ()) if any_order or each.how != "sorted")
    if not found and len(words) > 1 and any_order:
        found = dict.fromkeys(lexicon.exact.get(tuple(sorted(words)), ()))
    if not found and len(words) > 1:
        found = dict.fromkeys(lexicon.exact.get((stem("".join(words)),), ()))
    places = {(candidate.table, candidate.columns) for candidate in found}
    for other in sorted(synonyms(words)):
        for candidate in lexicon.exact.get(other, ()):
            if (candidate.table, candidate.columns) not in places and candidate.score >= 0.9:
                places.add((candidate.table, candidate.columns))
                found[replace(candidate, score=0.85, how="synonym")] = None
    return tuple(found)


def _partial(words: Words, lexicon: Lexicon) -> tuple[Candidate, ...]:
    """The columns whose names hold all these stems among others, and those whose comment does."""
    found = []
    for table in lexicon.schema.tables:
        for column in table.columns:
            names = stems(column.name)
            alternatives = [words, *synonyms(words)]
            if (table.key, column.name) in lexicon.keys:
                continue
            if any(set(each) <= set(names) and len(set(each)) == len(each) for each in alternatives):
                score = 0.5 + 0.25 * len(words) / max(len(names), 1)
                score = round(score - 0.05 * (not set(words) <= set(names)), 3)
                how = "partial" if set(words) <= set(names) else "synonym"
                found.append(lexicon.candidate(table.key, column.name, score, how))
            elif column.comment and _said_in(words, column.comment):
                found.append(lexicon.candidate(table.key, column.name, 0.5, "comment"))
    return tuple(found)


def _said_in(words: Words, comment: str) -> bool:
    """Whether a comment begins with a phrase of at least two words; further on it may speak of anything."""
    said = [stem(word) for word in re.findall(r"[A-Za-z]+", comment) if word.lower() not in STOP_WORDS]
    return len(words) > 1 and tuple(said[: len(words)]) == words


def _of_table(tokens: Sequence[Token], first: int, last: int, lexicon: Lexicon) -> bool:
    """Whether a phrase is "X of the TABLE", which is two things, even where the table's name goes on behind it."""
    little = [at for at in range(first, last) if tokens[at].low in _INSIDE]
    if not little:
        return False
    owners = [tuple(token.stem for token in tokens[little[-1] + 1 : end]) for end in (last, last + 1, last + 2)]
    return any(each.is_table and each.score >= 0.9 for owner in owners for each in lexicon.exact.get(owner, ()))


def _lone(tokens: Sequence[Token], lexicon: Lexicon) -> Iterator[_Span]:
    """Single words as part of a name, then as a name with a typing error."""
    for at, token in enumerate(tokens):
        if token.kind != "word" or len(token.text) < 3 or {token.low} & (STOP_WORDS | CUE_WORDS | BENIGN):
            continue
        found = _partial((token.stem,), lexicon)
        tables = [
            Candidate(key, (), 0.55, "partial") for key, words in lexicon.table_words.items() if token.stem in words
        ]
        if not found and not tables and token.stem not in MEASURED_BY:
            found = _misspelt(token, lexicon)
        if found or tables:
            yield _Span(at, at + 1, _PRIORITY["partial"], _item("noun", [token], candidates=(*found, *tables)))


def _endings(tokens: Sequence[Token], lexicon: Lexicon, values: ValueIndex) -> Iterator[_Span]:
    """Single words that nothing else explains, as a value with another ending."""
    for at, token in enumerate(tokens):
        plain = token.kind == "word" and not {token.low} & (STOP_WORDS | CUE_WORDS | BENIGN)
        if plain and (found := by_another_ending(token.text, values)):
            yield _Span(at, at + 1, _PRIORITY["ending"], _item("value", [token], values=found))


def _misspelt(token: Token, lexicon: Lexicon) -> tuple[Candidate, ...]:
    if len(token.text) < 6 or token.text[:1].isupper():
        return ()
    near = {
        words
        for words in lexicon.exact
        if len(words) == 1 and len(words[0]) > 4 and fuzz.ratio(words[0], token.stem) >= 88
    }
    if len(near) != 1:
        return ()
    return tuple(replace(each, score=0.6, how="near") for each in lexicon.exact[near.pop()] if each.score >= 0.9)
