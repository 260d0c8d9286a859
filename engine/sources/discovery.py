"""What a database holds: tables, columns, comments, keys declared and inferred."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from engine.errors import SourceError
from engine.schema import ForeignKey, Schema, Table
from engine.sources import catalog_postgresql, catalog_sqlite
from engine.sources.door import Door
from engine.sources.keys import inferred_keys

_TIMEOUT = 30.0


def discover(door: Door) -> Schema:
    """The whole database as its role sees it, in a few statements whatever its size."""
    with door.session(discovering=True) as session:
        reader = catalog_sqlite if door.dialect == "sqlite" else catalog_postgresql
        tables, keys = reader.read_catalog(session, _TIMEOUT)
        if not tables:
            raise SourceError(
                f"The database {door.address} holds no tables that can be read.",
                "Load data into it, check its name, or ask for SELECT rights.",
            )
        keys = (*keys, *inferred_keys(session, tables, keys))
    return Schema(
        dialect=door.dialect,
        tables=tables,
        foreign_keys=keys,
        fingerprint=fingerprint(tables, keys),
        read_at=datetime.now(UTC),
    )


def fingerprint(tables: tuple[Table, ...], keys: tuple[ForeignKey, ...]) -> str:
    """A digest of names, types and declared keys; comments, rows and guesses do not change it."""
    parts: list[object] = [
        [table.key, table.view, table.primary_key, [[column.name, column.type] for column in table.columns]]
        for table in sorted(tables, key=lambda table: table.key)
    ]
    parts.append(sorted([k.table, *k.columns, k.refers_table, *k.refers_columns] for k in keys if not k.inferred))
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
