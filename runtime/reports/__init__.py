"""Reports: a results document as PDF, Excel workbook, PowerPoint slides, CSV and JSON."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from ..brand import PLAIN, Brand
from ..failures import UsageFailure
from . import rows

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
Document = Mapping[str, Any]
Scenarios = Sequence[Mapping[str, Any]]


def exports(
    document: Document, scenarios: Scenarios | None = None, brand: Brand = PLAIN, slides: bool = False
) -> dict[str, bytes]:
    """Every file of a run by its path in the bundle.

    `scenarios` is the list that `Workspace.compared` gives. `slides` are made when asked for, where
    the library that makes them is installed: they cost as much as all else together.
    """
    files = {
        **data(document, scenarios),
        "exports/reports/report.pdf": _as_pdf(document, scenarios, brand),
        "exports/reports/workbook.xlsx": _as_workbook(document, scenarios, brand),
    }
    if slides and find_spec("pptx"):
        files["exports/reports/slides.pptx"] = _as_slides(document, scenarios, brand)
    return files


def data(document: Document, scenarios: Scenarios | None = None) -> dict[str, bytes]:
    """The files that programs read, by their path in the bundle: the document as JSON, numbers and tables as CSV."""
    files = {
        "results/results.json": _as_json(document, scenarios),
        "exports/data/metrics.csv": rows.metrics(document, scenarios),
    }
    for name, table in document["tables"].items():
        if not name.isidentifier():
            raise UsageFailure(
                f"The table {name[:80]!r} has no name that a file can have.", "Name it in plain letters."
            )
        files[f"exports/data/{name}.csv"] = rows.table(table)
    return files


def download(
    document: Document,
    scenarios: Scenarios | None,
    format: str,
    table: str = "",
    brand: Brand = PLAIN,
    whole: bool = False,
) -> tuple[str, str, bytes]:
    """One file to save: its name, media type and content. `table` picks a table for csv, else the metrics.

    `whole` gives the PDF its formulas and queries, and the slides their appendix.

    Raises:
        UsageFailure: an unknown format or table, or slides where the library that makes them is not installed.
    """
    if format not in TYPES:
        raise UsageFailure(f"There is no download of format {format!r}.", f"Ask for {', '.join(TYPES)}.")
    if table and (format != "csv" or table not in document["tables"]):
        tables = ", ".join(document["tables"]) or "none"
        raise UsageFailure(f"There is no table {table!r} as {format}.", f"As csv there are: {tables}.")
    if format == "pptx" and not find_spec("pptx"):
        raise UsageFailure("PowerPoint slides need the package python-pptx.", "pip install -r requirements.txt")
    name = file_name(document["title"]) + (f"-{file_name(table)}" if table else "") + f".{format}"
    if table:
        return name, TYPES["csv"], rows.table(document["tables"][table])
    plain = {"csv": rows.metrics, "json": _as_json}
    if format in plain:
        return name, TYPES[format], plain[format](document, scenarios)
    if format == "xlsx":
        return name, TYPES[format], _as_workbook(document, scenarios, brand)
    made = _as_pdf if format == "pdf" else _as_slides
    return name, TYPES[format], made(document, scenarios, brand, whole)


def file_name(title: str) -> str:
    """The title as a file name: plain letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:80] or "results"


def _as_json(document: Document, scenarios: Scenarios | None) -> bytes:
    compared = {"scenarios": list(scenarios)} if scenarios else {}
    return json.dumps({**document, **compared}, indent=2, ensure_ascii=False, allow_nan=False).encode()


# The libraries of PDF, Excel and slides are loaded when one is wanted: a dashboard starts without them.
def _as_pdf(document: Document, scenarios: Scenarios | None, brand: Brand, whole: bool = False) -> bytes:
    from .pdf import report

    return report(document, scenarios or [], brand, whole)


def _as_workbook(document: Document, scenarios: Scenarios | None, brand: Brand) -> bytes:
    from .workbook import workbook

    return workbook(document, scenarios or [], brand)


def _as_slides(document: Document, scenarios: Scenarios | None, brand: Brand, whole: bool = False) -> bytes:
    from .deck import deck

    return deck(document, scenarios or [], brand, whole)
