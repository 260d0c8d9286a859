"""`refresh`: the run's data read anew, what changed, and what that does to each scenario, in the terminal."""

from __future__ import annotations

import argparse
from itertools import groupby
from typing import Any

from rich.table import Table

from engine.commands.terminal import out, print_json, tell
from engine.kit import Kit
from engine.usecases.refresh import Moved, Refresh, difference, refresh
from runtime.units import meets, write


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("refresh", help="read a run's data anew: what changed, and what that does")
    parser.add_argument("run", help="the run's id, its beginning, or 'last'")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Run it again over data read now; the run before stays."""
    before = kit.store.load(options.run)
    after = refresh(before, kit, (lambda event: None) if options.json else tell)
    found = difference(before, after, kit)
    print_json(found.model_dump(mode="json")) if options.json else _show(found)
    return 0


def _show(found: Refresh) -> None:
    read = f"{found.read_before:%Y-%m-%d %H:%M} UTC"
    drawn = Table("source", "rows then", "rows now", "added", "removed", "changed", title=f"Since {read}")
    for source in found.sources:
        counts = (source.rows_before, source.rows_after, source.added, source.removed, source.changed)
        drawn.add_row(source.name, *(f"{count:,}" for count in counts))
    out.print(drawn)
    for source in found.sources:
        for each in source.examples[:5]:
            values = f" {each.column} {each.before} → {each.after}" if each.column else f" {each.before}{each.after}"
            out.print(f"  {source.name}: {each.change}: {each.row}{values}", style="dim", markup=False)
    for scenario, moved in groupby(found.moved, key=lambda item: item.scenario):
        drawn = Table("", "then", "now", "change", title=scenario, title_justify="left", title_style="bold")
        for item in moved:
            drawn.add_row(item.label, write(item.before, item.unit), _marked(item), write(item.change, item.unit))
        out.print(drawn)
    out.print(f"  Run {found.after} has the new data; {found.before} stays as it was.", markup=False)


def _marked(item: Moved) -> str:
    text = write(item.after, item.unit)
    return f"[red]{text}[/red]" if meets(item.after, item.good, item.bad) is False else text
