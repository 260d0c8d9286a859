"""Step 7: the results document becomes typed results, with data files beside it; reports follow behind the answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import StepError, StoreError, UsageError
from engine.foundation.files import put_files
from engine.products import (
    ChartSpec,
    Execution,
    ExportedFile,
    MetricValue,
    ParameterValue,
    Quantity,
    Results,
    Run,
    Status,
    TableData,
)
from engine.results import reporting
from engine.results.document import TablePart, checked
from engine.store.runs import Store
from runtime.brand import PLAIN
from runtime.brand import load as load_brand
from runtime.reports import TYPES, data, file_name

log = logging.getLogger(__name__)


def read_results(execution: Execution) -> Results:
    """The document as typed results. It comes out of the sandbox, so nothing in it is believed unchecked.

    Raises:
        LimitError: it is larger than a document may be.
        SandboxError: it is not a results document.
    """
    document = checked(execution.document)
    return Results(
        title=document.title,
        period=document.period,
        metrics=tuple(MetricValue.model_validate(item.model_dump()) for item in document.metrics),
        tables={name: _table(name, item) for name, item in document.tables.items()},
        charts=tuple(ChartSpec.model_validate(item.model_dump()) for item in document.charts),
        parameters=tuple(ParameterValue.model_validate(item.model_dump()) for item in document.parameters),
        quantities=tuple(Quantity.model_validate(item.model_dump()) for item in document.quantities),
        sources=execution.snapshot,
        assumptions=tuple(document.assumptions),
        warnings=tuple(document.warnings),
    )


def write_data(results: Results, document: Mapping[str, Any], folder: Path) -> Results:
    """Write the data files into the run's folder; the results with the list of them."""
    files = data(document, _said(results))
    put_files(folder, files)
    return results.model_copy(update={"files": _listed(files)})


def write_reports(run: Run, maker: reporting.Maker, store: Store) -> Run:
    """Write the reports of a run that is done into its folder, behind its answer; the run with them listed.

    Where they cannot be made the answer stays as it is, and a warning says so.
    """
    if run.status is not Status.DONE or run.results is None or run.execution is None or not Path(run.folder).is_dir():
        return run
    folder, results = Path(run.folder), run.results
    try:
        files = reporting.exports(maker, run, run.execution.document, _said(results), load_brand(folder))
        if folder.is_dir():  # a run that was deleted meanwhile leaves nothing
            put_files(folder, files)
        made = results.model_copy(update={"files": _listed(files)})
    except StepError as error:
        said = f"The PDF and Excel reports are missing: {error.message} {error.hint}".strip()
        made = results.model_copy(update={"warnings": (*results.warnings, said)})
    try:
        return store.keep(run, results=made)
    except StoreError as error:
        log.warning("the reports of %s are not listed: %s", run.id, error.message)
        return run


def _said(results: Results) -> list[dict[str, Any]]:
    return [dict(each) for each in results.supposed.scenarios] if results.supposed else []


def _listed(files: Mapping[str, bytes]) -> tuple[ExportedFile, ...]:
    return tuple(
        ExportedFile(path=path, kind=Path(path).suffix.lstrip("."), size=len(content))
        for path, content in files.items()
    )


def report_of(
    maker: reporting.Maker,
    run: Run,
    kind: str,
    scenarios: Sequence[Mapping[str, Any]] = (),
    *,
    whole: bool = False,
) -> tuple[str, str, bytes]:
    """A report of a run with its brand: file name, media type and bytes. `kind` is pdf, xlsx, pptx, csv or json.

    `scenarios` as `Sessions.compared` gives them. `whole` adds formulas and queries to a PDF, an appendix to slides.

    Raises:
        UsageError: the run has no results, or there is no such kind.
        LimitError: making it took too long or too much memory.
    """
    if run.execution is None:
        raise UsageError(f"Run {run.id} is {run.status} and has no results.", "Choose a run that is done: ./run runs.")
    if kind not in TYPES:
        raise UsageError(f"There is no download of format {kind!r}.", f"Ask for {', '.join(TYPES)}.")
    brand = load_brand(Path(run.folder)) if run.folder else PLAIN
    document = run.execution.document
    content = reporting.report(maker, run, document, scenarios, brand, kind, whole=whole)
    return f"{file_name(str(document.get('title', '')))}.{kind}", TYPES[kind], content


def _table(name: str, item: TablePart) -> TableData:
    return TableData(
        name=name,
        label=item.label,
        columns=tuple(item.columns),
        units=item.units,
        rows=tuple(tuple(row) for row in item.rows),
        total=item.total,
    )
