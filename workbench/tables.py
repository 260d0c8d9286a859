"""Tables and columns on the Schema page: what they hold and mean, first rows, the profile of a column, free queries."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.errors import EngineError
from engine.meaning.senses import ColumnSense, senses_of
from engine.sources.connection import Connection
from engine.sources.naming import quoted, quoted_table
from engine.sources.profile import ColumnProfile, profile
from engine.sources.schema import Schema, Table
from engine.sources.translating import own_sql
from engine.usecases.querying import ROWS, query
from runtime.units import write
from workbench import figures
from workbench.foreign import plain, plotted
from workbench.tabulating import table as draw_table

TABLES_A_PAGE = 25
FIRST_ROWS = 20


def matching(schema: Schema, wanted: str) -> list[Table]:
    """The tables whose name, comment or columns contain every word."""
    words = wanted.lower().split()

    def text(table: Table) -> str:
        columns = " ".join(f"{column.name} {column.comment}" for column in table.columns)
        return f"{table.key} {table.comment} {columns}".lower()

    return [table for table in schema.tables if all(word in text(table) for word in words)]


def listing(connection: Connection, tables: list[Table]) -> None:
    """The tables, a page of them at a time."""
    pages = -(-len(tables) // TABLES_A_PAGE)
    number = st.number_input(f"Page, of {pages:,}", 1, pages, key="tables_page") if pages > 1 else 1
    senses = senses_of(connection.schema, connection.values)
    for table in tables[(number - 1) * TABLES_A_PAGE : number * TABLES_A_PAGE]:
        describe(connection, table, senses)


def describe(connection: Connection, table: Table, senses: dict[tuple[str, str], ColumnSense]) -> None:
    """A table's columns; first rows and a column's profile on demand."""
    rows = f"about {table.rows:,} rows" if table.rows is not None else "rows not estimated"
    kind = "view · " if table.view else ""
    comment = f" · {plain(table.comment)}" if table.comment else ""
    with st.expander(f"**{plain(table.key)}** · {kind}{rows} · {len(table.columns)} columns{comment}"):
        st.dataframe(
            [row_of(table, name, senses[table.key, name], connection.schema) for name in table.by_name],
            hide_index=True,
            key=f"columns-{table.key}",
        )
        shown = [name for name in table.by_name if not senses[table.key, name].personal]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("Profile of", list(table.by_name), index=None, key=f"profile-{table.key}")
            wanted = st.button("First rows", key=f"rows-{table.key}")
        if name:
            draw_profile(connection, table, name, senses[table.key, name].personal)
        if wanted and not shown:
            st.info("Every column of this table holds personal data, so no rows are shown.")
        elif wanted:
            listed = ", ".join(map(quoted, shown))
            text = f"SELECT {listed} FROM {quoted_table(table)} LIMIT {FIRST_ROWS}"
            ask(connection, own_sql(text, connection.door.dialect), f"first-{table.key}")
            if len(shown) < len(table.columns):
                st.caption(f"{len(table.columns) - len(shown)} columns of personal data are left out.")


def row_of(table: Table, name: str, sense: ColumnSense, schema: Schema) -> dict[str, Any]:
    """One column as a row of the table that describes it."""
    column = table.by_name[name]
    refers = next((key for key in schema.foreign_keys if key.table == table.key and key.columns == (name,)), None)
    target = f"{refers.refers_table}.{refers.refers_columns[0]}" if refers else ""
    return {
        "column": name,
        "key": "key" if name in table.primary_key else "",
        "type": column.type,
        "holds": sense.sense.value + (f", {sense.unit}" if sense.unit not in ("", sense.sense.value) else ""),
        "personal": sense.personal,
        "refers to": f"{target} (inferred: {refers.evidence})" if refers and refers.inferred else target,
        "comment": column.comment,
    }


def draw_profile(connection: Connection, table: Table, name: str, personal: str) -> None:
    """How a column's values are spread."""
    try:
        found = profile(connection.door, connection.schema, table.key, name, withheld=personal)
    except EngineError as error:
        st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}")
        return
    part = "all" if found.whole else "the first"
    text = f"{part} {found.rows:,} rows · {found.missing:,} missing · {found.distinct:,} distinct"
    if found.lowest:
        text += f" · {plain(found.lowest)} to {plain(found.highest)}"
    if found.average is not None:
        text += f" · {write(found.average)} on average"
    st.caption(text)
    if found.withheld:
        st.info(f"Values are not shown: {plain(found.withheld)}.", icon=":material/lock:")
    elif found.bins:
        plotted(
            figures.spread(found), key=f"spread-{table.key}-{name}", alt=f"How {name} is spread", config=figures.QUIET
        )
    if found.top and found.distinct < found.rows - found.missing:
        st.dataframe(top_values(found), hide_index=True, key=f"top-{table.key}-{name}")


def top_values(found: ColumnProfile) -> list[dict[str, Any]]:
    """The most common values with their share."""
    present = max(found.rows - found.missing, 1)
    return [{"value": value, "rows": count, "share": f"{count / present:.1%}"} for value, count in found.top]


def ask(connection: Connection, text: str, key: str) -> None:
    """A query through the guarded door, with its rows and a download of all it gives."""
    try:
        found = query(connection.door, text)
    except EngineError as error:
        st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}")
        return
    draw_table(found, key)
    if found.total <= len(found.rows):
        download(figures.frame(found).to_csv(index=False).encode(), key)
        return
    st.caption(f"More than {ROWS:,} rows: only these are drawn.")
    if st.button("Prepare all rows for download", key=f"all-{key}"):
        try:
            with st.spinner("Reading all rows ..."):
                whole = connection.door.read(text)
        except EngineError as error:
            st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}")
            return
        download(whole.to_csv(index=False).encode(), key)


def download(data: bytes, key: str) -> None:
    """Rows as a CSV file."""
    st.download_button(
        "CSV", data, "rows.csv", "text/csv", key=f"csv-{key}", on_click="ignore", icon=":material/download:"
    )


def example_of(schema: Schema) -> str:
    """A query that this schema would answer."""
    table = max(schema.tables, key=lambda each: each.rows or 0, default=None)
    return f"SELECT * FROM {quoted_table(table)} LIMIT {FIRST_ROWS}" if table else ""


def free_query(connection: Connection) -> None:
    """One SELECT of the person's own."""
    with st.form("query", border=False):
        text = st.text_area("One SELECT, read only", key="sql", placeholder=example_of(connection.schema))
        if st.form_submit_button("Read", icon=":material/play_arrow:") and text.strip():
            st.session_state["asked_sql"] = text
    caps = connection.door.caps
    st.caption(
        f"At most {caps.rows:,} rows, {caps.megabytes:,} MB and {caps.seconds:g} s a query;"
        " over one of them it stops and says how to narrow it."
    )
    if st.session_state.get("asked_sql"):
        ask(connection, st.session_state["asked_sql"], "query-rows")
