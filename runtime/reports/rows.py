"""Tables and metrics as CSV that a spreadsheet opens safely."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# A cell that starts so is run as a formula by spreadsheets.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def table(content: Mapping[str, Any]) -> bytes:
    """A table of the results document."""
    return written([content["columns"], *content["rows"]])


def metrics(document: Mapping[str, Any], scenarios: Sequence[Mapping[str, Any]] | None = None) -> bytes:
    """One line a metric, with a column for each scenario; the drivers of the scenarios follow below."""
    compared = list(scenarios or [])
    head = ["name", "label", "value", "unit", "good", "bad", "ok", "definition"]
    lines: list[list[Any]] = [[*head, *(scenario["name"] for scenario in compared)]]
    for metric in document["metrics"]:
        ok = {True: "yes", False: "no", None: ""}[metric["ok"]]
        told = [
            metric["name"],
            metric["label"],
            metric["value"],
            metric["unit"],
            metric["good"],
            metric["bad"],
            ok,
        ]
        values = [scenario["metrics"].get(metric["name"]) for scenario in compared]
        lines.append([*told, metric["definition"], *values])
    for parameter in document["parameters"] if compared else []:
        value = document["values"][parameter["name"]]
        told = [
            parameter["name"],
            parameter["label"],
            value,
            parameter["unit"],
            "",
            "",
            "",
            "Driver of the scenarios.",
        ]
        lines.append([*told, *(scenario["parameters"][parameter["name"]] for scenario in compared)])
    return written(lines)


def written(lines: Iterable[Sequence[Any]]) -> bytes:
    """The lines as CSV that a spreadsheet opens in UTF-8 and runs nothing of."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_safe(value) for value in line] for line in lines)
    # The mark tells Excel that the file is UTF-8.
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_typed(text: str) -> str:
    """A cell's text as it was before `written` made it safe."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text


def _safe(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return "" if value is None else value
