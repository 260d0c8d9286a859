"""`doctor`: what is installed, reachable and enforced; exit 1 if the main job cannot run."""

from __future__ import annotations

import argparse
from typing import Any

from engine.commands.terminal import out, print_json
from engine.kit import Kit
from engine.usecases.health import Check, examine, fit


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("doctor", help="what is installed, reachable, enforced")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="without the probes that take seconds")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Look at everything and say what to do about what is wrong."""
    checks = []
    for check in examine(kit, thorough=not options.quick):
        checks.append(check)
        if not options.json:
            _show(check)
    if options.json:
        print_json([check.model_dump() for check in checks])
    elif not fit(checks):
        out.print("The main job cannot run here yet.", style="red")
    return 0 if fit(checks) else 1


def _show(check: Check) -> None:
    mark = "ok " if check.well else ("NO " if check.needed else "-  ")
    out.print(f"{mark} {check.name:<16} {check.detail}", style=None if check.well else "yellow", markup=False)
    if not check.well and check.hint:
        out.print(f"      {check.hint}", markup=False)
    for name, enforced, detail in check.properties:
        out.print(f"      {'proved  ' if enforced else 'MISSING '} {name}: {detail}", markup=False)
