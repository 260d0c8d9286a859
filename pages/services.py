"""Services: answers that come again; what they say now, when they are due, who is told, versions and addresses."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.errors import EngineError
from engine.products.service import Service
from engine.services.messages import changed
from workbench import services
from workbench.drawing import refusal
from workbench.foreign import plain
from workbench.memo import memo
from workbench.process import kit, ticker

NAME = "service"
PARTS = ("Answers", "Ask it", "One memo", "When and who", "Versions", "Addresses", "Messages")


def listed(found: Sequence[Service]) -> None:
    """Every service as a card with its newest answer."""
    st.title("Services", anchor=False)
    if not found:
        st.info(
            "No services yet. Open an answer on Results and press **Let it come again**: it comes on a schedule, says"
            " what changed, and can be asked by other programs.",
            icon=":material/event_repeat:",
        )
    for service in found:
        last = next((each for each in kit().store.services.ticks(service, 5) if each.report), None)
        with st.container(border=True, key=f"service-{service.name}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                state = ":green-badge[on]" if service.on else ":gray-badge[stopped]"
                st.markdown(f"**{plain(service.title)}** {state}")
                if st.button("Open", key=f"open-{service.name}", icon=":material/open_in_full:"):
                    st.query_params[NAME] = service.name
                    st.rerun()
            if last is not None and last.report is not None:
                st.markdown(plain(last.report.failure or last.report.headline))
                st.caption(plain(f"{last.due_at:%d %b %Y %H:%M} UTC · {changed(last.report)}"))
                for line in last.report.fired:
                    st.warning(plain(line), icon=":material/notifications_active:")
            st.caption(plain(f"{service.name} · due: {service.schedule or 'when asked'} · version {service.number}"))
    if found:
        st.caption("Whoever may open this workbench may make, change and delete services: there are no roles yet.")


def one(service: Service) -> None:
    """One service."""
    if st.button("All services", icon=":material/arrow_back:", type="tertiary"):
        st.query_params.clear()
        st.rerun()
    services.head(service)
    ticks = kit().store.services.ticks(service)
    tabs = st.tabs(PARTS, key="service_part")
    with tabs[0]:
        services.answers(service, ticks)
    with tabs[1]:
        services.form(service)
    with tabs[2]:
        memo(service)
    with tabs[3]:
        services.settings(service)
    with tabs[4]:
        services.versions(service)
    with tabs[5]:
        services.addresses(service)
    with tabs[6]:
        services.messages(service)


ticker()
try:
    chosen = str(st.query_params.get(NAME, ""))
    if chosen:
        one(kit().store.services.get(chosen))
    else:
        listed(kit().store.services.all())
except EngineError as error:
    refusal(error)
    if st.button("All services"):
        st.query_params.clear()
        st.rerun()
