"""A typed question changed in one thing, the rest kept: its conditions, dimensions, measures, order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.question.model import (
    Aggregate,
    AnyOf,
    Bucket,
    Combined,
    Condition,
    Exists,
    Field,
    Function,
    Measure,
    Order,
    Output,
    Question,
    Running,
    Scalar,
    ShareOfTotal,
    Test,
)
from engine.question.sentence import condition_said

_RANGES = ("within", "<", "<=", ">", ">=")
_VALUES = ("=", "!=", "in", "not in")
_NEGATED = ("!=", "not in")
FUNCTION_WORDS = {
    "sum": "Total", "avg": "Average", "min": "Lowest", "max": "Highest", "median": "Median", "count": "Number of"
}  # fmt: skip


class Unfit(Exception):
    """Raised where a question cannot be changed so."""


# -- conditions -------------------------------------------------------------------------------------------------------


def with_test(question: Question, new: Test, adds: bool = False) -> Question:
    """The question with a condition in the place of the one on the same field, or beside the others.

    Where a measure itself has such a condition (the part of a share), that is the one that is meant.

    Raises:
        Unfit: it takes away what was not there, or nothing is left.
    """
    olds = {repr(old) for each in question.measures for old in _tests_like(each.measure, new)}
    if olds:
        if (new.operator in _RANGES and new.other is None) or len(olds) > 1:
            raise Unfit  # two periods or two values stand side by side already
        return _in_measures(question, new, adds)
    where, hit = _merged(question.where, new, adds)
    return question.model_copy(update={"where": where if hit else (*question.where, new)})


def _in_measures(question: Question, new: Test, adds: bool) -> Question:
    """The question with a condition of its measures changed; they are called by what they have to meet now."""
    made: list[Test] = []

    def change(aggregate: Aggregate) -> Aggregate:
        where, _ = _merged(aggregate.where, new, adds)
        made.extend(each for each in where if isinstance(each, Test) and _alike(each, new))
        return aggregate.model_copy(update={"where": where})

    outputs: list[Output] = []
    for each in question.outputs:
        if each.measured and _tests_like(each.measure, new):
            value = mapped(each.measure, change)
            lead = "Share" if each.unit == "percent" else each.label.partition(" where ")[0].partition(",")[0]
            each = each.model_copy(update={"value": value, "label": f"{lead} where {condition_said(made[0])}"})
        outputs.append(each)
    return _renamed(question, question.outputs, outputs)


def _tests_like(measure: Measure, new: Test) -> list[Test]:
    """The conditions of a measure's own aggregates that are of the same field and kind."""
    found: list[Test] = []

    def look(aggregate: Aggregate) -> Aggregate:
        found.extend(each for each in aggregate.where if isinstance(each, Test) and _alike(each, new))
        return aggregate

    mapped(measure, look)
    return found


def _alike(old: Test, new: Test) -> bool:
    """Whether two conditions are on one field and of one kind: values, a range, or that there is something at all."""
    if old.other is not None or new.other is not None:
        return (old.field, old.other) == (new.field, new.other)
    kinds = [0 if each.operator in _RANGES else 1 if each.operator in _VALUES else 2 for each in (old, new)]
    # What has ended does not run; what ends in a month may run today.
    states = "running" in (old.operator, new.operator) and "within" not in (old.operator, new.operator)
    one = kinds[0] == kinds[1] or states
    return old.field == new.field and one


def _merged(conditions: tuple[Condition, ...], new: Test, adds: bool) -> tuple[tuple[Condition, ...], bool]:
    """Conditions with a new one in the place of the one like it, and whether there was one."""
    made: list[Condition] = []
    hit = False
    for each in conditions:
        if isinstance(each, Test) and _alike(each, new):
            each, hit = _one(each, new, adds), True
        elif isinstance(each, Exists):
            tests, inside = _merged(each.tests, new, adds)
            if inside:
                each, hit = each.model_copy(update={"tests": tests}), True
        elif isinstance(each, AnyOf) and any(isinstance(test, Test) and _alike(test, new) for test in each.tests):
            raise Unfit
        made.append(each)
    return tuple(made), hit


