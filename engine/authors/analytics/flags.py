"""Yes-or-no columns in a request: "unread messages", "are cancelled", "with a pool" say which rows, as values do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.authors.analytics.items import Item
from engine.authors.analytics.lexicon import Candidate, Lexicon
from engine.authors.analytics.linking import LEADS_STATE
from engine.language.words import split_identifier
from engine.sources.schema import Kind, ValueMatch

# Before these a column is asked for, or grouped by, rather than said to hold.
_ASKS = frozenset("by per each every show list display return give whether and , different distinct".split())
_HAS = frozenset({"has", "have"})


def with_flags(items: Sequence[Item], lexicon: Lexicon) -> tuple[Item, ...]:
    """The items, those as values that say of which rows a yes-or-no column holds or does not."""
    return tuple(_stated(items, at, lexicon) for at in range(len(items)))


def _stated(items: Sequence[Item], at: int, lexicon: Lexicon) -> Item:
    item = items[at]
    best = max((each.score for each in item.candidates), default=0.0)
    flags = [each for each in item.candidates if each.score > best - 0.1]
    if not item.is_noun or not flags or not all(map(lexicon.is_flag, flags)):
        return item
    flags = _nearest(items, at, flags)
    if not _says_which(items, at, flags):
        return item
    return replace(item, kind="value", candidates=(), values=tuple(_match(each, lexicon) for each in flags), flag=True)


def _nearest(items: Sequence[Item], at: int, flags: list[Candidate]) -> list[Candidate]:
    """Those of the thing that stands behind, else of the last thing before, else all."""
    named = [items[at + 1].entity] if at + 1 < len(items) else []
    named += [item.entity for item in reversed(items[:at])]
    for table in (each for each in named if each):
        if own := [each for each in flags if each.table == table]:
            return own
    return flags


def _says_which(items: Sequence[Item], at: int, flags: Sequence[Candidate]) -> bool:
    before = items[at - 1].text.lower().split()[-1] if at else ""
    if before in _ASKS:
        return False
    following = items[at + 1] if at + 1 < len(items) else None
    adjective = following is not None and following.is_noun and bool(following.entity)
    predicate = before in LEADS_STATE or (at > 0 and items[at - 1].kind == "verb" and _last(items, at))
    owned = before in ("the", "a", "an") and _gets(items, at)
    has = all(split_identifier(each.columns[0])[0] in _HAS for each in flags)
    return adjective or predicate or has or owned


def _gets(items: Sequence[Item], at: int) -> bool:
    """Whether things named before are said to get or have it: "customers who get the newsletter"."""
    between: list[str] = []
    for item in reversed(items[:at]):
        if item.is_noun:
            return bool(item.entity) and any(word not in ("the", "a", "an") for word in between)
        if item.kind not in ("stop", "verb") or item.text.lower() in _ASKS:
            return False
        between.append(item.text.lower())
    return False


def _last(items: Sequence[Item], at: int) -> bool:
    """Whether nothing but marks follows: "how many employees work remotely?"."""
    return all(item.kind == "mark" for item in items[at + 1 :])


def _match(flag: Candidate, lexicon: Lexicon) -> ValueMatch:
    column = lexicon.column(flag.table, flag.columns[0])
    yes, no = column.truth or ("true", "false")
    return ValueMatch(table=flag.table, column=column.name, value=no if flag.how == "opposite" else yes)


def stored(value: str, table: str, column: str, lexicon: Lexicon) -> str | int | bool:
    """A value as its column holds it: yes and no of a numeric or boolean column are no text."""
    held = lexicon.column(table, column)
    if held.kind is Kind.BOOLEAN and value in ("true", "false"):
        return value == "true"
    return int(value) if held.kind is Kind.NUMBER and held.truth is not None and value in held.truth else value
