"""Two answers beside each other: their figures, their scenarios, what each rests on, and how their scripts differ."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
import streamlit as st

from engine.errors import EngineError
from engine.products import Run
from engine.scenarios.telling import sentence
from engine.usecases.differing import Beside, Difference, Figure, differing, scenarios_beside
from runtime.reports.headline import is_sentence
from runtime.units import write
from workbench.background import soon
from workbench.drawing import refusal
from workbench.foreign import plain
from workbench.look import look
from workbench.places import page
from workbench.process import kit

ONE, OTHER = "First", "Second"
NO_PERIOD = "no period"


def beside(one: Run, other: Run) -> None:
    """Both answers, and what differs."""
    try:
        found = differing(one, other)
    except EngineError as error:
        refusal(error)
        return
    for column, run, name, period in zip(st.columns(2), (one, other), (ONE, OTHER), found.periods, strict=True):
        with column, st.container(border=True):
            st.caption(f"{plain(name)} · {run.created_at:%d %b %Y, %H:%M} UTC · {plain(period or NO_PERIOD)}")
            if run.results is not None:
                st.markdown(f"**{plain(sentence(run.results))}**")
            st.page_link(page("results"), label="Open", icon=":material/open_in_full:", query_params={"run": run.id})
    figures(found)
    scenarios(one, other, found.figures)
    rests(found)
    with st.expander("The scripts", icon=":material/difference:", expanded=False):
        if found.same_script:
            st.caption("Both were computed by the same script.")
        else:
            st.code(found.script, language="diff")


def figures(found: Difference) -> None:
    """Every figure of both, with the change from the first to the second."""
    if not found.figures:
        st.info("Neither answer has a figure to compare.", icon=":material/info:")
        return
    judged = any(any(each.verdicts) for each in found.figures)
    rows = [
        {
            "Figure": each.label,
            ONE: write(each.one, each.unit),
            OTHER: write(each.other, each.unit),
            "Change": _change(each),
            **({f"{ONE} verdict": each.verdicts[0], f"{OTHER} verdict": each.verdicts[1]} if judged else {}),
        }
        for each in found.figures
        if not is_sentence(each.one if each.one is not None else each.other)
    ]
    _drawn(pd.DataFrame(rows), "beside-figures", [f"{ONE} verdict", f"{OTHER} verdict"] if judged else [])


def _drawn(rows: pd.DataFrame, key: str, judged: list[str]) -> None:
    colours = look()
    drawn: Any = rows.style.map(
        lambda word: f"color: {colours.rated(word)}; font-weight: 600", subset=list[Hashable](judged)
    )
    right = {name: st.column_config.Column(name, alignment="right") for name in (ONE, OTHER, "Change")}
    st.dataframe(drawn, hide_index=True, key=key, column_config=right, height="content")


def _change(each: Figure) -> str:
    if each.change is None:
        return ""
    if each.unit == "percent":
        return f"{each.change * 100:+.2f} pts"
    size = abs(float(each.one or 0))
    share = f" ({each.change / size:+.1%})" if size else ""
    return ("+" if each.change > 0 else "") + write(each.change, each.unit) + share


def scenarios(one: Run, other: Run, shown: tuple[Figure, ...]) -> None:
    """One figure under every scenario that both have."""
    figure = next((each for each in shown if each.change is not None), None)
    if figure is None:
        return
    key = f"beside-{one.id}-{other.id}-{figure.name}"
    job = soon(key, lambda tell, stopped: scenarios_beside(one, other, figure.name, kit()), "Computing scenarios")
    found: tuple[Beside, ...] = job.result or () if job is not None else ()
    if not found:
        return
    st.markdown(f"**{plain(figure.label)} in the scenarios of both**")
    rows = [
        {"Scenario": each.name, ONE: write(each.one, figure.unit), OTHER: write(each.other, figure.unit)}
        for each in found
    ]
    _drawn(pd.DataFrame(rows), "beside-scenarios", [])


def rests(found: Difference) -> None:
    """What one answer assumes and the other does not."""
    if not found.only_one and not found.only_other:
        return
    st.markdown("**What they rest on**")
    for column, name, lines in zip(st.columns(2), (ONE, OTHER), (found.only_one, found.only_other), strict=True):
        with column:
            st.caption(f"only the {plain(name.lower())}")
            for line in lines:
                st.markdown(f"- {plain(line)}")
