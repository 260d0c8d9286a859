"""One memo of a service's answers for many values of a blank: chosen, gathered with progress, opened."""

from __future__ import annotations

import streamlit as st

from engine.errors import EngineError
from engine.products.service import Service
from engine.scenarios.whatif import offered_scenarios, require_results
from engine.services import blanks, gathering
from engine.services.newest import newest_run
from workbench.drawing import refusal
from workbench.foreign import plain
from workbench.places import page
from workbench.process import kit


def memo(service: Service) -> None:
    """A choice of values, and one answer made of theirs."""
    if not service.blanks:
        st.info("Leave something blank first, on *Ask it*: a memo is made of the answers for its values.")
        return
    run = newest_run(service, kit())
    labels = {each.name: each for each in service.blanks}
    name = next(iter(labels))
    if len(labels) > 1:
        choices = {each: plain(blank.label) for each, blank in labels.items()}
        name = st.selectbox("One row for each", list(choices), format_func=choices.__getitem__) or name
    known = blanks.members(labels[name], run, kit())
    values = st.multiselect(
        f"Which, of {len(known):,}", known, placeholder="every one", key=f"memo-values-{service.id}",
        help="Each is an answer of its own over data read now, kept in the history; no model is asked.",
    )  # fmt: skip
    kept = kit().store.scenarios(run.id) or offered_scenarios(require_results(run).parameters)
    scenario = st.selectbox(
        "And under", ["", *(each.name for each in kept)], format_func=lambda each: each or "no scenario",
        key=f"memo-scenario-{service.id}",
    )  # fmt: skip
    if st.button("Make one memo", type="primary", icon=":material/table_view:", key=f"memo-{service.id}"):
        _made(service, name, values, scenario or "")
    if made := st.session_state.get(f"memo-made-{service.id}"):
        answer = kit().store.load(made)
        st.subheader(plain(answer.title), anchor=False)
        if st.button("Open", key=f"memo-open-{made}", icon=":material/open_in_full:"):
            st.switch_page(page("results"), query_params={"run": made})
        st.caption("On Results it can be promoted in its turn: then its answers are asked anew each time.")


def _made(service: Service, name: str, values: list[str], scenario: str) -> None:
    """Gather, with a bar; to leave the page ends it behind the answer that is being computed."""
    bar = st.progress(0.0, "The answers are asked, one by one ...")

    def tell(value: str, done: int, total: int) -> None:
        bar.progress(done / total, plain(f"{done} of {total}: {value}"))

    try:
        run = gathering.gather(kit(), service.name, name, values, scenario, tell)
    except EngineError as error:
        refusal(error)
        return
    finally:
        bar.empty()
    st.session_state[f"memo-made-{service.id}"] = run.id
