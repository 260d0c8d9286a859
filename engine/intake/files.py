"""Files of every kind as tables, by the ending of their name."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.errors import SourceError
from engine.intake.bulk import LEAST_BYTES, read_bulk
from engine.intake.columns import read_column
from engine.intake.kinds import TEXTS, WORKBOOKS, FileKind, kind_of, unpacked
from engine.intake.limits import FileLimits, over_columns, over_rows, over_unpacked
from engine.intake.markup import read_page, read_xml_workbook
from engine.intake.nested import read_json
from engine.intake.recipe import Recipe
from engine.intake.sheets import Sheet
from engine.intake.tables import ReadTable, read_tables, typed_tables, unique_names
from engine.intake.text import read_text
from engine.intake.workbook import read_workbook

MOST_MEGABYTES = 200
NO_ROWS = "Its first row names the columns; rows follow."
_CALLED = {
    FileKind.TEXT: "a text file",
    FileKind.WORKBOOK: "a workbook",
    FileKind.PAGE: "a web page",
    FileKind.XML: "a workbook in XML",
}
_BATCH = 1_000


@dataclass(frozen=True)
class ReadFile:
    """The tables of a file, and its sheets as they stand there; a Parquet file has none."""

    tables: list[ReadTable]
    sheets: list[Sheet] = field(default_factory=list)


def read_file(name: str, content: bytes, limits: FileLimits, recipe: Recipe | None = None) -> ReadFile:
    """The tables in a file.

    Raises:
        UsageError: it is of no kind that can be read.
        SourceError: it is empty, damaged or over a limit, which is named.
    """
    recipe = recipe or Recipe()
    inner, content = unpacked(name, content, limits)
    kind = kind_of(inner, content)
    if kind is FileKind.PARQUET:
        return ReadFile([_read_parquet(inner, content, limits)])
    if kind is FileKind.JSON:
        return ReadFile(typed_tables(read_json(inner, content, limits, recipe.encoding), recipe))
    if (
        kind is FileKind.TEXT
        and len(content) >= LEAST_BYTES
        and (table := read_bulk(inner, content, limits, recipe)) is not None
    ):
        return ReadFile([table], [_head(inner, content, limits, recipe)])
    sheets = _sheets(inner, kind, content, limits, recipe)
    return ReadFile(read_tables(inner, sheets, recipe), sheets)


def _head(name: str, content: bytes, limits: FileLimits, recipe: Recipe) -> Sheet:
    """The first lines of a large file, to be shown."""
    return read_text(name, content[: content.rfind(b"\n", 0, 16 << 10) + 1], limits, recipe.encoding, recipe.separator)


def _sheets(name: str, kind: FileKind, content: bytes, limits: FileLimits, recipe: Recipe) -> list[Sheet]:
    """The sheets of a text, a workbook or a page, as they stand there."""
    if kind is FileKind.WORKBOOK:
        sheets = read_workbook(name, content, limits)
    elif kind is FileKind.PAGE:
        sheets = read_page(name, content, limits, recipe.encoding)
    elif kind is FileKind.XML:
        sheets = read_xml_workbook(name, content, limits)
    else:
        sheets = [read_text(name, content, limits, recipe.encoding, recipe.separator)]
    said = _otherwise(name, kind)
    return [replace(sheet, notes=(said, *sheet.notes)) for sheet in sheets] if said else sheets


def _otherwise(name: str, kind: FileKind) -> str:
    """What a file is, where its name says otherwise."""
    ending = Path(name).suffix.lower()
    named = {FileKind.TEXT: TEXTS, FileKind.WORKBOOK: WORKBOOKS, FileKind.PAGE: (".html", ".htm")}.get(kind, ())
    return "" if ending in named else f"{name} is {_CALLED[kind]}, whatever its name says, and was read as that."


def _read_parquet(name: str, content: bytes, limits: FileLimits) -> ReadTable:
    """A table of typed columns, which are believed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        if file.metadata.num_rows > limits.rows:
            raise over_rows(name, limits)
        if len(file.schema_arrow.names) > limits.columns:
            raise over_columns(name, len(file.schema_arrow.names), limits)
        if not file.metadata.num_rows or not file.schema_arrow.names:
            raise SourceError(f"{name} holds no rows.", NO_ROWS)
        columns: list[list[Any]] = [[] for _ in file.schema_arrow.names]
        unpacked = 0
        # A few rows at a time: what a part of it says of its own size is not believed.
        for batch in file.iter_batches(batch_size=_BATCH):
            unpacked += batch.nbytes
            if unpacked > limits.unpacked_mb << 20:
                raise over_unpacked(name, limits)
            for place, column in enumerate(batch.columns):
                columns[place] += column.to_pylist()
        names = unique_names(file.schema_arrow.names)
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        said = (str(error).splitlines() or ["it is damaged"])[0][:120]
        raise SourceError(f"{name} cannot be read as Parquet: {said}.", "Write the file anew.") from None
    typed = [read_column(name, column, strict=True) for name, column in zip(names, columns, strict=True)]
    return ReadTable("", typed, list(range(1, len(columns[0]) + 1)), (), {}, ())
