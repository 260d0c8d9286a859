"""Step 7: the numbers, tables and charts that are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from engine.products.base import Product
from engine.products.execution import SourceData
from engine.products.plan import Goal


class MetricValue(Product):
    """One headline number; ok says whether it meets its threshold, None when it has none."""

    name: str
    label: str
    value: float | str | None
    unit: str = ""
    text: str = ""
    good: str = ""
    bad: str = ""
    ok: bool | None = None
    definition: str = ""


class TableData(Product):
    """Rows as they are shown. `total` is the row count before the cap."""

    name: str
    label: str
    columns: tuple[str, ...]
    units: Mapping[str, str] = Field(default_factory=dict)
    rows: tuple[tuple[Any, ...], ...]
    total: int


class ChartSpec(Product):
    """A chart as data: which table, what on which axis."""

    name: str
    label: str
    kind: str
    table: str
    x: str
    y: tuple[str, ...]
    series: str = ""
    unit: str = ""
    good: str = ""
    bad: str = ""


class Quantity(Product):
    """Lineage of one number or table."""

    name: str
    definition: str
    formula: str
    inputs: tuple[str, ...]
    arithmetic: bool
    value: float | str | None = None
    unit: str = ""


class ParameterValue(Product):
    """A parameter as a form needs it."""

    name: str
    label: str
    default: float
    low: float
    high: float
    step: float
    unit: str
    description: str = ""


class ExportedFile(Product):
    """A file of the run, relative to its folder."""

    path: str
    kind: str
    size: int


class Reached(Product):
    """The values of a driver that reach a goal, within its bounds; without any, how near the metric comes."""

    driver: str
    solutions: tuple[float, ...] = ()
    nearest: float | None = None


class Supposed(Product):
    """What a request supposes, computed. `scenarios` as `Sessions.compared` gives them."""

    scenarios: tuple[Mapping[str, Any], ...] = ()
    goal: Goal | None = None
    reached: tuple[Reached, ...] = ()


class Results(Product):
    """Step 7: typed, ready to draw."""

    title: str
    period: str = Field(default="", description="of when the figures are, such as 'Nov 2025 to Oct 2026'")
    metrics: tuple[MetricValue, ...]
    tables: Mapping[str, TableData]
    charts: tuple[ChartSpec, ...]
    parameters: tuple[ParameterValue, ...]
    quantities: tuple[Quantity, ...]
    sources: tuple[SourceData, ...]
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    files: tuple[ExportedFile, ...] = ()
    supposed: Supposed | None = None
