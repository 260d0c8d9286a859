"""A chart as a card: what it shows, its kind to switch, its rows as a table, and all of its bars when asked for."""

from __future__ import annotations

import streamlit as st

from engine.products import ChartSpec, Results, TableData
from runtime.units import CURRENCIES
from workbench.foreign import plain, plotted
from workbench.look import look
from workbench.tabulating import table

LINE, BARS, AREA, PIE, POINTS, ROWS = "Line", "Bars", "Area", "Pie", "Points", "Table"
NAMES = {"line": LINE, "bar": BARS, "area": AREA, "pie": PIE, "scatter": POINTS}
KINDS = {name: kind for kind, name in NAMES.items()}
# What a chart of a kind may be shown as besides.
OTHERS = {LINE: (BARS,), AREA: (LINE, BARS), BARS: (LINE,), PIE: (BARS,), POINTS: ()}


def charts(results: Results, key: str, base: Results | None = None, skip: int = 0) -> None:
    """Every chart after the first `skip`, two in a row; with `base`, the base case stands in each."""
    specs = results.charts[skip:]
    columns = st.columns(2) if len(specs) > 1 else [st.container()]
    for place, spec in enumerate(specs, skip):
        with columns[(place - skip) % len(columns)]:
            card(results, spec, f"{key}-{spec.name}-{place}", base)


@st.fragment
def card(results: Results, spec: ChartSpec, key: str, base: Results | None = None) -> None:
    """One chart; choosing another kind draws this card alone."""
    from workbench import figures  # plotly and pandas: the first page does not wait for them

    data = results.tables[spec.table]
    before = base.tables.get(spec.table) if base else None
    usual = NAMES[spec.kind]
    with st.container(border=True, key=f"card-{key}"):
        st.markdown(f"**{plain(spec.label)}**")
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.caption(plain(said(spec, data, results.period)))
            chosen = st.segmented_control(
                "Shown as",
                [usual, *OTHERS[usual], ROWS],
                default=usual,
                key=f"kind-{key}",
                label_visibility="collapsed",
            )
        if (chosen or usual) == ROWS:
            table(data, f"rows-{key}", spec)
            return
        shown = spec.model_copy(update={"kind": KINDS[chosen or usual]})
        most = 0
        if figures.longer(shown, data) and not st.toggle(f"All {len(data.rows):,}", key=f"all-{key}"):
            most = figures.MOST_BARS
            st.caption(f"the first {most:d} of {len(data.rows):,}")
        plotted(figures.chart(shown, data, before, look(), most), key=f"chart-{key}", alt=spec.label)


def said(spec: ChartSpec, data: TableData, period: str) -> str:
    """Under a chart's title: its unit and of when it is."""
    unit = spec.unit if spec.unit in CURRENCIES else {"percent": "percent", "x": "multiple"}.get(spec.unit, spec.unit)
    place = data.columns.index(spec.x) if spec.x in data.columns else -1
    along = [str(row[place]) for row in data.rows] if place >= 0 else []
    # A chart along time says its own period at its axis.
    timed = bool(along) and all(text[:4].isdigit() for text in along)
    partial = [text.partition(" (")[0] for text in along if " of " in text and text.endswith("months)")]
    part = f"not whole: {', '.join(dict.fromkeys(partial))}" if partial else ""
    return " · ".join(filter(None, [unit, "" if timed else period, part]))
