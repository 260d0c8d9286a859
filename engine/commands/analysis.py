"""`simulate --tornado, --goal, --chance`: what-if beyond scenarios, in the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.table import Table

from engine.commands.terminal import out
from engine.errors import UsageError
from engine.products import MetricValue, Results
from templates.runtime.units import write


def question_of(tornado: str, goal: str, by: str, chance: Path | None) -> dict[str, Any] | None:
    """The what-if question that the options ask; None when they ask none.

    Raises:
        UsageError: more than one is asked, or one is not complete.
    """
    if sum(map(bool, (tornado, goal, chance))) > 1:
        raise UsageError("More than one what-if was asked.", "Give one of --tornado, --goal and --chance.")
    if tornado:
        return {"kind": "tornado", "output": tornado}
    if goal:
        output, separator, target = goal.partition("=")
        if not separator:
            raise UsageError(f"{goal!r} is not OUTPUT=TARGET.", "Write --goal dscr=1.25.")
        question = {"output": output, "target": target}
        return {"kind": "goal_seek", **question, "driver": by} if by else {"kind": "break_even", **question}
    return {"kind": "monte_carlo", **_distributions(chance)} if chance else None


def _distributions(path: Path) -> dict[str, Any]:
    shape = 'It should hold {"distributions": {"revenue_change": {"kind": "normal", "mean": 0, "sd": 0.05}}}.'
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
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
    elif question["kind"] == "monte_carlo":
        _show_chance(metrics, answer)
    else:
        rows = answer["rows"] if question["kind"] == "break_even" else [answer]
        _show_goal(metrics[answer["output"]], units, answer["target"], rows)


def _show_tornado(metric: MetricValue, units: dict[str, str], answer: dict[str, Any]) -> None:
    drawn = Table("driver", "from", "to", f"{metric.label} from", "to", "swing", title=f"{metric.label}: {metric.text}")
    for bar in answer["bars"]:
        unit = units[bar["driver"]]
        ends = [write(bar["low"], unit), write(bar["high"], unit)]
        reached = [write(bar[key], metric.unit) for key in ("at_low", "at_high", "swing")]
        drawn.add_row(bar["label"], *ends, *reached)
    out.print(drawn)


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
