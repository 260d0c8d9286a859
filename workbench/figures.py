"""Charts as Plotly figures, from the engine's chart specs and tables. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pandas as pd
import plotly.graph_objects as go

from engine.meaning.relations import Overview
from engine.products import ChartSpec, TableData
from engine.sources.profile import ColumnProfile
from engine.sources.schema import Schema
from runtime.reports import words
from runtime.units import CURRENCIES, label_of, threshold, verdict
from workbench.look import LIGHT, Look

HEIGHT = 340
# Units whose axes are written alike whatever the sizes of their values.
TICKS = {"percent": ".1%", "x": ".2f"}
HOVERS = {"percent": ".2%", "x": ".2f"}
THOUSAND, BILLION = 1e3, 1e9
LONG_LABELS = 60
ROW = 26
# Bars beyond these are shown when all are asked for.
MOST_BARS = 15
LIMIT_ROOM = 96
SPREAD_HEIGHT = 220
# With more tables than these their names would lie on one another.
MOST_NAMED_TABLES = 40
NETWORK_HEIGHT = 620
QUIET = {"displayModeBar": False}


def frame(table: TableData) -> pd.DataFrame:
    """The table's rows."""
    return pd.DataFrame(list(table.rows), columns=list(table.columns))


def _placed(table: TableData, spec: ChartSpec) -> pd.DataFrame:
    """The rows of a chart; one that names no column to lie along has their numbers for it."""
    rows = frame(table)
    return rows if spec.x else rows.assign(**{"": range(1, len(rows) + 1)})


def longer(spec: ChartSpec, table: TableData) -> bool:
    """Whether a chart has more bars than are shown at first; those in the order of time are never cut."""
    if spec.kind != "bar" or spec.series or len(table.rows) <= MOST_BARS or not spec.x:
        return False
    place = table.columns.index(spec.x)
    return not _ordered(pd.Series([row[place] for row in table.rows]))


def chart(
    spec: ChartSpec, table: TableData, base: TableData | None = None, look: Look = LIGHT, most: int = 0
) -> go.Figure:
    """The chart of a table, of its first `most` rows where that is said.

    With `base`, the base case is drawn behind it in the same colours. Thresholds are lines.
    """
    figure = go.Figure()
    rows = _placed(table, spec)
    rows = rows.head(most) if most else rows
    lying = spec.kind == "bar" and _long(rows[spec.x])
    tints = _tints(spec, rows, look)
    if base is not None and base.rows != table.rows:
        before = _placed(base, spec)
        _add(figure, spec, before[before[spec.x].isin(rows[spec.x])] if most else before, look, tints, base=True)
    _add(figure, spec, rows, look, tints)
    drawn = [value for column in filter(None, spec.y) for value in rows[column]]
    numbers = {**axis(spec.unit, drawn), "rangemode": "tozero" if spec.kind == "bar" else "normal"}
    names = {"type": "category" if spec.kind == "bar" else None, "automargin": True}
    if lying:
        figure.update_traces(orientation="h")
        for trace in figure.data:
            trace.x, trace.y = trace.y, trace.x
        names["autorange"] = "reversed"
    if spec.kind != "pie":
        _thresholds(figure, spec, lying, look)
    figure.update_layout(
        height=max(HEIGHT, ROW * len(rows) + 60) if lying else HEIGHT,
        margin=_margin(spec, lying),
        # Below, since a finger's toolbar lies above.
        legend={"orientation": "h", "yanchor": "top", "y": -0.12},
        barmode="group",
        hovermode="x unified" if spec.kind in ("line", "area") else "closest",
        yaxis=names if lying else numbers,
        xaxis=numbers if lying else names,
        uirevision=spec.name,
    )
    return figure


def _margin(spec: ChartSpec, lying: bool) -> dict[str, int]:
    """Room around a chart, with some for what its thresholds say."""
    limits = spec.kind != "pie" and bool(spec.good or spec.bad)
    return {"l": 8, "r": LIMIT_ROOM if limits and not lying else 8, "t": 24 if limits and lying else 8, "b": 8}


