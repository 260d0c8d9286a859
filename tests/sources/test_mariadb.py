"""MariaDB behind the door: what is read, what is refused, what is left unchanged, and what is said when it fails."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import create_engine, inspect

from engine import Kit, Settings
from engine.errors import EngineError, RefusedError, SourceError
from engine.settings import WRITING_CONSENT
from engine.sources.address import parse_address
from engine.sources.catalog_other import read_catalog
from engine.sources.connection import open_connection
from engine.sources.discovery import discover
from engine.sources.door import Caps, Door
from engine.sources.other import OtherSession
from engine.sources.roles import READER, check_role, reader_role_sql
from runtime.contract import sql
from runtime.snapshot import from_database
from tests.mariadb import MariaDb

pytestmark = pytest.mark.xdist_group("mariadb")


def test_a_setting_does_not_outlive_its_query(mariadb: MariaDb, lending: str) -> None:
    door = Door(lending)
    door._parsing = False
    assert door.read("SELECT @hacked := 5 AS a")["a"].tolist() == [5]
    assert door.read("SELECT @hacked AS a")["a"].isna().all()
    mode = door.read("SELECT @@sql_mode AS m, @@local_infile AS l, @@tx_read_only AS r")
    assert mode["r"].tolist() == [1]
    assert "ANSI_QUOTES" not in mode["m"].iloc[0]


def test_the_types_are_those_of_the_others(lending: str) -> None:
    query = (
        "SELECT p.property_id, p.name, p.acquired_on, p.active, l.principal, l.note"
        " FROM properties AS p LEFT JOIN loans AS l ON l.property_id = p.property_id {} ORDER BY 1"
    )
    wanted = ["int64", "str", "datetime64[us]", "bool", "float64", "str"]
    frame = Door(lending).read(query.format(""))
    assert [str(dtype) for dtype in frame.dtypes] == wanted
    assert frame["acquired_on"].isna().tolist() == [False, False, False, True]
    assert [str(dtype) for dtype in Door(lending).read(query.format("WHERE 1 = 0")).dtypes] == wanted
    assert list(Door(lending).read("SELECT 1 AS a, 2 AS a").columns) == ["a", "a_2"]


def test_odd_values_are_read(mariadb: MariaDb, lending: str) -> None:
    mariadb.run(
        "CREATE OR REPLACE TABLE odd (d DATE, t TIME, y YEAR, b BIT(9), x BLOB, l LONGTEXT, s SET('a', 'b'),"
        " u BIGINT UNSIGNED)",
        "SET SESSION sql_mode = ''",
        "INSERT INTO odd VALUES ('0000-00-00', '26:30:00', 2024, b'100000001', x'00FF', '2024-01-01', 'a,b',"
        " 18446744073709551615)",
        database="lending",
    )
    row = Door(lending).read("SELECT * FROM odd").iloc[0]
    mariadb.run("DROP TABLE lending.odd")
    assert pd.isna(row["d"])
    assert row.drop("d").tolist() == ["26:30:00", 2024, 257, b"\x00\xff", "2024-01-01", "a,b", 2**64 - 1]


def test_kinds_of_bound_values(lending: str) -> None:
    door = Door(lending)
    for where, value, count in [
        ("properties WHERE acquired_on >= :v", date(2017, 1, 1), 2),
        ("properties WHERE active = :v", True, 3),
        ("loans WHERE principal > :v", pd.Series([1e6]).max(), 1),
        ("properties WHERE name = :v", "O'Hare Logistics", 1),
    ]:
        assert door.read(f"SELECT count(*) AS n FROM {where}", {"v": value, "unused": 1})["n"].tolist() == [count]
    with pytest.raises(SourceError, match="wanted"):
        door.read("SELECT count(*) FROM loans WHERE loan_id = :wanted")
    with pytest.raises(EngineError, match="list"):
        door.read("SELECT :v", {"v": [1]})


ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT {} FROM n a, n b, n c, n d"
)


@pytest.mark.parametrize(
    ("statement", "caps", "said"),
    [
        (ENDLESS.format("sum(a.i * b.i)"), Caps(seconds=1), "stopped after 1 seconds"),
        (ENDLESS.format("a.i"), Caps(rows=1000), "more than 1,000 rows"),
        (ENDLESS.format("repeat('x', 900)"), Caps(megabytes=1), "reached 1 MB"),
        ("SELECT repeat('x', 5000)", Caps(cell_bytes=4000), "one cell"),
    ],
)
def test_limits_end_a_read_on_the_server_too(
    mariadb: MariaDb, lending: str, statement: str, caps: Caps, said: str
) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        Door(lending, caps).read(statement)
    assert caught.value.hint
    end = time.monotonic() + 20
    while running := mariadb.run(
        "SELECT info FROM information_schema.processlist WHERE user = 'reader' AND command = 'Query'"
    ):
        assert time.monotonic() < end, running
        time.sleep(0.05)


def test_the_clock_outside_the_server_ends_a_read(
    mariadb: MariaDb, lending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.sources.mysql import MySqlSession

    monkeypatch.setattr(MySqlSession, "_limit", lambda *_: None)
    door = Door(lending, Caps(seconds=0.5))
    with pytest.raises(SourceError, match="stopped after"):
        door.read(ENDLESS.format("sum(a.i * b.i)"))
    assert len(door.read("SELECT * FROM loans")) == 3


def test_the_first_rows_of_many(lending: str) -> None:
    frame = Door(lending).read(ENDLESS.format("a.i"), row_cap=7, truncate=True)
    assert len(frame) == 7
    assert frame.attrs["truncated"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("pass%25word%3B1", "wrong-secret"), "refused the login"),
        (("reader", "nobody"), "refused the login"),
        (("/lending", "/mysql"), "may not read the database 'mysql'"),
        (("127.0.0.1", "no-such-host.invalid"), "is not known"),
        (("127.0.0.1:{port}", "127.0.0.1:1"), "cannot be reached"),
    ],
)
def test_what_cannot_be_reached_is_explained(
    mariadb: MariaDb, lending: str, change: tuple[str, str], said: str
) -> None:
    wrong = lending.replace(change[0].format(port=mariadb.port), change[1], 1)
    with pytest.raises(SourceError, match=said) as caught:
        Door(wrong).read("SELECT 1")
    assert caught.value.hint
    shown = f"{caught.value.message} {caught.value.hint}"
    assert not any(secret in shown for secret in ("pass%word", "pass%25word", "wrong-secret"))


def test_encryption_is_used_where_it_is_and_demanded_where_the_address_says(lending: str) -> None:
    assert len(Door(f"{lending}?sslmode=prefer").read("SELECT * FROM loans")) == 3
    assert len(Door(f"{lending}?sslmode=disable&connect_timeout=9").read("SELECT * FROM loans")) == 3
    with pytest.raises(SourceError, match="encrypted"):
        Door(f"{lending}?sslmode=verify-full").read("SELECT 1")


def test_no_rights_and_no_such_table_are_explained(mariadb: MariaDb, lending: str) -> None:
    mariadb.run("CREATE OR REPLACE USER partial@'%' IDENTIFIED BY 'p'", "GRANT SELECT ON lending.loans TO partial@'%'")
    mariadb.run("GRANT SELECT (property_id, name) ON lending.properties TO partial@'%'")
    mariadb.run("GRANT SELECT ON lending.active_properties TO partial@'%'")
    door = Door(mariadb.url("lending", "partial", "p"))
    seen = discover(door).by_key
    assert set(seen) == {"loans", "properties", "active_properties"}
    assert list(seen["properties"].by_name) == ["property_id", "name"]
    assert seen["active_properties"].view
    assert len(door.read("SELECT * FROM active_properties")) == 3  # whose inside may not be explained
    with pytest.raises(SourceError, match="denied") as caught:
        door.read("SELECT * FROM rents")
    assert "may read" in caught.value.hint
    with pytest.raises(SourceError, match="doesn't exist"):
        Door(lending).read("SELECT * FROM nothing")


def test_a_server_that_ends_the_connection_in_mid_query_is_one_clear_error(mariadb: MariaDb, lending: str) -> None:
    door, stop = Door(lending), threading.Event()

    def end() -> None:
        while not stop.wait(0.2):
            for (number,) in mariadb.run(
                "SELECT id FROM information_schema.processlist"
                " WHERE user = 'reader' AND time_ms > 100 AND info LIKE '%sum(a.i%'"
            ):
                with contextlib.suppress(Exception):
                    mariadb.run(f"KILL {number}")

    watcher = threading.Thread(target=end)
    watcher.start()
    try:
        with pytest.raises(SourceError, match=r"was lost|ended by the server") as caught:
            door.read(ENDLESS.format("sum(a.i * b.i)"))
    finally:
        stop.set()
        watcher.join()
    assert caught.value.hint
    assert len(door.read("SELECT * FROM loans")) == 3


def test_roles_are_read_from_their_grants(mariadb: MariaDb, lending: str, tmp_path: Path) -> None:
    assert check_role(Door(lending)) == ()
    assert "ALL PRIVILEGES" in check_role(Door(mariadb.url("lending", "writer")))[0]
    assert "ALL PRIVILEGES" in check_role(Door(mariadb.root("lending")))[0]
    mariadb.run(
        "CREATE OR REPLACE ROLE clerks",
        "GRANT INSERT ON lending.loans TO clerks",
        "CREATE OR REPLACE USER clerk@'%' IDENTIFIED BY 'p'",
        "GRANT SELECT ON lending.* TO clerk@'%'",
        "GRANT FILE ON *.* TO clerk@'%'",
        "GRANT clerks TO clerk@'%'",
        "SET DEFAULT ROLE clerks FOR clerk@'%'",
    )
    assert check_role(Door(mariadb.url("lending", "clerk", "p"))) == (
        "The user may do more than read: it has FILE, INSERT.",
    )
    for statement in reader_role_sql("lending", dialect="mysql").replace("choose one", "p").split(";\n"):
        if statement.strip():
            mariadb.run(statement)
    made = mariadb.url("lending", READER, "p")
    assert check_role(Door(made)) == ()
    kit = Kit(Settings(database_url=made, store_url=f"sqlite:///{tmp_path}/store.sqlite", var_dir=tmp_path))
    assert kit.connection(kit.remember(made)).schema.tables
    kit.close()


def test_a_writer_is_refused_unless_accepted_in_writing(mariadb: MariaDb, lending: str, tmp_path: Path) -> None:
    writer = mariadb.url("lending", "writer")
    settings = {"database_url": writer, "store_url": f"sqlite:///{tmp_path}/store.sqlite", "var_dir": tmp_path}
    kit = Kit(Settings(**settings))
    with pytest.raises(RefusedError, match="more than read") as caught:
        kit.door(kit.remember(writer))
    assert "CREATE USER" in caught.value.hint
    assert WRITING_CONSENT in caught.value.hint
    assert "pass%" not in f"{caught.value.message}{caught.value.hint}"
    accepted = Kit(Settings(**settings, allow_writing_role=WRITING_CONSENT))
    assert len(accepted.door(accepted.remember(writer)).read("SELECT * FROM loans")) == 3
    kit.close()
    accepted.close()


def test_discovery(mariadb: MariaDb, lending: str) -> None:
    mariadb.run("ALTER TABLE lending.rents COMMENT 'What tenants paid, it''s monthly'")
    mariadb.run("ALTER TABLE lending.rents MODIFY amount DECIMAL(12, 2) COMMENT 'USD a month'")
    schema = discover(Door(lending))
    tables = schema.by_key
    assert schema.dialect == "mysql"
    assert set(tables) == {"properties", "loans", "rents", 'Odd "Name', "active_properties"}
    assert tables["rents"].comment == "What tenants paid, it's monthly"
    assert tables["rents"].by_name["amount"].comment == "USD a month"
    assert tables["rents"].primary_key == ("property_id", "month")
    assert tables["active_properties"].view
    assert tables["rents"].rows == 36
    assert {c.name: c.kind.value for c in tables["properties"].columns} == {
        "property_id": "number", "name": "text", "kind": "text", "contact_email": "text", "acquired_on": "date",
        "active": "boolean",
    }  # fmt: skip
    declared = [(k.table, k.columns, k.refers_table, k.refers_columns) for k in schema.foreign_keys if not k.inferred]
    assert declared == [("loans", ("property_id",), "properties", ("property_id",))]
    assert [(k.table, k.refers_table) for k in schema.foreign_keys if k.inferred] == [("rents", "properties")]


def test_what_is_new_is_said(mariadb: MariaDb, lending: str, tmp_path: Path) -> None:
    connection = open_connection(lending, tmp_path)
    assert open_connection(lending, tmp_path).schema == connection.schema
    assert not any("pass%" in file.read_text() for file in tmp_path.iterdir())
    mariadb.run("ALTER TABLE lending.rents ADD COLUMN paid TINYINT(1)")
    connection.refresh()
    mariadb.run("ALTER TABLE lending.rents DROP COLUMN paid")
    assert connection.changes()[0].sentences == ("rents has the new column paid",)


def test_inspection_sees_what_the_catalog_sees(lending: str) -> None:
    """The way of every database without a catalog reader of its own, over one that has one."""
    own = discover(Door(lending))
    with create_engine(parse_address(lending)).connect() as connection:
        assert inspect(connection)
        tables, keys = read_catalog(connection)
        connection.engine.dispose()
    assert {t.key: (t.view, t.comment, t.primary_key) for t in tables} == {
        t.key: (t.view, t.comment, t.primary_key) for t in own.tables
    }
    columns = [{(t.key, c.name): (c.kind, c.comment) for t in each for c in t.columns} for each in (tables, own.tables)]
    assert columns[0] == columns[1]
    assert set(keys) == {key for key in own.foreign_keys if not key.inferred}


def test_the_session_of_every_other_database(lending: str) -> None:
    session = OtherSession(parse_address(lending), Caps())
    sql = "SELECT loan_id, note FROM loans WHERE principal > :low AND '100%' <> ':low' ORDER BY 1"
    for _ in range(2):
        rows = [row for chunk in session.chunks(sql, {"low": 500000}) for row in chunk.rows]
        assert rows == [(1, "10:30 call, 5% fee"), (2, None)]
        with pytest.raises(SourceError, match="nothing"):
            list(session.chunks("SELECT * FROM nothing", {}))
    session.close()


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="driver for Oracle") as caught:
        Door("oracle://a:secret@host/?service_name=x").read("SELECT 1 FROM dual")
    assert "oracledb" in caught.value.hint
    import builtins

    real = builtins.__import__

    def without(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name.startswith("pymysql"):
            raise ModuleNotFoundError(name)
        return real(name, *arguments, **keywords)

    import sys

    monkeypatch.delitem(sys.modules, "engine.sources.mysql", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SourceError, match="driver for MySQL and MariaDB") as caught:
        Door("mysql://a:secret@host/x").read("SELECT 1")
    assert "PyMySQL" in caught.value.hint


def test_a_bundle_reads_it_anew(lending: str) -> None:
    query = (
        "SELECT name, active, date_format(acquired_on, '%Y-%m') AS month, 2 / 3 AS part"
        " FROM properties WHERE kind = :kind"
    )
    snapshot = from_database(lending, {"retail": sql(query, kind="Retail")})
    frame = snapshot.frames["retail"]
    assert frame["name"].tolist() == ["Orlando Fashion Square", "Riverside Plaza"]
    assert frame["month"].tolist() == ["2015-03", "2017-07"]
    assert frame["part"].tolist() == pytest.approx([2 / 3] * 2, abs=1e-9)
