"""The restrictions of a request that are found without a model: values that occur in the data, and periods."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from types import MappingProxyType

from engine.authors.analytics.gate import settle
from engine.authors.analytics.items import Item
from engine.authors.analytics.joins import ancestors
from engine.authors.analytics.lexicon import keeps_books, lexicon_of
from engine.authors.analytics.linking import link
from engine.authors.analytics.query import ColumnRef, Condition, Function, Value
from engine.authors.analytics.synonyms import DATED_BY
from engine.authors.base import Ground
from engine.language.periods import PeriodMatch
from engine.language.words import stems
from engine.sources.schema import Kind, ValueMatch

_TURNED = re.compile(
    r"\b(?:not|no|non|except|excluding|without|other than|apart from|exclude|versus|vs|compared?|never)\b",
    re.IGNORECASE,
)
_LACKING = re.compile(
    r"\b(?:no|not|never|without|lack\w*|missing|zero|none|n't|don't|doesn't|didn't|haven't|hasn't)\b", re.IGNORECASE
)
# How near a phrase must match to be a column's name, and how many phrases before a period may say what it dates.
SURELY, NEAR = 0.95, 2
_TAKEN: Mapping[str, Function] = MappingProxyType(
    {"highest": "max", "max": "max", "lowest": "min", "min": "min", "avg": "avg", "sum": "sum"}
)
_VAGUE = frozenset("date time year month day week".split())
_YEARS = re.compile(r"(^|_)(year|yr|fy)(_|$)|year$", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """Conditions that hold for sure, and columns whose values the request names without a sure condition.

    `subject` is the table whose rows all count, those without any in the other tables too. `taken` says of columns how
    their values become one, where the request says it: the highest, the average.
    """

    conditions: tuple[Condition, ...] = ()
    mentioned: tuple[ColumnRef, ...] = ()
    words: tuple[str, ...] = ()
    subject: str = ""
    taken: Mapping[ColumnRef, Function] = field(default_factory=dict)


def filters_for(
    text: str, ground: Ground, tables: Sequence[str], columns: Sequence[str], answers: Mapping[str, str]
) -> Found:
    """What a request restricts, over the tables that will be read.

    Raises:
        Asking: a period could be one of several dates.
    """
    reachable = (*tables, *ancestors(ground.schema, tables))
    items = link(text, lexicon_of(ground.schema), ground.values, ground.today)
    values = [item for item in items if item.kind in ("value", "quoted") and item.values]
    doubtful = bool(re.search(r"\bor\b|\beither\b", text, re.IGNORECASE))
    places: dict[tuple[str, str], list[str]] = _numbers_as_text(items, reachable, ground)
    mentioned: list[ColumnRef] = []
    words: list[str] = []
    last = 0
    for item in values:
        before, last = text[max(last, item.start - 24) : item.start], item.end
        match = _meant(item, reachable, columns, text)
        if match is None:
            continue
        if _TURNED.search(before) or (doubtful and len({v.values[0].column for v in values}) > 1):
            mentioned.append(ColumnRef(table=match.table, column=match.column))
        else:
            places.setdefault((match.table, match.column), []).append(match.value)
            words.append(item.text)
    both = {(ref.table, ref.column) for ref in mentioned}  # said once plainly and once turned: both kinds are wanted
    conditions = [_among(ColumnRef(table=t, column=c), found) for (t, c), found in places.items() if (t, c) not in both]
    mentioned += [ColumnRef(table=t, column=c) for t, c in places]
    for column, period, said in _periods(items, ground, tables, columns, text, answers):
        conditions.append(_within(column, period, ground))
        mentioned.append(column)
        words.append(said)
    return Found(tuple(conditions), tuple(mentioned), tuple(words), _subject(items, tables, text), taken_of(items))


def taken_of(items: Sequence[Item]) -> dict[ColumnRef, Function]:
    """How the values of columns become one, by the word before their name: "the highest price", "latest date"."""
    found: dict[ColumnRef, Function] = {}
    told = [item for item in items if item.kind not in ("stop", "mark")]
    for before, item in pairwise(told):
        if item.is_noun and before.kind == "cue" and (function := _TAKEN.get(before.cue.name)):
            for each in item.columns:
                if each.score >= SURELY and len(each.columns) == 1:
                    found.setdefault(ColumnRef(table=each.table, column=each.columns[0]), function)
    return found


def _numbers_as_text(items: Sequence[Item], tables: Sequence[str], ground: Ground) -> dict[tuple[str, str], list[str]]:
    """Numbers right behind the name of a text column that holds them: postal codes, account numbers."""
    found: dict[tuple[str, str], list[str]] = {}
    for before, item in pairwise(items):
        if item.kind != "amount":
            continue
        named = {(each.table, name) for each in before.columns for name in each.columns if each.score >= SURELY}
        for match in ground.values.find(item.text):
            if match.table in tables and (match.table, match.column) in named:
                found[match.table, match.column] = [match.value]
                break
    return found


def _periods(
    items: Sequence[Item],
    ground: Ground,
    tables: Sequence[str],
    columns: Sequence[str],
    text: str,
    answers: Mapping[str, str],
) -> list[tuple[ColumnRef, PeriodMatch, str]]:
    """Each period with the date it is about, and its words; no two are about the same date."""
    periods = [item for item in items if item.period is not None]
    placed = {item: column for item in periods if (column := _beside(item, items, ground, tables)) is not None}
    left = [item for item in periods if item not in placed]
    if len(left) == 1 and left[0].period is not None:
        taken = {column.table for column in placed.values()}
        others = [table for table in tables if table not in taken] or list(tables)
        if (column := _dated(left[0].period, ground, others, columns, text, answers)) is not None:
            placed[left[0]] = column
    once = [column for column in placed.values() if list(placed.values()).count(column) == 1]
    return [(column, item.period, item.text) for item, column in placed.items() if item.period and column in once]


def _beside(period: Item, items: Sequence[Item], ground: Ground, tables: Sequence[str]) -> ColumnRef | None:
    """The date of what stands nearest before a period: "hired in 2023", "payments received last week"."""
    lexicon = lexicon_of(ground.schema)
    told = [item for item in items if item.kind not in ("stop", "mark")]
    grouped = {item for before, item in pairwise(told) if before.cued("group", "by")}
    before = [i for i in told if i.end <= period.start and i.kind in ("noun", "verb") and i not in grouped]
    for item in reversed([*before[-NEAR:], period]):
        if item.entity and item.entity not in tables:
            continue
        words = {stem for word in re.findall(r"\w+", item.text) for stem in stems(word)}
        said = (words | {word for stem in words for word in stems(DATED_BY.get(stem, ""))}) - _VAGUE
        known = [(table, name) for table in tables for name in lexicon.dates(table) if not keeps_books(name)]
        own = [(table, name) for table, name in known if table == item.entity]
        named = [(table, name) for table, name in known if said & set(stems(name))]
        for some in ([each for each in named if each in own], own, named):
            if len(some) == 1:
                return ColumnRef(table=some[0][0], column=some[0][1])
    return None


def _subject(items: Sequence[Item], tables: Sequence[str], text: str) -> str:
    """The table that is asked about first, where what it lacks is asked for: artists without albums are artists."""
    if len(tables) < 2 or not _LACKING.search(text):
        return ""
    named = [item.entity for item in items if item.entity in tables]
    return named[0] if named and len(set(named)) > 1 else ""


def _meant(item: Item, tables: Sequence[str], columns: Sequence[str], text: str) -> ValueMatch | None:
    """The place of a value that is meant: one of the tables read, the column named in the request first."""
    found = [match for match in item.values if match.table in tables]
    spoken = {stem for word in re.findall(r"\w+", text) for stem in stems(word)}
    found.sort(
        key=lambda match: (
            f"{match.table}.{match.column}" not in columns,
            not spoken & set(stems(match.column)),
            tables.index(match.table),
        )
    )
    return found[0] if found else None


def _among(column: ColumnRef, found: Sequence[str]) -> Condition:
    values = tuple(dict.fromkeys(found))
    return Condition(column=column, operator="=" if len(values) == 1 else "in", values=values)


def _dated(
    period: PeriodMatch,
    ground: Ground,
    tables: Sequence[str],
    columns: Sequence[str],
    text: str,
    answers: Mapping[str, str],
) -> ColumnRef | None:
    """The date that a period is about: the one named or chosen, else the only one; else it is asked."""
    lexicon = lexicon_of(ground.schema)
    known = [
        (table, column)
        for table in tables
        for column in ground.schema.by_key[table].columns
        if column.name in lexicon.dates(table)
        or (column.kind is Kind.NUMBER and period.whole_years and _YEARS.search(column.name))
    ]
    spoken = {stem for word in re.findall(r"\w+", text) for stem in stems(word)} - {"date", "year"}
    chosen = [(t, c) for t, c in known if f"{t}.{c.name}" in columns]
    named = [(t, c) for t, c in known if spoken & set(stems(c.name))]
    for some in (named, chosen, known):
        if len(some) == 1:
            return ColumnRef(table=some[0][0], column=some[0][1].name)
    if not known:
        return None
    options = {f"{t}.{c.name}": f"{c.name} of {t}" for t, c in (chosen or known)}
    picked = settle("period", f"Which date is meant by “{period.label}”?", options, answers)
    table, name = ground.schema.place(picked)
    return ColumnRef(table=table, column=name)


def _within(column: ColumnRef, period: PeriodMatch, ground: Ground) -> Condition:
    kind = ground.schema.by_key[column.table].by_name[column.column].kind
    days = (period.start, period.end)
    start, end = (_bound(day, whole=kind is Kind.NUMBER) for day in days)
    if start is not None and end is not None:
        return Condition(column=column, operator="within", values=(start, end))
    if start is not None:
        return Condition(column=column, operator=">=", values=(start,))
    assert end is not None
    return Condition(column=column, operator="<", values=(end,))


def _bound(day: date | None, *, whole: bool) -> Value | None:
    if day is None:
        return None
    return day.year if whole else day.isoformat()
