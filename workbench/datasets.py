"""Files and APIs on the pages: taking them in, what they hold, and the hosts that a person approved."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from engine.datasets.declaration import Dataset
from engine.errors import EngineError
from workbench import apis
from workbench.foreign import plain
from workbench.intake import complain, take_file
from workbench.process import kit

TAKEN = "CSV, Excel, JSON or Parquet"
ENDINGS = "csv tsv txt psv dat json jsonl ndjson xlsx xlsm xls xlsb ods html htm xml parquet zip gz".split()
MOST_MEGABYTES = 200


def shelf() -> None:
    """All datasets, and the two ways of adding one."""
    way = st.segmented_control("Add", ["A file", "An API"], default="A file", key="add_way")
    with st.container(border=True):
        if way == "An API":
            apis.declare()
        else:
            dropped = st.file_uploader(TAKEN, ENDINGS, key="new_file", max_upload_size=MOST_MEGABYTES)
            if dropped is not None:
                take_file(dropped)
    for dataset in kit().shelf.all():
        describe(dataset)


def describe(dataset: Dataset) -> None:
    """One dataset with what can be done to it."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"dataset-{dataset.name}"):
        read = f"{dataset.read_at:%Y-%m-%d %H:%M} UTC" if dataset.read_at else "never"
        st.markdown(f"**{plain(dataset.name)}** · {dataset.rows:,} rows · {plain(dataset.origin)} · read {read}")
        if dataset.apart and st.button("Ask in all questions", key=f"keep-{dataset.name}"):
            act(lambda: kit().shelf.keep(dataset.name))
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
