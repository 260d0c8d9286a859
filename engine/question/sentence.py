"""A typed question as one plain sentence: what is computed, of which rows, by what, in which order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from engine.language.words import called, plural, readable, split_identifier
from engine.question.model import (
    TAUGHT,
    Aggregate,
    AnyOf,
    Combined,
    Condition,
    Exists,
    Field,
    Measure,
    Question,
    Test,
)

_KEY_WORDS = ("id", "code", "no", "number", "key")
_SAID = {"=": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}
_DATED = {"<": "is before", "<=": "is not after", ">": "is after", ">=": "is not before"}


def sentence_of(question: Question) -> str:
    """The question in words, without a full stop: "Total fee of deliveries where status is delivered, by region"."""
    measured = [each.label for each in question.measures]
    things = plural(called(question.subject))
    if measured:
        text = listed([measured[0], *(label[:1].lower() + label[1:] for label in measured[1:])])
        text += f" of {things}" if not text.lower().endswith(things) else ""
    else:
        text = f"{things.capitalize()}: {listed([each.label.lower() for each in question.outputs])}"
    apart = [test for each in question.measures for test in _own_tests(each.measure)]
    # Two periods that are laid side by side are said by the labels already.
    told = [each for each in question.where if not (isinstance(each, AnyOf) and all(t in apart for t in each.tests))]
    parts = [said for each in told if (said := condition_said(each))]
    text += f" where {listed(parts)}" if parts else ""
    if measured and question.dimensions:
        text += f", by {listed([each.label.lower() for each in question.dimensions])}"
    for bound in question.having:
        label = next(each.label for each in question.outputs if each.name == bound.output)
        text += f", where {label.lower()} {_SAID[bound.operator]} {bound.value:g}"
    return text + _kept(question)


def _own_tests(measure: Measure) -> tuple[Condition, ...]:
    """The conditions of the aggregates of a measure."""
    match measure:
        case Aggregate():
            return measure.where
        case Combined():
            return (*_own_tests(measure.left), *_own_tests(measure.right))
    return ()


def _kept(question: Question) -> str:
    """How many rows are kept, and which."""
    if not question.limit:
        return ""
    order = question.order[0] if question.order else None
    by = _ordered_by(question, order.by) if order else ""
    if order is None or not by:
        return f", the first {question.limit}"
    many = question.limit if question.limit > 1 else "one"
    apart = f" in each {question.within[0].replace('_', ' ')}" if question.within else ""
    return f", the {many} with the {'most' if order.descending else 'least'} {by}{apart}"


def _ordered_by(question: Question, by: object) -> str:
    if isinstance(by, str):
        return next(each.label.lower() for each in question.outputs if each.name == by)
    return readable(by.column) if isinstance(by, Field) else ""


def condition_said(condition: Condition) -> str:
    """One condition in words."""
    match condition:
        case AnyOf():
            return " or ".join(condition_said(each) for each in condition.tests)
        case Exists():
            inner = listed([condition_said(each) for each in condition.tests])
            has = "there are no" if condition.negated else "there are"
            return f"{has} {plural(called(condition.table))}" + (f" where {inner}" if inner else "")
        case Test():
            return _tested(condition)


def _tested(test: Test) -> str:
    name = field_said(test.field)
    if test.field.column.startswith(TAUGHT) and test.operator in ("=", "!="):
        return f"{plural(called(test.field.table))} are {'not ' if test.operator == '!=' else ''}{test.values[0]}"
    match test.operator:
        case "within":
            low, high = (str(value)[:10] if value is not None else "" for value in test.values)
            if low and high:
                last = (date.fromisoformat(high) - timedelta(days=1)).isoformat()
                return f"{name} is {low} to {last}" if low != last else f"{name} is {low}"
            return f"{name} is from {low}" if low else f"{name} is before {high}"
        case "in" | "not in":
            word = "is" if test.operator == "in" else "is not"
            return f"{name} {word} {listed([str(value) for value in test.values], 'or')}"
        case "is null":
            return f"{name} is empty"
        case "is not null":
            return f"{name} is not empty"
        case "running":
            return f"{name} is empty or not before {test.values[0]}"
        case "is last":
            return f"{name} is the last on record"
        case "like" | "not like":
            word = "contains" if test.operator == "like" else "does not contain"
            return f"{name} {word} {str(test.values[0]).strip('%')}"
    said = _DATED if test.other is not None else _SAID
    right = field_said(test.other) if test.other is not None else str(test.values[0])
    return f"{name} {said.get(test.operator, _SAID[test.operator])} {right}"


def field_said(field: Field) -> str:
    """A field in words, with the key that leads to it where it was said."""
    if not field.via:
        return readable(field.column)
    key = field.via[-1].rpartition(".")[2].split("+")[0]
    words = [word for word in split_identifier(key) if word not in _KEY_WORDS]
    return f"{readable(field.column)} of {' '.join(words)}" if words else readable(field.column)


def listed(parts: Sequence[str], word: str = "and") -> str:
    """Parts as one says them: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"
