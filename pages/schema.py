"""Schema: what the database holds and means, how its tables relate, guarded queries, files and APIs, the role."""

from __future__ import annotations

import streamlit as st

from engine.errors import EngineError
from engine.sources.address import public_address
from workbench import connecting, datasets, meaning, relations, sayings, tables
from workbench.foreign import plain
from workbench.process import kit

PARTS = ["Tables", "Meaning", "Relations", "Query", "Mapping", "Metrics", "Files and APIs", "Connection"]

st.title("Schema", anchor=False)
choices = ["The database", *(["Files and APIs"] if kit().shelf.all() else [])]
place = st.segmented_control("Of", choices, default=choices[0], key="place") if len(choices) > 1 else choices[0]
head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
told = head.empty()
try:
    address = kit().remember(kit().settings.database)
    connection = kit().shelf.connection() if place == "Files and APIs" else kit().connection(address)
    if head.button("Look again", icon=":material/refresh:"):
        connection.refresh()
except EngineError as error:
    several = "\n" in error.hint
    st.error(f"**{plain(error.message)}**" + ("" if several else f"  \n{plain(error.hint)}"), icon=":material/error:")
    if several:
        st.code(error.hint, language=None, wrap_lines=True)
    st.stop()
schema = connection.schema
named = "files and APIs" if place == "Files and APIs" else public_address(address)
told.caption(f"{plain(named)} · {len(schema.tables):,} tables · looked at {schema.read_at:%Y-%m-%d %H:%M} UTC")
for change in connection.changes()[:1]:
    with st.expander(
        f"New since {change.since:%Y-%m-%d %H:%M} UTC: {plain(change.headline)}", icon=":material/update:"
    ):
        for sentence in change.sentences[:200]:
            st.markdown(f"- {plain(sentence)}")
default = "Meaning" if "teach" in st.query_params else None
listed, meant, drawn, asked, mapped, measured, shelved, connected = st.tabs(
    PARTS, default=default, key="part", on_change="rerun"
)
if listed.open:
    with listed:
        wanted = st.text_input("Search tables, columns and comments", key="search", bind="query-params")
        found = tables.matching(schema, wanted or "")
        if not found:
            st.info(f"Nothing matches {plain(wanted or '')}.")
        else:
            tables.listing(connection, found)
if meant.open:
    with meant:
        if place == "Files and APIs":
            st.info("What files and APIs mean is said where they are kept, under Files and APIs.")
        else:
            sayings.in_force(address)
if drawn.open:
    with drawn:
        relations.picture(schema)
if asked.open:
    with asked:
        tables.free_query(connection)
if mapped.open:
    with mapped:
        meaning.mapping(connection)
if measured.open:
    with measured:
        meaning.metrics()
if shelved.open:
    with shelved:
        datasets.shelf()
if connected.open:
    with connected:
        connecting.role(connection.door)
