"""What a slide says: one sentence built from its numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .. import units
from . import words
from .series import Plot, place_text, plot

# Units whose values may be added up, so that one of them is a share of their sum.
ADDED = ("USD", "count", "sqft")
NAME_CAP = 28
Document = Mapping[str, Any]
Scenarios = Sequence[Mapping[str, Any]]


def answer(document: Document) -> str:
    """The figure that matters most, against its threshold."""
    found = words.judged(document) or list(document["metrics"])
    if found:
        return words.about(found[0]).rstrip(".")
    tables = list(document["tables"].values())
    return table(tables[0]) if tables else str(document["title"])


def chart(entry: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """What the chart shows: a rise or fall, the largest and smallest, or a range."""
    label, found = entry["label"], plot(entry, data)
    unit = entry["unit"] or data["units"].get(entry["y"][0], "")
    if not any(series.values for series in found.series):
        return f"{label}: there is nothing to draw"
    if entry["kind"] == "scatter":
        return _points(label, found, unit)
    if len(found.series) > 1:
        return _leader(label, found, unit)
    if entry["kind"] in ("line", "area"):
        return _movement(label, found, unit)
    return _extremes(label, found, unit)


def _points(label: str, found: Plot, unit: str) -> str:
    values = [value for series in found.series for value in series.values.values()]
    ends = f"from {units.write(min(values), unit)} to {units.write(max(values), unit)}"
    return f"{label}: {len(values):,} points, {ends}"


def _movement(label: str, found: Plot, unit: str) -> str:
    values = found.series[0].values
    places = [place for place in found.places if place in values]
    first, last = values[places[0]], values[places[-1]]
    if len(places) == 1:
        return f"{label} is {units.write(first, unit)} in {place_text(places[0])}"
    ends = (
        f"{units.write(first, unit)} ({place_text(places[0])}) to {units.write(last, unit)} ({place_text(places[-1])})"
    )
    if math.isclose(first, last, rel_tol=1e-9, abs_tol=1e-12):
        return f"{label} holds at {units.write(last, unit)} from {place_text(places[0])} to {place_text(places[-1])}"
    verb = "rises" if last > first else "falls"
    by = f" {abs(last - first) / abs(first):.1%}" if first and unit != "percent" else ""
    return f"{label} {verb}{by} from {ends}"


def _leader(label: str, found: Plot, unit: str) -> str:
    """Of several series, the one with the largest last value."""
    for place in reversed(found.places):
        here = [(series.values[place], series.name) for series in found.series if place in series.values]
        if here:
            value, name = max(here)
            return f"{label}: {name} is highest in {place_text(place)} with {units.write(value, unit)}"
    return label


def _extremes(label: str, found: Plot, unit: str) -> str:
    parts = [(value, place_text(place)) for place, value in found.series[0].values.items()]
    (low, lowest), (high, highest) = min(parts), max(parts)
    if len(parts) == 1:
        return f"{label} is {units.write(high, unit)} for {highest}"
    share = f", {high / math.fsum(value for value, _ in parts):.0%} of all" if unit in ADDED and low >= 0 < high else ""
    least = f"; lowest is {lowest} with {units.write(low, unit)}"
    return f"{label}: {highest} is highest with {units.write(high, unit)}{share}{least}"


def table(data: Mapping[str, Any]) -> str:
    """How many rows there are, and which has the most of the first number."""
    rows, columns = data["rows"], data["columns"]
    told = f"{data['label']}: {data['total']:,} row{'' if data['total'] == 1 else 's'}"
    numeric, named = _numeric(data), naming_column(data)
    if len(rows) < 2 or not numeric or named is None:
        return told
    at = numeric[0]
    top = max((row for row in rows if _number(row[at])), key=lambda row: row[at])
    value = units.write(top[at], data["units"].get(columns[at], ""))
    head = units.label_of(columns[at])
    head = head.lower() if head[1:].islower() else head
    return f"{told}; {place_text(top[named])} has the highest {head}, {value}"


def naming_column(data: Mapping[str, Any]) -> int | None:
    """The place of the first column that holds no numbers: what tells a table's rows apart to a person."""
    numeric = _numeric(data)
    return next((at for at in range(len(data["columns"])) if at not in numeric), None)


