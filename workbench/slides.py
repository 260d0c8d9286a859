"""The buttons that give a run as a report, made when they are pressed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from engine.products import Run
from engine.steps.results import report_of
from runtime.reports import TYPES, file_name
from workbench.foreign import plain
from workbench.process import kit


def slides_button(run: Run, label: str, scenarios: Sequence[Mapping[str, Any]] = ()) -> None:
    """Offer the slides, with the scenarios compared when there are some; as `Sessions.simulate` gives them."""
    report_button(run, "pptx", label, ":material/slideshow:", scenarios)


def report_button(
    run: Run,
    kind: str,
    label: str,
    icon: str,
    scenarios: Sequence[Mapping[str, Any]] = (),
    weight: Literal["primary", "secondary"] = "secondary",
    whole: bool = False,
) -> None:
    """Offer a report that is not written yet; it is made when the button is pressed."""
    st.download_button(
        plain(label),
        lambda: report_of(kit().reports, run, kind, scenarios, whole=whole)[2],
        f"{file_name(run.title)}{'-whole' if whole else ''}.{kind}",
        TYPES[kind],
        key=f"report-{kind}{'-compared' if scenarios else ''}{'-whole' if whole else ''}",
        on_click="ignore",
        icon=icon,
        type=weight,
    )
