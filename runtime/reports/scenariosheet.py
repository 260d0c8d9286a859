"""The scenarios side by side: drivers in yellow cells, every figure a live formula over its own column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from .. import units
from . import words
from .book import Book
from .livemodel import LiveModel, evaluate

Document = Mapping[str, Any]
SCENARIO_CAP = 100
ROWS_BESIDE_CHART = 14
YELLOW = {"bg_color": "#FFF8DC", "border": 1, "border_color": "#E3D9A8", "font_color": "#1F3FBF"}


@dataclass
class Column:
    """One scenario's column: where each name lies in it, its values, and what the script found."""

    name: str
    at: int
    metrics: Mapping[str, float | None]
    values: dict[str, float | None]
    cells: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """What the rows are made from."""

    book: Book
    page: Worksheet
    document: Document
    model: LiveModel
    columns: Sequence[Column]
    live: tuple[str, ...]


def write(book: Book, document: Document, model: LiveModel, scenarios: Sequence[Mapping[str, Any]]) -> None:
    """Add the sheet: the base, then each scenario, or one to fill in when there is none."""
    if not document["parameters"]:
        return
    shown = scenarios[:SCENARIO_CAP] or [_own(document)]
    columns = [Column("Base", 1, _found(document), dict(model.values))]
    for at, scenario in enumerate(shown, 2):
        values = {**model.values, **scenario["parameters"]}
        columns.append(Column(scenario["name"], at, scenario["metrics"], values))
    page = book.sheet("Scenarios", (36, *[18] * len(columns), 44))
    sheet = Sheet(book, page, document, model, columns, _live_in_column(document, model))
    left_out = f" The first {SCENARIO_CAP} of {len(scenarios):,} are shown." if len(scenarios) > SCENARIO_CAP else ""
    row = book.title(page, "Scenarios", f"Change a yellow cell and its column recomputes.{left_out}")
    row = book.heads(page, row, ["Drivers", *(column.name for column in columns)], numbers=range(1, len(columns) + 1))
    row = _workings(sheet, _drivers(sheet, row))
    row, places = _figures(sheet, row)
    row = _differences(sheet, row, places)
    _chart(sheet, places, row + 1)
    page.freeze_panes(4, 1)


def _own(document: Document) -> dict[str, Any]:
    return {"name": "Your own", "parameters": document["values"], "metrics": _found(document)}


def _found(document: Document) -> dict[str, float | None]:
    return {item["name"]: item["value"] for item in document["metrics"] if isinstance(item["value"], int | float)}


def _live_in_column(document: Document, model: LiveModel) -> tuple[str, ...]:
    """The moved quantities whose formula holds in a column, each after its inputs."""
    given = {*document["values"], *(name for name in model.values if name not in model.moved)}
    # A metric that only the script recomputes is written as the scenario's value: others may build on it.
    given |= {metric["name"] for metric in document["metrics"] if metric["name"] in model.inputs}
    order: list[str] = []
    while True:
        found = [
            name
            for name in model.formulas
            if name in model.moved and name not in given and model.arguments(name) <= given
        ]
        if not found:
            return tuple(order)
        order += found
        given |= set(found)


def _drivers(sheet: Sheet, row: int) -> int:
    for parameter in sheet.document["parameters"]:
        name, unit = parameter["name"], parameter["unit"]
        sheet.book.text(sheet.page, row, 0, parameter["label"])
        for column in sheet.columns:
            value = column.values[name]
            if column.at == 1:
                sheet.page.write_formula(row, 1, f"={sheet.model.cells[name]}", sheet.book.format(unit), value)
            else:
                sheet.page.write_number(row, column.at, value, sheet.book.format(unit, **YELLOW))
            column.cells[name] = xl_rowcol_to_cell(row, column.at)
        row += 1
    return row


def _workings(sheet: Sheet, row: int) -> int:
    shown = {metric["name"] for metric in sheet.document["metrics"]}
    unit_of = {item["name"]: item["unit"] for item in sheet.document["quantities"]}
    # Places are given first: a working may build on a figure that stands further down.
    workings = [name for name in sheet.live if name not in shown]
    start = row + 2 if workings else row
    figures = start + len(workings) + 2
    for column in sheet.columns:
        for at, name in enumerate(workings):
            column.cells[name] = xl_rowcol_to_cell(start + at, column.at)
        for at, metric in enumerate(_numbers(sheet)):
            column.cells[metric["name"]] = xl_rowcol_to_cell(figures + at, column.at)
    _compute(sheet)
    if not workings:
        return row
    sheet.book.heads(sheet.page, start - 1, ["Workings"])
    for at, name in enumerate(workings):
        sheet.book.text(sheet.page, start + at, 0, units.label_of(name))
        for column in sheet.columns:
            _formula(sheet, start + at, column, name, sheet.book.format(unit_of[name] or "number"))
    return start + len(workings)


def _compute(sheet: Sheet) -> None:
    """Each column's values in order, so that a viewer that does not recalculate shows right numbers."""
    for column in sheet.columns:
        column.values.update(column.metrics)
        for name in sheet.live:
            if column.metrics.get(name) is None:
                column.values[name] = evaluate(sheet.model.formulas[name], column.values)


