"""The typed question: measures, dimensions, conditions, order. The compiler finds the joins and writes the SELECT."""

from __future__ import annotations

from typing import Literal

from engine.products import Product

Scalar = str | int | float | bool
# What the column of a field begins with that stands for a taught word: no column of a database has such a name.
TAUGHT = "="
Function = Literal["count", "sum", "avg", "min", "max", "median"]
Grain = Literal["day", "week", "month", "quarter", "year"]
Comparison = Literal["=", "!=", "<", "<=", ">", ">="]
Operator = Literal[
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "not in",
    "within",
    "like",
    "not like",
    "is null",
    "is not null",
    "running",
    "is last",
]


class Field(Product):
    """A column of a table; `via` names keys that the way to it must take, where there are several ways."""

    table: str
    column: str
    via: tuple[str, ...] = ()


class Number(Product):
    """A number as it stands."""

    kind: Literal["number"] = "number"
    value: float


class RowArithmetic(Product):
    """A computation over the columns of one row, such as quantity times price."""

    kind: Literal["row"] = "row"
    operator: Literal["+", "-", "*", "/"]
    left: RowValue
    right: RowValue


class Given(Product):
    """A column, and what stands in its place where it is empty: no discount is one of 0."""

    kind: Literal["given"] = "given"
    field: Field
    otherwise: float


class Elapsed(Product):
    """The time from one date of a row to another: whole days, or hours or minutes where they hold times of day."""

    kind: Literal["elapsed"] = "elapsed"
    earlier: Field
    later: Field
    unit: Literal["days", "hours", "minutes"] = "days"


RowValue = Field | Number | Given | RowArithmetic | Elapsed


class Bucket(Product):
    """The day, week, month, quarter or year that a date lies in."""

    field: Field
    grain: Grain


class Test(Product):
    """`field operator values`, or another column in their place. "within" leaves the upper end out; None is open.

    "running" is true where an end is empty or not before the day in `values`; "is last" where no row's is greater.
    """

    field: Field
    operator: Operator
    values: tuple[Scalar | None, ...] = ()
    other: Field | None = None


class AnyOf(Product):
    """At least one of several conditions."""

    kind: Literal["any"] = "any"
    tests: tuple[Condition, ...]


class Exists(Product):
    """Rows of another table that belong to the row: none, some, or a number of them."""

    kind: Literal["exists"] = "exists"
    table: str
    via: tuple[str, ...] = ()
    tests: tuple[Condition, ...] = ()
    negated: bool = False
    operator: Comparison | None = None
    count: int = 1


Condition = Test | AnyOf | Exists


class Aggregate(Product):
    """A function over the rows of one table; without a value the rows are counted, or with `distinct` the values."""

    kind: Literal["aggregate"] = "aggregate"
    function: Function
    table: str
    value: RowValue | None = None
    distinct: bool = False
    where: tuple[Condition, ...] = ()


class Combined(Product):
    """Two measures put together; a division by nothing gives nothing."""

    kind: Literal["combined"] = "combined"
    operator: Literal["+", "-", "*", "/"]
    left: Measure
    right: Measure


class ShareOfTotal(Product):
    """A group's measure over the sum of all groups."""

    kind: Literal["share"] = "share"
    of: Measure


class Running(Product):
    """A measure added up over the steps of time before and up to its own."""

    kind: Literal["running"] = "running"
    of: Measure


Measure = Aggregate | Combined | ShareOfTotal | Running | Number


class Output(Product):
    """A column of the answer: its name, how it is called, what it shows and its unit."""

    name: str
    label: str
    value: Field | Bucket | Measure
    unit: str = ""

    @property
    def measured(self) -> bool:
        """Whether it is a measure rather than what the rows are told apart by."""
        return not isinstance(self.value, Field | Bucket)

    @property
    def measure(self) -> Measure:
        """What it computes.

        Raises:
            TypeError: it is what rows are told apart by.
        """
        if isinstance(self.value, Field | Bucket):
            raise TypeError(f"{self.name} is no measure")
        return self.value

    @property
    def dimension(self) -> Field | Bucket:
        """What rows are told apart by.

        Raises:
            TypeError: it is computed.
        """
        if not isinstance(self.value, Field | Bucket):
            raise TypeError(f"{self.name} is a measure")
        return self.value


class Having(Product):
    """A bound on a column of the answer."""

    output: str
    operator: Comparison
    value: float


class Order(Product):
    """Sort by a column of the answer, or by another field or measure."""

    by: str | Field | Measure
    descending: bool = False


class Verdict(Product):
    """A yes-or-no question over two columns of a one-row answer."""

    left: str
    operator: Comparison
    right: str


class Question(Product):
    """One thing that is asked.

    `subject` is the table whose rows are listed or counted; `limit` rows are kept, with `ties` those that share the
    last place too, and with `within` the first of each group.
    """

    subject: str
    outputs: tuple[Output, ...]
    where: tuple[Condition, ...] = ()
    keys: tuple[Field, ...] = ()
    having: tuple[Having, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    ties: bool = False
    within: tuple[str, ...] = ()
    distinct: bool = False
    verdict: Verdict | None = None
    chart: str = ""

    @property
    def measures(self) -> tuple[Output, ...]:
        """The columns that are computed."""
        return tuple(each for each in self.outputs if each.measured)

    @property
    def dimensions(self) -> tuple[Output, ...]:
        """The columns that tell the rows apart."""
        return tuple(each for each in self.outputs if not each.measured)


RowArithmetic.model_rebuild()
AnyOf.model_rebuild()
Exists.model_rebuild()
Combined.model_rebuild()
ShareOfTotal.model_rebuild()
Running.model_rebuild()
