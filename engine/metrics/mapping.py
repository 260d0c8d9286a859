"""A mapping says which columns of one database play which role in the metrics catalogue.

Mappings are YAML files that a person can read, correct and version. One applies to a database when every
table and column it names exists there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import sqlglot
import yaml
from pydantic import Field, ValidationError
from sqlglot import expressions as exp
from sqlglot.errors import SqlglotError

from engine.errors import UsageError
from engine.foundation.files import write_whole
from engine.products import Product
from engine.sources.schema import Schema


class RoleKind(StrEnum):
    """How a role's rows become a number."""

    FLOW = "flow"
    STOCK = "stock"
    LATEST = "latest"
    SPAN = "span"
    RATE = "rate"
    SERIES = "series"


class Subset(Product):
    """A named part of a role's rows."""

    column: str
    equals: str


class History(Product):
    """Where the values of a stock on earlier days are: rows of a table that refers to it.

    On a day it is `value` of the newest row by `date` up to that day, else the column `before` of the stock's own
    table; nothing before the day in its column `since`.
    """

    table: str
    value: str
    date: str
    before: str = ""
    since: str = ""


class Role(Product):
    """One role: the table and columns that play it.

    A flow sums `value` over a period of `date`; a stock sums it as it stands, its rows counting from the day in
    `start` where that is named; latest takes each entity's newest row; a span is rows that run from `start` to `end`
    (leases), each as heavy as its `weight`, else its `area`; a rate is never added: it is averaged by `weight`, over
    each entity's newest row where it has a `date`; a series is single values, in the order of `date`, those of one day
    added. Of its rows count those where the column `filled` holds something, or where `empty` holds nothing by the day
    looked from; of a stock those that a running row of the role `held_by` refers to, or that none of `free_of` does.
    """

    kind: RoleKind
    table: str
    value: str = ""
    weight: str = ""
    date: str = ""
    category: str = ""
    subsets: Mapping[str, Subset] = Field(default_factory=dict)
    start: str = ""
    end: str = ""
    area: str = ""
    rent: str = ""
    tenant: str = ""
    filled: str = ""
    empty: str = ""
    held_by: str = ""
    free_of: str = ""
    history: History | None = None

    def columns(self) -> Iterator[str]:
        """Every column named, as table.column."""
        for expression in filter(None, (self.value, self.weight)):
            for column in sqlglot.parse_one(expression).find_all(exp.Column):
                yield f"{self.table}.{column.name}"
        names = (self.date, self.category, self.start, self.end, self.area, self.rent, self.filled, self.empty)
        yield from (f"{self.table}.{name}" for name in names if name)
        yield from (f"{self.table}.{subset.column}" for subset in self.subsets.values())
        if self.tenant:
            yield self.tenant
        if self.history is not None:
            yield from (f"{self.history.table}.{name}" for name in (self.history.value, self.history.date))
            yield from (f"{self.table}.{name}" for name in (self.history.before, self.history.since) if name)


class Entity(Product):
    """What the metrics are about: one row of this table is one of them."""

    name: str
    plural: str
    table: str
    key: str
    label: str
    synonyms: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """The column of its name, as table.column."""
        return f"{self.table}.{self.label}"


class Dimension(Product):
    """A column by which entities are grouped or filtered, as table.column."""

    label: str
    column: str
    synonyms: tuple[str, ...] = ()


class DatabaseMapping(Product):
    """The whole mapping of one database."""

    name: str
    entity: Entity
    dimensions: Mapping[str, Dimension]
    roles: Mapping[str, Role]

    def dimension(self, name: str) -> Dimension:
        """The dimension of that name; the entity itself is one."""
        if name == self.entity.name:
            entity = self.entity
            return Dimension(label=entity.name.capitalize(), column=entity.column, synonyms=entity.synonyms)
        return self.dimensions[name]

    @property
    def dimension_names(self) -> tuple[str, ...]:
        """The entity first, then the rest."""
        return (self.entity.name, *self.dimensions)

    def missing(self, schema: Schema) -> tuple[str, ...]:
        """The columns that the mapping names and the schema does not have."""
        named = {self.entity.column, f"{self.entity.table}.{self.entity.key}"}
        named |= {dimension.column for dimension in self.dimensions.values()}
        named |= {column for role in self.roles.values() for column in role.columns()}
        return tuple(sorted(name for name in named if not _exists(schema, name)))


