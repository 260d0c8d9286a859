"""The button that gives a run as PowerPoint slides, made when it is pressed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.products import Run
from engine.steps.results import report_of
from templates.runtime.reports import TYPES, file_name


def slides_button(run: Run, label: str, scenarios: Sequence[Mapping[str, Any]] = ()) -> None:
    """Offer the slides, with the scenarios compared when there are some; as `Sessions.simulate` gives them."""
    st.download_button(
        label,
        lambda: report_of(run, "pptx", scenarios)[2],
        f"{file_name(run.title)}.pptx",
        TYPES["pptx"],
        key="slides",
        on_click="ignore",
        icon=":material/slideshow:",
    )
