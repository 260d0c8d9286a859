"""What is doubtful about a SELECT, with its evidence; and what is not."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from engine.authors.base import Ground
from engine.compiling.doubting import doubts_of
from engine.semantics.facts import look
from engine.sources.connection import open_connection

STORE = """
CREATE TABLE client (client_id INTEGER PRIMARY KEY, name TEXT, state TEXT, manager_id INTEGER);
CREATE TABLE invoice (invoice_id INTEGER PRIMARY KEY, client_id INTEGER REFERENCES client, issued_on DATE, amount REAL,
  currency TEXT, paid_text TEXT);
CREATE TABLE payment (payment_id INTEGER PRIMARY KEY, invoice_id INTEGER REFERENCES invoice, amount_eur REAL);
CREATE TABLE region (code TEXT PRIMARY KEY, title TEXT);
INSERT INTO client VALUES (1,'Ash','TX',900),(2,'Birch','FL',NULL),(3,'Cedar','TX',901);
INSERT INTO invoice VALUES (10,1,'2026-01-05',100,'EUR','05.01.2026'),(11,1,'2026-02-05',50,'USD','07.02.2026'),
  (12,2,'2026-03-05',70,'EUR','09.03.2026');
INSERT INTO payment VALUES (1,10,40),(2,10,60),(3,11,50),(4,12,70);
INSERT INTO region VALUES ('N','North'),('S','South');
"""
JOINED = "FROM invoice i JOIN payment p ON p.invoice_id = i.invoice_id"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("store")
    made = sqlite3.connect(folder / "store.sqlite")
    made.executescript(STORE)
    made.close()
    opened = open_connection(f"sqlite:///{folder / 'store.sqlite'}", Path(folder / "cache"))
    return Ground(opened.schema, opened.values, None, opened.door.read, date(2026, 11, 22))


def kinds(sql: str, place: Ground) -> dict[str, str]:
    facts = look(place, place.schema.tables)
    return {doubt.kind: doubt.text for doubt in doubts_of(sql, place.read(sql, {}), place, facts)}


@pytest.mark.parametrize(
    ("sql", "kind", "said"),
    [
        ("SELECT COUNT(*) AS n FROM client WHERE state = 'tx'", "value", "it is written 'TX'"),
        ("SELECT COUNT(*) AS n FROM client WHERE state IN ('TX', 'Ohio')", "value", "'FL', 'TX'"),
        (
            f"SELECT SUM(i.amount) AS a, i.currency AS c {JOINED} GROUP BY 2",
            "multiplied",
            "3 rows of invoice are counted 4 times",
        ),
        (
            "SELECT AVG(a) AS n FROM (SELECT client_id, AVG(amount_eur) AS a FROM payment JOIN invoice"
            " USING (invoice_id)"
            " GROUP BY client_id)",
            "averages",
            "average or ratio itself",
        ),
        ("SELECT SUM(client_id) AS n FROM invoice", "identifier", "invoice.client_id tells rows apart"),
        ("SELECT COUNT(*) / COUNT(DISTINCT client_id) AS n FROM invoice", "division", "Multiply by 1.0"),
        ("SELECT COUNT(*) AS n FROM invoice WHERE issued_on >= '2027-01-01'", "period", "2026-01-05 to 2026-03-05"),
        (
            "SELECT COUNT(*) AS n FROM invoice WHERE paid_text >= '01.02.2026'",
            "text date",
            "compares letters, not days",
        ),
        (
            "SELECT name FROM client WHERE client_id NOT IN (SELECT manager_id FROM client)",
            "nulls",
            "client.manager_id has empty cells",
        ),
        ("SELECT SUM(amount) AS n FROM invoice", "currency", "EUR, USD"),
        ("SELECT name FROM client WHERE name LIKE 'Z%'", "empty", "gives no row"),
        ("SELECT r.title FROM client c JOIN region r ON r.code = c.state", "join", "at most 0 of 2 occur"),
    ],
)
def test_each_kind_of_doubt_has_its_evidence(sql: str, kind: str, said: str, place: Ground) -> None:
    found = kinds(sql, place)
    assert kind in found, found
    assert said in found[kind]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) AS n FROM client WHERE state = 'TX'",
        f"SELECT SUM(p.amount_eur) AS paid {JOINED}",
        f"SELECT COUNT(DISTINCT i.invoice_id) AS n {JOINED}",
        "SELECT currency, SUM(amount) AS n FROM invoice GROUP BY currency",
        "SELECT 1.0 * COUNT(*) / COUNT(DISTINCT client_id) AS n FROM invoice",
        "SELECT COUNT(*) AS n FROM invoice WHERE issued_on BETWEEN '2026-01-01' AND '2026-02-28'",
        "SELECT COUNT(*) AS n FROM invoice WHERE issued_on IS NULL OR issued_on > '2024-01-01'",
        "SELECT name FROM client WHERE client_id NOT IN (SELECT manager_id FROM client WHERE manager_id IS NOT NULL)",
        "SELECT c.name, p.paid FROM client c JOIN (SELECT i.client_id, SUM(p.amount_eur) AS paid FROM"
        " invoice i JOIN payment p"
        " ON p.invoice_id = i.invoice_id GROUP BY i.client_id) p ON p.client_id = c.client_id",
    ],
)
def test_a_sound_select_raises_no_doubt(sql: str, place: Ground) -> None:
    assert kinds(sql, place) == {}
