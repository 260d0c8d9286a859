"""When a service is due: the times of a cron line in its own zone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from engine.errors import UsageError
from engine.products import Product
from engine.products.service import Schedule

_FIELDS = 5
# More than these are "many": nobody needs the exact number of missed minutes of a month.
MOST_COUNTED = 1000
EXAMPLE = "Give five fields: minute, hour, day, month, weekday. '0 7 * * 1' is Mondays at 7:00."


class Due(Product):
    """The newest time that has come, and how many before it were missed."""

    at: datetime
    missed: int = 0


def check_schedule(schedule: Schedule) -> Schedule:
    """The schedule.

    Raises:
        UsageError: its line is no cron line, has times of no day, or its zone is not known.
    """
    if schedule.dataset:
        return schedule
    _line(schedule, datetime.now(UTC))
    return schedule


def due(schedule: Schedule, after: datetime, now: datetime) -> Due | None:
    """The newest time after one moment and not after another; those between are missed.

    A machine that was off for a month has one answer to give, not thirty. A clock that was put back gives none twice.
    """
    if now <= after:
        return None
    newest = next(_line(schedule, _second_after(now), reverse=True), None)
    if newest is None or newest.astimezone(UTC) <= after:
        return None
    times = islice(_line(schedule, after), MOST_COUNTED)
    missed = sum(1 for each in times if each < newest)
    return Due(at=newest.astimezone(UTC), missed=missed)


def coming(schedule: Schedule, now: datetime, count: int = 3) -> tuple[datetime, ...]:
    """The next times, in the schedule's zone."""
    return () if schedule.dataset else tuple(islice(_line(schedule, now), count))


def _second_after(moment: datetime) -> datetime:
    """The walk backwards begins before its start: a time that is just now is one that has come."""
    return datetime.fromtimestamp(int(moment.timestamp()) + 1, UTC)


def _line(schedule: Schedule, start: datetime, reverse: bool = False) -> CronSim:
    try:
        zone = ZoneInfo(schedule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"There is no time zone {schedule.zone[:60]!r}.", "Give one such as Europe/Berlin.") from None
    if len(schedule.cron.split()) != _FIELDS:
        raise UsageError(f"{schedule.cron[:60]!r} is no cron line.", EXAMPLE)
    try:
        return CronSim(schedule.cron, start.astimezone(zone), reverse=reverse)
    except CronSimError as error:
        raise UsageError(f"{schedule.cron[:60]!r} is no cron line: {str(error).lower()}.", EXAMPLE) from None
