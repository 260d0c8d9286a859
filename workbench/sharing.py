"""A link to a dashboard for others, with the rights that who shares it gives: none unless ticked."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from engine.products import Run
from engine.rights import MEANING, SAID, Right
from workbench.process import dashboard_path


def share(run: Run) -> None:
    """The dashboard in a tab of its own, and its link to copy: what a tab shows in its address is shared as well."""
    with st.container(horizontal=True, vertical_alignment="center"):
        opening = st.container(width="content")
        with st.popover("Share a link", icon=":material/share:"):
            st.markdown(
                "Whoever has the link sees this dashboard and its what-ifs, without anything else of the workbench."
            )
            rights = frozenset(
                right for right in Right if st.checkbox(SAID[right], key=f"share-{right}-{run.id}", help=MEANING[right])
            )
            path = dashboard_path(run.id, rights)
            st.code(address(path), language=None, wrap_lines=True)
            st.caption("Copy it with the button at its end. It holds as long as the run is there.")
    opening.link_button("Open in a new tab", path, icon=":material/open_in_new:", help=_told(rights))


def address(path: str) -> str:
    """The whole address of a path of this workbench, as the browser knows it."""
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}{path}" if here.netloc else path


def _told(rights: frozenset[Right]) -> str:
    """What the link of the new tab carries, in words."""
    if not rights:
        return "The new tab has the link that can be shared: with nothing ticked under 'Share a link'."
    return (
        f"The new tab has the link that can be shared. {'. '.join(SAID[right] for right in Right if right in rights)}."
    )
