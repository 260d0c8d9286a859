"""Databases read through SQLAlchemy: one connection a read, rolled back and closed at its end.

What every driver offers is used: bound values, rows in chunks, a transaction that is never committed. What only one
kind of database offers stands in a module of its own, as mysql.py does.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from engine.errors import SourceError, UsageError
from engine.sources import caps as limits
from engine.sources.binding import marked
from engine.sources.caps import Caps
from engine.sources.dialects import other_dialect
from engine.sources.frames import FIRST_ROWS, Chunk, next_count
from engine.sources.unreachable import other_error

_AFTER_THE_SERVER = 0.25

Fetch = Callable[[int], Sequence[Sequence[Any]]]


class OtherSession:
    """One connection, for one read or for the few of a discovery."""

    _errors: tuple[type[Exception], ...] = (SQLAlchemyError, OSError)

    def __init__(self, url: URL, caps: Caps) -> None:
        found = other_dialect(url.drivername)
        if found is None:
            raise UsageError(f"'{url.drivername}' is not read this way.", "Check DATABASE_URL.")
        self._about, self._driver = found
        self.dialect = self._about.name
        self._url, self._caps = url, caps
        self._connection: Connection | None = None
        self.connection()

    def connection(self) -> Connection:
        """The locked connection; made anew when the one before was lost."""
        if self._connection is None or self._connection.invalidated:
            self._connection = self._open()
        return self._connection

    def chunks(self, sql: str, bound: Mapping[str, Any], seconds: float | None = None) -> Generator[Chunk]:
        """The rows of one SELECT, in chunks; the first comes even when there is no row."""
        allowed = self._caps.seconds if seconds is None else seconds
        connection = self.connection()
        plain = {name: _plain(name, value) for name, value in bound.items()}
        text, values = marked(sql, plain, self._about.flavour, connection.dialect.paramstyle)
        done = False
        with _Clock(partial(self._cancel, connection), allowed) as clock:
            try:
                self._prepare(connection, text, values, allowed)
                cursor, fetch = self._run(connection, text, values)
                for chunk in self._fetched(cursor, fetch):
                    yield chunk
                    if clock.passed:
                        raise limits.too_slow(allowed)
                done = True
            except self._errors as error:
                raise self._explained(error, allowed, late=clock.passed) from None
            except (ValueError, OverflowError, TypeError) as error:
                raise SourceError(
                    f"A value cannot be represented: {error}.", "Cast that column to text in SQL."
                ) from None
            finally:
                if not done:
                    self._hang_up()  # rows that nobody wants must not be waited for

    def close(self) -> None:
        """Undo whatever the transaction held, and hang up."""
        if self._connection is not None:
            with contextlib.suppress(SQLAlchemyError, OSError):
                self._connection.close()

    # What one kind of database does in its own way.

    def _engine(self) -> Engine:
        return _engine(self._url)

    def _connect(self) -> Connection:
        return self._engine().connect()

    def _lock(self, connection: Connection) -> None:
        """Make the transaction one that only reads, as far as the database knows such."""
        milliseconds = int(self._caps.seconds * 1000)
        for statement in self._about.opening:
            connection.exec_driver_sql(statement.format(seconds=int(self._caps.seconds), milliseconds=milliseconds))

    def _prepare(self, connection: Connection, text: str, values: Any, seconds: float) -> None:
        """What is to be done before a statement is run."""

    def _run(self, connection: Connection, text: str, values: Any) -> tuple[Any, Fetch]:
        """The driver's cursor after the statement was run, and what gives its next rows."""
        result = connection.exec_driver_sql(text, values, {"stream_results": True})
        if not result.returns_rows:
            raise SourceError("The statement gives no rows.", "Only SELECT is allowed: the data is never changed.")
        return result.cursor, result.fetchmany

    def _cancel(self, connection: Connection) -> None:
        """End the running statement, where the driver can do so from outside."""
        raw = connection.connection.dbapi_connection
        for name in ("cancel", "interrupt"):
            if callable(stop := getattr(raw, name, None)):
                stop()
                return

    def _kinds(self, cursor: Any) -> tuple[str, ...]:
        """Keys of frames.DTYPES, as far as the driver tells."""
        return tuple(_kind(self._engine().dialect.dbapi, column[1]) for column in cursor.description or ())

    def _rows(self, rows: Sequence[tuple[Any, ...]], described: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        """Rows in plain types."""
        return rows

    # The rest is the same for all.

    def _open(self) -> Connection:
        try:
            connection = self._connect()
        except (NoSuchModuleError, ImportError):
            raise missing_driver(self._url) from None
        except ArgumentError:
            raise SourceError("The database address is not understood by its driver.", "Check DATABASE_URL.") from None
        except (SQLAlchemyError, OSError, ValueError, TypeError) as error:
            raise self._explained(error, self._caps.seconds) from None
        try:
            self._lock(connection)
        except SQLAlchemyError as error:
            connection.close()
            raise self._explained(error, self._caps.seconds) from None
        return connection

    def _fetched(self, cursor: Any, fetch: Fetch) -> Iterator[Chunk]:
        described = tuple(cursor.description or ())
        names, kinds = tuple(str(column[0]) for column in described), self._kinds(cursor)
        count, full = FIRST_ROWS, True
        while full:
            rows = self._rows([tuple(row) for row in fetch(count)], described)
            full = len(rows) == count
            count = next_count(rows, count)
            yield Chunk(names, rows, kinds)

    def _hang_up(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(SQLAlchemyError, OSError):
                self._connection.invalidate()
            with contextlib.suppress(SQLAlchemyError, OSError):
                self._connection.close()
            self._connection = None

    def _explained(self, error: Exception, seconds: float, *, late: bool = False) -> SourceError:
        """One sentence for what a driver says at length, without the password."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        return limits.too_slow(seconds) if late else other_error(self._url, cause, seconds)


def missing_driver(url: URL) -> SourceError:
    """What to install to read a database of this kind."""
    found = other_dialect(url.drivername)
    title, package = (found[0].title, found[0].package(found[1])) if found else (url.drivername, "its driver")
    return SourceError(
        f"The driver for {title} is not installed.", f"Install it beside the workbench: pip install {package}"
    )


class _Clock:
    """Ends a read from outside when its time is over."""

    def __init__(self, cancel: Callable[[], None], seconds: float) -> None:
        self._cancel = cancel
        self.passed = False
        self._timer = threading.Timer(seconds + _AFTER_THE_SERVER, self._strike)
        self._timer.daemon = True

    def __enter__(self) -> _Clock:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _strike(self) -> None:
        self.passed = True
        with contextlib.suppress(Exception):  # whatever a driver raises here, the read ends at its next chunk
            self._cancel()


@lru_cache(maxsize=16)
def _engine(url: URL) -> Engine:
    """Kept, since its first connection asks the server about itself; it holds no connection."""
    return create_engine(url, poolclass=NullPool, hide_parameters=True)


def _plain(name: str, value: Any) -> Any:
    """A bound value in a type that every driver knows."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, list | tuple | set | dict):
        raise UsageError(
            f"The value bound to :{name} is a {type(value).__name__}.",
            "Bind text, numbers, dates, booleans or nothing.",
        )
    return value


def _kind(dbapi: Any, code: Any) -> str:
    for kind, name in (("number", "NUMBER"), ("moment", "DATETIME"), ("text", "STRING")):
        if (known := getattr(dbapi, name, None)) is not None and known == code:
            return kind
    return ""
