"""What must be asked or declined: a wrong answer is worse than none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.authors.analytics.author import Analysis, analyse
from engine.authors.base import Declined, Ground
from engine.products import Question
from engine.sources.connection import open_connection
from tests.analytics.conftest import answer, ground_of


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Why did orders fall?", {"Why"}),
        ("Forecast orders for next year", {"Forecast"}),
        ("Recommend a product for Acme Ltd", {"Recommend"}),
        ("How many widgets do we have?", {"widgets"}),
        ("What is the profit margin by product?", {"profit", "margin"}),
        ("How many orders were delivered late?", {"late"}),
        ("Which customer is the happiest?", {"happiest"}),
        ("How many customers in Germany churned?", {"churned"}),
        ("What is the salary of each customer?", {"salary"}),
        ("the heaviest order", {"heaviest"}),
        ("average weight of products in pounds", {"pounds"}),
        ("the total value of products", {"total value of"}),
        ("customers in Atlantis", {"Atlantis"}),
        ("How do customers choose products?", {"How"}),
        ("Are there customers in Germany?", {"Are"}),
        ("When was the first order?", {"When"}),
    ],
)
def test_what_the_data_does_not_hold_is_declined_with_its_words(declined: Any, question: str, words: set[str]) -> None:
    refusal = declined(question)
    assert words <= set(refusal.words)
    assert refusal.reason


@pytest.mark.parametrize(
    "question",
    [
        "How many orders were shipped late and by whom?",
        "customers with orders over $100 but without refunds in Germany or France since 2024 and more",
        "What is the average number of orders per customer?",
        "total amount of orders and refunds of products by category",
        "products by category",
        "the second most expensive product",
        "orders by",
        "by",
        "",
        "?",
        "customers both in Germany and",
        "rank",
        "average",
        "Which year had the same number of orders as 2024?",
    ],
)
def test_what_is_half_understood_is_never_answered(ground: Any, question: str) -> None:
    assert not isinstance(analyse(question, ground, {}), Analysis)


def test_a_near_name_is_offered(declined: Any) -> None:
    assert "Munich" in declined("How many customers are in Munnich?").near


def test_a_tie_is_asked_and_the_answer_settles_it(asked: Any, ask: Any) -> None:
    question = asked("What is the largest order item?")
    assert {option.value for option in question.options} >= {"quantity", "amount"}
    rows = ask("What is the largest order item?", {question.key: "amount"})
    assert rows == [(8,)]


def test_an_answer_that_is_no_option_is_asked_again(asked: Any) -> None:
    first = asked("What is the largest order item?")
    assert asked("What is the largest order item?", {first.key: "nonsense"}) == first


def test_a_measure_that_is_not_said_is_asked(asked: Any, ask: Any) -> None:
    question = asked("shipping fee by status")
    assert {option.value for option in question.options} == {"sum", "avg", "other"}
    assert dict(ask("shipping fee by status", {question.key: "sum"})) == {"shipped": 31, "pending": 15, "cancelled": 0}


def test_sums_that_a_join_would_multiply_are_refused(declined: Any) -> None:
    assert "several times" in declined("What is the total shipping fee by product category?").reason


def test_counts_behind_a_join_count_each_row_once(ask: Any) -> None:
    assert dict(ask("number of orders by product category")) == {"Furniture": 3, "Lighting": 1, "Electronics": 3}


def test_measures_of_two_tables_are_computed_apart(ask: Any) -> None:
    found = {row[0]: row[1:] for row in ask("number of order items and number of refunds per order")}
    assert found[1] == (2, 2)
    assert found[5] == (2, 1)
    assert found[3] == (1, 0)


@pytest.mark.parametrize(
    "question",
    [
        "number of different cities and countries of customers",
        "countries of customers with orders before 2024-02-01 and after 2025-01-01",
        "the most popular category of products",
        "top 2 customers by weight",
        "customers ordered by weight",
        "average order value",
        "order items in quantity",
    ],
)
def test_what_could_be_meant_otherwise_is_not_answered(ground: Any, question: str) -> None:
    assert not isinstance(analyse(question, ground, {}), Analysis)


CARS = """
CREATE TABLE cars (id INTEGER PRIMARY KEY, make TEXT, cost REAL, year INTEGER, created_at TIMESTAMP);
CREATE TABLE sales (id INTEGER PRIMARY KEY, car_id INTEGER REFERENCES cars(id), sale_price REAL, sale_date DATE);
CREATE TABLE shops (shop_name TEXT PRIMARY KEY, rating REAL);
INSERT INTO cars VALUES (1, 'Ford', 10, 2022, '2023-01-01'), (2, 'Audi', 20, 2023, '2023-01-01');
INSERT INTO sales VALUES (1, 1, 30, '2023-02-01'), (2, 2, 25, '2023-03-01');
INSERT INTO shops VALUES ('North', 4.5), ('South', 3.5);
"""


def ground_over(folder: Path, script: str) -> Ground:
    """A database made by a script, as ground."""
    with closing(sqlite3.connect(folder / "made.sqlite")) as connection:
        connection.executescript(script)
    return ground_of(open_connection(f"sqlite:///{folder}/made.sqlite", folder / "cache"))


def test_what_only_resembles_the_words_is_not_taken_silently(tmp_path: Path) -> None:
    ground = ground_over(tmp_path, CARS)
    assert isinstance(analyse("cheapest shop", ground, {}), Declined), "a rating is no price"
    asked = analyse("which car was sold for the highest price", ground, {})
    assert isinstance(asked, Question)
    assert {option.label for option in asked.options} == {"cost of cars", "sale price of sales"}


def test_a_year_of_its_own_goes_before_the_day_of_writing(tmp_path: Path) -> None:
    ground = ground_over(tmp_path, CARS)
    assert answer("number of cars from 2022", ground) == [(1,)]


def test_a_value_that_was_said_is_no_answer(tmp_path: Path) -> None:
    """The states that border Texas are not those that have a row of Texas in a table of borders."""
    borders = """
        CREATE TABLE state (state_name TEXT PRIMARY KEY, area INTEGER);
        CREATE TABLE border_info (state_name TEXT REFERENCES state(state_name), border TEXT);
        INSERT INTO state VALUES ('Texas', 3), ('Ohio', 1), ('Utah', 2);
        INSERT INTO border_info VALUES ('Texas', 'Ohio'), ('Texas', 'Utah');
    """
    found = analyse("which states border Texas", ground_over(tmp_path, borders), {})
    assert isinstance(found, Declined)
    assert "repeat Texas" in found.reason
