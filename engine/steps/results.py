"""Step 7: the results document becomes typed results; reports and data files are written beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.errors import SandboxError, UsageError
from engine.products import (
    ChartSpec,
    Execution,
    ExportedFile,
    MetricValue,
    ParameterValue,
    Quantity,
    Results,
    Run,
    TableData,
)
from engine.steps.containerize import put_files
from templates.runtime import reports
from templates.runtime.brand import PLAIN
from templates.runtime.brand import load as load_brand
from templates.runtime.failures import UsageFailure


def read_results(execution: Execution) -> Results:
    """The document as typed results. It comes out of the sandbox, so nothing in it is believed unchecked.

    Raises:
        SandboxError: it is not a results document.
    """
    document = execution.document
    try:
        return Results(
            title=document["title"],
            metrics=tuple(_metric(item) for item in document["metrics"]),
            tables={name: _table(name, item) for name, item in document["tables"].items()},
            charts=tuple(ChartSpec.model_validate(item) for item in document["charts"]),
            parameters=tuple(ParameterValue.model_validate(item) for item in document["parameters"]),
            quantities=tuple(Quantity.model_validate(item) for item in document["quantities"]),
            sources=execution.snapshot,
            assumptions=tuple(document["assumptions"]),
            warnings=tuple(document["warnings"]),
        )
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        raise SandboxError(
            f"The script's results cannot be read: {error}", "Look at the script and its log."
        ) from error


def write_exports(results: Results, document: Mapping[str, Any], folder: Path) -> Results:
    """Write reports and data files into the run's folder; the results with the list of them."""
    said = list(results.supposed.scenarios) if results.supposed else None
    files = reports.exports(dict(document), said, brand=load_brand(folder))
    put_files(folder, files)
    listed = tuple(
        ExportedFile(path=path, kind=Path(path).suffix.lstrip("."), size=len(content))
        for path, content in files.items()
    )
    return results.model_copy(update={"files": listed})


def report_of(run: Run, kind: str, scenarios: Sequence[Mapping[str, Any]] = ()) -> tuple[str, str, bytes]:
    """A report of a run with its brand: file name, media type and bytes. `kind` is pdf, xlsx, pptx, csv or json.

    `scenarios` as `Sessions.compared` gives them.

    Raises:
        UsageError: the run has no results, or there is no such kind.
    """
    if run.execution is None:
        raise UsageError(f"Run {run.id} is {run.status} and has no results.", "Choose a run that is done: ./run runs.")
    brand = load_brand(Path(run.folder)) if run.folder else PLAIN
    try:
        return reports.download(dict(run.execution.document), list(scenarios), kind, brand=brand)
    except UsageFailure as failure:
        raise UsageError(failure.message, failure.hint) from None


def _metric(item: Mapping[str, Any]) -> MetricValue:
    return MetricValue(**{name: item[name] for name in MetricValue.model_fields if name in item})


def _table(name: str, item: Mapping[str, Any]) -> TableData:
    return TableData(
        name=name,
        label=item["label"],
        columns=tuple(item["columns"]),
        units=item["units"],
        rows=tuple(tuple(row) for row in item["rows"]),
        total=item["total"],
    )
