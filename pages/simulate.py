"""Simulate: move the drivers, see the results follow, keep scenarios and compare them side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from engine.errors import EngineError
from engine.products import ParameterValue, Results, Run, Scenario
from engine.scenarios.telling import sentence
from engine.scenarios.whatif import moved, shown_scale
from engine.steps.results import read_results, report_of
from runtime.told import MOST
from workbench import analysis
from workbench.answer import body, head
from workbench.chance import chance
from workbench.comparing import side_by_side
from workbench.drawing import refusal, run_with_results
from workbench.foreign import plain
from workbench.portfolio import portfolio
from workbench.process import kit
from workbench.refreshing import fresh_data
from workbench.scenarios import changed, editor, scenarios_of
from workbench.slides import slides_button


def sliders(parameters: tuple[ParameterValue, ...]) -> dict[str, float]:
    """A slider for each driver, its place in the link."""
    values = {}
    columns = st.columns(min(4, len(parameters)))
    for place, parameter in enumerate(parameters):
        scale = shown_scale(parameter)
        step = round(parameter.step * scale, 6)
        decimals = 0 if step == int(step) else 2
        with columns[place % len(columns)]:
            chosen = st.slider(
                plain(parameter.label),
                parameter.low * scale,
                parameter.high * scale,
                parameter.default * scale,
                step,
                format=f"%.{decimals}f%%" if scale == 100 else None,
                key=f"p_{parameter.name}",
                bind="query-params",
                help=plain(parameter.description) or None,
            )
        values[parameter.name] = round(chosen / scale, 8)
    return values


def live(run: Run, results: Results, values: dict[str, float]) -> Results:
    """The results at the sliders' values; the base when none is moved."""
    own = {p.name: values[p.name] for p in results.parameters if values[p.name] != p.default}
    if not own or run.execution is None:
        return results
    document = kit().sessions.results(run, own)
    return read_results(run.execution.model_copy(update={"document": document}))


def keep(run: Run, results: Results, values: dict[str, float]) -> None:
    """Keep the sliders' values as a named scenario."""
    with st.form("keep", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Keep these values as", placeholder="My scenario", key="scenario_name")
        pressed = st.form_submit_button("Add scenario", icon=":material/add:")
    if pressed:
        kept = [s for s in scenarios_of(run, results) if s.name != name.strip()]
        own = {p.name: values[p.name] for p in results.parameters if values[p.name] != p.default}
        kit().store.save_scenarios(
            run.id, [*kept, Scenario(name=name.strip() or f"Scenario {len(kept) + 1}", values=own)]
        )
        changed()


def behind(results: Results, computed: list[dict[str, Any]]) -> None:
    """What stands behind the comparison: which quantities moved on the way, and what each scenario assumes."""
    if "steps" not in computed[0]:
        st.caption(f"What moved and what is assumed is told for at most {MOST} scenarios.")
        return
    with st.expander("Which quantities moved", icon=":material/account_tree:"):
        rows = moved(results, computed)
        st.caption("In the order in which they are computed, with the change to the base.")
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="moved")
    with st.expander("What each scenario assumes", icon=":material/fact_check:"):
        for scenario in computed:
            st.markdown(f"**{plain(scenario['name'])}**")
            st.markdown("\n".join(f"- {plain(line)}" for line in scenario["assumes"]))


@st.cache_data(max_entries=20, max_size="100MB", show_spinner=False)
def report(run_id: str, kind: str, scenarios: str) -> tuple[str, str, bytes]:
    """The report with its scenarios, as file name, type and bytes."""
    return report_of(kit().reports, kit().store.load(run_id), kind, json.loads(scenarios))


def downloads(run: Run, computed: list[dict[str, Any]]) -> None:
    """The comparison as PDF, Excel and PowerPoint."""
    with st.container(horizontal=True):
        for kind, label, icon in (
            ("pdf", "PDF with scenarios", ":material/picture_as_pdf:"),
            ("xlsx", "Excel with scenarios", ":material/table:"),
        ):
            name, media, data = report(run.id, kind, json.dumps(computed))
            st.download_button(label, data, name, media, key=f"scenario-{kind}", on_click="ignore", icon=icon)
        slides_button(run, "PowerPoint with scenarios", computed)


@st.fragment
def board(run: Run, results: Results) -> None:
    """Everything that follows the sliders, drawn again on its own."""
    with st.container(border=True, key="drivers"):
        values = sliders(results.parameters)
    try:
        now = live(run, results, values)
    except EngineError as error:
        refusal(error)
        return
    if now is not results:
        st.markdown(f"**At these values**: {plain(sentence(now))}")
    body(now, f"simulate-{run.id}", results)
    keep(run, results, values)


run, results = run_with_results()
head(run, results)
if not results.parameters:
    st.info(
        "This answer has no drivers, so there is nothing to change. Ask for a metric such as NOI or DSCR to simulate."
    )
    st.stop()
board(run, results)
st.subheader("Scenarios side by side", anchor=False)
named = editor(run, results)
if named:
    try:
        wanted = [{**scenario.values, "name": scenario.name} for scenario in named]
        found = kit().sessions.compared(run, wanted)
        side_by_side(results, found)
        behind(results, found)
        downloads(run, found)
    except EngineError as error:
        refusal(error)
st.subheader("Beyond scenarios", anchor=False)
drawn: dict[str, Callable[[], None]] = {
    "Which driver matters": lambda: analysis.matters(run, results),
    "Reach a target": lambda: analysis.target(run, results),
    "Chance": lambda: chance(run, results),
    "Portfolio": lambda: portfolio(run, named),
    "Fresh data": lambda: fresh_data(run),
}
beyond = st.tabs(list(drawn), key="beyond", on_change="rerun", bind="query-params")
for tab, draw in zip(beyond, drawn.values(), strict=True):
    with tab:
        if tab.open:
            draw()
