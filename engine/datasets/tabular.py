"""CSV, Excel and Parquet files as frames: encoding, separator and header found out, sizes checked before reading."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from engine.errors import SourceError, UsageError

MOST_ROWS = 1_000_000
MOST_COLUMNS = 2_000
MOST_MEGABYTES = 200
_UNPACKED_MEGABYTES = 1_024
_ENDINGS = "csv, tsv, txt, xlsx and parquet"


@dataclass(frozen=True)
class Sheets:
    """The tables of one file by name ("" where there is one alone), and what a person should know about the reading."""

    frames: Mapping[str, pd.DataFrame]
    notes: Sequence[str] = field(default_factory=tuple)


def read_file(name: str, content: bytes) -> Sheets:
    """The tables in a file, by the ending of its name.

    Raises:
        UsageError: it is of no kind that can be read.
        SourceError: it is empty, damaged or too large.
    """
    if not content:
        raise SourceError(f"{name} is empty.", "Check that it was saved and copied whole.")
    if len(content) > MOST_MEGABYTES << 20:
        raise SourceError(
            f"{name} has {len(content) >> 20:,} MB, more than {MOST_MEGABYTES}.",
            "Load it into a database and connect that, or leave columns out.",
        )
    ending = Path(name).suffix.lower()
    if ending in (".csv", ".tsv", ".txt"):
        sheets = _read_text(name, content)
    elif ending in (".xlsx", ".xlsm"):
        sheets = _read_excel(name, content)
    elif ending in (".parquet", ".pq"):
        sheets = Sheets({"": _read_parquet(name, content)})
    elif ending == ".xls":
        raise UsageError(f"{name} is of the old Excel format.", "Save it as .xlsx in Excel.")
    else:
        raise UsageError(f"{name} is of no kind that can be read.", f"Files may be {_ENDINGS}.")
    for frame in sheets.frames.values():
        _check_size(name, *frame.shape)
    return sheets


def _check_size(name: str, rows: int, columns: int) -> None:
    if rows > MOST_ROWS:
        raise SourceError(
            f"{name} has {rows:,} rows, more than {MOST_ROWS:,}.", "Load it into a database and connect that."
        )
    if columns > MOST_COLUMNS - 1:
        raise SourceError(f"{name} has {columns:,} columns, more than {MOST_COLUMNS - 1:,}.", "Leave some out.")
    if not rows or not columns:
        raise SourceError(f"{name} holds no rows.", "Its first row names the columns; rows follow.")


def _read_text(name: str, content: bytes) -> Sheets:
    text, encoding = _decoded(content)
    if "\x00" in text:
        raise SourceError(f"{name} is no text.", f"Files may be {_ENDINGS}.")
    separator = "\t" if name.lower().endswith(".tsv") else _separator(text)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=separator, strict=False))
    except csv.Error as error:
        raise SourceError(f"{name} cannot be read as CSV: {error}.", "Check its quotes and line ends.") from None
    header, body = _split(name, rows)
    unnamed = [place for place, title in enumerate(header) if title in (None, "")]
    for number, row in enumerate(body, 2):
        if any(place < len(row) and row[place] for place in unnamed):
            raise SourceError(
                f"Row {number} of {name} has {len(row)} values, more than the first row names columns.",
                "Name every column, and put values that hold the separator in quotes.",
            )
    padded = [[*row, *[None] * (len(header) - len(row))] for row in body]
    notes = () if encoding == "UTF-8" else (f"{name} was read as {encoding}.",)
    return Sheets({"": pd.DataFrame(padded, columns=header, dtype=object)}, notes)


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").removeprefix("\ufeff"), "UTF-16"
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), "Windows-1252"


def _separator(text: str) -> str:
    """The mark that splits the first lines most evenly; a comma where none does."""
    lines = [line for line in text[:64_000].splitlines()[:20] if line.strip()]
    counts = {mark: [len(row) for row in csv.reader(lines, delimiter=mark)] for mark in ",;\t|"}
    even = {mark: found[0] for mark, found in counts.items() if found and found[0] > 1 and len(set(found)) == 1}
    split = {mark: found[0] for mark, found in counts.items() if found and found[0] > 1}
    best = even or split
    return max(best, key=lambda mark: best[mark]) if best else ","


def _split(name: str, rows: list[list[Any]]) -> tuple[list[Any], list[list[Any]]]:
    """The header and the rows below it; empty rows are no rows."""
    full = [row for row in rows if any(value not in (None, "") for value in row)]
    if len(full) < 2:
        raise SourceError(f"{name} holds no rows.", "Its first row names the columns; rows follow.")
    width = max((place for row in full for place, value in enumerate(row, 1) if value not in (None, "")), default=0)
    header = [*full[0][:width], *[None] * (width - len(full[0]))]
    return header, [row[:width] for row in full[1:]]


def _read_excel(name: str, content: bytes) -> Sheets:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(item.file_size for item in packed.infolist())
        if size > _UNPACKED_MEGABYTES << 20:
            raise SourceError(f"{name} unpacks to {size >> 20:,} MB.", "Save it as CSV, or load it into a database.")
        from openpyxl import load_workbook

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl cannot draw is not asked for
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            sheets = {
                sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets
            }
            book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, OSError) as error:
        raise SourceError(f"{name} cannot be read as Excel: {error}.", "Save it anew in Excel as .xlsx.") from None
    full = {title: rows for title, rows in sheets.items() if sum(any(v is not None for v in row) for row in rows) > 1}
    if not full:
        raise SourceError(f"{name} holds no rows.", "Its first row names the columns; rows follow.")
    frames = {}
    for title, rows in full.items():
        header, body = _split(f"{name}, sheet {title},", rows)
        width = len(header)
        frames[title if len(full) > 1 else ""] = pd.DataFrame(
            [[*row[:width], *[None] * (width - len(row))] for row in body], columns=header, dtype=object
        )
    empty = [title for title in sheets if title not in full]
    return Sheets(frames, tuple(f"The sheet {title} of {name} holds no rows and was left out." for title in empty))


def _read_parquet(name: str, content: bytes) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        size = sum(file.metadata.row_group(place).total_byte_size for place in range(file.metadata.num_row_groups))
        if size > _UNPACKED_MEGABYTES << 20:
            raise SourceError(f"{name} unpacks to {size >> 20:,} MB.", "Load it into a database and connect that.")
        _check_size(name, file.metadata.num_rows, file.metadata.num_columns)
        table = file.read()
        return pd.DataFrame(
            {place: table.column(place).to_pylist() for place in range(table.num_columns)}, dtype=object
        ).set_axis(table.column_names, axis=1)
    except (pa.ArrowException, OSError, ValueError) as error:
        said = str(error).splitlines()[0][:120]
        raise SourceError(f"{name} cannot be read as Parquet: {said}.", "Write the file anew.") from None
