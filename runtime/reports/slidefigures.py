"""Slides of single figures: what one is made of, or where it stands; and where it comes from, for the speaker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import units
from . import messages, slidecharts, words
from .headline import leading
from .slidelook import LEFT, ROOM, SOFT
from .slides import BAD, BOTTOM, GOOD, INK, SHORT, TOP, Deck
from .slidetext import fit

Document = Mapping[str, Any]
Metric = Mapping[str, Any]
FIGURES_CAP = 12
TONES = {"Good": GOOD, "Short": SHORT, "Breach": BAD}


def figures_of(document: Document) -> list[Metric]:
    """The figures that a slide can take apart, those that the answer is about first."""
    numbers = [metric for metric in document["metrics"] if isinstance(metric["value"], int | float)]
    first = [metric["name"] for metric in leading(document)]
    ordered = sorted(numbers, key=lambda metric: metric["name"] not in first)
    return [metric for metric in ordered if _alike(document, metric) or metric["good"] or metric["bad"]][:FIGURES_CAP]


def figure_slide(made: Deck, document: Document, metric: Metric) -> None:
    """A slide for a figure: what it is made of, or where it stands against its thresholds."""
    inputs, alike = _inputs(document, metric), _alike(document, metric)
    if alike:
        unit = inputs[0][2]
        bars = [(label, value, made.palette[0]) for label, value in alike[:8]]
        if metric["unit"] == unit:
            bars.append((metric["label"], metric["value"], TONES.get(words.status(metric["value"], metric), INK)))
    else:
        unit, bars = metric["unit"], _beside_limits(metric)
    message = messages.parts(metric, inputs) if alike else words.about(metric).rstrip(".")
    slide = made.slide(message, notes_of(document, metric["name"]))
    side = 4.1
    _explained(made, slide, document, metric, (LEFT, TOP + 0.1, side, BOTTOM - TOP))
    box = (LEFT + side + 0.3, TOP, ROOM - side - 0.3, BOTTOM - TOP)
    slidecharts.bars(made, slide, f"What {metric['label']} is made of", bars, unit, box)


def _alike(document: Document, metric: Metric) -> list[tuple[str, float]]:
    """Two inputs or more of one unit, which can stand as bars beside each other."""
    inputs = _inputs(document, metric)
    alike = [(label, value) for label, value, unit in inputs if unit == inputs[0][2]]
    return alike if len(alike) >= 2 else []


def _inputs(document: Document, metric: Mapping[str, Any]) -> list[tuple[str, float, str]]:
    """The numbers that the figure's formula takes: label, value, unit."""
    quantities = {quantity["name"]: quantity for quantity in document["quantities"]}
    labels = {item["name"]: item["label"] for item in document["metrics"]}
    taken = quantities[metric["name"]]["inputs"] if metric["name"] in quantities else []
    return [
        (labels.get(name) or units.label_of(name), quantities[name]["value"], quantities[name]["unit"])
        for name in taken
        if name in quantities and isinstance(quantities[name]["value"], int | float)
    ]


def _beside_limits(metric: Mapping[str, Any]) -> list[tuple[str, float, str]]:
    status = words.status(metric["value"], metric)
    bars = [(metric["label"], metric["value"], TONES.get(status, INK))]
    for key, kind in (("good", "Good"), ("bad", "Breach")):
        if metric[key]:
            name = f"{kind} {words.threshold(metric[key], metric['unit'])}"
            bars.append((name, units.threshold(metric[key])[1], slidecharts.QUIET))
    return bars


def _explained(
    made: Deck, slide: Any, document: Document, metric: Mapping[str, Any], box: tuple[float, float, float, float]
) -> None:
    """The figure, its status, definition and formula, beside its chart."""
    status = words.status(metric["value"], metric)
    goal = words.threshold(metric["good"], metric["unit"])
    value, size = fit(metric["text"], (40, 32, 26, 20), box[2], 1, bold=True)
    parts = [(value, size, INK, True)]
    if status or goal:
        told = verdict_said(status, goal)
        parts.append((*fit(told, (16, 14, 12), box[2], 2), TONES.get(status, SOFT), True))
    definition, points = fit(metric["definition"] or "No definition given.", (14, 12, 11), box[2], 8)
    parts.append((definition, points, INK, False))
    formula = next((item["formula"] for item in document["quantities"] if item["name"] == metric["name"]), "")
    if formula and "\n" not in formula:
        parts.append((*fit(f"{metric['name']} = {formula}", (12, 11, 10), box[2], 6), SOFT, False))
    made.text(slide, box, parts)


def verdict_said(status: str, goal: str) -> str:
    """'Good: at least 1.25x', or 'Short: good is at least 1.25x'."""
    if not goal:
        return status
    return f"Good: {goal}" if status == "Good" else ": ".join(filter(None, [status, f"good is {goal}"]))


def notes_of(document: Document, name: str) -> str:
    """Where a quantity comes from, for the speaker: definition, formula, inputs with values, sources."""
    quantities = {quantity["name"]: quantity for quantity in document["quantities"]}
    sources = {source["name"]: source for source in document["sources"]}
    lines: list[str] = []
    waiting, seen = [name], set()
    while waiting:
        found = waiting.pop(0)
        if found in seen:
            continue
        seen.add(found)
        if found in quantities:
            item = quantities[found]
            value = units.write(item["value"], item["unit"]) if item["value"] is not None else "a table"
            lines.append(f"{units.label_of(found)}: {value}. {item['definition']}\n{found} = {item['formula']}")
            waiting += item["inputs"]
        elif found in sources:
            lines.append(source_words(sources[found]))
    return "\n\n".join(lines)


def source_words(source: Mapping[str, Any]) -> str:
    """A source for the speaker: its rows, when they were read, its query and the values bound to it."""
    origin = f" from {source['origin']}" if source.get("origin") else ""
    bound = ", ".join(f":{name} = {value!r}" for name, value in source["bound"].items())
    told = f"{units.label_of(source['name'])}: {source['rows']:,} rows{origin}, read {words.moment(source['read_at'])}"
    return f"{told}\n{source['sql']}" + (f"\nValues bound: {bound}" if bound else "")
