"""Why a number is what it is, drawn: a waterfall from another period, answer or scenario to it, and its parts."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.errors import EngineError
from engine.products import Results, Run, Status
from engine.scenarios.bridge import Bridge
from engine.scenarios.whatif import offered_scenarios
from engine.usecases.explaining import against_period_before, against_run, against_scenario
from engine.usecases.refresh import in_steps
from runtime.units import write
from workbench import background
from workbench.drawing import refusal
from workbench.figures import HEIGHT, QUIET
from workbench.foreign import plain, plotted
from workbench.process import kit

BEFORE, OTHER, SCENARIO = "the period before", "another answer", "a scenario"
MOST_OFFERED = 30


def why(run: Run, results: Results) -> None:
    """Choose a number and what to compare it with; see which inputs make the difference."""
    numbers = {each.name: each.label for each in results.metrics if isinstance(each.value, float | int)}
    if not numbers:
        st.info("This answer has no number to explain.", icon=":material/info:")
        return
    metric = st.selectbox("Number", list(numbers), format_func=numbers.__getitem__, key="why_metric")
    way = st.segmented_control("Compare with", [BEFORE, OTHER, SCENARIO], default=SCENARIO, key="why_way")
    try:
        found = _found(run, results, metric, way or SCENARIO)
    except EngineError as error:
        refusal(error)
        return
    if found is not None:
        draw(found)


def _found(run: Run, results: Results, metric: str, way: str) -> Bridge | None:
    """The bridge that was chosen; None while nothing is, or while it is computed."""
    if way == BEFORE:
        key = f"why-{run.id}-{metric}"
        if st.button("Compute the period before", icon=":material/history:", type="primary", key="why_before"):
            background.forget(key)
            background.start(key, lambda tell, cancelled: _before(run, metric, tell))
        made: Bridge | None = background.follow(key, "Computing the period before")
        return made
    if way == OTHER:
        others = [each for each in kit().store.list() if each.status is Status.DONE and each.id != run.id]
        titles = {each.id: f"{each.title} ({each.id})" for each in others[:MOST_OFFERED]}
        chosen = st.selectbox("Answer", list(titles), None, format_func=titles.__getitem__, key="why_other")
        return against_run(run, kit().store.load(chosen), metric) if chosen else None
    kept = kit().store.scenarios(run.id) or offered_scenarios(results.parameters)
    if not kept:
        st.info("This answer has no drivers, so it has no scenarios.", icon=":material/info:")
        return None
    name = st.selectbox("Scenario", [each.name for each in kept], key="why_scenario")
    return against_scenario(run, kit(), name, metric)


def _before(run: Run, metric: str, tell: Any) -> Bridge:
    return against_period_before(run, kit(), in_steps(tell), metric)[0]


def draw(found: Bridge) -> None:
    """The waterfall, and the parts as a table."""
    start, end = write(found.before, found.unit), write(found.after, found.unit)
    st.markdown(
        f"**{plain(found.label)}**: {plain(start)} ({plain(found.said_before)}) to {plain(end)}"
        f" ({plain(found.said_after)})"
    )
    if not found.parts:
        st.info("Nothing that it is computed of differs.", icon=":material/info:")
        return
    spoken = ", ".join(f"{part.label} {write(part.contribution, found.unit)}" for part in found.parts)
    plotted(waterfall(found), key="why-chart", alt=f"{found.label} from {start} to {end}: {spoken}", config=QUIET)
    rows = [
        {
            "Input": part.label,
            "Before": write(part.before, part.unit),
            "After": write(part.after, part.unit),
            "Contribution": write(part.contribution, found.unit),
        }
        for part in found.parts
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="why-parts")
    st.caption(f"{plain(found.method)}. They add up to the difference.")


def waterfall(found: Bridge) -> go.Figure:
    """The value before, what each input adds or takes, and the value after."""
    names = [found.said_before, *(part.label for part in found.parts), found.said_after]
    amounts = [found.before, *(part.contribution for part in found.parts), found.after]
    figure = go.Figure(
        go.Waterfall(
            x=[f"{at}" for at in range(len(names))],
            y=amounts,
            measure=["absolute", *("relative" for _ in found.parts), "total"],
            text=[write(amount, found.unit) for amount in amounts],
            textposition="outside",
        )
    )
    shown = [name if len(name) <= 24 else name[:23] + "…" for name in names]
    figure.update_xaxes(tickvals=[f"{at}" for at in range(len(names))], ticktext=shown)
    figure.update_layout(height=HEIGHT, showlegend=False, margin={"l": 8, "r": 8, "t": 24, "b": 8})
    return figure
