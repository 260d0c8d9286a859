"""Over a cap, past the time or without a database: one clear sentence, a way out, and no secret."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError, RefusedError, SourceError
from engine.sources import sqlite as module
from engine.sources import sqlite_lock
from engine.sources.door import Caps, Door

MANY = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, 'some text' AS t FROM n"
)
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def test_too_many_rows(address: str) -> None:
    with pytest.raises(SourceError, match="1,000 rows") as raised:
        Door(address, Caps(rows=1000)).read(MANY)
    assert "WHERE" in raised.value.hint


def test_exactly_as_many_rows_as_allowed(address: str) -> None:
    assert len(Door(address, Caps(rows=5000)).read(MANY)) == 5000


def test_truncated_only_when_asked_and_said(address: str) -> None:
    door = Door(address)
    with pytest.raises(SourceError):
        door.read(MANY, row_cap=10)
    first = door.read(MANY, row_cap=10, truncate=True)
    assert (len(first), first.attrs["truncated"]) == (10, True)
    assert door.read(MANY, row_cap=5000, truncate=True).attrs["truncated"] is False
    assert first["i"].tolist() == list(range(1, 11))


def test_too_many_bytes(address: str) -> None:
    sql = MANY.replace("'some text'", f"'{'x' * 4000}'")
    with pytest.raises(SourceError, match="1 MB"):
        Door(address, Caps(megabytes=1)).read(sql)


def test_one_large_cell_on_sqlite(sqlite_address: str) -> None:
    with pytest.raises(SourceError, match="one cell"):
        Door(sqlite_address).read("SELECT replace(hex(printf('%500000d', 1)), '2', 'xxxx')")


@pytest.mark.parametrize(
    "value",
    [
        "repeat('x', 2000000)",
        "repeat('x', 2000000)::bytea",
        "to_jsonb(repeat('x', 2000000))",
        "array[md5('1'), repeat('y', 2000000)]",
    ],
)
def test_one_large_cell_never_leaves_postgresql(postgres_address: str, value: str) -> None:
    with pytest.raises(SourceError, match="one cell"):
        Door(postgres_address).read(f"SELECT 1 AS a, {value} AS b")
    assert len(Door(postgres_address).read("SELECT repeat('x', 1000000) AS b, 1 AS b").columns) == 2


@pytest.mark.parametrize("parsing", [True, False])
def test_stopped_at_its_time(address: str, parsing: bool) -> None:
    door = Door(address, Caps(seconds=0.5))
    door._parsing = parsing
    with pytest.raises(SourceError, match=r"0\.5 seconds"):
        door.read(ENDLESS)


def test_the_clock_outside_holds_when_the_server_forgets_its_own(
    postgres_address: str, postgres_run: Callable[..., list[tuple[Any, ...]]]
) -> None:
    door = Door(postgres_address, Caps(seconds=0.5))
    door._parsing = False
    sql = (
        "SELECT set_config('statement_timeout', '0', false), i,"
        " CASE WHEN i > 300 THEN pg_sleep(0.05)::text END"
        " FROM generate_series(1, 100000) AS i"
    )
    with pytest.raises(SourceError, match="seconds"):
        door.read(sql)
    deadline = time.monotonic() + 20
    running = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'workbench' AND state = 'active'"
    while postgres_run(running) != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_threads_share_a_door(address: str) -> None:
    door = Door(address)
    with ThreadPoolExecutor(8) as pool:
        sums = pool.map(lambda n: door.read("SELECT :n + count(*) AS v FROM loans", {"n": n})["v"].iloc[0], range(24))
    assert list(sums) == [n + 3 for n in range(24)]


def test_the_last_column_of_a_guarded_query_is_not_shown(postgres_address: str) -> None:
    assert list(Door(postgres_address).read("SELECT note FROM loans").columns) == ["note"]


def test_monstrous_statements_end_soon(address: str) -> None:
    door = Door(address)
    for sql in ["SELECT " + "(" * 5000 + "1" + ")" * 5000, "SELECT '" + "x" * 200_000 + "'"]:
        with pytest.raises(RefusedError):
            door.read(sql)


@pytest.mark.parametrize(
    "sql", ["SELEC 1", "SELECT FROM WHERE", "SELECT 'open", "SELECT nothing FROM nowhere", "SELECT (1"]
)
def test_mistakes_are_explained(address: str, sql: str) -> None:
    with pytest.raises(EngineError) as raised:
        Door(address).read(sql)
    assert raised.value.hint
    assert "\n" not in raised.value.message


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no database file"):
        Door(f"sqlite:///{tmp_path}/nothing.sqlite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no database", b"SQLite format 3\x00" + b"rubbish" * 100])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.sqlite"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"x\.sqlite") as raised:
        Door(f"sqlite:///{path}").read("SELECT 1")
    assert raised.value.hint
    assert path.read_bytes() == content


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not a file"):
        Door(f"sqlite:///{tmp_path}")


def test_a_write_ahead_database_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = sqlite3.connect(tmp_path / "wal.sqlite")
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE t (a INTEGER)")
    writer.close()
    locked = module.SqliteSession._locked

    def unwritable(session: module.SqliteSession, mode: str) -> sqlite3.Connection:
        if mode == "mode=ro":  # what SQLite says in such a folder; root could not be stopped by its rights
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return locked(session, mode)

    monkeypatch.setattr(module.SqliteSession, "_locked", unwritable)
    door = Door(f"sqlite:///{tmp_path}/wal.sqlite")
    assert door.read("SELECT a FROM t").empty
    (tmp_path / "wal.sqlite-wal").write_bytes(b"not yet in the file")
    with pytest.raises(SourceError, match="refused"):
        door.read("SELECT a FROM t")


def test_a_write_ahead_database_is_read_with_its_log(tmp_path: Path) -> None:
    writer = sqlite3.connect(tmp_path / "wal.sqlite")
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE t (a INTEGER)")
    writer.execute("INSERT INTO t VALUES (7)")
    writer.commit()
    assert Door(f"sqlite:///{tmp_path}/wal.sqlite").read("SELECT a FROM t")["a"].tolist() == [7]
    writer.close()


def test_a_locked_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_lock, "BUSY_SECONDS", 0.05)
    writer = sqlite3.connect(tmp_path / "busy.sqlite", isolation_level=None)
    writer.execute("CREATE TABLE t (a INTEGER)")
    writer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(SourceError, match="locked"):
        Door(f"sqlite:///{tmp_path}/busy.sqlite").read("SELECT a FROM t")
    writer.close()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("/lending", "/elsewhere", "no database 'elsewhere'"),
        ("://postgres:", "://nobody:sekret-7", "nobody"),
        ("host=", "host=/nowhere", "cannot be reached"),
    ],
)
def test_a_database_that_cannot_be_reached(postgres_address: str, old: str, new: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as raised:
        Door(postgres_address.replace(old, new, 1)).read("SELECT 1")
    assert "sekret" not in raised.value.message + raised.value.hint


@pytest.mark.parametrize("address", ["postgresql://me:sekret@127.0.0.1:1/x", "postgresql://me:sekret@host.invalid/x"])
def test_a_password_is_never_said(address: str) -> None:
    door = Door(address)
    with pytest.raises(SourceError) as raised:
        door.read("SELECT 1")
    assert "sekret" not in raised.value.message + raised.value.hint + door.address
