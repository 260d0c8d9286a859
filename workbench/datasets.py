"""Files and APIs on the pages: taking them in, what they hold, and the hosts that a person approved."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from engine.datasets.declaration import EXAMPLE, Dataset, read_declaration
from engine.errors import EngineError
from workbench.drawing import plain
from workbench.process import kit

ENDINGS = ["csv", "tsv", "txt", "xlsx", "xlsm", "parquet"]
MOST_MEGABYTES = 200


def complain(error: EngineError) -> None:
    """What went wrong and what to do."""
    st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")


def take_file(dropped: UploadedFile) -> Dataset | None:
    """A file that was dropped, as a dataset; the same file is taken in once."""
    taken = st.session_state.setdefault("taken_files", {})
    if dropped.file_id not in taken:
        try:
            with st.spinner("Reading the file ..."):
                taken[dropped.file_id] = kit().shelf.add_file(dropped.name, dropped.getvalue())
        except EngineError as error:
            complain(error)
            return None
    dataset: Dataset = taken[dropped.file_id]
    st.caption(f"{plain(dataset.name)}: {dataset.rows:,} rows, tables {plain(', '.join(dataset.tables))}")
    for note in dataset.notes:
        st.caption(plain(note))
    return dataset


def shelf() -> None:
    """All datasets, and the two ways of adding one."""
    file, api = st.columns(2)
    with file, st.container(border=True):
        st.markdown("**A file**")
        dropped = st.file_uploader("CSV, Excel or Parquet", ENDINGS, key="new_file", max_upload_size=MOST_MEGABYTES)
        if dropped is not None:
            take_file(dropped)
    with api, st.container(border=True):
        st.markdown("**An API**")
        declare()
    for dataset in kit().shelf.all():
        describe(dataset)


def declare() -> None:
    """An API as YAML; its host must be approved on the Settings page."""
    with st.form("api", border=False):
        text = st.text_area("One GET, declared in YAML", key="api_text", placeholder=EXAMPLE, height=150)
        if st.form_submit_button("Fetch", icon=":material/cloud_download:") and text.strip():
            try:
                name, source = read_declaration(text)
                with st.spinner(f"Asking {source.host} ..."):
                    kept = kit().shelf.add_api(name, source)
                st.success(f"{plain(kept.name)}: {kept.rows:,} rows")
            except EngineError as error:
                complain(error)


def describe(dataset: Dataset) -> None:
    """One dataset with what can be done to it."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"dataset-{dataset.name}"):
        read = f"{dataset.read_at:%Y-%m-%d %H:%M} UTC" if dataset.read_at else "never"
        st.markdown(f"**{plain(dataset.name)}** · {dataset.rows:,} rows · {plain(dataset.origin)} · read {read}")
        if dataset.source is not None and st.button("Read anew", key=f"again-{dataset.name}"):
            act(lambda: kit().shelf.refresh(dataset.name))
        if st.button("Remove", key=f"remove-{dataset.name}"):
            act(lambda: kit().shelf.remove(dataset.name))


def act(work: Callable[[], object]) -> None:
    """Do it and draw the page anew; an error stays on it."""
    try:
        work()
    except EngineError as error:
        complain(error)
        return
    st.rerun()


def hosts() -> None:
    """The approvals, and a form for one more."""
    known = kit().shelf.hosts
    try:
        approvals = known.all()
    except EngineError as error:
        complain(error)
        return
    if not approvals:
        st.caption("None yet: no API is asked. A declared API is read only from a host that stands here.")
    for each in approvals:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(each.host)}**" + (" · also at private addresses" if each.private else ""))
            if each.at and st.button("Withdraw", key=f"withdraw-{each.host}"):
                act(partial(known.withdraw, each.host))
    with st.form("host", border=False, clear_on_submit=True):
        host = st.text_input("Host", placeholder="api.example.com or erp.internal:8443", key="host")
        private = st.checkbox("It lies in our own network: private addresses may be asked", key="host_private")
        if st.form_submit_button("Approve", icon=":material/verified_user:") and host.strip():
            act(lambda: known.approve(host, private=private))