def _one(old: Test, new: Test, adds: bool) -> Test:
    """What two conditions on one field come to."""
    if new.operator not in _VALUES:
        return new
    if new.operator in _NEGATED:
        if old.operator in _NEGATED:
            return _valued(new, tuple(dict.fromkeys((*old.values, *new.values))), "!=", "not in")
        rest = tuple(each for each in old.values if each not in new.values)
        if not rest or len(rest) == len(old.values):
            raise Unfit
        return _valued(new, rest, "=", "in")
    if adds and old.operator not in _NEGATED:
        return _valued(new, tuple(dict.fromkeys((*old.values, *new.values))), "=", "in")
    return new


def _valued(test: Test, values: tuple[Scalar | None, ...], one: str, several: str) -> Test:
    return test.model_copy(update={"operator": one if len(values) == 1 else several, "values": values})


def period_of(question: Question) -> Test | None:
    """The one period that a question is of; None where there is none, or there are several."""
    found = [each for each in _all_tests(question.where) if each.operator == "within"]
    return found[0] if len(found) == 1 else None


def _all_tests(conditions: Sequence[Condition]) -> list[Test]:
    found: list[Test] = []
    for each in conditions:
        found += [each] if isinstance(each, Test) else _all_tests(each.tests)
    return found


def fields_tested(question: Question) -> tuple[Field, ...]:
    """The fields of all conditions, those of measures too."""
    inner: list[Condition] = []

    def look(aggregate: Aggregate) -> Aggregate:
        inner.extend(aggregate.where)
        return aggregate

    for each in question.measures:
        mapped(each.measure, look)
    return tuple(dict.fromkeys(test.field for test in _all_tests((*question.where, *inner))))


# -- measures ---------------------------------------------------------------------------------------------------------


def mapped(measure: Measure, change: Callable[[Aggregate], Aggregate]) -> Measure:
    """A measure with each of its aggregates changed."""
    match measure:
        case Aggregate():
            return change(measure)
        case Combined():
            sides = {"left": mapped(measure.left, change), "right": mapped(measure.right, change)}
            return measure.model_copy(update=sides)
        case ShareOfTotal() | Running():
            return measure.model_copy(update={"of": mapped(measure.of, change)})
    return measure


def with_function(question: Question, function: Function) -> Question:
    """The question with another function over what it measures.

    Raises:
        Unfit: it measures nothing of which that can be taken.
    """

    def change(aggregate: Aggregate) -> Aggregate:
        if aggregate.value is None or aggregate.distinct or aggregate.function == "count":
            raise Unfit
        return aggregate.model_copy(update={"function": function})

    if any(isinstance(each.measure, Combined) and each.measure.operator == "/" for each in question.measures):
        plain = [each for each in question.measures if _turned(each.measure)]
        if len(plain) < len(question.measures):
            raise Unfit  # one measure over another has no average
    outputs = [
        _called(each, mapped(each.measure, change), _relabelled(each.label, function)) if each.measured else each
        for each in question.outputs
    ]
    return _renamed(question, question.outputs, outputs)


def _turned(measure: Measure) -> bool:
    """Whether a measure is an aggregate in another unit: minutes over 60."""
    return not isinstance(measure, Combined) or getattr(measure.right, "kind", "") == "number"


def _relabelled(label: str, function: Function) -> str:
    """The label with another word for the function, or with one before it."""
    new = FUNCTION_WORDS[function]
    told = [(label.lower().find(word.lower()), word) for word in FUNCTION_WORDS.values()]
    found = min(
        ((at, word) for at, word in told if at >= 0 and f" {word.lower()} " in f" {label.lower()} "), default=None
    )
    if found is None:
        return f"{new} {label[:1].lower()}{label[1:]}"
    at, word = found
    return f"{label[:at]}{new if at == 0 else new.lower()}{label[at + len(word) :]}"


def with_measures(question: Question, new: Sequence[Output], adds: bool) -> Question:
    """The question with other measures, or with more of them; what is made of a measure is made of the new one.

    Raises:
        Unfit: bounds or a comparison stand on what would go.
    """
    if adds:
        told = [each for each in new if all(each.value != other.value for other in question.outputs)]
        if not told:
            raise Unfit
        return _renamed(question, question.outputs, [*question.outputs, *told])
    if question.having or question.verdict is not None:
        raise Unfit
    made = list(new)
    for each in question.measures:
        if isinstance(each.measure, ShareOfTotal | Running) and len(new) == 1:
            first = new[0].label[:1].lower() + new[0].label[1:]
            share = isinstance(each.measure, ShareOfTotal)
            value = each.measure.model_copy(update={"of": new[0].value})
            label = f"{'Share of' if share else 'Running'} {first}"
            made.append(Output(name="", label=label, value=value, unit="percent" if share else new[0].unit))
    return _renamed(question, question.outputs, [*question.dimensions, *made])


