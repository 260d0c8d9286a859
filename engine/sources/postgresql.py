"""PostgreSQL, read so that nothing can be changed: a read-only transaction, one statement, a clock outside the server.

psycopg2 sends text by the simple protocol, where `SELECT 1; COMMIT; DROP ...` is three statements. So the SQL never
travels as a statement: it goes as a string to `OPEN ... FOR EXECUTE`, which takes exactly one query and nothing else,
inside a transaction that is READ ONLY for good, because it has already answered a first query.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg2
from psycopg2 import extensions, extras
from sqlalchemy import URL

from engine.errors import SourceError, UsageError
from engine.sources import caps as limits
from engine.sources.address import public_address
from engine.sources.binding import bind
from engine.sources.caps import Caps
from engine.sources.frames import Chunk

_PORTAL = "workbench_portal"
_FIRST_ROWS, _MOST_ROWS, _CHUNK_BYTES = 200, 20_000, 4_194_304
_GRACE_SECONDS = 2.0
_CELL_MARK = "bytes in one cell"

_INTEGERS, _NUMBERS, _BOOLEAN, _MONEY = frozenset({20, 21, 23, 26}), frozenset({700, 701, 1700, 790}), 16, 790
_TEXTS = frozenset({18, 19, 25, 1042, 1043, 114, 3802, 142, 2950})
_MOMENTS = frozenset({1082, 1114, 1184})
_SIZED_BY_LENGTH = frozenset({25, 1042, 1043, 17})
_FIXED = _INTEGERS | (_NUMBERS - {1700}) | _MOMENTS | {_BOOLEAN, 18, 19, 2950, 1083, 1266, 1186}

# A superuser's rights (files, programs, other sessions) are laid down for the read; what it may see stays the same.
# The search path is kept by name: "$user" would mean another schema afterwards. Row security must fail, never filter.
_FIRST_QUERY = """
SELECT current_setting('is_superuser') = 'on' AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_read_all_data'),
       set_config('search_path', (SELECT coalesce(string_agg(quote_ident(s), ', ' ORDER BY n), '""')
                                  FROM unnest(current_schemas(false)) WITH ORDINALITY AS path(s, n)), true),
       (SELECT set_config(name, '1000', true) FROM pg_settings WHERE name = 'client_connection_check_interval')
