"""The report as an Excel workbook whose numbers are live: change an input and the model recomputes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from .. import units
from ..brand import PLAIN, Brand
from . import words
from .behindsheet import write as write_behind
from .book import Book
from .livemodel import LiveModel, build
from .scenariosheet import write as write_scenarios
from .tablesheet import write as write_table

Document = Mapping[str, Any]
NOT_LIVE = "recomputed only by the script"
EDITABLE = {"bg_color": "#FFF8DC", "border": 1, "border_color": "#E3D9A8", "font_color": "#1F3FBF"}


def workbook(document: Document, scenarios: Sequence[Mapping[str, Any]], brand: Brand = PLAIN) -> bytes:
    """The whole workbook; `scenarios` as Workspace.compared gives them."""
    book = Book(brand)
    model = build(document)
    widths = {
        "Summary": (28, 18, 20, 22, 70),
        "Inputs": (34, 18, 12, 12, 12, 24, 60),
        "Model": (34, 18, 46, 46, 24, 60),
    }
    sheets = {name: book.sheet(name, columns) for name, columns in widths.items()}
    _inputs(book, sheets["Inputs"], document, model)
    _model(book, sheets["Model"], document, model)
    _summary(book, sheets["Summary"], document, model)
    write_scenarios(book, document, model, scenarios)
    write_behind(book, document, scenarios)
    for name, table in document["tables"].items():
        charts = [chart for chart in document["charts"] if chart["table"] == name]
        write_table(book, name, table, charts)
    _definitions(book, document)
    _sources(book, document)
    sheets["Summary"].activate()
    return book.bytes()


def labels_of(document: Document) -> dict[str, str]:
    """Every name's label."""
    named = {item["name"]: item["label"] for item in (*document["parameters"], *document["metrics"])}
    return {**{item["name"]: units.label_of(item["name"]) for item in document["quantities"]}, **named}


def _summary(book: Book, sheet: Worksheet, document: Document, model: LiveModel) -> None:
    read = words.read_at(document)
    book.logo(sheet, 4)
    note = "  ·  ".join(filter(None, [book.brand.name, document.get("period"), f"Data read {read}" if read else ""]))
    row = book.title(sheet, document["title"], note)
    if document["request"]:
        book.text(sheet, 2, 0, f"Asked: {document['request']}", font_color="#55617A")
    row = book.heads(sheet, row + 1, ["Figure", "Value", "Good when", "Status", "Definition"], numbers=[1])
    for metric in document["metrics"]:
        book.text(sheet, row, 0, metric["label"], bold=True)
        number = book.format(metric["unit"], bold=True, align="right")
        if metric["name"] in model.cells:
            sheet.write_formula(row, 1, f"={model.cells[metric['name']]}", number, metric["value"])
        else:
            book.text(sheet, row, 1, metric["text"], bold=True, align="right")
        book.text(sheet, row, 2, words.threshold(metric["good"], metric["unit"]), indent=1, align="left")
        cell = xl_rowcol_to_cell(row, 1)
        _status(book, sheet, row, metric, cell)
        book.text(sheet, row, 4, metric["definition"], text_wrap=True)
        row += 1
    row += 1
    for title, texts in (("Assumptions", document["assumptions"]), ("Notes", document["warnings"])):
        for index, text in enumerate(texts):
            if index == 0:
                book.text(sheet, row, 0, title, bold=True)
            book.text(sheet, row, 1, text)
            row += 1
    book.text(
        sheet,
        row + 1,
        0,
        "Change the yellow cells on Inputs or Scenarios; all formulas follow.",
        font_color="#55617A",
    )


