"""Results: the answer, how each number is computed, why it is what it is, the web dashboard, what was read."""

from __future__ import annotations

import streamlit as st

from engine.products import Results, Run
from engine.products.rights import ALL
from runtime.units import label_of
from workbench.answer import body, head
from workbench.comparing import supposed
from workbench.drawing import run_with_results
from workbench.explaining import why
from workbench.lineage import lineage, source
from workbench.process import dashboard_path
from workbench.services import promote
from workbench.sharing import share
from workbench.talking import ask_on, conversation


def computed(results: Results) -> None:
    """Choose a number and see where it comes from."""
    names = [metric.name for metric in results.metrics] + [name for name in results.tables if name in known(results)]
    labels = {metric.name: metric.label for metric in results.metrics}
    chosen = st.selectbox(
        "How is this computed?",
        list(dict.fromkeys(names)),
        format_func=lambda name: labels.get(name) or results.tables[name].label or label_of(name),
        key="lineage",
    )
    if chosen:
        lineage(results, chosen)


def known(results: Results) -> set[str]:
    """The names of all quantities."""
    return {quantity.name for quantity in results.quantities}


def dashboard(run: Run) -> None:
    """The generated web dashboard, out of its sandbox, in a frame that can reach nothing else."""
    share(run)
    # Whoever sees this page may do all of it on the Simulate page too.
    st.iframe(dashboard_path(run.id, ALL), height=900, alt="The generated web dashboard")


def sources(results: Results) -> None:
    """Everything that was read."""
    for item in results.sources:
        source(item)


run, results = run_with_results()
head(run, results)
main, aside = st.columns([5, 2], gap="large")
with aside:
    conversation(run)
    ask_on(run)
    promote(run)
with main:
    supposed(results)
    tabs = st.tabs(
        ["Answer", "How is this computed?", "Why?", "Web dashboard", "Sources"],
        key="part",
        on_change="rerun",
        bind="query-params",
    )
with tabs[0]:
    body(results, f"results-{run.id}")
with tabs[1]:
    computed(results)
with tabs[2]:
    if tabs[2].open:
        why(run, results)
with tabs[3]:
    if tabs[3].open:
        dashboard(run)
with tabs[4]:
    sources(results)
