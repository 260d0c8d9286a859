"""Scenarios, edited: a grid with a driver a row and a scenario a column, in words, copied, renamed, from a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from engine.errors import EngineError, UsageError
from engine.products import Results, Run, Scenario
from engine.scenarios.scenariofile import read_scenarios
from engine.scenarios.sentence import scenario_of
from engine.scenarios.whatif import copied, grid_rows, merged, offered_scenarios, read_grid, renamed
from workbench.drawing import refusal
from workbench.foreign import plain
from workbench.process import kit

FILE_CAP_MB = 5


def scenarios_of(run: Run, results: Results) -> tuple[Scenario, ...]:
    """The scenarios kept, else the three offered."""
    return kit().store.scenarios(run.id) or offered_scenarios(results.parameters)


def changed() -> None:
    """Draw the page again with the scenarios as they are kept now."""
    st.session_state["grid"] = st.session_state.get("grid", 0) + 1
    st.rerun()


def editor(run: Run, results: Results) -> list[Scenario]:
    """The grid and every other way to a scenario; gives the scenarios as they stand in the grid."""
    found = grid(run, results)
    say(run, results)
    kept = scenarios_of(run, results)
    one, file = st.columns(2, vertical_alignment="top")
    with one.popover("Copy, rename, remove", icon=":material/edit:", width="stretch"):
        arrange(run, kept)
    with file.popover("From a file, to a file", icon=":material/upload_file:", width="stretch"):
        upload(run, results, kept)
        files(results, kept)
    return found


def grid(run: Run, results: Results) -> list[Scenario]:
    """Drivers in rows, scenarios in columns; edits are compared at once and kept by a press."""
    kept = scenarios_of(run, results)
    names = [scenario.name for scenario in kept]
    rows = grid_rows(results.parameters, kept)
    config: dict[str, Any] = {
        "Driver": st.column_config.TextColumn("Driver", disabled=True, pinned=True),
        "Base": st.column_config.NumberColumn("Base", disabled=True, format="%.4g"),
        **{str(place): st.column_config.NumberColumn(name, format="%.4g") for place, name in enumerate(names)},
    }
    edited = st.data_editor(
        pd.DataFrame(rows).astype(dict.fromkeys(["Base", *map(str, range(len(names)))], float)),
        hide_index=True,
        column_config=config,
        key=f"scenarios-{run.id}-{st.session_state.get('grid', 0)}",
    )
    found, wrong = read_grid(results.parameters, names, [dict(row) for _, row in edited.iterrows()])
    if wrong:
        st.error("  \n".join(map(plain, wrong)), icon=":material/error:")
    elif found != list(kept) and st.button("Keep these scenarios", icon=":material/save:"):
        kit().store.save_scenarios(run.id, found)
        st.toast("Scenarios kept")
    return found


def say(run: Run, results: Results) -> None:
    """A scenario in words; what is not understood is said, and the words stay."""
    with st.form("say", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        example = "revenue 10 % down and opex +5%; or: Worse: like Pessimistic but revenue down 20 %"
        sentence = st.text_input(
            "Say a scenario", placeholder=example, key=f"sentence-{st.session_state.get('grid', 0)}"
        )
        pressed = st.form_submit_button("Add", icon=":material/add_comment:")
    if not pressed:
        return
    kept = scenarios_of(run, results)
    try:
        found = scenario_of(sentence, results.parameters, kept)
    except EngineError as error:
        refusal(error)
        return
    kit().store.save_scenarios(run.id, merged(kept, [found]))
    changed()


def arrange(run: Run, kept: Sequence[Scenario]) -> None:
    """Copy, rename or remove a scenario."""
    name = st.selectbox("Scenario", [scenario.name for scenario in kept], key="arranged")
    new = st.text_input("New name", key="renamed", placeholder=name or "")
    with st.container(horizontal=True):
        copy = st.button("Copy", icon=":material/content_copy:")
        rename = st.button("Rename", icon=":material/edit:")
        remove = st.button("Remove", icon=":material/delete:")
    if not name or not (copy or rename or remove):
        return
    try:
        if copy:
            found = copied(kept, name)
        else:
            found = renamed(kept, name, new) if rename else [each for each in kept if each.name != name]
        if not found:
            raise UsageError("The last scenario stays.", "Change its values, or add another one first.")
    except EngineError as error:
        refusal(error)
        return
    kit().store.save_scenarios(run.id, found)
    changed()


def upload(run: Run, results: Results, kept: Sequence[Scenario]) -> None:
    """Scenarios of a JSON or CSV file; those of a name that is there take its place."""
    turn = st.session_state.get("grid", 0)
    given = st.file_uploader(
        "JSON or CSV, a scenario or a driver a row", ["json", "csv", "tsv"], key=f"file-{turn}",
        max_upload_size=FILE_CAP_MB,
    )  # fmt: skip
    if given is None:
        return
    try:
        found = read_scenarios(given.getvalue().decode("utf-8-sig"), given.name, results.parameters)
    except UnicodeDecodeError:
        refusal(UsageError(f"{given.name} is no text.", "Save it as CSV or JSON in UTF-8."))
        return
    except EngineError as error:
        refusal(error)
        return
    kit().store.save_scenarios(run.id, merged(kept, found))
    changed()


def files(results: Results, kept: Sequence[Scenario]) -> None:
    """The scenarios as files that can be edited and given back."""
    drivers = [parameter.name for parameter in results.parameters]
    table = pd.DataFrame([{"name": each.name, **each.values} for each in kept], columns=["name", *drivers])
    document = json.dumps({"scenarios": [{"name": each.name, **each.values} for each in kept]}, indent=1)
    give = partial(st.download_button, on_click="ignore", icon=":material/download:")
    with st.container(horizontal=True):
        give("As CSV", table.to_csv(index=False), "scenarios.csv", "text/csv", key="scenarios-csv")
        give("As JSON", document, "scenarios.json", "application/json", key="scenarios-json")