def _numeric(data: Mapping[str, Any]) -> list[int]:
    return [at for at in range(len(data["columns"])) if any(_number(row[at]) for row in data["rows"])]


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def span(metric: Mapping[str, Any], compared: Scenarios) -> str:
    """From where to where a figure runs over the scenarios, and how many of them miss its threshold."""
    found = [(scenario["metrics"].get(metric["name"]), scenario["name"]) for scenario in compared]
    values = [(value, name) for value, name in found if isinstance(value, int | float)]
    label, unit, count = metric["label"], metric["unit"], len(values)
    if not values:
        return f"{label} has no value in these scenarios"
    (low, lowest), (high, highest) = min(values), max(values)
    ends = f"from {units.write(low, unit)} ({_short(lowest)}) to {units.write(high, unit)} ({_short(highest)})"
    if low == high:
        ends = f"{units.write(low, unit)} in " + ("the scenario" if count == 1 else f"all {count} scenarios")
    failing = [name for value, name in values if units.meets(value, metric["good"], metric["bad"]) is False]
    if not failing:
        return f"{label} is {ends}" if low == high else f"{label} runs {ends}"
    named = _short(failing[0]) if len(failing) == 1 else f"{len(failing)} of {count} scenarios"
    return f"{label} misses its threshold in {named}: {ends}"


def _short(name: str) -> str:
    """A scenario's name for a title."""
    return name if len(name) <= NAME_CAP else name[: NAME_CAP - 1].rstrip() + "…"


def scenarios(document: Document, compared: Scenarios) -> str:
    """How many of the scenarios miss a threshold."""
    count = len(compared)
    judged = [metric for metric in document["metrics"] if metric["good"] or metric["bad"]]
    if not judged:
        return f"{count} scenario{'' if count == 1 else 's'} beside the base case"
    missing = [scenario["name"] for scenario in compared if any(_misses(metric, scenario) for metric in judged)]
    if not missing:
        return "The scenario meets every threshold" if count == 1 else f"All {count} scenarios meet every threshold"
    if len(missing) == count:
        return "The scenario misses a threshold" if count == 1 else f"All {count} scenarios miss a threshold"
    named = ", ".join(map(_short, missing[:3])) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    verb = "misses" if len(missing) == 1 else "miss"
    return f"{len(missing)} of {count} scenarios {verb} a threshold: {named}"


def _misses(metric: Mapping[str, Any], scenario: Mapping[str, Any]) -> bool:
    return units.meets(scenario["metrics"].get(metric["name"]), metric["good"], metric["bad"]) is False


def parts(metric: Mapping[str, Any], inputs: Sequence[tuple[str, float, str]]) -> str:
    """What a figure is made of: 'NOI is $1,200,000, from EGI of $2,000,000 and Operating expenses of $800,000'."""
    named = [f"{label} of {units.write(value, unit)}" for label, value, unit in inputs[:3]]
    told = ", ".join(named[:-1]) + f" and {named[-1]}" if len(named) > 1 else "".join(named)
    return f"{metric['label']} is {metric['text']}" + (f", from {told}" if told else "")


def assumptions(document: Document) -> str:
    """How many assumptions and drivers there are."""
    count, drivers = len(document["assumptions"]), len(document["parameters"])
    told = f"The figures rest on {count} assumption{'' if count == 1 else 's'}"
    if not count:
        told = "The figures rest on no assumption beyond the definitions"
    moved = f"{drivers} driver{'' if drivers == 1 else 's'} can change them" if drivers else ""
    return "; ".join(filter(None, [told, moved]))


def definitions(document: Document) -> str:
    """How many quantities are defined."""
    count = len(document["quantities"])
    return (
        f"{count} quantities, each by its definition and formula" if count != 1 else "One quantity, by its definition"
    )


def lineage(document: Document) -> str:
    """How much was read, from how many sources, and when."""
    count = len(document["sources"])
    rows = sum(source["rows"] for source in document["sources"])
    sources = f"{count} source{'' if count == 1 else 's'}"
    return f"The figures come from {rows:,} rows of {sources}, read {words.read_at(document)}"
