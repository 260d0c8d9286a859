"""How files as people have them are read: right, asked or said, or wrong without a word, beside pandas and DuckDB.

The same files are read by `pandas.read_csv`, `read_excel` and DuckDB's sniffer, as they are called without options.
A file counts as right where every cell has its value and its kind; as said where what differs is asked about or named.
"""

from __future__ import annotations

import math
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from engine.bench.filecorpus import FILES, Made, corpus
from engine.bench.filekinds import kinds
from engine.bench.rows import Row, row
from engine.errors import EngineError
from engine.intake.files import read_file
from engine.intake.limits import FileLimits

# What is asked: at most so many not right, and none wrong in silence.
NOT_RIGHT = 0.03
Reading = tuple[dict[str, list[Any]], list[str]]


def measure(count: int = FILES) -> list[Row]:
    """Shares of the files not read right, and of those wrong in silence; less is better."""
    made = [*corpus(count), *kinds()]
    ours = Counter(verdict(each, *_ours(each)) for each in made)
    found = []
    for name, read in _PEERS.items():
        theirs = Counter(verdict(each, *_tried(read, each)) for each in made)
        for said, goal in (("not right", NOT_RIGHT), ("wrong in silence", 0.0)):
            value, plain = (_share(counted, said, len(made)) for counted in (ours, theirs))
            found.append(row(f"files {said} ({len(made)})", value, "share", against=name, plain=plain, goal=goal))
    return found


def _share(counted: Counter[str], said: str, total: int) -> float:
    return 1 - counted["right"] / total if said == "not right" else counted[said] / total


def failures(count: int = FILES) -> list[tuple[str, str, str]]:
    """The files that are not right: name, verdict and style."""
    found = []
    for made in (*corpus(count), *kinds()):
        columns, said = _ours(made)
        judged = verdict(made, columns, said)
        if judged != "right":
            found.append((made.name, judged, f"{made.style}: {difference(made, columns)}; {said}"))
    return found


def verdict(made: Made, columns: dict[str, list[Any]], said: Sequence[str]) -> str:
    """What a reading of a file is worth."""
    if difference(made, columns) is None:
        told = all(any(text in line for line in said) for _, text in made.exceptions)
        return "right" if told else "wrong in silence"
    return "said" if any("?" in line for line in said) or not columns else "wrong in silence"


def difference(made: Made, columns: dict[str, list[Any]]) -> str | None:
    """The first thing that a reading has otherwise than the file; None where it has all."""
    for place, (name, kind) in enumerate(made.kinds.items()):
        if name not in columns:
            return f"no column {name} among {list(columns)}"
        values = columns[name]
        if len(values) != len(made.rows):
            return f"{len(values)} rows, not {len(made.rows)}"
        for at, truth in enumerate(made.rows):
            if not _same(values[at], truth[place], kind):
                return f"{name} of row {at + 1} is {values[at]!r}, not {truth[place]!r}"
    return None


def _same(value: Any, truth: Any, kind: str) -> bool:
    if truth is None:
        return value is None
    if kind == "number":
        return isinstance(value, int | float) and math.isclose(value, truth, abs_tol=1e-6)
    if kind == "date":
        return isinstance(value, str | date) and str(value)[:10] == str(truth) and len(str(value)) >= 10
    if kind == "code":
        return str(value) == str(truth)
    return isinstance(value, str) and value == str(truth)


def _ours(made: Made) -> Reading:
    try:
        read = read_file(made.name, made.content, FileLimits())
    except EngineError as error:
        return {}, [f"{error.message}?"]
    table = max(read.tables, key=lambda each: sum(column.name in made.kinds for column in each.columns))
    said = [*table.notes, *(note for column in table.columns for note in column.notes)]
    said += [f"{column.name}: {column.open[1]}?" for column in table.columns if column.open]
    columns = {column.name: column.values for column in table.columns}
    return {name: _typed(column.kind, columns[name]) for column in table.columns for name in [column.name]}, said


def _typed(kind: str, values: Sequence[Any]) -> list[Any]:
    """Values by their kind: a date that is text is no date."""
    if kind in ("DATE", "TIMESTAMP"):
        return [None if value is None else date.fromisoformat(value[:10]) for value in values]
    return list(values)


def _tried(read: Callable[[Path], dict[str, list[Any]]], made: Made) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / made.name
        file.write_bytes(made.content)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return read(file), []
        except Exception as error:
            # What a peer raises is its word for "I cannot", whatever its class.
            return {}, [f"{error}?"]


def _pandas(file: Path) -> dict[str, list[Any]]:
    import pandas as pd

    frame = pd.read_excel(file) if file.suffix == ".xlsx" else pd.read_csv(file)
    return {str(name): [_plain(value) for value in frame[name].tolist()] for name in frame.columns}


def _duckdb(file: Path) -> dict[str, list[Any]]:
    import duckdb

    if file.suffix == ".xlsx":
        raise ValueError("DuckDB reads no workbook without an extension that it downloads")
    relation = duckdb.read_csv(str(file))
    rows = relation.fetchall()
    return {name: [_plain(row[at]) for row in rows] for at, name in enumerate(relation.columns)}


def _plain(value: Any) -> Any:
    if value is None or value != value:
        return None
    if isinstance(value, datetime):
        return value.date()
    return value.item() if hasattr(value, "item") else value


_PEERS = {"pandas": _pandas, "duckdb": _duckdb}
