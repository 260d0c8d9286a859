"""A shop with stock and tickets: hours, exclusions, lengths, amounts by their own dates, numbers of a row compared."""

from __future__ import annotations

import sqlite3
from datetime import date

import pytest

from engine.authors.asking import Understood, names_of, understand
from engine.authors.base import Ground
from engine.compiling.asking import compile_question
from engine.sources.connection import open_connection

TODAY = date(2026, 11, 22)
MADE = """
CREATE TABLE Member(MemberId INTEGER PRIMARY KEY, FullName TEXT, JoinedDate TEXT, LeftDate TEXT, DeletedAt TEXT,
  NewsletterOptIn INTEGER);
CREATE TABLE Worker(WorkerId INTEGER PRIMARY KEY, FullName TEXT);
CREATE TABLE Product(ProductId INTEGER PRIMARY KEY, ProductName TEXT, UnitsInStock INTEGER, ReorderLevel INTEGER,
  RetiredDate TEXT);
CREATE TABLE SalesOrder(OrderId INTEGER PRIMARY KEY, MemberId INTEGER REFERENCES Member(MemberId), OrderDate TEXT,
  Status TEXT, PackedByWorkerId INTEGER REFERENCES Worker(WorkerId),
  CheckedByWorkerId INTEGER REFERENCES Worker(WorkerId));
CREATE TABLE OrderItem(OrderItemId INTEGER PRIMARY KEY, OrderId INTEGER REFERENCES SalesOrder(OrderId),
  ProductId INTEGER REFERENCES Product(ProductId), Quantity INTEGER, UnitPrice REAL, DiscountPct REAL);
CREATE TABLE ItemReturn(ReturnId INTEGER PRIMARY KEY, OrderItemId INTEGER REFERENCES OrderItem(OrderItemId),
  ReturnedDate TEXT, RefundAmount REAL, RefundedDate TEXT);
CREATE TABLE Ticket(TicketId INTEGER PRIMARY KEY, Severity INTEGER, OpenedAt TEXT, FirstResponseAt TEXT,
  ResolvedAt TEXT, KmCharge REAL, TimeCharge REAL, KmDriven REAL, IsWithdrawn INTEGER);
CREATE TABLE Project(ProjectId INTEGER PRIMARY KEY, ProjectName TEXT, Cost REAL, Budget REAL);
INSERT INTO Project VALUES (1, 'A', 5, 3), (2, 'B', 1, 3), (3, 'C', 9, 9);
CREATE TABLE Contract(ContractId INTEGER PRIMARY KEY, Plan TEXT, ValidFrom TEXT, ValidTo TEXT, Fee REAL);
INSERT INTO Member VALUES (1, 'Ann', '2026-01-05', NULL, NULL, 1), (2, 'Bob', '2026-02-07', '2026-06-01', NULL, 0),
  (3, 'Cy', '2025-02-07', NULL, '2026-03-01', 1), (4, 'Di', '2026-02-09', NULL, NULL, 0);
INSERT INTO Worker VALUES (1, 'Wim'), (2, 'Xi');
INSERT INTO Product VALUES (1, 'Tent', 3, 5, NULL), (2, 'Rope', 9, 4, NULL), (3, 'Lamp', 1, 1, '2026-01-31');
INSERT INTO SalesOrder VALUES (1, 1, '2026-01-10', 'paid', 1, 2), (2, 1, '2026-02-10', 'cancelled', 1, 1),
  (3, 2, '2026-02-11', 'paid', 2, 1);
INSERT INTO OrderItem VALUES (1, 1, 1, 2, 10, 50), (2, 1, 2, 1, 4, 0), (3, 3, 2, 3, 2, 25), (4, 2, 1, 1, 8, 0);
INSERT INTO ItemReturn VALUES (1, 1, '2026-01-20', 5, '2026-02-03'), (2, 3, '2026-02-20', 7, '2026-02-25');
INSERT INTO Ticket VALUES (1, 1, '2026-07-01 08:00', '2026-07-01 10:00', '2026-07-03 08:00', 1, 10, 7, 0),
  (2, 1, '2026-07-02 08:00', '2026-07-02 14:00', NULL, 2, 20, 8, 1),
  (3, 2, '2026-08-02 08:00', '2026-08-02 09:00', NULL, 3, 30, 9, 0);
INSERT INTO Contract VALUES (1, 'A', '2025-01-01', '2025-01-31', 5), (2, 'A', '2025-02-01', '2026-12-31', 6),
  (3, 'B', '2026-01-01', NULL, 7);
"""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("shop")
    with sqlite3.connect(folder / "shop.sqlite") as made:
        made.executescript(MADE)
    made.close()
    connection = open_connection(f"sqlite:///{folder / 'shop.sqlite'}", folder)
    return Ground(
        schema=connection.schema, values=connection.values, mapping=None, read=connection.door.read, today=TODAY
    )


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        # The time between two moments, in hours, and days said in other ways.
        ("how many hours passed on average until the first response, by severity", [[1, 4.0], [2, 1.0]]),
        ("avg hrs to first response by severity", [[1, 4.0], [2, 1.0]]),
        ("average days from opening to resolution", [[2.0]]),
        ("how many days on average lie between opening and resolution", [[2.0]]),
        ("average contract length by plan", [["A", 364.0], ["B", float("nan")]]),
        # What is left out is of the things asked about, and never what a share is of.
        ("members joined in 2026 by month, not counting deleted accounts", [["2026-01", 1], ["2026-02", 2]]),
        ("newsletter opt in %, excl deleted", [[1 / 3]]),
        ("number of tickets without withdrawn ones", [[2]]),
        ("how many orders were placed in 2026 by month and what percentage of them was cancelled",
         [["2026-01", 1, 0.0], ["2026-02", 2, 0.5]]),
        # Amounts are of the day that is called like them.
        ("total refund amount by month 2026", [["2026-02", 12.0]]),
        ("did we refund more money in February 2026 than in January 2026?", [["yes"]]),
        # A refund is no revenue; a discount of 50 in a column of percents is one half.
        ("total revenue", [[26.5]]),
        ("average order value", [[26.5 / 3]]),
        # Things that ended, and those of which none is there.
        ("current products", [["Rope"], ["Tent"]]),
        ("products never ordered", [["Lamp"]]),
        ("members who never ordered", [["Di"]]),
        # Numbers of one row beside each other.
        ("products below reorder level", [["Tent"]]),
        ("products with stock under reorder level", [["Tent"]]),
        ("projects with cost over budget", [["A"]]),
        ("which projects have a cost over budget", [["A"]]),
        ("projects with cost above budget", [["A"]]),
        # Who packed, of packed_by; orders, not their items.
        ("orders packed per worker", [["Wim", 2], ["Xi", 1]]),
        ("list the members who joined in 2026 and have not left, the earliest first", [["Ann"], ["Di"]]),
        ("contracts ending between today and 31 March 2027", [[2]]),
        ("total ticket cost (time + km charge)", [[66.0]]),
    ],
)  # fmt: skip
def test_a_shop_is_read(ground: Ground, text: str, rows: list[list[object]]) -> None:
    read = understand(text, ground, {})
    assert isinstance(read, Understood), read
    found = ground.read(compile_question(read.asked, names_of(ground).model), {}).to_numpy().tolist()
    wanted = sorted(rows, key=str)
    got = sorted((row[: len(rows[0])] for row in found), key=str)
    assert len(got) == len(wanted), found
    for row, want in zip(got, wanted, strict=True):
        assert row == [pytest.approx(cell, nan_ok=True) if isinstance(cell, float) else cell for cell in want], found


@pytest.mark.parametrize(
    "text",
    [
        "time and km charges by month",  # "time" is half of a name, not a word to leave out
        "total ticket cost (time charge + km driven)",  # money and kilometres do not add up
        "how full are the orders",
        "current members who have left",  # nobody is both
        "paid per month 2026",  # an amount before it is a number of orders
    ],
)
def test_what_would_be_a_part_or_a_mixture_is_not_answered(ground: Ground, text: str) -> None:
    assert not isinstance(understand(text, ground, {}), Understood)
