"""Charts as Plotly figures, from the engine's chart specs and tables. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from engine.products import ChartSpec, TableData
from engine.sources.profile import ColumnProfile
from templates.runtime.units import label_of

HEIGHT = 340
TICKS = {"USD": "$,.3~s", "percent": ".1%", "x": ".2f"}
LONG_LABELS = 60
ROW = 26
SPREAD_HEIGHT = 220
QUIET = {"displayModeBar": False}


def frame(table: TableData) -> pd.DataFrame:
    """The table's rows."""
    return pd.DataFrame(list(table.rows), columns=list(table.columns))


def chart(spec: ChartSpec, table: TableData, base: TableData | None = None) -> go.Figure:
    """The chart of a table; with `base`, the base case is drawn behind it for comparison."""
    figure = go.Figure()
    rows = frame(table)
    lying = spec.kind == "bar" and _long(rows[spec.x])
    if base is not None and base.rows != table.rows:
        _add(figure, spec, frame(base), suffix=" (base)", faded=True)
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


def _long(labels: pd.Series) -> bool:
    """Whether the labels of bars need a line each; times and numbers stay in their order from left to right."""
    texts = [str(label) for label in labels.unique()]
    return sum(map(len, texts)) > LONG_LABELS and not all(text[:1].isdigit() for text in texts)


def _add(figure: go.Figure, spec: ChartSpec, rows: pd.DataFrame, suffix: str = "", faded: bool = False) -> None:
    for name, part in _series(spec, rows):
        for column in spec.y:
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
        return go.Bar(x=x, y=y, name=name, opacity=opacity)
    mode = "markers" if spec.kind == "scatter" else "lines+markers"
    line = {"dash": "dot"} if faded else {}
    fill = "tozeroy" if spec.kind == "area" else None
    return go.Scatter(x=x, y=y, name=name, mode=mode, line=line, fill=fill, opacity=opacity)


def comparison(names: Sequence[str], values: Sequence[float | None], unit: str, threshold: float | None) -> go.Figure:
    """One metric over scenarios, with its threshold as a line."""
    text = "%{y:" + TICKS.get(unit, ",.4g") + "}"
    figure = go.Figure(
        go.Bar(x=list(names), y=list(values), texttemplate=text, textposition="inside", insidetextanchor="middle")
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
