"""MySQL and MariaDB, read so that nothing can change: a read-only transaction, a test of the query's shape, a clock.

READ ONLY refuses every change to tables, and one call takes one statement. But CALL, SET GLOBAL or SELECT INTO OUTFILE
would still run. So the server's own parser is asked first: it must take the text as a table in brackets, which only a
query can be, and a query there can write no file. EXPLAIN asks without running it.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any

from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions, convert_date, convert_datetime
from pymysql.cursors import SSCursor
from pymysql.err import MySQLError
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from engine.errors import UsageError
from engine.sources.other import Fetch, OtherSession

# Pinned, so that quotes, backslashes and || mean here what the parser took them for.
_SETTINGS = """
SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
    div_precision_increment = 12, lock_wait_timeout = 5, innodb_lock_wait_timeout = 5
"""
_READ_ONLY = ("SET SESSION TRANSACTION READ ONLY", "START TRANSACTION READ ONLY")
_AS_A_TABLE = "EXPLAIN FORMAT=JSON SELECT 1 FROM (\n{}\n) AS asked"
_BYTES_ALONE = 63  # the character set of what has none
# Errors that a query of the right shape may meet there: two columns of one name, a view whose inside may not be
# explained, a column whose text is no name. Others would be met by the query itself.
_NO_MATTER = frozenset({1060, 1345, 1059, 1166})
_NO_ENCRYPTION = 2026
_HANG_UP_AFTER = 3.0

_INTEGERS = frozenset({FIELD_TYPE.SHORT, FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG, FIELD_TYPE.INT24, FIELD_TYPE.YEAR})
_NUMBERS = frozenset({FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE, FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL})
_MOMENTS = frozenset({FIELD_TYPE.DATE, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP, FIELD_TYPE.NEWDATE})
_TEXTS = frozenset(
    {FIELD_TYPE.VARCHAR, FIELD_TYPE.VAR_STRING, FIELD_TYPE.STRING, FIELD_TYPE.ENUM, FIELD_TYPE.SET, FIELD_TYPE.JSON}
    | {FIELD_TYPE.TIME}
)
_LONG_TYPES = frozenset({FIELD_TYPE.TINY_BLOB, FIELD_TYPE.BLOB, FIELD_TYPE.MEDIUM_BLOB, FIELD_TYPE.LONG_BLOB})


class MySqlSession(OtherSession):
    """One connection and one read-only transaction."""

    _errors = (SQLAlchemyError, OSError, MySQLError)
    _limited = 0.0

    def grants(self) -> tuple[str, ...]:
        """The GRANT statements that made what this user may do, those of its roles among them."""
        connection = self.connection()
        try:
            found = _firsts(connection, "SHOW GRANTS")
            if not getattr(connection.dialect, "is_mariadb", False):
                # MySQL lists what a role gives only when it is asked with the role.
                roles, *_ = _firsts(connection, "SELECT CURRENT_ROLE()")
                if roles.upper() != "NONE":
                    found = _firsts(connection, f"SHOW GRANTS FOR CURRENT_USER() USING {roles}")
        except SQLAlchemyError as error:
            raise self._explained(error, self._caps.seconds) from None
        return found

    def _engine(self) -> Engine:
        mode = "disable" if self._url in _UNENCRYPTED else str(self._url.query.get("sslmode", "prefer"))
        return _engine(self._url, self._caps.seconds, mode)

    def _connect(self) -> Connection:
        try:
            return super()._connect()
        except DBAPIError as error:
            preferred = self._url.query.get("sslmode", "prefer") == "prefer"
            if not preferred or error.orig is None or error.orig.args[0] != _NO_ENCRYPTION:
                raise
        _UNENCRYPTED.add(self._url)
        return super()._connect()

    def _lock(self, connection: Connection) -> None:
        connection.exec_driver_sql(_SETTINGS)
        self._limited = 0.0
        for statement in _READ_ONLY:
            connection.exec_driver_sql(statement)

    def _limit(self, connection: Connection, seconds: float) -> None:
        """The time that the server gives a statement; it holds until another is set."""
        if seconds == self._limited:
            return
        self._limited = seconds
        if getattr(connection.dialect, "is_mariadb", False):
            connection.exec_driver_sql(f"SET SESSION max_statement_time = {max(seconds, 0.001):.3f}")
        else:
            connection.exec_driver_sql(f"SET SESSION max_execution_time = {max(1, int(seconds * 1000))}")

    def _prepare(self, connection: Connection, text: str, values: Any, seconds: float) -> None:
        if "\x00" in text:
            raise UsageError("The query holds a NUL character.", "Leave it out.")
        self._limit(connection, seconds)
        try:
            connection.exec_driver_sql(_AS_A_TABLE.format(text), values).all()
        except DBAPIError as error:
            if error.orig is None or error.orig.args[0] not in _NO_MATTER:
                raise

    def _run(self, connection: Connection, text: str, values: Any) -> tuple[Any, Fetch]:
        cursor = connection.connection.cursor(_Stream)
        cursor.execute(text, values)
        return cursor, cursor.fetchmany

    def _cancel(self, connection: Connection) -> None:
        """Ask the server over a second connection to end the first."""
        number = int(connection.connection.dbapi_connection.thread_id())  # type: ignore[union-attr]
        second = self._engine().raw_connection()
        try:
            second.cursor().execute(f"KILL {number}")
        finally:
            second.close()

    def _kinds(self, cursor: Any) -> tuple[str, ...]:
        return tuple(
            "text" if place in cursor.long_texts else _kind(column) for place, column in enumerate(cursor.description)
        )

    def _rows(self, rows: Sequence[tuple[Any, ...]], described: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        """TINYINT(1) is MySQL's boolean, where it holds nothing but 0 and 1."""
        places = [
            place
            for place, column in enumerate(described)
            if _is_boolean(column) and all(row[place] in (0, 1, None) for row in rows)
        ]
        if not places:
            return rows
        return [
            tuple(bool(value) if place in places and value is not None else value for place, value in enumerate(row))
            for row in rows
        ]


