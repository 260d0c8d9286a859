"""`mcp`: the workbench as a tool of an assistant, over standard input and output (Model Context Protocol)."""

from __future__ import annotations

import argparse
from typing import Any

from engine.kit import Kit
from engine.products.rights import Right


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("mcp", help="the workbench as a tool of an assistant, by the Model Context Protocol")
    parser.add_argument(
        "--scope", action="append", choices=[right.value for right in Right],
        help="what the assistant may; given several times, all of them; not at all, everything",
    )  # fmt: skip
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Serve until the assistant closes the streams."""
    from engine.services.tools import ALL, server_over

    server_over(kit, frozenset(map(Right, options.scope)) if options.scope else ALL).run("stdio")
    return 0
