"""What the words of a request are in the frame: told to the model, so that it need not guess. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from engine.authors.analytics.items import Item
from engine.authors.analytics.lexicon import Lexicon, lexicon_of
from engine.authors.analytics.linking import link
from engine.authors.analytics.query import Condition
from engine.authors.analytics.synonyms import MEASURED_BY
from engine.authors.analytics.wording import thing
from engine.authors.base import Ground
from engine.authors.model.framing import Frame
from engine.language.words import split_identifier, stem, stems

MOST = 8
VAGUE = frozenset("date time year month day week id name".split())
_LISTS = re.compile(r"\b(?:return|show|list|give|display|output|include|report)\b", re.IGNORECASE)
_LIST_ENDS = re.compile(
    r"[.;?!]|\b(?:for|of (?:all|each|every)|in|by|per|where|that|who|which|with|ordered|sorted|order|sort|grouped)\b",
    re.IGNORECASE,
)
_COMPUTED = frozenset("count sum avg max min ratio days_between".split())
_RANKED = frozenset("top bottom most fewest common rare".split())
_LETTERS = {"A": "average", "T": "sum"}
_TIMELY = frozenset("late early new".split())
_ADDED = {"sum": "sum", "avg": "average"}


def words_of(request: str, ground: Ground, frame: Frame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the words are that are no column's own name, and the columns of the result where the request lists them."""
    lexicon = lexicon_of(ground.schema)
    items = link(request, lexicon, ground.values, ground.today)
    said = [*_nouns(items, frame, lexicon), *_superlatives(items, frame), *_counts(items, frame, lexicon)]
    numbers = [column.name for column in frame.columns if column.kind == "num"]
    said += [
        (item.text, long) for item in items if item.kind == "unknown" and (long := spelled_out(item.text, numbers))
    ]
    found: dict[str, str] = {}
    for word, meaning in said:
        found.setdefault(word.lower(), f'"{word}" is {meaning}')
    listed = _listed(request, items, frame)
    told = [f"the columns of the result are {', '.join(listed)}"] if listed else []
    return (*tuple(found.values())[:MOST], *told), tuple(listed)


def kind_said(request: str, ground: Ground) -> str:
    """The kind of answer, where the words say it beyond doubt: groups, months, counts, extremes; empty where not."""
    items = link(request, lexicon_of(ground.schema), ground.values, ground.today)
    told = _told(items)[1:]
    cues = [item.cue.name for item in told if item.kind == "cue"]
    if any(name.startswith("grain_") for name in cues):
        return "time_series"
    if "group" in cues or ("by" in cues and set(cues) & _COMPUTED and not set(cues) & _RANKED):
        return "breakdown"
    if _asks_for_one(told):
        return "first"
    if set(cues) & _RANKED:
        return "ranking"
    if {"order", "descending", "ascending", "star"} & set(cues):
        return ""
    both = any(one.cue.name != two.cue.name for one, two in _extremes(told))
    return "single" if both or (told and told[0].cued(*_COMPUTED)) else ""


def _asks_for_one(told: Sequence[Item]) -> bool:
    """Whether one thing is asked for, by what it has most of: "which customer has the most orders"."""
    ordered = any(item.cued("order", "ascending", "descending", "top", "bottom") for item in told)
    asked = [two for one, two in pairwise(told) if one.cued("whose") and two.is_noun and not two.text.endswith("s")]
    superlative = any(item.cued("most", "fewest", "common", "rare", "highest", "lowest") for item in told)
    return superlative and not ordered and bool(asked) and asked[0] is told[1]


def _extremes(told: Sequence[Item]) -> Iterator[tuple[Item, Item]]:
    """Two superlatives side by side: "the longest and the shortest"."""
    plain = [item for item in told if not item.cued("and")]
    return (
        (one, two) for one, two in pairwise(plain) if all(i.cued("highest", "lowest", "max", "min") for i in (one, two))
    )


