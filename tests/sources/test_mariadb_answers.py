"""The same questions over the same rows in SQLite and in MariaDB have the same answers."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.authors.analytics.author import Analysis, analyse, plan
from engine.authors.analytics.query import Bucket, ColumnRef, Difference, Output, Query
from engine.authors.analytics.rendering import render
from engine.authors.base import Ground
from engine.bench.questions import answer_of
from engine.sources.connection import Connection, open_connection
from engine.sources.profile import profile
from tests.analytics.conftest import SHOP
from tests.mariadb import MariaDb

pytestmark = pytest.mark.xdist_group("mariadb")

QUESTIONS = """
How many customers are there?
How many customers are from Germany?
How many orders were placed in 2024?
How many orders does Acme Ltd have?
How many distinct countries are the customers from?
How many customers signed up in 2023?
How many orders are shipped or pending?
How many orders are not shipped?
How many products are discontinued?
How many products are not discontinued?
How many customers have an email that contains 'acme'?
How many products have a unit price over $50?
How many products have a unit price between 30 and 100?
How many customers do not have any orders?
What is the average unit price of products?
average unit price of Furniture products
What is the median unit price of products?
median unit price of products by category
total shipping fee of orders from customers in Germany
What is the total quantity of order items in 2025?
What percentage of orders are cancelled?
What is the ratio of orders that are shipped to orders that are pending?
How many order items are in the order of the customer Delta Inc?
What is the average shipping fee rounded to 1 decimal place?
Which customer has the most orders?
What is the most expensive product?
What are the three cheapest products?
What are the names of products that cost more than 100?
Show the names of customers without orders
customers with more than 2 orders
customers with at least two orders
Which products were never ordered?
List the name and city of customers from Germany
products whose unit price is above average
Show the names of customers who ordered a Desk
names of customers who ordered both 'Desk' and 'Chair'
Find customer names that do not have orders in 2025
What is the most common status of orders?
customers in France or USA
customers not in Germany
number of orders per month in 2024
number of orders per year
number of orders by quarter
number of orders by week
number of orders by day
total amount of order items by category
total amount of order items by category and order date
average amount of refunds by month
share of order items amount by category
List the names of products ordered by unit price descending
Show all information about customers in Paris
Which country has the fewest customers?
latest order date
earliest order date by customer
total shipping fee by status
highest unit price by category
number of customers by country
orders after 2024-02-01
orders before March 2025
total shipping fee in 2024 and 2025
total refunds amount by customer
""".strip().splitlines()


# Names that one of the two reserves, NULLs to group and order by, moments, and two dates in one table.
DESK = """
CREATE TABLE teams (team_id INTEGER PRIMARY KEY, "group" TEXT, "rank" INTEGER);
CREATE TABLE tickets (
  ticket_id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES teams(team_id), opened_on DATE, closed_on DATE,
  logged_at TIMESTAMP, priority TEXT, hours REAL, "system" TEXT
);
INSERT INTO teams VALUES (1, 'North', 1), (2, 'South', 2), (3, 'Überland', NULL);
INSERT INTO tickets VALUES
  (1, 1, '2023-12-30', '2024-01-02', '2023-12-30 08:15:00', 'high', 1.5, 'Mail'),
  (2, 1, '2024-01-01', '2024-01-31', '2024-01-01 00:00:00', 'low', 0.25, 'Mail'),
  (3, 2, '2024-02-29', NULL, '2024-02-29 23:59:59', 'high', NULL, 'Web 100%'),
  (4, 2, '2024-03-31', '2024-04-01', '2024-03-31 12:00:00', NULL, 7, 'Web 100%'),
  (5, 3, '2024-12-30', '2025-01-06', '2024-12-30 06:30:00', 'low', 3, 'It''s ours');
