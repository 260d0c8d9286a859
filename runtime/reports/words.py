"""The numbers in words: what a threshold says, and the summary that opens a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .. import units

SIGNS = {">=": "at least", "<=": "at most", ">": "above", "<": "below", "==": "exactly"}


def bound(threshold: str, unit: str) -> str:
    """The number of a threshold as text: '>= 1.25' of unit x is '1.25x'."""
    return units.write(units.threshold(threshold)[1], unit)


def threshold(text: str, unit: str) -> str:
    """A threshold in words: '>= 1.25' is 'at least 1.25x'."""
    sign = next((sign for sign in SIGNS if text.strip().startswith(sign)), "")
    return f"{SIGNS[sign]} {bound(text, unit)}" if sign else ""


def test(cell: str, threshold: str) -> str:
    """A threshold as an Excel comparison with a cell: 'B6>=1.25'."""
    sign = next(sign for sign in SIGNS if threshold.strip().startswith(sign))
    return f"{cell}{'=' if sign == '==' else sign}{units.threshold(threshold)[1]!r}"


def status(value: object, metric: Mapping[str, Any]) -> str:
    """Good, Short, Breach, or nothing when no threshold says."""
    return units.verdict(value, metric["good"], metric["bad"]).capitalize()


def breached(value: object, metric: Mapping[str, Any]) -> bool:
    """Whether the value is over the bad threshold, rather than merely short of the good one."""
    return bool(metric["bad"]) and units.meets(value, "", metric["bad"]) is False


def moment(iso: str) -> str:
    """An ISO time as people write it: '22 November 2026, 14:30 UTC'."""
    try:
        time = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    zone = f" {time.tzname()}" if time.tzinfo else ""
    return f"{time.day} {time:%B %Y, %H:%M}{zone}"


def read_at(document: Mapping[str, Any]) -> str:
    """When the newest of the data was read, or nothing."""
    return moment(max((source["read_at"] for source in document["sources"]), default=""))


def summary(document: Mapping[str, Any], scenarios: Sequence[Mapping[str, Any]]) -> str:
    """One paragraph built from the numbers."""
    sentences = [about(metric) for metric in document["metrics"]]
    sentences += [span(metric, scenarios) for metric in judged(document)[:2]] if scenarios else []
    rows = sum(source["rows"] for source in document["sources"])
    if document["sources"]:
        sources = "1 source" if len(document["sources"]) == 1 else f"{len(document['sources'])} sources"
        sentences.append(f"The figures come from {rows:,} rows of {sources}, read {read_at(document)}.")
    return " ".join(filter(None, sentences))


def judged(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The figures that have a threshold, else the first number."""
    numbers = [metric for metric in document["metrics"] if isinstance(metric["value"], int | float)]
    return [metric for metric in numbers if metric["good"] or metric["bad"]] or numbers[:1]


def about(metric: Mapping[str, Any]) -> str:
    """The figure in one sentence, against its threshold: 'DSCR is 1.52x, above the 1.25x threshold.'"""
    if isinstance(metric["value"], str) and " " in metric["value"]:
        return f"{metric['value'].rstrip('.')}."
    said = f"{metric['label']} is {metric['text']}"
    if metric["ok"] is None:
        limit = (
            f", clear of the limit ({threshold(metric['bad'], metric['unit'])} is a breach)" if metric["bad"] else ""
        )
        return f"{said}{limit}."
    against = metric["bad"] if breached(metric["value"], metric) else metric["good"]
    number = units.threshold(against)[1]
    side = "above" if metric["value"] > number else "below" if metric["value"] < number else "exactly at"
    kind = "limit" if breached(metric["value"], metric) else "threshold"
    verdict = "" if metric["ok"] else ", a breach" if kind == "limit" else ", which is short of it"
    return f"{said}, {side} the {bound(against, metric['unit'])} {kind}{verdict}."


def span(metric: Mapping[str, Any], scenarios: Sequence[Mapping[str, Any]]) -> str:
    """The scenarios of a figure in one sentence: from the lowest to the highest, and which miss its threshold."""
    found = [(scenario["metrics"].get(metric["name"]), scenario["name"]) for scenario in scenarios]
    values = [(value, name) for value, name in found if isinstance(value, int | float)]
    if not values:
        return ""
    low, high = min(values), max(values)
    failing = [name for value, name in values if units.meets(value, metric["good"], metric["bad"]) is False]
    ends = f"from {_at(low, metric)} to {_at(high, metric)}"
    span = f"In the {len(values)} scenarios {metric['label']} runs {ends}"
    if len(values) == 1:
        span = f"In the scenario {low[1]} {metric['label']} is {units.write(low[0], metric['unit'])}"
    missed = ", ".join(failing[:4]) + (f" and {len(failing) - 4} more" if len(failing) > 4 else "")
    return f"{span}{f'; it misses its threshold in {missed}' if failing else ''}."


def _at(pair: tuple[float, str], metric: Mapping[str, Any]) -> str:
    return f"{units.write(pair[0], metric['unit'])} ({pair[1]})"


def changed(document: Mapping[str, Any]) -> list[str]:
    """The drivers that are not at their base value: 'Revenue change +5 %'."""
    return [
        f"{parameter['label']} {driver(document['values'][parameter['name']], parameter['unit'])}"
        for parameter in document["parameters"]
        if document["values"][parameter["name"]] != parameter["default"]
    ]


def difference(value: object, base: object, unit: str) -> str:
    """A scenario's value less the base, with its share: '+0.14x (+10.0 %)'."""
    if not isinstance(value, int | float) or not isinstance(base, int | float):
        return ""
    change = value - base
    if abs(change) <= 1e-12 * max(1.0, abs(base)):
        return "no change"
    sign = "+" if change > 0 else ""
    if unit == "percent":
        return f"{sign}{change * 100:.2f} pp"
    share = f" ({sign}{change / abs(base) * 100:.1f} %)" if base else ""
    return f"{sign}{units.write(float(change), unit)}{share}"


def driver(value: float, unit: str) -> str:
    """A driver's value; a percentage shows its sign and only the digits it needs."""
    if unit != "percent":
        return units.write(value, unit)
    return f"{round(value * 100, 4):+g} %" if value else "0 %"
