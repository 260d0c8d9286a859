"""Charts as Plotly figures, from the engine's chart specs and tables. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from engine.meaning.relations import Overview
from engine.products import ChartSpec, TableData
from engine.sources.profile import ColumnProfile
from engine.sources.schema import Schema
from runtime.units import label_of, verdict

HEIGHT = 340
TICKS = {"USD": "$,.3~s", "percent": ".1%", "x": ".2f"}
LONG_LABELS = 60
ROW = 26
SPREAD_HEIGHT = 220
# With more tables than these their names would lie on one another.
MOST_NAMED_TABLES = 40
NETWORK_HEIGHT = 620
MET, MISSED = "#0f766e", "#c4513a"
PLAIN = "#2f62d0"
RATED = {"good": MET, "short": "#d9821b", "breach": MISSED}
QUIET = {"displayModeBar": False}


def frame(table: TableData) -> pd.DataFrame:
    """The table's rows."""
    return pd.DataFrame(list(table.rows), columns=list(table.columns))


def _placed(table: TableData, spec: ChartSpec) -> pd.DataFrame:
    """The rows of a chart; one that names no column to lie along has their numbers for it."""
    rows = frame(table)
    return rows if spec.x else rows.assign(**{"": range(1, len(rows) + 1)})


def chart(spec: ChartSpec, table: TableData, base: TableData | None = None) -> go.Figure:
    """The chart of a table; with `base`, the base case is drawn behind it for comparison."""
    figure = go.Figure()
    rows = _placed(table, spec)
    lying = spec.kind == "bar" and _long(rows[spec.x])
    if base is not None and base.rows != table.rows:
        _add(figure, spec, _placed(base, spec), suffix=" (base)", faded=True)
    _add(figure, spec, rows)
    numbers = {"tickformat": TICKS.get(spec.unit, ""), "rangemode": "tozero" if spec.kind == "bar" else "normal"}
    names = {"type": "category" if spec.kind == "bar" else None, "automargin": True}
    if lying:
        figure.update_traces(orientation="h")
        for trace in figure.data:
            trace.x, trace.y = trace.y, trace.x
        names["autorange"] = "reversed"
    figure.update_layout(
        height=max(HEIGHT, ROW * len(rows) + 60) if lying else HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        # Below, since a finger's toolbar lies above.
        legend={"orientation": "h", "yanchor": "top", "y": -0.12},
        barmode="group",
        hovermode="x unified" if spec.kind in ("line", "area") else "closest",
        yaxis=names if lying else numbers,
        xaxis=numbers if lying else names,
        uirevision=spec.name,
    )
    return figure


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


def _long(labels: pd.Series) -> bool:
    """Whether the labels of bars need a line each; times and numbers stay in their order from left to right."""
    texts = [str(label) for label in labels.unique()]
    return sum(map(len, texts)) > LONG_LABELS and not all(text[:1].isdigit() for text in texts)


def _add(figure: go.Figure, spec: ChartSpec, rows: pd.DataFrame, suffix: str = "", faded: bool = False) -> None:
    for name, part in _series(spec, rows):
        for column in filter(None, spec.y):
            label = name or label_of(column)
            if name and len(spec.y) > 1:
                label = f"{name}: {label_of(column)}"
            figure.add_trace(_trace(spec, part[spec.x], part[column], label + suffix, faded))


def _series(spec: ChartSpec, rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    if not spec.series:
        return [("", rows)]
    return [(str(name), part) for name, part in rows.groupby(spec.series, sort=False)]


def _trace(spec: ChartSpec, x: pd.Series, y: pd.Series, name: str, faded: bool) -> go.Scatter | go.Bar | go.Pie:
    opacity = 0.35 if faded else 1.0
    if spec.kind == "pie":
        return go.Pie(labels=x, values=y, name=name, opacity=opacity)
    if spec.kind == "bar":
        rated = [verdict(value, spec.good, spec.bad) for value in y] if len(spec.y) == 1 and not spec.series else []
        tints = {"marker": {"color": [RATED.get(each, PLAIN) for each in rated]}} if any(rated) else {}
        return go.Bar(x=x, y=y, name=name, opacity=opacity, **tints)
    mode = "markers" if spec.kind == "scatter" else "lines+markers"
    line = {"dash": "dot"} if faded else {}
    fill = "tozeroy" if spec.kind == "area" else None
    return go.Scatter(x=x, y=y, name=name, mode=mode, line=line, fill=fill, opacity=opacity)


def comparison(
    names: Sequence[str], values: Sequence[float | None], unit: str, threshold: float | None, missed: Sequence[bool]
) -> go.Figure:
    """One metric over scenarios, with its threshold as a line; what misses it is red."""
    text = "%{y:" + TICKS.get(unit, ",.4g") + "}"
    figure = go.Figure(
        go.Bar(
            x=list(names),
            y=list(values),
            texttemplate=text,
            textposition="inside",
            insidetextanchor="middle",
            marker={"color": [MISSED if each else MET for each in missed]},
        )
    )
    if threshold is not None:
        figure.add_hline(
            y=threshold, line={"dash": "dash", "color": "#888"}, annotation_text=f"threshold {threshold:g}"
        )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        yaxis={"tickformat": TICKS.get(unit, ""), "rangemode": "tozero"},
        xaxis={"type": "category"},
        bargap=0.4,
        uirevision="comparison",
    )
    return figure
