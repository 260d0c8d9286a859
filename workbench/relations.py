"""The relationship picture: all clusters first, then one table with what is near it."""

from __future__ import annotations

import re

import streamlit as st

from engine.meaning.relations import Neighbourhood, Overview, neighbourhood, overview
from engine.schema import Schema, Table
from workbench.drawing import plain

WHOLE = 12
MOST_CLUSTERS = 24
MOST_NAMED = 6


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
    st.mermaid_chart(clusters(found), alt="Clusters of tables and the keys between them")
    st.caption("Each box is a cluster of tables that hang together; a number on a line counts the keys between two.")
    if found.alone:
        with st.expander(f"{len(found.alone)} tables without any key"):
            st.markdown(plain(", ".join(found.alone[:300])))


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


def clusters(found: Overview) -> str:
    """Clusters as boxes, each with its first tables, and the keys between them as counted lines."""
    drawn = found.clusters[:MOST_CLUSTERS]
    numbers = {cluster.name: f"c{number}" for number, cluster in enumerate(drawn)}
    lines = ["flowchart LR"]
    for cluster in drawn:
        more = len(cluster.tables) - MOST_NAMED
        named = [safe(table) for table in cluster.tables[:MOST_NAMED]] + ([f"and {more} more"] if more > 0 else [])
        lines.append(f'  {numbers[cluster.name]}["{"<br/>".join(named)}"]')
    for tie, count in found.ties.items():
        one, other = tie.split(" -> ")
        if one in numbers and other in numbers:
            lines.append(f"  {numbers[one]} -->|{count}| {numbers[other]}")
    return "\n".join(lines)


def safe(name: str) -> str:
    """A name that the diagram's language takes as one word."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "unnamed"
