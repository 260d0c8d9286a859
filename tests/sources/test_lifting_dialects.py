"""SELECTs as models write them for PostgreSQL and MariaDB: lifted, they give the rows that the database gives."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.authors.base import Ground
from engine.compiling.agreement import difference
from engine.compiling.doubting import doubts_of
from engine.semantics.facts import look
from engine.sources.connection import open_connection
from tests.analytics.conftest import SHOP
from tests.compiling.conftest import computed, document_of, lifted
from tests.mariadb import MariaDb

POSTGRESQL = [
    "SELECT date_trunc('month', order_date)::date AS month, COUNT(*) AS n FROM shop.orders GROUP BY 1 ORDER BY 1",
    "SELECT to_char(order_date, 'YYYY-MM') AS month, SUM(shipping_fee) AS fees FROM shop.orders GROUP BY 1 ORDER BY 1",
    "SELECT EXTRACT(YEAR FROM order_date)::int AS year, COUNT(*) FILTER (WHERE status = 'shipped') AS shipped,"
    " COUNT(*) AS n FROM shop.orders GROUP BY 1 ORDER BY 1",
    "SELECT COUNT(*) FILTER (WHERE status = 'shipped')::numeric / COUNT(*) AS share FROM shop.orders",
    "SELECT category, percentile_cont(0.5) WITHIN GROUP (ORDER BY unit_price) AS median FROM shop.products GROUP BY 1",
    "SELECT p.category, SUM(i.amount) AS total, SUM(i.amount) / SUM(SUM(i.amount)) OVER () AS share FROM"
    " shop.order_items i JOIN shop.products p ON p.product_id = i.product_id GROUP BY p.category ORDER BY total DESC",
    "SELECT c.customer_name, COALESCE(SUM(i.amount), 0) AS revenue FROM shop.customers c LEFT JOIN shop.orders o ON"
    " o.customer_id = c.customer_id LEFT JOIN shop.order_items i ON i.order_id = o.order_id GROUP BY c.customer_id,"
    " c.customer_name ORDER BY revenue DESC LIMIT 3",
    "SELECT AVG(o.order_date - c.signup_date) AS days FROM shop.orders o JOIN shop.customers c USING (customer_id)",
    "SELECT COUNT(*) / 4 AS quarter FROM shop.orders",
    "SELECT ROUND(AVG(amount), 2) AS average FROM shop.order_items WHERE amount > 10",
    "SELECT COUNT(*) AS n FROM shop.customers WHERE customer_name ILIKE '%a%'",
    "WITH ranked AS (SELECT o.customer_id, SUM(i.amount) AS total, RANK() OVER (ORDER BY SUM(i.amount) DESC) AS place"
    " FROM shop.orders o JOIN shop.order_items i USING (order_id) GROUP BY o.customer_id) SELECT customer_id, total"
    " FROM ranked WHERE place <= 2",
]
MARIADB = [
    "SELECT DATE_FORMAT(order_date, '%Y-%m') AS month, COUNT(*) AS n FROM orders GROUP BY 1 ORDER BY 1",
    "SELECT YEAR(order_date) AS year, SUM(shipping_fee) AS fees FROM orders GROUP BY YEAR(order_date)",
    "SELECT SUM(CASE WHEN status = 'shipped' THEN 1 ELSE 0 END) / COUNT(*) AS share FROM orders",
    "SELECT p.category, SUM(i.amount) AS total FROM order_items i JOIN products p ON p.product_id = i.product_id"
    " GROUP BY p.category ORDER BY total DESC LIMIT 2",
    "SELECT AVG(DATEDIFF(o.order_date, c.signup_date)) AS days FROM orders o JOIN customers c USING (customer_id)",
]


def ground_at(address: str, folder: Path) -> Ground:
    opened = open_connection(address, folder)
    return Ground(opened.schema, opened.values, None, opened.door.read, date(2026, 11, 22))


def agrees(sql: str, ground: Ground) -> None:
    made = lifted(sql, ground)
    rows = ground.read(sql, {})
    assert len(rows), "a statement that gives nothing proves nothing"
    assert difference(document_of(made, computed(made, ground)), made.outputs, rows) == ""
    assert doubts_of(sql, rows, ground, look(ground, ground.schema.tables)) is not None


@pytest.fixture(scope="module")
def in_postgresql(
    postgres_server: Any, postgres_run: Callable[..., list[tuple[Any, ...]]], tmp_path_factory: pytest.TempPathFactory
) -> Ground:
    text = SHOP.replace("BOOLEAN", "INTEGER").replace("CREATE TABLE ", "CREATE TABLE shop.")
    for name in ("customers", "products", "orders", "order_items", "refunds"):
        text = text.replace(f"INSERT INTO {name} ", f"INSERT INTO shop.{name} ")
        text = text.replace(f"REFERENCES {name}(", f"REFERENCES shop.{name}(")
    postgres_run("DROP DATABASE IF EXISTS lifted")
    postgres_run("CREATE DATABASE lifted")
    for statement in f"CREATE SCHEMA shop;{text}".split(";"):
        if statement.strip():
            postgres_run(statement, "lifted")
    postgres_run("GRANT USAGE ON SCHEMA shop TO PUBLIC", "lifted")
    postgres_run("GRANT SELECT ON ALL TABLES IN SCHEMA shop TO PUBLIC", "lifted")
    return ground_at(str(postgres_server.get_uri("lifted")), tmp_path_factory.mktemp("postgresql"))


@pytest.fixture(scope="module")
def in_mariadb(mariadb: MariaDb, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("mariadb")
    with contextlib.closing(sqlite3.connect(folder / "lifted.sqlite")) as connection:
        connection.executescript(SHOP)
    return ground_at(mariadb.copy(folder / "lifted.sqlite", "lifted"), folder / "cache")


@pytest.mark.xdist_group("mariadb")
@pytest.mark.parametrize("sql", MARIADB)
def test_mariadb(sql: str, in_mariadb: Ground) -> None:
    agrees(sql, in_mariadb)


@pytest.mark.parametrize("sql", POSTGRESQL)
def test_postgresql(sql: str, in_postgresql: Ground) -> None:
    agrees(sql, in_postgresql)
