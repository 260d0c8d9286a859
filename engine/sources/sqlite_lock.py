"""A SQLite file opened so that nothing can be written: read-only, with an authorizer, limits and a clock.

Run as a program it reads one query for another process, which can end it in the middle of a function: SQLite looks at
a clock between its steps alone. So nothing but the standard library is imported here.
"""

from __future__ import annotations

import marshal
import sqlite3
import statistics
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

CHUNK_ROWS = 20_000
BUSY_SECONDS = 5.0
_OPERATIONS_BETWEEN_LOOKS_AT_THE_CLOCK = 20_000
_LONGEST_PATTERN = 1_000

_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_PAGES = frozenset({"sqlite_dbpage", "dbstat", "sqlite_stmt"})
SCHEMA_PRAGMAS = frozenset({"table_info", "table_xinfo", "foreign_key_list", "index_list", "index_info"})


def _boolean(stored: bytes) -> bool | int | str:
    known = {b"1": True, b"0": False, b"true": True, b"false": False, b"t": True, b"f": False}
    return known.get(stored.lower(), stored.decode("utf-8", "replace"))


def _number(stored: bytes) -> float | str:
    try:
        return float(stored)
    except ValueError:
        return stored.decode("utf-8", "replace")


def _moment(stored: bytes) -> int | str:
    return int(stored) if stored.isdigit() else stored.decode("utf-8", "replace")


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")


# The registry is the process's, but it only speaks to connections opened with PARSE_DECLTYPES, as ours are.
# Dates stay text here: frames.py turns whole columns into dates, and a bad one never ends the read.
for _name, _converter in {
    "boolean": _boolean,
    "bool": _boolean,
    "numeric": _number,
    "decimal": _number,
    "date": _moment,
    "timestamp": _moment,
}.items():
    sqlite3.register_converter(_name, _converter)


class _Median:
    """The median of a column, which SQLite does not have of its own."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def step(self, value: Any, /) -> None:
        """Take one value; what is empty or no number is left out."""
        if isinstance(value, int | float):
            self.values.append(value)

    def finalize(self) -> Any:
        """The middle value, or the mean of the two in the middle; nothing of nothing."""
        return statistics.median(self.values) if self.values else None


@dataclass
class Lock:
    """What a connection may do, and until when. `refused` collects the functions that a statement was denied."""

    functions: frozenset[str]
    pragmas: frozenset[str] = frozenset()
    deadline: float = float("inf")
    refused: set[str] = field(default_factory=set)

    def open(self, uri: str, longest: int) -> sqlite3.Connection:
        """A connection with every lock on, after a first look at the file; `longest` bounds every text and blob."""
        connection = sqlite3.connect(
            uri,
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            detect_types=sqlite3.PARSE_DECLTYPES,
            check_same_thread=False,
        )
        try:
            connection.text_factory = _text
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            self._declare_functions(connection)
            connection.create_aggregate("median", 1, _Median)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, longest)
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _LONGEST_PATTERN)
            connection.set_progress_handler(self._late, _OPERATIONS_BETWEEN_LOOKS_AT_THE_CLOCK)
            connection.set_authorizer(self._authorize)
        except BaseException:
            connection.close()
            raise
        return connection

    def _declare_functions(self, connection: sqlite3.Connection) -> None:
        """Use each once: SQLite declares it as an update of sqlite_master, which is refused later."""
        for function in (
            "json_each('[]')",
            "json_tree('[]')",
            *(f"pragma_{name}('x')" for name in sorted(self.pragmas)),
        ):
            connection.execute(f"SELECT 1 FROM {function} LIMIT 0").fetchall()

    def _late(self) -> bool:
        return time.monotonic() > self.deadline

    def _authorize(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        allowed = action in _READING and (first or "").lower() not in _PAGES
        if action == sqlite3.SQLITE_FUNCTION:
            allowed = (second or "").lower() in self.functions
            if not allowed:
                self.refused.add((second or "").lower())
        elif action == sqlite3.SQLITE_PRAGMA:
            allowed = (first or "").lower() in self.pragmas
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def serve(request: BinaryIO, answer: BinaryIO) -> None:
    """Answer one request: what `sqlite_apart` asked, then rows in chunks or the error."""
    asked: Mapping[str, Any] = marshal.load(request)
    lock = Lock(frozenset(asked["functions"]), deadline=time.monotonic() + asked["seconds"])
    try:
        connection = lock.open(asked["uri"], asked["longest"])
        cursor = connection.execute(asked["sql"], asked["bound"])
        names = tuple(column[0] for column in cursor.description or ())
        rows: list[Any] | None = None
        while rows is None or rows:
            rows = cursor.fetchmany(CHUNK_ROWS)
            marshal.dump(("rows", names, rows), answer)
            answer.flush()
    except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
        marshal.dump(("error", str(error), sorted(lock.refused)), answer)
    else:
        marshal.dump(("end", "", []), answer)


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # nobody wants the rest
        serve(sys.stdin.buffer, sys.stdout.buffer)
