"""The portfolio, drawn: the same scenarios over every member of a dimension, ranked, with their total."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.errors import EngineError
from engine.products import Run, Scenario
from engine.usecases.portfolio.compute import run_portfolio
from engine.usecases.portfolio.result import Figure, Portfolio, as_document, breaches, in_words, ranked, rows
from engine.usecases.portfolio.spread import dimensions
from runtime.reports import words
from runtime.units import threshold, verdict, write
from workbench import background
from workbench.drawing import refusal
from workbench.figures import QUIET, axis
from workbench.foreign import plain, plotted
from workbench.look import look
from workbench.process import kit
from workbench.tabulating import FORMATS

ROW = 24


def portfolio(run: Run, scenarios: Sequence[Scenario]) -> None:
    """Choose a dimension, compute all its members, see them ranked."""
    try:
        known = dimensions(run, kit())
    except EngineError as error:
        refusal(error)
        return
    if not known:
        st.info("This answer filters by no column that has members. Ask for one property first, for instance.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("Over every", list(known), format_func=known.__getitem__, key="portfolio_by")
        pressed = st.button("Compute all", icon=":material/play_arrow:", type="primary", key="portfolio_run")
    key = json.dumps(["portfolio", run.id, by, [scenario.model_dump() for scenario in scenarios]])
    if pressed:
        background.start(key, lambda tell, cancelled: run_portfolio(run, kit(), scenarios, by, tell, cancelled))
    st.caption("Reads the data of every member now, through the read-only door; the run and its snapshot stay.")
    found = background.follow(key, f"{known[by]} by {known[by].lower()}")
    if found is not None:
        draw(found)


def draw(found: Portfolio) -> None:
    """The ranking by a metric in the base or a scenario: chart, table, total, what could not be computed."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = {figure.name: figure.label for figure in found.figures}
        chosen = st.selectbox("Ranked by", list(names), format_func=names.__getitem__, key="portfolio_metric")
        place = st.selectbox(
            "in", range(len(found.columns)), format_func=lambda at: found.columns[at], key="portfolio_in"
        )
    figure = found.figure(chosen)
    st.markdown(plain(in_words(found, figure)))
    _totals(found, figure)
    spoken = ", ".join(
        f"{row.rank}. {row.name} {write(row.value, figure.unit)}" for row in ranked(found, figure, place)[:10]
    )
    plotted(bars(found, figure, place), key="portfolio-chart", alt=f"{figure.label}: {spoken}", config=QUIET)
    listed = rows(found, figure, place)
    shown = pd.DataFrame(listed).rename(columns={"rank": "Rank", "member": found.label})
    columns = {name: _column(figure) for name in found.columns}
    st.dataframe(shown, hide_index=True, key="portfolio-table", column_config=columns)
    _notes(found)
    with st.container(horizontal=True):
        document = json.dumps(as_document(found, figure), indent=1)
        give = partial(st.download_button, on_click="ignore", icon=":material/download:")
        give("CSV", shown.to_csv(index=False), f"portfolio-{found.dimension}.csv", "text/csv", key="portfolio-csv")
        give("JSON", document, f"portfolio-{found.dimension}.json", "application/json", key="portfolio-json")


def _totals(found: Portfolio, figure: Figure) -> None:
    """All members together, a card for the base and each scenario, with how many miss the threshold there."""
    if found.total is None:
        return
    values = found.total.values[figure.name]
    with st.grid(columns="auto", min_column_width=150, gap="small"):
        for at, (name, value) in enumerate(zip(found.columns, values, strict=True)):
            missed = len(breaches(found, figure, at))
            st.metric(
                f"Total, {plain(name)}",
                plain(write(value, figure.unit)),
                delta=f"{missed:,} miss {plain(figure.good or figure.bad)}" if figure.good or figure.bad else None,
                delta_color="off",
                delta_arrow="off",
                border=True,
            )


def _column(figure: Figure) -> Any:
    return st.column_config.NumberColumn(format=FORMATS.get(figure.unit, "%.2f"))


def _notes(found: Portfolio) -> None:
    if found.total is not None:
        st.caption("Total: the same formulas over the rows of all members together. A ratio divides sums.")
    elif found.total_problem:
        st.warning(f"There is no total. {plain(found.total_problem)}")
    if found.uncomputed:
        with st.expander(f"{len(found.uncomputed)} could not be computed", icon=":material/warning:"):
            for each in found.uncomputed:
                st.markdown(f"**{plain(each.name)}**: {plain(each.reason)} {plain(each.hint)}")
    with st.expander(f"What was read at {found.read_at:%Y-%m-%d %H:%M} UTC for all together"):
        for source in found.sources:
            st.caption(f"{plain(source.name)}: {source.rows:,} rows")
            st.code(source.sql, language="sql")


def bars(found: Portfolio, figure: Figure, place: int = 0) -> go.Figure:
    """A bar a member, the best on top, coloured by the threshold; for a scenario the base is a mark behind it."""
    listed = [row for row in ranked(found, figure, place) if row.value is not None]
    colours = look()
    quiet = colours.quiet
    tints = [colours.rated(verdict(row.value, figure.good, figure.bad)) or colours.tints[0] for row in listed]
    names = [row.name for row in listed]
    figure_ = go.Figure(
        go.Bar(
            y=names, x=[row.value for row in listed], orientation="h", marker={"color": tints},
            name=found.columns[place],
            text=[write(row.value, figure.unit) for row in listed], textposition="outside", cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    if place:
        base = {member.name: member.values[figure.name][0] for member in found.members}
        figure_.add_scatter(
            y=names, x=[base[name] for name in names], mode="markers", name="Base",
            marker={"symbol": "line-ns-open", "size": 12, "color": quiet, "line": {"width": 2, "color": quiet}},
            hovertemplate="%{y}, base: %{x}<extra></extra>",
        )  # fmt: skip
    if figure.good:
        figure_.add_vline(
            x=threshold(figure.good)[1],
            line={"dash": "dash", "color": colours.quiet},
            annotation_text=words.threshold(figure.good, figure.unit),
        )
    figure_.update_layout(
        height=ROW * len(listed) + 90,
        margin={"l": 8, "r": 56, "t": 28, "b": 8},
        showlegend=bool(place),
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0},
        bargap=0.3,
        xaxis={**axis(figure.unit, [row.value for row in listed]), "side": "bottom"},
        yaxis={"autorange": "reversed", "automargin": True, "type": "category"},
        uirevision="portfolio",
    )
    return figure_
