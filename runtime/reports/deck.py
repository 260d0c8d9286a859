"""The report as PowerPoint slides: six of one message each, told by its title, with native charts and tables.

An appendix has the rest where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import units
from ..brand import PLAIN, Brand
from . import messages, slidecharts, words
from .colors import palette
from .headline import headline
from .series import place_text
from .slidefigures import FIGURES_CAP, TONES, figure_slide, figures_of, notes_of, source_words, verdict_said
from .slidelook import LEFT, ROOM, SOFT
from .slides import BAD, BAD_PALE, BOTTOM, GOOD_PALE, INK, LINE, SHORT_PALE, TOP, Cell, Column, Deck
from .slidetext import fit, measured, wrapped

Document = Mapping[str, Any]
Scenarios = Sequence[Mapping[str, Any]]
Metric = Mapping[str, Any]
# As many as are shown to a committee; what else there is stands in the appendix.
MOST_SLIDES = 6
TABLE_ROWS, TABLE_COLUMNS = 24, 7
CARDS, CARDS_A_ROW = 8, 4
METRICS_A_TABLE = 5
NOTHING = "\u2013"
FILLS = {"Good": GOOD_PALE, "Short": SHORT_PALE, "Breach": BAD_PALE}


def deck(document: Document, scenarios: Scenarios, brand: Brand = PLAIN, whole: bool = False) -> bytes:
    """The presentation, with its appendix where it is `whole`; `scenarios` as Workspace.simulate gives them."""
    made = Deck(brand, document["title"], palette(brand))
    _opening(made, document)
    _answer(made, document, scenarios)
    figures, charts, tables = figures_of(document), list(document["charts"]), tables_of(document)
    shown = 2 + _short(made, document, scenarios, figures[:1], charts[:1], one=not whole)
    # Where there are no scenarios or no figure to take apart, further charts or tables stand for them.
    more = min(max(MOST_SLIDES - 1 - shown, 0), len(charts[1:]))
    for entry in charts[1 : 1 + more]:
        _chart(made, document, entry)
    short = tables[: max(MOST_SLIDES - 1 - shown - more, 0)]
    for name in short:
        _table(made, document, name, document["tables"][name], one=True)
    _assumptions(made, document, one=not whole)
    if whole:
        _appendix(made, document, scenarios, figures[1:], charts[1 + more :], tables[len(short) :])
    return made.content()


def _short(
    made: Deck,
    document: Document,
    scenarios: Scenarios,
    figures: Sequence[Metric],
    charts: Sequence[Mapping[str, Any]],
    *,
    one: bool,
) -> int:
    """What the first figure is made of, the first chart, and the scenarios in one table; how many slides that was."""
    for metric in figures:
        figure_slide(made, document, metric)
    for entry in charts:
        _chart(made, document, entry)
    if scenarios:
        first = _numbers(document, scenarios)[:METRICS_A_TABLE]
        _scenario_table(made, document, scenarios, first, in_parts=False, one=one)
    return len(figures) + len(charts) + bool(scenarios)


def _appendix(
    made: Deck,
    document: Document,
    scenarios: Scenarios,
    figures: Sequence[Metric],
    charts: Sequence[Mapping[str, Any]],
    tables: Sequence[str],
) -> None:
    """Everything else: every figure, chart and table, the scenarios one by one, definitions and sources."""
    for metric in figures:
        figure_slide(made, document, metric)
    for entry in charts:
        _chart(made, document, entry)
    _scenarios(made, document, scenarios)
    for name in tables:
        _table(made, document, name, document["tables"][name])
    _definitions(made, document)
    _lineage(made, document)


def _opening(made: Deck, document: Document) -> None:
    read = words.read_at(document)
    asked = document["request"]
    lines = [
        f"Asked: {asked}" if asked and asked != document["title"] else "",
        made.brand.name,
        f"Period: {document['period']}" if document.get("period") else "",
        f"Data read {read}" if read else "",
    ]
    made.opening(document["title"], lines)


def _answer(made: Deck, document: Document, scenarios: Scenarios) -> None:
    """The figures at a glance, and the summary in words."""
    metrics = document["metrics"]
    if not metrics:
        return
    summary = words.summary(document, scenarios)
    message = headline(document, most=1).rstrip(".")
    if len(metrics) > CARDS:
        _figure_table(made, message, metrics, summary)
        return
    slide = made.slide(message, summary)
    rows = -(-len(metrics) // CARDS_A_ROW)
    across, gap, high = -(-len(metrics) // rows), 0.25, 1.55 if rows == 2 else 1.9
    wide = min((ROOM - gap * (across - 1)) / across, 4.2)
    for at, metric in enumerate(metrics):
        row, column = divmod(at, across)
        _card(made, slide, metric, (LEFT + column * (wide + gap), TOP + 0.05 + row * (high + gap), wide, high))
    top = TOP + rows * (high + gap) + 0.2
    lines = _beside_figures(document, scenarios)
    size = next((size for size in (16, 14, 12) if _lines_high(lines, size) <= BOTTOM - top), 11)
    while len(lines) > 1 and _lines_high(lines, size) > BOTTOM - top:
        lines.pop()
    made.text(slide, (LEFT, top, ROOM, BOTTOM - top), [(line, size, INK, False) for line in lines])


def _beside_figures(document: Document, scenarios: Scenarios) -> list[str]:
    """What stands under the figures: where they were computed, what scenarios do to them, what they rest on."""
    changed, read = words.changed(document), words.read_at(document)
    lines = [f"Computed at: {', '.join(changed)}."] if changed else []
    lines += [f"{messages.span(metric, scenarios)}." for metric in words.judged(document)[:3]] if scenarios else []
    lines += [f"{messages.lineage(document)}."] if read else []
    return lines + [f"Assumed: {text}" for text in document["assumptions"]]


def _lines_high(lines: Sequence[str], size: int) -> float:
    """The height in inches of paragraphs over the whole width."""
    count = sum(len(wrapped(line, size, ROOM)) for line in lines)
    return (count * LINE + len(lines) * 0.5) * size / 72


def _card(made: Deck, slide: Any, metric: Mapping[str, Any], box: tuple[float, float, float, float]) -> None:
    left, top, wide, high = box
    status = words.status(metric["value"], metric)
    made.panel(slide, box, TONES.get(status, made.brand.palette_first))
    room = wide - 0.4
    label, label_size = fit(metric["label"], (14, 12, 11), room, 2)
    value, value_size = fit(metric["text"], (32, 26, 20, 16, 13), room, 1 if len(metric["text"]) < 24 else 2, bold=True)
    goal = words.threshold(metric["good"], metric["unit"])
    told = verdict_said(status, goal)
    note, note_size = fit(told, (12, 11, 10), room, 2)
    parts = [(label, label_size, SOFT, False), (value, value_size, INK, True)]
    if note:
        parts.append((note, note_size, TONES.get(status, SOFT), bool(status)))
    made.text(slide, (left + 0.25, top + 0.15, room, high - 0.25), parts)


def _figure_table(made: Deck, message: str, metrics: Sequence[Mapping[str, Any]], notes: str) -> None:
    columns = [Column("Figure", 3), Column("Value", 1.6, right=True), Column("Good when", 1.8), Column("Status", 1.1),
               Column("Definition", 5)]  # fmt: skip
    rows = []
    for metric in metrics:
        status = words.status(metric["value"], metric)
        goal = words.threshold(metric["good"], metric["unit"])
        cells = [Cell(metric["label"], bold=True), Cell(metric["text"], bold=True), Cell(goal)]
        rows.append([*cells, Cell(status, TONES.get(status, ""), bold=True), Cell(metric["definition"], SOFT)])
    made.table(message, columns, rows, 12, notes)


def _chart(made: Deck, document: Document, entry: Mapping[str, Any]) -> None:
    """A slide for a chart."""
    table = document["tables"][entry["table"]]
    slide = made.slide(messages.chart(entry, table), notes_of(document, entry["table"]))
    slidecharts.draw(made, slide, entry, table, (LEFT, TOP, ROOM, BOTTOM - TOP))


def _scenarios(made: Deck, document: Document, scenarios: Scenarios) -> None:
    """A chart for each figure, then those in tables that the first table does not hold."""
    if not scenarios:
        return
    numbers = _numbers(document, scenarios)
    moved = [
        metric
        for metric in numbers
        if metric["good"]
        or metric["bad"]
        or any(item["metrics"][metric["name"]] != metric["value"] for item in scenarios)
    ]
    for metric in moved[:FIGURES_CAP]:
        bars = [("Base", metric["value"]), *((item["name"], item["metrics"][metric["name"]]) for item in scenarios)]
        slide = made.slide(messages.span(metric, scenarios), notes_of(document, metric["name"]))
        shown = bars[: slidecharts.SCENARIOS_CAP]
        slidecharts.comparison(made, slide, metric, shown, (LEFT, TOP, ROOM, BOTTOM - TOP))
    for start in range(METRICS_A_TABLE, len(numbers), METRICS_A_TABLE):
        _scenario_table(made, document, scenarios, numbers[start : start + METRICS_A_TABLE], in_parts=True)


def _numbers(document: Document, scenarios: Scenarios) -> list[Metric]:
    """The figures that scenarios have, those with a threshold first."""
    found = [metric for metric in document["metrics"] if metric["name"] in scenarios[0]["metrics"]]
    return sorted(found, key=lambda metric: not (metric["good"] or metric["bad"]))


def _scenario_table(
    made: Deck,
    document: Document,
    scenarios: Scenarios,
    metrics: Sequence[Metric],
    in_parts: bool,
    *,
    one: bool = False,
) -> None:
    """Some of the figures, a scenario a row."""
    message = messages.scenarios(document, scenarios)
    if in_parts:
        message = f"{message} ({', '.join(metric['label'] for metric in metrics)})"
    columns = [Column("Scenario", 2.1), Column("What it changes", 2.7)]
    columns += [Column(metric["label"], 2.0, right=True) for metric in metrics]
    base = [Cell("Base", bold=True), Cell("nothing", SOFT)]
    rows = [[*base, *(_judged(metric, metric["value"], True) for metric in metrics)]]
    for item in scenarios:
        found = [_judged(metric, item["metrics"][metric["name"]]) for metric in metrics]
        rows.append([*_changes(document, item), *found])
    goals = [
        f"{metric['label']} {words.threshold(metric['good'], metric['unit'])}" for metric in metrics if metric["good"]
    ]
    under = f"Good: {'; '.join(goals)}." if goals else ""
    made.table(message, columns, rows, 11, words.summary(document, scenarios), under, one=one)


def _changes(document: Document, scenario: Mapping[str, Any]) -> list[Cell]:
    moved = [
        f"{parameter['label']} {words.driver(scenario['parameters'][parameter['name']], parameter['unit'])}"
        for parameter in document["parameters"]
        if scenario["parameters"][parameter["name"]] != document["values"][parameter["name"]]
    ]
    return [Cell(scenario["name"], bold=True), Cell("; ".join(moved) or "nothing", SOFT)]


def _judged(metric: Mapping[str, Any], value: float | None, base: bool = False) -> Cell:
    """A figure of a scenario: its value, its difference to the base, and whether it misses a threshold."""
    status = words.status(value, metric)
    change = "" if base else words.difference(value, metric["value"], metric["unit"])
    under = "  ".join(filter(None, [change, status if status in ("Short", "Breach") else ""]))
    text = units.write(value, metric["unit"]) + (f"\n{under}" if under else "")
    return Cell(text, TONES.get(status, ""), FILLS.get(status, ""), bold=True)


def tables_of(document: Document) -> list[str]:
    """The tables of the view, by name; one that a chart shows whole is not repeated."""
    drawn: dict[str, set[str]] = {}
    for entry in document["charts"]:
        drawn.setdefault(entry["table"], set()).update({entry["x"], entry["series"], *entry["y"]})
    named = [entry["name"] for entry in document["view"] if entry["kind"] == "table"]
    tables = {name: document["tables"][name] for name in named}
    return [
        name for name, table in tables.items() if table["rows"] and not set(table["columns"]) <= drawn.get(name, set())
    ]


def _table(made: Deck, document: Document, name: str, table: Mapping[str, Any], *, one: bool = False) -> None:
    rows, heads = table["rows"][:TABLE_ROWS], table["columns"][:TABLE_COLUMNS]
    cells = [
        [
            Cell(NOTHING if row[at] is None else _written(row[at], table["units"].get(head, "")))
            for at, head in enumerate(heads)
        ]
        for row in rows
    ]
    columns = []
    for at, head in enumerate(heads):
        label = units.label_of(head)
        longest = max([measured(label, 12, bold=True), *(measured(row[at].text, 12) for row in cells)]) / 72 + 0.3
        right = any(isinstance(row[at], int | float) for row in rows)
        columns.append(Column(label, min(max(longest, 1.1), 4.5), right=right))
    more = [f"{len(rows)} of {table['total']:,} rows"] if table["total"] > len(rows) else []
    more += [f"{len(heads)} of {len(table['columns'])} columns"] if len(table["columns"]) > len(heads) else []
    under = f"{' and '.join(more)} are shown; the Excel workbook has all." if more else ""
    wide = min(ROOM, sum(column.share for column in columns))
    made.table(messages.table(table), columns, cells, 12, notes_of(document, name), under, wide, one=one)


def _written(value: object, unit: str) -> str:
    """A cell of data on one line; dates as people write them."""
    return place_text(value) if isinstance(value, str) and not unit else units.write(value, unit).replace("\n", " ")


def _assumptions(made: Deck, document: Document, *, one: bool) -> None:
    """What is assumed, what to note, what was read, and the drivers with where they stand."""
    rows = [[Cell("Assumption", SOFT), Cell(text[:1].upper() + text[1:]), Cell("")] for text in document["assumptions"]]
    rows += [[Cell("Note", BAD), Cell(text), Cell("")] for text in document["warnings"]]
    rows += [[Cell("Read", SOFT), Cell(f"{messages.lineage(document)}."), Cell("")]] if document["sources"] else []
    for parameter in document["parameters"]:
        unit = parameter["unit"]
        low, high = (words.driver(parameter[key], unit) for key in ("low", "high"))
        about = parameter["label"] + (f": {parameter['description']}" if parameter["description"] else "")
        here = words.driver(document["values"][parameter["name"]], unit)
        rows.append([Cell("Driver", SOFT), Cell(about), Cell(f"{here}\n{low} to {high}")])
    if rows:
        columns = [Column("", 1.6), Column("What is assumed", 7.6), Column("In the base case, range", 2.4, right=True)]
        made.table(messages.assumptions(document), columns, rows, 13, one=one)


def _definitions(made: Deck, document: Document) -> None:
    labels = {metric["name"]: metric["label"] for metric in document["metrics"]}
    rows = [
        [
            Cell(labels.get(item["name"]) or units.label_of(item["name"]), bold=True),
            Cell(units.write(item["value"], item["unit"]) if item["value"] is not None else "a table"),
            Cell(item["definition"] or "No definition given."),
            Cell(item["formula"].strip(), SOFT),
        ]
        for item in document["quantities"]
    ]
    columns = [Column("Quantity", 2.2), Column("Value", 1.5, right=True), Column("Definition", 4.2),
               Column("Formula", 4.2, code=True)]  # fmt: skip
    if rows:
        made.table(messages.definitions(document), columns, rows, 10)


def _lineage(made: Deck, document: Document) -> None:
    """What was read; the queries are in the notes."""
    rows = [
        [
            Cell(units.label_of(source["name"]), bold=True),
            Cell(f"{source['rows']:,}"),
            Cell(words.moment(source["read_at"])),
            Cell(source.get("origin") or "database"),
            Cell(" ".join(source["sql"].split()), SOFT),
        ]
        for source in document["sources"]
    ]
    columns = [Column("Source", 2), Column("Rows", 0.9, right=True), Column("Read", 2.2), Column("From", 1.6),
               Column("Query (whole in the notes)", 5.4, code=True)]  # fmt: skip
    if rows:
        notes = "\n\n".join(map(source_words, document["sources"]))
        made.table(messages.lineage(document), columns, rows, 10, notes)