"""
OF_THE_DESK = """
how many tickets
number of tickets opened by month
number of tickets opened by week
number of tickets opened by quarter
number of tickets opened by year
number of tickets opened by day
number of tickets by priority
total hours by group
average hours by system
total hours by group and priority
median hours by priority
tickets without priority
tickets opened before 2024-02-29
tickets logged in 2024
tickets opened in the first quarter of 2024
how many tickets have the system Web 100%
tickets with hours above average
how many tickets of the group Überland
teams with more than 1 ticket
""".strip().splitlines()
IN_ORDER = ("ordered by", "three", "latest")


def both(mariadb: MariaDb, folder: Path, name: str, tables: str) -> tuple[Connection, Connection]:
    """One small database on SQLite and on MariaDB."""
    file = folder / f"{name}.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(tables)
    address = mariadb.copy(file, name)
    return open_connection(f"sqlite:///{file}", folder / "cache"), open_connection(address, folder / "cache")


@pytest.fixture(scope="module")
def pairs(mariadb: MariaDb, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Connection, Connection]]:
    """The shop and the desk, each on SQLite and on MariaDB."""
    folder = tmp_path_factory.mktemp("pair")
    return {name: both(mariadb, folder, name, tables) for name, tables in (("shop", SHOP), ("desk", DESK))}


def ground(connection: Connection) -> Ground:
    return Ground(connection.schema, connection.values, None, connection.door.read, date(2026, 11, 22))


def answered(question: str, connection: Connection) -> Any:
    """Rows, or what was said instead of them."""
    found = analyse(question, ground(connection), {})
    if not isinstance(found, Analysis):
        return found
    made = plan(found, ground(connection))
    rows = connection.door.read(made.sources[0].sql, made.sources[0].bound)
    return [tuple(map(plain, row)) for row in answer_of(made, rows)]


def plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp | date):
        return str(value)[:10]
    if hasattr(value, "item"):
        value = value.item()
    return round(float(value), 6) if isinstance(value, int | float) else value


@pytest.mark.parametrize(
    ("name", "question"), [*(("shop", each) for each in QUESTIONS), *(("desk", each) for each in OF_THE_DESK)]
)
def test_both_give_one_answer(pairs: dict[str, tuple[Connection, Connection]], name: str, question: str) -> None:
    on_sqlite, on_mariadb = (answered(question, connection) for connection in pairs[name])
    assert isinstance(on_sqlite, list), on_sqlite
    assert isinstance(on_mariadb, list), on_mariadb
    if any(words in question for words in IN_ORDER):
        assert on_mariadb == on_sqlite
    else:
        assert sorted(on_mariadb, key=repr) == sorted(on_sqlite, key=repr)


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_both_reckon_days_and_stretches_of_time_alike(
    pairs: dict[str, tuple[Connection, Connection]], grain: Any
) -> None:
    opened, closed, logged = (
        ColumnRef(table="tickets", column=name) for name in ("opened_on", "closed_on", "logged_at")
    )
    measures = [
        Output(name=name, label=name, value=Difference(function=name, later=closed, earlier=opened))
        for name in ("avg", "min", "max", "sum")
    ]
    bucket = Output(name="since", label="since", value=Bucket(column=logged, grain=grain))
    query = Query(base="tickets", outputs=(bucket, *measures), decimals=2)
    found = []
    for connection in pairs["desk"]:
        text, bound = render(query, connection.schema)
        found.append([tuple(map(plain, row)) for row in connection.door.read(text, bound).itertuples(index=False)])
    assert sorted(found[0], key=repr) == sorted(found[1], key=repr)
    assert len(found[0]) == {"day": 5, "week": 5, "month": 5, "quarter": 3, "year": 2}[grain]


def test_both_are_seen_as_the_same_tables(pairs: dict[str, tuple[Connection, Connection]]) -> None:
    for on_sqlite, on_mariadb in pairs.values():
        seen = [
            {
                (table.key, column.name): (column.kind, column.name in table.primary_key)
                for table in connection.schema.tables
                for column in table.columns
            }
            for connection in (on_sqlite, on_mariadb)
        ]
        assert seen[0] == seen[1]
        keys = [{(k.table, k.columns, k.refers_table) for k in c.schema.foreign_keys} for c in (on_sqlite, on_mariadb)]
        assert keys[0] == keys[1]
        assert sorted(on_sqlite.values.entries) == sorted(on_mariadb.values.entries)


@pytest.mark.parametrize(
    ("name", "table", "column"),
    [("shop", "products", "unit_price"), ("shop", "orders", "order_date"), ("desk", "tickets", "priority"),
     ("desk", "tickets", "hours"), ("shop", "products", "discontinued")],
)  # fmt: skip
def test_both_have_one_profile(
    pairs: dict[str, tuple[Connection, Connection]], name: str, table: str, column: str
) -> None:
    one, other = (profile(c.door, c.schema, table, column) for c in pairs[name])
    for field in ("rows", "missing", "distinct", "whole", "average"):
        assert getattr(one, field) == getattr(other, field)
    assert [each.rows for each in one.bins] == [each.rows for each in other.bins]
    assert sorted(count for _, count in one.top) == sorted(count for _, count in other.top)
