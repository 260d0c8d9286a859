"""The semantic model as names, types, keys and values tell it, with the evidence of each statement. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from engine.language.words import shortens, split_identifier, stem, stems
from engine.semantics.deriving import derived, told_apart
from engine.semantics.model import (
    Adds,
    Attribute,
    DateRole,
    Entity,
    Mark,
    Part,
    Relation,
    SemanticModel,
    Words,
)
from engine.semantics.shortening import known_shortenings, raw_words
from engine.sources.naming import column_prefix, house_prefix, without_prefix
from engine.sources.naming import words as words_of
from engine.sources.schema import Column, Kind, Schema, Table
from engine.sources.values import ValueIndex

MOST_KINDS = 60
_DATES = (Kind.DATE, Kind.TIME)
_COPY = re.compile(r"(?:^|_)(?:bak|backup|copy|old|tmp|temp|archive|snapshot|hist)(?:_|$|\d)|_\d{6,8}$", re.IGNORECASE)
_TEXT_DATES = (
    ("dmy", re.compile(r"(\d{2})([./-])(\d{2})\2(\d{4})$")),
    ("ymd", re.compile(r"(\d{4})([./-])(\d{2})\2(\d{2})$")),
    ("ymd", re.compile(r"((?:19|20)\d{2})()(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$")),
)
# What is written where there is no day, or not yet one.
_NEVER = frozenset("0 00000000 99991231 9999-12-31 31.12.9999 31/12/9999 12/31/9999 0000-00-00".split())


def _stemmed(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


_UNITS = {
    "kg": "kg", "km": "km", "eur": "EUR", "usd": "USD", "gbp": "GBP", "chf": "CHF", "pct": "percent",
    "percent": "percent", "sqft": "sqft", "sqm": "sqm", "min": "minutes", "mins": "minutes", "minutes": "minutes",
    "hrs": "hours", "hours": "hours", "sec": "seconds", "secs": "seconds", "days": "days", "litres": "litres",
    "liters": "litres", "tonnes": "tonnes", "kwh": "kWh", "mb": "MB", "gb": "GB",
}  # fmt: skip
SPOKEN_UNITS = {
    "kg": ("kilogram", "kilo", "kg"), "km": ("kilometre", "kilometer", "km"), "minutes": ("minute",),
    "hours": ("hour",),
    "EUR": ("euro",), "USD": ("dollar",), "percent": ("percent",), "sqft": ("square foot",), "litres": ("litre",),
}  # fmt: skip
_RATES = _stemmed(
    "rate ratio percent percentage share margin price yield score rating age average avg mean latitude longitude lat "
    "lon temperature factor coefficient probability rank level tier priority per grade index"
)
_BALANCES = _stemmed("balance outstanding stock inventory odometer reading headcount population on-hand onhand")
_ORDINALS = _stemmed(
    "no number seq sequence line position rank order tier level grade priority severity urgency stage phase floor "
    "year zip postcode postal code version"
)
_AMOUNTS = _stemmed("quantity amount discount price cost fee charge total revenue value tax vat weight balance")
_AMOUNT = stem("amount")
_MONEY = _stemmed("amount price cost fee charge total revenue tax vat")
_AUDIT = _stemmed("created updated modified inserted loaded changed chg crtd upd etl sync ingested timestamp ts")
_DUE = _stemmed("due promised expected planned scheduled target deadline required estimated")
_START = _stemmed(
    "from start begin hired joined opened purchased install acquired commencement effective valid since launch launched"
)
_END = _stemmed(
    "to end left until expired expiry expiration terminated termination retired closed thru discontinued "
    "decommissioned disposed resigned leave lapsed"
)
_VALID = _stemmed("valid until expiry expiration expires expire")
_GONE = _stemmed("retired left terminated discontinued decommissioned disposed resigned leave lapsed closed")
_BORN = _stemmed("birth dob born birthdate")
_AS_OF = _stemmed("snapshot asof as-of reporting period")
_DELETED = _stemmed("deleted deletion del removed archived")
_VOID = _stemmed("void voided")
_ENDINGS = _stemmed(
    "name code id description desc text number no label title cd nm key indicator ind flag yn date dt on at"
)
_SAYS_NOTHING = _stemmed("number count on at no cd ind flag yn key text label of by")
_NAMING = ("titl", "label", "name", "descript", "text", "plate", "refer", "serial")
_FIRMS = frozenset(map(stem, "organization organisation org company business firm".split()))
_PARTS = _stemmed("line item detail position entry")
_WHOLES = _stemmed("header head master")
_GENERIC = _stemmed("line item record data detail entry history log table info fact list fill job header head master")


def infer(schema: Schema, values: ValueIndex) -> SemanticModel:
    """The semantic model of a schema whose text values are known."""
    reader = _Reader(schema, values)
    relations = tuple(reader.relations())
    reader.references |= {
        (each.table, each.columns[0]): None for each in relations if each.inferred and len(each.columns) == 1
    }
    attributes = {
        (table.key, column.name): reader.attribute(table, column) for table in schema.tables for column in table.columns
    }
    entities = {table.key: reader.entity(table) for table in schema.tables}
    for table in schema.tables:
        own = [attributes[table.key, column.name] for column in table.columns]
        held = {column.name: reader.values.get((table.key, column.name), ()) for column in table.columns}
        attributes |= {each.place: each for each in derived(table.key, own, held)}
    attributes |= told_apart(attributes)
    marks = tuple(mark for table in schema.tables for mark in reader.marks(table, attributes))
    return SemanticModel(schema=schema, entities=entities, attributes=attributes, relations=relations, marks=marks)


class _Reader:
    """Reads one schema."""

    def __init__(self, schema: Schema, values: ValueIndex) -> None:
        self.schema = schema
        self.house = house_prefix(table.name for table in schema.tables)
        self.values: dict[tuple[str, str], list[str]] = defaultdict(list)
        for table, column, value in (*values.entries, *values.numbers):
            self.values[table, column].append(value)
        self.references: dict[tuple[str, str], object] = {
            (key.table, name): key for key in schema.foreign_keys for name in key.columns
        }
        self.referred_by: dict[str, set[Words]] = defaultdict(set)
        for key in schema.foreign_keys:
            self.referred_by[key.refers_table].add(key.refers_columns)
        self.referred = {(key.refers_table, name) for key in schema.foreign_keys for name in key.refers_columns}
        self.own = {table.key: self._own_words(table) for table in schema.tables}
        self.last_words = Counter(self.table_words(table)[-1] for table in schema.tables if self.table_words(table))

    def table_words(self, table: Table) -> Words:
        """The stems of a table's name without the house's prefix, a one-letter prefix and a date behind."""
        name = without_prefix(table.name, self.house) if self.house else table.name
        if (own := column_prefix(table)) and words_of(name).startswith(f"{own}_"):
            name = without_prefix(name, own)
        words = [word for word in split_identifier(name) if not word.isdigit()]
        if len(words) > 1 and (len(words[0]) == 1 or words[0] in ("tbl", "dim", "fact", "fct")):
            words = words[1:]
        if len(words) > 1 and words[-1] in ("lkp", "lookup", "ref", "dim", "tbl"):
            words = words[:-1]
        return tuple(stem(word) for word in words)

    def _own_words(self, table: Table) -> frozenset[str]:
        """The stems of a table's name, and the shortening of it that several of its columns begin with."""
        words = self.table_words(table)
        starts = [split_identifier(column.name)[:1] for column in table.columns]
        often = {start[0] for start in starts if start and starts.count(start) > 1}
        raw = list(split_identifier(table.name))
        words = (*words, *stems(column_prefix(table)))
        return frozenset((*words, *(stem(start) for start in often if any(shortens(start, word) for word in raw))))

    # -- tables ---------------------------------------------------------------------------------------------------

    def entity(self, table: Table) -> Entity:
        """What a table's rows are called and named by."""
        words = self.table_words(table)
        names = [words]
        if len(words) > 1 and words[-1] in _GENERIC and not self._is_part(words):
            names.append(words[:-1])
        if len(words) > 1 and self.last_words[words[-1]] == 1 and words[-1] not in _GENERIC:
            names.append(words[-1:])
        keys = {name for place, name in self.references if place == table.key}
        rest = [column for column in table.columns if column.name not in keys and column.name not in table.primary_key]
        columns = {column.name for column in table.columns}
        copied = _COPY.search(table.name) is not None
        twins = (o.key for o in self.schema.tables if o.key != table.key and columns <= {c.name for c in o.columns})
        copy = next(twins, "") if copied else ""
        return Entity(
            table=table.key,
            names=tuple(dict.fromkeys(names)),
            label=self.label(table),
            key=self.row_key(table),
            rows=table.rows,
            copy_of=copy,
            bridge=len(keys) >= 2 and len(rest) <= 1,
            lookup=len(table.columns) <= 4 and (table.rows or 0) <= 200 and not keys,
        )

    def _is_part(self, words: Words) -> bool:
        """Whether rows are the parts of another table's: the lines of an order are no orders."""
        others = [self.table_words(each) for each in self.schema.tables]
        whole = [(*words[:-1], last) for last in _WHOLES] + [words[:-1]]
        head = words[:-1]  # a sales order is what an order item is a part of
        return words[-1] in _PARTS and any(each in whole or each[-len(head) :] == head for each in others)

    def row_key(self, table: Table) -> Words:
        """What tells the rows of a table apart, where something does."""
        if table.primary_key:
            return table.primary_key
        referred = self.referred_by[table.key]
        return next(iter(referred)) if len(referred) == 1 else ()

    def label(self, table: Table) -> Words:
        """The columns that name a row to a person: its name, first and last name, title, else a code or its key."""
        texts = [c for c in table.columns if c.kind is Kind.TEXT and (table.key, c.name) not in self.references]
        bare = {c.name: self.bare(table, c.name) for c in texts}
        for wanted in (("name",), ("full", "name")):
            for column in texts:
                if bare[column.name] in (wanted, tuple(map(stem, wanted))):
                    return (column.name,)
        first = [n for n, w in bare.items() if w in (("first", "name"), ("forenam",), ("firstnam",), ("given", "name"))]
        last = [n for n, w in bare.items() if w in (("last", "name"), ("surnam",), ("lastnam",), ("famili", "name"))]
        if first and last:
            # Where firms stand among people, theirs are the rows without a first and a last name.
            firms = [n for n, w in bare.items() if w and w[0] in _FIRMS and w[1:] in ((), ("name",))]
            return (first[0], last[0], *firms[:1])
        own = self.table_words(table)
        for ending in (*_NAMING, "number", "code"):
            found = [n for n, words in bare.items() if words and words[-1] == stem(ending) and len(words) <= 2]
            mine = [n for n in found if stems(n)[:-1] == own or len(bare[n]) == 1]
            if mine or (found and ending == "name"):
                return ((mine or found)[0],)
        alike = [n for n, words in bare.items() if not words and n not in table.primary_key]
        if len(alike) == 1:
            return (alike[0],)
        only = [c.name for c in texts if c.name not in table.primary_key]
        return (only[0],) if len(only) == 1 and len(table.columns) <= 3 else self.row_key(table)

    def bare(self, table: Table, name: str) -> Words:
        """The stems of a column's name without those of its table."""
        return tuple(word for word in stems(name) if word not in self.own[table.key])

    # -- keys -----------------------------------------------------------------------------------------------------

    def relations(self) -> list[Relation]:
        """The keys, declared and inferred, with the words that tell two to one table apart."""
        found = []
        for key in self.schema.foreign_keys:
            if not {key.table, key.refers_table} <= set(self.schema.by_key):
                continue
            table, refers = self.schema.by_key[key.table], self.schema.by_key[key.refers_table]
            known = {*self.own[refers.key], *self.own[table.key], *_ENDINGS}
            known |= {word for name in key.refers_columns for word in stems(name)}
            role = tuple(w for name in key.columns for w in stems(name) if w not in known)
            unique = set(table.primary_key) == set(key.columns)
            found.append(
                Relation(key.table, key.columns, key.refers_table, key.refers_columns, role, unique, key.inferred)
            )
        found += self._second_keys(found)
        order = {(t.key, c.name): at for t in self.schema.tables for at, c in enumerate(t.columns)}
        return sorted(found, key=lambda each: (each.table, order.get((each.table, each.columns[0]), 0)))

    def _second_keys(self, known: Sequence[Relation]) -> list[Relation]:
        """A key with a role before its name, such as `ref_prov_id` beside `prov_id`."""
        taken = {(each.table, name) for each in known for name in each.columns}
        targets = {}
        for each in known:
            if len(each.refers_columns) == 1 and len(each.refers_columns[0]) >= 5:
                targets[each.refers_columns[0].lower()] = (each.refers_table, each.refers_columns[0])
        found = []
        for table in self.schema.tables:
            for column in table.columns:
                for name, (refers, key) in targets.items():
                    other = self.schema.by_key[refers].by_name[key]
                    if (
                        column.name.lower().endswith(f"_{name}")
                        and (table.key, column.name) not in taken
                        and column.kind is other.kind
                        and table.key != refers
                    ):
                        said = column.name[: -len(name) - 1]
                        found.append(Relation(table.key, (column.name,), refers, (key,), stems(said), False, True))
        return found

    # -- columns --------------------------------------------------------------------------------------------------

    def attribute(self, table: Table, column: Column) -> Attribute:
        """What a column holds."""
        held = self.values.get((table.key, column.name), [])
        pattern = _text_date(held) if column.kind in (Kind.TEXT, Kind.NUMBER) else ""
        part, evidence = self._part(table, column, held, pattern)
        unit = self._unit(column) if part is Part.MEASURE else ""
        return Attribute(
            table=table.key,
            column=column.name,
            kind=column.kind,
            part=part,
            names=self.names(table, column, unit),
            adds=kind_of(column, unit) if part is Part.MEASURE else Adds.UNKNOWN,
            unit=unit,
            date_role=role_of(column) if part is Part.DATE else None,
            pattern=pattern,
            never=next((value for value in held if pattern and value in _NEVER), ""),
            truth=column.truth or (("true", "false") if column.kind is Kind.BOOLEAN else None),
            evidence=evidence,
        )

    def _part(self, table: Table, column: Column, held: Sequence[str], pattern: str) -> tuple[Part, str]:
        place, said = (table.key, column.name), set(stems(column.name))
        if place in self.references:
            return Part.REFERENCE, "refers to another table"
        if column.name in self.row_key(table) and len(self.row_key(table)) == 1:
            return Part.KEY, "tells the rows apart"
        if self._numbers_its_rows(table, column):
            return Part.KEY, "called like its table, before its amounts"
        if column.kind in _DATES or pattern:
            return Part.DATE, f"its values are dates, written {pattern}" if pattern else "its type"
        if column.kind is Kind.BOOLEAN or column.truth:
            return Part.FLAG, "only says yes or no"
        if column.kind is Kind.NUMBER:
            return self._number(place, said)
        return self._text(table, column, held) if column.kind is Kind.TEXT else (Part.OTHER, f"type {column.type}")

    def _numbers_its_rows(self, table: Table, column: Column) -> bool:
        """Whether a first column of whole numbers is called like its table, which has amounts beside and no key."""
        if table.primary_key or column is not table.columns[0] or not column.type.lower().startswith(("int", "bigint")):
            return False
        others = [each for each in table.columns[1:] if each.kind is Kind.NUMBER]
        amounts = any(not each.type.lower().startswith(("int", "bigint", "smallint")) for each in others)
        return amounts and set(stems(column.name)) == set(self.own[table.key])

    def _number(self, place: tuple[str, str], said: set[str]) -> tuple[Part, str]:
        if said & _ORDINALS and not said & _AMOUNTS:
            return Part.ORDINAL, "its name"
        if "id" in said or place in self.referred:
            return Part.KEY, "its name"
        return Part.MEASURE, "a number"

    def _text(self, table: Table, column: Column, held: Sequence[str]) -> tuple[Part, str]:
        if column.name in self.label(table):
            return Part.NAME, "names a row"
        if held and len(set(held)) <= MOST_KINDS and (table.rows is None or len(held) <= max(table.rows * 0.6, 2)):
            return Part.CATEGORY, f"{len(held)} values"
        return Part.TEXT, "a text"

    def names(self, table: Table, column: Column, unit: str) -> tuple[Words, ...]:
        """What a column is called: its own name, also without its table's words, its unit, or a mere ending."""
        words = stems(column.name)
        found = [words]
        bare = tuple(word for word in words if word not in self.own[table.key])
        found.append(bare)
        raw = split_identifier(column.name)
        if raw[:2] in (("units", "in"), ("quantity", "in"), ("qty", "in")):  # the units in stock are the stock
            found.append(words[2:])
        if unit and len(raw) > 1 and (raw[-1] in _UNITS or column.name.lower().rsplit("_", 1)[-1] in _UNITS):
            found += [words[:-1], tuple(w for w in words[:-1] if w not in self.own[table.key])]
        for each in list(found):
            core = each
            while len(core) > 1 and core[-1] in _ENDINGS:
                core = core[:-1]
            if len(core) > 1 and core[-1] == _AMOUNT:  # the salary amount is the salary
                core = core[:-1]
            while len(core) > 1 and core[0] in (stem("date"), stem("is"), stem("has"), "total", "gross"):
                core = core[1:]
            if core != each:
                found.append(core)
        prefix = frozenset(stems(column_prefix(table)))
        marked = [each for each in found if prefix and each[:1] == words[:1] and each != words]
        return tuple(
            each
            for each in dict.fromkeys(found)
            if each and not set(each) <= _SAYS_NOTHING and not set(each) <= prefix and each not in marked
        )

    def _unit(self, column: Column) -> str:
        raw = [word.lower() for word in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", column.name) if word]
        charged = stem(raw[-1]) in _MONEY  # a kilometre charge is not in kilometres
        for word in raw[-1:] if charged else (raw[-1], raw[0]):
            if word in _UNITS:
                return _UNITS[word]
        comment = column.comment.lower()
        return next((unit for word, unit in _UNITS.items() if re.search(rf"\b{word}\b", comment)), "")

    # -- rows that no longer count ----------------------------------------------------------------------------------

    def marks(self, table: Table, attributes: dict[tuple[str, str], Attribute]) -> list[Mark]:
        """Columns that say that a row was deleted, made void, or has ended."""
        found = []
        for column in table.columns:
            said = set(stems(column.name))
            attribute = attributes[table.key, column.name]
            state = "deleted" if said & _DELETED else "void" if said & _VOID else ""
            if state and attribute.part is Part.DATE:
                found.append(Mark(table.key, column.name, state, "is null", evidence="its name; a date"))
            elif state and attribute.truth:
                found.append(Mark(table.key, column.name, state, "=", _plain(attribute.truth[1], column), "its name"))
            elif state and column.kind is Kind.TEXT and self._one_sign(table, column):
                sign = self.values[table.key, column.name][0]
                found.append(Mark(table.key, column.name, state, "!=", sign, f"its name; {sign} or nothing"))
        return [*found, *self._ended(table, attributes)]

    def _one_sign(self, table: Table, column: Column) -> bool:
        return len(self.values.get((table.key, column.name), ())) == 1

    def _ended(self, table: Table, attributes: dict[tuple[str, str], Attribute]) -> list[Mark]:
        """A date of an end beside one of a beginning."""
        dates = [
            attributes[table.key, c.name] for c in table.columns if attributes[table.key, c.name].part is Part.DATE
        ]
        starts = [each for each in dates if each.date_role is DateRole.START]
        ends = [each for each in dates if each.date_role is DateRole.END]
        if len(ends) == 1 and not starts and set(stems(ends[0].column)) & (_VALID | _GONE):
            return [Mark(table.key, ends[0].column, "ended", "after", evidence="its name")]
        if not starts or len(ends) != 1:
            return []
        return [Mark(table.key, ends[0].column, "ended", "after", evidence=f"ends what {starts[0].column} begins")]


def _plain(value: str, column: Column) -> str | int:
    return int(value) if column.kind is Kind.NUMBER and value.lstrip("-").isdigit() else value


def _text_date(held: Sequence[str]) -> str:
    """How texts are dates, where all of them are: the order of the parts and what stands between them."""
    seen = [value for value in held if value.strip() and value not in _NEVER][:200]
    for order, pattern in _TEXT_DATES:
        found = [pattern.match(value) for value in seen]
        if len(seen) > 1 and all(found):
            marks = {match.group(2) for match in found if match}
            firsts = [int(match.group(1)) for match in found if match]
            seconds = [int(match.group(3)) for match in found if match]
            if len(marks) == 1:
                order = "mdy" if order == "dmy" and max(seconds) > 12 >= max(firsts) else order
                return order + marks.pop()
    return ""


def kind_of(column: Column, unit: str) -> Adds:
    """What may be done with a measure, as its name tells."""
    said = set(stems(column.name))
    # An hourly cost is a rate; hours, whose stem is the same, add up.
    if unit == "percent" or said & _RATES or "hourly" in split_identifier(column.name):
        return Adds.RATE
    return Adds.BALANCE if said & _BALANCES else Adds.FLOW


def role_of(column: Column) -> DateRole:
    """What happened on a date, as its name tells."""
    said = set(stems(column.name))
    for short in raw_words(column.name):  # exp_dt says when something expires
        said |= {word for meant, _ in known_shortenings().get(short, ()) for word in stems(meant)}
    if "check" in said and said & {"in", "out"}:
        return DateRole.END if "out" in said else DateRole.START
    for role, words in (
        (DateRole.BORN, _BORN), (DateRole.DUE, _DUE), (DateRole.AUDIT, _AUDIT), (DateRole.END, _END),
        (DateRole.START, _START), (DateRole.AS_OF, _AS_OF),
    ):  # fmt: skip
        if said & words:
            if role is DateRole.AUDIT and not re.search(
                r"_?(at|ts|timestamp|time|user)$|chg|upd|modif", column.name, re.I
            ):
                continue
            return role
    return DateRole.EVENT
