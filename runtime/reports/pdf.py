"""The report as PDF: a first page that a committee can decide by, then scenarios, charts, tables in full, and what the
figures mean and come from, in words. Formulas and queries are in it where they are asked for.
"""

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
from .headline import headline, is_sentence, missed
from .layout import TONES, Marked, NumberedCanvas, Report, code, grid, masthead, pair, paragraph, room, strong
from .scenariopages import scenario_pages

# More rows than these are no reading; the workbook has them.
ROWS_SHOWN = 1_000
LISTED = 1_000
MOST_MISSES = 8
MOST_ASSUMED = 8
NOTHING = "\u2013"
UPRIGHT_COLUMNS = 8
WIDE_COLUMNS = 12
Document = Mapping[str, Any]
Scenarios = Sequence[Mapping[str, Any]]


def report(document: Document, scenarios: Scenarios, brand: Brand = PLAIN, whole: bool = False) -> bytes:
    """The whole report; with `whole`, formulas and queries too."""
    prepare(_said([document, *scenarios, brand.name]))
    target = io.BytesIO()
    read = words.read_at(document)
    pages = Report(target, document["title"], f"Data read {read}" if read else "", brand)
    tints = palette(brand)
    story = [
        *([masthead(brand)] if brand.shown else []),
        *_opening(document, scenarios, brand),
        *_metrics(document),
        *_misses(document),
        *_assumptions(document),
        PageBreak(),
        *scenario_pages(document, scenarios, tints),
        *_charts(document, tints),
        *_tables(document),
        *_definitions(document, whole),
        *_sources(document, whole),
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
    """The answer, of when it is, who asked and when, and what the scenarios do to it."""
    yield paragraph(document["title"], "soft", 300)
    yield paragraph(headline(document), "title", 600)
    read, asked = words.read_at(document), document.get("asked", {})
    by = f"Asked by {asked['by']}" if asked.get("by") else "Asked"
    told = [
        f"Period: {document['period']}" if document.get("period") else "",
        f"{by} {words.moment(asked['at'])}" if asked.get("at") else "",
        f"Data read {read}" if read else "",
        f"Author: {document['author']}" if document["author"] else "",
    ]
    yield paragraph("  ·  ".join(filter(None, told)), "soft")
    yield HRFlowable(width="100%", thickness=1.4, color=HexColor(brand.palette_first), spaceBefore=3, spaceAfter=9)
    if document["request"]:
        yield paragraph(f"Asked: {document['request']}", "soft")
    for metric in words.judged(document)[:2] if scenarios else ():
        yield paragraph(words.span(metric, scenarios), "lead")
    changed = words.changed(document)
    if changed:
        yield paragraph(f"Computed at: {', '.join(changed)}.")
    for warning in document["warnings"]:
        yield paragraph(f"Note: {warning}")


def _misses(document: Document) -> Iterator[Flowable]:
    """Which rows miss a threshold, the worst first."""
    found = missed(document)
    if not found:
        return
    yield paragraph("What misses its threshold", "h1")
    shown = found[:MOST_MISSES]
    lines = [[each.name, strong(each.text), each.threshold, _status(each.verdict.capitalize())] for each in shown]
    yield grid([found[0].by, found[0].label, "Good when", "Status"], lines, [False, True, False, False], room())
    if len(found) > len(shown):
        yield paragraph(f"{len(shown)} of {len(found)}; the tables have all.", "soft")


def _assumptions(document: Document) -> Iterator[Flowable]:
    """What the figures rest on."""
    every = document["assumptions"]
    if not every:
        return
    yield paragraph("Assumptions", "h1")
    for text in every[:MOST_ASSUMED]:
        yield paragraph(f"•  {text[:1].upper()}{text[1:]}")
    if len(every) > MOST_ASSUMED:
        yield paragraph(f"{MOST_ASSUMED} of {len(every)}; the others stand with the definitions.", "soft")


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
        # A figure that is a sentence heads the page already.
        if not is_sentence(metric["value"])
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


def _definitions(document: Document, whole: bool) -> Iterator[Flowable]:
    """What each figure means; with `whole`, its formula too."""
    yield CondPageBreak(50 * mm)
    yield paragraph("Definitions and formulas" if whole else "Definitions", "h1")
    labels = {metric["name"]: metric["label"] for metric in document["metrics"]}
    for quantity in document["quantities"]:
        if quantity["value"] is None and not whole:
            continue
        value = units.write(quantity["value"], quantity["unit"]) if quantity["value"] is not None else "a table"
        name = f"{labels.get(quantity['name']) or units.label_of(quantity['name'])}: {value}"
        said = [paragraph(name, "h2"), paragraph(quantity["definition"] or "No definition given.", "soft")]
        if not whole:
            yield KeepTogether(said)
            continue
        multi = "\n" in quantity["formula"]
        written = code(quantity["formula"] if multi else f"{quantity['name']} = {quantity['formula']}")
        short = quantity["formula"].count("\n") < 12
        yield from [KeepTogether([*said, written])] if short else [KeepTogether(said), written]
    for text in document["assumptions"][MOST_ASSUMED:]:
        yield paragraph(f"•  {text}")


def _sources(document: Document, whole: bool) -> Iterator[Flowable]:
    """What was read and when; with `whole`, by which query."""
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
        if whole:
            yield code(source["sql"])
        if source["bound"]:
            bound = ", ".join(f"{name} = {value!r}" for name, value in source["bound"].items())
            yield paragraph(f"Only rows with: {bound}", "soft")
    if not whole:
        yield paragraph("The workbook, and the PDF with formulas and queries, hold what computes each figure.", "soft")
