"""A query in plain words."""

from __future__ import annotations

from collections.abc import Iterable

from engine.authors.analytics.query import (
    AnyCondition,
    Bucket,
    ColumnRef,
    Condition,
    Either,
    Expression,
    Measure,
    Query,
    Related,
    Value,
)
from engine.language.words import plural, readable

_OPERATORS = {
    "=": "is", "!=": "is not", "<": "below", "<=": "at most", ">": "above", ">=": "at least", "in": "is one of",
    "not in": "is none of", "like": "like", "not like": "not like", "is null": "is missing", "is not null": "is known",
    "above average": "is above its average", "below average": "is below its average", "between": "from",
}  # fmt: skip


def thing(table: str) -> str:
    """A table as a singular or as it is named."""
    return readable(table.rpartition(".")[2])


def title_for(query: Query) -> str:
    """A short title: the measures, by what, of what."""
    measures = [output.label for output in query.outputs if output.is_measure and output.shown]
    dimensions = [output.label.lower() for output in query.outputs if not output.is_measure and output.shown]
    if measures and dimensions:
        text = f"{_joined(measures)} by {_joined(dimensions)}"
    elif measures:
        text = _joined(measures)
    else:
        text = f"{plural(thing(query.base)).capitalize()}: {_joined(dimensions)}"
    return text[:1].upper() + text[1:117] + ("..." if len(text) > 117 else "")


def sentence_for(query: Query) -> str:
    """One sentence that says what is computed, over which rows, in which order."""
    parts = [title_for(query)]
    if query.where or query.having:
        conditions = [describe(condition) for condition in query.where]
        conditions += [
            f"{_expression(h.measure)} {_OPERATORS.get(h.operator, h.operator)} {h.value}" for h in query.having
        ]
        parts.append("where " + " and ".join(conditions))
    if query.order:
        first = query.order[0]
        parts.append(f"{'highest' if first.descending else 'lowest'} {_expression(first.value)} first")
    if query.limit:
        first_one = "the first one, with all that share its place"
        few = f"the first {query.limit}" if query.limit > 1 or not query.ties else first_one
        parts.append(f"{few} of each group" if query.within else few)
    return ", ".join(parts) + "."


def _joined(words: Iterable[str]) -> str:
    known = list(words)
    return ", ".join(known[:-1]) + (" and " if len(known) > 1 else "") + known[-1] if known else ""


def _expression(value: Expression) -> str:
    if isinstance(value, ColumnRef):
        return readable(value.column)
    if isinstance(value, Bucket):
        return value.grain
    if isinstance(value, Measure):
        return f"{value.function} of {readable(value.column.column)}" if value.column else "number of rows"
    return "value"


def describe(condition: AnyCondition) -> str:
    """A condition in words."""
    if isinstance(condition, Either):
        return " or ".join(describe(each) for each in condition.any_of)
    if isinstance(condition, Related):
        return _related(condition)
    return _test(condition)


def _test(condition: Condition) -> str:
    column = f"{readable(condition.column.column)} of {thing(condition.column.table)}"
    values = [_shown(value) for value in condition.values]
    if condition.other is not None:
        word = "above" if condition.operator.startswith(">") else "below"
        return f"{column} {word} {readable(condition.other.column)}"
    if condition.operator == "within":
        return f"{column} from {values[0]} up to, not including, {values[1]}"
    if condition.operator == "between":
        return f"{column} from {values[0]} to {values[1]}"
    if condition.operator in ("like", "not like"):
        return (
            f"{column} {'matches' if condition.operator == 'like' else 'does not match'} {values[0].replace('%', '*')}"
        )
    return " ".join([column, _OPERATORS.get(condition.operator, condition.operator), ", ".join(values)]).strip()


def _related(related: Related) -> str:
    table = thing(related.path[-1].right)
    inner = " and ".join(describe(condition) for condition in related.where)
    if related.operator == "none":
        return f"there is no {table}" + (f" with {inner}" if inner else "")
    if related.operator == "some":
        return inner or f"there is a {table}"
    return f"the number of {plural(table)} {_OPERATORS.get(related.operator, related.operator)} {related.count}"


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return f"“{value}”"
    plain = not isinstance(value, int) or 1800 <= value <= 2200
    return str(value) if plain else f"{value:,}"


def assumptions_for(query: Query) -> tuple[str, ...]:
    """What a person should know about the numbers: what is left out, and how tables were brought together."""
    found: list[str] = []
    for join in query.joins:
        pairs = ", ".join(f"{a} = {b}" for a, b in zip(join.left_columns, join.right_columns, strict=True))
        found.append(f"{thing(join.left).capitalize()} and {thing(join.right)} are matched by {pairs}.")
    for output in query.outputs:
        value = output.value
        if isinstance(value, Measure) and value.column is not None and value.function != "count":
            found.append(f"Rows without a value of {readable(value.column.column)} are left out.")
    if query.grouped and query.joins:
        found.append("Groups without any row are not listed.")
    if any(isinstance(each, Condition) and each.operator in ("!=", "not in") for each in query.where):
        found.append("Rows without a value are left out where a value is excluded.")
    if query.ties:
        found.append(
            "All that share a place are listed." if query.within else "All that share the first place are listed."
        )
    return tuple(dict.fromkeys(found))
