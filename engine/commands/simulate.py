"""`simulate`: scenarios of a run, from the command line or a file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.table import Table

from engine.commands.analysis import question_of, show
from engine.commands.terminal import out, print_json
from engine.errors import UsageError
from engine.kit import Kit
from engine.products import Results, Run, Scenario
from engine.sentence import scenario_of
from engine.whatif import offered_scenarios, require_results
from templates.runtime.units import write


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("simulate", help="what if: scenarios of a run, side by side")
    parser.add_argument("run", help="the run's id, its beginning, or 'last'")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="values")
    parser.add_argument("--scenarios", type=Path, metavar="FILE.json")
    parser.add_argument("--say", action="append", default=[], metavar="SENTENCE", help="a scenario in words")
    parser.add_argument("--tornado", default="", metavar="OUTPUT", help="which driver moves it most")
    parser.add_argument(
        "--sobol", default="", metavar="OUTPUT", help="whose variance makes its own; --chance: over what"
    )
    parser.add_argument("--goal", default="", metavar="OUTPUT=TARGET", help="what each driver would have to be")
    parser.add_argument("--by", default="", metavar="DRIVER", help="with --goal: this driver alone, every solution")
    parser.add_argument("--chance", type=Path, metavar="FILE.json", help="Monte Carlo: distributions of the drivers")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Compute and compare; exit 2 for an unknown name or a value out of range."""
    run = kit.store.load(options.run)
    results = require_results(run)
    question = question_of(options)
    if question is not None:
        answer = kit.sessions.what_if(run, question)
        print_json(answer) if options.json else show(results, question, answer)
        return 0
    scenarios = read_scenarios(options.scenarios) if options.scenarios else []
    if options.values:
        scenarios.append({"name": ", ".join(options.values), **dict(map(_pair, options.values))})
    for sentence in options.say:
        said = scenario_of(sentence, results.parameters, known_scenarios(kit, run))
        scenarios.append({"name": said.name, **said.values})
    if not scenarios:
        raise UsageError(
            "No scenario was given.",
            'Give --set NAME=VALUE, --say "revenue down 10 %" or --scenarios FILE.json,'
            " or ask --tornado, --sobol, --goal or --chance.",
        )
    found = kit.sessions.simulate(run, scenarios)
    if options.json:
        print_json({"scenarios": found["scenarios"]})
    else:
        _show(run, results, found["scenarios"])
    return 0


def known_scenarios(kit: Kit, run: Run) -> tuple[Scenario, ...]:
    """The scenarios kept for the run, else those offered: what a sentence may copy."""
    return kit.store.scenarios(run.id) or offered_scenarios(require_results(run).parameters)


def _pair(text: str) -> tuple[str, float]:
    name, separator, value = text.partition("=")
    try:
        if not separator:
            raise ValueError
        number = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        raise UsageError(f"{text!r} is not NAME=VALUE.", "Write --set revenue_change=0.10 or =10%.") from None
    return name.strip(), number


def read_scenarios(path: Path) -> list[dict[str, Any]]:
    """The scenarios of a JSON file: a list, or an object with the list under "scenarios".

    Raises:
        UsageError: the file cannot be read or holds something else.
    """
    shape = 'It should hold {"scenarios": [{"name": "optimistic", "revenue_change": 0.10}]}.'
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {error}.", shape) from None
    listed = content.get("scenarios") if isinstance(content, dict) else content
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise UsageError(f"{path} holds no list of scenarios.", shape)
    return listed


def _show(run: Run, results: Results, scenarios: list[dict[str, Any]]) -> None:
    drawn = Table(title=f"{run.title}: scenarios", title_justify="left", title_style="bold")
    drawn.add_column("")
    drawn.add_column("Base", justify="right")
    for scenario in scenarios:
        drawn.add_column(scenario["name"], justify="right")
    for parameter in results.parameters:
        values = [scenario["parameters"][parameter.name] for scenario in scenarios]
        drawn.add_row(parameter.label, *(write(value, parameter.unit) for value in (parameter.default, *values)))
    drawn.add_section()
    for metric in results.metrics:
        values = [scenario["metrics"].get(metric.name) for scenario in scenarios]
        drawn.add_row(metric.label, metric.text, *(write(value, metric.unit) for value in values))
    out.print(drawn)
