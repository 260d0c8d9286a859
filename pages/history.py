"""History: what was asked before; find it, mark it, open it, put two side by side, archive, export or delete it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from engine.errors import EngineError
from engine.products import Run, Status
from engine.usecases.history import delete_run
from engine.usecases.workspace import Entry, Wanted, disk_free, disk_used, entries, exported, found
from workbench.besides import beside
from workbench.drawing import refusal
from workbench.foreign import plain
from workbench.places import page
from workbench.process import kit
from workbench.queued import queue

TITLE = "title"
BESIDE = "beside"
LISTED = "runs"


@st.dialog("Delete these runs?")
def confirm(runs: Sequence[Run]) -> None:
    """Ask before runs and their folders are gone."""
    if len(runs) == 1:
        st.markdown(f"**{plain(runs[0].title)}** ({plain(runs[0].id)}), its folder and its scenarios will be gone.")
    else:
        st.markdown(f"{len(runs):d} runs, their folders and their scenarios will be gone.")
    if st.button("Delete", type="primary", key="really"):
        for run in runs:
            try:
                delete_run(kit().store, kit().sessions, kit().settings.output_dir, run.id)
            except EngineError as error:
                refusal(error)
                return
            if st.session_state.get("run") == run.id:
                del st.session_state["run"]
        anew()


@st.cache_data(ttl=60, max_entries=4, show_spinner=False)
def disk(folder: Path) -> str:
    """What the runs take of the disk, counted once a minute."""
    return f"{disk_used(folder) / 1e6:,.1f} MB on disk, {disk_free(folder) / 1e9:,.1f} GB free"


def anew() -> None:
    """Draw the page again with nothing selected."""
    st.session_state["listing"] = st.session_state.get("listing", 0) + 1
    st.rerun()


def filters(listed: Sequence[Entry]) -> Wanted:
    """What is looked for; each filter is in the link."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        text = st.text_input(
            "Search", key="search", bind="query-params", icon=":material/search:", placeholder="words, a tag or a run"
        )
        states = st.multiselect(
            "State", [state.value for state in Status], key="states", format_func=said, placeholder="any"
        )
        places = st.multiselect(
            "Database or file", sorted({each.place for each in listed}), key="places", placeholder="any",
        )  # fmt: skip
        tags = sorted({tag for each in listed for tag in each.mark.tags})
        wanted = st.multiselect("Tag", tags, key="tags", placeholder="any") if tags else []
        since = st.date_input("Asked since", None, key="since")
    every = any(each.run.request.after for each in listed) and st.toggle(
        "Every turn of a conversation", key="turns", bind="query-params"
    )
    return Wanted(text or "", tuple(states), since, None, tuple(places), tuple(wanted), every)


def said(state: str) -> str:
    """A state as a person reads it."""
    return state.replace("_", " ")


def grid(shown: Sequence[Entry]) -> list[Entry]:
    """The runs as a table; a click on a title opens it, ticked rows are given."""
    event = st.dataframe(
        [
            {
                "pinned": "★" if each.mark.pinned else "",
                "when": each.run.created_at,
                TITLE: each.run.title,
                "tags": list(each.mark.tags),
                "turn": each.turn,
                "status": each.run.status.value.replace("_", " "),
                "place": each.place,
                "seconds": round(sum(each.run.seconds.values()), 2),
                "run": each.run.id,
            }
            for each in shown
        ],
        hide_index=True,
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        column_config={
            "pinned": st.column_config.TextColumn("★", width=40),
            "when": st.column_config.DatetimeColumn("Asked", format="YYYY-MM-DD HH:mm"),
            TITLE: st.column_config.TextColumn("Title (click to open)", width="large"),
            "tags": st.column_config.ListColumn("Tags"),
            "turn": "Turn",
            "status": "Status",
            "place": "Asked of",
            "seconds": "Seconds",
            "run": "Run",
        },
        key=f"{LISTED}-{st.session_state.get('listing', 0)}",
    )
    chosen = event.selection if event else None
    for row, column in chosen.cells if chosen else []:
        if column == TITLE and row < len(shown):
            st.session_state["listing"] = st.session_state.get("listing", 0) + 1
            show(shown[row].run)
    return [shown[row] for row in (chosen.rows if chosen else []) if row < len(shown)]


