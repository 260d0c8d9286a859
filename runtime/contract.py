"""The words of the contract: sources, parameters and the entries of a view. Values only, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sql:
    """One SELECT with its values bound by name; over the database, or over datasets."""

    text: str
    bound: Mapping[str, Any] = field(default_factory=dict)
    place: str = "database"


def sql(text: str, **bound: Any) -> Sql:
    """A source: one SELECT; every `:name` in it takes its value from the keyword of that name."""
    return Sql(text, bound)


def dataset(text: str, /, **bound: Any) -> Sql:
    """A source: one SELECT over datasets, the tables of uploaded files and declared APIs, in SQLite's SQL."""
    return Sql(text, bound, "datasets")


@dataclass(frozen=True)
class Parameter:
    """What a scenario may change. Values of unit "percent" are fractions: 0.10 is 10 %."""

    name: str
    label: str
    default: float = 0.0
    low: float = -0.5
    high: float = 0.5
    unit: str = "percent"
    step: float | None = None
    description: str = ""


@dataclass(frozen=True)
class Metric:
    """One headline number. `good` and `bad` are thresholds such as ">= 1.25"."""

    quantity: str
    label: str = ""
    unit: str = ""
    good: str = ""
    bad: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart over a quantity that is a table; kind is line, bar, area, scatter or pie.

    Bars of one series are coloured by `good` and `bad`, thresholds such as ">= 1.25".
    """

    quantity: str
    kind: str = "bar"
    x: str = ""
    y: str | tuple[str, ...] = ""
    series: str = ""
    label: str = ""
    unit: str = ""
    good: str = ""
    bad: str = ""


@dataclass(frozen=True)
class Table:
    """A quantity that is a table, shown as rows. `units` gives a column's unit."""

    quantity: str
    label: str = ""
    units: Mapping[str, str] = field(default_factory=dict)


View = Metric | Chart | Table
