"""Schemas as real systems have them: marked columns, days as numbers, codes in short, amounts that no column holds."""

from __future__ import annotations

import sqlite3
from datetime import date

import pytest

from engine.authors.asking import Understood, names_of, understand
from engine.authors.base import Ground
from engine.compiling.asking import compile_question
from engine.reading.vocabulary import happening, said_otherwise
from engine.sources.connection import open_connection

TODAY = date(2026, 11, 22)
MADE = """
CREATE TABLE RT_ROUTE(RT_ID INTEGER, RT_CODE TEXT, RT_POPULATION INTEGER);
CREATE TABLE TR_TOUR(TR_ID INTEGER, TR_RT_ID INTEGER, TR_STAT TEXT, TR_DONE_DT INTEGER, TR_KM REAL);
CREATE TABLE PL_PLAN(PL_ID INTEGER, PL_NAME TEXT, PL_START_DT TEXT, PL_END_DT TEXT, PL_FEE REAL);
CREATE TABLE VS_VISIT(VS_ID INTEGER, VS_BOOKED_DT TEXT, VS_VISIT_DT TEXT, VS_STATUS TEXT);
CREATE TABLE LN_SALE_LINE(LN_ID INTEGER, LN_RT_ID INTEGER, LN_QTY INTEGER, LN_UNIT_PRICE REAL, LN_DISCOUNT_PCT REAL);
INSERT INTO RT_ROUTE VALUES (1, 'R-01', 50), (2, 'R-02', 70);
INSERT INTO TR_TOUR VALUES (1, 1, 'DON', 20260105, 10), (2, 1, 'CAN', 99991231, 20), (3, 2, 'DON', 20251230, 30);
INSERT INTO TR_TOUR VALUES (4, 2, 'CAN', 99991231, 40), (5, 2, 'PLN', 99991231, 50);
INSERT INTO PL_PLAN VALUES (1, 'Basic', '2025-01-01', NULL, 5), (2, 'Basic', '2027-01-01', NULL, 7);
INSERT INTO PL_PLAN VALUES (3, 'Plus', '2024-01-01', '2025-01-01', 9);
INSERT INTO VS_VISIT VALUES (1, '2025-12-20', '2026-01-03', 'NoShow'), (2, '2026-01-02', '2026-01-08', 'Completed');
INSERT INTO VS_VISIT VALUES (3, '2025-12-28', '2026-02-03', 'Completed'), (4, '2026-03-01', '2026-03-02', 'NoShow');
INSERT INTO LN_SALE_LINE VALUES (1, 1, 2, 10, 50), (2, 1, 1, 4, NULL), (3, 2, 3, 2, 25);
"""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("awkward")
    with sqlite3.connect(folder / "awkward.sqlite") as made:
        made.executescript(MADE)
    connection = open_connection(f"sqlite:///{folder / 'awkward.sqlite'}", folder)
    return Ground(
        schema=connection.schema, values=connection.values, mapping=None, read=connection.door.read, today=TODAY
    )


def test_keys_are_found_behind_the_mark_of_a_table(ground: Ground) -> None:
    found = {(key.table, key.columns[0], key.refers_table) for key in ground.schema.foreign_keys}
    assert ("TR_TOUR", "TR_RT_ID", "RT_ROUTE") in found


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("number of tours done in 2026", [[1]]),
        ("number of tours that are not done yet", [[3]]),
        ("how many cancelled tours", [[2]]),
        ("number of cancelled tours by route", [["R-01", 1], ["R-02", 1]]),
        ("total km by route", [["R-02", 120.0], ["R-01", 30.0]]),
        ("number of no-show visits in 2026", [[2]]),
        ("number of visits in January 2026", [[2]]),
        ("median number of days between booking and visit", [[10.0]]),
        ("total revenue", [[18.5]]),
        ("revenue by route after discounts", [["R-01", 14.0], ["R-02", 4.5]]),
    ],
)
def test_an_awkward_schema_is_read(ground: Ground, text: str, rows: list[list[object]]) -> None:
    read = understand(text, ground, {})
    assert isinstance(read, Understood), read
    found = ground.read(compile_question(read.asked, names_of(ground).model), {}).to_numpy().tolist()
    assert found == [[pytest.approx(cell) if isinstance(cell, float) else cell for cell in row] for row in rows]


def test_numbers_tell_what_a_column_holds_and_name_nothing(ground: Ground) -> None:
    assert {column for _, column, _ in ground.values.numbers} == {"TR_DONE_DT", "LN_DISCOUNT_PCT"}
    assert not ground.values.find("50")
    assert not ground.values.scan(["top", "50"])


def test_what_lines_come_to_is_said_with_its_formula(ground: Ground) -> None:
    read = understand("total revenue", ground, {})
    assert isinstance(read, Understood)
    assert any("less" in each and each.startswith("revenue is") for each in read.assumptions)


def test_the_thesaurus_says_each_thing_in_both_ways_and_dates_apart() -> None:
    assert ("visitor",) in said_otherwise(("guest",))
    assert ("guest",) in said_otherwise(("visitor",))
    assert ("ship",) in happening(("dispatch",))
    assert ("ship",) not in said_otherwise(("dispatch",))
