"""Mapping and metric editors on the Schema page: proposed, corrected, checked, and only then kept."""

from __future__ import annotations

import streamlit as st

from engine.errors import EngineError
from engine.meaning.proposal import as_yaml, propose
from engine.metrics.catalogue import Metric, load_catalogue, own_catalogue, save_entry, text_of
from engine.metrics.mapping import DatabaseMapping, find_mapping, save_mapping
from engine.sources.connection import Connection
from workbench.foreign import plain
from workbench.process import kit


def complain(error: EngineError) -> None:
    """What is wrong, and what to do."""
    st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")


def mapping(connection: Connection) -> None:
    """The mapping in force, and the editor."""
    found = find_mapping(connection.schema, kit().settings.mapping_folders)
    if found is None:
        st.info("No mapping fits this database yet, so metrics such as DSCR are not offered; plain questions are.")
    else:
        in_force(found)
    editor(connection, found)


def in_force(found: DatabaseMapping) -> None:
    """The roles that the metrics use."""
    st.markdown(f"**{plain(found.name)}**: one {plain(found.entity.name)} is a row of `{plain(found.entity.table)}`.")
    st.dataframe(
        [
            {
                "role": name.replace("_", " "),
                "kind": role.kind.value,
                "table": role.table,
                "value": role.value or f"{role.area}, {role.rent}",
                "date": role.date or f"{role.start} to {role.end}" * bool(role.start),
            }
            for name, role in found.roles.items()
        ],
        hide_index=True,
        key="roles",
    )


def editor(connection: Connection, found: DatabaseMapping | None) -> None:
    """A proposal or one's own text; it is kept only when every table, column and key it needs is there."""
    if st.button("Propose a mapping", icon=":material/lightbulb:", key="propose"):
        try:
            st.session_state["mapping_text"] = as_yaml(propose(connection.schema, connection.values))
        except EngineError as error:
            complain(error)
    if "mapping_text" not in st.session_state and found is None:
        return
    with st.form("mapping_form"):
        text = st.text_area("Mapping, in YAML", key="mapping_text", height=420)
        name = st.text_input("Keep it as", value="company", key="mapping_name")
        if st.form_submit_button("Check and keep", icon=":material/check:") and text.strip():
            try:
                file = save_mapping(text, connection.schema, kit().settings.mapping_folders[0], name.strip())
                st.success(f"The mapping holds. It is kept in {plain(str(file))} and in force from now on.")
            except EngineError as error:
                complain(error)


def metrics() -> None:
    """One metric as YAML; it is kept only when its formula can be read and names what is known."""
    folder = kit().settings.metrics_folder
    try:
        catalogue = own_catalogue(folder)
    except EngineError as error:
        complain(error)
        catalogue = load_catalogue()
    names = sorted(entry.name for entry in catalogue.entries.values() if isinstance(entry, Metric))
    name = st.selectbox("Metric", names, key="metric")
    with st.form(f"metric-{name}"):
        text = st.text_area("Definition, in YAML", text_of(name, folder), key=f"metric-text-{name}", height=340)
        st.caption("A new name makes a new metric. What you keep lies in var/metrics/ and goes before ours.")
        if st.form_submit_button("Check and keep", icon=":material/check:"):
            try:
                kept = save_entry(text, folder)
                st.success(f"{plain(kept.label)} holds and is kept.")
            except EngineError as error:
                complain(error)
