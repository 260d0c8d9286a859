"""SQLite, opened so that nothing can be written: read-only file, authorizer, limits, and a clock."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Collection, Generator, Mapping
from datetime import date, datetime
from decimal import Decimal
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from engine.errors import EngineError, RefusedError, SourceError, UsageError
from engine.sources import caps as limits
from engine.sources.allowed_functions import SQLITE_FUNCTIONS, SQLITE_SLOW
from engine.sources.caps import Caps
from engine.sources.dialects import SQLITE
from engine.sources.frames import Chunk
from engine.sources.sqlite_apart import ApartError, read_apart
from engine.sources.sqlite_lock import CHUNK_ROWS, SCHEMA_PRAGMAS, Lock

_MAGIC = b"SQLite format 3\x00"

_UNCHANGED = "Only SELECT is allowed: the data is never changed."
# Part of SQLite's message, what is said instead, and the hint.
_EXPLANATIONS = (
    ("not authorized", "The database refused the statement: {text}.", _UNCHANGED),
    ("prohibited", "The database refused the statement: {text}.", _UNCHANGED),
    (
        "one statement",
        "Only one statement is allowed.",
        "Send one SELECT, without a second one after a semicolon.",
    ),
    ("readonly", "The database refused the statement: {text}.", _UNCHANGED),
    (
        "locked",
        "{path.name} is locked by another program.",
        "Wait until it has finished writing, then try again.",
    ),
    ("binding", "A value is missing or does not fit: {text}", "Give a value for every :name in the query."),
    ("malformed", "{path} is damaged: {text}.", "Restore the file from a backup."),
    ("not a database", "{path} is damaged: {text}.", "Restore the file from a backup."),
)


def check_file(path: Path) -> None:
    """Say plainly why `path` cannot be read as a SQLite database, if it cannot."""
    if not path.exists():
        raise SourceError(f"There is no database file {path}.", "Check the path in DATABASE_URL.")
    if not path.is_file():
        raise SourceError(f"{path} is not a file.", "DATABASE_URL must name a SQLite file.")
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.", "Check the rights on the file.") from None
    if not start:
        raise SourceError(f"{path} is empty: it holds no database.", "Check the path, or fill the database first.")
    if start != _MAGIC:
        raise SourceError(
            f"{path} is not a SQLite database.", "Check the path; an encrypted file cannot be read either."
        )


class SqliteSession:
    """One connection, for one read or for the few of a discovery."""

    dialect = SQLITE

    def __init__(self, path: Path, caps: Caps, *, discovering: bool = False, foreign: bool = False) -> None:
        """`foreign` statements are not ours: where they call what may take long at once, they are read apart."""
        check_file(path)
        self._path, self._caps = path, caps
        self._lock = Lock(
            SQLITE_FUNCTIONS - SQLITE_SLOW if foreign else SQLITE_FUNCTIONS,
            SCHEMA_PRAGMAS if discovering else frozenset(),
        )
        self._uri = ""
        self._connection = self._open()

    def chunks(self, sql: str, bound: Mapping[str, Any], seconds: float | None = None) -> Generator[Chunk]:
        """The rows of one SELECT, in chunks; the first comes even when there is no row."""
        allowed = self._caps.seconds if seconds is None else seconds
        values = {name: _storable(name, value) for name, value in bound.items()}
        self._lock.deadline = time.monotonic() + allowed
        self._lock.refused.clear()
        try:
            cursor = self._connection.execute(sql, values)
            names = tuple(column[0] for column in cursor.description or ())
            rows = cursor.fetchmany(CHUNK_ROWS)
            yield Chunk(names, rows)
            while rows:
                rows = cursor.fetchmany(CHUNK_ROWS)
                yield Chunk(names, rows)
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            if not self._lock.refused & SQLITE_SLOW:
                raise self._explained(error, allowed, self._lock.refused) from None
            # Denied while it was prepared, so nothing of it has run.
            yield from self._apart(sql, values, allowed)

    def _apart(self, sql: str, values: Mapping[str, Any], seconds: float) -> Generator[Chunk]:
        length = self._caps.cell_bytes
        reading = read_apart(self._uri, sql, values, functions=SQLITE_FUNCTIONS, longest=length, seconds=seconds)
        try:
            with contextlib.closing(reading):
                for names, rows in reading:
                    yield Chunk(names, rows)
        except ApartError as error:
            raise self._explained(error, seconds, error.refused) from None

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._locked("mode=ro")
        except sqlite3.OperationalError as error:
            # A WAL database in a folder where no -shm file can be made; without a -wal nothing is missed.
            wal = self._path.with_name(self._path.name + "-wal")
            unwritable = any(part in str(error) for part in ("unable to open", "readonly"))
            if not unwritable or (wal.exists() and wal.stat().st_size):
                raise self._explained(error, 0.0) from None
        except sqlite3.Error as error:
            raise self._explained(error, 0.0) from None
        try:
            return self._locked("mode=ro&immutable=1")
        except sqlite3.Error as error:
            raise self._explained(error, 0.0) from None

    def _locked(self, mode: str) -> sqlite3.Connection:
        self._uri = f"{self._path.as_uri()}?{mode}"
        return self._lock.open(self._uri, self._caps.cell_bytes)

    def _explained(self, error: Exception, seconds: float, refused: Collection[str] = ()) -> EngineError:
        text = str(error)
        if refused:
            return RefusedError(
                f"The function {min(refused)}() may not be used in a query.",
                "Queries read tables and views, and call functions that only compute.",
            )
        if "interrupted" in text:
            return limits.too_slow(seconds)
        if "too big" in text:
            return limits.cell_too_large(self._caps.cell_bytes)
        for part, message, hint in _EXPLANATIONS:
            if part in text:
                return SourceError(message.format(text=text, path=self._path), hint)
        return SourceError(f"SQLite could not read: {text}.", "Check table and column names with the schema.")


def _storable(name: str, value: Any) -> Any:
    """A bound value in one of the five types that SQLite stores."""
    if value is None or isinstance(value, str | bytes):
        return value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool | Integral):
        return int(value)
    if isinstance(value, Real | Decimal):
        return float(value)
    if hasattr(value, "item"):
        return _storable(name, value.item())
    raise UsageError(
        f"The value bound to :{name} is a {type(value).__name__}.",
        "Bind text, numbers, dates, booleans or nothing.",
    )
