"""PostgreSQL, read so that nothing can change: a read-only transaction, one query, a clock outside it.

psycopg2 sends text by the simple protocol, where `SELECT 1; COMMIT; DROP ...` is three statements. So the SQL
never travels as a statement: it goes as a string to `OPEN ... FOR EXECUTE`, which takes exactly one query and
nothing else, inside a transaction that is READ ONLY for good, because it has already answered a first query.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import psycopg2
from psycopg2 import extensions, extras
from sqlalchemy import URL

from engine.errors import SourceError, UsageError
from engine.sources import caps as limits
from engine.sources.binding import bind
from engine.sources.caps import Caps
from engine.sources.deadline import Deadline
from engine.sources.dialects import POSTGRESQL
from engine.sources.frames import FIRST_ROWS, Chunk, next_count
from engine.sources.unreachable import connection_error, query_error

_PORTAL = "workbench_portal"
_CELL_MARK = "bytes in one cell"

_NUMERIC, _MONEY, _BOOLEAN = 1700, 790, 16
_INTEGERS = frozenset({20, 21, 23, 26})
_NUMBERS = frozenset({700, 701, _NUMERIC, _MONEY})
_TEXTS = frozenset({18, 19, 25, 1042, 1043, 114, 3802, 142, 2950})
_MOMENTS = frozenset({1082, 1114, 1184})
_SIZED_BY_LENGTH = frozenset({25, 1042, 1043, 17})
_FIXED = _INTEGERS | (_NUMBERS - {_NUMERIC}) | _MOMENTS | {_BOOLEAN, 18, 19, 2950, 1083, 1266, 1186}

# A superuser's rights (files, programs, other sessions) are laid down for the read; what may be seen stays.
# The search path is kept by name, since "$user" would mean another schema then.
_FIRST_QUERY = """
SELECT current_setting('is_superuser') = 'on'
           AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_read_all_data'),
       set_config('search_path', (SELECT coalesce(string_agg(quote_ident(s), ', ' ORDER BY n), '""')
                                  FROM unnest(current_schemas(false)) WITH ORDINALITY AS p(s, n)), true),
       (SELECT set_config(name, '1000', true) FROM pg_settings
        WHERE name = 'client_connection_check_interval')
