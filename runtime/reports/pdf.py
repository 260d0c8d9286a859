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

from .. import units
from ..brand import PLAIN, Brand
from . import drawings, words
from .colors import palette
from .fonts import prepare
from .layout import TONES, Marked, NumberedCanvas, Report, code, grid, masthead, pair, paragraph, room, strong
from .scenariopages import scenario_pages

ROWS_SHOWN = 40
LISTED = 100
NOTHING = "\u2013"
UPRIGHT_COLUMNS = 8
WIDE_COLUMNS = 12
Document = Mapping[str, Any]
Scenarios = Sequence[Mapping[str, Any]]


def report(document: Document, scenarios: Scenarios, brand: Brand = PLAIN) -> bytes:
    """The whole report."""
    prepare(_said([document, *scenarios, brand.name]))
    target = io.BytesIO()
    read = words.read_at(document)
    pages = Report(target, document["title"], f"Data read {read}" if read else "", brand)
    tints = palette(brand)
    story = [
        *([masthead(brand)] if brand.shown else []),
        *_opening(document, scenarios, brand),
        *_metrics(document),
        *_charts(document, tints),
        *scenario_pages(document, scenarios, tints),
        *_tables(document),
        *_definitions(document),
        *_sources(document),
    ]
    pages.build(story, canvasmaker=NumberedCanvas)
    return target.getvalue()


def _said(value: object) -> Iterator[str]:
    """Every text of a document; of a list, such as a table's rows, those that a page shows."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _said(key)
            yield from _said(inner)
    elif isinstance(value, list | tuple):
        for inner in value[:LISTED]:
            yield from _said(inner)


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
            strong(metric["text"]),
            words.threshold(metric["good"], metric["unit"]),
            _status(words.status(metric["value"], metric)),
            metric["definition"],
        ]
        for metric in document["metrics"]
    ]
    yield grid(["Figure", "Value", "Good when", "Status", "Definition"], lines, [False] * 5, room())


def _status(text: str) -> str | Marked:
    return Marked(f'<font color="{TONES[text]}"><b>{text}</b></font>', f"{text} ") if text else NOTHING


def _charts(document: Document, tints: Sequence[str]) -> Iterator[Flowable]:
    """The first chart over the whole width, the others in pairs."""
    charts = document["charts"]
    if charts:
        yield KeepTogether([paragraph("Charts", "h1"), *_chart(document, charts[0], (room(), 60 * mm), tints)])
    for start in range(1, len(charts), 2):
        two = charts[start : start + 2]
        if len(two) == 1:
            yield KeepTogether(_chart(document, two[0], (room(), 56 * mm), tints))
        else:
            yield pair([_chart(document, entry, (room() / 2 - 12, 56 * mm), tints) for entry in two])


def _chart(
    document: Document, entry: Mapping[str, Any], size: tuple[float, float], tints: Sequence[str]
) -> list[Flowable]:
    drawing = drawings.chart(entry, document["tables"][entry["table"]], size, tints)
    return [paragraph(entry["label"], "h2", 200), drawing or paragraph("There is nothing to draw.", "soft")]


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
