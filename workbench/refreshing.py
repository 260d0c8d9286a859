"""The data read anew, drawn: what changed in it, and what that does to the base and to each scenario."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.products import Run
from engine.usecases.refresh import Moved, Refresh, difference, in_steps, refresh
from runtime.reports import words
from runtime.units import threshold, write
from workbench import background
from workbench.figures import HEIGHT, QUIET, axis
from workbench.foreign import plain, plotted
from workbench.look import look
from workbench.places import page
from workbench.process import kit


def fresh_data(run: Run) -> None:
    """Read the run's sources again, and say what that changed."""
    st.caption("Runs the same script over the data as it is now, in a run of its own; this one and its snapshot stay.")
    key = f"refresh-{run.id}"
    if st.button("Read the data again", icon=":material/refresh:", type="primary", key="refresh_run"):
        background.forget(key)
        background.start(key, lambda tell, cancelled: _work(run, tell, cancelled))
    found = background.follow(key, "Reading and computing")
    if found is not None:
        draw(found)


def _work(run: Run, tell: Any, cancelled: Any) -> Refresh:
    return difference(run, refresh(run, kit(), in_steps(tell), cancelled), kit())


def draw(found: Refresh) -> None:
    """Rows added, removed and changed; the metrics then and now, under the base and each scenario."""
    then, now = (f"{moment:%Y-%m-%d %H:%M} UTC" for moment in (found.read_before, found.read_after))
    if found.same:
        st.success(f"Nothing changed in the data between {then} and {now}.", icon=":material/check_circle:")
    else:
        st.markdown(f"**Between {then} and {now}:** {plain(told(found))}")
    st.page_link(
        page("simulate"), label="Open the run with the new data", icon=":material/open_in_new:",
        query_params={"run": found.after},
    )  # fmt: skip
    if not found.same:
        _rows(found)
    names = {moved.name: moved.label for moved in found.moved}
    if not names:
        return
    chosen = st.selectbox("Metric", list(names), format_func=names.__getitem__, key="refresh_metric")
    rows = [moved for moved in found.moved if moved.name == chosen]
    spoken = ", ".join(f"{each.scenario} {write(each.after, each.unit)}" for each in rows)
    plotted(then_and_now(rows), key="refresh-chart", alt=f"{names[chosen]} now: {spoken}", config=QUIET)
    shown = [
        {
            "Scenario": each.scenario,
            "Metric": each.label,
            "Then": write(each.before, each.unit),
            "Now": write(each.after, each.unit),
            "Change": _change(each),
        }
        for each in found.moved
    ]
    st.dataframe(pd.DataFrame(shown), hide_index=True, key="refresh-moved")


def told(found: Refresh) -> str:
    """Which sources changed by how many rows, in words."""
    parts = []
    for source in found.sources:
        counts = [f"{count:,} {word}" for word in ("added", "removed", "changed") if (count := getattr(source, word))]
        if counts:
            parts.append(f"{source.name}: {', '.join(counts)}")
    return "; ".join(parts) + "."


def _change(each: Moved) -> str:
    change = each.change
    if change is None:
        return "n/a"
    share = f" ({change / abs(each.before):+.1%})" if each.before and each.unit != "percent" else ""
    return "no change" if change == 0 else f"{'+' if change > 0 else ''}{write(change, each.unit)}{share}"


def _rows(found: Refresh) -> None:
    with st.expander("Which rows", icon=":material/difference:"):
        for source in found.sources:
            st.markdown(f"**{plain(source.name)}**: {source.rows_before:,} rows then, {source.rows_after:,} now")
            if source.examples:
                shown = pd.DataFrame([each.model_dump() for each in source.examples])
                st.dataframe(shown, hide_index=True, key=f"refresh-rows-{source.name}")
            listed = source.added + source.removed + source.changed
            if listed > len(source.examples):
                st.caption(f"The first changes of {listed:,} rows.")


def then_and_now(rows: list[Moved]) -> go.Figure:
    """A metric under each scenario, on the old data and on the new."""
    figure, colours = go.Figure(), look()
    for name, values, tint in (
        ("then", [each.before for each in rows], colours.tints[4]),
        ("now", [each.after for each in rows], colours.tints[0]),
    ):
        figure.add_bar(
            x=[each.scenario for each in rows], y=values, name=name, marker={"color": tint},
            text=[write(value, rows[0].unit) for value in values], textposition="inside", insidetextanchor="middle",
        )  # fmt: skip
    if rows[0].good:
        bound, said = threshold(rows[0].good)[1], words.threshold(rows[0].good, rows[0].unit)
        figure.add_hline(y=bound, line={"dash": "dash", "color": colours.quiet}, annotation_text=said)
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        barmode="group",
        legend={"orientation": "h", "y": 1.12},
        yaxis={**axis(rows[0].unit, [each.after for each in rows]), "rangemode": "tozero"},
        xaxis={"type": "category"},
    )
    return figure
