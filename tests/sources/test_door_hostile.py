"""Statements that want more than to read change nothing: with the parser, and without it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError, RefusedError
from engine.sources.door import Caps, Door
from tests.sources.conftest import attempt

WRITES = [
    "INSERT INTO loans VALUES (9, 1, 1, 'x')",
    "INSERT INTO loans VALUES (9, 1, 1, 'x') RETURNING *",
    "UPDATE loans SET principal = 0",
    "UPDATE loans SET principal = 0 RETURNING *",
    "DELETE FROM loans",
    "DELETE FROM loans RETURNING loan_id",
    "DROP TABLE loans",
    "DROP VIEW active_properties",
    "ALTER TABLE loans ADD COLUMN hacked TEXT",
    "CREATE TABLE hacked (a INTEGER)",
    "CREATE TABLE hacked AS SELECT * FROM loans",
    "CREATE TEMP TABLE hacked AS SELECT * FROM loans",
    "CREATE VIEW hacked AS SELECT 1",
    "CREATE INDEX hacked ON loans (note)",
    "WITH gone AS (DELETE FROM loans RETURNING *) SELECT * FROM gone",
    "WITH x AS (SELECT 1) DELETE FROM loans",
    "SELECT 1; DELETE FROM loans",
    "SELECT 1;\n-- and now\nDROP TABLE loans;",
    "COMMIT; DELETE FROM loans",
    "ROLLBACK; DROP TABLE loans",
    "SELECT 1) AS q; COMMIT; DELETE FROM loans; SELECT * FROM (SELECT 1",
    "BEGIN; DELETE FROM loans; COMMIT",
    "/* SELECT */ DELETE FROM loans",
    "VACUUM",
    "ANALYZE",
    "REINDEX TABLE loans",
    "",
    " ; ",
]

POSTGRESQL = [
    "MERGE INTO loans USING rents ON false WHEN NOT MATCHED THEN INSERT VALUES (9, 1, 1, 'x')",
    "TRUNCATE loans",
    "GRANT ALL ON loans TO PUBLIC",
    "COMMENT ON TABLE loans IS 'hacked'",
    "SELECT * INTO hacked FROM loans",
    "SELECT * FROM loans FOR UPDATE",
    "EXPLAIN ANALYZE DELETE FROM loans",
    "DO $$ BEGIN DELETE FROM loans; END $$",
    "PREPARE p AS DELETE FROM loans",
    "EXECUTE p",
    "SET TRANSACTION READ WRITE; DELETE FROM loans",
    "SET default_transaction_read_only = off",
    "BEGIN READ WRITE; DELETE FROM loans; COMMIT",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SET ROLE postgres",
    "RESET ROLE; DELETE FROM loans",
    "ALTER ROLE CURRENT_USER SET statement_timeout = 0",
    "COPY loans TO PROGRAM 'cat > {folder}/hacked'",
    "COPY loans TO '{folder}/hacked'",
    "COPY loans FROM PROGRAM 'echo 9,1,1,x'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_export(lo_from_bytea(0, 'x'), '{folder}/hacked')",
    "SELECT lo_from_bytea(0, 'hacked')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_reload_conf()",
    "SELECT query_to_xml('DELETE FROM loans', true, true, '')",
    "SELECT query_to_xml('SELECT pg_read_file(''/etc/passwd'')', true, true, '')",
    "SELECT nextval('hacked_seq')",
    "SELECT rolpassword FROM pg_authid",
    "LISTEN hacked",
    "NOTIFY hacked",
    "LOCK TABLE loans",
    "CALL hacked()",
    "CREATE EXTENSION dblink",
    "DECLARE c CURSOR FOR SELECT 1",
]

SQLITE = [
    "REPLACE INTO loans VALUES (1, 1, 0, 'x')",
    "ATTACH DATABASE '{folder}/hacked' AS h",
    "ATTACH '{folder}/hacked' AS h; CREATE TABLE h.t AS SELECT * FROM loans",
    "VACUUM INTO '{folder}/hacked'",
    "PRAGMA writable_schema = ON",
    "PRAGMA query_only = OFF",
    "PRAGMA journal_mode = WAL",
    "PRAGMA user_version = 7",
    "SELECT * FROM pragma_journal_mode('wal')",
    "SELECT load_extension('{folder}/hacked')",
    "SELECT writefile('{folder}/hacked', 'x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT zeroblob(900000000)",
    "SELECT randomblob(900000000)",
    "UPDATE sqlite_master SET sql = 'x'",
    "DETACH main",
    "SAVEPOINT x",
    "EXPLAIN DELETE FROM loans",
]


def hostile(dialect: str) -> list[str]:
    return WRITES + (POSTGRESQL if dialect == "postgresql" else SQLITE)


@pytest.mark.parametrize("parsing", [True, False], ids=["parser on", "parser off"])
@pytest.mark.parametrize("statement", WRITES + SQLITE)
def test_sqlite_is_unchanged(sqlite_address: str, tmp_path: Path, statement: str, parsing: bool) -> None:
    file = tmp_path / "lending.sqlite"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    door = Door(sqlite_address, Caps(seconds=5))
    door._parsing = parsing
    refused = attempt(door, statement.replace("{folder}", str(tmp_path)))
    assert refused or not parsing
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["lending.sqlite"]


@pytest.mark.parametrize("parsing", [True, False], ids=["parser on", "parser off"])
@pytest.mark.parametrize("role", ["postgres_address", "writer_address"])
def test_postgresql_is_unchanged(
    request: pytest.FixtureRequest,
    postgres_run: Callable[..., list[tuple[Any, ...]]],
    tmp_path: Path,
    role: str,
    parsing: bool,
) -> None:
    door = Door(request.getfixturevalue(role), Caps(seconds=5))
    door._parsing = parsing
    before = state(postgres_run)
    for statement in WRITES + POSTGRESQL:
        refused = attempt(door, statement.replace("{folder}", str(tmp_path)))
        assert refused or not parsing, statement
        assert state(postgres_run) == before, statement
        assert list(tmp_path.iterdir()) == [], statement
    assert door.read("SELECT count(*) AS n FROM loans")["n"].tolist() == [3]


@pytest.mark.parametrize("statement", hostile("postgresql"))
def test_the_parser_refuses_for_postgresql(postgres_address: str, statement: str) -> None:
    with pytest.raises(EngineError) as raised:
        Door(postgres_address).read(statement)
    assert raised.value.hint


@pytest.mark.parametrize(
    "statement", ["SELECT pg_sleep(60)", 'SELECT "pg_sleep"(60)', "SELECT pg_catalog . pg_sleep (60)"]
)
def test_functions_are_refused_however_written(postgres_address: str, statement: str) -> None:
    with pytest.raises(RefusedError, match="pg_sleep"):
        Door(postgres_address).read(statement)


def test_a_setting_does_not_outlive_its_query(postgres_address: str) -> None:
    door = Door(postgres_address)
    door._parsing = False
    setting = "SELECT current_setting('work_mem') AS v"
    before = door.read(setting)
    door.read("SELECT set_config('work_mem', '64kB', false)")
    assert door.read(setting).equals(before)


def test_a_bound_value_is_never_sql(address: str) -> None:
    door = Door(address)
    door._parsing = False
    for value in [
        "' OR 1=1 --",
        "x'; DROP TABLE loans; --",
        "\\'; DELETE FROM loans; --",
        "$$",
        "%s",
        ":name",
    ]:
        frame = door.read("SELECT :v AS v, (SELECT count(*) FROM loans WHERE note = :v) AS n", {"v": value})
        assert frame["v"].tolist() == [value]
        assert frame["n"].tolist() == [0]


def state(run: Callable[..., list[tuple[Any, ...]]]) -> list[Any]:
    """What a hostile statement would want to change."""
    return [
        run("SELECT * FROM loans ORDER BY 1", "lending"),
        run("SELECT relname, relkind, relacl::text, obj_description(oid) FROM pg_class ORDER BY 1", "lending"),
        run("SELECT * FROM pg_db_role_setting", "lending"),
        run("SELECT count(*) FROM pg_largeobject_metadata", "lending"),
        run("SELECT rolname, rolsuper FROM pg_roles ORDER BY 1", "lending"),
        run("SELECT extname FROM pg_extension ORDER BY 1", "lending"),
    ]
