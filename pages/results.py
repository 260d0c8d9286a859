"""Results: numbers with good and bad, charts, tables, how each is computed, the web dashboard, files."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from engine.products import Results, Run
from engine.products.rights import ALL
from runtime.units import label_of
from workbench.comparing import supposed
from workbench.drawing import charts, how_read, lineage, links, metric_cards, run_with_results, source, table
from workbench.explaining import why
from workbench.foreign import plain
from workbench.process import dashboard_path, kit
from workbench.sharing import share
from workbench.slides import report_button, slides_button
from workbench.talking import ask_on, conversation

REPORTS = {"pdf": ("PDF report", ":material/picture_as_pdf:"), "xlsx": ("Excel workbook", ":material/table:")}


@st.cache_data(max_entries=50, max_size="200MB", show_spinner=False)
def content(path: str, size: int, changed: int) -> bytes:
    """A file's bytes; size and time of change are part of the key."""
    return Path(path).read_bytes()


def downloads(run: Run, results: Results) -> None:
    """The reports, and the data files behind one more button; slides are made when they are asked for."""
    folder = kit().sessions.folder(run)
    files = [folder / file.path for file in results.files if (folder / file.path).is_file()]
    with st.container(horizontal=True):
        for kind, (label, icon) in REPORTS.items():
            for path in files:
                if path.suffix == f".{kind}":
                    download(path, label, icon)
                    break
            else:
                report_button(run, kind, label, icon)
        slides_button(run, "PowerPoint slides")
        with st.popover("Data files", icon=":material/download:"):
            for path in files:
                if path.suffix[1:] not in REPORTS:
                    download(path, path.name, ":material/download:")


def download(path: Path, label: str, icon: str) -> None:
    """A button that gives one file."""
    facts = path.stat()
    data = content(str(path), facts.st_size, facts.st_mtime_ns)
    st.download_button(plain(label), data, path.name, key=f"file-{path.name}", on_click="ignore", icon=icon)


def computed(results: Results) -> None:
    """Choose a number and see where it comes from."""
    names = [metric.name for metric in results.metrics] + [name for name in results.tables if name in known(results)]
    labels = {metric.name: metric.label for metric in results.metrics}
    chosen = st.selectbox(
        "How is this computed?",
        list(dict.fromkeys(names)),
        format_func=lambda name: labels.get(name) or results.tables[name].label or label_of(name),
        key="lineage",
    )
    if chosen:
        lineage(results, chosen)


def known(results: Results) -> set[str]:
    """The names of all quantities."""
    return {quantity.name for quantity in results.quantities}


def dashboard(run: Run) -> None:
    """The generated web dashboard, out of its sandbox, in a frame that can reach nothing else."""
    share(run)
    # Whoever sees this page may do all of it on the Simulate page too.
    st.iframe(dashboard_path(run.id, ALL), height=900, alt="The generated web dashboard")


def sources(results: Results) -> None:
    """Everything that was read, and what was assumed."""
    for item in results.sources:
        source(item)
    st.markdown("**Assumptions**")
    for line in results.assumptions:
        st.markdown(f"- {plain(line)}")


run, results = run_with_results()
st.title(plain(results.title), anchor=False)
read = max((item.read_at for item in results.sources), default=run.created_at)
st.caption(f"{plain(run.request.text)} · data read {read:%Y-%m-%d %H:%M} UTC · run {run.id}")
for line in results.warnings:
    st.warning(plain(line))
if run.execution and run.execution.notice:
    st.info(plain(run.execution.notice), icon=":material/info:")
how_read(run)
metric_cards(results.metrics)
supposed(results)
downloads(run, results)
conversation(run)
ask_on(run)
tabs = st.tabs(
    ["Charts and tables", "How is this computed?", "Why?", "Web dashboard", "Sources and assumptions"],
    key="part",
    on_change="rerun",
)
with tabs[0]:
    charts(results, f"results-{run.id}")
    for name, data in results.tables.items():
        st.markdown(f"**{plain(data.label)}**")
        table(data, f"results-{run.id}-{name}")
with tabs[1]:
    computed(results)
with tabs[2]:
    if tabs[2].open:
        why(run, results)
with tabs[3]:
    if tabs[3].open:
        dashboard(run)
with tabs[4]:
    sources(results)
links(run)
