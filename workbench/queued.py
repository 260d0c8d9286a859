"""The queue as it stands: what runs, what waits and whose turn it is, each to follow or to cancel."""

from __future__ import annotations

import streamlit as st

from engine.products import Run, Status
from engine.usecases.workspace import waiting
from workbench.drawing import STATE_ICONS
from workbench.foreign import plain
from workbench.places import page
from workbench.process import kit

EVERY = 1.0


def queue() -> None:
    """What runs and waits, drawn again by itself while there is any."""
    if waiting(kit().store):
        _live()


@st.fragment(run_every=EVERY)
def _live() -> None:
    live = waiting(kit().store)
    if not live:
        st.rerun()
    with st.container(border=True, key="queue"):
        st.caption(f"{sum(run.status is Status.RUNNING for run in live):d} at work, the others wait in this order.")
        for place, run in enumerate(live, 1):
            _line(place, run)


def _line(place: int, run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{place:d}. {STATE_ICONS[run.status]} {plain(run.title)}  :gray[{plain(run.owner)}]")
        query = {"run": run.id}
        st.page_link(page("request"), label="Follow", icon=":material/visibility:", query_params=query)
        if st.button("Cancel", key=f"cancel-{run.id}", icon=":material/cancel:", type="tertiary"):
            kit().store.cancel(run.id)
            st.rerun(scope="fragment")