def wants_all(request: str, ground: Ground) -> bool:
    """Whether all there is about a thing is asked for: "all the customer information"."""
    told = _told(link(request, lexicon_of(ground.schema), ground.values, ground.today))
    of_things = any(one.cued("star") and two.entity for one, two in pairwise(told[:3]))
    return of_things or any(one.entity and two.cued("star") for one, two in pairwise(told[:3]))


def named_columns(request: str, ground: Ground, frame: Frame) -> tuple[str, ...]:
    """The columns that a request names, and what names its things; none where it wants all there is."""
    if wants_all(request, ground):
        return ()
    lexicon = lexicon_of(ground.schema)
    items = link(request, lexicon, ground.values, ground.today)
    found: list[str] = []
    for item in items:
        if item.is_noun and item.entity:
            found += [_called(frame, f"{item.entity}.{name}") for name in lexicon.naming(item.entity)]
        elif item.is_noun:
            found.append(_column(item, items, frame))
    chosen = set(done_in(frame).values())
    return tuple(dict.fromkeys(name for name in found if name and name not in chosen))


def spellings_of(request: str, ground: Ground, frame: Frame) -> dict[str, dict[str, str]]:
    """How the values that a request names are written in the frame's columns: column to (small letters to value)."""
    sources = {column.source: column.name for column in frame.columns}
    found: dict[str, dict[str, str]] = {}
    for item in link(request, lexicon_of(ground.schema), ground.values, ground.today):
        for match in item.values:
            if name := sources.get(f"{match.table}.{match.column}"):
                found.setdefault(name, {})[match.value.lower()] = match.value
    return found


def done_in(frame: Frame) -> dict[str, str]:
    """The values by which the frame's rows are chosen: each in small letters, with its column."""
    sources = {column.source: column.name for column in frame.columns}
    found: dict[str, str] = {}
    for condition in frame.query.where if frame.query else ():
        if isinstance(condition, Condition) and condition.operator in ("=", "in"):
            name = sources.get(f"{condition.column.table}.{condition.column.column}", "")
            found |= {str(value).lower(): name for value in condition.values if name}
    return found


def spelled_out(short: str, numbers: Sequence[str]) -> str:
    """An abbreviation by its letters, where one number has them: ASP over a sale price is the average sale price."""
    how = _LETTERS.get(short[:1], "")
    called = [name for name in numbers if "".join(word[0] for word in split_identifier(name)).upper() == short[1:]]
    return f"the {how} of {called[0]}" if how and len(short) > 2 and len(called) == 1 else ""


