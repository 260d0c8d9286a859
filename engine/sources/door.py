"""The guarded read-only door: the only way in which anything here reads a database."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

import pandas as pd

from engine.sources.address import parse_address, public_address, sqlite_path
from engine.sources.caps import Caps
from engine.sources.dialects import MYSQL, POSTGRESQL, SQLITE
from engine.sources.frames import Chunk, collect
from engine.sources.server_names import refuse_by_catalog
from engine.sources.sqlite import SqliteSession, check_file
from engine.sources.statement import checked
from engine.sources.translating import own_sql

if TYPE_CHECKING:
    from engine.sources.postgresql import PostgresSession

# How long a query that the catalog let through is let through again: a portfolio reads the same thousands of times.
JUDGED_SECONDS = 60.0
_MOST_JUDGED = 1_000

__all__ = ["Caps", "Door", "Session", "own_rows", "rows_of"]


class Session(Protocol):
    """A locked connection. `dialect` is the name of its kind of database."""

    dialect: str

    def chunks(self, sql: str, bound: Mapping[str, Any], seconds: float | None = None) -> Generator[Chunk]:
        """The rows of one SELECT."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class Door:
    """Reads one database. Every read has a connection of its own, so threads may share a door."""

    def __init__(self, address: str, caps: Caps | None = None, functions: frozenset[str] = frozenset()) -> None:
        """`functions` are those that queries may call besides the ones that only compute."""
        self._url = parse_address(address)
        self._functions = functions
        self._judged: dict[str, float] = {}
        self.caps = caps or Caps()
        self.address = public_address(self._url)
        self.dialect = self._url.get_backend_name()
        self.database = self._url.database or self._url.username or ""
        self._parsing = True  # for the tests alone: the session's locks must hold without the parser
        if self.dialect == SQLITE:
            check_file(sqlite_path(self._url))

    def read(
        self,
        sql: str,
        bound: Mapping[str, Any] | None = None,
        *,
        row_cap: int | None = None,
        truncate: bool = False,
    ) -> pd.DataFrame:
        """The rows of one SELECT, its `:name` values bound.

        Over a cap it raises. With `truncate` the first rows come, and `attrs["truncated"]` says so.
        """
        text = checked(sql, self.dialect, self._functions) if self._parsing else sql
        cap = self.caps.rows if row_cap is None else min(row_cap, self.caps.rows)
        with self._session(foreign=True) as session:
            if self._parsing and is_postgresql(session):
                self._judge(session, text)
            with contextlib.closing(session.chunks(text, bound or {})) as chunks:
                return collect(chunks, self.caps, cap, truncate=truncate)

    def _judge(self, session: PostgresSession, text: str) -> None:
        """Have the server's catalog judge what a query calls; for a while it is not asked again of the same text."""
        now = time.monotonic()
        if now < self._judged.get(text, 0.0):
            return
        refuse_by_catalog(session.own_rows, text, self._functions)
        if len(self._judged) >= _MOST_JUDGED:
            self._judged.clear()
        self._judged[text] = now + JUDGED_SECONDS

    def read_own(self, sql: str, bound: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The rows of a SELECT of our own, written in PostgreSQL's flavour whatever the database."""
        return self.read(own_sql(sql, self.dialect), bound)

    @contextlib.contextmanager
    def session(self, *, discovering: bool = False) -> Iterator[Session]:
        """A locked connection for statements of our own; `discovering` adds SQLite's schema pragmas."""
        with self._session(discovering=discovering) as session:
            yield session

    @contextlib.contextmanager
    def _session(self, *, discovering: bool = False, foreign: bool = False) -> Iterator[Session]:
        session = self._opened(discovering, foreign)
        try:
            yield session
        finally:
            session.close()

    def _opened(self, discovering: bool, foreign: bool) -> Session:
        if self.dialect == SQLITE:
            return SqliteSession(sqlite_path(self._url), self.caps, discovering=discovering, foreign=foreign)
        if self.dialect == POSTGRESQL:
            from engine.sources.postgresql import PostgresSession  # loads its driver

            return PostgresSession(self._url, self.caps)
        # Their drivers are not everybody's, and are loaded where they are wanted.
        from engine.sources.other import OtherSession, missing_driver

        try:
            if self.dialect == MYSQL:
                from engine.sources.mysql import MySqlSession

                return MySqlSession(self._url, self.caps)
        except ImportError:
            raise missing_driver(self._url) from None
        return OtherSession(self._url, self.caps)

    def close(self) -> None:
        """Nothing is held between reads; here so that callers need not know."""

    def __enter__(self) -> Door:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_postgresql(session: Session) -> TypeGuard[PostgresSession]:
    """Whether a session is one of PostgreSQL; its driver is not loaded to tell."""
    return session.dialect == POSTGRESQL


def rows_of(
    session: Session,
    sql: str,
    bound: Mapping[str, Any] | None = None,
    seconds: float | None = None,
) -> list[tuple[Any, ...]]:
    """All rows of a statement of ours in the database's own words, as the driver gives them."""
    return [row for chunk in session.chunks(sql, bound or {}, seconds) for row in chunk.rows]


def own_rows(session: Session, sql: str, seconds: float | None = None) -> list[tuple[Any, ...]]:
    """All rows of a SELECT of ours, written in PostgreSQL's flavour whatever the database."""
    return rows_of(session, own_sql(sql, session.dialect), seconds=seconds)