def _numbers(sheet: Sheet) -> list[Mapping[str, Any]]:
    return [metric for metric in sheet.document["metrics"] if metric["name"] in sheet.columns[0].metrics]


def _formula(sheet: Sheet, row: int, column: Column, name: str, look: Any) -> None:
    value = column.values[name]
    formula = sheet.model.excel(name, column.cells)
    sheet.page.write_formula(row, column.at, formula, look, "#DIV/0!" if value is None else value)


def _figures(sheet: Sheet, row: int) -> tuple[int, dict[str, int]]:
    row = sheet.book.heads(sheet.page, row + 1, ["Figures"])
    places: dict[str, int] = {}
    for metric in _numbers(sheet):
        name = metric["name"]
        places[name] = row
        sheet.book.text(sheet.page, row, 0, metric["label"], bold=True)
        look = sheet.book.format(metric["unit"], bold=True)
        for column in sheet.columns:
            _figure(sheet, row, column, name, look)
        if name in sheet.model.moved and name not in sheet.live:
            note = "values: recomputed only by the script"
            sheet.book.text(sheet.page, row, len(sheet.columns) + 1, note, font_color="#55617A")
        _mark(sheet, row, metric)
        row += 1
    return row, places


def _figure(sheet: Sheet, row: int, column: Column, name: str, look: Any) -> None:
    value = column.metrics.get(name)
    if name in sheet.live:
        _formula(sheet, row, column, name, look)
    elif name not in sheet.model.moved or column.at == 1:
        sheet.page.write_formula(row, column.at, f"={sheet.model.cells[name]}", look, value)
    elif value is None:
        sheet.page.write_string(row, column.at, "no value", look)
    else:
        sheet.page.write_number(row, column.at, value, look)


def _mark(sheet: Sheet, row: int, metric: Mapping[str, Any]) -> None:
    """Breaches in red, what is good in green: by the thresholds, so that it follows a changed driver."""
    last = len(sheet.columns)
    good = sheet.book.file.add_format({"font_color": "#13795B", "bg_color": "#E5F4EE"})
    bad = sheet.book.file.add_format({"font_color": "#B3372F", "bg_color": "#FBEAE8"})
    cell = xl_rowcol_to_cell(row, 1)
    if metric["bad"]:
        _rule(sheet, row, last, f"={words.test(cell, metric['bad'])}", bad)
    if metric["good"]:
        goal = words.test(cell, metric["good"])
        _rule(sheet, row, last, f"={goal}", good)
        _rule(sheet, row, last, f"=NOT({goal})", bad)


def _rule(sheet: Sheet, row: int, last: int, criteria: str, look: Any) -> None:
    rule = {"type": "formula", "criteria": criteria, "format": look, "stop_if_true": True}
    sheet.page.conditional_format(row, 1, row, last, rule)


def _differences(sheet: Sheet, row: int, places: Mapping[str, int]) -> int:
    row = sheet.book.heads(sheet.page, row + 1, ["Difference to base"])
    for metric in _numbers(sheet):
        sheet.book.text(sheet.page, row, 0, metric["label"])
        base = sheet.columns[0].metrics[metric["name"]]
        for column in sheet.columns[1:]:
            cell = xl_rowcol_to_cell(places[metric["name"]], column.at)
            first = xl_rowcol_to_cell(places[metric["name"]], 1, col_abs=True)
            value = column.metrics.get(metric["name"])
            change = "" if value is None or base is None else value - base
            look = sheet.book.format(metric["unit"], font_color="#55617A")
            sheet.page.write_formula(row, column.at, f'=IFERROR({cell}-{first},"")', look, change)
        row += 1
    if any(metric["good"] or metric["bad"] for metric in _numbers(sheet)):
        told = [
            f"{metric['label']}: good {words.threshold(metric['good'], metric['unit'])}"
            for metric in _numbers(sheet)
            if metric["good"]
        ]
        sheet.book.text(sheet.page, row + 1, 0, "; ".join(told), font_color="#55617A")
        row += 1
    return row


def _chart(sheet: Sheet, places: Mapping[str, int], row: int) -> None:
    """The first figure as bars, which follow the cells."""
    numbers = _numbers(sheet)
    drawn = sheet.book.file.add_chart({"type": "column"})
    if not numbers or drawn is None:
        return
    name, at, last = sheet.page.get_name(), places[numbers[0]["name"]], len(sheet.columns)
    drawn.add_series({
        "name": numbers[0]["label"],
        "categories": [name, 3, 1, 3, last],
        "values": [name, at, 1, at, last],
        "data_labels": {"value": True},
        "gap": 80,
        "fill": {"color": sheet.book.palette[0]},
    })  # fmt: skip
    drawn.set_title({"name": numbers[0]["label"], "name_font": {"size": 12}})
    drawn.set_legend({"none": True})
    number = units.EXCEL_FORMATS.get(numbers[0]["unit"], "#,##0.##")
    drawn.set_y_axis({"num_format": number, "major_gridlines": {"visible": True, "line": {"color": "#E1E5EC"}}})
    drawn.set_size({"width": 720, "height": 340})
    if row > ROWS_BESIDE_CHART:
        sheet.page.set_h_pagebreaks([row + 1])  # on paper the chart would be cut in two
    sheet.page.insert_chart(row + 1, 0, drawn)
