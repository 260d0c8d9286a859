"""What the tables and columns of a schema may be called, and what their columns are good for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from engine.authors.analytics.cues import BENIGN
from engine.authors.analytics.query import ColumnRef
from engine.authors.analytics.synonyms import MONEY, NOT_MONEY, opposites
from engine.language.words import shortens, split_identifier, stem, stems, verbs_of
from engine.sources.naming import house_prefix, without_prefix
from engine.sources.schema import Column, Kind, Schema, Table

Words = tuple[str, ...]

_BOOKKEEPING = re.compile(
    r"(delet|void|crtd|creat|updat|modif|insert|load|etl|sync|ingest|timestamp|_ts$)", re.IGNORECASE
)
_VERBS = frozenset(stem(word) for word in BENIGN)
# Last words of table names that add nothing: `income_lines` are income.
_GENERIC = frozenset(
    stem(word) for word in "line item record data detail entry history log table info fact list".split()
)
_FLAG_STARTS = frozenset(stem(word) for word in "is has have was can does".split())
_FLAG_ENDS = frozenset(stem(word) for word in "flag flg yn ind indicator".split())
# Whose name it is that stands in the row of something else.
_OTHERS = frozenset(stem(word) for word in "contact manager owner user login file bank maiden emergency".split())
_PERSON_ALSO = (("forename", ("first", "name")), ("surname", ("last", "name")))
_PERSON = (("first", "name"), ("last", "name"))


@dataclass(frozen=True)
class Candidate:
    """A table, or columns of one, that a phrase may mean.

    `how` is exact, synonym, partial, comment, near, opposite (of a yes-or-no column) or deed (a verb for a table).
    """

    table: str
    columns: tuple[str, ...] = ()
    score: float = 1.0
    how: str = "exact"
    kind: Kind | None = None
    foreign: bool = False

    @property
    def is_table(self) -> bool:
        """Whether the table itself is meant."""
        return not self.columns


class Lexicon:
    """The names of one schema, ready to be compared with stems of a request."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.tables = {table.key: table for table in schema.tables}
        self.house = house_prefix(table.name for table in schema.tables)
        self.table_words: dict[str, Words] = {
            table.key: plain_words(without_prefix(table.name, self.house) if self.house else table.name)
            for table in schema.tables
        }

    @cached_property
    def own_words(self) -> dict[str, frozenset[str]]:
        """Table: the stems in its name, and the shortening of it that its columns begin with (`mov_title`)."""
        found = {}
        for key, table in self.tables.items():
            names = split_identifier(table.name)
            starts = [self._start(column.name) for column in table.columns]
            often = {start for start in starts if start and starts.count(start) > 1}
            short = {start for start in often if any(shortens(start, name) for name in names)}
            # What all columns of a table begin with is the table's too, whatever it shortens.
            short |= {start for start in often if 2 < len(starts) == starts.count(start)}
            found[key] = frozenset((*self.table_words[key], *map(stem, short), *filter(None, (self.house,))))
        return found

    def _start(self, column: str) -> str:
        """The first word of a column's name behind the house's."""
        words = split_identifier(column)
        return next(iter(words[1:] if words[:1] == (self.house,) else words), "")

    @cached_property
    def keys(self) -> frozenset[tuple[str, str]]:
        """Every column that is a primary key or part of a foreign key."""
        found = {(table.key, name) for table in self.schema.tables for name in table.primary_key}
        for key in self.schema.foreign_keys:
            found |= {(key.table, name) for name in key.columns}
            if any(name.lower().endswith("id") for name in key.refers_columns):
                found |= {(key.refers_table, name) for name in key.refers_columns}
        return frozenset(found)

    @cached_property
    def exact(self) -> dict[Words, tuple[Candidate, ...]]:
        """Phrase: every table and column that is called so, wholly."""
        found: dict[Words, dict[tuple[str, Words], Candidate]] = {}
        for words, candidate in self._names():
            at = (candidate.table, candidate.columns)
            known = found.setdefault(words, {}).get(at)
            if known is None or known.score < candidate.score:
                found[words][at] = candidate
        return {words: tuple(candidates.values()) for words, candidates in found.items()}

    @cached_property
    def deeds(self) -> dict[str, tuple[Candidate, ...]]:
        """The verbs that a table of events is named after: who has prescriptions was prescribed something."""
        return self._verbs(agents=False)

    @cached_property
    def acts(self) -> dict[str, tuple[Candidate, ...]]:
        """The verbs that a table of people is named after: what a supplier supplies."""
        return self._verbs(agents=True)

    def _verbs(self, agents: bool) -> dict[str, tuple[Candidate, ...]]:
        found: dict[str, list[Candidate]] = {}
        for key, table in self.tables.items():
            for verb in verbs_of(split_identifier(table.name)[-1:], agents):
                found.setdefault(verb, []).append(Candidate(key, (), 0.9, "deed"))
        return {verb: tuple(tables) for verb, tables in found.items() if len(tables) == 1}

    @cached_property
    def date_words(self) -> frozenset[str]:
        """Every stem that occurs in the name of a date column."""
        columns = [column for table in self.schema.tables for column in table.columns]
        return frozenset(word for c in columns if c.kind in (Kind.DATE, Kind.TIME) for word in stems(c.name))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every stem that occurs in a name."""
        names = [*self.table_words.values(), *(stems(c.name) for t in self.schema.tables for c in t.columns)]
        return frozenset(word for words in names for word in words)

    def _names(self) -> Iterator[tuple[Words, Candidate]]:
        for key, table in self.tables.items():
            own = self.table_words[key]
            yield from _forms(own, Candidate(key))
            if len(own) > 1 and own[-1] in _GENERIC:
                # Order lines are orders, but not where sales orders are kept too.
                others = [words for other, words in self.table_words.items() if other != key]
                headed = any(words[-len(own) + 1 :] == own[:-1] for words in others)
                yield own[:-1], Candidate(key, (), 0.5 if headed else 0.95, "partial" if headed else "exact")
            alone = sum(words[-1] == own[-1] for words in self.table_words.values()) == 1
            if len(own) > 1 and alone and self._is_thing(key, own[-1]):
                yield own[-1:], Candidate(key, (), 0.75, "partial")
            for column in table.columns:
                yield from self._column_names(key, own, column)
            called = self.naming(key)
            if called and called != self.row_key(key) and "name" not in plain_words(called[0]):
                yield from self._with_table(("name",), own, Candidate(key, called, 0.9))
            for name in (("name",), ("full", "name")):
                if person := self.person(table):
                    yield from self._with_table(name, own, Candidate(key, person, 0.95))
            if len(self.row_key(key)) == 1:
                yield from self._with_table(("id",), own, Candidate(key, self.row_key(key), 0.95))
                yield from self._with_table(("identifi",), own, Candidate(key, self.row_key(key), 0.9))

    def _is_thing(self, key: str, word: str) -> bool:
        """Whether the last word of a table's name may stand for it: no mere ending, and no verb."""
        several = split_identifier(self.tables[key].name)[-1].endswith("s")
        detailed = any(words[:-1] == (word,) and words[-1] in _GENERIC for words in self.table_words.values())
        return word not in _GENERIC and (word not in _VERBS or several or detailed)

    def _column_names(self, key: str, own: Words, column: Column) -> Iterator[tuple[Words, Candidate]]:
        words = plain_words(column.name)
        candidate = self.candidate(key, column.name)
        yield from self._with_table(words, own, candidate)
        bare = tuple(word for word in words if word not in self.own_words[key])
        if bare and bare != words:
            yield from self._with_table(bare, own, candidate)
        endings = ("name",) if (key, column.name) in self.keys else ("name", "code", "id")
        if len(words) > 1 and words[-1] in endings and words[:-1] != own:
            yield words[:-1], replace(candidate, score=0.9)
        if len(words) > 1 and words[-1] == "id" and (key, column.name) in self.self_references:
            yield words[:-1], replace(candidate, score=0.9)
        if column.kind is Kind.BOOLEAN or column.truth:
            yield from _flag_names(words, candidate)

    def _with_table(self, words: Words, own: Words, candidate: Candidate) -> Iterator[tuple[Words, Candidate]]:
        yield from _forms(words, candidate)
        owned = replace(candidate, score=1.1)
        for prefix in {own, own[-1:]}:
            if words[: len(prefix)] != prefix:
                yield from _forms((*prefix, *words), owned)

    def candidate(self, table: str, column: str, score: float = 1.0, how: str = "exact") -> Candidate:
        """A column as a candidate, with what it holds."""
        kind = self.column(table, column).kind
        return Candidate(table, (column,), score, how, kind, (table, column) in self.foreign_columns)

    def column(self, table: str, name: str) -> Column:
        """A column by its place."""
        return self.tables[table].by_name[name]

    def is_flag(self, candidate: Candidate) -> bool:
        """Whether a candidate is one column that only says yes or no."""
        if len(candidate.columns) != 1:
            return False
        column = self.column(candidate.table, candidate.columns[0])
        return column.kind is Kind.BOOLEAN or column.truth is not None

    def kind(self, ref: ColumnRef) -> Kind:
        """What a column holds."""
        return self.column(ref.table, ref.column).kind

    def person(self, table: Table) -> tuple[str, ...]:
        """The first and last name columns of a table of people."""
        by_words = {
            tuple(word for word in split_identifier(column.name) if stem(word) not in self.own_words[table.key]): (
                column.name
            )
            for column in table.columns
        }
        by_words |= {pair: by_words[(other,)] for other, pair in _PERSON_ALSO if (other,) in by_words}
        by_words |= {(w[0][:-4], "name"): by_words[w] for w in (("firstname",), ("lastname",)) if w in by_words}
        pair = tuple(by_words[words] for words in _PERSON if words in by_words)
        return pair if len(pair) == 2 else ()

    def naming(self, key: str) -> tuple[str, ...]:
        """The columns that name a row of a table to a person."""
        table, own = self.tables[key], self.table_words[key]
        texts = [column.name for column in table.columns if column.kind is Kind.TEXT]
        for name in texts:
            words = stems(name)
            if words in (("name",), (*own, "name"), (*own[-1:], "name")) or self.bare(key, name) == ("name",):
                return (name,)
        if pair := self.person(table):
            return pair
        wanted: Words
        for wanted in (("titl",), ("label",)):
            if found := [name for name in texts if self.bare(key, name) == wanted or stems(name) == (*own, *wanted)]:
                return (found[0],)
        for wanted in (own, (*own, "descript"), (*own, "detail"), (*own, "code")):
            if found := [name for name in texts if stems(name) == wanted]:
                return (found[0],)
        ending = self.called_names(key)
        # A table of keys and one text is a list of such texts.
        only = [name for name in texts if (key, name) not in self.keys] if len(table.columns) <= len(texts) + 1 else []
        return (ending[0],) if len(ending) == 1 else (only[0],) if len(only) == 1 else self.row_key(key)

    def called_names(self, key: str) -> tuple[str, ...]:
        """The text columns of a table that are called a name of some sort, without those of somebody else's."""
        table = self.tables[key]
        return tuple(
            column.name
            for column in table.columns
            if column.kind is Kind.TEXT
            and _ends_in_name(column.name)
            and (key, column.name) not in self.foreign_columns
            and not _of_a_part(column.name, table)
            and not _OTHERS & set(stems(column.name))
        )

    def bare(self, key: str, name: str) -> Words:
        """The stems of a column's name without those of its table."""
        return tuple(word for word in stems(name) if word not in self.own_words[key])

    def row_key(self, key: str) -> tuple[str, ...]:
        """The columns that identify a row of a table: declared, or those that the keys found by values refer to."""
        return self._row_keys.get(key, ())

    @cached_property
    def _row_keys(self) -> dict[str, tuple[str, ...]]:
        found = {table.key: table.primary_key for table in self.schema.tables}
        for table in (each.key for each in self.schema.tables if not each.primary_key):
            referred = {k.refers_columns for k in self.schema.foreign_keys if k.inferred and k.refers_table == table}
            found[table] = referred.pop() if len(referred) == 1 else self._called_like(table)
        return found

    def _called_like(self, key: str) -> tuple[str, ...]:
        """A numeric column called as the things of its table are, beside an amount: `Invoice` numbers invoices."""
        table = self.tables[key]
        amounts = [column for column in table.columns if is_money(column)]
        own = [
            c.name for c in table.columns if c.kind is Kind.NUMBER and frozenset(stems(c.name)) == self.own_words[key]
        ]
        return (own[0],) if len(own) == 1 and any(column.name != own[0] for column in amounts) else ()

    @cached_property
    def foreign_columns(self) -> frozenset[tuple[str, str]]:
        """Columns that refer to another table."""
        return frozenset((key.table, name) for key in self.schema.foreign_keys for name in key.columns)

    @cached_property
    def self_references(self) -> frozenset[tuple[str, str]]:
        """Columns that refer to another row of their own table: whose manager someone is."""
        own = (key for key in self.schema.foreign_keys if key.table == key.refers_table)
        return frozenset((key.table, name) for key in own for name in key.columns)

    def measures(self, key: str) -> tuple[str, ...]:
        """The numeric columns of a table that are no keys, years or places."""
        return tuple(
            column.name
            for column in self.tables[key].columns
            if column.kind is Kind.NUMBER
            and (key, column.name) not in self.keys
            and column.name not in self.row_key(key)
            and not {"year", "latitud", "longitud", "id", "zip", "number"} & set(stems(column.name))
        )

    def money(self, key: str) -> tuple[str, ...]:
        """The money columns of a table."""
        return tuple(name for name in self.measures(key) if is_money(self.column(key, name)))

    def dates(self, key: str) -> tuple[str, ...]:
        """The date columns of a table; those that only keep the books (created, updated) when there is no other."""
        columns = [column.name for column in self.tables[key].columns if column.kind in (Kind.DATE, Kind.TIME)]
        return tuple(name for name in columns if not keeps_books(name)) or tuple(columns)

    def years(self, key: str) -> tuple[str, ...]:
        """The numeric columns of a table that hold a year."""
        found = [
            c.name for c in self.tables[key].columns if c.kind in (Kind.NUMBER, Kind.TEXT) and "year" in stems(c.name)
        ]
        return tuple(found)

    def unit(self, ref: ColumnRef) -> str:
        """The unit of a column, from its name, comment and kind."""
        column = self.column(ref.table, ref.column)
        words = set(stems(column.name))
        if column.kind is not Kind.NUMBER:
            return ""
        if words & {"sqft", "sf"} or words >= {"squar", "feet"} or words >= {"squar", "foot"}:
            return "sqft"
        if words & {"percent", "pct"}:
            return "percent"
        if words & {"month"} and not words & MONEY:
            return "months"
        return "USD" if is_money(column) else ""


