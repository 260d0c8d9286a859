"""What discovery says of a database, declared or not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.bench.schema import STATEMENTS_GOAL, counted_discovery
from engine.errors import SourceError
from engine.sources.discovery import discover
from engine.sources.door import Door
from engine.sources.naming import singular, words
from engine.sources.remarks import remarks
from engine.sources.schema import Kind, Schema

COMMENTED = """
CREATE TABLE leases ( -- One row a lease, signed or not
  lease_id INTEGER PRIMARY KEY, -- our own number
  area INTEGER, /* leasable, square feet */
  -- Rent a month,
  -- in USD
  "base rent" REAL DEFAULT '--',
  signed_on TEXT, -- ISO date
  due_on TEXT,
  period TEXT,
  PRIMARY_NOTE TEXT CHECK (PRIMARY_NOTE <> '-- no') -- free text
)
"""


def sqlite_schema(folder: Path, script: str) -> Schema:
    connection = sqlite3.connect(folder / "d.sqlite")
    connection.executescript(script)
    connection.close()
    return discover(Door(f"sqlite:///{folder}/d.sqlite"))


def test_the_lending_database(address: str) -> None:
    schema = discover(Door(address))
    assert {table.key for table in schema.tables} == {
        "properties", "loans", "rents", 'Odd "Name', "active_properties",
    }  # fmt: skip
    tables = schema.by_key
    assert [column.kind for column in tables["properties"].columns] == [
        Kind.NUMBER, Kind.TEXT, Kind.TEXT, Kind.TEXT, Kind.DATE, Kind.BOOLEAN,
    ]  # fmt: skip
    assert tables["properties"].by_name["name"].nullable is False
    assert tables["properties"].by_name["kind"].nullable is True
    assert [column.name for column in tables['Odd "Name'].columns] == ["Select", "two words"]
    assert tables["rents"].primary_key == ("property_id", "month")
    assert tables["active_properties"].view
    assert [column.kind for column in tables["active_properties"].columns] == [Kind.NUMBER, Kind.TEXT]


def test_keys_declared_and_inferred(address: str) -> None:
    keys = {key.table: key for key in discover(Door(address)).foreign_keys}
    assert set(keys) == {"loans", "rents"}
    assert keys["loans"].inferred is False
    assert keys["loans"].refers_columns == ("property_id",)
    assert keys["rents"].inferred is True
    assert "3 of 3" in keys["rents"].evidence


def test_the_fingerprint_follows_names_types_and_keys(tmp_path: Path) -> None:
    scripts = [
        "CREATE TABLE a (x INTEGER)",
        "INSERT INTO a VALUES (1)",
        "ALTER TABLE a ADD COLUMN y TEXT",
        "CREATE TABLE b (id INTEGER PRIMARY KEY)",
        "CREATE TABLE c (b INTEGER REFERENCES b (id))",
    ]
    seen = [sqlite_schema(tmp_path, script).fingerprint for script in scripts]
    assert seen[0] == seen[1]
    assert len(set(seen[1:])) == 4


def test_sqlite_comments_and_dates(tmp_path: Path) -> None:
    insert = "INSERT INTO leases VALUES (1, 100, 2.5, '2024-01-31', 'soon', '2024-01', 'x');"
    leases = sqlite_schema(tmp_path, f"{COMMENTED}; {insert}").by_key["leases"]
    assert leases.comment == "One row a lease, signed or not"
    assert {column.name: column.comment for column in leases.columns} == {
        "lease_id": "our own number",
        "area": "leasable, square feet",
        "base rent": "Rent a month, in USD",
        "signed_on": "ISO date",
        "due_on": "",
        "period": "",
        "PRIMARY_NOTE": "free text",
    }
    kinds = {column.name: column.kind for column in leases.columns}
    assert (kinds["signed_on"], kinds["due_on"], kinds["period"]) == (Kind.DATE, Kind.TEXT, Kind.TEXT)
    assert leases.rows == 1


def test_a_comment_on_a_line_of_its_own_after_the_bracket_is_the_tables() -> None:
    found = remarks("CREATE TABLE t (\n  -- What t is for\n  a INTEGER, -- first\n  b INTEGER -- second\n)", ["a", "b"])
    assert (found.table, found.columns) == ("What t is for", {"a": "first", "b": "second"})


def test_sqlite_oddities(tmp_path: Path) -> None:
    schema = sqlite_schema(
        tmp_path,
        """
        CREATE TABLE parent (a INTEGER, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID;
        CREATE TABLE child (x TEXT, y INTEGER, FOREIGN KEY (X, Y) REFERENCES Parent);
        CREATE TABLE sums (a REAL, doubled REAL GENERATED ALWAYS AS (a * 2) STORED);
        CREATE VIEW broken AS SELECT * FROM gone;
        CREATE VIEW counted AS SELECT count(*) AS n, 'x' || a AS label FROM parent;
        CREATE VIRTUAL TABLE papers USING fts5 (body);
        INSERT INTO parent VALUES (1, 'p');
        """,
    )
    tables = schema.by_key
    assert set(tables) == {"parent", "child", "sums", "counted"}
    assert tables["parent"].primary_key == ("b", "a")
    assert tables["parent"].rows == 1
    assert [column.name for column in tables["sums"].columns] == ["a", "doubled"]
    assert [column.kind for column in tables["counted"].columns] == [Kind.NUMBER, Kind.TEXT]
    (key,) = schema.foreign_keys
    assert (key.columns, key.refers_table, key.refers_columns) == (("x", "y"), "parent", ("b", "a"))


def test_keys_are_inferred_from_names_and_values(tmp_path: Path) -> None:
    schema = sqlite_schema(
        tmp_path,
        """
        CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE Property (PropertyId INTEGER PRIMARY KEY, company_id INTEGER, name TEXT);
        CREATE TABLE visits (id INTEGER PRIMARY KEY, PropertyId INTEGER,
                             company_id TEXT, companies_id INTEGER);
        CREATE TABLE state (state_name TEXT, capital TEXT);
        CREATE TABLE city (city_name TEXT, state_name TEXT);
        INSERT INTO companies VALUES (1, 'a'), (2, 'b');
        INSERT INTO Property VALUES (10, 1, 'a'), (11, 2, 'b');
        INSERT INTO visits VALUES (1, 10, '1', 77), (2, 11, '2', 78);
        INSERT INTO state VALUES ('ohio', 'columbus'), ('utah', 'slc');
        INSERT INTO city VALUES ('dayton', 'ohio'), ('akron', 'ohio'), ('provo', 'utah');
        """,
    )
    found = {(key.table, key.columns[0]): (key.refers_table, key.refers_columns[0]) for key in schema.foreign_keys}
    assert found == {
        ("Property", "company_id"): ("companies", "id"),
        ("visits", "PropertyId"): ("Property", "PropertyId"),
        ("city", "state_name"): ("state", "state_name"),
    }
    assert all(key.inferred and key.evidence for key in schema.foreign_keys)


def test_postgresql_catalog(postgres_server: Any, postgres_run: Callable[..., list[tuple[Any, ...]]]) -> None:
    postgres_run("CREATE DATABASE catalog")
    postgres_run(
        """
        CREATE SCHEMA billing; CREATE TYPE mood AS ENUM ('good', 'bad');
        CREATE DOMAIN money_usd AS numeric(12, 2);
        CREATE TABLE parent (a int, b text, PRIMARY KEY (a, b));
        CREATE TABLE billing.invoices (id int PRIMARY KEY, pb text, pa int, state mood, paid money_usd,
          at timestamptz, due time, extra jsonb, tags text[], raw bytea,
          FOREIGN KEY (pa, pb) REFERENCES parent (a, b) NOT VALID);
        CREATE TABLE events (id int NOT NULL, day date NOT NULL, gone text) PARTITION BY RANGE (day);
        CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        ALTER TABLE events DROP COLUMN gone;
        INSERT INTO events SELECT g, '2024-05-01' FROM generate_series(1, 50) AS g; ANALYZE;
        CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM events;
        COMMENT ON TABLE parent IS 'Those above'; COMMENT ON COLUMN billing.invoices.paid IS 'in USD';
        """,
        "catalog",
    )
    schema = discover(Door(postgres_server.get_uri("catalog")))
    tables = schema.by_key
    assert set(tables) == {"parent", "billing.invoices", "events", "totals"}
    assert tables["parent"].comment == "Those above"
    assert (tables["events"].rows, tables["totals"].view) == (50, True)
    assert [column.name for column in tables["events"].columns] == ["id", "day"]
    invoices = tables["billing.invoices"]
    assert invoices.by_name["paid"].comment == "in USD"
    assert {column.name: column.kind.value for column in invoices.columns} == {
        "id": "number", "pb": "text", "pa": "number", "state": "text", "paid": "number", "at": "date",
        "due": "time",
        "extra": "json", "tags": "other", "raw": "binary",
    }  # fmt: skip
    (key,) = schema.foreign_keys
    assert (key.table, key.columns, key.refers_table, key.refers_columns) == (
        "billing.invoices", ("pa", "pb"), "parent", ("a", "b"),
    )  # fmt: skip


def test_only_what_the_role_may_read_is_listed(
    postgres_server: Any, postgres_run: Callable[..., list[tuple[Any, ...]]]
) -> None:
    postgres_run("CREATE DATABASE partly")
    postgres_run(
        "CREATE ROLE narrow LOGIN; CREATE TABLE seen (a int, secret text); CREATE TABLE unseen (a int);"
        "GRANT SELECT (a) ON seen TO narrow",
        "partly",
    )
    (table,) = discover(Door(str(postgres_server.get_uri("partly")).replace("postgres:", "narrow:", 1))).tables
    assert (table.name, [column.name for column in table.columns]) == ("seen", ["a"])


def test_many_tables_take_few_statements(tmp_path: Path) -> None:
    script = "".join(
        f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, t{max(0, n - 1)}_id INTEGER, changed_on TEXT);" for n in range(400)
    )
    schema = sqlite_schema(tmp_path, script)
    assert len(schema.tables) == 400
    assert len(schema.foreign_keys) == 399


@pytest.mark.parametrize("tables", [20, 400, pytest.param(3_000, marks=pytest.mark.slow)])
def test_what_columns_hold_is_asked_in_few_statements(tmp_path: Path, tables: int) -> None:
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(["TEXT", "NUMERIC", "DATE", "INTEGER"] * 3))
    sqlite_schema(tmp_path, "".join(f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, {columns});" for n in range(tables)))
    assert counted_discovery(Door(f"sqlite:///{next(tmp_path.glob('*.sqlite'))}")) <= STATEMENTS_GOAL


def test_an_empty_database(tmp_path: Path, postgres_server: Any, postgres_run: Callable[..., Any]) -> None:
    postgres_run("CREATE DATABASE nothing")
    for script in ["CREATE TABLE a (x); DROP TABLE a"]:
        with pytest.raises(SourceError, match="holds no tables") as raised:
            sqlite_schema(tmp_path, script)
        assert raised.value.hint
    with pytest.raises(SourceError, match="holds no tables"):
        discover(Door(postgres_server.get_uri("nothing")))


@pytest.mark.parametrize(
    ("name", "one"),
    [("properties", "property"), ("Addresses", "address"), ("loan_statuses", "loan_status"), ("boxes", "box"),
     ("People", "person"), ("bus", "bus"), ("PropertyTypes", "property_type"), ("analysis", "analysis")],
)  # fmt: skip
def test_singular(name: str, one: str) -> None:
    assert singular(name) == one


def test_words() -> None:
    assert [words(name) for name in ("AlbumId", "album_id", "Album ID", "ALBUM_ID", "HTTPCode")] == [
        "album_id", "album_id", "album_id", "album_id", "http_code",
    ]  # fmt: skip
