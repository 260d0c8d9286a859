"""`simulate`: scenarios of a run, from the command line or a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich.table import Table

from engine.commands import scenarios
from engine.commands.analysis import question_of, show
from engine.commands.terminal import counting, out, print_json
from engine.errors import UsageError
from engine.kit import Kit
from engine.products import Results, Run
from engine.scenarios.whatif import moved, require_results
from runtime.units import write


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("simulate", help="what if: scenarios of a run, side by side")
    parser.add_argument("run", help="the run's id, its beginning, or 'last'")
    scenarios.add(parser)
    parser.add_argument("--tornado", default="", metavar="OUTPUT", help="which driver moves it most")
    parser.add_argument(
        "--sobol", default="", metavar="OUTPUT", help="whose variance makes its own; --chance: over what"
    )
    parser.add_argument("--goal", default="", metavar="OUTPUT=TARGET", help="what each driver would have to be")
    parser.add_argument("--by", default="", metavar="DRIVER", help="with --goal: this driver alone, every solution")
    parser.add_argument("--low", type=float, metavar="NUMBER", help="with --by: look from this value of the driver")
    parser.add_argument("--high", type=float, metavar="NUMBER", help="with --by: look up to this value")
    parser.add_argument("--chance", type=Path, metavar="FILE.json", help="Monte Carlo: distributions of the drivers")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Compute and compare; exit 2 for an unknown name or a value out of range. Ctrl-C stops it."""
    run = kit.store.load(options.run)
    results = require_results(run)
    question = question_of(options)
    if question is not None:
        with counting("evaluations", quiet=options.json) as told:
            answer = kit.sessions.what_if(run, question, told)
        print_json(answer) if options.json else show(results, question, answer)
        return 0
    asked = scenarios.given(options, kit, run, results)
    if not asked:
        raise UsageError(
            "No scenario was given.",
            'Give --set NAME=VALUE, --say "revenue down 10 %" or --scenarios FILE.json,'
            " or ask --tornado, --sobol, --goal or --chance.",
        )
    rows = [{**each.values, "name": each.name} for each in asked]
    with counting("scenarios", quiet=options.json) as told:
        found = kit.sessions.compared(run, rows, told)
    print_json({"scenarios": found}) if options.json else _show(run, results, found)
    return 0


def _show(run: Run, results: Results, computed: list[dict[str, Any]]) -> None:
    drawn = Table(title=f"{run.title}: scenarios", title_justify="left", title_style="bold")
    drawn.add_column("")
    drawn.add_column("Base", justify="right")
    for scenario in computed:
        drawn.add_column(scenario["name"], justify="right")
    for parameter in results.parameters:
        values = [scenario["parameters"][parameter.name] for scenario in computed]
        drawn.add_row(parameter.label, *(write(value, parameter.unit) for value in (parameter.default, *values)))
    drawn.add_section()
    for metric in results.metrics:
        values = [scenario["metrics"].get(metric.name) for scenario in computed]
        drawn.add_row(metric.label, metric.text, *(write(value, metric.unit) for value in values))
    between = moved(results, computed, between=True)
    if between:
        drawn.add_section()
    for row in between:
        drawn.add_row(row["Quantity"], row["Base"], *(row[scenario["name"]] for scenario in computed))
    out.print(drawn)
    for scenario in computed:
        for line in scenario.get("assumes", ()):
            out.print(f"  {scenario['name']}: {line}", style="dim", markup=False)
