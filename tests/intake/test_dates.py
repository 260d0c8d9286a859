"""Dates as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest

from engine.intake.dates import compact, moment, orders, period
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("text", "when", "grain"),
    [
        ("2024-01-31", datetime(2024, 1, 31), "day"),
        ("2024-01-31T10:30:00Z", datetime(2024, 1, 31, 10, 30), "moment"),
        ("1/31/2024 12:00:00 AM", datetime(2024, 1, 31), "moment"),
        ("1/31/2024 1:05 PM", datetime(2024, 1, 31, 13, 5), "moment"),
        ("Jan 31, 2024 5:00:00 PM EST", datetime(2024, 1, 31, 17), "moment"),
        ("2024-01-31 10:30:00 CET", datetime(2024, 1, 31, 10, 30), "moment"),
        ("01/31/24", datetime(2024, 1, 31), "day"),
        ("31.01.2024", datetime(2024, 1, 31), "day"),
        ("31-Jan-2024", datetime(2024, 1, 31), "day"),
        ("Jan 31, 2024", datetime(2024, 1, 31), "day"),
        ("Mon, 3 June 2024", datetime(2024, 6, 3), "day"),
        ("31 de enero de 2024", datetime(2024, 1, 31), "day"),
        ("3. März 2024", datetime(2024, 3, 3), "day"),
        ("styczeń 2023", datetime(2023, 1, 1), "month"),
        ("5 września 2023", datetime(2023, 9, 5), "day"),
        ("2024年1月31日", datetime(2024, 1, 31), "day"),
        ("Jan-24", datetime(2024, 1, 1), "month"),
        ("January 2024", datetime(2024, 1, 1), "month"),
        ("2024-01", datetime(2024, 1, 1), "month"),
        ("Q3 2024", datetime(2024, 7, 1), "quarter"),
        ("2024Q1", datetime(2024, 1, 1), "quarter"),
        ("4Q24", datetime(2024, 10, 1), "quarter"),
        ("FY24", datetime(2024, 1, 1), "year"),
    ],
)
def test_a_date_says_when_and_how_precisely(text: str, when: datetime, grain: str) -> None:
    found = moment(text)
    assert found is not None
    assert (found.at("month"), found.grain) == (when, grain)


@pytest.mark.parametrize(
    "text", ["", "12.50", "1/2", "May", "2024", "202401", "13/13/2024", "1.1.1", "2024-02-30", "31-60"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert moment(text) is None


def test_a_column_tells_whether_day_or_month_comes_first() -> None:
    assert orders(["1/31/2024", "2/3/2024"]).decided == "month"
    assert orders(["31/1/2024", "2/3/2024"]).decided == "day"
    undecided = orders(["1/2/2024", "5/5/2024"])
    assert (undecided.decided, undecided.either, undecided.example) == (None, 1, "1/2/2024")


@pytest.mark.parametrize(
    ("name", "text", "when"),
    [
        ("reporting_period", "202401", datetime(2024, 1, 1)),
        ("first_pay_date", "012024", datetime(2024, 1, 1)),
        ("asOfDate", "20240131", datetime(2024, 1, 31)),
        ("Lease End", "45322", datetime(2024, 1, 31)),
        ("created", "1706659200", datetime(2024, 1, 31)),
        ("timestamp", "1706659200000", datetime(2024, 1, 31)),
    ],
)
def test_bare_digits_are_a_date_where_the_column_is_called_so(name: str, text: str, when: datetime) -> None:
    read = compact(name, [text])
    assert read is not None
    found = read(text)
    assert found is not None
    assert found.at(None) == when
    assert compact("balance", [text]) is None


def test_titles_of_columns_are_periods() -> None:
    periods, others = ("Jan 2024", 2024, "2024A", datetime(2024, 1, 31)), ("Total", 12, "Jan")
    assert all(period(each) is not None for each in periods)
    assert not any(period(each) is not None for each in others)


def test_each_month_has_its_names_and_no_name_is_of_two() -> None:
    lines = (ROOT / "engine" / "intake" / "months.txt").read_text(encoding="utf-8").splitlines()
    names = [name for line in lines for name in line.split()]
    assert len(lines) == 12
    assert len(names) == len(set(names))
    assert all(period(f"{name} 2024") is not None for name in names)
