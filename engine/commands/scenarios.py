"""The scenarios that a command is given: values, sentences, files, else those kept for the run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from engine.kit import Kit
from engine.products import Results, Run, Scenario
from engine.scenarios.scenariofile import load_scenarios
from engine.scenarios.sentence import scenario_of
from engine.scenarios.whatif import offered_scenarios, require_results


def add(parser: Any) -> None:
    """The options that name scenarios."""
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="values")
    parser.add_argument("--scenarios", type=Path, metavar="FILE", help="JSON or CSV, a scenario or a driver a row")
    parser.add_argument("--say", action="append", default=[], metavar="SENTENCE", help="a scenario in words")


def given(options: argparse.Namespace, kit: Kit, run: Run, results: Results) -> tuple[Scenario, ...]:
    """The scenarios that the options name, in their order; none when they name none."""
    found = list(load_scenarios(options.scenarios, results.parameters)) if options.scenarios else []
    if options.values:
        found.append(Scenario(name=", ".join(options.values), values=dict(map(pair, options.values))))
    for sentence in options.say:
        found.append(scenario_of(sentence, results.parameters, known(kit, run)))
    return tuple(found)


def known(kit: Kit, run: Run) -> tuple[Scenario, ...]:
    """The scenarios kept for the run, else those offered: what a sentence may copy."""
    return kit.store.scenarios(run.id) or offered_scenarios(require_results(run).parameters)


def pair(text: str) -> tuple[str, float]:
    """NAME=VALUE as its two parts; a value that ends in % is a hundredth."""
    name, separator, value = text.partition("=")
    try:
        if not separator:
            raise ValueError
        number = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        raise UsageError(f"{text!r} is not NAME=VALUE.", "Write --set revenue_change=0.10 or =10%.") from None
    return name.strip(), number
