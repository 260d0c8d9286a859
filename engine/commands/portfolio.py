"""`portfolio`: the same scenarios over every property, region or other member at once, in the terminal."""

from __future__ import annotations

import argparse
from typing import Any

from rich.table import Table

from engine.commands import scenarios
from engine.commands.terminal import counting, out, print_json
from engine.kit import Kit
from engine.scenarios.whatif import require_results
from engine.usecases.portfolio.compute import run_portfolio
from engine.usecases.portfolio.result import Figure, Portfolio, as_document, in_words, rows
from runtime.units import meets, write


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("portfolio", help="the same scenarios over every property or region, ranked")
    parser.add_argument("run", help="the run's id, its beginning, or 'last'")
    parser.add_argument("--by", default="", metavar="DIMENSION", help="over what: property, region, ...")
    parser.add_argument("--metric", default="", metavar="NAME", help="by which metric the members are ranked")
    scenarios.add(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Compute and rank; without scenarios those kept for the run are taken. Ctrl-C stops it."""
    run = kit.store.load(options.run)
    results = require_results(run)
    wanted = scenarios.given(options, kit, run, results) or scenarios.known(kit, run)
    with counting("members", quiet=options.json) as told:
        found = run_portfolio(run, kit, wanted, options.by, told)
    figure = found.figure(options.metric)
    print_json(as_document(found, figure)) if options.json else _show(found, figure)
    return 0


def _show(found: Portfolio, figure: Figure) -> None:
    drawn = Table(title=f"{figure.label} by {found.label.lower()}", title_justify="left", title_style="bold")
    drawn.add_column("", justify="right")
    drawn.add_column(found.label)
    for name in found.columns:
        drawn.add_column(name, justify="right")
    for row in rows(found, figure):
        if row["member"] == "Total":
            drawn.add_section()
        drawn.add_row(str(row["rank"] or ""), row["member"], *(_cell(row[name], figure) for name in found.columns))
    out.print(drawn)
    for each in found.uncomputed:
        out.print(f"  not computed: {each.name}: {each.reason}", style="yellow", markup=False)
    if found.total_problem:
        out.print(f"  no total: {found.total_problem}", style="yellow", markup=False)
    out.print(f"  {in_words(found, figure)}", style="dim", markup=False)
    out.print(
        "  Total: the same formulas over the rows of all together; a ratio divides sums.", style="dim", markup=False
    )


def _cell(value: float | None, figure: Figure) -> str:
    text = write(value, figure.unit)
    return f"[red]{text}[/red]" if meets(value, figure.good, figure.bad) is False else text
