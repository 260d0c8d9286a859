"""Links to a dashboard for others, each with the rights and the end that who shares it gives; listed, withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import streamlit as st

from engine.dashboards.access import LINK_DAYS, MOST_DAYS
from engine.products import Run
from engine.products.rights import MEANING, OF_LINKS, SAID, Right
from engine.store.grants import Grant, Kind
from workbench.foreign import plain
from workbench.process import dashboard_path, kit, known, share_link, shared_path


def share(run: Run) -> None:
    """The dashboard in a tab of its own, and links to it for others: a tab's own address ends within two days."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button(
            "Open in a new tab",
            dashboard_path(run.id),
            icon=":material/open_in_new:",
            help="Its address is for yourself and ends within two days. Share a link to give it to others.",
        )
        with st.popover("Share a link", icon=":material/share:"):
            st.markdown(
                "Whoever has the link sees this dashboard and its what-ifs, without anything else of the workbench."
            )
            rights = frozenset(
                right
                for right in OF_LINKS
                if st.checkbox(SAID[right], key=f"share-{right}-{run.id}", help=MEANING[right])
            )
            days = st.number_input("Days until it ends", 1, MOST_DAYS, LINK_DAYS, key=f"share-days-{run.id}")
            if st.button("Make a link", icon=":material/add_link:", key=f"share-make-{run.id}"):
                share_link(run.id, rights, int(days))
            for grant in kit().store.grants.all(Kind.LINK, run.id):
                _link(run, grant)


def _link(run: Run, grant: Grant) -> None:
    """A link that was made: to copy and to withdraw as long as it holds."""
    now = datetime.now(UTC)
    with st.container(border=True, key=f"link-{grant.id}"):
        may = ", ".join(right.value for right in Right if right in grant.rights) or "no further rights"
        st.caption(f"{grant.state(now)} · made {grant.made_at:%Y-%m-%d} · {plain(may)}")
        if grant.holds(now):
            st.code(address(shared_path(run.id, grant.id)), language=None, wrap_lines=True)
            if st.button("Withdraw", key=f"withdraw-{grant.id}", icon=":material/link_off:"):
                kit().store.grants.withdraw(grant.id)
                st.rerun()


def address(path: str) -> str:
    """The whole address of a path: under the workbench's public name where one is set, else as the browser has it."""
    if known().public:
        return f"{known().public}{path}"
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}{path}" if here.netloc else path
