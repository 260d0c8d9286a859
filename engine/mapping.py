"""A mapping says which columns of one database play which role in the metrics catalogue.

Mappings are YAML files that a person can read, correct and version. One applies to a database when every
table and column it names exists there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import sqlglot
import yaml
from pydantic import Field, ValidationError
from sqlglot import expressions as exp

from engine.errors import UsageError
from engine.products import Product
from engine.schema import Schema


class RoleKind(StrEnum):
    """How a role's rows become a number."""

    FLOW = "flow"
    STOCK = "stock"
    LATEST = "latest"
    SPAN = "span"


class Subset(Product):
    """A named part of a role's rows."""

    column: str
    equals: str


class Role(Product):
    """One role: the table and columns that play it.

    A flow sums `value` over a period of `date`; a stock sums it as it stands; latest takes each entity's
    newest row; a span is rows that run from `start` to `end` (leases).
    """

    kind: RoleKind
    table: str
    value: str = ""
    date: str = ""
    category: str = ""
    subsets: Mapping[str, Subset] = Field(default_factory=dict)
    start: str = ""
    end: str = ""
    area: str = ""
    rent: str = ""
    tenant: str = ""

    def columns(self) -> Iterator[str]:
        """Every column named, as table.column."""
        if self.value:
            for column in sqlglot.parse_one(self.value).find_all(exp.Column):
                yield f"{self.table}.{column.name}"
        names = (self.date, self.category, self.start, self.end, self.area, self.rent)
        yield from (f"{self.table}.{name}" for name in names if name)
        yield from (f"{self.table}.{subset.column}" for subset in self.subsets.values())
        if self.tenant:
            yield self.tenant


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
    table, _, column = name.rpartition(".")
    return table in schema.by_key and column in schema.by_key[table].by_name


def load_mapping(path: Path) -> DatabaseMapping:
    """The mapping in a file.

    Raises:
        UsageError: the file is no YAML, or a field is unknown or missing; the field is named.
    """
    try:
        return DatabaseMapping.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise UsageError(f"The mapping {path.name} cannot be used: {error}", f"Correct {path}.") from None


def find_mapping(schema: Schema, folders: Iterable[Path]) -> DatabaseMapping | None:
    """The first mapping whose every table and column exists in the schema."""
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            mapping = load_mapping(path)
            if not mapping.missing(schema):
                return mapping
    return None
