"""`sql`: one SELECT through the guarded read-only door, as the loaders use it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from engine.commands.terminal import print_json, show_table
from engine.kit import Kit
from engine.products import TableData

if TYPE_CHECKING:
    from engine.sources.door import Door

ROWS = 1_000


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


def query(door: Door, sql: str) -> TableData:
    """The first ROWS rows; `total` is greater when there are more."""
    from templates.runtime.cells import cell  # loads pandas, which no other command needs at its start

    frame = door.read(sql, {}, row_cap=ROWS, truncate=True)
    rows = tuple(tuple(cell(value) for value in row) for row in frame.itertuples(index=False, name=None))
    more = 1 if frame.attrs.get("truncated") else 0
    return TableData(name="rows", label="", columns=tuple(map(str, frame.columns)), rows=rows, total=len(rows) + more)
