"""What several pages draw: the run they are about, where to go from it, and how it ended."""

from __future__ import annotations

import re

import streamlit as st

from engine.errors import EngineError, UsageError
from engine.products import Results, Run, Status
from workbench.foreign import plain
from workbench.places import page
from workbench.process import kit

# A refusal that names a word it does not know.
UNKNOWN = re.compile(r"Not understood: (?P<word>[^,.]+)")
STATE_ICONS = {
    Status.DONE: ":material/check_circle:",
    Status.RUNNING: ":material/progress_activity:",
    Status.QUEUED: ":material/schedule:",
    Status.NEEDS_INPUT: ":material/help:",
    Status.REFUSED: ":material/block:",
    Status.FAILED: ":material/error:",
    Status.CANCELLED: ":material/cancel:",
}


def run_in_view() -> Run | None:
    """The run that the link names, else the one looked at last; None when there is none."""
    wanted = st.query_params.get("run") or st.session_state.get("run")
    if not wanted:
        return None
    try:
        run = kit().store.load(str(wanted))
    except UsageError as error:
        refusal(error)
        st.session_state.pop("run", None)
        return None
    st.session_state["run"] = run.id
    st.query_params["run"] = run.id
    return run


def run_with_results() -> tuple[Run, Results]:
    """The run in view with its results; else says what to do and ends the page."""
    run = run_in_view()
    if run is None:
        st.info("No run is open. Ask something first, or choose a run in the history.", icon=":material/info:")
        links(None)
        st.stop()
    if run.results is None:
        show_end(run)
        links(run)
        st.stop()
    return run, run.results


def links(run: Run | None) -> None:
    """Where to go from here, with the run in the link."""
    query = {"run": run.id} if run else None
    with st.container(horizontal=True):
        st.page_link(page("request"), label="Request", icon=":material/chat:", query_params=query)
        if run is not None and run.results is not None:
            st.page_link(page("results"), label="Results", icon=":material/monitoring:", query_params=query)
            st.page_link(page("simulate"), label="Simulate", icon=":material/tune:", query_params=query)
        if run is not None and run.script is not None:
            st.page_link(page("script"), label="Script", icon=":material/code:", query_params=query)
        st.page_link(page("history"), label="History", icon=":material/history:")


def show_end(run: Run) -> None:
    """How a run without results stands."""
    if run.failure is not None:
        text = f"**{plain(run.failure.message)}**  \n{plain(run.failure.hint)}"
        draw = st.warning if run.status in (Status.REFUSED, Status.CANCELLED) else st.error
        draw(
            text if "\n" not in run.failure.hint else f"**{plain(run.failure.message)}**", icon=STATE_ICONS[run.status]
        )
        if "\n" in run.failure.hint:
            st.code(run.failure.hint, language=None, wrap_lines=True)
        if run.status is Status.REFUSED and (found := UNKNOWN.match(run.failure.message)):
            query = {"teach": found["word"]}
            st.page_link(page("schema"), label="Teach it", icon=":material/school:", query_params=query)
    elif run.status is Status.CANCELLED:
        st.warning(
            "**This run was cancelled before it began.**  \nAsk again to start anew.", icon=STATE_ICONS[run.status]
        )
    elif run.question is not None:
        st.warning(plain(run.question.text), icon=STATE_ICONS[run.status])
    elif not run.status.final:
        st.info(f"This run is {run.status}. The Request page follows it.", icon=STATE_ICONS[run.status])


def refusal(error: EngineError) -> None:
    """What went wrong and what to do about it."""
    st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")


def writer_of(run: Run) -> str:
    """Who wrote a run's script, in words."""
    author = run.script.author if run.script else run.request.author
    if author == "model":
        model = run.writing.model if run.writing else "kept from an earlier run"
        return f"a language model ({plain(model)}), checked before it ran"
    if author == "catalogue":
        return "rules, without a language model"
    return "a person, by editing"
