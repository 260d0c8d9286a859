"""What the connection's role may do, and the SQL of one that may only read."""

from __future__ import annotations

import streamlit as st

from engine.errors import EngineError
from engine.sources.dialects import SQLITE
from engine.sources.door import Door
from engine.sources.roles import check_role, reader_role_sql
from workbench.foreign import plain
from workbench.process import kit


def role(door: Door) -> None:
    """The rights beyond reading, if any; ready SQL where there are some."""
    st.markdown(f"Connected to **{plain(door.address)}**")
    if door.dialect == SQLITE:
        st.success("The file is opened read-only: nothing can be written through it.", icon=":material/lock:")
        return
    try:
        warnings = check_role(door)
    except EngineError as error:
        st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}")
        return
    if not warnings:
        st.success("The role may read and nothing else.", icon=":material/lock:")
        return
    for warning in warnings:
        st.warning(plain(warning), icon=":material/warning:")
    if kit().settings.accepts_writing_role:
        st.caption("It is used because the settings accept this in writing (ALLOW_WRITING_ROLE).")
    if reader := reader_role_sql(door.database, dialect=door.dialect):
        st.markdown("A role that may only read; run this as an administrator and name the role in DATABASE_URL:")
        st.code(reader, language="sql")
