"""Scenarios beside the base, as a table and a picture; what a request itself supposed, in words first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from engine.products import MetricValue, Results
from engine.scenarios.whatif import compare, supposed_lines
from runtime.units import meets, threshold, write
from workbench import figures
from workbench.foreign import plain, plotted


def supposed(results: Results) -> None:
    """What the request supposed: a sentence each, and the scenarios beside the base."""
    lines = supposed_lines(results)
    if not lines or results.supposed is None:
        return
    with st.container(border=True, key="supposed"):
        for line in lines:
            st.markdown(f"**{plain(line)}**")
        if results.supposed.scenarios:
            side_by_side(results, results.supposed.scenarios)


def side_by_side(results: Results, computed: Sequence[Mapping[str, Any]]) -> None:
    """The comparison: a table of values and differences, and a chart of one metric."""
    metrics = [metric for metric in results.metrics if isinstance(metric.value, float | int)]
    if not metrics:
        st.info("This answer has no numbers to compare.")
        return
    rows = compare(results, computed)
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="comparison")
    labels = {metric.name: metric.label for metric in metrics}
    picked = st.segmented_control(
        "Chart",
        list(labels),
        default=metrics[0].name,
        format_func=lambda name: plain(labels[name]),
        key="compared",
        label_visibility="collapsed",
    )
    metric = next((item for item in metrics if item.name == picked), metrics[0])
    names = ["Base", *(scenario["name"] for scenario in computed)]
    values = [float(metric.value or 0), *(scenario["metrics"].get(metric.name) for scenario in computed)]
    missed = [meets(value, metric.good, metric.bad) is False for value in values]
    figure = figures.comparison(names, values, metric.unit, threshold_of(metric), missed)
    spoken = ", ".join(f"{name} {write(value, metric.unit)}" for name, value in zip(names, values, strict=True))
    plotted(figure, key="comparison-chart", alt=f"{metric.label}: {spoken}")


def threshold_of(metric: MetricValue) -> float | None:
    """The number of the metric's threshold, for the line in the chart."""
    return threshold(metric.good)[1] if metric.good else None