def axis(unit: str, values: Iterable[object]) -> dict[str, str]:
    """How an axis writes its numbers: short, with their unit, and never with the SI's milli or giga."""
    sizes = [abs(value) for value in values if isinstance(value, int | float) and math.isfinite(value)]
    most = max(sizes, default=0.0)
    if unit in ("percent", "x"):
        return {"tickformat": TICKS[unit], "hoverformat": HOVERS[unit], "ticksuffix": "x" if unit == "x" else ""}
    sign = "$" if unit in ("USD", "USD/sqft") else ""
    told = {"hoverformat": f"{sign},.2f" if most < THOUSAND else f"{sign},.0f"}
    told["ticksuffix"] = f" {unit}" if unit in CURRENCIES and not sign else ""
    if most >= BILLION:
        return {**told, "exponentformat": "B", "tickprefix": sign}
    if most >= THOUSAND:
        return {**told, "tickformat": f"{sign},.3~s"}
    return {**told, "tickformat": f"{sign},.0f" if most >= 10 else f"{sign},.2f" if sign else ",.3~r"}


def _thresholds(figure: go.Figure, spec: ChartSpec, lying: bool, look: Look) -> None:
    """A line for each threshold; what it says stands outside, where no bar hides it."""
    for text, tint, side in ((spec.good, look.quiet, "left"), (spec.bad, look.breach, "right")):
        if not text:
            continue
        where, line = threshold(text)[1], {"dash": "dash", "width": 1.3, "color": tint}
        said = {"text": words.threshold(text, spec.unit), "font": {"color": tint, "size": 12}, "showarrow": False}
        if lying:
            figure.add_vline(x=where, line=line)
            figure.add_annotation(x=where, yref="paper", y=1, xanchor=side, yanchor="bottom", **said)
        else:
            figure.add_hline(y=where, line=line)
            figure.add_annotation(y=where, xref="paper", x=1, xanchor="left", yanchor="middle", **said)


def spread(found: ColumnProfile) -> go.Figure:
    """How many rows lie in each stretch of a column's values."""
    names = [each.low for each in found.bins]
    until = [each.high for each in found.bins]
    rows = [each.rows for each in found.bins]
    words = any(isinstance(each.low, str) for each in found.bins)
    figure = go.Figure(
        go.Bar(x=names, y=rows, customdata=until, hovertemplate="%{x} to %{customdata}: %{y:,}<extra></extra>")
    )
    figure.update_layout(
        height=SPREAD_HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={
            "nticks": 6,
            "tickangle": 0,
            "automargin": True,
            **({"type": "category"} if words else {"tickformat": "~s"}),
        },
        yaxis={"rangemode": "tozero"},
        bargap=0.05,
    )
    return figure


def network(schema: Schema, found: Overview) -> go.Figure:
    """Every table as a dot in the colour of its cluster, keys as lines; all by name where few, else the clusters."""
    places = positions(found)
    across: list[float | None] = []
    along: list[float | None] = []
    for key in schema.foreign_keys:
        if key.table in places and key.refers_table in places:
            (x1, y1), (x2, y2) = places[key.table], places[key.refers_table]
            across += [x1, x2, None]
            along += [y1, y2, None]
    lines = go.Scatter(x=across, y=along, mode="lines", line={"width": 0.6, "color": "#9aa5a1"}, hoverinfo="skip")
    figure = go.Figure(lines)
    every = sum(len(cluster.tables) for cluster in found.clusters) <= MOST_NAMED_TABLES
    for cluster in found.clusters:
        others = cluster.tables[1:]
        figure.add_scatter(
            x=[places[table][0] for table in cluster.tables],
            y=[places[table][1] for table in cluster.tables],
            mode="markers+text",
            marker={"size": [14] + [8] * len(others)},
            text=[cluster.name, *(table if every else "" for table in others)],
            textposition="top center",
            hovertext=list(cluster.tables),
            hoverinfo="text",
        )
    figure.update_layout(
        height=NETWORK_HEIGHT,
        showlegend=False,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"visible": False},
        yaxis={"visible": False},
        hovermode="closest",
    )
    return figure