def _nouns(items: Sequence[Item], frame: Frame, lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """Nouns whose column is called otherwise: a thing that is asked for, an amount of money, a synonym."""
    for before, item in pairwise(_told(items)):
        if not item.is_noun:
            continue
        if not item.entity:
            column = _column(item, items, frame)
            if column and set(stems(item.text)) != set(stems(column)) and not set(stems(item.text)) <= VAGUE:
                yield item.text, column
        elif before.cued("sum", "avg") and len(money := _money(item.entity, frame, lexicon)) == 1:
            yield f"{before.text} {item.text}", f"the {_ADDED[before.cue.name]} of {money[0]}"
        elif before.cued("whose", "group", "by", "top", "bottom", "highest", "lowest"):
            names = [_called(frame, f"{item.entity}.{name}") for name in lexicon.naming(item.entity)]
            if all(names) and lexicon.naming(item.entity) != lexicon.tables[item.entity].primary_key:
                yield item.text, f"named by {' and '.join(names)}"


def _money(table: str, frame: Frame, lexicon: Lexicon) -> list[str]:
    """The frame's columns of a table that hold money."""
    return [name for each in lexicon.money(table) if (name := _called(frame, f"{table}.{each}"))]


def _told(items: Sequence[Item]) -> list[Item]:
    """The words that tell something, with an empty one before the first."""
    return [Item("mark", "", 0, 0), *(item for item in items if item.kind not in ("stop", "mark"))]


def _superlatives(items: Sequence[Item], frame: Frame) -> Iterator[tuple[str, str]]:
    """Adjectives that measure a column of the frame: "longest" is the highest duration."""
    numbers = [column for column in frame.columns if column.kind in ("num", "date", "time")]
    dates = [column for column in numbers if column.kind != "num"]
    for item in items:
        if not item.cued("highest", "lowest") or not item.cue.argument:
            continue
        for word in MEASURED_BY.get(item.cue.argument, "").split():
            among = dates if item.cue.argument in _TIMELY else numbers
            if near := [column.name for column in among if stem(word) in stems(column.name)]:
                if len(near) == 1:
                    yield item.text, f"the {item.cue.name} {near[0]}"
                break


def _counts(items: Sequence[Item], frame: Frame, lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """How to count what is asked to be counted."""
    told = [item for item in _told(items) if not item.cued("distinct", "and")]
    added = {c.source.rpartition(".")[0]: c.name for c in frame.columns if c.means.startswith("number over the ")}
    for before, item in pairwise(told):
        if before.cued("without") and item.entity in added:
            yield f"{before.text} {item.text}", f"{added[item.entity]} == 0"
        if not before.cued("count", "most", "fewest") or not item.is_noun:
            continue
        words = f"{before.text} {item.text}"
        if item.entity and thing(item.entity) == frame.grain:
            yield words, "the number of rows"
        elif item.entity and (key := _key(item.entity, frame, lexicon)):
            yield words, f"the number of distinct {key}"
        elif not item.entity and (column := _column(item, items, frame)):
            yield words, f"the number of distinct {column}"


def _listed(request: str, items: Sequence[Item], frame: Frame) -> list[str]:
    """The columns of the result that a request lists behind "return", in their order; none where they are unsure."""
    plain = re.sub(r"\([^)]*\)", lambda found: " " * len(found.group(0)), request)
    last = list(_LISTS.finditer(plain))[-1:]
    span = _LIST_ENDS.split(plain[last[0].end() :])[0] if last else ""
    found: list[str] = []
    at = last[0].end() if last else 0
    for piece in re.split(r"(,|\band\b)", span):
        inside = [item for item in items if at <= item.start and item.end <= at + len(piece)]
        at += len(piece)
        inside = [item for item in inside if item.kind not in ("stop", "mark", "verb") and not item.cued("and")]
        if not inside:
            continue
        nouns = [item for item in inside if item.is_noun]
        computed = inside[0].kind == "unknown" or (inside[0].kind == "cue" and nouns)
        name = _slug(inside) if computed else _column(nouns[0], items, frame) if len(inside) == len(nouns) == 1 else ""
        if not name:
            return []
        found.append(name)
    return list(dict.fromkeys(found)) if len(found) > 1 else []


def _slug(items: Sequence[Item]) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", " ".join(item.text for item in items).lower()))[:40]


def _column(item: Item, items: Sequence[Item], frame: Frame) -> str:
    """The frame's column that a noun names; of several, that of what the request groups or asks about."""
    found: dict[str, float] = {}
    about = _subject(items)
    for candidate in item.columns:
        for name in candidate.columns[:1] if len(candidate.columns) == 1 else ():
            if called := _called(frame, f"{candidate.table}.{name}"):
                found[called] = max(found.get(called, 0.0), candidate.score + 0.5 * (candidate.table == about))
    best = [name for name, score in found.items() if score == max(found.values())]
    return best[0] if len(best) == 1 and max(found.values()) >= 0.8 else ""


def _subject(items: Sequence[Item]) -> str:
    """The table that a request is about: what it groups by, else what it names first."""
    for before, item in pairwise(_told(items)):
        if before.cued("group") and item.entity:
            return item.entity
    return next((item.entity for item in items if item.is_noun and item.entity), "")


def _called(frame: Frame, source: str) -> str:
    """The frame's name of a column of the database; empty when it is not read, or only added up."""
    plain = [column.name for column in frame.columns if column.source == source and " over the " not in column.means]
    return plain[0] if plain else ""


def _key(table: str, frame: Frame, lexicon: Lexicon) -> str:
    keys = lexicon.tables[table].primary_key
    return _called(frame, f"{table}.{keys[0]}") if len(keys) == 1 else ""
