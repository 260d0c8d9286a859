"""The Streamlit script. It does not lie beside pages/, or Streamlit would serve those without this frame."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.process import kit

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "pages"

st.set_page_config(page_title="Meta-Agent Workbench", page_icon=str(ROOT / "workbench" / "icon.svg"), layout="wide")
page = st.navigation(
    {
        "Work": [
            st.Page(PAGES / "request.py", title="Request", icon=":material/chat:", default=True),
            st.Page(PAGES / "results.py", title="Results", icon=":material/monitoring:"),
            st.Page(PAGES / "simulate.py", title="Simulate", icon=":material/tune:"),
        ],
        "Inspect": [
            st.Page(PAGES / "script.py", title="Script", icon=":material/code:"),
            st.Page(PAGES / "schema.py", title="Schema", icon=":material/database:"),
            st.Page(PAGES / "history.py", title="History", icon=":material/history:"),
            st.Page(PAGES / "settings.py", title="Settings", icon=":material/settings:"),
        ],
    }
)
if kit().settings.uses_sample:
    st.sidebar.caption("Sample data: fictional properties. Connect your own database with DATABASE_URL.")
page.run()
