"""Schema: what the database holds, how its tables relate, first rows, a guarded query, the mapping of roles."""

from __future__ import annotations

import re

import streamlit as st

from engine.commands.sql import query
from engine.errors import EngineError
from engine.mapping import find_mapping
from engine.schema import Schema, Table
from engine.sources.address import public_address
from workbench import datasets, figures
from workbench.drawing import plain
from workbench.drawing import table as draw_table
from workbench.process import kit

PICTURE_TABLES = 40


def matching(schema: Schema, wanted: str) -> list[Table]:
    """The tables whose name, comment or columns contain the words."""
    low = wanted.lower()

    def text(table: Table) -> str:
        columns = " ".join(f"{column.name} {column.comment}" for column in table.columns)
        return f"{table.key} {table.comment} {columns}".lower()

    return [table for table in schema.tables if low in text(table)]


def describe(table: Table) -> None:
    """A table's columns, and its first rows on demand."""
    rows = f"about {table.rows:,} rows" if table.rows is not None else "rows not estimated"
    with st.expander(f"**{plain(table.key)}** · {rows} · {len(table.columns)} columns · {plain(table.comment)}"):
        st.dataframe(
            [
                {
                    "column": ("🔑 " if column.name in table.primary_key else "") + column.name,
                    "type": column.type,
                    "kind": column.kind.value,
                    "comment": column.comment,
                }
                for column in table.columns
            ],
            hide_index=True,
            key=f"columns-{table.key}",
        )
        if st.button("First rows", key=f"rows-{table.key}"):
            name = ".".join('"' + part.replace('"', '""') + '"' for part in table.key.split("."))
            ask(f"SELECT * FROM {name} LIMIT 20", f"first-{table.key}")


def ask(text: str, key: str) -> None:
    """A query through the guarded door, with its rows and a download."""
    try:
        found = query(kit(), kit().settings.database, text)
    except EngineError as error:
        st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}")
        return
    draw_table(found, key)
    data = figures.frame(found).to_csv(index=False).encode()
    st.download_button(
        "CSV", data, "rows.csv", "text/csv", key=f"csv-{key}", on_click="ignore", icon=":material/download:"
    )


def picture(schema: Schema, tables: list[Table]) -> None:
    """How the tables relate, as a diagram."""
    shown = tables[:PICTURE_TABLES]
    names = {table.key: re.sub(r"\W", "_", table.key) for table in shown}
    lines = ["erDiagram"]
    for table in shown:
        keys = [
            f"    {column.kind.value} {re.sub(r'[^A-Za-z0-9]', '_', column.name)} PK"
            for column in table.columns
            if column.name in table.primary_key
        ]
        lines += [f"  {names[table.key]} {{", *keys, "  }"] if keys else [f"  {names[table.key]}"]
    for key in schema.foreign_keys:
        if key.table in names and key.refers_table in names:
            label = re.sub(r"\W", "_", ", ".join(key.columns)) + (" (inferred)" if key.inferred else "")
            lines.append(f'  {names[key.refers_table]} ||--o{{ {names[key.table]} : "{label}"')
    st.mermaid_chart("\n".join(lines), alt="How the tables relate")
    if len(tables) > PICTURE_TABLES:
        st.caption(f"The first {PICTURE_TABLES} of {len(tables)} tables. Search to narrow them.")


def mapping(schema: Schema) -> None:
    """Which columns play which role for the metrics."""
    found = find_mapping(schema, kit().settings.mapping_folders)
    if found is None:
        st.info(
            "No mapping fits this database, so metrics such as DSCR are not offered; plain questions are. "
            "Put a mapping file under var/mappings/ (docs/mapping.md shows one)."
        )
        return
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


st.title("Schema", anchor=False)
address = kit().remember(kit().settings.database)
head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
told = head.empty()
try:
    connection = kit().connection(address)
    if head.button("Look again", icon=":material/refresh:"):
        connection.refresh()
except EngineError as error:
    st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")
    st.stop()
schema = connection.schema
told.caption(
    f"{plain(public_address(address))} · {len(schema.tables)} tables · looked at {schema.read_at:%Y-%m-%d %H:%M} UTC"
)
wanted = st.text_input("Search tables, columns and comments", key="search", bind="query-params")
tables = matching(schema, wanted or "")
parts = ["Tables", "Relations", "Query", "Mapping", "Files and APIs"]
listed, drawn, asked, mapped, shelved = st.tabs(parts, key="part", on_change="rerun")
with listed:
    if not tables:
        st.info(f"Nothing matches {plain(wanted or '')}.")
    for item in tables:
        describe(item)
with drawn:
    if drawn.open:
        picture(schema, tables)
with asked, st.form("query", border=False):
    text = st.text_area("One SELECT, read only", key="sql", placeholder="SELECT name, property_type FROM properties")
    if st.form_submit_button("Read", icon=":material/play_arrow:") and text.strip():
        st.session_state["asked_sql"] = text
with asked:
    if st.session_state.get("asked_sql"):
        ask(st.session_state["asked_sql"], "query-rows")
with mapped:
    mapping(schema)
with shelved:
    datasets.shelf()