def _firsts(connection: Connection, statement: str) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in connection.exec_driver_sql(statement))


class _Stream(SSCursor):
    """Rows as they come; closed early, it hangs up instead of waiting for the rest."""

    _result: Any

    @property
    def long_texts(self) -> frozenset[int]:
        """The columns of long text, which has the type of bytes."""
        fields = self._result.fields if self._result else ()
        return frozenset(
            place
            for place, field in enumerate(fields)
            if field.type_code in _LONG_TYPES and field.charsetnr != _BYTES_ALONE
        )

    def close(self) -> None:
        if self.connection is not None and self._result is not None and self._result.unbuffered_active:
            self._result.unbuffered_active = False
            if self.connection.open:
                self.connection.close()
        super().close()

    __del__ = close


# Addresses whose servers offer no encryption.
_UNENCRYPTED: set[URL] = set()


@lru_cache(maxsize=16)
def _engine(url: URL, seconds: float, mode: str) -> Engine:
    """Kept, since its first connection asks the server about itself; it holds no connection."""
    arguments: dict[str, Any] = {
        "charset": "utf8mb4",
        "connect_timeout": int(str(url.query.get("connect_timeout", 5))),
        "read_timeout": seconds + _HANG_UP_AFTER,
        "write_timeout": seconds + _HANG_UP_AFTER,
        "program_name": "workbench",
        "local_infile": False,
        "conv": {**conversions, **_READERS},
    }
    if mode == "disable" or "unix_socket" in url.query:
        arguments["ssl_disabled"] = True
    else:
        arguments["ssl"] = _encryption(mode)
    plain = url.difference_update_query(["connect_timeout", "sslmode"])
    return create_engine(plain, poolclass=NullPool, connect_args=arguments, hide_parameters=True)


@lru_cache(maxsize=4)
def _encryption(mode: str) -> ssl.SSLContext:
    """Made once: reading this machine's certificates takes longer than a query."""
    context = ssl.create_default_context()
    context.check_hostname = mode == "verify-full"
    context.verify_mode = ssl.CERT_REQUIRED if mode.startswith("verify") else ssl.CERT_NONE
    return context


def _known(convert: Callable[[str], Any], text: str) -> date | datetime | None:
    """A date or moment; None for those without a month or day, as old MySQL keeps them."""
    with contextlib.suppress(ValueError):
        found = convert(text)
        return found if isinstance(found, date) else None
    return None


def _bits(stored: bytes) -> int:
    return int.from_bytes(stored, "big")


_READERS: dict[int, Any] = {
    FIELD_TYPE.DATE: partial(_known, convert_date),
    FIELD_TYPE.DATETIME: partial(_known, convert_datetime),
    FIELD_TYPE.TIMESTAMP: partial(_known, convert_datetime),
    FIELD_TYPE.TIME: str,
    FIELD_TYPE.DECIMAL: float,
    FIELD_TYPE.NEWDECIMAL: float,
    FIELD_TYPE.BIT: _bits,
}


def _is_boolean(column: Sequence[Any]) -> bool:
    return bool(column[1] == FIELD_TYPE.TINY and column[3] == 1)


def _kind(column: Sequence[Any]) -> str:
    """A key of frames.DTYPES."""
    code = column[1]
    if code == FIELD_TYPE.TINY:
        return "boolean" if _is_boolean(column) else "integer"
    for kind, codes in (("integer", _INTEGERS), ("number", _NUMBERS), ("text", _TEXTS), ("moment", _MOMENTS)):
        if code in codes:
            return kind
    return ""
