"""A stretch of time as people write it."""

from __future__ import annotations

from datetime import date

import pytest

from engine.language.spans import span_said
from engine.question.model import Aggregate, AnyOf, Bucket, Exists, Field, Output, Question
from engine.question.model import Test as Bound
from engine.question.period import UNBOUNDED, period_of

DAY, STATE = Field(table="orders", column="day"), Field(table="orders", column="state")
COUNT = Aggregate(function="count", table="orders")
YEAR = Bound(field=DAY, operator="within", values=("2025-01-01", "2026-01-01"))


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2025-01-01", "2026-01-01", "2025"),
        ("2023-01-01", "2026-01-01", "2023 to 2025"),
        ("2025-11-01", "2026-11-01", "Nov 2025 to Oct 2026"),
        ("2026-10-01", "2026-11-01", "Oct 2026"),
        ("2026-10-05", "2026-10-12", "2026-10-05 to 2026-10-11"),
        ("2026-10-05", "2026-10-06", "2026-10-05"),
    ],
)
def test_a_span_is_said_by_its_largest_whole_parts(start: str, end: str, said: str) -> None:
    assert span_said(date.fromisoformat(start), date.fromisoformat(end)) == said


def asked(*where: object, measure: Aggregate = COUNT) -> Question:
    outputs = (Output(name="n", label="Number", value=measure),)
    return Question(subject="orders", outputs=outputs, where=where)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (asked(YEAR), "2025"),
        (asked(YEAR, Bound(field=STATE, operator="=", values=("open",))), "2025"),
        (asked(), UNBOUNDED),
        (asked(Bound(field=DAY, operator="running", values=("2026-10-31",))), "on 2026-10-31"),
        (asked(Bound(field=DAY, operator="within", values=("2025-01-01", None))), "from 2025-01-01"),
        # What cannot be said as one stretch is not said.
        (asked(YEAR, YEAR), ""),
        (asked(AnyOf(tests=(YEAR, YEAR))), ""),
        (asked(Exists(table="lines", tests=(YEAR,))), ""),
        (asked(Bound(field=DAY, operator=">", values=("2025-01-01",))), ""),
        (asked(measure=COUNT.model_copy(update={"where": (YEAR,)})), ""),
    ],
)
def test_the_period_of_a_question_is_what_its_conditions_say(question: Question, said: str) -> None:
    assert period_of(question) == said


def test_a_list_without_time_has_no_period_and_one_along_time_has_all_of_it() -> None:
    rows = Question(subject="orders", outputs=(Output(name="s", label="State", value=STATE),))
    assert period_of(rows) == ""
    along = Output(name="m", label="Month", value=Bucket(field=DAY, grain="month"))
    assert period_of(rows.model_copy(update={"outputs": (along,)})) == UNBOUNDED
