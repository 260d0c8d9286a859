"""Tokens for programs on the Settings page: made with a name, scopes and an end, listed, withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from engine.dashboards.access import MOST_DAYS, TOKEN_DAYS, make_token
from engine.errors import EngineError
from engine.products.rights import SAID, Right
from engine.store.grants import Grant, Kind
from workbench.drawing import refusal
from workbench.foreign import plain
from workbench.process import kit


def tokens() -> None:
    """All that were made, and a form for one more; a token itself is shown once."""
    st.subheader("Tokens for programs", anchor=False)
    st.caption("A program sends one as Authorization: Bearer TOKEN. Only a hash is kept, so it is shown once.")
    with st.form("token", border=False):
        name = st.text_input("Name of the program", key="token_name")
        rights = [right for right in Right if st.checkbox(SAID[right], key=f"token-{right}")]
        days = st.number_input("Days until it ends", 1, MOST_DAYS, TOKEN_DAYS, key="token_days")
        pressed = st.form_submit_button("Make a token", icon=":material/key:")
    if pressed:
        try:
            _, text = make_token(kit().store, name, rights, int(days))
        except EngineError as error:
            refusal(error)
        else:
            st.success("Copy it now: it is not shown again.", icon=":material/key:")
            st.code(text, language=None, wrap_lines=True)
    for grant in kit().store.grants.all(Kind.TOKEN):
        _listed(grant)


def _listed(grant: Grant) -> None:
    now = datetime.now(UTC)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"token-{grant.id}"):
        may = ", ".join(right.value for right in Right if right in grant.rights)
        st.markdown(f"**{plain(grant.name)}** · {plain(may)} · {grant.state(now)}")
        if grant.holds(now) and st.button("End this token", key=f"withdraw-{grant.id}"):
            kit().store.grants.withdraw(grant.id)
            st.rerun()
