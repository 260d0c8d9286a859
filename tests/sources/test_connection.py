"""A second request on the same database finds everything ready, and nothing stale."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import Kit, Settings
from engine.sources import connection as module
from engine.sources.connection import open_connection
from engine.sources.discovery import discover
from engine.sources.door import Door
from engine.sources.roles import check_role, reader_role_sql
from engine.sources.schema import Schema


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were really looked at."""
    seen: list[str] = []

    def counted(door: Door) -> Schema:
        seen.append(door.address)
        return discover(door)

    monkeypatch.setattr(module, "discover", counted)
    return seen


def test_the_second_time_nothing_is_read(address: str, tmp_path: Path, looks: list[str]) -> None:
    cache = tmp_path / "cache"
    first = open_connection(address, cache)
    second = open_connection(address, cache)
    assert len(looks) == 1
    assert second.schema == first.schema
    assert sorted(second.values.entries) == sorted(first.values.entries)
    assert second.values.find("riverside plaza")
    second.refresh()
    assert len(looks) == 2
    assert second.schema.fingerprint == first.schema.fingerprint


def test_a_changed_file_is_read_again(sqlite_address: str, tmp_path: Path, looks: list[str]) -> None:
    before = open_connection(sqlite_address, tmp_path / "cache").schema.fingerprint
    connection = sqlite3.connect(tmp_path / "lending.sqlite")
    connection.execute("CREATE TABLE more (a INTEGER)")
    connection.close()
    after = open_connection(sqlite_address, tmp_path / "cache").schema
    assert "more" in after.by_key
    assert after.fingerprint != before


def test_a_cache_of_postgresql_grows_old(
    postgres_address: str, tmp_path: Path, looks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_connection(postgres_address, tmp_path)
    monkeypatch.setattr(module, "_POSTGRES_SECONDS", 0.0)
    open_connection(postgres_address, tmp_path)
    assert len(looks) == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 1}', b"\xff\xfe", b"null"])
def test_a_damaged_cache_counts_as_none(sqlite_address: str, tmp_path: Path, looks: list[str], content: bytes) -> None:
    cache = tmp_path / "cache"
    open_connection(sqlite_address, cache)
    (file,) = cache.iterdir()
    file.write_bytes(content)
    assert open_connection(sqlite_address, cache).schema.tables
    assert len(looks) == 2


def test_a_cache_that_cannot_be_written_is_no_failure(sqlite_address: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert open_connection(sqlite_address, tmp_path / "file").schema.tables


def test_no_password_on_disk(postgres_address: str, tmp_path: Path) -> None:
    open_connection(postgres_address.replace("postgres:", "postgres:sekret-7", 1), tmp_path)
    (file,) = tmp_path.iterdir()
    assert "sekret" not in file.name + file.read_text()


def test_roles(sqlite_address: str, postgres_address: str, writer_address: str) -> None:
    assert check_role(Door(sqlite_address)) == ()
    assert "superuser" in check_role(Door(postgres_address))[0]
    assert check_role(Door(writer_address)) == ("The role writer may write to 4 tables.",)


def test_the_reader_role_may_only_read(
    postgres_address: str, postgres_run: Callable[..., object], tmp_path: Path
) -> None:
    postgres_run(reader_role_sql("lending"), "lending")
    door = Door(postgres_address.replace("postgres:", "workbench_reader:", 1))
    assert check_role(door) == ()
    assert len(door.read("SELECT * FROM loans")) == 3
    reader = postgres_address.replace("postgres:", "workbench_reader:", 1)
    kit = Kit(Settings(database_url=reader, store_url=f"sqlite:///{tmp_path}/store.sqlite", var_dir=tmp_path))
    assert kit.connection(kit.remember(reader)).schema.tables
    assert 'DATABASE "a""b"' in reader_role_sql('a"b', "x; DROP")
