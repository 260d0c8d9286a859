"""What is worth confirming about a place: proposed from its names, comments, keys and values, each with its evidence.

A proposal is made of the statements that would be kept, so that accepting it is keeping it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import pandas as pd

from engine.errors import EngineError
from engine.language.words import readable, split_identifier, stem, stems
from engine.semantics.deriving import no_revenue
from engine.semantics.inferring import kind_of, role_of
from engine.semantics.model import Adds, Attribute, DateRole, Origin, Part, SemanticModel
from engine.semantics.shortening import Shortenings, raw_words
from engine.semantics.statements import (
    ColumnSaid,
    KeySaid,
    MarkSaid,
    Source,
    Statements,
    TableSaid,
    WordSaid,
)
from engine.sources.naming import house_prefix, quoted, quoted_table, without_prefix
from engine.sources.schema import Column, Kind, Table
from engine.sources.translating import own_sql
from engine.sources.values import ValueIndex

Read = Callable[[str], pd.DataFrame]
Make = Callable[[str], Source]
_SPANS = Path(__file__).with_name("spans.txt")
_COMMENTED = re.compile(
    r"(?<![\w.])([\w-]{1,12})\s*(?:=|:|->|\bis\b)\s*([A-Za-z][A-Za-z -]{1,30}?)(?=\s*(?:[,;/|.)]|$))"
)
_MOST_CODES, _MOST_CODE_ROWS, _MOST_CODE_TABLES = 40, 3_000, 24
_MOST_KEYS = 12
_AMOUNT = frozenset(map(stem, "quantity qty units pieces count nights hours seats volume".split()))
_PRICE = frozenset(map(stem, "price rate".split()))
_LINES = frozenset(map(stem, "order sale invoice line item extra detail purchase booking".split()))
_BARE = frozenset(map(stem, "line item detail entry row record".split()))
_TOTALS = frozenset(map(stem, "amount total revenue sales turnover value".split()))
_DISCOUNT = stem("discount")
_TIMES = frozenset("minutes hours seconds min mins hrs hour minut second sec secs".split())
_TIME_SAID = frozenset(map(stem, "time duration length downtime".split()))
_TYPES = frozenset(map(stem, "type kind domain dom category group set list class table field column".split()))
_CODES = frozenset(map(stem, "code key value id short abbreviation".split()))
_TEXTS = frozenset(map(stem, "text description name label meaning title long".split()))


@dataclass(frozen=True)
class Span:
    """Days from one date of a row to another: how they are called, the stems of the dates, what the rows are called."""

    words: tuple[str, ...]
    first: frozenset[str]
    last: frozenset[str]
    rows: tuple[str, ...]


@lru_cache(maxsize=1)
def known_spans() -> tuple[Span, ...]:
    """Spans of time that have a name of their own."""
    found = []
    for line in _SPANS.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            words, _, dates = line.partition(" = ")
            dates, _, rows = dates.rstrip("]").partition(" [")
            first, last = (frozenset(map(stem, each.split())) for each in dates.split(" .. "))
            named = tuple(each.strip() for each in words.split(";"))
            found.append(Span(named, first, last, (rows,) if rows else ()))
    return tuple(found)


def propose(model: SemanticModel, values: ValueIndex, read: Read, make: Make) -> Statements:
    """What is worth confirming; `make` gives the source of a statement by its evidence."""
    proposer = _Proposer(model, values, read, make)
    return Statements(
        tables=tuple(proposer.tables()),
        columns=tuple(proposer.columns()),
        keys=tuple(proposer.keys()),
        marks=tuple(proposer.marks()),
        shortenings=tuple(proposer.shorts.found.values()),
        words=tuple(proposer.words()),
    )


def with_listed_codes(model: SemanticModel, values: ValueIndex, read: Read) -> SemanticModel:
    """The model with the texts of codes that a table of the place lists, or a comment, for columns that have none.

    Nobody needs to confirm them: every value of the column is listed, under a kind that is called like it.
    """
    proposer = _Proposer(model, values, read, lambda why: Source(origin=Origin.ACCEPTED, evidence=why))
    attributes = {
        place: replace(each, codes=proposer.codes[place][0]) if place in proposer.codes and not each.codes else each
        for place, each in model.attributes.items()
    }
    return replace(model, attributes=attributes)


@dataclass
class _Proposer:
    """Makes the statements for one place."""

    model: SemanticModel
    values: ValueIndex
    read: Read
    make: Make

    def __post_init__(self) -> None:
        self.schema = self.model.schema
        self.real = [table for table in self.schema.tables if not self.model.entities[table.key].copy_of]
        self.house = house_prefix(table.name for table in self.schema.tables)
        self.shorts = Shortenings(self.real, self.make)
        self.spelled = self.shorts.spelled
        self.held: dict[tuple[str, str], set[str]] = defaultdict(set)
        for table, column, value in self.values.entries:
            self.held[table, column].add(value)

    # -- tables and columns -------------------------------------------------------------------------------------------

    def tables(self) -> Iterator[TableSaid]:
        """What the rows of tables are called by comments that are a name, and which columns name one."""
        for table in self.real:
            entity = self.model.entities[table.key]
            names = (_named(table.comment),) if _named(table.comment) else ()
            flags = [name for name in entity.label if table.by_name[name].truth]
            label = () if entity.label == entity.key or entity.bridge or flags else entity.label
            if names or label:
                why = "its comment" if names else f"{' and '.join(label)} names one"
                yield TableSaid(table=table.key, names=names, label=label, source=self.make(why))

    def columns(self) -> Iterator[ColumnSaid]:
        """What columns mean, where it does not go without saying."""
        coded = self.codes
        for table in self.real:
            for column in table.columns:
                attribute = self.model.attributes[table.key, column.name]
                said, why = self._meaning(table, column, attribute)
                if attribute.place in coded:
                    codes, evidence = coded[attribute.place]
                    said, why = {**said, "codes": codes}, [*why, evidence]
                if said:
                    name = f"{table.key}.{column.name}"
                    yield ColumnSaid(column=name, **said, source=self.make("; ".join(why)))

    def _meaning(self, table: Table, column: Column, attribute: Attribute) -> tuple[dict[str, object], list[str]]:
        said: dict[str, object] = {}
        why: list[str] = []
        whole = column.model_copy(update={"name": self.spelled(column.name)})
        spelled = (
            f"its name, spelled out: {readable(whole.name)}" if whole.name != "_".join(raw_words(column.name)) else ""
        )
        if _named(column.comment):
            said["names"], why = (_named(column.comment),), ["its comment"]
        if attribute.part is Part.MEASURE:
            adds = kind_of(whole, attribute.unit)
            if adds is not attribute.adds or adds in (Adds.BALANCE, Adds.RATE):
                said["adds"] = adds
                why.append(spelled or "its name")
            timed = self._timed(whole, attribute)
            if timed and "names" not in said:
                said["names"] = (timed,)
                why.append("it is a time")
            if attribute.unit:
                said["unit"] = attribute.unit
                why += [] if "adds" in said else ["its name"]
        elif attribute.part is Part.DATE:
            role = role_of(whole)
            dates = sum(each.part is Part.DATE for each in self.model.of(table.key))
            if role is not attribute.date_role or (dates > 1 and role is not DateRole.AUDIT):
                said["date_role"] = role
                why.append(spelled or "its name")
        return said, why

    def _timed(self, whole: Column, attribute: Attribute) -> str:
        """What a number of minutes is called as a time: wait time for wait_min; empty where its name says time."""
        words = [part for word in raw_words(whole.name) if word not in _TIMES for part in split_identifier(word)]
        if attribute.unit not in _TIMES or len(words) != 1 or stem(words[0]) in _TIME_SAID:
            return ""
        return f"{words[0]} time"

    # -- codes ------------------------------------------------------------------------------------------------------

    @cached_property
    def codes(self) -> Mapping[tuple[str, str], tuple[dict[str, str], str]]:
        """Columns of codes with the text of each, from comments and from tables that list codes of many kinds."""
        found: dict[tuple[str, str], tuple[dict[str, str], str]] = {}
        listed = list(self._code_tables())
        keyed = {(each.table, name) for each in self.model.relations for name in each.columns}
        for table in self.real:
            for column in table.columns:
                place = (table.key, column.name)
                held = self.held.get(place, set())
                if not held or len(held) > _MOST_CODES or place in keyed or column.kind is not Kind.TEXT:
                    continue
                told = {code: text.strip() for code, text in _COMMENTED.findall(column.comment) if code in held}
                if len(told) > 1:
                    found[place] = (told, "its comment")
                elif (own := self._of_kind(table, column, held, listed)) is not None:
                    found[place] = own
        return found

    def _code_tables(self) -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
        """Tables with a kind, a code and a text, such as one that lists all codes: their texts by kind and code."""
        for table in self.real[:]:
            texts = [c for c in table.columns if c.kind is Kind.TEXT]
            kind = self._called_by(texts, _TYPES)
            rest = [c for c in texts if c is not kind]
            text = self._called_by(rest, _TEXTS)
            code = self._called_by([c for c in rest if c is not text], _CODES)
            if kind is None or code is None or text is None or len(table.columns) > 8:
                continue
            if (table.rows or 0) > _MOST_CODE_ROWS or any(r.refers_table == table.key for r in self.model.relations):
                continue
            names = ", ".join(quoted(c.name) for c in (kind, code, text))
            sql = f"SELECT {names} FROM {quoted_table(table)} LIMIT {_MOST_CODE_ROWS}"
            try:
                rows = self.read(own_sql(sql, self.schema.dialect))
            except EngineError:
                continue
            kinds: dict[str, dict[str, str]] = defaultdict(dict)
            for its_kind, its_code, its_text in rows.dropna().itertuples(index=False, name=None):
                kinds[str(its_kind)][str(its_code)] = str(its_text)
            if sum(len(codes) for codes in kinds.values()) == len(rows.dropna()) and len(kinds) > 1:
                yield table.key, kinds

    def _called_by(self, columns: Sequence[Column], wanted: frozenset[str]) -> Column | None:
        """The first column whose name has one of some words."""
        return next((each for each in columns if set(stems(self.spelled(each.name))) & wanted), None)

    def _of_kind(
        self, table: Table, column: Column, held: set[str], listed: list[tuple[str, dict[str, dict[str, str]]]]
    ) -> tuple[dict[str, str], str] | None:
        """The codes of the one kind that holds all of a column's values and is called like it."""
        own = {*stems(self.spelled(column.name)), *stems(self.spelled(table.name)), *raw_words(column.name)}
        for place, kinds in listed:
            if place == table.key:
                continue
            fitting = [kind for kind, codes in kinds.items() if held <= set(codes)]
            scored = sorted(((self._alike(kind, own, column), kind) for kind in fitting), reverse=True)
            if not scored or scored[0][0] == 0 or (len(scored) > 1 and scored[1][0] == scored[0][0]):
                continue
            kind = scored[0][1]
            return kinds[kind], f"{place} lists its codes as {kind}"
        return None

    def _alike(self, kind: str, own: set[str], column: Column) -> float:
        """How much the name of a kind of codes is that of a column, its table's counting half."""
        said = {*stems(self.spelled(kind)), *raw_words(kind)}
        mine = {*stems(self.spelled(column.name)), *raw_words(column.name)}
        return len(said & mine) + len(said & own) / 2

    # -- keys and marks -----------------------------------------------------------------------------------------------

    def keys(self) -> Iterator[KeySaid]:
        """Keys that are not declared: inferred by names and values, or found by values alone."""
        taken = set()
        for each in self.model.relations:
            taken.add((each.table, each.columns[0]))
            if each.inferred and len(each.columns) == 1:
                named = (
                    k.evidence for k in self.schema.foreign_keys if (k.table, k.columns) == (each.table, each.columns)
                )
                why = next(named, "") or f"its name ends in {each.refers_columns[0]}"
                yield KeySaid(
                    column=f"{each.table}.{each.columns[0]}",
                    refers=f"{each.refers_table}.{each.refers_columns[0]}",
                    source=self.make(why),
                )
        yield from self._by_values(taken)

    def _by_values(self, taken: set[tuple[str, str]]) -> Iterator[KeySaid]:
        """Columns of codes whose every value is the key of another table that is called like them."""
        targets = [
            (table, table.primary_key[0], self.held[table.key, table.primary_key[0]])
            for table in self.real
            if len(table.primary_key) == 1 and len(self.held.get((table.key, table.primary_key[0]), ())) > 1
        ]
        for table in self.real:
            for column in table.columns:
                held = self.held.get((table.key, column.name), set())
                if len(held) < 2 or (table.key, column.name) in taken or table.primary_key == (column.name,):
                    continue
                own = set(stems(self.spelled(column.name)))
                fitting = [
                    (other, key)
                    for other, key, known in targets
                    if other.key != table.key
                    and held <= known
                    and own & {*stems(self.spelled(key)), *stems(self.spelled(other.name))} - _CODES
                ]
                if len(fitting) == 1:
                    other, key = fitting[0]
                    why = f"all its {len(held)} values are keys of {other.key}"
                    yield KeySaid(
                        column=f"{table.key}.{column.name}", refers=f"{other.key}.{key}", source=self.make(why)
                    )

    def marks(self) -> Iterator[MarkSaid]:
        """Columns that say that a row no longer counts."""
        for mark in self.model.marks:
            if self.model.entities[mark.table].copy_of:
                continue
            counts = f"{mark.operator} {mark.value}".strip() if mark.operator in ("=", "!=") else mark.operator
            yield MarkSaid(
                column=f"{mark.table}.{mark.column}",
                state=mark.state,
                counts=counts,
                source=self.make(mark.evidence or "its name"),
            )

    # -- derived measures -------------------------------------------------------------------------------------------

    def words(self) -> Iterator[WordSaid]:
        """Measures that no column holds: quantity times price, less its discount."""
        found = [(table, made) for table in self.real if (made := self._amount(table))]
        money = [
            each.place
            for each in self.model.attributes.values()
            if each.part is Part.MEASURE and set(stems(each.column)) & _TOTALS and each.adds is Adds.FLOW
            if not no_revenue(each)
        ]
        last = Counter(raw_words(table.name)[-1:] for table in self.real)
        for table, (measure, unit, why) in found:
            name = without_prefix(table.name, self.house) if self.house else table.name
            things = readable(self.spelled(name)).lower()
            short = things.split()[-1]
            alone = last[raw_words(table.name)[-1:]] == 1
            called = [things, *([short] if alone and stem(short) not in _BARE else [])]
            words = [f"{name} {kind}" for name in dict.fromkeys(called) for kind in ("amount", "revenue", "sales")]
            if len(found) == 1 and not money:
                words += ["sales", "revenue"]
            for word in words:
                if len(word.split()) <= 4:
                    yield WordSaid(
                        word=word, table=table.key, measure=measure, function="sum", unit=unit, source=self.make(why)
                    )

        spans = list(self._spans())
        times = Counter(said.word for said in spans)
        yield from (said for said in spans if times[said.word] == 1)

    def _spans(self) -> Iterator[WordSaid]:
        """The days between two dates of a row that have a name of their own: nights, from arrival to departure."""
        for table in self.real:
            dates = {
                each.column: set(stems(self.spelled(each.column)))
                for each in self.model.of(table.key)
                if each.part is Part.DATE
            }
            for span in known_spans():
                first, last = ([c for c, own in dates.items() if words <= own] for words in (span.first, span.last))
                if len(first) != 1 or len(last) != 1 or first == last:
                    continue
                measure = f"{table.key}.{last[0]} - {table.key}.{first[0]}"
                why = f"{first[0]} and {last[0]} stand together"
                rows = [WordSaid(word=word, table=table.key, source=self.make(why)) for word in span.rows]
                yield from rows
                how: Literal["sum", "avg"] = "sum" if span.rows else "avg"
                yield from (
                    WordSaid(word=each, table=table.key, measure=measure, function=how, source=self.make(why))
                    for each in span.words
                )
                break

    def _amount(self, table: Table) -> tuple[str, str, str] | None:
        """Quantity times price of a table of lines, as a formula, with its unit and why."""
        own = [each for each in self.model.of(table.key) if each.part is Part.MEASURE]
        words = {each.column: set(stems(self.spelled(each.column))) for each in own}
        many = [each for each in own if words[each.column] & _AMOUNT and not words[each.column] & _PRICE]
        price = [each for each in own if words[each.column] & _PRICE]
        total = [each for each in own if words[each.column] & _TOTALS and not words[each.column] & _PRICE]
        lines = set(stems(self.spelled(table.name))) & _LINES
        if len(many) != 1 or len(price) != 1 or total or not lines:
            return None
        parts = [f"{table.key}.{each.column}" for each in (many[0], price[0])]
        names = [many[0].column, price[0].column]
        discounts = [each for each in own if _DISCOUNT in words[each.column]]
        if len(discounts) == 1:
            share = self._share(table, discounts[0].column)
            if not share:
                return None
            parts.append(f"(1 - {share})")
            names.append(discounts[0].column)
        return " * ".join(parts), price[0].unit, f"{' and '.join(names)} stand together"

    def _share(self, table: Table, column: str) -> str:
        """A discount as a share: as it stands, or of a hundred; empty where it is an amount."""
        name = quoted(column)
        try:
            sql = f"SELECT min({name}) AS low, max({name}) AS high FROM {quoted_table(table)}"
            rows = self.read(own_sql(sql, self.schema.dialect))
            low, high = (float(rows[each].iloc[0]) for each in ("low", "high"))
        except (EngineError, TypeError, ValueError):
            return ""
        if low >= 0 and high <= 1:
            return f"{table.key}.{column}"
        percent = {"pct", "percent", "percentage"} & set(raw_words(column))
        return f"{table.key}.{column} / 100" if percent and low >= 0 and high <= 100 else ""


def _named(comment: str) -> str:
    """A comment that is a name: one to three plain words."""
    text = comment.strip().rstrip(".").lower()
    return text if re.fullmatch(r"[a-z]{3,}(?: [a-z]{2,}){0,2}", text) else ""