def keeps_books(name: str) -> bool:
    """Whether a column says when a row was written rather than anything about the thing."""
    return bool(_BOOKKEEPING.search(name))


def _flag_names(words: Words, candidate: Candidate) -> Iterator[tuple[Words, Candidate]]:
    """What says that a yes-or-no column holds, and what says that it does not: `is_read` is read or unread."""
    bare = words[1:] if len(words) > 1 and words[0] in _FLAG_STARTS else words
    bare = bare[:-1] if len(bare) > 1 and bare[-1] in _FLAG_ENDS else bare
    if bare != words:
        yield bare, candidate
    if len(bare) == 1:
        for opposite in opposites(bare[0]):
            yield (opposite,), replace(candidate, score=0.95, how="opposite")


def _ends_in_name(name: str) -> bool:
    """Whether a column is called a name, in one word with what it names too: `username`, `mname`."""
    return split_identifier(name)[-1:] == ("name",) or name.lower().endswith("name")


def _of_a_part(name: str, table: Table) -> bool:
    """`ship_name` beside `ship_city` and `ship_country` names where an order goes, not the order."""
    first = stems(name)[:1]
    return len(stems(name)) > 1 and sum(stems(column.name)[:1] == first for column in table.columns) > 2


def plain_words(name: str) -> Words:
    """The stems of a name without its little words: `Num_of_Staff` is number, staff."""
    found = stems(name)
    while len(found) > 1 and found[-1] in ("by", "on", "at"):
        found = found[:-1]
    return tuple(word for word in found if word not in ("of", "the", "in")) or found


def _forms(words: Words, candidate: Candidate) -> Iterator[tuple[Words, Candidate]]:
    yield words, candidate
    if len(words) > 1:
        yield (stem("".join(words)),), candidate
        yield tuple(sorted(words)), replace(candidate, score=candidate.score - 0.05, how="sorted")


def is_money(column: Column) -> bool:
    """Whether a numeric column holds an amount of money, by its name."""
    words = set(stems(column.name))
    times = {"month", "months", "year", "years"} & set(split_identifier(column.name))
    return column.kind is Kind.NUMBER and bool(words & MONEY) and not words & NOT_MONEY and not times


@lru_cache(maxsize=16)
def _lexicon(fingerprint: str, size: int, names: str) -> dict[str, Lexicon]:
    return {}


def lexicon_of(schema: Schema) -> Lexicon:
    """The lexicon of a schema, kept while the schema's shape stays the same."""
    names = ",".join(f"{table.key}({' '.join(table.by_name)})" for table in schema.tables)
    kept = _lexicon(schema.fingerprint, len(schema.foreign_keys), names)
    if "lexicon" not in kept:
        kept["lexicon"] = Lexicon(schema)
    return kept["lexicon"]
