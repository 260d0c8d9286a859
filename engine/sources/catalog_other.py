"""The catalog of any other database, by SQLAlchemy's bulk inspection of its default schema. No rows are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Inspector, inspect, types
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import SourceError
from engine.sources.schema import Column, ForeignKey, Kind, Table

_KINDS: tuple[tuple[type[types.TypeEngine[Any]], Kind], ...] = (
    (types.Boolean, Kind.BOOLEAN),
    (types.JSON, Kind.JSON),
    (types.Enum, Kind.TEXT),
    (types.Uuid, Kind.TEXT),
    (types.String, Kind.TEXT),
    (types.Date, Kind.DATE),
    (types.DateTime, Kind.DATE),
    (types.Time, Kind.TIME),
    (types.Numeric, Kind.NUMBER),
    (types.Integer, Kind.NUMBER),
    (types.LargeBinary, Kind.BINARY),
    (types._Binary, Kind.BINARY),
)


def read_catalog(connection: Connection) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
    """Tables and views of the default schema, and the keys declared between them.

    Raises:
        SourceError: the database cannot be inspected.
    """
    try:
        inspector = inspect(connection)
        columns = inspector.get_multi_columns(kind=ObjectKind.ANY)
        views = set(inspector.get_view_names())
    except (SQLAlchemyError, NotImplementedError) as error:
        raise SourceError(
            "The database's catalog could not be read.",
            "Its SQLAlchemy dialect cannot list tables and columns here; check its version and your rights.",
        ) from error
    primary = _asked(inspector, "get_multi_pk_constraint")
    comments = _asked(inspector, "get_multi_table_comment")
    real = _real_names(connection.dialect)
    tables = {
        key[1]: Table(
            name=real(key[1]),
            view=key[1] in views,
            comment=str((comments.get(key) or {}).get("text") or ""),
            columns=tuple(_column(each, real, connection.dialect) for each in described),
            primary_key=tuple(map(real, (primary.get(key) or {}).get("constrained_columns") or ())),
        )
        for key, described in sorted(columns.items(), key=lambda pair: str(pair[0][1]))
        if described
    }
    foreign = _asked(inspector, "get_multi_foreign_keys")
    return tuple(tables.values()), tuple(
        ForeignKey(
            table=real(name),
            columns=tuple(map(real, key["constrained_columns"])),
            refers_table=real(key["referred_table"]),
            refers_columns=tuple(map(real, key["referred_columns"])),
        )
        for (_, name), keys in foreign.items()
        for key in keys or ()
        if name in tables and not key.get("referred_schema") and key["referred_table"] in tables
    )


def kind_of(type_: types.TypeEngine[Any]) -> Kind:
    """What a column of a SQLAlchemy type holds; `TINYINT(1)` is a boolean."""
    if getattr(type_, "display_width", None) == 1 and type_.__class__.__name__ == "TINYINT":
        return Kind.BOOLEAN
    if type_.__class__.__name__ == "BIT" and getattr(type_, "length", None) in (None, 1):
        return Kind.BOOLEAN
    return next((kind for known, kind in _KINDS if isinstance(type_, known)), Kind.OTHER)


def _asked(inspector: Inspector, what: str) -> Mapping[Any, Any]:
    """One bulk question; nothing where the dialect does not know it."""
    try:
        found: Mapping[Any, Any] = getattr(inspector, what)(kind=ObjectKind.ANY)
        return found
    except (SQLAlchemyError, NotImplementedError, AttributeError):
        return {}


def _real_names(dialect: Dialect) -> Any:
    """Names as the database keeps them, so that they may always be quoted: SQLAlchemy shows CUSTOMERS as customers."""
    if getattr(dialect, "requires_name_normalize", False):
        return lambda name: str(dialect.denormalize_name(str(name)))
    return str


def _column(described: Mapping[str, Any], real: Any, dialect: Dialect) -> Column:
    type_ = described["type"]
    try:
        shown = type_.compile(dialect)
    except SQLAlchemyError:
        shown = type_.__class__.__name__
    return Column(
        name=real(described["name"]),
        type=str(shown).lower(),
        kind=kind_of(type_),
        nullable=bool(described.get("nullable", True)),
        comment=str(described.get("comment") or ""),
    )
