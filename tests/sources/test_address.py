"""Addresses: what is understood, what is refused, what is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.sources.address import parse_address, public_address, same_store


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_postgresql_has_one_driver(scheme: str) -> None:
    url = parse_address(f"{scheme}://me:p%40ss@db.example.com:5433/lending?sslmode=require")
    assert (url.drivername, url.password, url.port) == ("postgresql+psycopg2", "p@ss", 5433)


def test_a_bare_path_is_a_sqlite_file(tmp_path: Path) -> None:
    path = tmp_path / "a b.db"
    path.write_bytes(b"")
    assert parse_address(str(path)).database == str(path)
    assert parse_address(f"sqlite:///{path}").database == str(path)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "No database"),
        ("access://me:sekret@host/db", "PostgreSQL, SQLite, MySQL and MariaDB"),
        ("mysql+mysqldb://me:sekret@host/db", "cannot be read"),
        ("mysql://me:sekret@host", "names no database"),
        ("mysql://", "names no host"),
        ("mysql://me:sekret@host/db?local_infile=1", "option 'local_infile'"),
        ("mysql://me:sekret@host/db?init_command=SET%20x", "option 'init_command'"),
        ("mysql://me:sekret@host/db?read_default_file=/etc/my.cnf", "option 'read_default_file'"),
        ("mysql://me:sekret@host/db?client_flag=65536", "option 'client_flag'"),
        ("mysql://me:sekret@host/db?sslmode=off", "option 'sslmode'"),
        ("mysql://me:sekret@host/db?charset=gbk", "option 'charset'"),
        ("mssql://me:sekret@host/db?odbc_connect=x", "option 'odbc_connect'"),
        ("mssql://me:sekret@host/db?driver=x;UID=sa", "option 'driver'"),
        ("oracle://me:sekret@host/?service_name=x;y", "option 'service_name'"),
        ("nonsense", "not understood"),
        ("missing.sqlite", "no database file"),
        ("postgresql://me:sekret@host:port/db", "not understood"),
        ("postgresql://", "names no database"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///x.db?mode=rwc", "option 'mode'"),
        ("sqlite://host/x.db", "no host"),
        (
            "postgresql://me:sekret@host/db?options=-c%20default_transaction_read_only%3Doff",
            "option 'options'",
        ),
        ("postgresql://me:sekret@host/db?service=x", "option 'service'"),
        ("postgresql://me:sekret@host/db?passfile=/etc/passwd", "option 'passfile'"),
        ("postgresql://me:sekret@host/db?sslrootcert=/etc/passwd", "option 'sslrootcert'"),
        ("postgresql://me:sekret@host/db?sslmode=off", "option 'sslmode'"),
        ("postgresql://me:sekret@host/db?host=a&host=b", "option 'host'"),
    ],
)
def test_what_is_not_understood_is_explained_without_the_password(address: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_address(address)
    shown = f"{raised.value.message} {raised.value.hint}"
    assert said in shown
    assert "sekret" not in shown


def test_the_password_is_not_public() -> None:
    shown = public_address("postgres://me:sekret@host/db?sslmode=require")
    assert shown == "postgresql://me@host/db?sslmode=require"
    assert public_address(shown) == shown


def test_other_databases_are_read_through_sqlalchemy() -> None:
    for address in ("mysql://me:p%40ss@host/db", "mariadb://me:p%40ss@host/db", "mysql+pymysql://me:p%40ss@host/db"):
        assert parse_address(address).drivername == "mysql+pymysql"
        assert public_address(address) == "mysql://me@host/db"
    assert public_address("mssql+pymssql://sa:sekret@host/db") == "mssql+pymssql://sa@host/db"
    assert public_address("snowflake://me:sekret@account/db?warehouse=w") == "snowflake://me@account/db?warehouse=w"
    for address in ("mssql+pymssql://sa@host/db", "trino://me@host:8080/hive", "mysql://u@h/db?sslmode=require"):
        assert public_address(public_address(address)) == address


def test_one_file_by_every_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, link, other = tmp_path / "store.db", tmp_path / "link.db", tmp_path / "other.db"
    store.write_bytes(b"x")
    other.write_bytes(b"x")
    link.symlink_to(store)
    os.link(store, tmp_path / "hard.db")
    monkeypatch.chdir(tmp_path)
    for name in (store, link, tmp_path / "hard.db", "store.db", "./store.db"):
        assert same_store(f"sqlite:///{store}", f"sqlite:///{name}")
    assert not same_store(f"sqlite:///{store}", f"sqlite:///{other}")
    assert same_store(f"sqlite:///{tmp_path}/new.db", f"sqlite:///{tmp_path}/./new.db")
    assert not same_store(f"sqlite:///{store}", "postgresql://localhost/store")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("postgresql://a@localhost/db", "postgres://b:x@127.0.0.1:5432/db", True),
        ("postgresql://a@LOCALHOST/db", "postgresql://a@localhost/db?sslmode=require", True),
        ("postgresql:///db", "postgresql://localhost/db", True),
        ("postgresql:///db?host=/tmp/x", "postgresql://me@/db?host=/tmp/../tmp/x", True),
        ("postgresql://a@localhost/db", "postgresql://a@localhost/db2", False),
        ("postgresql://a@localhost:5432/db", "postgresql://a@localhost:5433/db", False),
        ("postgresql://a@192.0.2.1/db", "postgresql://a@192.0.2.2/db", False),
        ("mysql://a:x@localhost/db", "mariadb+pymysql://b@127.0.0.1:3306/db", True),
        ("mysql://a@localhost/db", "mysql://a@localhost:3307/db", False),
        ("mysql://a@localhost:5432/db", "postgresql://a@localhost/db", False),
    ],
)
def test_one_server_by_every_name(one: str, other: str, same: bool) -> None:
    assert same_store(one, other) is same


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:se@kret@host/db",
        "postgresql://me:se@k/ret@host/db",
        "postgresql://me:se@k?ret@host/db",
        "postgresql://me:se@kret@host:5432/db?sslmode=require",
        "mysql://me:@sekret@host/db",
        "mssql://me:se@@kret@host/db",
        "postgresql://:se@kret@host/db",
    ],
)
def test_a_password_with_an_at_sign_is_refused_and_no_part_of_it_shown(address: str) -> None:
    with pytest.raises(UsageError, match="not escaped") as caught:
        parse_address(address)
    assert "kret" not in caught.value.message + caught.value.hint
    assert "%40" in caught.value.hint


@pytest.mark.parametrize(
    "address", ["postgresql://me@company:word@host/db", "postgresql://me@/db?host=/tmp/a@b", "sqlite:///a@b.db"]
)
def test_an_at_sign_elsewhere_is_taken(address: str) -> None:
    assert parse_address(address) is not None