"""
# Row security would now hide rows from a superuser who saw them: it must fail instead.
_LAY_DOWN = "SET LOCAL row_security = off; SET LOCAL ROLE pg_read_all_data"


class PostgresSession:
    """One connection and one read-only transaction, for one read or for the few of a discovery."""

    dialect = POSTGRESQL

    def __init__(self, url: URL, caps: Caps) -> None:
        self._url, self._caps = url, caps
        self._saved = False
        self._connection = self._connect()
        try:
            self._begin()
        except psycopg2.Error as error:
            self.close()
            raise self._explained(error, caps.seconds) from None

    def chunks(self, sql: str, bound: Mapping[str, Any], seconds: float | None = None) -> Generator[Chunk]:
        """The rows of one SELECT, in chunks; the first comes even when there is no row."""
        allowed = self._caps.seconds if seconds is None else seconds
        text = bind(sql, bound, self._literal)
        with Deadline(self._connection, allowed) as deadline, self._connection.cursor() as cursor:
            try:
                for chunk in self._fetched(cursor, text, allowed):
                    yield chunk
                    if deadline.passed:
                        raise limits.too_slow(allowed)
            except psycopg2.Error as error:
                if not deadline.passed:
                    self._recover(cursor)
                raise self._explained(error, allowed, late=deadline.passed) from None
            except (ValueError, OverflowError) as error:
                raise SourceError(
                    f"A value cannot be represented: {error}.", "Cast that column to text in SQL."
                ) from None

    def own_rows(self, sql: str, bound: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a small statement of ours, asked at once."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(bind(sql, bound, self._literal))
                return list(cursor.fetchall())
        except psycopg2.Error as error:
            raise self._explained(error, self._caps.seconds) from None

    def close(self) -> None:
        """Hang up, which undoes whatever the transaction held."""
        with contextlib.suppress(psycopg2.Error):
            self._connection.close()

    def _connect(self) -> extensions.connection:
        parts = self._url.translate_connect_args(username="user", database="dbname")
        usual = {"application_name": "workbench", "connect_timeout": "5"}
        given = {**usual, **self._url.query, **parts, "client_encoding": "UTF8"}
        try:
            connection = psycopg2.connect(**given)
            if connection.get_parameter_status("standard_conforming_strings") != "on":
                # A backslash in a text must mean what the check of names took it for. The driver asks how to quote
                # when it connects, so the setting must stand by then.
                connection.close()
                connection = psycopg2.connect(**given, options="-c standard_conforming_strings=on")
        except (psycopg2.Error, UnicodeError, ValueError) as error:
            raise connection_error(self._url, str(error)) from None
        extras.register_default_json(connection, loads=_unread)
        extras.register_default_jsonb(connection, loads=_unread)
        extensions.register_type(_FLOAT, connection)
        extensions.register_type(_CASH, connection)
        return connection

    def _begin(self) -> None:
        self._connection.set_session(readonly=True, autocommit=False)
        with self._connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(self._caps.seconds * 1000)}; {_FIRST_QUERY}")
            ((superuser, *_),) = cursor.fetchall()
            if superuser:
                cursor.execute(_LAY_DOWN)

    def _fetched(self, cursor: extensions.cursor, text: str, seconds: float) -> Iterator[Chunk]:
        # Released before it is made again: a discovery would nest hundreds otherwise.
        released, self._saved = "RELEASE SAVEPOINT read; " if self._saved else "", True
        cursor.execute(
            f"{released}SAVEPOINT read; CLOSE ALL;"
            f" SET LOCAL statement_timeout = {max(1, int(seconds * 1000))};"
            f" {self._opening(text)}; FETCH 0 FROM {_PORTAL}"
        )
        described = tuple(cursor.description or ())
        names = tuple(column.name for column in described)
        types = tuple(column.type_code for column in described)
        kinds = tuple(_kind(code) for code in types)
        guard = _guard(text, types, self._caps.cell_bytes)
        first = f"CLOSE {_PORTAL}; {self._opening(guard)}; " if guard else ""
        count, full = FIRST_ROWS, True
        while full:
            cursor.execute(f"{first}FETCH FORWARD {count} FROM {_PORTAL}")
            rows = cursor.fetchall()
            first, full = "", len(rows) == count
            count = next_count(rows, count)
            yield Chunk(names, [row[: len(names)] for row in rows] if guard else rows, kinds)

    def _opening(self, text: str) -> str:
        """A statement of ours that opens the portal on `text`, which is data to it."""
        opened = f"OPEN portal NO SCROLL FOR EXECUTE {self._literal(text)}"
        body = f"DECLARE portal refcursor := '{_PORTAL}'; BEGIN {opened}; END"
        return f"DO {self._literal(body)}"

    def _literal(self, value: Any) -> str:
        """`value` as this server reads it."""
        if hasattr(value, "item"):
            value = value.item()
        if isinstance(value, str) and "\x00" in value:
            raise UsageError("A text holds a NUL character.", "PostgreSQL has no such text.")
        try:
            adapted = extensions.adapt(value)
        except psycopg2.ProgrammingError:
            kind = type(value).__name__
            raise UsageError(f"A value of type {kind} cannot be bound.", "Bind text, numbers or dates.") from None
        if hasattr(adapted, "prepare"):
            adapted.prepare(self._connection)
        return str(adapted.getquoted(), "utf-8")

    def _recover(self, cursor: extensions.cursor) -> None:
        """Let the next query of a discovery run after one that failed."""
        with contextlib.suppress(psycopg2.Error):
            cursor.execute("ROLLBACK TO SAVEPOINT read")

    def _explained(self, error: psycopg2.Error, seconds: float, *, late: bool = False) -> SourceError:
        message = str(error)
        if late or error.pgcode == "57014":
            return limits.too_slow(seconds)
        if _CELL_MARK in message:
            size = "".join(letter for letter in message.split(_CELL_MARK)[0] if letter.isdigit())
            return limits.cell_too_large(self._caps.cell_bytes, int(size) if size else None)
        if error.pgcode is None or error.pgcode.startswith("57P"):
            return connection_error(self._url, message)
        return query_error(error.pgcode, message)


def _guard(text: str, types: Sequence[int], cap: int) -> str:
    """The query with one more column, which fails on the server before a cell over the cap is sent.

    Empty when no column can hold such a cell.
    """
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


def _kind(code: int) -> str:
    """A key of frames.DTYPES."""
    for kind, codes in (("integer", _INTEGERS), ("number", _NUMBERS), ("text", _TEXTS), ("moment", _MOMENTS)):
        if code in codes:
            return kind
    return "boolean" if code == _BOOLEAN else "other"


def _unread(text: str) -> str:
    return text


def _cash(value: str | None, cursor: extensions.cursor) -> float | None:
    if value is None:
        return None
    digits = "".join(letter for letter in value if letter.isdigit() or letter in ".-")
    return float(digits) if digits else None


_FLOAT = extensions.new_type((_NUMERIC,), "WORKBENCH_FLOAT", extensions.FLOAT)
_CASH = extensions.new_type((_MONEY,), "WORKBENCH_CASH", _cash)
