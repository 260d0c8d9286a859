"""What will be computed, as a typed value: tables, joins, conditions, outputs, order. `rendering` turns it into SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from engine.products import Product

Value = str | int | float | bool
Function = Literal["count", "sum", "avg", "min", "max", "median"]
Grain = Literal["day", "week", "month", "quarter", "year"]


class ColumnRef(Product):
    """A column of a table; `table` is the table's key."""

    table: str
    column: str


class Bucket(Product):
    """The first day of the day, week, month or quarter that a date lies in, or its year."""

    column: ColumnRef
    grain: Grain


class Join(Product):
    """From a table already read to the next; `many` when one row of the left can meet several of the right.

    `outer` keeps the rows of the left that meet none.
    """

    left: str
    left_columns: tuple[str, ...]
    right: str
    right_columns: tuple[str, ...]
    many: bool = False
    outer: bool = False


class Condition(Product):
    """`column operator values`; "within" leaves the upper end out."""

    column: ColumnRef
    operator: Literal[
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "between",
        "within",
        "in",
        "not in",
        "like",
        "not like",
        "is null",
        "is not null",
        "above average",
        "below average",
        "is highest",
        "is lowest",
        "< column",
        "> column",
    ]
    values: tuple[Value, ...] = ()
    other: ColumnRef | None = None
    bucket: Grain | None = None


class Related(Product):
    """Rows of another table that meet the base row along `path`: how many there must be.

    `distinct` counts a row once that is met several times.
    """

    path: tuple[Join, ...]
    where: tuple[AnyCondition, ...] = ()
    operator: Literal["some", "none", "=", "<", "<=", ">", ">="] = "some"
    count: int = 1
    distinct: bool = False


class Either(Product):
    """At least one of several conditions."""

    any_of: tuple[AnyCondition, ...]


AnyCondition = Condition | Related | Either


class Measure(Product):
    """An aggregate over the rows that are read; `path` and `base` when it is computed from another table on its own."""

    function: Function
    column: ColumnRef | None = None
    distinct: bool = False
    where: tuple[Condition, ...] = ()


class Ratio(Product):
    """One measure over another, times `scale`; a whole that is zero gives nothing."""

    top: Measure
    bottom: Measure
    scale: float = 1.0


class Share(Product):
    """A group's measure as percent of the sum over all groups."""

    of: Measure


class Difference(Product):
    """Days from one date to another, aggregated."""

    function: Function
    later: ColumnRef
    earlier: ColumnRef


class Separate(Product):
    """A measure of another table, aggregated on its own for each base row so that joins cannot multiply it."""

    measure: Measure
    path: tuple[Join, ...]
    where: tuple[AnyCondition, ...] = ()


Expression = ColumnRef | Bucket | Measure | Ratio | Share | Difference | Separate


class Output(Product):
    """One column of the result. Those not shown are there for order or a headline number."""

    name: str
    label: str
    value: Expression
    unit: str = ""
    shown: bool = True

    @property
    def is_measure(self) -> bool:
        """Whether it aggregates."""
        return not isinstance(self.value, ColumnRef | Bucket)


class Having(Product):
    """A bound on a measure of each group."""

    measure: Measure
    operator: Literal["=", "<", "<=", ">", ">=", "above average", "below average"]
    value: float | int = 0


class Order(Product):
    """Sort by an expression. Missing values come last."""

    value: Expression
    descending: bool = False


class Query(Product):
    """One SELECT. With `ties`, every row that shares the last place is kept; `within` ranks each group apart."""

    base: str
    joins: tuple[Join, ...] = ()
    outputs: tuple[Output, ...]
    where: tuple[AnyCondition, ...] = ()
    keys: tuple[ColumnRef, ...] = ()
    having: tuple[Having, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    ties: bool = False
    within: tuple[ColumnRef, ...] = ()
    distinct: bool = False
    decimals: int | None = None

    @property
    def grouped(self) -> bool:
        """Whether rows are aggregated per group."""
        return self.aggregated and any(not output.is_measure for output in self.outputs)

    @property
    def aggregated(self) -> bool:
        """Whether any output or bound aggregates."""
        parts: Iterator[Expression] = iter([*(o.value for o in self.outputs), *(o.value for o in self.order)])
        return bool(self.having) or any(isinstance(part, Measure | Ratio | Share | Difference) for part in parts)

    @property
    def medians(self) -> tuple[Output, ...]:
        """The outputs that are medians; SQLite has none, so there they are computed from the rows."""
        outputs = self.outputs
        return tuple(o for o in outputs if isinstance(o.value, Measure) and o.value.function == "median")

    @property
    def scalar(self) -> bool:
        """Whether the result is one row of measures."""
        return self.aggregated and not self.grouped and not self.keys


Related.model_rebuild()
Either.model_rebuild()
