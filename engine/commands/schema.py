"""`schema`: what the database holds: tables, columns, keys."""

from __future__ import annotations

import argparse
from typing import Any

from engine.commands.terminal import out, print_json
from engine.kit import Kit
from engine.schema import Table


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("schema", help="what the database holds")
    parser.add_argument("--db", default="", metavar="URL")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Look at the database anew and print it."""
    from engine.mapping import find_mapping

    database = kit.remember(options.db or kit.settings.database)
    schema = kit.refresh(database).schema
    if options.json:
        print_json(schema.model_dump(mode="json"))
        return 0
    for table in schema.tables:
        _show(table)
    for key in schema.foreign_keys:
        how = f"  (inferred: {key.evidence})" if key.inferred else ""
        out.print(
            f"{key.table}.{', '.join(key.columns)} -> {key.refers_table}.{', '.join(key.refers_columns)}{how}",
            markup=False,
        )
    mapping = find_mapping(schema, kit.settings.mapping_folders)
    out.print(
        f"\nMapping: {mapping.name if mapping else 'none: the metrics catalogue does not apply here yet'}", markup=False
    )
    return 0


def _show(table: Table) -> None:
    rows = f"  about {table.rows:,} rows" if table.rows is not None else ""
    out.print(f"{table.key}{rows}  {table.comment}", style="bold", markup=False)
    for column in table.columns:
        key = " key" if column.name in table.primary_key else ""
        out.print(f"  {column.name:<28} {column.type:<18} {column.comment}{key}", markup=False)
