"""The program that reads one file: `python -m engine.datasets.reading`, started by `apart.py` with limits of its own.

It gets a line of JSON and the file on its input, writes the tables into a new SQLite file, and says on its output, in
one line of JSON, what it made or why it could not.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

from engine.errors import EngineError, UsageError
from engine.intake.files import read_file
from engine.intake.limits import FileLimits, over_memory, over_unpacked
from engine.intake.recipe import Recipe
from engine.intake.tables import ReadTable
from engine.intake.told import told_of, view_of
from engine.sources.naming import quoted

# Beside the data: the interpreter with its libraries, which map files that are not counted against the data.
MAPPED_MB = 2_048
MOST_VIEWS = 20
ROWS_AT_ONCE = 50_000


def main() -> int:
    """Read what is asked; exit 0 whatever comes of the file."""
    asked = json.loads(sys.stdin.buffer.readline())
    name, limits = str(asked["name"]), FileLimits.model_validate(asked["limits"])
    confine(limits)
    try:
        recipe = Recipe.model_validate(asked.get("recipe") or {})
        told = _made(name, sys.stdin.buffer.read(), Path(asked["target"]), limits, recipe)
    except EngineError as error:
        told = _refused(error)
    except MemoryError:
        told = _refused(over_memory(name, limits))
    except sqlite3.Error:
        told = _refused(over_unpacked(name, limits))
    print(json.dumps(told, ensure_ascii=False), flush=True)
    return 0


def confine(limits: FileLimits) -> None:
    """Give this process its limits; where the system has none of them, the one that started it watches the time.

    Windows has none, macOS takes those of memory and does not keep them.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    memory, seconds = limits.memory_mb << 20, int(limits.seconds) + 1
    wanted = {
        "RLIMIT_DATA": memory,
        "RLIMIT_AS": memory + (MAPPED_MB << 20),
        "RLIMIT_CPU": seconds,
        "RLIMIT_FSIZE": 2 * limits.unpacked_mb << 20,
        "RLIMIT_CORE": 0,
    }
    for limit, value in wanted.items():
        if hasattr(resource, limit):
            with contextlib.suppress(OSError, ValueError):
                # Between the two the processor's limit is a signal that says what it is about.
                beyond = value + 5 if limit == "RLIMIT_CPU" else value
                resource.setrlimit(getattr(resource, limit), (value, beyond))


def _made(name: str, content: bytes, target: Path, limits: FileLimits, recipe: Recipe) -> dict[str, Any]:
    read = read_file(name, content, limits, recipe)
    del content
    told = [told_of(table) for table in read.tables]
    views = [view_of(sheet, read.tables) for sheet in read.sheets[:MOST_VIEWS]]
    read.sheets.clear()
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as connection:
        # Nobody else reads it, and a half of it is thrown away.
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        for place, table in enumerate(read.tables):
            _fill(connection, place, table)
        connection.execute("COMMIT")
    return {
        "tables": [each.model_dump(mode="json") for each in told],
        "sheets": [each.model_dump(mode="json") for each in views],
    }


def _fill(connection: sqlite3.Connection, place: int, table: ReadTable) -> None:
    listed = ", ".join(f"c{at} {column.kind}" for at, column in enumerate(table.columns))
    connection.execute(f"CREATE TABLE {quoted(f't{place}')} ({listed})")
    marks = ", ".join("?" * len(table.columns))
    insert = f"INSERT INTO {quoted(f't{place}')} VALUES ({marks})"
    for start in range(0, len(table.lines), ROWS_AT_ONCE):
        parts = (column.values[start : start + ROWS_AT_ONCE] for column in table.columns)
        connection.executemany(insert, zip(*parts, strict=True))


def _refused(error: EngineError) -> dict[str, Any]:
    kind = "usage" if isinstance(error, UsageError) else "source"
    return {"error": {"kind": kind, "message": error.message, "hint": error.hint}}


if __name__ == "__main__":
    sys.exit(main())