def positions(found: Overview) -> dict[str, tuple[float, float]]:
    """Clusters in rows, the members of each around its hub."""
    columns = math.ceil(math.sqrt(len(found.clusters) * 1.6)) or 1
    places: dict[str, tuple[float, float]] = {}
    for number, cluster in enumerate(found.clusters):
        x, y = (number % columns) * 3.2, -(number // columns) * 2.6
        places[cluster.name] = x, y
        for place, table in enumerate(cluster.tables[1:]):
            ring, turn = divmod(place, 14)
            angle = 2 * math.pi * turn / min(14, len(cluster.tables) - 1 - 14 * ring)
            reach = 0.75 + 0.3 * ring
            places[table] = x + reach * math.cos(angle) * 1.3, y + reach * math.sin(angle)
    return places


def _ordered(labels: pd.Series) -> bool:
    """Whether labels are times or numbers, which stay in their order."""
    return all(str(label)[:1].isdigit() for label in labels.unique())


def _long(labels: pd.Series) -> bool:
    """Whether the labels of bars need a line each; times and numbers stay in their order from left to right."""
    texts = [str(label) for label in labels.unique()]
    return sum(map(len, texts)) > LONG_LABELS and not _ordered(labels)


def _tints(spec: ChartSpec, rows: pd.DataFrame, look: Look) -> dict[str, str]:
    """A colour for each series, by its name: one that changes its place keeps its colour."""
    names = sorted({str(name) for name in rows[spec.series]}) if spec.series else []
    keys = [f"{name}\n{column}" for name in names or [""] for column in filter(None, spec.y)]
    return {key: look.tints[place % len(look.tints)] for place, key in enumerate(keys)}


def _add(
    figure: go.Figure, spec: ChartSpec, rows: pd.DataFrame, look: Look, tints: dict[str, str], base: bool = False
) -> None:
    for name, part in _series(spec, rows):
        for column in filter(None, spec.y):
            label = name or label_of(column)
            if name and len(spec.y) > 1:
                label = f"{name}: {label_of(column)}"
            tint = tints.get(f"{name}\n{column}", look.tints[0])
            said = label + (" (base)" if base else "")
            figure.add_trace(_trace(spec, part[spec.x], part[column], said, tint, look, base))


def _series(spec: ChartSpec, rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    if not spec.series:
        return [("", rows)]
    return [(str(name), part) for name, part in rows.groupby(spec.series, sort=False)]


def _trace(
    spec: ChartSpec, x: pd.Series, y: pd.Series, name: str, tint: str, look: Look, base: bool
) -> go.Scatter | go.Bar | go.Pie:
    opacity = 0.4 if base else 1.0
    if spec.kind == "pie":
        return go.Pie(labels=x, values=y, name=name, opacity=opacity, marker={"colors": list(look.tints)})
    rated = [verdict(value, spec.good, spec.bad) for value in y] if len(spec.y) == 1 and not spec.series else []
    points = [look.rated(word) or tint for word in rated] if any(rated) else tint
    if spec.kind == "bar":
        return go.Bar(x=x, y=y, name=name, opacity=opacity, marker={"color": points})
    mode = "markers" if spec.kind == "scatter" else "lines+markers"
    line = {"color": tint, **({"dash": "dot"} if base else {})}
    fill = "tozeroy" if spec.kind == "area" and not base else None
    return go.Scatter(x=x, y=y, name=name, mode=mode, line=line, marker={"color": points}, fill=fill, opacity=opacity)


def comparison(
    names: Sequence[str],
    values: Sequence[float | None],
    texts: Sequence[str],
    unit: str,
    limits: tuple[str, str],
    look: Look = LIGHT,
) -> go.Figure:
    """One metric over scenarios: its thresholds as lines, each bar in the colour of its verdict."""
    good, bad = limits
    figure = go.Figure(
        go.Bar(
            x=list(names),
            y=list(values),
            text=list(texts),
            textposition="inside",
            insidetextanchor="middle",
            marker={"color": [look.rated(verdict(value, good, bad)) or look.tints[0] for value in values]},
        )
    )
    spec = ChartSpec(name="", label="", kind="bar", table="", x="", y=("",), unit=unit, good=good, bad=bad)
    _thresholds(figure, spec, lying=False, look=look)
    figure.update_layout(
        height=HEIGHT,
        margin=_margin(spec, lying=False),
        yaxis={**axis(unit, values), "rangemode": "tozero"},
        xaxis={"type": "category", "automargin": True},
        bargap=0.4,
        uirevision="comparison",
    )
    return figure
