"""What a changed question asks otherwise than the one before it, as one sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.question.editing import mapped
from engine.question.model import Aggregate, AnyOf, Bucket, Condition, Field, Order, Question
from engine.question.sentence import condition_said, field_said, listed, sentence_of


def change_said(before: Question, after: Question) -> str:
    """The difference in words: "By quarter instead of by month"; empty where there is none."""
    if not before.measures and after.measures:
        return "How many instead of which"
    parts = [
        *_measures(before, after),
        *_dimensions(before, after),
        *_conditions(before, after),
        *_kept(before, after),
        *_drawn(before, after),
    ]
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def _low(label: str) -> str:
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _differing(one: Sequence[str], other: Sequence[str]) -> tuple[list[str], list[str]]:
    return [each for each in one if each not in other], [each for each in other if each not in one]


def _measures(before: Question, after: Question) -> list[str]:
    kinds = ([_low(each.label) for each in each_of.measures] for each_of in (before, after))
    gone, come = _differing(*kinds)
    if gone and come:
        return [f"{listed(come)} instead of {listed(gone)}"]
    if come:
        return [f"also {listed(come)}"]
    return [f"without {listed(gone)}"] if gone else []


def _dimensions(before: Question, after: Question) -> list[str]:
    if not before.measures and not after.measures:
        gone, come = _differing([_low(e.label) for e in before.outputs], [_low(e.label) for e in after.outputs])
        return [f"with {listed(come)}"] if come else []
    if not after.measures:
        return [f"the {sentence_of(after)[:1].lower()}{sentence_of(after)[1:]}"]
    gone, come = _differing([_low(e.label) for e in before.dimensions], [_low(e.label) for e in after.dimensions])
    if gone and come:
        return [f"by {listed(come)} instead of by {listed(gone)}"]
    if come:
        return [f"{'also ' if before.dimensions else ''}by {listed(come)}"]
    return [f"no longer by {listed(gone)}"] if gone else []


def _conditions(before: Question, after: Question) -> list[str]:
    if not after.measures and before.measures:
        return []
    gone, come = _differing(_said(before), _said(after))
    if gone and come:
        return [f"where {listed(come)} instead of where {listed(gone)}"]
    if come:
        return [f"only where {listed(come)}"]
    return [f"no longer only where {listed(gone)}"] if gone else []


def _said(question: Question) -> list[str]:
    """Every condition in words, those of measures and of rows of other tables too."""
    found: list[Condition] = list(question.where)

    def look(aggregate: Aggregate) -> Aggregate:
        found.extend(aggregate.where)
        return aggregate

    for each in question.measures:
        mapped(each.measure, look)
    # Two periods side by side are said as one.
    plain = [each for each in found if not isinstance(each, AnyOf) or each in question.where]
    bounds = [f"{_low(_label(question, each.output))} {each.operator} {each.value:g}" for each in question.having]
    return [*dict.fromkeys(condition_said(each) for each in plain), *bounds]


def _label(question: Question, name: str) -> str:
    return next((each.label for each in question.outputs if each.name == name), name)


def _kept(before: Question, after: Question) -> list[str]:
    one, other = _ranked(before), _ranked(after)
    if one == other or (not after.measures and before.measures):
        return []
    if not other:
        return [f"all of them instead of {one}"]
    told = one and before.limit is not None and bool(before.limit)
    return [f"{other} instead of {one}" if told else other]


def _ranked(question: Question) -> str:
    """How many are kept and how they are sorted, where a request may have said so."""
    order = question.order[0] if question.order else None
    if order is None:
        return f"the first {question.limit}" if question.limit else ""
    by = _by(question, order)
    if question.limit:
        many = str(question.limit) if question.limit > 1 else "one"
        return f"the {many} with the {'most' if order.descending else 'least'} {by}"
    measured = any(order.by == each.name for each in question.measures)
    timed = any(order.by == each.name and isinstance(each.value, Bucket) for each in question.outputs)
    usual = (measured and order.descending) or (timed and not order.descending)
    return "" if usual else f"sorted by {by}, {'highest' if order.descending else 'lowest'} first"


def _by(question: Question, order: Order) -> str:
    if isinstance(order.by, str):
        return _low(_label(question, order.by))
    return field_said(order.by) if isinstance(order.by, Field) else "what they are sorted by"


def _drawn(before: Question, after: Question) -> list[str]:
    if before.chart == after.chart:
        return []
    return ["as a table" if after.chart == "none" else f"as a {after.chart} chart"]
