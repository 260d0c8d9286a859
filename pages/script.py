"""Script: the generated script, its plan and findings; edit and run it; take the whole bundle away."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import streamlit as st

from engine.errors import EngineError
from engine.products import Run, Severity
from engine.rules import check
from workbench.drawing import links, run_in_view, writer_of
from workbench.foreign import plain
from workbench.places import page
from workbench.process import workers

ICONS = {Severity.REFUSE: ":material/block:", Severity.ADVICE: ":material/lightbulb:"}


def findings(run: Run) -> None:
    """What the validator says, all at once."""
    verdict = run.verdict
    if verdict is None:
        return
    if verdict.accepted:
        st.success("The validator accepts this script.", icon=":material/verified_user:")
    for finding in verdict.findings:
        st.markdown(
            f"{ICONS[finding.severity]} line {finding.line:d} · {plain(finding.rule)} · {plain(finding.message)}  \n"
            f":gray[{plain(finding.fix)}]"
        )


def plan(run: Run) -> None:
    """What is read, computed and assumed, in words."""
    if run.plan is None:
        st.caption("This script was edited by a person; it has no plan of its own.")
        return
    st.markdown(plain(run.plan.summary))
    for source in run.plan.sources:
        st.markdown(f"- reads {plain(source.reads)}")
    for line in run.plan.assumptions:
        st.markdown(f"- assumes: {plain(line)}")


def talk(run: Run) -> None:
    """Every prompt and reply of the run, as they were sent and came: text of the database in them is data in quotes."""
    if run.writing is None:
        st.info("No language model took part in this run.", icon=":material/info:")
        return
    st.markdown(plain(run.writing.words))
    if run.execution is not None and run.execution.agreement:
        st.success(
            plain(run.execution.agreement[:1].upper() + run.execution.agreement[1:]) + ".", icon=":material/rule:"
        )
    for number, call in enumerate(run.writing.calls, 1):
        counted = f"{call.prompt_tokens:,} tokens read, {call.written_tokens:,} written, {call.seconds:.1f} s"
        st.markdown(f"**{number:d}. {plain(call.purpose)}** :gray[{plain(counted)}]")
        with st.expander("Prompt", icon=":material/input:"):
            st.code(call.prompt, language=None, wrap_lines=True)
        if call.thinking:
            with st.expander("What it thought", icon=":material/psychology:"):
                st.code(call.thinking, language=None, wrap_lines=True)
        st.code(call.reply or "(nothing)", language=None, wrap_lines=True)


@st.cache_data(max_entries=10, max_size="200MB", show_spinner=False)
def bundle(folder: str, changed: float) -> bytes:
    """The run's folder as a zip."""
    packed = io.BytesIO()
    root = Path(folder)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(root.rglob("*")):
            if file.is_file() and not file.is_symlink():
                archive.write(file, f"{root.name}/{file.relative_to(root)}")
    return packed.getvalue()


def edit(run: Run, text: str) -> None:
    """Change the script, see what the validator says, and run it as a run of its own."""
    edited = st.text_area("Script", text, height=480, key=f"edit-{run.id}")
    verdict = check(edited)
    for finding in verdict.refusals:
        st.markdown(f":material/block: line {finding.line:d}: {plain(finding.message)}  \n:gray[{plain(finding.fix)}]")
    if st.button("Run this script", type="primary", disabled=not verdict.accepted, icon=":material/play_arrow:"):
        request = run.request.model_copy(update={"script": edited, "edited_from": run.id, "answers": {}})
        try:
            made = workers().submit(request)
        except EngineError as error:
            st.error(f"{plain(error.message)} {plain(error.hint)}")
            return
        st.session_state["run"] = made.id
        st.switch_page(page("request"), query_params={"run": made.id})


run = run_in_view()
if run is None or run.script is None:
    st.info("No script is open. Ask something first, or choose a run in the history.", icon=":material/info:")
    links(run)
    st.stop()
st.title(f"Script: {plain(run.title)}", anchor=False)
st.caption(f"Written by {writer_of(run)} · {len(run.script.text.splitlines())} lines · run {run.id}")
shown, planned, changed, files, talked = st.tabs(
    ["Script", "Plan", "Edit", "Bundle", "Language model"], key="part", on_change="rerun"
)
with shown:
    findings(run)
    st.code(run.script.text, language="python", line_numbers=True)
with planned:
    plan(run)
with changed:
    if changed.open:
        edit(run, run.script.text)
with talked:
    if talked.open:
        talk(run)
with files:
    folder = Path(run.folder) if run.folder else None
    if folder is None or not folder.is_dir():
        st.info("This run has no bundle.")
    else:
        st.markdown(f"The bundle works on its own: {plain(folder.name)}. Its README says how.")
        st.download_button(
            "Download the bundle", bundle(str(folder), folder.stat().st_mtime), f"{folder.name}.zip", on_click="ignore"
        )
        for name, text in (run.bundle.files if run.bundle else {}).items():
            if name != "script.py":
                with st.expander(plain(name)):
                    st.code(text, language="bash" if name.endswith(".sh") else None)
links(run)
