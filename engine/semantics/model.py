"""The semantic model of a place: what its tables stand for, what their columns hold, and what may be done with them.

Every statement says where it comes from. A person's word goes before what a database declares, that before a pack's,
that before an accepted proposal, and all before what was inferred.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from engine.question.model import TAUGHT, Condition, RowValue
from engine.sources.schema import Kind, Schema

Words = tuple[str, ...]
Place = tuple[str, str]


class Origin(StrEnum):
    """Who says something, the weightiest first."""

    TAUGHT = "taught"
    DECLARED = "declared"
    PACK = "pack"
    ACCEPTED = "accepted"
    """Inferred, and accepted by a person with the rest of a proposal."""
    INFERRED = "inferred"


class Part(StrEnum):
    """The part that a column plays in its table."""

    KEY = "key"
    REFERENCE = "reference"
    NAME = "name"
    CODE = "code"
    CATEGORY = "category"
    FLAG = "flag"
    MEASURE = "measure"
    ORDINAL = "ordinal"
    DATE = "date"
    TEXT = "text"
    OTHER = "other"


class Adds(StrEnum):
    """What may be done with a measure: a flow adds over time and things, a balance over things alone, a rate never."""

    FLOW = "flow"
    BALANCE = "balance"
    RATE = "rate"
    COUNT = "count"
    UNKNOWN = "unknown"


class DateRole(StrEnum):
    """What happened, or is to happen, on a date."""

    EVENT = "event"
    DUE = "due"
    START = "start"
    END = "end"
    AS_OF = "as_of"
    BORN = "born"
    AUDIT = "audit"


@dataclass(frozen=True)
class Attribute:
    """One column: the part it plays, the phrases (stems) it is called by, and what its values mean."""

    table: str
    column: str
    kind: Kind
    part: Part
    names: tuple[Words, ...]
    adds: Adds = Adds.UNKNOWN
    unit: str = ""
    date_role: DateRole | None = None
    pattern: str = ""
    """Of a date that is kept as text or as a number: dmy, mdy or ymd with its separator, such as "dmy."."""
    never: str = ""
    """What is written in the place of a date where there is none, such as 99991231."""
    truth: tuple[str, str] | None = None
    origin: Origin = Origin.INFERRED
    evidence: str = ""
    called: tuple[Words, ...] = ()
    """Further phrases that it is said to be called by, as sure as its own name."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """What its values stand for: A is active."""
    formula: RowValue | None = None
    """Of a measure that no column holds: what it is computed from."""
    holds: tuple[Condition, ...] = ()
    """Of a word that stands for a filter: the conditions that hold together where it is true."""

    @property
    def place(self) -> Place:
        """Its table and column."""
        return (self.table, self.column)


@dataclass(frozen=True)
class Relation:
    """A foreign key: each row of `table` meets at most one of `refers_table`. `role` are words that the key adds."""

    table: str
    columns: Words
    refers_table: str
    refers_columns: Words
    role: Words = ()
    one_to_one: bool = False
    inferred: bool = False

    @property
    def name(self) -> str:
        """How a field's path names it."""
        return f"{self.table}.{'+'.join(self.columns)}"


@dataclass(frozen=True)
class Entity:
    """What a table's rows are: the phrases they are called by, what names one to a person, and what tells one apart."""

    table: str
    names: tuple[Words, ...]
    label: Words
    key: Words
    rows: int | None = None
    copy_of: str = ""
    """The table of which this one is a left-over copy; such a table is never asked unless it is named exactly."""
    bridge: bool = False
    lookup: bool = False
    called: tuple[Words, ...] = ()
    """Further phrases that its rows are said to be called by."""
    origin: Origin = Origin.INFERRED
    evidence: str = ""


@dataclass(frozen=True)
class Mark:
    """A column that says that a row no longer counts: deleted, void or ended, and which of its values say so."""

    table: str
    column: str
    state: str
    """deleted, void or ended."""
    operator: str
    """How a row that counts is told: "is null", "=", "!=" or "after" (empty, or later than the day asked about)."""
    value: str | int = ""
    evidence: str = ""


@dataclass(frozen=True)
class Word:
    """A word that stands for a table, a column, a derived measure or a filter (`value` is what it is kept under)."""

    text: str
    table: str
    column: str = ""
    value: str = ""
    origin: Origin = Origin.TAUGHT
    told: str = ""
    """What it is taken as, and who said so, for answers."""
    of_table: bool = False
    """Whether a filter is only meant where its table is named beside it: active, of "active customer"."""


@dataclass(frozen=True)
class SemanticModel:
    """All that is known of a place's meaning."""

    schema: Schema
    entities: Mapping[str, Entity] = field(default_factory=dict)
    attributes: Mapping[Place, Attribute] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    marks: tuple[Mark, ...] = ()
    words: tuple[Word, ...] = ()

    def of(self, table: str) -> Iterator[Attribute]:
        """The attributes of a table, as its columns are ordered."""
        return (self.attributes[table, column.name] for column in self.schema.by_key[table].columns)

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Relation, ...]]:
        """Table: the keys that lead from it."""
        return {key: tuple(each for each in self.relations if each.table == key) for key in self.entities}

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Relation, ...]]:
        """Table: the keys that lead to it."""
        return {key: tuple(each for each in self.relations if each.refers_table == key) for key in self.entities}

    @cached_property
    def derived(self) -> tuple[Attribute, ...]:
        """What is said of rows but held by no column: derived measures and filters."""
        return tuple(each for each in self.attributes.values() if each.column.startswith(TAUGHT))

    def marks_of(self, table: str, state: str = "") -> tuple[Mark, ...]:
        """The marks of a table's rows, of one state where it is given."""
        return tuple(each for each in self.marks if each.table == table and (not state or each.state == state))