def _exists(schema: Schema, name: str) -> bool:
    table, column = schema.place(name)
    return table in schema.by_key and column in schema.by_key[table].by_name


def load_mapping(path: Path) -> DatabaseMapping:
    """The mapping in a file.

    Raises:
        UsageError: the file is no YAML, or a field is unknown or missing; the field is named.
    """
    return read_mapping(path.read_text(encoding="utf-8"), path.name)


def read_mapping(text: str, name: str = "of this text") -> DatabaseMapping:
    """The mapping in a text of YAML; `name` is for the error.

    Raises:
        UsageError: it is no YAML, a field is unknown or missing, or a value is no expression; the field is named.
    """
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"The mapping {name} is no YAML: {str(error).splitlines()[0]}.", "Correct it.") from None
    try:
        mapping = DatabaseMapping.model_validate(content)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:3])
        raise UsageError(
            f"The mapping {name} cannot be used: {said}.", "Correct it; docs/mapping.md says how."
        ) from None
    for place, role in mapping.roles.items():
        try:
            list(role.columns())
        except SqlglotError:
            raise UsageError(
                f"The mapping {name} cannot be used: roles.{place}.value is no expression.",
                "Write columns of the table, joined by arithmetic.",
            ) from None
    return mapping


NEEDED = {
    RoleKind.FLOW: ("value", "date"),
    RoleKind.STOCK: ("value",),
    RoleKind.LATEST: ("value", "date"),
    RoleKind.SPAN: ("start", "end"),
    RoleKind.RATE: ("value", "weight"),
    RoleKind.SERIES: ("value",),
}


def objections(mapping: DatabaseMapping, schema: Schema) -> tuple[str, ...]:
    """Why a mapping does not hold over a schema, one sentence each; empty when it does."""
    found = [f"There is no column {name}." for name in mapping.missing(schema)]
    for name, role in mapping.roles.items():
        found += [f"roles.{name} lacks its {part}." for part in NEEDED[role.kind] if not getattr(role, part)]
        for other in filter(None, (role.held_by, role.free_of)):
            if other not in mapping.roles or mapping.roles[other].kind is not RoleKind.SPAN:
                found.append(f"roles.{name} names {other}, which is no span of this mapping.")
        if role.table in schema.by_key and mapping.entity.table not in reached(schema, role.table):
            found.append(f"No key leads from {role.table} (roles.{name}) to {mapping.entity.table}.")
    return tuple(found)


def reached(schema: Schema, start: str) -> tuple[str, ...]:
    """The tables to which the keys lead from many to one, `start` first."""
    found, waiting = [start], [start]
    while waiting:
        table = waiting.pop(0)
        for key in schema.foreign_keys:
            if key.table == table and key.refers_table not in found:
                found.append(key.refers_table)
                waiting.append(key.refers_table)
    return tuple(found)


def save_mapping(text: str, schema: Schema, folder: Path, name: str) -> Path:
    """Check a mapping over a schema, then keep it as `name`.yaml; what does not hold is not written.

    Raises:
        UsageError: it cannot be used, or names what the schema does not have.
        StoreError: the folder cannot be written.
    """
    if not re.fullmatch(r"[\w-]{1,60}", name):
        raise UsageError(f"{name!r} cannot name a mapping.", "Use letters, digits, _ and -.")
    if wrong := objections(read_mapping(text), schema):
        raise UsageError(
            f"The mapping does not fit this database. {' '.join(wrong[:8])}", "Correct it, then save again."
        )
    file = folder / f"{name}.yaml"
    write_whole(file, text.encode())
    return file


def find_mapping(schema: Schema, folders: Iterable[Path]) -> DatabaseMapping | None:
    """The first mapping whose every table and column exists in the schema."""
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            mapping = load_mapping(path)
            if not mapping.missing(schema):
                return mapping
    return None
