"""Alerts begin once, keep quiet while they hold, and end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.errors import UsageError
from engine.products.service import Alert, AlertKind, Shift
from engine.services.alerts import Watched, check_alert, watched

DSCR = Shift(name="dscr", label="DSCR", unit="x", before=1.4, after=1.4, verdict_before="good", verdict_after="good")
THRESHOLD, CHANGE = Alert(kind=AlertKind.THRESHOLD), Alert(kind=AlertKind.CHANGE, percent=5)


def at(value: float | None, verdict: str, before: float | None = 1.4) -> Shift:
    return DSCR.model_copy(update={"before": before, "after": value, "verdict_after": verdict})


def told(alerts: Sequence[Alert], *shifts: Shift, failures: Sequence[str] = ()) -> list[Watched]:
    """What is told answer by answer."""
    found: list[Watched] = []
    for place, shift in enumerate(shifts):
        failure = failures[place] if place < len(failures) else ""
        found.append(watched(alerts, () if failure else (shift,), failure, found[-1].standing if found else ()))
    return found


def test_a_missed_threshold_is_told_when_it_begins_when_it_worsens_and_when_it_ends() -> None:
    one, two, three, four = told([THRESHOLD], at(1.2, "short"), at(1.19, "short"), at(0.9, "breach"), at(1.3, "good"))
    assert one.fired == ("DSCR is 1.20x, short of its threshold.",)
    assert two.fired == two.over == ()
    assert three.fired == ("DSCR is 0.90x, a breach.",)
    assert four.over == ("DSCR is 1.30x again.",)
    assert four.standing == ()


def test_a_breach_that_is_short_again_is_no_new_alert_and_not_good() -> None:
    _, two, three = told([THRESHOLD], at(0.9, "breach"), at(1.2, "short"), at(1.3, "good"))
    assert two.fired == ()
    assert two.over == ("DSCR is 1.20x: short of its threshold, no breach now.",)
    assert three.over == ("DSCR is 1.30x again.",)


def test_a_missing_value_ends_no_alert_and_what_nobody_watches_ends_silently() -> None:
    one, two, three = told([THRESHOLD], at(1.2, "short"), at(None, ""), at(1.2, "short"))
    assert two.fired == two.over == three.fired == ()
    assert watched([], [at(1.2, "short")], "", one.standing) == Watched((), (), ())
    (failed,) = told([Alert(kind=AlertKind.FAILED)], DSCR, failures=["It is down."])
    assert watched([], [DSCR], "", failed.standing).over == ()


def test_a_threshold_of_ones_own() -> None:
    own = Alert(kind=AlertKind.THRESHOLD, metric="dscr", bound=">= 1.5")
    one, two = told([own], at(1.4, "good"), at(1.6, "good"))
    assert one.fired == ("DSCR is 1.40x, not >= 1.5.",)
    assert two.over == ("DSCR is 1.60x again.",)


def test_a_change_is_told_each_time_and_ends_by_itself() -> None:
    one, two, three = told([CHANGE], at(1.6, "good"), at(1.6, "good", before=1.6), at(1.2, "good", before=1.6))
    assert one.fired == ("DSCR moved by 14.3 %, from 1.40x to 1.60x.",)
    assert two.fired == two.over == ()
    assert three.fired == ("DSCR moved by 25.0 %, from 1.60x to 1.20x.",)


def test_a_failure_is_told_once_keeps_what_held_and_says_when_it_is_over() -> None:
    alerts = [THRESHOLD, Alert(kind=AlertKind.FAILED)]
    short = at(1.2, "short")
    _, two, three, four = told(alerts, short, short, short, short, failures=["", "The database is down.", "Still.", ""])
    assert two.fired == ("It failed: The database is down.",)
    assert three.fired == three.over == ()
    assert four.over == ("It works again.",)
    assert four.fired == ()


def test_a_missing_value_is_told() -> None:
    (one,) = told([Alert(kind=AlertKind.MISSING)], at(None, ""))
    assert one.fired == ("DSCR has no value.",)


@pytest.mark.parametrize(
    "alert",
    [Alert(kind=AlertKind.THRESHOLD, metric="ltv"), Alert(kind=AlertKind.THRESHOLD, bound="about 1.25")],
)
def test_an_alert_that_cannot_be_is_refused(alert: Alert) -> None:
    with pytest.raises(UsageError):
        check_alert(alert, ["dscr"])
