"""`golden`: answers that must stay as they are; which of them would be answered otherwise now."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from engine.commands.terminal import out, print_json
from engine.kit import Kit
from engine.usecases import golden
from engine.usecases.golden import Moved


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("golden", help="answers that must stay as they are: which would change now")
    parser.add_argument("--add", default="", metavar="RUN", help="let this answer be one")
    parser.add_argument("--remove", default="", metavar="RUN", help="let it be none any more")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Add, remove, then check all; 1 where one would be answered otherwise."""
    if options.add:
        golden.mark(kit, options.add)
    if options.remove:
        golden.mark(kit, options.remove, wanted=False)
    database = kit.remember(kit.settings.database)
    runs, found = golden.golden(kit, database), golden.moved(kit, database)
    if options.json:
        told = [{"run": run.id, "request": run.request.text} for run in runs]
        print_json({"golden": told, "moved": [each.model_dump() for each in found]})
    else:
        show(found)
        out.print(f"{len(runs)} golden questions, {len(found)} of them would be answered otherwise.", markup=False)
    return int(bool(found))


def show(found: Sequence[Moved]) -> None:
    """Each that moves, before and after."""
    for each in found:
        out.print(f"{each.request}  ({each.run_id})", style="bold", markup=False)
        out.print(f"  was:  {each.before}\n  would: {each.after}", markup=False)
