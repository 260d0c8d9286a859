"""A query that is about something else than the request does not answer it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from engine.authors.analytics.author import analyse
from engine.authors.base import Declined, Ground
from engine.sources.connection import open_connection
from tests.analytics.conftest import answer, ground_of

TOUR = """
CREATE TABLE clients (client_id INTEGER PRIMARY KEY, client_name TEXT, gender TEXT,
  branch_id INTEGER REFERENCES branches(branch_id));
CREATE TABLE branches (branch_id INTEGER PRIMARY KEY, branch_name TEXT);
CREATE TABLE policies (policy_id INTEGER PRIMARY KEY, client_id INTEGER REFERENCES clients(client_id), policy_kind TEXT,
  list_price REAL);
CREATE TABLE claims (claim_id INTEGER PRIMARY KEY, policy_id INTEGER REFERENCES policies(policy_id), claim_status TEXT,
  amount_spent REAL);
INSERT INTO branches VALUES (1,'Harbour'),(2,'Hill');
INSERT INTO clients VALUES (1,'Ada','F',1),(2,'Bo','M',1),(3,'Cy','F',2);
INSERT INTO policies VALUES (1,1,'auto',90),(2,1,'home',40),(3,2,'auto',70),(4,3,'home',60);
INSERT INTO claims VALUES (1,1,'paid',10),(2,1,'rejected',20),(3,3,'rejected',5),(4,2,'paid',6),(5,4,'paid',7);
"""


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("tour")
    with closing(sqlite3.connect(folder / "tour.sqlite")) as connection:
        connection.executescript(TOUR)
    return ground_of(open_connection(f"sqlite:///{folder / 'tour.sqlite'}", folder / "cache"))


@pytest.mark.parametrize(
    "question",
    [
        # No policy is of two kinds; a client may have one of each.
        "Which clients have both an auto policy and a home policy?",
        "How many women work in the Harbour branch?",
        "List the names of expensive clients",
        "Who won the branch called Harbour?",
    ],
)
def test_it_is_declined(tour: Ground, question: str) -> None:
    assert isinstance(analyse(question, tour, {}), Declined)


def test_a_share_for_each_is_of_its_own(tour: Ground) -> None:
    found = answer("What percentage of claims were rejected for each policy kind?", tour)
    assert sorted(found) == [("auto", pytest.approx(200 / 3)), ("home", 0)]


def test_what_ranks_parts_nothing(tour: Ground) -> None:
    assert answer("What is the most expensive policy by list price?", tour) == [(1,)]
