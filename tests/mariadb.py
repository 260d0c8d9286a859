"""A real MariaDB of the tests' own: in a temporary folder, on a free port, as a user without rights."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.sources.discovery import discover
from engine.sources.door import Door
from engine.sources.naming import quoted
from engine.sources.schema import Column, Schema, Table

READER = "reader"
WRITER = "writer"
PASSWORD = "pass%word;1"
_WAIT = 60.0
_SMALL = (
    "--innodb-buffer-pool-size=16M",
    "--innodb-log-file-size=4M",
    "--innodb-flush-log-at-trx-commit=0",
    "--performance-schema=off",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--lower-case-table-names=0",
)


@dataclass(frozen=True)
class MariaDb:
    """A running server. `folder` is one that it may write to."""

    folder: Path
    port: int

    @property
    def socket(self) -> Path:
        return self.folder / "s.sock"

    def run(self, *statements: str, database: str = "") -> list[tuple[Any, ...]]:
        """Run SQL as the owner of everything, outside the door; the rows of the last statement."""
        return self.run_each(*statements, database=database)[-1]

    def run_each(self, *statements: str, database: str = "") -> list[list[tuple[Any, ...]]]:
        """The same with the rows of every statement."""
        found: list[list[tuple[Any, ...]]] = []
        with self._owner(database) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                found.append(list(cursor.fetchall()))
        return found

    def url(self, database: str, user: str = READER, password: str = "pass%25word%3B1") -> str:
        """The address of a database for a user."""
        return f"mysql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def root(self, database: str) -> str:
        """The address for the user who may do everything."""
        return f"mariadb://root@/{database}?unix_socket={self.socket}"

    def copy(self, file: Path, database: str) -> str:
        """A database with the tables, keys, comments and rows of a SQLite file; the reader's address of it."""
        schema = discover(Door(f"sqlite:///{file}"))
        self.run(f"DROP DATABASE IF EXISTS {database}", f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
        self.run(f"GRANT SELECT, SHOW VIEW ON {database}.* TO '{READER}'@'%'")
        self.run(f"GRANT ALL ON {database}.* TO '{WRITER}'@'%'")
        tables = [table for table in schema.tables if not table.view]
        self.run("SET foreign_key_checks = 0", *(_create(table, schema) for table in tables), database=database)
        with (
            contextlib.closing(sqlite3.connect(file)) as source,
            self._owner(database) as target,
            target.cursor() as cursor,
        ):
            cursor.execute("SET foreign_key_checks = 0")
            cursor.execute("BEGIN")
            for table in tables:
                rows = source.execute(f"SELECT {_listed(table, quoted)} FROM {quoted(table.name)}").fetchall()
                marks = ", ".join(["%s"] * len(table.columns))
                cursor.executemany(f"INSERT INTO `{table.name}` ({_listed(table, _ticks)}) VALUES ({marks})", rows)
            target.commit()
        self.run("ANALYZE TABLE " + ", ".join(f"`{table.name}`" for table in tables), database=database)
        return self.url(database)

    def _owner(self, database: str) -> Any:
        import pymysql

        return pymysql.connect(
            unix_socket=str(self.socket),
            user="root",
            database=database or None,
            autocommit=True,
            charset="utf8mb4",
            ssl_disabled=True,
        )


def _listed(table: Table, quoted: Callable[[str], str]) -> str:
    return ", ".join(quoted(column.name) for column in table.columns)


def _ticks(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _create(table: Table, schema: Schema) -> str:
    columns = [f"`{c.name}` {_type(c)} {'NOT NULL' if not c.nullable else 'NULL'} {_comment(c)}" for c in table.columns]
    keys = [
        f"FOREIGN KEY ({_ticked(key.columns)}) REFERENCES `{key.refers_table}` ({_ticked(key.refers_columns)})"
        for key in schema.foreign_keys
        if key.table == table.name and not key.inferred
    ]
    primary = [f"PRIMARY KEY ({_ticked(table.primary_key)})"] if table.primary_key else []
    comment = table.comment.replace("'", "''")
    return f"CREATE TABLE `{table.name}` ({', '.join([*columns, *primary, *keys])}) COMMENT '{comment}'"


def _ticked(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _type(column: Column) -> str:
    declared = column.type.upper()
    known = {"TEXT": "VARCHAR(255)", "NUMERIC": "DECIMAL(18, 4)", "REAL": "DOUBLE", "BOOLEAN": "TINYINT(1)"}
    return known.get(declared, declared)


def _comment(column: Column) -> str:
    comment = column.comment.replace("'", "''")
    return f"COMMENT '{comment}'" if comment else ""


@pytest.fixture(scope="session")
def mariadb(open_folder: Callable[[], Path]) -> Iterator[MariaDb]:
    """The server, with a user who may read and one who may write what is copied into it."""
    program = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    maker = shutil.which("mariadb-install-db")
    if program is None or maker is None:
        pytest.skip("MariaDB is not installed: apt install mariadb-server")
    pytest.importorskip("pymysql", reason="PyMySQL is not installed: pip install PyMySQL")
    folder = open_folder()
    # Not the machine's: a server that starts sweeps the temporary tables of others away.
    (folder / "tmp").mkdir()
    account = {**_account(folder), "env": {**os.environ, "TMPDIR": str(folder / "tmp")}}
    data = f"--datadir={folder / 'data'}"
    made = subprocess.run(
        [maker, "--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db", *_SMALL[:2]],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=_WAIT,
        **account,
    )
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = MariaDb(folder, port)
    where = [data, f"--socket={server.socket}", f"--port={port}", "--bind-address=127.0.0.1"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "--no-defaults", *where, f"--pid-file={folder / 'pid'}", *_SMALL],
            stdout=log,
            stderr=log,
            cwd=folder,
            **account,
        )
    try:
        _wait(server, process)
        for user in (READER, WRITER):
            server.run(f"CREATE USER '{user}'@'%' IDENTIFIED BY '{PASSWORD}'")
        yield server
    finally:
        process.terminate()
        process.wait(timeout=_WAIT)


def _account(folder: Path) -> dict[str, Any]:
    """Whom the server runs as: not root, which it refuses to be."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("mysql" if "mysql" in names else "nobody")
    for place in (folder, folder / "tmp"):
        os.chown(place, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _wait(server: MariaDb, process: subprocess.Popen[bytes]) -> None:
    import pymysql

    end = time.monotonic() + _WAIT
    while True:
        try:
            server.run("SELECT 1")
            return
        except pymysql.MySQLError:
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError((server.folder / "server.log").read_text(errors="replace")[-2000:]) from None
            time.sleep(0.05)
