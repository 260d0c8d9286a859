"""Scenarios beside the base, as a table and a picture; what a request itself supposed, in words first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from engine.products import Results
from engine.scenarios.comparison import Compared, compared, names_of
from engine.scenarios.whatif import supposed_lines
from runtime.units import write
from workbench import figures
from workbench.foreign import plain, plotted
from workbench.look import look
from workbench.tabulating import FORMATS

SCENARIO = "Scenario"
POINTS = "%+.2f pts"


def supposed(results: Results) -> None:
    """What the request supposed: a sentence each but the first, which heads the answer, and the comparison."""
    lines = supposed_lines(results)
    if not lines or results.supposed is None or not (lines[1:] or results.supposed.scenarios):
        return
    with st.container(border=True, key="supposed"):
        for line in lines[1:]:
            st.markdown(f"**{plain(line)}**")
        if results.supposed.scenarios:
            side_by_side(results, results.supposed.scenarios)


def side_by_side(results: Results, computed: Sequence[Mapping[str, Any]]) -> None:
    """The comparison: a scenario a row with its numbers, changes and verdicts, and a chart of one figure."""
    found = compared(results, computed)
    if not found:
        st.info("This answer has no numbers to compare.")
        return
    names = names_of(computed)
    rows, config, judged = columns(found, names)
    colours = look()
    drawn = rows.style.map(
        lambda word: f"color: {colours.rated(word)}; font-weight: 600", subset=list[Hashable](judged)
    )
    st.dataframe(drawn, hide_index=True, key="comparison", column_config=config)
    st.caption("Press a column's head to sort by it; the table's own menu gives it as CSV.")
    labels = {each.metric.name: each.metric.label for each in found}
    picked = st.segmented_control(
        "Chart",
        list(labels),
        default=found[0].metric.name,
        format_func=lambda name: plain(labels[name]),
        key="compared",
        label_visibility="collapsed",
    )
    chosen = next((each for each in found if each.metric.name == picked), found[0])
    metric = chosen.metric
    texts = [write(value, metric.unit) for value in chosen.values]
    figure = figures.comparison(names, chosen.values, texts, metric.unit, (metric.good, metric.bad), colours)
    spoken = ", ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    plotted(figure, key="comparison-chart", alt=f"{metric.label}: {spoken}")


def columns(found: Sequence[Compared], names: Sequence[str]) -> tuple[pd.DataFrame, dict[str, Any], list[str]]:
    """The table, how its columns are written, and which of them are verdicts."""
    rows: dict[str, Any] = {SCENARIO: list(names)}
    config: dict[str, Any] = {SCENARIO: st.column_config.TextColumn(SCENARIO, pinned=True)}
    judged = []
    for each in found:
        label, unit = each.metric.label, each.metric.unit
        rows[label] = list(each.values)
        config[label] = st.column_config.NumberColumn(label, format=FORMATS.get(unit, "localized"))
        change = f"{label} change"
        scale = 100 if unit == "percent" or each.relative else 1
        rows[change] = [None if value is None else value * scale for value in each.changes]
        config[change] = st.column_config.NumberColumn(change, format=written(each))
        if each.judged:
            verdict = f"{label} verdict"
            rows[verdict] = list(each.verdicts)
            judged.append(verdict)
    return pd.DataFrame(rows), config, judged


def written(each: Compared) -> str:
    """How a change is written: in points, in multiples, as a share of the base, or as it is."""
    if each.metric.unit == "percent":
        return POINTS
    if each.metric.unit == "x":
        return "%+.2fx"
    return "%+.1f %%" if each.relative else "%+.4g"