def _status(book: Book, sheet: Worksheet, row: int, metric: Mapping[str, Any], cell: str) -> None:
    if not isinstance(metric["value"], int | float) or not (metric["good"] or metric["bad"]):
        return
    formula = f'IF({words.test(cell, metric["good"])},"Good","Short")' if metric["good"] else '""'
    if metric["bad"]:
        formula = f'IF({words.test(cell, metric["bad"])},"Breach",{formula})'
    sheet.write_formula(row, 3, f"={formula}", book.format(bold=True), words.status(metric["value"], metric))
    for text, color in (("Good", "#13795B"), ("Short", "#B3372F"), ("Breach", "#B3372F")):
        style = book.file.add_format({"font_color": color})
        sheet.conditional_format(
            row, 3, row, 3, {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": style}
        )


def _inputs(book: Book, sheet: Worksheet, document: Document, model: LiveModel) -> None:
    row = book.title(sheet, "Inputs", "Yellow cells may be changed; the Model and the Scenarios' base follow.")
    row = book.heads(
        sheet, row, ["Driver", "Value", "Unit", "Lowest", "Highest", "Name in formulas", "About"], [1, 3, 4]
    )
    for parameter in document["parameters"]:
        value, unit = document["values"][parameter["name"]], parameter["unit"]
        book.text(sheet, row, 0, parameter["label"])
        sheet.write_number(row, 1, value, book.format(unit, **EDITABLE))
        book.text(sheet, row, 2, unit, indent=1, align="left")
        for column, bound in ((3, parameter["low"]), (4, parameter["high"])):
            sheet.write_number(row, column, bound, book.format(unit))
        rule = {
            "validate": "decimal",
            "criteria": "between",
            "minimum": parameter["low"],
            "maximum": parameter["high"],
        }
        sheet.data_validation(row, 1, row, 1, {**rule, "error_title": "Out of range", "error_type": "warning"})
        _name(book, sheet, row, 5, model.cells[parameter["name"]])
        book.text(sheet, row, 6, parameter["description"], text_wrap=True)
        row += 1
    row = book.heads(
        sheet,
        row + 1,
        ["From the data", "Value", "Unit", "", "", "Name in formulas", "How the script computes it"],
        [1],
    )
    labels, unit_of = labels_of(document), {item["name"]: item["unit"] for item in document["quantities"]}
    for found in model.inputs.values():
        label = labels[found.label_of] + ("" if found.name == found.label_of else ", before its drivers")
        book.text(sheet, row, 0, label)
        unit = unit_of[found.label_of] if found.name == found.label_of else ""
        sheet.write_number(row, 1, found.value, book.format(unit or "number"))
        book.text(sheet, row, 2, unit, indent=1, align="left")
        _name(book, sheet, row, 5, model.cells[found.name])
        note = f"{NOT_LIVE}: " if found.moves else ""
        book.text(sheet, row, 6, note + found.origin, text_wrap=True, font_name="Consolas", font_size=9)
        row += 1
    sheet.freeze_panes(4, 1)


def _name(book: Book, sheet: Worksheet, row: int, column: int, cell: str) -> None:
    """Give the row's value cell its name, and show the name."""
    place = xl_rowcol_to_cell(row, 1, row_abs=True, col_abs=True)
    book.file.define_name(cell, f"={sheet.get_name()}!{place}")
    book.text(sheet, row, column, cell, font_name="Consolas", font_size=9, font_color="#55617A", indent=1)


def _model(book: Book, sheet: Worksheet, document: Document, model: LiveModel) -> None:
    row = book.title(sheet, "Model", "Every value here is a live formula over named cells.")
    row = book.heads(
        sheet, row, ["Quantity", "Value", "Excel formula", "Script formula", "Name in formulas", "Definition"], [1]
    )
    labels = labels_of(document)
    for quantity in document["quantities"]:
        name = quantity["name"]
        if name not in model.formulas:
            continue
        formula = model.excel(name)
        book.text(sheet, row, 0, labels[name])
        number = book.format(quantity["unit"] or "number")
        sheet.write_formula(row, 1, formula, number, quantity["value"])
        for column, text in ((2, formula), (3, quantity["formula"])):
            book.text(
                sheet, row, column, text, text_wrap=True, font_name="Consolas", font_size=9, indent=int(column == 2)
            )
        _name(book, sheet, row, 4, model.cells[name])
        book.text(sheet, row, 5, quantity["definition"], text_wrap=True)
        row += 1
    if not model.formulas:
        book.text(sheet, row, 0, f"No quantity is plain arithmetic: values are {NOT_LIVE}.")
    sheet.freeze_panes(4, 1)


def _definitions(book: Book, document: Document) -> None:
    sheet = book.sheet("Definitions", (30, 60, 70, 40))
    row = book.heads(sheet, book.title(sheet, "Definitions"), ["Quantity", "Definition", "Formula", "Inputs"])
    labels = labels_of(document)
    for quantity in document["quantities"]:
        book.text(sheet, row, 0, labels[quantity["name"]], bold=True)
        book.text(sheet, row, 1, quantity["definition"], text_wrap=True)
        book.text(sheet, row, 2, quantity["formula"], text_wrap=True, font_name="Consolas", font_size=9)
        book.text(sheet, row, 3, ", ".join(quantity["inputs"]), text_wrap=True)
        row += 1
    sheet.freeze_panes(4, 1)


def _sources(book: Book, document: Document) -> None:
    sheet = book.sheet("Sources", (24, 90, 40, 12, 30, 12))
    heads = ["Source", "SQL", "Values bound, origin", "Rows", "Read at", "Seconds"]
    row = book.heads(sheet, book.title(sheet, "Sources"), heads, [3, 5])
    for source in document["sources"]:
        book.text(sheet, row, 0, source["name"], bold=True)
        book.text(sheet, row, 1, source["sql"], text_wrap=True, font_name="Consolas", font_size=9)
        bound = "\n".join(f":{name} = {value!r}" for name, value in source["bound"].items())
        if source.get("origin"):
            bound = f"from {source['origin']}\n{bound}".rstrip()
        book.text(sheet, row, 2, bound, text_wrap=True)
        sheet.write_number(row, 3, source["rows"], book.format("count"))
        book.text(sheet, row, 4, words.moment(source["read_at"]), indent=1)
        sheet.write_number(row, 5, source["seconds"], book.format())
        row += 1
    sheet.freeze_panes(4, 1)
