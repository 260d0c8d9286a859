"""When a service is due: each time once, one for all that were missed, in its own zone, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.products.service import Schedule
from engine.services.schedule import check_schedule, coming, due

MONDAYS = Schedule(cron="0 7 * * 1", zone="Europe/Berlin")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_time_comes_in_its_own_zone_and_once() -> None:
    assert due(MONDAYS, utc(2026, 11, 1), utc(2026, 11, 2, 5, 59)) is None
    found = due(MONDAYS, utc(2026, 11, 1), utc(2026, 11, 2, 6))
    assert found is not None
    assert (found.at, found.missed) == (utc(2026, 11, 2, 6), 0)
    assert due(MONDAYS, found.at, utc(2026, 11, 2, 6, 30)) is None


def test_summer_and_winter_time_keep_the_hour_of_the_clock() -> None:
    july = due(MONDAYS, utc(2026, 7, 5), utc(2026, 7, 6, 12))
    assert july is not None
    assert july.at == utc(2026, 7, 6, 5)


def test_missed_times_are_one_answer_that_says_how_many() -> None:
    found = due(Schedule(cron="0 * * * *"), utc(2026, 11, 2), utc(2026, 11, 3, 0, 30))
    assert found is not None
    assert (found.at, found.missed) == (utc(2026, 11, 3), 23)


def test_a_clock_that_was_put_back_gives_nothing_twice() -> None:
    found = due(MONDAYS, utc(2026, 11, 1), utc(2026, 11, 2, 6))
    assert found is not None
    assert due(MONDAYS, found.at, utc(2026, 11, 2, 5)) is None
    assert due(MONDAYS, found.at, utc(2026, 11, 2, 6)) is None


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (Schedule(cron="0 7 * *"), "no cron line"),
        (Schedule(cron="* 7 * * * *"), "no cron line"),
        (Schedule(cron="61 7 * * 1"), "no cron line"),
        (Schedule(cron="0 7 31 2 *"), "no cron line"),
        (Schedule(cron="0 7 * * 1", zone="Mars/Olympus"), "no time zone"),
        (Schedule(cron="0 7 * * 1", zone="../../etc/passwd"), "no time zone"),
        (Schedule(cron=""), "no cron line"),
    ],
)
def test_what_is_no_time_is_refused(schedule: Schedule, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_schedule(schedule)


def test_the_next_times_are_told_in_the_zone() -> None:
    first, second = coming(MONDAYS, utc(2026, 10, 20), 2)
    assert (first.isoformat(), second.isoformat()) == ("2026-10-26T07:00:00+01:00", "2026-11-02T07:00:00+01:00")


@settings(deadline=None)
@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    steps=st.lists(st.integers(-90, 6_000), min_size=1, max_size=25),
)
def test_whatever_the_clock_does_times_grow_and_none_is_lost(minute: int, hour: int, steps: list[int]) -> None:
    """A clock that jumps on or back by minutes: what is due grows, and answers with what they missed are all times."""
    schedule = Schedule(cron=f"{minute} {hour} * * *")
    start = now = last = utc(2026, 3, 1)
    furthest, given_times = start, 0
    for step in steps:
        now += timedelta(minutes=step)
        found = due(schedule, last, now)
        if found is not None:
            assert last < found.at <= now
            given_times += 1 + found.missed
            last = found.at
        furthest = max(furthest, now)
    days = [start + timedelta(days=day, hours=hour, minutes=minute) for day in range(-1, 120)]
    assert given_times == sum(start < day <= furthest for day in days)
