"""A small shop on SQLite, and a way to ask it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import date

import pytest

from engine.authors.analytics.author import Analysis, analyse, plan
from engine.authors.base import Declined, Ground
from engine.bench.questions import answer_of
from engine.products import Plan, Question
from engine.sources.connection import Connection, open_connection

TODAY = date(2026, 11, 22)
SHOP = """
CREATE TABLE customers (
  customer_id INTEGER PRIMARY KEY, customer_name TEXT, email TEXT, city TEXT, country TEXT, signup_date DATE
);
CREATE TABLE products (
  product_id INTEGER PRIMARY KEY, product_name TEXT, category TEXT, unit_price NUMERIC, weight_kg REAL,
  discontinued BOOLEAN
);
CREATE TABLE orders (
  order_id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers(customer_id), order_date DATE, status TEXT,
  shipping_fee NUMERIC
);
CREATE TABLE order_items (
  order_item_id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders(order_id),
  product_id INTEGER REFERENCES products(product_id), quantity INTEGER, amount NUMERIC
);
CREATE TABLE refunds (
  refund_id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders(order_id), refund_date DATE, amount NUMERIC
);
INSERT INTO customers VALUES
  (1,'Acme Ltd','a@acme.com','Berlin','Germany','2021-02-01'),
  (2,'Bolt GmbH','b@bolt.de','Munich','Germany','2022-05-10'),
  (3,'Cargo SA','c@cargo.fr','Paris','France','2023-07-15'),(4,'Delta Inc','d@delta.com','Austin','USA','2024-01-20');
INSERT INTO products VALUES
  (1,'Desk','Furniture',200,30,0),(2,'Chair','Furniture',80,8,0),(3,'Lamp','Lighting',35,2,1),
  (4,'Cable','Electronics',5,0.1,0),(5,'Monitor','Electronics',310,5,0);
INSERT INTO orders VALUES
  (1,1,'2024-01-15','shipped',10),(2,1,'2024-02-20','shipped',12),(3,2,'2024-02-25','cancelled',0),
  (4,3,'2025-03-01','pending',8),(5,2,'2025-03-09','shipped',9),(6,1,'2025-08-30','pending',7);
INSERT INTO order_items VALUES
  (1,1,1,2,400),(2,1,2,4,320),(3,2,3,1,35),(4,3,4,10,50),(5,4,2,1,80),(6,5,1,1,200),(7,5,4,3,15),(8,6,5,2,620);
INSERT INTO refunds VALUES (1,1,'2024-02-01',100),(2,1,'2024-02-10',50),(3,5,'2025-04-01',200);
"""
Ask = Callable[..., list[tuple[object, ...]]]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    folder = tmp_path_factory.mktemp("shop")
    connection = sqlite3.connect(folder / "shop.sqlite")
    connection.executescript(SHOP)
    connection.close()
    return open_connection(f"sqlite:///{folder / 'shop.sqlite'}", folder / "cache")


def ground_of(connection: Connection) -> Ground:
    return Ground(
        schema=connection.schema, values=connection.values, mapping=None, read=connection.door.read, today=TODAY
    )


@pytest.fixture(scope="session")
def ground(shop: Connection) -> Ground:
    return ground_of(shop)


def planned(text: str, ground: Ground, answers: Mapping[str, str] | None = None) -> tuple[Analysis, Plan]:
    found = analyse(text, ground, answers or {})
    assert isinstance(found, Analysis), found
    stored = Analysis.model_validate_json(found.model_dump_json())
    assert stored == found
    return found, plan(stored, ground)


def answer(text: str, ground: Ground, answers: Mapping[str, str] | None = None) -> list[tuple[object, ...]]:
    _, made = planned(text, ground, answers)
    return answer_of(made, ground.read(made.sources[0].sql, made.sources[0].bound))


@pytest.fixture(scope="session")
def ask(ground: Ground) -> Ask:
    """The rows (or numbers) that a question gives."""
    return lambda text, answers=None: answer(text, ground, answers)


@pytest.fixture(scope="session")
def asked(ground: Ground) -> Callable[..., Question]:
    def question(text: str, answers: Mapping[str, str] | None = None) -> Question:
        found = analyse(text, ground, answers or {})
        assert isinstance(found, Question), found
        return found

    return question


@pytest.fixture(scope="session")
def declined(ground: Ground) -> Callable[[str], Declined]:
    def refusal(text: str) -> Declined:
        found = analyse(text, ground, {})
        assert isinstance(found, Declined), found
        return found

    return refusal
