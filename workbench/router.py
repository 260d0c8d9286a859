"""The Streamlit script. It does not lie beside pages/, or Streamlit would serve those without this frame."""

from __future__ import annotations

import streamlit as st

from workbench.places import ROOT, page
from workbench.process import drawn, kit

st.set_page_config(page_title="Meta-Agent Workbench", page_icon=str(ROOT / "workbench" / "icon.svg"), layout="wide")
st.html(ROOT / "workbench" / "look.css")
chosen = st.navigation(
    {
        "Work": [
            st.Page(page("request"), title="Request", icon=":material/chat:", default=True),
            st.Page(page("results"), title="Results", icon=":material/monitoring:"),
            st.Page(page("simulate"), title="Simulate", icon=":material/tune:"),
            st.Page(page("services"), title="Services", icon=":material/event_repeat:"),
        ],
        "Inspect": [
            st.Page(page("script"), title="Script", icon=":material/code:"),
            st.Page(page("schema"), title="Schema", icon=":material/database:"),
            st.Page(page("history"), title="History", icon=":material/history:"),
            st.Page(page("settings"), title="Settings", icon=":material/settings:"),
        ],
    }
)
if kit().settings.uses_sample:
    st.sidebar.caption("Sample data: fictional properties. Connect your own database with DATABASE_URL.")
try:
    chosen.run()
finally:
    drawn.set()
