"""A table of an answer: its formats, a verdict a row where a threshold says one, and its true row count."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.products import ChartSpec, TableData
from runtime.reports import words
from runtime.units import label_of, verdict
from workbench.look import look

ROWS_WITHOUT_SCROLLING = 15
# More rows than these are drawn without colours, which are sent cell by cell.
MOST_COLOURED = 2_000
FORMATS = {
    "USD": "dollar",
    "percent": "percent",
    "count": "localized",
    "sqft": "localized",
    "x": "%.2fx",
    "months": "%.1f",
}


def table(data: TableData, key: str, judged: ChartSpec | None = None) -> None:
    """A table; where a chart over it has thresholds each row has its verdict beside the number."""
    from workbench import figures

    rows = figures.frame(data)
    config: dict[str, Any] = {
        name: st.column_config.Column(label_of(name))
        if data.units.get(name) not in FORMATS
        else st.column_config.NumberColumn(label_of(name), format=FORMATS[data.units[name]])
        for name in data.columns
    }
    shown = len(data.rows)
    drawn: Any = rows
    if judged is not None and judged.good and len(judged.y) == 1 and judged.y[0] in data.columns:
        name = f"{label_of(judged.y[0])} {words.threshold(judged.good, judged.unit)}"
        while name in rows:
            name += " "
        verdicts = [verdict(value, judged.good, judged.bad) for value in rows[judged.y[0]]]
        # Where the answer has a column of verdicts already, that one is coloured.
        own = next((each for each in data.columns if list(rows[each]) == verdicts), "")
        if not own:
            rows.insert(data.columns.index(judged.y[0]) + 1, name, verdicts)
        colours = look()
        if shown <= MOST_COLOURED:
            drawn = rows.style.map(lambda word: f"color: {colours.rated(word)}; font-weight: 600", subset=[own or name])
    height: Any = "content" if shown <= ROWS_WITHOUT_SCROLLING else "auto"
    st.dataframe(drawn, hide_index=True, column_config=config, key=key, height=height)
    st.caption(f"{data.total:,} rows" if data.total == shown else f"the first {shown:,} of {data.total:,} rows")
