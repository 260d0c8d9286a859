"""The restrictions of a request that are found without a model: values that occur in the data, and periods."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from engine.authors.analytics.gate import settle
from engine.authors.analytics.joins import ancestors
from engine.authors.analytics.lexicon import lexicon_of
from engine.authors.analytics.linking import Item, link
from engine.authors.analytics.query import ColumnRef, Condition, Value
from engine.authors.base import Ground
from engine.language.periods import PeriodMatch
from engine.language.words import stems
from engine.schema import Kind, ValueMatch

_TURNED = re.compile(
    r"\b(?:not|no|non|except|excluding|without|other than|apart from|exclude|versus|vs|compared?|never)\b",
    re.IGNORECASE,
)
_LACKING = re.compile(
    r"\b(?:no|not|never|without|lack\w*|missing|zero|none|n't|don't|doesn't|didn't|haven't|hasn't)\b", re.IGNORECASE
)
_YEARS = re.compile(r"(^|_)(year|yr|fy)(_|$)|year$", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """Conditions that hold for sure, and columns whose values the request names without a sure condition.

    `subject` is the table whose rows all count, those without any in the other tables too.
    """

    conditions: tuple[Condition, ...] = ()
    mentioned: tuple[ColumnRef, ...] = ()
    words: tuple[str, ...] = ()
    subject: str = ""


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
    places: dict[tuple[str, str], list[str]] = {}
    mentioned: list[ColumnRef] = []
    words: list[str] = []
    for item in values:
        match = _meant(item, reachable, columns, text)
        if match is None:
            continue
        before = text[max(0, item.start - 24) : item.start]
        if _TURNED.search(before) or (doubtful and len({v.values[0].column for v in values}) > 1):
            mentioned.append(ColumnRef(table=match.table, column=match.column))
        else:
            places.setdefault((match.table, match.column), []).append(match.value)
            words.append(item.text)
    conditions = [_among(ColumnRef(table=t, column=c), found) for (t, c), found in places.items()]
    mentioned += [ColumnRef(table=t, column=c) for (t, c), found in places.items() if len(found) > 1]
    periods = [item for item in items if item.kind == "period" and item.period is not None]
    if len(periods) == 1 and periods[0].period is not None:
        column = _dated(periods[0].period, ground, tables, columns, text, answers)
        if column is not None:
            conditions.append(_within(column, periods[0].period, ground))
            words.append(periods[0].text)
    return Found(tuple(conditions), tuple(mentioned), tuple(words), _subject(items, tables, text))


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
    table, _, name = picked.rpartition(".")
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
