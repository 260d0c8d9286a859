"""Names as houses write them: prefixes that say nothing, lists of one text, and words that look alike."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from engine.authors.analytics.author import analyse
from engine.authors.base import Declined, Ground
from engine.products import Question
from engine.sources.connection import open_connection
from engine.sources.naming import house_prefix, without_prefix
from tests.analytics.conftest import answer, ground_of

INN = """
CREATE TABLE gdGuest (gdGuestId TEXT PRIMARY KEY, gdGuestName TEXT, gdGuestTown TEXT);
CREATE TABLE gdRoom (gdRoomId TEXT PRIMARY KEY, gdRoomKind TEXT);
CREATE TABLE gdStay (gdStId TEXT PRIMARY KEY, gdStGuestId TEXT, gdStRoomId TEXT, gdStNights INTEGER, gdStAmount REAL);
INSERT INTO gdGuest VALUES ('g1','Ann','Kiel'),('g2','Bob','Oslo'),('g3','Cal','Kiel');
INSERT INTO gdRoom VALUES ('r1','suite'),('r2','single');
INSERT INTO gdStay VALUES ('s1','g1','r1',2,300),('s2','g1','r2',1,80),('s3','g2','r2',4,320);
"""
MARKET = """
CREATE TABLE sellers (seller_id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE shops (shop_id INTEGER PRIMARY KEY, seller_id INTEGER REFERENCES sellers(seller_id), name TEXT,
  stars REAL, budget REAL);
CREATE TABLE appraisals (shop_id INTEGER REFERENCES shops(shop_id), value REAL);
CREATE TABLE reviewer (user_id INTEGER PRIMARY KEY, nickname TEXT, fans INTEGER);
CREATE TABLE review (review_id INTEGER PRIMARY KEY, shop_id INTEGER REFERENCES shops(shop_id),
  user_id INTEGER REFERENCES reviewer(user_id), rating INTEGER);
CREATE TABLE label (lb_id INTEGER PRIMARY KEY, lb TEXT);
CREATE TABLE shop_label (shop_id INTEGER REFERENCES shops(shop_id), lb_id INTEGER REFERENCES label(lb_id));
CREATE TABLE goods (good_id INTEGER PRIMARY KEY, maker TEXT, cost_per_unit REAL);
CREATE TABLE wallet_balances (seller_id INTEGER REFERENCES sellers(seller_id), balance REAL);
CREATE TABLE payments (payment_id INTEGER PRIMARY KEY, payer_id INTEGER, payment_method TEXT, amount REAL);
CREATE TABLE income_lines (line_id INTEGER PRIMARY KEY, shop_id INTEGER REFERENCES shops(shop_id), kind TEXT,
  amount REAL);
INSERT INTO sellers VALUES (1,'Ada'),(2,'Bo');
INSERT INTO shops VALUES (1,1,'Nook',5,900),(2,2,'Barn',3,700);
INSERT INTO appraisals VALUES (1,500),(2,300);
INSERT INTO reviewer VALUES (1,'jay',60),(2,'kim',10);
INSERT INTO review VALUES (1,1,1,5),(2,1,2,2),(3,2,1,5);
INSERT INTO label VALUES (1,'organic'),(2,'vintage');
INSERT INTO shop_label VALUES (1,1),(2,1),(2,2);
INSERT INTO goods VALUES (1,'Acme',10),(2,'Acme',20),(3,'Zed',5);
INSERT INTO wallet_balances VALUES (1,40.5),(2,9.5);
INSERT INTO payments VALUES (1,7,'card',10),(2,8,'cash',30);
INSERT INTO income_lines VALUES (1,1,'rent',90),(2,1,'parking',10),(3,2,'rent',100);
"""


def made(script: str, factory: pytest.TempPathFactory) -> Ground:
    folder = factory.mktemp("house")
    with closing(sqlite3.connect(folder / "house.sqlite")) as connection:
        connection.executescript(script)
    return ground_of(open_connection(f"sqlite:///{folder / 'house.sqlite'}", folder / "cache"))


@pytest.fixture(scope="module")
def inn(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return made(INN, tmp_path_factory)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return made(MARKET, tmp_path_factory)


@pytest.mark.parametrize(
    ("names", "prefix"),
    [
        (("sbCustomer", "sbTicker", "sb_trade"), "sb"),
        (("sbCustomer", "sbTicker"), ""),
        (("sbCustomer", "sbTicker", "trade"), ""),
        (("orders", "orders_old", "orders_new"), ""),
    ],
)
def test_a_prefix_is_a_houses_when_every_table_has_it(names: tuple[str, ...], prefix: str) -> None:
    assert house_prefix(names) == prefix
    assert without_prefix("sbTxId", prefix) == ("tx_id" if prefix else "sb_tx_id")


def test_keys_and_words_are_found_behind_prefixes(inn: Ground) -> None:
    keys = {(key.table, key.columns[0], key.refers_table) for key in inn.schema.foreign_keys}
    assert keys == {("gdStay", "gdStGuestId", "gdGuest"), ("gdStay", "gdStRoomId", "gdRoom")}
    assert answer("Which guest has the most stays?", inn) == [("Ann",)]
    assert answer("How many guests have no stays?", inn) == [(1,)]
    assert sorted(answer("total nights by guest", inn)) == [("Ann", 3), ("Bob", 4)]
    assert answer("total amount of stays in a suite", inn) == [(300,)]


def test_a_list_is_named_by_its_one_text(market: Ground) -> None:
    assert answer("Which label has the most shops?", market) == [("organic",)]


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How many reviews are there?", 3),
        ("How many reviewers are there?", 2),
        ("How many reviewers have more than 50 fans?", 1),
        ("What is the total wallet balance?", 50),
        ("What is the average shop value?", 400),
    ],
)
def test_words_that_look_alike_are_told_apart(market: Ground, question: str, number: float) -> None:
    assert answer(question, market) == [(number,)]


def test_the_per_of_a_name_groups_nothing(market: Ground) -> None:
    found = answer("What is the average cost per unit of the goods of each maker?", market)
    assert sorted(found) == [("Acme", 15), ("Zed", 5)]


@pytest.mark.parametrize(
    "question",
    [
        # Reviews have a rating; the stars are the shop's.
        "How many reviews gave 5 stars?",
        # Payments know no seller.
        "Which seller received the highest total amount from payments?",
    ],
)
def test_what_belongs_to_something_else_does_not_answer(market: Ground, question: str) -> None:
    assert isinstance(analyse(question, market, {}), Declined)


@pytest.mark.parametrize("question", ["Which shop has the most income?", "What share of income is parking?"])
def test_money_is_not_counted_unasked(market: Ground, question: str) -> None:
    found = analyse(question, market, {})
    assert isinstance(found, Question), found
    assert [option.value for option in found.options] == ["amount", "count"]
    if "share" in question:
        assert answer(question, market, {found.key: "amount"}) == [(5,)]
    else:
        assert answer(question, market, {found.key: "amount"}) == [("Nook",), ("Barn",)]
