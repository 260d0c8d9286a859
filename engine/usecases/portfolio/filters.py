"""What a query filters by: the columns that stand equal to a bound value, read from its SQL; nothing is run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import expressions as exp
from sqlglot.errors import SqlglotError

from engine.errors import SourceError
from engine.products import SourcePlan


@dataclass(frozen=True)
class Filter:
    """`column` of `table`, which is quoted as SQL wants it, is `:name` in a source."""

    name: str
    table: str
    column: str


def filters_of(source: SourcePlan, flavour: str) -> tuple[Filter, ...]:
    """Every `column = :name` of the conditions of a source's SELECT, its column traced to its table.

    `flavour` is sqlglot's name of the dialect. A column without a table is that of the only table there is.

    Raises:
        SourceError: the SQL is not understood.
    """
    try:
        tree = sqlglot.parse_one(source.sql, read=flavour)
    except (SqlglotError, RecursionError) as error:
        raise SourceError(f"The SQL of {source.name} is not understood.", "Look at the script's sources.") from error
    tables = {table.alias_or_name: _full_name(table, flavour) for table in tree.find_all(exp.Table)}
    found = []
    for equal in tree.find_all(exp.EQ):
        column, value = equal.this, equal.expression
        if not isinstance(column, exp.Column) or not isinstance(value, exp.Placeholder):
            continue
        table = tables.get(column.table) if column.table else next(iter(tables.values()), None)
        if table and (column.table or len(tables) == 1):
            found.append(Filter(str(value.this), table, column.name))
    return tuple(dict.fromkeys(found))


def _full_name(table: exp.Table, flavour: str) -> str:
    return ".".join(exp.to_identifier(part.name, quoted=True).sql(flavour) for part in table.parts)


def for_values(source: SourcePlan, name: str, values: Sequence[str]) -> SourcePlan:
    """The source with `:name` bound to one value, or, for several, `= :name` as a list of them.

    A source that does not filter by the name stays as it is.
    """
    if name not in source.bound:
        return source
    rest = {key: value for key, value in source.bound.items() if key != name}
    if len(values) == 1:
        return source.model_copy(update={"bound": {**rest, name: values[0]}})
    each = {f"{name}_{place}": value for place, value in enumerate(values, 1)}
    listed = ", ".join(f":{key}" for key in each)
    sql = re.sub(rf"=\s*:{re.escape(name)}(?!\w)", lambda _: f"IN ({listed})", source.sql)
    return source.model_copy(update={"sql": sql, "bound": {**rest, **each}})


def listing(source: SourcePlan, wanted: Filter, flavour: str) -> tuple[str, Mapping[str, object]]:
    """A SELECT of every value of the filter's column, under the source's other conditions on the same table.

    Members without rows in the source are in it too.
    """
    tree = sqlglot.parse_one(source.sql, read=flavour)
    tables = {table.alias_or_name: _full_name(table, flavour) for table in tree.find_all(exp.Table)}
    where = tree.find(exp.Where)
    conditions: list[str] = []
    names: set[str] = set()
    for condition in (
        where.this.flatten() if where and isinstance(where.this, exp.And) else [where.this] if where else []
    ):
        columns = list(condition.find_all(exp.Column))
        of = {tables.get(column.table, "") for column in columns}
        bound = {str(each.this) for each in condition.find_all(exp.Placeholder)}
        if of != {wanted.table} or wanted.name in bound or condition.find(exp.Subquery):
            continue
        for column in columns:
            column.set("table", None)
        conditions.append(condition.transform(_named).sql(dialect=flavour))
        names |= bound
    column = exp.to_identifier(wanted.column, quoted=True).sql(flavour)
    lines = [f"SELECT DISTINCT {column} AS member", f"FROM {wanted.table}"]
    lines += ["WHERE " + "\n  AND ".join(conditions)] if conditions else []
    return "\n".join([*lines, "ORDER BY 1"]), {name: source.bound[name] for name in sorted(names)}


def _named(node: exp.Expression) -> exp.Expression:
    """A placeholder as it is bound here, whatever the dialect would write."""
    return exp.Var(this=f":{node.this}") if isinstance(node, exp.Placeholder) else node
