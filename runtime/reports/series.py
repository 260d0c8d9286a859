"""The lines and bars of a chart, taken from its table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import units

SERIES_CAP = 12
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Series:
    """One named line: a value for each of its places on the x axis, where it has one."""

    name: str
    values: Mapping[Any, float]


@dataclass(frozen=True)
class Plot:
    """What a chart shows: places on the x axis in order, the series over them; `left_out` were too many."""

    places: tuple[Any, ...]
    series: tuple[Series, ...]
    left_out: int = 0


def plot(chart: Mapping[str, Any], table: Mapping[str, Any]) -> Plot:
    """The chart's series. Rows that meet at one place of a series are added up."""
    columns = {name: index for index, name in enumerate(table["columns"])}
    x_at = columns.get(chart["x"], -1)
    group_at = columns.get(chart["series"], -1)
    found: dict[str, dict[Any, float]] = {}
    places: dict[Any, None] = {}
    for number, row in enumerate(table["rows"], 1):
        place = row[x_at] if x_at >= 0 else number
        places.setdefault(place)
        for name in filter(None, chart["y"]):
            value = row[columns[name]]
            key = str(row[group_at]) if group_at >= 0 else units.label_of(name)
            line = found.setdefault(key, {})
            if isinstance(value, int | float):
                line[place] = line.get(place, 0.0) + value
    series = tuple(Series(name, values) for name, values in found.items())
    return Plot(tuple(places), series[:SERIES_CAP], max(0, len(series) - SERIES_CAP))


def place_text(place: Any) -> str:
    """A place on the x axis as its label: a first of month is 'Jan 2026'."""
    text = "none" if place is None else str(place)
    if not ISO_DATE.fullmatch(text):
        return text
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    year, month, day = text.split("-")
    named = f"{months[int(month) - 1]} {year}"
    return named if day == "01" else f"{int(day)} {named}"
