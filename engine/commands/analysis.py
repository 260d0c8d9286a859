"""`simulate --tornado, --goal, --chance`: what-if beyond scenarios, in the terminal."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.table import Table

from engine.commands.terminal import out
from engine.errors import UsageError
from engine.products import MetricValue, Results
from engine.scenarios.whatif import elasticity
from runtime.units import write


def question_of(options: argparse.Namespace) -> dict[str, Any] | None:
    """The what-if question that the options ask; None when they ask none.

    Raises:
        UsageError: more than one is asked, or one is not complete.
    """
    if sum(map(bool, (options.tornado, options.sobol, options.goal, options.chance and not options.sobol))) > 1:
        raise UsageError("More than one what-if was asked.", "Give one of --tornado, --sobol, --goal and --chance.")
    if options.tornado:
        return {"kind": "tornado", "output": options.tornado}
    if options.sobol:
        given = _distributions(options.chance) if options.chance else {}
        return {"kind": "sobol", **given, "output": options.sobol}
    if options.goal:
        output, separator, target = options.goal.partition("=")
        if not separator:
            raise UsageError(f"{options.goal!r} is not OUTPUT=TARGET.", "Write --goal dscr=1.25.")
        question = {"output": output, "target": target}
        bounds = {name: value for name in ("low", "high") if (value := getattr(options, name)) is not None}
        if bounds and not options.by:
            raise UsageError("--low and --high bound one driver.", "Name it with --by.")
        return (
            {"kind": "goal_seek", **question, "driver": options.by, **bounds}
            if options.by
            else {"kind": "break_even", **question}
        )
    return {"kind": "monte_carlo", **_distributions(options.chance)} if options.chance else None


def _distributions(path: Path) -> dict[str, Any]:
    shape = 'It should hold {"distributions": {"revenue_change": {"kind": "normal", "mean": 0, "sd": 0.05}}}.'
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {error}.", shape) from None
    if not isinstance(content, dict):
        raise UsageError(f"{path} holds no object.", shape)
    return content


def show(results: Results, question: dict[str, Any], answer: dict[str, Any]) -> None:
    """The answer as a table."""
    metrics = {metric.name: metric for metric in results.metrics}
    units = {parameter.name: parameter.unit for parameter in results.parameters}
    if question["kind"] == "tornado":
        _show_tornado(metrics[answer["output"]], units, answer)
    elif question["kind"] == "sobol":
        _show_sobol(metrics[answer["output"]], answer)
    elif question["kind"] == "monte_carlo":
        _show_chance(metrics, answer)
    else:
        rows = answer["rows"] if question["kind"] == "break_even" else [answer]
        _show_goal(metrics[answer["output"]], units, answer["target"], rows)


def _show_tornado(metric: MetricValue, units: dict[str, str], answer: dict[str, Any]) -> None:
    heads = ("driver", "from", "to", f"{metric.label} from", "to", "swing", "elasticity")
    drawn = Table(*heads, title=f"{metric.label}: {metric.text}")
    for bar in answer["bars"]:
        unit = units[bar["driver"]]
        ends = [write(bar["low"], unit), write(bar["high"], unit)]
        reached = [write(bar[key], metric.unit) for key in ("at_low", "at_high", "swing")]
        drawn.add_row(bar["label"], *ends, *reached, elasticity(bar["elasticity"], unit))
    out.print(drawn)


def _show_sobol(metric: MetricValue, answer: dict[str, Any]) -> None:
    drawn = Table("driver", "alone", "95 % interval", "with all others", "95 % interval")
    drawn.title = f"What makes the variance of {metric.label}"
    for row in answer["rows"]:
        shown = [
            (f"{row[key]:.1%}", " to ".join(f"{end:.1%}" for end in row[f"{key}_interval"]))
            for key in ("first", "total")
        ]
        drawn.add_row(row["label"], *shown[0], *shown[1])
    out.print(drawn)
    told = f"{answer['evaluations']:,} evaluations, seed {answer['seed']}; together, beyond each alone:"
    out.print(f"{told} {answer['interaction']:.1%}", style="dim")


def _show_goal(metric: MetricValue, units: dict[str, str], target: float, rows: list[dict[str, Any]]) -> None:
    drawn = Table("driver", f"for {metric.label} = {write(float(target), metric.unit)}", title_justify="left")
    for row in rows:
        unit = units[row["driver"]]
        found = " or ".join(write(value, unit) for value in row["solutions"])
        nearest = row["nearest"]
        none = f"none within its bounds; nearest {write(nearest['output'], metric.unit)}" if nearest else "none"
        drawn.add_row(row["label"], found or none)
    out.print(drawn)


def _show_chance(metrics: dict[str, MetricValue], answer: dict[str, Any]) -> None:
    drawn = Table("output", "base", "mean", "5 %", "50 %", "95 %", "misses its threshold")
    for row in answer["outputs"]:
        metric = metrics[row["output"]]
        points = row.get("percentiles", {})
        shown = [row["base"], row.get("mean"), *(points.get(key) for key in ("5", "50", "95"))]
        breach = f"{row['breach']['probability']:.1%} ({row['breach']['threshold']})" if row["breach"] else ""
        drawn.add_row(metric.label, *(write(value, metric.unit) for value in shown), breach)
    out.print(drawn)
    out.print(f"{answer['draws']:,} draws, seed {answer['seed']}", style="dim")
