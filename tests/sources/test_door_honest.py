"""Ordinary SELECTs run, whatever they are written like, and come back in honest types."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from engine.errors import SourceError
from engine.sources.door import Door

BOTH: list[tuple[str, Any]] = [
    ("SELECT count(*) FROM loans", 3),
    ("SELECT count(*) FROM loans;", 3),
    ("SELECT count(*) FROM loans; -- that is all", 3),
    ("-- first\nSELECT /* inner ; comment */ count(*) -- trailing\nFROM loans", 3),
    ("WITH big AS (SELECT * FROM loans WHERE principal > 500000) SELECT count(*) FROM big", 2),
    ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT sum(i) FROM n", 55),
    ("SELECT rank() OVER (ORDER BY principal DESC) FROM loans WHERE loan_id = 1", 1),
    (
        "SELECT sum(amount) OVER (PARTITION BY property_id ORDER BY month) FROM rents ORDER BY 1 LIMIT 1",
        1001.0,
    ),
    ("SELECT count(*) FROM (SELECT 1 AS a UNION SELECT 2 UNION ALL SELECT 2) AS u", 3),
    ("SELECT 1 AS a INTERSECT SELECT 1", 1),
    ("VALUES (1)", 1),
    ('SELECT sum("Select") FROM "Odd ""Name"', 3),
    ('SELECT "two words" FROM "Odd ""Name" WHERE "Select" = 2', "y"),
    ("SELECT note FROM loans WHERE note = '10:30 call, 5% fee'", "10:30 call, 5% fee"),
    ("SELECT ':name; DROP TABLE x; -- %s %(a)s'", ":name; DROP TABLE x; -- %s %(a)s"),
    ("SELECT count(*) FROM loans WHERE note LIKE '%5\\%%' ESCAPE '\\'", 1),
    ("SELECT count(*) FROM properties AS p JOIN loans AS l USING (property_id) WHERE p.active", 3),
    ("SELECT name FROM active_properties WHERE name LIKE 'O''Hare%'", "O'Hare Logistics"),
    ("SELECT CASE WHEN 1 > 0 THEN 'set' ELSE 'update' END", "set"),
    ("SELECT coalesce(max(CAST(principal AS REAL)), 0) FROM loans WHERE loan_id = 2", 800000.0),
    (
        "SELECT count(*) FROM loans WHERE EXISTS (SELECT 1 FROM rents WHERE rents.property_id = loan_id)",
        3,
    ),
    ("SELECT round(avg(principal), 0) FROM loans WHERE principal BETWEEN :low AND :high", 800000.0),
]
POSTGRESQL: list[tuple[str, Any]] = [
    ("(SELECT 1)", 1),
    ("SELECT '2024-05-01'::date", pd.Timestamp("2024-05-01")),
    ("SELECT '{\"a\": {\"b\": 7}}'::jsonb #>> '{a,b}'", "7"),
    ("SELECT ('{\"a\": 1}'::json -> 'a')::text::int + 1", 2),
    ("SELECT '{\"a\": 1}'::jsonb @> '{\"a\": 1}' AND '{\"a\": 1}'::jsonb ? 'a'", True),
    ("SELECT l.principal FROM properties AS p, LATERAL (SELECT principal FROM loans"
     " WHERE property_id = p.property_id ORDER BY 1 LIMIT 1) AS l WHERE p.property_id = 2", 800000.0),
    ("SELECT (array[1, 2, 3])[2:3]", "[2, 3]"),
    ("SELECT $$a ' quoted :name$$ || $x$ $$ $x$", "a ' quoted :name $$ "),
    ("SELECT E'a\\'b :c' || 7 % 4", "a'b :c3"),
    ("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY principal) FROM loans", 800000.0),
    ("SELECT count(*) FILTER (WHERE kind = 'Retail') FROM properties", 2),
    ("SELECT date_trunc('month', timestamp '2024-05-17 10:00')", pd.Timestamp("2024-05-01")),
    ("SELECT string_agg(DISTINCT kind, ', ' ORDER BY kind) FROM properties", "Industrial, Office, Retail"),
    ("SELECT count(*) FROM generate_series(date '2024-01-01', date '2024-12-01', interval '1 month')", 12),
    ("SELECT DISTINCT ON (property_id) amount FROM rents ORDER BY property_id, month DESC", 1012.0),
    ("SELECT :low::int + 1 /* nested /* :low */ :gone */", 500001),
]  # fmt: skip
SQLITE: list[tuple[str, Any]] = [
    ("SELECT json_extract('{\"a\": {\"b\": 7}}', '$.a.b')", 7),
    ("SELECT '{\"a\": 5}' ->> 'a'", 5),
    ("SELECT sum(value) FROM json_each('[1, 2, 3]')", 6),
    ("SELECT strftime('%Y-%m', month) FROM rents WHERE property_id = 1 ORDER BY month LIMIT 1", "2024-01"),
    ("SELECT date('2024-05-17', 'start of month')", pd.Timestamp("2024-05-01")),
    ('SELECT [two words] FROM `Odd "Name` LIMIT 1', "x"),
    (
        "SELECT group_concat(kind, '; ') FROM (SELECT DISTINCT kind FROM properties ORDER BY 1)",
        "Industrial; Office; Retail",
    ),
    ("SELECT total(amount) FROM rents WHERE month >= '2024-12-01'", 6036.0),
]
BOUND = {"low": 500000, "high": Decimal("800000")}


@pytest.mark.parametrize(("sql", "expected"), BOTH)
def test_both_dialects(address: str, sql: str, expected: Any) -> None:
    assert first(address, sql) == expected


@pytest.mark.parametrize(("sql", "expected"), POSTGRESQL)
def test_postgresql(writer_address: str, sql: str, expected: Any) -> None:
    assert first(writer_address, sql) == expected


@pytest.mark.parametrize(("sql", "expected"), SQLITE)
def test_sqlite(sqlite_address: str, sql: str, expected: Any) -> None:
    assert first(sqlite_address, sql) == expected


def test_types_are_the_same_on_both(address: str) -> None:
    frame = Door(address).read(
        "SELECT p.property_id, p.name, p.acquired_on, p.active, l.principal, l.note"
        " FROM properties AS p LEFT JOIN loans AS l ON l.property_id = p.property_id ORDER BY 1"
    )
    assert [str(dtype) for dtype in frame.dtypes] == [
        "int64",
        "str",
        "datetime64[us]",
        "bool",
        "float64",
        "str",
    ]
    assert frame["acquired_on"].iloc[0] == pd.Timestamp("2015-03-01")
    assert frame["acquired_on"].isna().tolist() == [False, False, False, True]
    assert frame.attrs == {"truncated": False}


def test_nothing_found_keeps_its_types(writer_address: str) -> None:
    frame = Door(writer_address).read("SELECT name, acquired_on, active, property_id FROM properties WHERE false")
    assert [str(dtype) for dtype in frame.dtypes] == ["str", "datetime64[us]", "bool", "int64"]


def test_columns_of_one_name_are_told_apart(address: str) -> None:
    frame = Door(address).read("SELECT l.property_id, p.property_id FROM loans AS l, properties AS p WHERE p.active")
    assert list(frame.columns) == ["property_id", "property_id_2"]


def test_kinds_of_bound_values(address: str) -> None:
    door = Door(address)
    for sql, value, count in [
        ("SELECT count(*) AS n FROM properties WHERE acquired_on >= :v", date(2017, 1, 1), 2),
        ("SELECT count(*) AS n FROM properties WHERE active = :v", True, 3),
        ("SELECT count(*) AS n FROM loans WHERE principal > :v", pd.Series([1e6]).max(), 1),
        ("SELECT count(*) AS n FROM properties WHERE name = :v", "O'Hare Logistics", 1),
    ]:
        assert door.read(sql, {"v": value, "unused": 1})["n"].tolist() == [count]


def test_a_value_that_was_not_given_is_named(address: str) -> None:
    with pytest.raises(SourceError, match="wanted"):
        Door(address).read("SELECT count(*) FROM loans WHERE loan_id = :wanted")


def first(address: str, sql: str) -> Any:
    """The first value, which must be the same with the parser off."""
    door = Door(address)
    value = door.read(sql, BOUND).iloc[0, 0]
    door._parsing = False
    assert door.read(sql.removesuffix("; -- that is all"), BOUND).iloc[0, 0] == value
    return value
