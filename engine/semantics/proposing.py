"""What is worth confirming about a place: proposed from its names, comments, keys and values, each with its evidence.

A proposal is made of the statements that would be kept, so that accepting it is keeping it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd

from engine.errors import EngineError
from engine.language.words import readable, shortens, split_identifier, stem, stems
from engine.semantics.inferring import kind_of, role_of
from engine.semantics.model import Adds, Attribute, DateRole, Part, SemanticModel
from engine.semantics.statements import ColumnSaid, KeySaid, MarkSaid, ShortSaid, Source, Statements, TableSaid, WordSaid
from engine.sources.naming import quoted, quoted_table
from engine.sources.schema import Column, Kind, Table
from engine.sources.translating import own_sql
from engine.sources.values import ValueIndex

Read = Callable[[str], pd.DataFrame]
Make = Callable[[str], Source]
_FILE = Path(__file__).with_name("abbreviations.txt")
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_COMMENTED = re.compile(r"(?<![\w.])([\w-]{1,12})\s*(?:=|:|->|\bis\b)\s*([A-Za-z][A-Za-z -]{1,30}?)(?=\s*(?:[,;/|.)]|$))")
_VOWELS = frozenset("aeiouy")
_MOST_CODES, _MOST_CODE_ROWS, _MOST_CODE_TABLES = 40, 3_000, 24
_MOST_KEYS = 12
_AMOUNT = frozenset(map(stem, "quantity qty units pieces count nights hours seats volume".split()))
_PRICE = frozenset(map(stem, "price rate".split()))
_LINES = frozenset(map(stem, "order sale invoice line item extra detail purchase booking".split()))
_TOTALS = frozenset(map(stem, "amount total revenue sales turnover value".split()))
_DISCOUNT = stem("discount")
_TYPES = frozenset(map(stem, "type kind domain category group set list class table field column".split()))
_CODES = frozenset(map(stem, "code key value id short abbreviation".split()))
_TEXTS = frozenset(map(stem, "text description name label meaning title long".split()))


@lru_cache(maxsize=1)
def known_shortenings() -> Mapping[str, tuple[tuple[str, frozenset[str]], ...]]:
    """Usual shortenings, each with the words it may stand for, and the stems of names that those go with."""
    found = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            short, _, words = line.partition(" = ")
            found[short] = tuple(_alternative(each) for each in words.split("|"))
    return found


def _alternative(text: str) -> tuple[str, frozenset[str]]:
    words, _, beside = text.strip().rstrip(")").partition(" (")
    return words, frozenset(map(stem, beside.split()))


def propose(model: SemanticModel, values: ValueIndex, read: Read, make: Make) -> Statements:
    """What is worth confirming; `make` gives the source of a statement by its evidence."""
    proposer = _Proposer(model, values, read, make)
    return Statements(
        tables=tuple(proposer.tables()),
        columns=tuple(proposer.columns()),
        keys=tuple(proposer.keys()),
        marks=tuple(proposer.marks()),
        shortenings=tuple(proposer.shortenings.values()),
        words=tuple(proposer.words()),
    )


def raw_words(name: str) -> tuple[str, ...]:
    """The words of a name as they are written, shortenings among them."""
    return tuple(word.lower() for word in _SPLIT.split(name) if word)


@dataclass
class _Proposer:
    """Makes the statements for one place."""

    model: SemanticModel
    values: ValueIndex
    read: Read
    make: Make
    _found: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.schema = self.model.schema
        self.real = [table for table in self.schema.tables if not self.model.entities[table.key].copy_of]
        self.held: dict[tuple[str, str], set[str]] = defaultdict(set)
        for table, column, value in self.values.entries:
            self.held[table, column].add(value)

    # -- shortenings ------------------------------------------------------------------------------------------------

    @cached_property
    def shortenings(self) -> Mapping[str, ShortSaid]:
        """The shortenings in names of tables and columns, with what they stand for."""
        seen: Counter[str] = Counter()
        commented: dict[str, Counter[str]] = defaultdict(Counter)
        for table in self.real:
            for name, comment in ((table.name, table.comment), *((c.name, c.comment) for c in table.columns)):
                words = raw_words(name)
                seen.update(set(words))
                told = [word for word in re.findall(r"[a-z]+", comment.lower()) if len(word) > 3]
                for word in words:
                    commented[word].update({each for each in told if _shortens(word, each)})
        own = {word for word in seen if len(word) > 4}
        found = {}
        for short in sorted(seen):
            if said := self._stands_for(short, own, commented[short]):
                found[short] = ShortSaid(short=short, words=said[0], source=self.make(said[1]))
        return found

    @cached_property
    def trade(self) -> frozenset[str]:
        """The stems of all names, shortenings that stand for one word alone spelled out: what the place is about."""
        words: set[str] = set()
        for table in self.real:
            for name in (table.name, *(column.name for column in table.columns)):
                words |= set(stems(name))
                for each in raw_words(name):
                    known = known_shortenings().get(each, ())
                    words |= {stem(word) for word in known[0][0].split()} if len(known) == 1 else set()
        return frozenset(words)

    def _stands_for(self, short: str, own: set[str], commented: Counter[str]) -> tuple[str, str] | None:
        """The words that a shortening stands for, and why; None where that is not sure or it is a word itself."""
        if not re.fullmatch(r"[a-z]{2,6}", short) or split_identifier(short) != (short,):
            return None
        known = known_shortenings().get(short, ())
        cut = bool(known) or not set(short) & _VOWELS
        if commented and (cut or short not in _whole()):
            word, times = commented.most_common(1)[0]
            if all(other == times for other in commented.values()) is False or len(commented) == 1:
                return _one(word), "the comments of its columns"
        mine = {_one(word) for word in own if word != short and _shortens(short, word)}
        if named := [word for word, _ in known if word in mine]:
            return (named[0], f"{named[0]} is a name here") if len(named) == 1 else None
        if len(known) == 1:
            return known[0][0], "a usual shortening"
        scored = sorted(((len(beside & self.trade), word) for word, beside in known), reverse=True)
        if len(scored) > 1 and scored[0][0] > scored[1][0]:
            return scored[0][1], "a usual shortening beside such names"
        if not known and cut and len(mine) == 1 and short not in _whole():
            word = mine.pop()
            return word, f"{word} is a name here"
        return None

    def spelled(self, name: str) -> str:
        """A name with its shortenings written out."""
        words = raw_words(name)
        return "_".join(self.shortenings[w].words.replace(" ", "_") if w in self.shortenings else w for w in words)

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
        spelled = f"its name, spelled out: {readable(whole.name)}" if whole.name != "_".join(raw_words(column.name)) else ""
        if _named(column.comment):
            said["names"], why = (_named(column.comment),), ["its comment"]
        if attribute.part is Part.MEASURE:
            adds = kind_of(whole, attribute.unit)
            if adds is not attribute.adds or adds in (Adds.BALANCE, Adds.RATE):
                said["adds"] = adds
                why.append(spelled or "its name")
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
            kind = _best(texts, _TYPES)
            rest = [c for c in texts if c is not kind]
            code = _best([c for c in rest if c is not _best(rest, _TEXTS)], _CODES) or _best(rest, _CODES)
            text = _best([c for c in rest if c is not code], _TEXTS)
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
                named = (k.evidence for k in self.schema.foreign_keys if (k.table, k.columns) == (each.table, each.columns))
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
                state=mark.state,  # type: ignore[arg-type]
                counts=counts,
                source=self.make(mark.evidence or "its name"),
            )

    # -- derived measures -----------------------------------------------------------------------------------------------

    def words(self) -> Iterator[WordSaid]:
        """Measures that no column holds: quantity times price, less its discount."""
        found = [(table, made) for table in self.real if (made := self._amount(table))]
        money = [
            each.place
            for each in self.model.attributes.values()
            if each.part is Part.MEASURE and set(stems(each.column)) & _TOTALS and each.adds is Adds.FLOW
        ]
        for table, (measure, unit, why) in found:
            things = readable(self.spelled(table.name)).lower()
            words = [f"{things} amount", f"{things} revenue", f"{things} sales"]
            if len(found) == 1 and not money:
                words += ["sales", "revenue"]
            for word in words:
                if len(word.split()) <= 4:
                    yield WordSaid(
                        word=word, table=table.key, measure=measure, function="sum", unit=unit, source=self.make(why)
                    )

    def _amount(self, table: Table) -> tuple[str, str, str] | None:
        """Quantity times price of a table of lines, as a formula, with its unit and why."""
        own = [each for each in self.model.of(table.key) if each.part is Part.MEASURE]
        words = {each.column: set(stems(self.spelled(each.column))) for each in own}
        many = [each for each in own if words[each.column] & _AMOUNT and not words[each.column] & _PRICE]
        price = [each for each in own if words[each.column] & _PRICE and not words[each.column] & _AMOUNT]
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


def _shortens(short: str, word: str) -> bool:
    return len(word) > len(short) + 1 and shortens(short, word)


def _one(word: str) -> str:
    """A word in the singular."""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


@lru_cache(maxsize=1)
def _whole() -> frozenset[str]:
    """Short words that shorten nothing."""
    from engine.reading.names import WHOLE

    return WHOLE


def _named(comment: str) -> str:
    """A comment that is a name: one to three plain words."""
    text = comment.strip().rstrip(".").lower()
    return text if re.fullmatch(r"[a-z]{3,}(?: [a-z]{2,}){0,2}", text) else ""


def _best(columns: list[Column], wanted: frozenset[str]) -> Column | None:
    """The first column whose name has one of some words."""
    return next((each for each in columns if set(stems(each.name)) & wanted), None)
