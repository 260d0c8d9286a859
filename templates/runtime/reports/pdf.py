"""The report as PDF: summary, metrics, charts, tables, scenarios, and where every number comes from."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    HRFlowable,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    Spacer,
)
from reportlab.platypus import Table as Side

from .. import units
from ..brand import PLAIN, Brand
from . import drawings, words
from .colors import palette
from .fonts import markup
from .layout import RULE, TONES, Marked, NumberedCanvas, Report, code, grid, masthead, paragraph, room

ROWS_SHOWN = 40
NOTHING = "\u2013"
UPRIGHT_COLUMNS = 8
WIDE_COLUMNS = 12
SCENARIOS_SHOWN = 30
SCENARIOS_A_TABLE = 4
# More bars than these need the whole width of the page.
BARS_IN_A_HALF = 8
Document = Mapping[str, Any]
Scenarios = Sequence[Mapping[str, Any]]


def report(document: Document, scenarios: Scenarios, brand: Brand = PLAIN) -> bytes:
    """The whole report."""
    target = io.BytesIO()
    read = words.read_at(document)
    pages = Report(target, document["title"], f"Data read {read}" if read else "", brand)
    tints = palette(brand)
    story = [
        *([masthead(brand)] if brand.shown else []),
        *_opening(document, scenarios, brand),
        *_metrics(document),
        *_charts(document, tints),
        *_comparison(document, scenarios, tints),
        *_tables(document),
        *_definitions(document),
        *_sources(document),
    ]
    pages.build(story, canvasmaker=NumberedCanvas)
    return target.getvalue()


def _opening(document: Document, scenarios: Scenarios, brand: Brand) -> Iterator[Flowable]:
    yield paragraph(document["title"], "title", 300)
    read = words.read_at(document)
    told = [
        f"Data read {read}" if read else "",
        f"Author: {document['author']}" if document["author"] else "",
    ]
    yield paragraph("  ·  ".join(filter(None, told)), "soft")
    yield HRFlowable(width="100%", thickness=1.4, color=HexColor(brand.palette_first), spaceBefore=3, spaceAfter=9)
    yield paragraph(words.summary(document, scenarios), "lead")
    if document["request"]:
        yield paragraph(f"Asked: {document['request']}", "soft")
    changed = words.changed(document)
    if changed:
        yield paragraph(f"Computed at: {', '.join(changed)}.")
    for warning in document["warnings"]:
        yield paragraph(f"Note: {warning}")


def _metrics(document: Document) -> Iterator[Flowable]:
    if not document["metrics"]:
        return
    yield paragraph("Key figures", "h1")
    lines = [
        [
            metric["label"],
            _strong(metric["text"]),
            words.threshold(metric["good"], metric["unit"]),
            _status(words.status(metric["value"], metric)),
            metric["definition"],
        ]
        for metric in document["metrics"]
    ]
    yield grid(["Figure", "Value", "Good when", "Status", "Definition"], lines, [False] * 5, room())


def _strong(text: str) -> Marked:
    return Marked(f"<b>{markup(text, 200)}</b>", f"{text[:200]}  ")


def _status(text: str) -> str | Marked:
    return Marked(f'<font color="{TONES[text]}"><b>{text}</b></font>', f"{text} ") if text else NOTHING


def _charts(document: Document, tints: Sequence[str]) -> Iterator[Flowable]:
    """The first chart over the whole width, the others in pairs."""
    charts = document["charts"]
    if charts:
        yield KeepTogether([paragraph("Charts", "h1"), *_chart(document, charts[0], (room(), 60 * mm), tints)])
    for start in range(1, len(charts), 2):
        pair = charts[start : start + 2]
        if len(pair) == 1:
            yield KeepTogether(_chart(document, pair[0], (room(), 56 * mm), tints))
        else:
            yield _pair([_chart(document, entry, (room() / 2 - 12, 56 * mm), tints) for entry in pair])


def _chart(
    document: Document, entry: Mapping[str, Any], size: tuple[float, float], tints: Sequence[str]
) -> list[Flowable]:
    drawing = drawings.chart(entry, document["tables"][entry["table"]], size, tints)
    return [paragraph(entry["label"], "h2", 200), drawing or paragraph("There is nothing to draw.", "soft")]


def _pair(cells: Sequence[object]) -> Flowable:
    look = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Side([list(cells)], colWidths=[room() / 2] * 2, style=look)


def _comparison(document: Document, scenarios: Scenarios, tints: Sequence[str]) -> Iterator[Flowable]:
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
        return
    for start in range(0, len(pictures), 2):
        yield _pair([*pictures[start : start + 2], ""][:2])


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
            lines.append([_strong(metric["label"]), _scenario_cell(metric, metric["value"], True), *cells])
    head = ["", "Base", *(scenario["name"] for scenario in scenarios)]
    rule = [("LINEBELOW", (0, drivers), (-1, drivers), 0.8, RULE)] if drivers else []
    return grid(head, lines, [False, *[True] * (len(head) - 1)], room(), extra=rule)


def _scenario_cell(metric: Mapping[str, Any], value: object, base: bool = False) -> Marked:
    status = words.status(value, metric)
    text = units.write(value, metric["unit"])
    # Where it needs two lines, the share goes down whole.
    difference = words.difference(value, metric["value"], metric["unit"]).replace(" %", "\u00a0%")
    parts = [f"<b>{markup(text)}</b>"]
    if not base:
        parts.append(f'<font size="7" color="#55617a">{markup(difference)}</font>')
    if status:
        parts.append(f'<font size="7" color="{TONES[status]}"><b>{status}</b></font>')
    return Marked(
        "<br/>".join(parts), max(f"{text}  ", "" if base else difference[: len(difference) * 7 // 8], key=len)
    )


def _scenario_chart(
    metric: Mapping[str, Any], scenarios: Scenarios, size: tuple[float, float], tints: Sequence[str]
) -> list[Flowable]:
    columns = [("Base", metric["value"])]
    columns += [(scenario["name"], scenario["metrics"][metric["name"]]) for scenario in scenarios]
    return [
        paragraph(metric["label"], "h2", 100),
        drawings.comparison(metric, columns, size, tints),
    ]


def _tables(document: Document) -> Iterator[Flowable]:
    """The tables; one with many columns turns the page, one with too many is split over its columns."""
    wide = False
    for index, (name, table) in enumerate(_wanted_tables(document)):
        turn = len(table["columns"]) > UPRIGHT_COLUMNS
        if turn != wide:
            yield NextPageTemplate("wide" if turn else "upright")
            yield PageBreak()
            wide = turn
        else:
            yield CondPageBreak(45 * mm)
        if index == 0:
            yield paragraph("Tables", "h1")
        yield paragraph(table["label"] or units.label_of(name), "h2", 200)
        yield from _table(table, wide)
    if wide:
        yield NextPageTemplate("upright")
        yield PageBreak()


def _wanted_tables(document: Document) -> list[tuple[str, Mapping[str, Any]]]:
    """The tables of the view; those that only feed a chart are in the workbook and the CSV files."""
    names = [entry["name"] for entry in document["view"] if entry["kind"] == "table"]
    return [(name, document["tables"][name]) for name in names]


def _table(table: Mapping[str, Any], wide: bool) -> Iterator[Flowable]:
    rows = table["rows"][:ROWS_SHOWN]
    if not rows:
        yield paragraph("No rows.", "soft")
        return
    columns = table["columns"]
    numeric = [any(isinstance(row[at], int | float) for row in rows) for at in range(len(columns))]
    cap = WIDE_COLUMNS if wide else UPRIGHT_COLUMNS
    # Each further part repeats the first column, so that its rows can be told apart.
    parts = [list(range(min(cap, len(columns))))]
    parts += [[0, *range(start, min(start + cap - 1, len(columns)))] for start in range(cap, len(columns), cap - 1)]
    for part in parts:
        lines = [[_written(row[at], table["units"].get(columns[at], "")) for at in part] for row in rows]
        yield grid(
            [units.label_of(columns[at]) for at in part],
            lines,
            [numeric[at] for at in part],
            room(wide),
            small=wide,
        )
        yield Spacer(1, 2 * mm)
    if table["total"] > len(rows):
        yield paragraph(f"{len(rows)} of {table['total']:,} rows; the workbook and the CSV file hold more.", "soft")


def _written(value: object, unit: str) -> str:
    return NOTHING if value is None else units.write(value, unit)


def _definitions(document: Document) -> Iterator[Flowable]:
    yield CondPageBreak(50 * mm)
    yield paragraph("Definitions and formulas", "h1")
    labels = {metric["name"]: metric["label"] for metric in document["metrics"]}
    for quantity in document["quantities"]:
        value = units.write(quantity["value"], quantity["unit"]) if quantity["value"] is not None else "a table"
        name = f"{labels.get(quantity['name']) or units.label_of(quantity['name'])}: {value}"
        said = [paragraph(name, "h2"), paragraph(quantity["definition"] or "No definition given.", "soft")]
        multi = "\n" in quantity["formula"]
        written = code(quantity["formula"] if multi else f"{quantity['name']} = {quantity['formula']}")
        short = quantity["formula"].count("\n") < 12
        yield from [KeepTogether([*said, written])] if short else [KeepTogether(said), written]
    if document["assumptions"]:
        yield paragraph("Assumptions", "h1")
        for text in document["assumptions"]:
            yield paragraph(f"•  {text}")


def _sources(document: Document) -> Iterator[Flowable]:
    if not document["sources"]:
        return
    yield CondPageBreak(50 * mm)
    yield paragraph("Sources", "h1")
    for source in document["sources"]:
        rows = f"{source['rows']:,} rows, read {words.moment(source['read_at'])}"
        took = f" in {source['seconds']:.2f} s" if source["seconds"] else ""
        yield KeepTogether([paragraph(units.label_of(source["name"]), "h2"), paragraph(rows + took, "soft")])
        if source.get("origin"):
            yield paragraph(f"From {source['origin']}", "soft")
        yield code(source["sql"])
        if source["bound"]:
            bound = ", ".join(f":{name} = {value!r}" for name, value in source["bound"].items())
            yield paragraph(f"Values bound: {bound}", "soft")
