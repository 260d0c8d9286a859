"""Foreign text: what a script, data, a file, a model or a person says. It is drawn as it stands, never as a language.

`plain` is for all that Streamlit takes as Markdown; `plotted` draws every chart, since Plotly takes texts as HTML of
its own. A test looks at every place where the pages draw.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

import streamlit as st

MARKS = re.compile(r"([\\`*_{}\[\]<>$#|~!&^])")
# What makes a list, a heading or a rule of a text that begins with it.
OPENING = re.compile(r"^(\d{0,9})(?=[.)](?:\s|$)|(?<!\d)[-+=](?:[-+=\s]|$))")
# What is looked for after the Markdown was read, where a backslash no longer helps: addresses, mail, icons and emoji.
LATE = re.compile(r"(?<=:)(?=//)|(?<=[wW]{3})(?=\.)|(?<=@)(?=\w)|(?<=:)(?=[A-Za-z+-][\w/+-]*:)")
# A space of no width: a person sees nothing of it, and a long address may be broken there.
JOINER = "\u200b"
LINES = re.compile(r"\s*[\n\r\u2028\u2029\v\f]\s*")
# Where a trace and a layout of Plotly hold texts; templates are ours.
TEXTS = ("name", "x", "y", "labels", "text", "hovertext", "customdata")


def plain(text: str) -> str:
    """Text of others in one paragraph, so that Markdown takes nothing in it as its own."""
    one = LINES.sub(" ", text).strip()
    return OPENING.sub(r"\1\\", LATE.sub(JOINER, MARKS.sub(r"\\\1", one)), count=1)


def plotted(figure: Any, **options: Any) -> None:
    """A chart, with every text in it as it stands."""
    for trace in figure.data:
        for name in TEXTS:
            if name in trace and trace[name] is not None:
                trace[name] = _escaped(trace[name])
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        if axis.title.text:
            axis.title.text = escape(axis.title.text, quote=False)
    for note in figure.layout.annotations:
        note.text = escape(note.text, quote=False)
    st.plotly_chart(figure, **options)


def _escaped(value: Any) -> Any:
    """The value with its texts escaped; numbers and times are as they were."""
    if isinstance(value, str):
        return escape(value, quote=False)
    if isinstance(value, list | tuple) or getattr(getattr(value, "dtype", None), "kind", "") == "O":
        return [_escaped(each) for each in value]
    return value
