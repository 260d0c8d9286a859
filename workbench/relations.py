"""The relationship picture: every table in its cluster first, then one table with what is near it."""

from __future__ import annotations

import re

import streamlit as st

from engine.meaning.relations import Neighbourhood, Overview, neighbourhood, overview
from engine.sources.schema import Schema, Table
from workbench import figures
from workbench.foreign import plain, plotted

WHOLE = 12
MOST_CLUSTERS = 24
MOST_NAMED = 8


def picture(schema: Schema) -> None:
    """A small schema whole; a large one by its clusters, or one table and its neighbours."""
    tables = [table.key for table in schema.tables]
    left, right = st.columns([3, 1])
    focus = left.selectbox("Look at one table and its neighbours", tables, index=None, key="focus", bind="query-params")
    steps = right.segmented_control("Steps", [1, 2], default=1, key="steps_away") or 1
    if focus:
        near = neighbourhood(schema, focus, steps)
        st.mermaid_chart(entities(schema, near), alt=f"{focus} and its neighbours")
        if near.left_out:
            st.caption(f"{len(near.left_out)} more are as near: {plain(', '.join(near.left_out[:20]))}")
        return
    if len(tables) <= WHOLE:
        whole = Neighbourhood(focus="", tables=tuple(tables), keys=schema.foreign_keys)
        st.mermaid_chart(entities(schema, whole), alt="How the tables relate")
        return
    found = overview(schema)
    figure = figures.network(schema, found)
    plotted(figure, key="network", alt="All tables and the keys between them", config=figures.QUIET)
    st.caption("Each dot is a table, each colour a cluster that hangs together, named by its best connected table.")
    cards(found)
    if found.alone:
        with st.expander(f"{len(found.alone)} tables without any key"):
            st.markdown(plain(", ".join(found.alone[:300])))


def cards(found: Overview) -> None:
    """Each cluster with its tables and the clusters that it is tied to."""
    drawn = found.clusters[:MOST_CLUSTERS]
    with st.grid(columns=3, min_column_width=240, gap="small"):
        for cluster in drawn:
            with st.container(border=True):
                more = len(cluster.tables) - MOST_NAMED
                text = plain(", ".join(cluster.tables[1:MOST_NAMED])) + (f" and {more:,} more" if more > 0 else "")
                st.markdown(f"**{plain(cluster.name)}** · {len(cluster.tables)} tables  \n{text}")
                if tied := tied_to(found, cluster.name):
                    st.caption(f"tied to {plain(', '.join(tied[:6]))}")
    if len(found.clusters) > MOST_CLUSTERS:
        st.caption(f"The {MOST_CLUSTERS} largest of {len(found.clusters)} clusters.")


def tied_to(found: Overview, name: str) -> list[str]:
    """The clusters that share keys with one."""
    pairs = [tie.split(" -> ") for tie in found.ties]
    return sorted({one if other == name else other for one, other in pairs if name in (one, other)})


def entities(schema: Schema, near: Neighbourhood) -> str:
    """Tables with their keys as an entity diagram; the one in focus shows its columns."""
    names = {table: safe(table) for table in near.tables}
    lines = ["erDiagram"]
    for key in near.tables:
        lines += box(schema.by_key[key], names[key], whole=key == near.focus)
    for tie in near.keys:
        label = safe(", ".join(tie.columns)) + (" (inferred)" if tie.inferred else "")
        lines.append(f'  {names[tie.refers_table]} ||--o{{ {names[tie.table]} : "{label}"')
    return "\n".join(lines)


def box(table: Table, name: str, *, whole: bool) -> list[str]:
    """A table: its key, and all its columns where it is in focus."""
    columns = [c for c in table.columns if c.name in table.primary_key or whole][:30]
    inside = [
        f"    {column.kind.value} {safe(column.name)}{' PK' if column.name in table.primary_key else ''}"
        for column in columns
    ]
    return [f"  {name} {{", *inside, "  }"] if inside else [f"  {name}"]


def safe(name: str) -> str:
    """A name that the diagram's language takes as one word."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "unnamed"
