"""`explain`: why a number changed or differs, as contributions that add up to the difference."""

from __future__ import annotations

import argparse
from typing import Any

from rich.table import Table

from engine.commands.terminal import out, print_json, tell
from engine.kit import Kit
from engine.products import Run
from engine.scenarios.bridge import Bridge
from engine.usecases.explaining import against_period_before, against_run, against_scenario
from runtime.units import write


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("explain", help="why a number changed: against the period before, or another answer")
    parser.add_argument("run", help="the run's id, its beginning, or 'last'")
    parser.add_argument("--against", default="", metavar="RUN", help="another answer to the same kind of request")
    parser.add_argument("--scenario", default="", metavar="NAME", help="a scenario kept with the run, against its base")
    parser.add_argument("--metric", default="", metavar="NAME", help="which number (default: the first)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Explain; exit 2 where the two cannot be compared."""
    run = kit.store.load(options.run)
    if options.scenario:
        return _tell(against_scenario(run, kit, options.scenario, options.metric), options.json)
    if options.against:
        return _tell(against_run(run, kit.store.load(options.against), options.metric), options.json)
    return explain(run, kit, as_json=options.json, metric=options.metric)


def explain(run: Run, kit: Kit, *, as_json: bool, metric: str = "") -> int:
    """Explain a number against the period before."""
    found, _ = against_period_before(run, kit, (lambda event: None) if as_json else tell, metric)
    return _tell(found, as_json)


def _tell(found: Bridge, as_json: bool) -> int:
    print_json({**found.model_dump(mode="json"), "change": found.change}) if as_json else _show(found)
    return 0


def _show(found: Bridge) -> None:
    drawn = Table("", "before", "after", "contribution", title=said(found), title_justify="left", title_style="bold")
    for part in found.parts:
        before, after = write(part.before, part.unit), write(part.after, part.unit)
        drawn.add_row(part.label, before, after, signed(part.contribution, found.unit))
    drawn.add_section()
    drawn.add_row(found.label, write(found.before, found.unit), write(found.after, found.unit), _change(found))
    out.print(drawn)
    out.print(f"  {found.method}. They add up to the difference.", style="dim", markup=False)


def said(found: Bridge) -> str:
    """The difference in one sentence."""
    return (
        f"{found.label}: {write(found.before, found.unit)} ({found.said_before}) to"
        f" {write(found.after, found.unit)} ({found.said_after})"
    )


def _change(found: Bridge) -> str:
    return signed(found.change, found.unit)


def signed(value: float, unit: str) -> str:
    """A difference with its sign."""
    return ("+" if value >= 0 else "") + write(value, unit)
