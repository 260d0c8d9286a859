"""Files of every kind as tables, by the ending of their name."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import SourceError, UsageError
from engine.intake.bulk import LEAST_BYTES, read_bulk
from engine.intake.columns import read_column
from engine.intake.encoding import ENDINGS
from engine.intake.limits import FileLimits, over_columns, over_rows, over_unpacked
from engine.intake.recipe import Recipe
from engine.intake.sheets import Sheet
from engine.intake.tables import ReadTable, read_tables, unique_names
from engine.intake.text import read_text
from engine.intake.workbook import read_workbook

MOST_MEGABYTES = 200
NO_ROWS = "Its first row names the columns; rows follow."
TEXTS = (".csv", ".tsv", ".txt", ".psv", ".dat", ".tab")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
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
    ending = Path(name).suffix.lower()
    if ending in (".parquet", ".pq"):
        return ReadFile([_read_parquet(name, content, limits)])
    if (
        ending in TEXTS
        and len(content) >= LEAST_BYTES
        and (table := read_bulk(name, content, limits, recipe)) is not None
    ):
        return ReadFile([table], [_head(name, content, limits, recipe)])
    sheets = read_sheets(name, content, limits, recipe)
    return ReadFile(read_tables(name, sheets, recipe), sheets)


def _head(name: str, content: bytes, limits: FileLimits, recipe: Recipe) -> Sheet:
    """The first lines of a large file, to be shown."""
    return read_text(name, content[: content.rfind(b"\n", 0, 16 << 10) + 1], limits, recipe.encoding, recipe.separator)


def read_sheets(name: str, content: bytes, limits: FileLimits, recipe: Recipe) -> list[Sheet]:
    """The sheets of a text file or a workbook, as they stand there. Raises as `read_file`."""
    ending = Path(name).suffix.lower()
    if ending in TEXTS:
        _refuse_pictures(name, content)
        return [read_text(name, content, limits, recipe.encoding, recipe.separator)]
    if ending in WORKBOOKS:
        return read_workbook(name, content, limits)
    raise UsageError(f"{name} is of no kind that can be read.", f"Files may be {ENDINGS}.")


def _refuse_pictures(name: str, content: bytes) -> None:
    """Refuse what is no text, whatever its name says."""
    if content[:512].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise SourceError(f"{name} is a web page, whatever its name says.", "Download the file itself, signed in.")
    for start, said in (
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"GIF8", "a picture"),
        (b"%PDF", "a PDF"),
        (b"PK\x03\x04", "a workbook or an archive"),
        (b"\xd0\xcf\x11\xe0", "an old Office file"),
    ):
        if content.startswith(start):
            raise SourceError(
                f"{name} is {said}, whatever its name says.", f"Files may be {ENDINGS}, each named by its kind."
            )


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
