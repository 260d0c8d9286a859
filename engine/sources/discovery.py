"""What a database holds: tables, columns, comments, keys declared and inferred, yes-or-no columns."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from engine.errors import SourceError
from engine.sources import catalog_mysql, catalog_postgresql, catalog_sqlite
from engine.sources.dialects import MYSQL, POSTGRESQL, SQLITE
from engine.sources.door import Door, Session
from engine.sources.flags import with_flags
from engine.sources.keys import inferred_keys
from engine.sources.schema import ForeignKey, Schema, Table

_TIMEOUT = 30.0
_READERS = {
    POSTGRESQL: catalog_postgresql.read_catalog,
    SQLITE: catalog_sqlite.read_catalog,
    MYSQL: catalog_mysql.read_catalog,
}


def discover(door: Door) -> Schema:
    """The whole database as its role sees it, in a few statements whatever its size."""
    with door.session(discovering=True) as session:
        tables, keys = _catalog(session)
        if not tables:
            raise SourceError(
                f"The database {door.address} holds no tables that can be read.",
                "Load data into it, check its name, or ask for SELECT rights.",
            )
        keys = (*keys, *inferred_keys(session, tables, keys))
        tables = with_flags(session, tables, frozenset((key.table, name) for key in keys for name in key.columns))
    return Schema(
        dialect=door.dialect,
        tables=tables,
        foreign_keys=keys,
        fingerprint=fingerprint(tables, keys),
        read_at=datetime.now(UTC),
    )


def _catalog(session: Session) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
    if reader := _READERS.get(session.dialect):
        return reader(session, _TIMEOUT)
    from engine.sources.catalog_other import read_catalog
    from engine.sources.other import OtherSession

    assert isinstance(session, OtherSession)
    return read_catalog(session.connection())


def fingerprint(tables: tuple[Table, ...], keys: tuple[ForeignKey, ...]) -> str:
    """A digest of names, types and declared keys; comments, rows and guesses do not change it."""
    parts: list[object] = [
        [table.key, table.view, table.primary_key, [[column.name, column.type] for column in table.columns]]
        for table in sorted(tables, key=lambda table: table.key)
    ]
    parts.append(sorted([k.table, *k.columns, k.refers_table, *k.refers_columns] for k in keys if not k.inferred))
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
