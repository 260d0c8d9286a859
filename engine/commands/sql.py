"""`sql`: one SELECT through the guarded read-only door, as the loaders use it."""

from __future__ import annotations

import argparse
from typing import Any

from engine.commands.terminal import print_json, show_table
from engine.kit import Kit
from engine.usecases.querying import ROWS, query


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("sql", help="one SELECT through the guarded read-only door")
    parser.add_argument("query")
    parser.add_argument("--db", default="", metavar="URL")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Read and print; at most ROWS rows, and it says when there are more."""
    table = query(kit.door(kit.remember(options.db or kit.settings.database)), options.query)
    if options.json:
        print_json(
            {"columns": list(table.columns), "rows": [list(row) for row in table.rows], "truncated": table.total > ROWS}
        )
    else:
        show_table(table, rows=ROWS)
    return 0
