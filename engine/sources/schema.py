"""What a database holds, as products: tables, columns, keys, and the values that name things."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import cached_property

from pydantic import Field

from engine.products import Product


class Kind(StrEnum):
    """What a column holds, whatever its dialect calls the type."""

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    TIME = "time"
    BOOLEAN = "boolean"
    JSON = "json"
    BINARY = "binary"
    OTHER = "other"


class Column(Product):
    """One column of a table or view."""

    name: str
    type: str
    kind: Kind
    nullable: bool = True
    comment: str = ""
    truth: tuple[str, str] | None = Field(
        default=None, description="what a yes-or-no column that is no boolean writes for yes and for no"
    )


class Table(Product):
    """One table or view. `rows` is an estimate from statistics (exact for SQLite), None when unknown."""

    name: str
    schema_name: str = Field(default="", description="empty for the default schema")
    view: bool = False
    comment: str = ""
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    rows: int | None = None

    @property
    def key(self) -> str:
        """The name that identifies the table in its database: `schema.table`, or `table` in the default schema."""
        return f"{self.schema_name}.{self.name}" if self.schema_name else self.name

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Column by name."""
        return {column.name: column for column in self.columns}


class ForeignKey(Product):
    """`columns` of `table` refer to `refers_columns` of `refers_table` (both are table keys)."""

    table: str
    columns: tuple[str, ...]
    refers_table: str
    refers_columns: tuple[str, ...]
    inferred: bool = False
    evidence: str = ""


class Schema(Product):
    """A whole database as one role sees it. `fingerprint` changes when tables, columns or keys do."""

    dialect: str = Field(description="'sqlite', 'postgresql', 'mysql' or another of engine/sources/dialects.py")
    tables: tuple[Table, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    fingerprint: str = ""
    read_at: datetime

    @cached_property
    def by_key(self) -> dict[str, Table]:
        """Table by key."""
        return {table.key: table for table in self.tables}

    def parts(self, key: str) -> tuple[str, str]:
        """The schema, empty for the default one, and the name of a table: a name may hold dots itself."""
        table = self.by_key.get(key)
        schema, _, name = key.rpartition(".")
        return (table.schema_name, table.name) if table else (schema, name)

    def place(self, name: str) -> tuple[str, str]:
        """The table and the column of `table.column`, either of which may hold dots itself."""
        ways = [(name[:dot], name[dot + 1 :]) for dot, letter in enumerate(name) if letter == "."]
        known = (way for way in ways if way[0] in self.by_key and way[1] in self.by_key[way[0]].by_name)
        table, _, column = name.rpartition(".")
        return next(known, (table, column))


class ValueMatch(Product):
    """A value that occurs in the data, and where. `score` is 1.0 for an exact match, less for a near one."""

    table: str
    column: str
    value: str
    score: float = 1.0
