"""What may be added up, which periods the data reach, and exact names of columns, over a lender's tables."""

from __future__ import annotations

import sqlite3

import pytest

from engine.authors.analytics.author import Analysis, analyse, plan
from engine.authors.base import Declined, Ground
from engine.products import Plan
from engine.sources.connection import open_connection
from tests.analytics.conftest import ground_of

LENDER = """
CREATE TABLE loan_performance (loan_id TEXT, reporting_month DATE, current_balance REAL, orig_int_rt REAL, st TEXT,
  PRIMARY KEY (loan_id, reporting_month));
CREATE TABLE payments (payment_id INTEGER PRIMARY KEY, loan_id TEXT, paid_on DATE, amount REAL, deleted_at TIMESTAMP);
CREATE TABLE invoices (invoice_id INTEGER PRIMARY KEY, client TEXT, fee REAL, currency TEXT, status TEXT);
CREATE TABLE draws (Draw INTEGER, borrower TEXT, amount REAL);
CREATE TABLE notes (note_id INTEGER PRIMARY KEY, price TEXT);
INSERT INTO loan_performance VALUES ('L1','2024-01-01',100,4.0,'FL'),('L1','2024-02-01',90,4.0,'FL'),
  ('L2','2024-01-01',1000,6.0,'GA'),('L2','2024-02-01',980,6.0,'GA');
INSERT INTO payments VALUES (1,'L1','2024-01-05',10,NULL),(2,'L1','2024-02-05',20,'2024-02-06'),
  (3,'L2','2024-02-07',40,NULL);
INSERT INTO invoices VALUES (1,'A',100,'USD','paid'),(2,'A',100,'EUR','paid'),(3,'B',9000,'JPY','void');
INSERT INTO draws VALUES (7001,'A',10),(7002,'A',20),(7003,'B',40);
INSERT INTO notes VALUES (1,'1,300.50'),(2,'75.25');
"""


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("lender")
    connection = sqlite3.connect(folder / "lender.sqlite")
    connection.executescript(LENDER)
    connection.close()
    return ground_of(open_connection(f"sqlite:///{folder / 'lender.sqlite'}", folder / "cache"))


def planned(question: str, ground: Ground) -> Plan | Declined:
    found = analyse(question, ground, {})
    assert isinstance(found, Analysis), found
    return plan(found, ground)


def rows(question: str, ground: Ground) -> list[tuple[object, ...]]:
    made = planned(question, ground)
    assert isinstance(made, Plan), made
    (source,) = made.sources
    return [tuple(row) for row in ground.read(source.sql, source.bound).values.tolist()]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("total current balance", [(1070.0,)]),
        ("total current balance by loan id", [("L2", 980.0), ("L1", 90.0)]),
        ("how many loan performances", [(2,)]),
        ("total current balance in January 2024", [(1100.0,)]),
        ("total amount of payments", [(50.0,)]),
        ("total amount of draws", [(70.0,)]),
        ("average draw", [(70 / 3,)]),
        ("average orig_int_rt by st", [("GA", 6.0), ("FL", 4.0)]),
    ],
)
def test_what_may_not_be_added_up_is_not(lender: Ground, question: str, expected: list[tuple[object, ...]]) -> None:
    assert sorted(rows(question, lender), key=str) == sorted(expected, key=str)


def test_balances_by_month_have_no_headline(lender: Ground) -> None:
    made = planned("total current balance by month", lender)
    assert isinstance(made, Plan)
    assert [view.quantity for view in made.view] == ["result", "result"]
    assert rows("total current balance by month", lender)[-1][1] == 1070.0


def test_what_was_taken_is_said(lender: Ground) -> None:
    balance, payments = planned("total current balance", lender), planned("total amount of payments", lender)
    assert isinstance(balance, Plan)
    assert isinstance(payments, Plan)
    assert "those of the last one on record are taken" in " ".join(balance.assumptions)
    assert "deleted or void (deleted_at) are left out" in " ".join(payments.assumptions)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("total fee", "in several currencies (EUR, JPY, USD), which do not add up"),
        ("total amount of payments in March 2025", "paid on of payments goes from 2024-01-05 to 2024-02-07"),
        ("total amount of payments in 2019", "There is nothing in the period asked for"),
    ],
)
def test_what_has_no_number_is_declined_with_the_reason(lender: Ground, question: str, reason: str) -> None:
    made = planned(question, lender)
    assert isinstance(made, Declined)
    assert reason in made.reason


def test_currencies_each_by_itself_are_answered_without_a_total_of_all(lender: Ground) -> None:
    made = planned("total fee by currency", lender)
    assert isinstance(made, Plan)
    assert all(view.quantity == "result" for view in made.view)


def test_numbers_kept_as_text_are_named_as_the_reason(lender: Ground) -> None:
    found = analyse("total price of notes", lender, {})
    assert isinstance(found, Declined)
    assert "kept as text, not as numbers" in found.reason
