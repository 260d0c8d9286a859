"""SQLite, opened so that nothing can be written: read-only file, authorizer, limits, and a clock."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator, Mapping
from datetime import date, datetime
from decimal import Decimal
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from engine.errors import SourceError, UsageError
from engine.sources import caps as limits
from engine.sources.caps import Caps
from engine.sources.dialects import SQLITE
from engine.sources.frames import Chunk

CHUNK_ROWS = 20_000
BUSY_SECONDS = 5.0
_OPERATIONS_BETWEEN_LOOKS_AT_THE_CLOCK = 20_000
_MAGIC = b"SQLite format 3\x00"

_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_SCHEMA_PRAGMAS = frozenset({"table_info", "table_xinfo", "foreign_key_list", "index_list", "index_info"})
_REFUSED_FUNCTIONS = frozenset(
    {
        "load_extension",
        "zeroblob",
        "randomblob",
        "readfile",
        "writefile",
        "edit",
        "fts3_tokenizer",
        "sqlite_offset",
    }
)


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

    def __init__(self, path: Path, caps: Caps, *, discovering: bool = False) -> None:
        check_file(path)
        self._path, self._caps, self._discovering = path, caps, discovering
        self._deadline = float("inf")
        self._connection = self._open()

    def chunks(self, sql: str, bound: Mapping[str, Any], seconds: float | None = None) -> Generator[Chunk]:
        """The rows of one SELECT, in chunks; the first comes even when there is no row."""
        allowed = self._caps.seconds if seconds is None else seconds
        self._deadline = time.monotonic() + allowed
        try:
            cursor = self._connection.execute(sql, {name: _storable(name, value) for name, value in bound.items()})
            names = tuple(column[0] for column in cursor.description or ())
            rows = cursor.fetchmany(CHUNK_ROWS)
            yield Chunk(names, rows)
            while rows:
                rows = cursor.fetchmany(CHUNK_ROWS)
                yield Chunk(names, rows)
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            raise self._explained(error, allowed) from None

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
        """A connection with every lock on, after a first look at the file."""
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?{mode}",
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
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, self._caps.cell_bytes)
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000)
            connection.set_progress_handler(self._late, _OPERATIONS_BETWEEN_LOOKS_AT_THE_CLOCK)
            connection.set_authorizer(self._authorize)
        except BaseException:
            connection.close()
            raise
        return connection

    def _declare_functions(self, connection: sqlite3.Connection) -> None:
        """Use each once: SQLite declares it as an update of sqlite_master, which is refused later."""
        pragmas = [f"pragma_{name}('x')" for name in sorted(_SCHEMA_PRAGMAS)] if self._discovering else []
        for function in ("json_each('[]')", "json_tree('[]')", *pragmas):
            connection.execute(f"SELECT 1 FROM {function} LIMIT 0").fetchall()

    def _late(self) -> bool:
        return time.monotonic() > self._deadline

    def _authorize(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if action in _READING:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in _REFUSED_FUNCTIONS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and self._discovering and (first or "").lower() in _SCHEMA_PRAGMAS:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    def _explained(self, error: Exception, seconds: float) -> SourceError:
        text = str(error)
        if "interrupted" in text:
            return limits.too_slow(seconds)
        if "too big" in text:
            return limits.cell_too_large(self._caps.cell_bytes)
        for part, message, hint in _EXPLANATIONS:
            if part in text:
                return SourceError(message.format(text=text, path=self._path), hint)
        return SourceError(f"SQLite could not read: {text}.", "Check table and column names with the schema.")


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")


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
