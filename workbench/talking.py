"""Asking on: a field under an answer, likely next requests that can be answered, and the conversation so far."""

from __future__ import annotations

import streamlit as st

from engine.errors import EngineError
from engine.products import Request, Run, Status
from engine.store.threads import thread_of
from engine.usecases.following import asked_on, next_steps
from workbench.background import soon
from workbench.drawing import STATE_ICONS, refusal
from workbench.foreign import plain
from workbench.places import page
from workbench.process import kit, workers


def show_run(run_id: str, where: str) -> None:
    """Turn to a run on a page."""
    st.session_state["run"] = run_id
    st.query_params["run"] = run_id
    st.switch_page(page(where), query_params={"run": run_id})


def conversation(run: Run) -> None:
    """Each turn that led to this answer: what was asked, what it changed; a click goes back to it."""
    turns = thread_of(run, kit().store)
    if len(turns) < 2:
        return
    with st.container(border=True, key="conversation"):
        st.caption("The conversation so far. Choose a turn to go back to it.")
        for number, turn in enumerate(turns, 1):
            edit = f"  :gray[{plain(turn.task.edit)}]" if turn.task is not None and turn.task.edit else ""
            icon = STATE_ICONS[turn.status]
            if turn.id == run.id:
                st.markdown(f"{icon} **{number:d}. {plain(turn.request.text)}**{edit}")
            elif st.button(
                f"{number:d}. {plain(turn.request.text)}{edit}", key=f"turn-{turn.id}", type="tertiary", icon=icon
            ):
                show_run(turn.id, "results" if turn.status is Status.DONE else "request")


def ask_on(run: Run) -> None:
    """The field, and what is likely to be asked next; an answer that has no reading has neither.

    Under a follow-up that came to nothing it is the answer before that is asked on.
    """
    if run.status.final and run.status is not Status.DONE and run.request.after:
        run = thread_of(run, kit().store)[-2:][0]
    if run.status is not Status.DONE or run.task is None:
        return
    with st.form(f"ask-on-{run.id}", border=False, clear_on_submit=True):
        text = st.text_input(
            "Ask on",
            placeholder="now by quarter, only retail, and last year?, top 5, what if rates rise 2 points",
            key=f"ask_on-{run.id}",
        )
        pressed = st.form_submit_button("Ask on", icon=":material/reply:")
    if pressed and text.strip():
        _submit(asked_on(run, text))
    with st.container(horizontal=True):
        if run.request.after and st.button("Undo", key=f"undo-{run.id}", icon=":material/undo:"):
            show_run(run.request.after, "results")
        _chips(run)


def _chips(run: Run) -> None:
    """Likely next requests: each was read and planned, so that it can be answered."""
    job = soon(f"next-{run.id}", lambda tell, stopped: next_steps(run, kit()), "Looking at what can be asked on")
    for text in job.result or () if job is not None else ():
        if st.button(plain(text), key=f"next-{run.id}-{text}"):
            _submit(asked_on(run, text))


def _submit(request: Request) -> None:
    try:
        made = workers().submit(request)
    except EngineError as error:
        refusal(error)
        return
    show_run(made.id, "request")
