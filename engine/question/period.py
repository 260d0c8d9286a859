"""Of when the figures of a typed question are: the stretch that its conditions name. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from engine.language.spans import span_said
from engine.question.model import (
    Aggregate,
    Bucket,
    Combined,
    Condition,
    Question,
    Running,
    ShareOfTotal,
    Test,
)

UNBOUNDED = "all dates on record"


def period_of(question: Question) -> str:
    """The one stretch of dates that the rows are of, or the day they are looked at; all on record where no
    condition speaks of time; nothing where that cannot be said in one stretch.
    """
    plain = [each for each in question.where if isinstance(each, Test) and _is_dated(each)]
    every = [test for each in (*question.where, *_own(question)) for test in _tests(each) if _is_dated(test)]
    if len(every) == len(plain) == 1:
        return _said(plain[0])
    if every:
        return ""
    timed = any(isinstance(each.value, Bucket) for each in question.outputs)
    return UNBOUNDED if timed or question.measures else ""


def _own(question: Question) -> Iterator[Condition]:
    """The conditions of single measures."""
    waiting: list[object] = [each.value for each in question.outputs]
    while waiting:
        match waiting.pop():
            case Aggregate() as found:
                yield from found.where
            case Combined() as found:
                waiting += [found.left, found.right]
            case ShareOfTotal() | Running() as found:
                waiting.append(found.of)


def _tests(condition: Condition) -> Iterator[Test]:
    """The tests of a condition, also of one among alternatives or about rows that belong to it."""
    if isinstance(condition, Test):
        yield condition
    else:
        for each in condition.tests:
            yield from _tests(each)


def _is_dated(test: Test) -> bool:
    return any(_day(value) is not None for value in test.values)


def _said(test: Test) -> str:
    if test.operator == "running":
        return f"on {test.values[0]}"
    if test.operator != "within":
        return ""
    start, end = (_day(value) for value in test.values)
    if start is not None and end is not None:
        return span_said(start, end)
    return f"from {start.isoformat()}" if start is not None else f"before {end.isoformat()}" if end is not None else ""


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
