"""The aggregates of a SELECT: which there are, what each takes of a row, and how it is computed and scaled. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from engine.compiling.drivers import Driver
from engine.compiling.expressions import NotLifted
from engine.compiling.statement import called, columns_in, sources_of

_FUNCTIONS: Mapping[type[exp.Expr], str] = {
    exp.Sum: "sum", exp.Avg: "mean", exp.Min: "min", exp.Max: "max", exp.Median: "median",
}  # fmt: skip


@dataclass(frozen=True)
class Aggregate:
    """One aggregate: the column of the rows that it takes, empty for the rows themselves, and what scales it."""

    name: str
    function: str
    column: str
    drivers: tuple[Driver, ...]

    def over(self, rows: str) -> str:
        """Its value over a frame or over groups, scaled."""
        taken = f'{rows}["{self.column}"]'
        match self.function:
            case "size":
                text = f"{rows}.size()" if rows == "groups" else f"len({rows})"
            case "count" | "nunique" | "mean" | "median" | "min" | "max":
                text = f"{taken}.{self.function}()"
            case _:
                text = f"{taken}.{self.function}(min_count=1)"
        return "".join([text, *(f" * (1 + {driver.name})" for driver in self.drivers)])


def aggregates_in(node: exp.Expr) -> Iterator[exp.AggFunc]:
    """The aggregates of an expression over groups of rows; those over windows and those of subqueries left out."""
    if isinstance(node, exp.Subquery | exp.Query):
        return
    if isinstance(node, exp.Window):
        for part in _window_parts(node):
            yield from aggregates_in(part)
        return
    if isinstance(node, exp.WithinGroup | exp.Filter):
        yield node  # type: ignore[misc]
        return
    if isinstance(node, exp.AggFunc) and not isinstance(node, exp.RowNumber):
        yield node
        return
    for part in node.iter_expressions():
        yield from aggregates_in(part)


def adds_up(select: exp.Select) -> bool:
    """Whether a SELECT gives one row for many."""
    if select.args.get("group") is not None:
        return True
    parts = [*select.selects, select.args.get("having"), select.args.get("order")]
    return any(next(aggregates_in(part), None) is not None for part in parts if part is not None)


def taken_by(node: exp.Expr) -> tuple[str, exp.Expr | None]:
    """The pandas name of an aggregate, and the expression of a row that it takes; None for the row itself."""
    if isinstance(node, exp.Filter):
        function, value = taken_by(node.this)
        test = node.expression.this
        chosen = value if value is not None else exp.Literal.number(1)
        return ("count" if function == "size" else function), exp.Case().when(test.copy(), chosen.copy())
    if isinstance(node, exp.WithinGroup):
        ordered = node.expression.expressions[0].this
        if isinstance(node.this, exp.PercentileCont) and node.this.this.name == "0.5":
            return "median", ordered
        raise NotLifted("a percentile is left to the database")
    if isinstance(node, exp.Count):
        return _counted(node.this)
    function = next((name for kind, name in _FUNCTIONS.items() if type(node) is kind), "")
    if not function or isinstance(node.this, exp.Distinct):
        raise NotLifted(f"{called(node)} is left to the database")
    if node.expressions and function in ("min", "max"):
        raise NotLifted("the greatest of several columns is left to the database")
    return function, node.this


def _counted(inner: exp.Expr | None) -> tuple[str, exp.Expr | None]:
    """What a count takes: the rows, the values of an expression, or the different ones."""
    if inner is None or isinstance(inner, exp.Star | exp.Literal):
        return "size", None
    if not isinstance(inner, exp.Distinct):
        return "count", inner
    if len(inner.expressions) != 1:
        raise NotLifted("a count of different pairs is left to the database")
    return "nunique", inner.expressions[0]


def parts_of_one_row(node: exp.Expr) -> Iterator[exp.Expr]:
    """The largest parts of an expression that are computed of one row of the group: no aggregate, no constant."""
    if isinstance(node, exp.Subquery | exp.Query | exp.Literal):
        return
    aggregated = isinstance(node, exp.AggFunc | exp.Filter | exp.WithinGroup) and not isinstance(node, exp.RowNumber)
    if aggregated and not isinstance(node.parent, exp.Window):
        return
    clause = isinstance(node, exp.Order | exp.Ordered | exp.Having | exp.Where)
    if not clause and next(aggregates_in(node), None) is None and not node.find(exp.Window, exp.Subquery):
        if any(True for _ in columns_in(node)):
            yield node
        return
    for part in _window_parts(node) if isinstance(node, exp.Window) else list(node.iter_expressions()):
        yield from parts_of_one_row(part)


def _window_parts(window: exp.Window) -> list[exp.Expr]:
    """What a window function takes, and what its rows are parted and ordered by."""
    order = window.args.get("order")
    own = [*window.args.get("partition_by", ()), *([order] if order is not None else [])]
    return [*window.this.iter_expressions(), *own]


def stands_within(column: exp.Column, value: exp.Expr) -> bool:
    """Whether a column stands inside an aggregate of an expression."""
    parent = column.parent
    while parent is not None and parent is not value.parent:
        if isinstance(parent, exp.AggFunc | exp.Filter | exp.WithinGroup):
            return True
        parent = parent.parent
    return False


def stands_in_subquery(part: exp.Expr, whole: exp.Expr) -> bool:
    """Whether a part of an expression stands in a subquery of it."""
    while part is not whole and part.parent is not None:
        if isinstance(part, exp.Query | exp.Subquery):
            return True
        part = part.parent
    return False


def name_of(function: str, value: exp.Expr | None, select: exp.Select) -> str:
    """A name for an aggregate that has none."""
    if value is None:
        tables = [each.name for each in sources_of(select) if isinstance(each, exp.Table)]
        return tables[0] if tables else "rows_counted"
    word = {"mean": "average", "nunique": "different", "size": "count"}.get(function, function)
    columns = [each.name for each in columns_in(value)]
    literals = [each.name for each in value.find_all(exp.Literal) if each.is_string]
    base = literals[0] if literals and isinstance(value, exp.Case | exp.EQ) else columns[0] if columns else "value"
    return f"{word}_{base}"


def said_of(each: Aggregate) -> str:
    """An aggregate in words."""
    words = {
        "size": "Number of rows", "count": "Number of values of", "nunique": "Number of different values of",
        "sum": "Sum of", "mean": "Average of", "min": "Least", "max": "Greatest", "median": "Median of",
    }  # fmt: skip
    return f"{words[each.function]}{' ' + each.column.replace('_', ' ') if each.column else ''}."
