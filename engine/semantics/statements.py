"""What is said of a place: statements that differ from what is inferred, or confirm it, each with its origin.

They are kept as YAML that a person can read and correct. Every entry has a `source`: who says it, and when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from engine.errors import UsageError
from engine.products import Product
from engine.semantics.model import Adds, DateRole, Origin, Part
from engine.sources.schema import Schema

# Those of libyaml, where it is there, are ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
WEIGHT = {origin: at for at, origin in enumerate(Origin)}


class Source(Product):
    """Where a statement comes from: its origin, who said it, when, and on what evidence."""

    origin: Literal[Origin.TAUGHT, Origin.DECLARED, Origin.PACK, Origin.ACCEPTED]
    by: str = ""
    day: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    evidence: str = ""

    @field_validator("day", mode="before")
    @classmethod
    def _day(cls, value: Any) -> Any:
        """YAML reads a day without quotes as a date."""
        return value.isoformat() if hasattr(value, "isoformat") else value

    @property
    def told(self) -> str:
        """In words: "taught by anna on 2026-11-22"."""
        who = f" by {self.by}" if self.by else ""
        return f"{self.origin.value}{who}" + (f" on {self.day}" if self.day else "")


class Said(Product):
    """What every statement has."""

    source: Source

    def places(self) -> Iterator[str]:
        """The tables and columns that it names."""
        yield from ()


class TableSaid(Said):
    """What the rows of a table are called, and which columns name one of them to a person."""

    table: str
    names: tuple[str, ...] = ()
    label: tuple[str, ...] = ()

    def places(self) -> Iterator[str]:
        """The table, and the columns of its label."""
        yield self.table
        yield from (f"{self.table}.{name}" for name in self.label)


class ColumnSaid(Said):
    """What a column is called, the part it plays, whether it adds up, in which unit (a currency is one), its date."""

    column: str
    names: tuple[str, ...] = ()
    part: Part | None = None
    adds: Adds | Literal["identifier", "code"] | None = None
    unit: str | None = None
    date_role: DateRole | None = None
    codes: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("codes", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        """Codes are texts, also those that YAML takes for numbers."""
        return {str(code): text for code, text in value.items()} if isinstance(value, dict) else value

    def places(self) -> Iterator[str]:
        """The column."""
        yield self.column


class KeySaid(Said):
    """A key that the database does not declare: each value of `column` is one of `refers`."""

    column: str
    refers: str

    def places(self) -> Iterator[str]:
        """Both columns."""
        yield from (self.column, self.refers)


class MarkSaid(Said):
    """A column that says that a row no longer counts, and how one that counts is told; "none": it says nothing."""

    column: str
    state: Literal["deleted", "void", "ended", "none"]
    counts: str = Field(default="is null", pattern=r"^(is null|after|= ?\S.*|!= ?\S.*)$")

    def places(self) -> Iterator[str]:
        """The column."""
        yield self.column


class ShortSaid(Said):
    """A shortening in names, and the words it stands for."""

    short: str = Field(pattern=r"^[a-z0-9]{1,12}$")
    words: str = Field(pattern=r"^[a-z]+( [a-z]+){0,2}$")


class WordSaid(Said):
    """A word for a table, a column, a measure that is computed, or a filter."""

    word: str
    table: str
    column: str = ""
    measure: str = ""
    function: Literal["", "sum", "avg"] = ""
    unit: str = ""
    where: str = ""

    @model_validator(mode="after")
    def _one_meaning(self) -> WordSaid:
        if sum(map(bool, (self.column, self.measure, self.where))) > 1:
            raise ValueError("a word is for one of column, measure or where")
        return self

    def places(self) -> Iterator[str]:
        """The table, and the column it is for; those of formulas are looked for when they are read."""
        yield self.table
        if self.column:
            yield f"{self.table}.{self.column}"


class Statements(Product):
    """All that is said of one place."""

    place: str = ""
    tables: tuple[TableSaid, ...] = ()
    columns: tuple[ColumnSaid, ...] = ()
    keys: tuple[KeySaid, ...] = ()
    marks: tuple[MarkSaid, ...] = ()
    shortenings: tuple[ShortSaid, ...] = ()
    words: tuple[WordSaid, ...] = ()

    def every(self) -> Iterator[Said]:
        """Every statement."""
        for kind in KINDS:
            yield from getattr(self, kind)

    @property
    def count(self) -> int:
        """How many statements there are."""
        return sum(len(getattr(self, kind)) for kind in KINDS)

    def missing(self, schema: Schema) -> tuple[str, ...]:
        """The tables and columns that are named and that the schema does not have."""
        return tuple(sorted({name for said in self.every() for name in said.places() if not exists(schema, name)}))

    def without(self, other: Statements) -> Statements:
        """What the other one does not say, of the same thing and with the same origin."""
        kinds = {}
        for kind in KINDS:
            known = {_subject(each) for each in getattr(other, kind)}
            kinds[kind] = tuple(each for each in getattr(self, kind) if _subject(each) not in known)
        return self.model_copy(update=kinds)

    def and_(self, other: Statements) -> Statements:
        """Both together; of two statements of one thing and origin the other one's stands."""
        kinds = {}
        for kind in KINDS:
            own = {_subject(each): each for each in getattr(self, kind)}
            own.update({_subject(each): each for each in getattr(other, kind)})
            kinds[kind] = tuple(own.values())
        return self.model_copy(update=kinds)


NOTHING_SAID = Statements()
KINDS = ("tables", "columns", "keys", "marks", "shortenings", "words")


def _subject(said: Said) -> tuple[str, ...]:
    """What a statement is of, and its origin."""
    for name in ("word", "short", "column", "table"):
        if value := getattr(said, name, ""):
            return (str(value).lower(), said.source.origin.value)
    return (said.source.origin.value,)


def exists(schema: Schema, name: str) -> bool:
    """Whether there is a table, or a column as table.column, of that name."""
    if name in schema.by_key:
        return True
    table, column = schema.place(name)
    return table in schema.by_key and column in schema.by_key[table].by_name


def read_statements(text: str, name: str) -> Statements:
    """What is said in a text of YAML; `name` is for the error.

    Raises:
        UsageError: it is no YAML, or a field is unknown, missing or wrong; its line and the field are named.
    """
    try:
        content = yaml.load(text, Loader=_LOADER)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise UsageError(f"{name}{line} is no YAML: {str(error).splitlines()[0]}.", _HINT) from None
    try:
        return Statements.model_validate(content if content is not None else {})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        at = _line(yaml.compose(text, Loader=_LOADER), first["loc"])
        raise UsageError(f"{name}, line {at}: {where}: {first['msg']}.", _HINT) from None


_HINT = "Correct the file, or teach it anew; docs/meaning.md shows each statement."


def _line(node: Any, place: tuple[int | str, ...]) -> int:
    """The line of a field, or of what it is missing in."""
    line = node.start_mark.line + 1 if node is not None else 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(step)]
            if not found:
                return int(line)
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return int(line)


def as_yaml(statements: Statements) -> str:
    """The text that `read_statements` reads."""
    content = statements.model_dump(mode="json", exclude_defaults=True)
    for kind in KINDS:
        for each in content.get(kind, ()):
            each["source"] = each.pop("source")  # what is said stands first
    return str(yaml.dump(content, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=110))
