"""The files of an answer: reports in one press, the data behind one more, and what else is done with an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import streamlit as st

from engine.products import Results, Run
from runtime.reports import file_name
from workbench.foreign import plain
from workbench.places import page
from workbench.process import kit
from workbench.slides import report_button, slides_button

# The tab of the Simulate page that reads the data anew.
FRESH = "Fresh data"
Weight = Literal["primary", "secondary"]
REPORTS: dict[str, tuple[str, str, Weight]] = {
    "pdf": ("PDF report", ":material/picture_as_pdf:", "primary"),
    "xlsx": ("Excel workbook", ":material/table:", "secondary"),
}


@st.cache_data(max_entries=50, max_size="200MB", show_spinner=False)
def content(path: str, size: int, changed: int) -> bytes:
    """A file's bytes; size and time of change are part of the key."""
    return Path(path).read_bytes()


def downloads(run: Run, results: Results) -> None:
    """The reports, and the data files behind one more button; slides are made when they are asked for."""
    folder = kit().sessions.folder(run)
    files = [folder / file.path for file in results.files if (folder / file.path).is_file()]
    with st.container(horizontal=True, vertical_alignment="center", key="downloads"):
        for kind, (label, icon, weight) in REPORTS.items():
            for path in files:
                if path.suffix == f".{kind}":
                    download(run, path, label, icon, weight)
                    break
            else:
                report_button(run, kind, label, icon, weight=weight)
        slides_button(run, "PowerPoint slides")
        with st.popover("Data files", icon=":material/download:"):
            report_button(run, "pdf", "PDF with formulas and queries", ":material/picture_as_pdf:", whole=True)
            report_button(run, "pptx", "Slides with an appendix", ":material/slideshow:", whole=True)
            for path in files:
                if path.suffix[1:] not in REPORTS:
                    download(run, path, path.name, ":material/download:")
        # A link to the page that is open would look like where one is; so this one is a button.
        fresh = results.parameters and st.button("Fresh data", key="to-fresh", icon=":material/sync:", type="tertiary")
        if fresh:
            st.switch_page(page("simulate"), query_params={"run": run.id, "beyond": FRESH})
        st.page_link(page("history"), label="Compare", icon=":material/compare:", query_params={"beside": run.id})


def download(run: Run, path: Path, label: str, icon: str, weight: Weight = "secondary") -> None:
    """A button that gives one file, under a name that says of what it is."""
    facts = path.stat()
    data = content(str(path), facts.st_size, facts.st_mtime_ns)
    st.download_button(
        plain(label),
        data,
        f"{file_name(run.title)}-{path.name}",
        key=f"file-{path.name}",
        on_click="ignore",
        icon=icon,
        type=weight,
    )