"""


class PostgresSession:
    """One connection and one read-only transaction, for one read or for the few of a discovery."""

    def __init__(self, url: URL, caps: Caps) -> None:
        self._url, self._caps = url, caps
        self._connection = self._connect()
        try:
            self._begin()
        except psycopg2.Error as error:
            self.close()
            raise self._explained(error, caps.seconds) from None

    def chunks(self, sql: str, bound: Mapping[str, Any], seconds: float | None = None) -> Iterator[Chunk]:
        """The rows of one SELECT, in chunks; the first comes even when there is no row."""
        allowed = self._caps.seconds if seconds is None else seconds
        text = bind(sql, bound, self._literal)
        with _Deadline(self._connection, allowed) as deadline, self._connection.cursor() as cursor:
            try:
                cursor.execute("SAVEPOINT read")
                cursor.execute(f"SET LOCAL statement_timeout = {max(1, int(allowed * 1000))}")
                yield from self._fetched(cursor, text)
                cursor.execute(f"CLOSE {_PORTAL}")
            except psycopg2.Error as error:
                if not deadline.passed:
                    self._recover(cursor)
                raise self._explained(error, allowed, late=deadline.passed) from None
            except (ValueError, OverflowError) as error:
                raise SourceError(f"A value cannot be represented: {error}.", "Cast that column to text in SQL.") from None

    def close(self) -> None:
        """Undo whatever the transaction held, and hang up."""
        with contextlib.suppress(psycopg2.Error):
            self._connection.close()

    def _connect(self) -> extensions.connection:
        parts = self._url.translate_connect_args(username="user", database="dbname")
        options = {"application_name": "workbench", "connect_timeout": "5", **self._url.query, **parts}
        try:
            connection = psycopg2.connect(**options)
        except (psycopg2.Error, UnicodeError, ValueError) as error:
            raise connection_error(self._url, str(error)) from None
        extras.register_default_json(connection, loads=_unread)
        extras.register_default_jsonb(connection, loads=_unread)
        extensions.register_type(_FLOAT, connection)
        extensions.register_type(_CASH, connection)
        return connection

    def _begin(self) -> None:
        self._connection.set_session(readonly=True, deferrable=False, autocommit=False)
        self._connection.set_client_encoding("UTF8")
        with self._connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(self._caps.seconds * 1000)}")
            cursor.execute(_FIRST_QUERY)
            (superuser, *_), = cursor.fetchall()
            if superuser:
                cursor.execute("SET LOCAL row_security = off; SET LOCAL ROLE pg_read_all_data")

    def _fetched(self, cursor: extensions.cursor, text: str) -> Iterator[Chunk]:
        self._open(cursor, text)
        cursor.execute(f"FETCH 0 FROM {_PORTAL}")
        described = tuple(cursor.description or ())
        names, types = tuple(column.name for column in described), tuple(column.type_code for column in described)
        guard = _guard(text, types, self._caps.cell_bytes)
        if guard:
            cursor.execute(f"CLOSE {_PORTAL}")
            self._open(cursor, guard)
        kinds = tuple(_kind(code) for code in types)
        count, rows = _FIRST_ROWS, [()]
        while rows:
            cursor.execute(f"FETCH FORWARD {count} FROM {_PORTAL}")
            rows = [row[: len(names)] for row in cursor.fetchall()] if guard else cursor.fetchall()
            yield Chunk(names, rows, kinds)
            count = _next_count(rows, count)

    def _open(self, cursor: extensions.cursor, text: str) -> None:
        body = (
            f"DECLARE portal refcursor := '{_PORTAL}'; "
            f"BEGIN OPEN portal NO SCROLL FOR EXECUTE {self._literal(text)}; END"
        )
        cursor.execute(f"DO {self._literal(body)}")

    def _literal(self, value: Any) -> str:
        """`value` as this server reads it."""
        if hasattr(value, "item"):
            value = value.item()
        if isinstance(value, str) and "\x00" in value:
            raise UsageError("A bound value holds a NUL character.", "PostgreSQL has no such text.")
        try:
            adapted = extensions.adapt(value)
        except psycopg2.ProgrammingError:
            raise UsageError(f"A value of type {type(value).__name__} cannot be bound.", "Bind text, numbers or dates.") from None
        if hasattr(adapted, "prepare"):
            adapted.prepare(self._connection)
        return str(adapted.getquoted(), "utf-8")

    def _recover(self, cursor: extensions.cursor) -> None:
        """Let the next query of a discovery run after one that failed."""
        with contextlib.suppress(psycopg2.Error):
            cursor.execute("ROLLBACK TO SAVEPOINT read")

    def _explained(self, error: psycopg2.Error, seconds: float, *, late: bool = False) -> SourceError:
        if late or error.pgcode == "57014":
            return limits.too_slow(seconds)
        lines = (str(error).strip() or "the connection was lost").splitlines()
        first = lines[0].removeprefix("ERROR:").strip()
        if _CELL_MARK in first:
            size = "".join(letter for letter in first if letter.isdigit())
            return limits.cell_too_large(self._caps.cell_bytes, int(size) if size else None)
        if error.pgcode is None:
            return connection_error(self._url, str(error))
        return SourceError(f"PostgreSQL could not read: {first}.", _hint(error.pgcode, lines))


class _Deadline:
    """Ends a read from outside: cancel first, and if the server does not listen, hang up."""

    def __init__(self, connection: extensions.connection, seconds: float) -> None:
        self._connection = connection
        self.passed = False
        self._timers = [
            threading.Timer(seconds + 0.25, self._cancel),
            threading.Timer(seconds + 0.25 + _GRACE_SECONDS, self._hang_up),
        ]

    def __enter__(self) -> _Deadline:
        for timer in self._timers:
            timer.daemon = True
            timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        for timer in self._timers:
            timer.cancel()

    def _cancel(self) -> None:
        self.passed = True
        with contextlib.suppress(psycopg2.Error):
            self._connection.cancel()

    def _hang_up(self) -> None:
        with contextlib.suppress(psycopg2.Error, OSError):
            with socket.socket(fileno=os.dup(self._connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)


def connection_error(url: URL, message: str) -> SourceError:
    """One sentence for what libpq says at length; never the password."""
    place, text = public_address(url), message.lower()
    if "password authentication failed" in text or "no password supplied" in text or ("role" in text and "exist" in text):
        return SourceError(f"The database refused the login of {place}.", "Check user and password in DATABASE_URL.")
    if "database" in text and "does not exist" in text:
        return SourceError(f"There is no database '{url.database}' on that server.", "Check the name at the end of DATABASE_URL.")
    if "could not translate host name" in text or "name or service not known" in text:
        return SourceError(f"The host of {place} is not known.", "Check the host in DATABASE_URL.")
    if "no pg_hba.conf entry" in text or "ssl" in text:
        return SourceError(f"The server does not accept this kind of connection to {place}.", "Try ?sslmode=require, or ask its administrator.")
    if "timeout" in text or "timed out" in text:
        return SourceError(f"{place} did not answer in time.", "Check host, port, firewall and network.")
    if "too many" in text or "remaining connection slots" in text:
        return SourceError(f"{place} has no free connection.", "Try again later.")
    if "closed the connection" in text or "terminat" in text or "eof" in text:
        return SourceError(f"The connection to {place} was lost while reading.", "Try again; check that the server is up.")
    return SourceError(f"{place} cannot be reached.", "Check that the server is running, and host and port in DATABASE_URL.")


def _guard(text: str, types: Sequence[int], cap: int) -> str:
    """The query with a last column that fails on the server before a cell over the cap is sent; empty if none can be."""
    sizes = [
        f"octet_length(q.c{n})" if code in _SIZED_BY_LENGTH else f"pg_column_size(q.c{n})"
        for n, code in enumerate(types)
        if code not in _FIXED
    ]
    if not sizes:
        return ""
    names = ", ".join(f"c{n}" for n in range(len(types)))
    biggest = f"greatest({', '.join(sizes)})"
    inner = text.rstrip().rstrip(";")
    return (
        f"SELECT q.*, CASE WHEN {biggest} > {cap} THEN ({biggest}::text || ' {_CELL_MARK}')::int END"
        f"\nFROM (\n{inner}\n) AS q({names})"
    )


def _next_count(rows: Sequence[tuple[Any, ...]], count: int) -> int:
    """How many rows to ask for, so that a chunk stays near a few megabytes."""
    if not rows:
        return count
    sample = rows[-50:]
    size = sum(len(value) if isinstance(value, str | bytes) else 16 for row in sample for value in row) / len(sample)
    return int(min(_MOST_ROWS, count * 10, max(1, _CHUNK_BYTES // max(1, int(size)))))


def _kind(code: int) -> str:
    """A key of frames.DTYPES."""
    if code in _INTEGERS:
        return "integer"
    if code in _NUMBERS:
        return "number"
    if code in _TEXTS:
        return "text"
    if code in _MOMENTS:
        return "moment"
    return "boolean" if code == _BOOLEAN else "other"


def _hint(code: str, lines: Sequence[str]) -> str:
    said = next((line.removeprefix("HINT:").strip() for line in lines if line.startswith("HINT:")), "")
    if code in ("25006", "42501", "0A000", "42P11", "34000"):
        return "Only SELECT on tables that the role may read is allowed: the data is never changed."
    return said or "Check table and column names with the schema."


def _unread(text: str) -> str:
    return text


def _cash(value: str | None, cursor: extensions.cursor) -> float | None:
    if value is None:
        return None
    digits = "".join(letter for letter in value if letter.isdigit() or letter in ".-")
    return float(digits) if digits else None


_FLOAT = extensions.new_type((1700,), "WORKBENCH_FLOAT", extensions.FLOAT)
_CASH = extensions.new_type((_MONEY,), "WORKBENCH_CASH", _cash)
