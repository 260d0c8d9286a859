"""An older system: shortened names, no declared keys, one table of codes, firms among people, moments of visits."""

from __future__ import annotations

import sqlite3
from datetime import date

import pytest

from engine.authors.asking import Understood, names_of, understand
from engine.authors.base import Declined, Ground
from engine.compiling.asking import compile_question
from engine.semantics.model import DateRole
from engine.sources.connection import open_connection

MADE = """
CREATE TABLE cust(cust_id INTEGER PRIMARY KEY, cust_no TEXT, last_nm TEXT, first_nm TEXT, org_nm TEXT);
CREATE TABLE tech(tech_id INTEGER PRIMARY KEY, tech_nm TEXT, crew TEXT);
CREATE TABLE warr(warr_id INTEGER PRIMARY KEY, warr_no TEXT, cust_id INTEGER, eff_dt TEXT, exp_dt TEXT, st_cd TEXT,
  fee_amt REAL);
CREATE TABLE rep(rep_id INTEGER PRIMARY KEY, warr_id INTEGER, asgn_tech_id INTEGER, rpt_dt TEXT, clsd_dt TEXT,
  cause_cd TEXT);
CREATE TABLE cd_lkp(dom TEXT, cd TEXT, descr TEXT);
CREATE TABLE visit(visit_id INTEGER PRIMARY KEY, cust_id INTEGER, checked_in_at TEXT, checked_out_at TEXT);
INSERT INTO cust VALUES (1, 'K1', 'Hald', 'Anne', NULL), (2, 'K2', NULL, NULL, 'Kvist Ltd'),
  (3, 'K3', 'Ali', 'Ida', NULL);
INSERT INTO tech VALUES (1, 'Bo', 'North'), (2, 'Mia', 'South');
INSERT INTO warr VALUES (1, 'W1', 1, '2025-01-01', '2027-01-01', '10', 100),
  (2, 'W2', 2, '2025-06-01', '2027-06-01', '10', 40),
  (3, 'W3', 3, '2024-01-01', '2025-01-01', '40', 7);
INSERT INTO rep VALUES (1, 1, 1, '2026-02-01', '2026-02-05', 'LEAK'), (2, 2, 1, '2026-02-03', NULL, 'LEAK'),
  (3, 2, 2, '2026-03-01', '2026-03-02', 'BURN'), (4, 2, 2, '2026-04-01', '2026-04-02', 'BURN');
INSERT INTO cd_lkp VALUES ('WARR_ST', '10', 'In force'), ('WARR_ST', '40', 'Expired'), ('CAUSE', 'LEAK', 'Leakage'),
  ('CAUSE', 'BURN', 'Burnt out');
INSERT INTO visit VALUES (1, 1, '2026-05-01 10:00', '2026-05-01 11:30'), (2, 1, '2026-05-02 10:00', '2026-05-02 10:30');
"""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("old")
    with sqlite3.connect(folder / "old.sqlite") as made:
        made.executescript(MADE)
    made.close()
    connection = open_connection(f"sqlite:///{folder / 'old.sqlite'}", folder)
    day = date(2026, 12, 1)
    return Ground(
        schema=connection.schema, values=connection.values, mapping=None, read=connection.door.read, today=day
    )


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        # Codes that a table of the place lists are known by their texts, with nothing confirmed.
        ("total fee amount of warranties in force", [[140.0]]),
        ("number of leakage reps", [[2]]),
        # Firms stand among people, and their rows are the ones without a first and a last name.
        ("customers with more than 2 reps", [[None, None, "Kvist Ltd", 3]]),
        # What has a check-in and a check-out lasts from the one to the other.
        ("average visit length", [[1.0]]),
        ("average length of a visit in minutes", [[60.0]]),
        ("which customers have never checked in?", [[None, None, "Kvist Ltd"], ["Ida", "Ali", None]]),
    ],
)
def test_an_older_system_is_read(text: str, rows: list[list[object]], ground: Ground) -> None:
    read = understand(text, ground, {})
    assert isinstance(read, Understood), read
    found = ground.read(compile_question(read.asked, names_of(ground).model), {})
    held = [[_plain(value) for value in row] for row in found.itertuples(index=False, name=None)]
    assert sorted(held, key=str) == sorted(rows, key=str), read.sentence


def _plain(value: object) -> object:
    if value != value:
        return None
    return round(value, 6) if isinstance(value, float) else value


def test_shortened_dates_have_their_roles(ground: Ground) -> None:
    attributes = names_of(ground).model.attributes
    roles = {name: attributes["warr", name].date_role for name in ("eff_dt", "exp_dt")}
    assert roles == {"eff_dt": DateRole.START, "exp_dt": DateRole.END}
    assert attributes["rep", "clsd_dt"].date_role is DateRole.END
    assert attributes["visit", "checked_out_at"].date_role is DateRole.END


def test_what_a_status_says_is_not_told_by_the_dates_of_something_else(ground: Ground) -> None:
    found = understand("total fee amount of warranties that are live today", ground, {})
    assert isinstance(found, Declined), found