def _called(output: Output, value: Measure, label: str) -> Output:
    return output.model_copy(update={"value": value, "label": label})


def _renamed(question: Question, before: Sequence[Output], after: Sequence[Output]) -> Question:
    """The question with outputs, each under a name of its own; what is sorted by the old measures is by the new."""
    made: list[Output] = []
    for each in after:
        made.append(each.model_copy(update={"name": named(each.label, made)}))
    old = [each.name for each in before if each.measured]
    new = [each.name for each in made if each.measured]
    changed = dict(zip(old, new, strict=False))
    changed |= {b.name: a.name for b in before for a in made if b.value == a.value}
    order = tuple(
        each.model_copy(update={"by": changed.get(each.by, new[0] if new else each.by)})
        if isinstance(each.by, str)
        else each
        for each in question.order
    )
    having = tuple(
        each.model_copy(update={"output": changed.get(each.output, each.output)}) for each in question.having
    )
    names = {each.name for each in made}
    within = tuple(changed.get(name, name) for name in question.within if changed.get(name, name) in names)
    return question.model_copy(update={"outputs": tuple(made), "order": order, "having": having, "within": within})


def named(label: str, before: Sequence[Output]) -> str:
    """A name for a column that none before it has."""
    name = "_".join("".join(c if c.isalnum() else " " for c in label.lower()).split()) or "value"
    name = f"c_{name}" if name[0].isdigit() else name
    taken, plain, count = {each.name for each in before}, name, 2
    while name in taken:
        name, count = f"{plain}_{count}", count + 1
    return name


# -- dimensions and order ---------------------------------------------------------------------------------------------


def with_dimensions(
    question: Question, new: Sequence[Output], keys: Sequence[Field], goes: Callable[[Output], bool]
) -> Question:
    """The question by other dimensions: those of which `goes` is true give way to the new ones.

    Raises:
        Unfit: nothing would change.
    """
    kept = [each for each in question.dimensions if not goes(each)]
    told = [each for each in new if all(each.value != other.value for other in kept)]
    dimensions = [*kept, *told]
    if {repr(each.value) for each in dimensions} == {repr(each.value) for each in question.dimensions}:
        raise Unfit
    dimensions.sort(key=lambda each: isinstance(each.value, Bucket))
    places = {(each.value.table, each.value.via) for each in dimensions if isinstance(each.value, Field)}
    own = [each for each in question.keys if (each.table, each.via) in places]
    # The key of a thing whose name went goes too.
    gone = {(e.value.table, e.value.via) for e in question.dimensions if goes(e) and isinstance(e.value, Field)}
    own = [each for each in own if (each.table, each.via) not in gone or each in keys]
    made = _renamed(question, question.outputs, [*dimensions, *question.measures])
    made = made.model_copy(update={"keys": tuple(dict.fromkeys((*own, *keys)))})
    return in_order(made, question)


def in_order(question: Question, before: Question) -> Question:
    """The question sorted as answers are where what it was sorted by is gone, or time has come in."""
    if not question.measures or not question.dimensions:
        return question.model_copy(update={"order": (), "limit": None, "within": (), "ties": False})
    times = [each for each in question.dimensions if isinstance(each.value, Bucket)]
    by = question.order[0].by if question.order else None
    was = {each.name for each in before.dimensions}
    if question.limit and by is not None and not (isinstance(by, str) and by in was):
        return question
    if times and not question.limit:
        return question.model_copy(update={"order": tuple(Order(by=each.name) for each in times)})
    measured = [each.name for each in question.measures]
    timed = any(isinstance(each.value, Bucket) for each in before.dimensions)
    if isinstance(by, str) and by in measured and not timed:
        return question
    return question.model_copy(update={"order": (Order(by=measured[0], descending=True),)})
