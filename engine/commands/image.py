"""`image`: build the runtime image, or carry it to a machine without a registry as a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.commands.terminal import out
from engine.kit import Kit


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("image", help="build the runtime image, save it to a file or load it from one")
    doings = parser.add_subparsers(dest="doing", required=True, metavar="build|save|load")
    doings.add_parser("build", help="build it, if the engine has none").set_defaults(act=act_build)
    save = doings.add_parser("save", help="write it to a file, for a machine without a registry")
    save.add_argument("file", type=Path)
    save.set_defaults(act=act_save)
    load = doings.add_parser("load", help="read it from a file that `save` wrote")
    load.add_argument("file", type=Path)
    load.set_defaults(act=act_load)


def act_build(options: argparse.Namespace, kit: Kit) -> int:
    """Build it."""
    from engine.executors.docker import archive

    out.print(archive.build(lambda line: out.print(line, markup=False)), markup=False)
    return 0


def act_save(options: argparse.Namespace, kit: Kit) -> int:
    """Write it to a file."""
    from engine.executors.docker import archive

    name, size = archive.save(options.file)
    out.print(f"{name} in {options.file}: {size >> 20:,} MB", markup=False)
    return 0


def act_load(options: argparse.Namespace, kit: Kit) -> int:
    """Read it from a file."""
    from engine.executors.docker import archive

    out.print(f"{archive.load(options.file)} is there.", markup=False)
    return 0