def show(run: Run) -> None:
    """Turn to a run: its answer, or how it stands."""
    st.session_state["run"] = run.id
    st.switch_page(page("results" if run.status is Status.DONE else "request"), query_params={"run": run.id})


def actions(chosen: Sequence[Entry], archived: bool) -> None:
    """What can be done with the runs that are ticked."""
    runs = [each.run for each in chosen]
    with st.container(horizontal=True, vertical_alignment="center", key="actions"):
        if len(runs) == 1 and st.button("Open", type="primary", icon=":material/open_in_full:"):
            show(runs[0])
        if len(runs) == 2 and st.button("Compare", type="primary", icon=":material/compare:"):
            st.query_params[BESIDE] = ",".join(run.id for run in reversed(runs))
            anew()
        if len(runs) == 1 and st.button("Compare with ...", icon=":material/compare:"):
            st.query_params[BESIDE] = runs[0].id
            anew()
        with st.popover("Name, tags, pin", icon=":material/label:"):
            marks(chosen)
        if st.button("Bring back" if archived else "Archive", icon=":material/archive:"):
            for run in runs:
                kit().store.archive(run.id, archived=not archived)
            anew()
        st.download_button(
            "Export", lambda: exported(kit().store.load(run.id) for run in runs), "runs.zip", "application/zip",
            key="export", on_click="ignore", icon=":material/folder_zip:",
        )  # fmt: skip
        if st.button("Delete", icon=":material/delete:"):
            confirm(runs)


def marks(chosen: Sequence[Entry]) -> None:
    """Rename one, tag and pin all that are ticked."""
    one = chosen[0]
    known = list(dict.fromkeys(tag for each in chosen for tag in each.mark.tags))
    with st.form("marks", border=False):
        title = st.text_input("Title", one.run.title, key=f"title-{one.run.id}") if len(chosen) == 1 else ""
        tags = st.multiselect("Tags", known, known, key=f"tagged-{one.run.id}", accept_new_options=True)
        pinned = st.checkbox("Pinned on top", all(each.mark.pinned for each in chosen), key=f"pinned-{one.run.id}")
        kept = st.form_submit_button("Keep", icon=":material/save:")
    if not kept:
        return
    try:
        if title and title != one.run.title:
            kit().store.rename(one.run.id, title)
        for each in chosen:
            kit().store.marks.put(each.mark.model_copy(update={"pinned": pinned, "tags": tuple(tags)}))
    except EngineError as error:
        refusal(error)
        return
    anew()


def compared(listed: Sequence[Entry]) -> None:
    """The two answers that the link names side by side; of one alone, which other to put beside it."""
    ids = [each for each in str(st.query_params.get(BESIDE, "")).split(",") if each]
    if not ids:
        return
    with st.container(border=True, key="beside"):
        try:
            one = kit().store.load(ids[0])
            if len(ids) == 1:
                done = [each.run for each in listed if each.run.status is Status.DONE and each.run.id != one.id]
                titles = {run.id: f"{run.title} ({run.created_at:%Y-%m-%d %H:%M})" for run in done}
                other = st.selectbox(
                    f"Put beside {plain(one.title)}", list(titles), None, key="other",
                    format_func=titles.__getitem__, placeholder="Choose an answer",
                )  # fmt: skip
                if other:
                    st.query_params[BESIDE] = f"{one.id},{other}"
                    st.rerun()
            else:
                beside(one, kit().store.load(ids[1]))
        except EngineError as error:
            refusal(error)
        if st.button("Close", icon=":material/close:", key="close-beside"):
            del st.query_params[BESIDE]
            st.rerun()


st.title("History", anchor=False)
archived = st.toggle("Archived", key="archived", bind="query-params")
queue()
listed = entries(kit().store, archived=archived)
compared(listed)
if not listed:
    st.info("Nothing here yet. Ask something on the Request page." if not archived else "Nothing is archived.")
    st.stop()
shown = found(listed, filters(listed))
chosen = grid(shown)
if chosen:
    actions(chosen, archived)
else:
    st.caption("Click a title to open it; tick rows to compare, tag, archive, export or delete them.")
st.caption(f"{len(shown):,} of {len(listed):,} runs · {plain(disk(kit().settings.output_dir))}")
