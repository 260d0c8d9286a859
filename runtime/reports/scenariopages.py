"""The scenarios in the PDF: side by side, as bars, which quantities moved on the way, and what each assumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Paragraph, Spacer

from .. import units
from ..told import MovedQuantity, moved
from . import drawings, words
from .fonts import markup
from .layout import RULE, TONES, Marked, grid, pair, paragraph, room, strong, styles

SCENARIOS_SHOWN = 30
SCENARIOS_A_TABLE = 4
# More bars than these need the whole width of the page.
BARS_IN_A_HALF = 8
Document = Mapping[str, Any]
Scenarios = Sequence[Mapping[str, Any]]


def scenario_pages(document: Document, scenarios: Scenarios, tints: Sequence[str]) -> Iterator[Flowable]:
    """All of it; nothing without scenarios."""
    if not scenarios:
        return
    yield CondPageBreak(70 * mm)
    yield paragraph("Scenarios compared", "h1")
    shown = scenarios[:SCENARIOS_SHOWN]
    if len(scenarios) > len(shown):
        yield paragraph(f"The first {len(shown)} of {len(scenarios)} scenarios; the CSV file holds all.", "soft")
    for start in range(0, len(shown), SCENARIOS_A_TABLE):
        part = shown[start : start + SCENARIOS_A_TABLE]
        yield _scenario_table(document, part)
        yield Spacer(1, 4 * mm)
    numbers = [metric for metric in document["metrics"] if metric["name"] in shown[0]["metrics"]]
    whole = len(shown) >= BARS_IN_A_HALF
    size = (room() - 6, 52 * mm) if whole else (room() / 2 - 12, 46 * mm)
    pictures: list[Any] = [_scenario_chart(metric, shown, size, tints) for metric in numbers[:6]]
    if whole:
        yield from map(KeepTogether, pictures)
    else:
        yield from (pair([*pictures[start : start + 2], ""][:2]) for start in range(0, len(pictures), 2))
    yield from _moved(document, shown)
    yield from _assumed(shown)


def _moved(document: Document, scenarios: Scenarios) -> Iterator[Flowable]:
    """The quantities in between that moved, in the order in which they are computed; the figures stand above."""
    figures = {metric["name"] for metric in document["metrics"]}
    names = [quantity["name"] for quantity in document["quantities"] if quantity["name"] not in figures]
    for start in range(0, len(scenarios), SCENARIOS_A_TABLE):
        part = scenarios[start : start + SCENARIOS_A_TABLE]
        lines = [_moved_line(each) for each in moved(names, part)]
        if lines:
            yield CondPageBreak(40 * mm)
            yield paragraph("Which quantities moved", "h2")
            head = ["Quantity", "Base", *(scenario["name"] for scenario in part)]
            yield grid(head, lines, [False, *[True] * (len(head) - 1)], room())


def _moved_line(each: MovedQuantity) -> list[str | Marked]:
    cells = [_value(value, each.base, each.unit) for value in each.values]
    return [each.label, units.write(each.base, each.unit), *cells]


def _assumed(scenarios: Scenarios) -> Iterator[Flowable]:
    told = [scenario for scenario in scenarios if scenario.get("assumes")]
    if told:
        yield CondPageBreak(40 * mm)
        yield paragraph("What each scenario assumes", "h2")
    for scenario in told:
        text = f"<b>{markup(scenario['name'], 200, bold=True)}.</b> {markup(' '.join(scenario['assumes']), 4_000)}"
        yield Paragraph(text, styles()["body"])


def _scenario_table(document: Document, scenarios: Scenarios) -> Flowable:
    base = document["values"]
    lines: list[list[str | Marked]] = []
    for parameter in document["parameters"]:
        values = [
            base[parameter["name"]],
            *(scenario["parameters"][parameter["name"]] for scenario in scenarios),
        ]
        lines.append([parameter["label"], *(words.driver(value, parameter["unit"]) for value in values)])
    drivers = len(lines)
    for metric in document["metrics"]:
        if metric["name"] in scenarios[0]["metrics"]:
            cells = [_scenario_cell(metric, scenario["metrics"][metric["name"]]) for scenario in scenarios]
            lines.append([strong(metric["label"]), _scenario_cell(metric, metric["value"], True), *cells])
    head = ["", "Base", *(scenario["name"] for scenario in scenarios)]
    rule = [("LINEBELOW", (0, drivers), (-1, drivers), 0.8, RULE)] if drivers else []
    return grid(head, lines, [False, *[True] * (len(head) - 1)], room(), extra=rule)


def _scenario_cell(metric: Mapping[str, Any], value: object, base: bool = False) -> Marked:
    status = words.status(value, metric)
    text = units.write(value, metric["unit"])
    found = strong(text) if base else _value(value, metric["value"], metric["unit"], bold=True)
    told = f'<br/><font size="7" color="{TONES[status]}"><b>{status}</b></font>' if status else ""
    return Marked(found.markup + told, found.text)


def _value(value: object, base: object, unit: str, *, bold: bool = False) -> Marked:
    """A value, and under it how it differs from the base."""
    text = units.write(value, unit)
    # Where it needs two lines, the share goes down whole.
    difference = words.difference(value, base, unit).replace(" %", "\u00a0%")
    shown = f"<b>{markup(text, bold=True)}</b>" if bold else markup(text)
    small = f'<br/><font size="7" color="#55617a">{markup(difference)}</font>' if difference else ""
    return Marked(shown + small, max(f"{text}  ", difference[: len(difference) * 7 // 8], key=len))


def _scenario_chart(
    metric: Mapping[str, Any], scenarios: Scenarios, size: tuple[float, float], tints: Sequence[str]
) -> list[Flowable]:
    columns = [("Base", metric["value"])]
    columns += [(scenario["name"], scenario["metrics"][metric["name"]]) for scenario in scenarios]
    return [
        paragraph(metric["label"], "h2", 100),
        drawings.comparison(metric, columns, size, tints),
    ]
