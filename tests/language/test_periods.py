from __future__ import annotations

from datetime import date

import pytest

from engine.language.periods import find_periods

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("NOI last quarter", "2026-07-01", "2026-10-01"),
        ("Q3 2024", "2024-07-01", "2024-10-01"),
        ("the first quarter of 2023", "2023-01-01", "2023-04-01"),
        ("rent year to date", "2026-01-01", "2026-11-23"),
        ("YTD rent", "2026-01-01", "2026-11-23"),
        ("since March 2025", "2025-03-01", None),
        ("since May 2024", "2024-05-01", None),
        ("past 90 days", "2026-08-24", "2026-11-23"),
        ("in the past 7 days, inclusive of today", "2026-11-16", "2026-11-23"),
        ("FY2024", "2024-01-01", "2025-01-01"),
        ("last twelve months", "2025-11-01", "2026-11-01"),
        ("the last 6 months excluding the current month", "2026-05-01", "2026-11-01"),
        ("each of the last 8 calendar weeks (excluding the current week)", "2026-09-21", "2026-11-16"),
        ("the previous ISO week", "2026-11-09", "2026-11-16"),
        ("in 2023", "2023-01-01", "2024-01-01"),
        ("before 2020", None, "2020-01-01"),
        ("after 2024", "2025-01-01", None),
        ("between 2022 and 2023", "2022-01-01", "2024-01-01"),
        ("from January 2023 to March 2023", "2023-01-01", "2023-04-01"),
        ("orders between May and July 1997", "1997-05-01", "1997-08-01"),
        ("from Jan to March 2024", "2024-01-01", "2024-04-01"),
        ("from 2022", "2022-01-01", "2023-01-01"),
        ("from March 2024", "2024-03-01", "2024-04-01"),
        ("orders from 2022 onwards", "2022-01-01", None),
        ("from 2024-03-05", "2024-03-05", None),
        ("Apr-Jun 2024", "2024-04-01", "2024-07-01"),
        ("November to February 1998", "1997-11-01", "1998-03-01"),
        ("in Q1 to Q3 2024", "2024-01-01", "2024-10-01"),
        ("2022-2023", "2022-01-01", "2024-01-01"),
        ("March 2023", "2023-03-01", "2023-04-01"),
        ("on May 3, 2024", "2024-05-03", "2024-05-04"),
        ("since 2024-05-01", "2024-05-01", None),
        ("this month", "2026-11-01", "2026-12-01"),
        ("next year", "2027-01-01", "2028-01-01"),
        ("yesterday", "2026-11-21", "2026-11-22"),
        ("trailing twelve months NOI", "2025-11-01", "2026-11-01"),
    ],
)
def test_business_periods(text: str, start: str | None, end: str | None) -> None:
    (period,) = find_periods(text, TODAY)
    assert (period.start and period.start.isoformat(), period.end and period.end.isoformat()) == (start, end)
    assert text[slice(*period.span)].strip()


@pytest.mark.parametrize(
    "text",
    ["top 5 tenants by rent", "more than 2000 students", "over $2015", "zip 94107", "they may leave", "2024-13-45"],
)
def test_what_is_no_period_is_not_guessed(text: str) -> None:
    assert find_periods(text, TODAY) == ()


def test_two_years_joined_by_and_are_two_periods() -> None:
    assert [period.start for period in find_periods("in 2014 and 2015", TODAY)] == [date(2014, 1, 1), date(2015, 1, 1)]
