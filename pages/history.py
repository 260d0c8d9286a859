"""History: what was asked before; open it, archive it, delete it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.errors import EngineError
from engine.products import Run
from engine.store.threads import LONGEST
from engine.usecases.history import delete_run
from workbench.foreign import plain
from workbench.places import page
from workbench.process import kit


@st.dialog("Delete this run?")
def confirm(run: Run) -> None:
    """Ask before a run and its folder are gone."""
    st.markdown(f"**{plain(run.title)}** ({run.id}), its folder and its scenarios will be gone.")
    if st.button("Delete", type="primary", key="really"):
        try:
            delete_run(kit().store, kit().sessions, kit().settings.output_dir, run.id)
        except EngineError as error:
            st.error(f"{plain(error.message)} {plain(error.hint)}")
            return
        if st.session_state.get("run") == run.id:
            del st.session_state["run"]
        st.rerun()


def turn_of(run: Run, known: Sequence[Run]) -> int:
    """Which turn of its conversation a run is."""
    before = {each.id: each.request.after for each in known}
    turn, after = 1, run.request.after
    while after and turn < LONGEST:
        turn, after = turn + 1, before.get(after, "")
    return turn


st.title("History", anchor=False)
archived = st.toggle("Archived", key="archived", bind="query-params")
found = kit().store.list(archived=archived)
if not found:
    st.info("Nothing here yet. Ask something on the Request page." if not archived else "Nothing is archived.")
    st.stop()
wanted = st.text_input("Search", key="search", bind="query-params")
went_on = {run.request.after for run in found}
# Of a conversation the last turn stands for all; the Results page has the others.
every = len(went_on) > 1 and st.toggle("Every turn of a conversation", key="turns", bind="query-params")
last = [run for run in found if every or run.id not in went_on]
shown = [run for run in last if (wanted or "").lower() in f"{run.title} {run.request.text} {run.id}".lower()]
event = st.dataframe(
    [
        {
            "when": run.created_at,
            "title": run.title,
            "turn": turn_of(run, found),
            "status": run.status.value.replace("_", " "),
            "seconds": round(sum(run.seconds.values()), 2),
            "run": run.id,
        }
        for run in shown
    ],
    hide_index=True,
    on_select="rerun",
    selection_mode="single-row",
    column_config={
        "when": st.column_config.DatetimeColumn("Asked", format="YYYY-MM-DD HH:mm"),
        "title": "Title",
        "turn": "Turn",
        "status": "Status",
        "seconds": "Seconds",
        "run": "Run",
    },
    key="runs",
)
rows = event.selection.rows if event else []
if rows and rows[0] < len(shown):
    run = shown[rows[0]]
    with st.container(horizontal=True):
        if st.button("Open", type="primary", icon=":material/open_in_full:"):
            st.session_state["run"] = run.id
            target = page("results") if run.status.value == "done" else page("request")
            st.switch_page(target, query_params={"run": run.id})
        if st.button("Bring back" if archived else "Archive", icon=":material/archive:"):
            kit().store.archive(run.id, archived=not archived)
            st.rerun()
        if st.button("Delete", icon=":material/delete:"):
            confirm(run)
else:
    st.caption("Choose a row to open, archive or delete it.")
