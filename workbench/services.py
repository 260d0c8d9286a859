"""What the Services page draws of a service: its answers, when it is due, who is told, versions, addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import plotly.graph_objects as go
import streamlit as st

from engine.dashboards.access import LINK_DAYS, MOST_DAYS
from engine.errors import EngineError
from engine.products import Run, Status
from engine.products.rights import MEANING, OF_LINKS, SAID, Right
from engine.products.service import (
    Alert,
    AlertKind,
    Callback,
    Channel,
    DeliveryState,
    Drop,
    Hook,
    Mail,
    Schedule,
    Service,
    Shift,
    Tick,
    TickState,
    Told,
)
from engine.scenarios.telling import sentence
from engine.services import blanks, promoting, ticker
from engine.services.delivering import check_channel
from engine.services.messages import changed, summary
from engine.services.moving import can_move
from engine.services.newest import newest_run
from engine.services.schedule import coming
from engine.store.services import new_delivery
from runtime.units import write
from workbench import process
from workbench.drawing import refusal
from workbench.foreign import plain, plotted
from workbench.places import page
from workbench.process import kit
from workbench.sharing import address

# What people choose; a cron line says anything else.
TIMES = {
    "Only when asked": "",
    "Every weekday at 7:00": "0 7 * * 1-5",
    "Every Monday at 7:00": "0 7 * * 1",
    "On the first of each month at 7:00": "0 7 1 * *",
    "Every hour": "0 * * * *",
    "A cron line": "cron",
    "After a dataset is renewed": "dataset",
}
TOLD = {
    Told.ALWAYS: "Every answer",
    Told.CHANGES: "Answers that changed, and alerts",
    Told.ALERTS: "Alerts alone",
}
ICONS = {
    TickState.DONE: ":material/check_circle:",
    TickState.FAILED: ":material/error:",
    TickState.RUNNING: ":material/progress_activity:",
    TickState.DUE: ":material/schedule:",
}
LEAST_POINTS = 2


def promote(run: Run) -> None:
    """On Results: let an answer come again, as a service."""
    with st.popover("Let it come again", icon=":material/event_repeat:", width="stretch"):
        st.markdown("The same answer over fresh data, with what changed, on a schedule and for other programs.")
        name = st.text_input("Name", promoting.name_of(run.title), key=f"promote-name-{run.id}")
        schedule = when(None, f"promote-{run.id}")
        breach = st.checkbox("Tell when a threshold is missed", True, key=f"promote-alert-{run.id}")
        if st.button("Make a service", type="primary", icon=":material/event_repeat:", key=f"promote-make-{run.id}"):
            alerts = (Alert(kind=AlertKind.THRESHOLD), Alert(kind=AlertKind.FAILED)) if breach else ()
            try:
                made = promoting.create(kit(), run.id, name, schedule=schedule, alerts=alerts)
            except EngineError as error:
                refusal(error)
            else:
                st.switch_page(page("services"), query_params={"service": made.name})


def when(known: Schedule | None, key: str) -> Schedule | None:
    """Fields for the times; none for only when asked."""
    cron = known.cron if known else ""
    usual = next((label for label, line in TIMES.items() if line == cron), "A cron line")
    if known and known.dataset:
        usual = "After a dataset is renewed"
    chosen = TIMES[st.selectbox("When", list(TIMES), list(TIMES).index(usual), key=f"{key}-when")]
    if not chosen:
        return None
    if chosen == "dataset":
        names = [each.name for each in kit().shelf.kept()]
        return Schedule(dataset=st.selectbox("Dataset", names, key=f"{key}-dataset") or "none")
    if chosen == "cron":
        said = "Minute, hour, day, month, weekday."
        chosen = st.text_input("Cron line", cron or "0 7 * * 1", key=f"{key}-cron", help=said)
    zones = time_zones()
    zone = st.selectbox("Time zone", zones, zones.index(known.zone if known else "UTC"), key=f"{key}-zone")
    return Schedule(cron=chosen, zone=zone)


@cache
def time_zones() -> list[str]:
    """Every time zone by name."""
    return sorted(available_timezones())


def head(service: Service) -> None:
    """Its state, when it is due, and what can be done with it at once."""
    st.title(plain(service.title), anchor=False)
    times = coming(service.schedule, datetime.now(UTC), 1) if service.schedule and service.on else ()
    state = "on" if service.on else "stopped"
    due = f"next {times[0]:%a %d %b %Y, %H:%M %Z}" if times else str(service.schedule or "due when asked")
    moves = service.moves and can_move(kit().store.load(service.version.run_id))
    period = "period moves on" if moves else "period stays"
    st.caption(plain(f"{service.name} · {state} · {due} · version {service.number} · {period}"))
    with st.container(horizontal=True):
        if st.button("Answer now", type="primary", icon=":material/play_arrow:", disabled=not service.on):
            tick = ticker.ask(kit().store.services.get(service.name), kit(), datetime.now(UTC))
            st.session_state["service_waits"] = tick.id
            process.ticker().ring()
        if st.button("Stop" if service.on else "Start", icon=":material/power_settings_new:"):
            _done(lambda: promoting.turn(kit(), service.name, not service.on))
        with st.popover("Delete", icon=":material/delete:"):
            st.markdown("The service, its times and its messages will be gone; its answers stay in the history.")
            if st.button("Delete it", type="primary", key="service_really"):
                promoting.delete(kit(), service.name)
                st.query_params.clear()
                st.rerun()
    waiting(service)


@st.fragment(run_every=1.0)
def waiting(service: Service) -> None:
    """An answer that is computed now, until it is there."""
    tick_id = st.session_state.get("service_waits")
    newest = next(iter(kit().store.services.ticks(service, 1)), None)
    running = newest is not None and newest.state in (TickState.DUE, TickState.RUNNING)
    if running and newest is not None:
        st.info("The data is read and the answer computed ...", icon=":material/progress_activity:")
        if newest.run_id and st.button("Cancel", icon=":material/cancel:", key="service_cancel"):
            kit().store.cancel(newest.run_id)
    elif tick_id:
        del st.session_state["service_waits"]
        st.rerun()


def answers(service: Service, ticks: Sequence[Tick]) -> None:
    """Its newest answer, its course, and every time before."""
    done = [each for each in ticks if each.report is not None]
    if not done:
        st.info("No answer yet. It comes when it is due, or by Answer now.", icon=":material/schedule:")
        return
    newest = done[0]
    assert newest.report is not None
    first, second = summary(newest.report)
    st.subheader(plain(first), anchor=False)
    st.markdown(plain(second))
    for line in newest.report.fired:
        st.warning(plain(line), icon=":material/notifications_active:")
    for line in newest.report.over:
        st.success(plain(line), icon=":material/notifications_off:")
    if newest.report.why:
        st.markdown("What moved it: " + plain("; ".join(newest.report.why)))
    course(done)
    for tick in done[:30]:
        _one(tick)


def course(ticks: Sequence[Tick]) -> None:
    """The first number over the times at which the service answered."""
    points = [(each.due_at, _first(each)) for each in reversed(ticks) if _first(each) is not None]
    found = [(at, shift) for at, shift in points if shift is not None and shift.after is not None]
    if len(found) < LEAST_POINTS:
        return
    shift = found[-1][1]
    figure = go.Figure(
        go.Scatter(
            x=[at for at, _ in found], y=[each.after for _, each in found], mode="lines+markers",
            text=[write(each.after, each.unit) for _, each in found],
            hovertemplate="%{x|%d %b %Y %H:%M}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(title=plain(shift.label), height=260, margin={"t": 40, "b": 30, "l": 50, "r": 10})
    plotted(figure, key="service-course")


def _first(tick: Tick) -> Shift | None:
    return next(iter(tick.report.shifts), None) if tick.report and not tick.report.failure else None


def _one(tick: Tick) -> None:
    assert tick.report is not None
    late = f" · stands for {tick.missed:d} missed" if tick.missed else ""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"tick-{tick.id}"):
        said = tick.report.failure or changed(tick.report)
        st.markdown(
            f"{ICONS[tick.state]} **{tick.due_at:%d %b %Y %H:%M} UTC** · version {tick.version:d} · "
            f"{plain(tick.cause)}{late}  \n{plain(said)}"
        )
        if tick.run_id and tick.state is TickState.DONE and st.button("Open", key=f"open-{tick.id}"):
            st.switch_page(page("results"), query_params={"run": tick.run_id})


def settings(service: Service) -> None:
    """When it is due, what is watched for, and who is told."""
    with st.container(border=True):
        schedule = when(service.schedule, f"service-{service.id}")
        run = kit().store.load(service.version.run_id)
        moves = st.checkbox(
            "The period moves on with time", service.moves, key=f"moves-{service.id}",
            disabled=not can_move(run),
            help="Off: the same script with the same days. On: the request is read anew on the day, with no model.",
        )  # fmt: skip
        told = st.selectbox(
            "Tell", list(TOLD), list(TOLD).index(service.told), format_func=TOLD.__getitem__, key=f"told-{service.id}"
        )
        if st.button("Keep", icon=":material/save:", key=f"keep-{service.id}"):
            fields: dict[str, object] = {"told": told, "moves": moves}
            if schedule != service.schedule:
                fields["schedule"] = schedule
            _done(lambda: promoting.change(kit(), service.name, **fields))
    alerts(service, run)
    channels(service)


def alerts(service: Service, run: Run) -> None:
    """What is watched for; told when it begins and when it ends."""
    st.subheader("Alerts", anchor=False)
    for place, alert in enumerate(service.alerts):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(plain(said_of(alert)))
            if st.button("Remove", key=f"alert-{place}-{service.id}", icon=":material/close:"):
                kept = service.alerts[:place] + service.alerts[place + 1 :]
                _done(lambda kept=kept: promoting.change(kit(), service.name, alerts=kept))  # type: ignore[misc]
    names = ["", *(each.name for each in (run.results.metrics if run.results else ()))]
    with (
        st.form(f"alert-{service.id}", clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        kind = st.selectbox("Watch for", list(AlertKind), format_func=lambda each: KINDS[each])
        metric = st.selectbox("Of", names, format_func=lambda name: name or "every number")
        bound = st.text_input("Threshold", placeholder="its own, or such as >= 1.25")
        percent = st.number_input("Percent", 0.1, 1000.0, 10.0)
        if st.form_submit_button("Add", icon=":material/add_alert:"):
            alert = Alert(
                kind=kind, metric=metric, bound=bound.strip() if kind is AlertKind.THRESHOLD else "", percent=percent
            )
            _done(lambda: promoting.change(kit(), service.name, alerts=(*service.alerts, alert)))


KINDS = {
    AlertKind.THRESHOLD: "a missed threshold",
    AlertKind.CHANGE: "a change larger than",
    AlertKind.MISSING: "a missing value",
    AlertKind.FAILED: "an answer that failed",
}


def said_of(alert: Alert) -> str:
    """An alert in words."""
    of = alert.metric or "every number"
    match alert.kind:
        case AlertKind.THRESHOLD:
            return f"{of} misses {alert.bound or 'its threshold'}"
        case AlertKind.CHANGE:
            return f"{of} moves by more than {alert.percent:g} %"
        case AlertKind.MISSING:
            return f"{of} has no value"
        case AlertKind.FAILED:
            return "the answer fails"


def channels(service: Service) -> None:
    """Who is told; each can be tried with the newest answer."""
    st.subheader("Who is told", anchor=False)
    for place, channel in enumerate(service.channels):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(plain(str(channel)))
            if st.button("Send a test", key=f"test-{place}-{service.id}", icon=":material/send:"):
                test(service, channel)
            if st.button("Remove", key=f"channel-{place}-{service.id}", icon=":material/close:"):
                kept = service.channels[:place] + service.channels[place + 1 :]
                _done(lambda kept=kept: promoting.change(kit(), service.name, channels=kept))  # type: ignore[misc]
    with st.form(f"channel-{service.id}", clear_on_submit=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = st.selectbox("By", ["mail", "slack", "teams", "callback", "folder"])
            where = st.text_input("To", placeholder="addresses, a web address, or a folder's name")
            secret = st.text_input(
                "Secret",
                placeholder="NAME of SECRET_NAME in .env",
                help="For Slack and Teams: it holds the webhook's address. For a callback: it signs.",
            )
            pressed = st.form_submit_button("Add", icon=":material/add:")
        if pressed:
            channel = made_of(kind, where.strip(), secret.strip().removeprefix("SECRET_"))
            _done(lambda: promoting.change(kit(), service.name, channels=(*service.channels, channel)))


def made_of(kind: str, where: str, secret: str) -> Channel:
    """The channel that the fields say."""
    if kind == "mail":
        return Mail(to=tuple(part.strip() for part in where.split(",") if part.strip()))
    if kind == "callback":
        return Callback(url=where, secret=secret)
    if kind == "folder":
        return Drop(folder=where)
    return Hook(kind="slack" if kind == "slack" else "teams", secret=secret)


def test(service: Service, channel: Channel) -> None:
    """Send the newest answer to one channel now, and say what became of it."""
    newest = next((each for each in kit().store.services.ticks(service) if each.report), None)
    if newest is None:
        st.info("There is no answer to send yet. Press Answer now first.")
        return
    try:
        check_channel(channel, kit().settings)
    except EngineError as error:
        refusal(error)
        return
    kit().store.services.add_delivery(new_delivery(newest, channel, datetime.now(UTC)))
    process.ticker().ring()
    st.toast("It is on its way; Messages says what became of it.", icon=":material/send:")


def form(service: Service) -> None:
    """The same answer for other values: a choice for each blank, checked against the data."""
    run = newest_run(service, kit())
    known = blanks.offered(run, kit())
    if not known:
        st.info("Nothing in this answer can be left blank: its queries hold no column to a value.")
        return
    held = [each.name for each in service.blanks]
    wanted = st.multiselect(
        "Left blank", [each.name for each in known], held, key=f"blanks-{service.id}",
        help="What whoever asks may choose. The script stays the same, and no model is asked.",
    )  # fmt: skip
    if wanted != held and st.button("Keep", icon=":material/save:", key=f"blanks-keep-{service.id}"):
        _done(lambda: promoting.change(kit(), service.name, blank=wanted))
    given = {
        each.name: st.selectbox(plain(each.label), found, _place(found, each.value), key=f"blank-{each.name}")
        for each in service.blanks
        for found in [blanks.members(each, run, kit())]
    }
    names = ["", *(each.name for each in kit().store.scenarios(run.id))]
    scenario = st.selectbox("Scenario", names, format_func=lambda name: name or "none") if len(names) > 1 else ""
    if given and st.button("Ask it", type="primary", icon=":material/play_arrow:", key=f"ask-{service.id}"):
        with st.spinner("The data is read and the answer computed ..."):
            try:
                answered, simulated = blanks.call(kit(), service.name, given, scenario or "")
            except EngineError as error:
                refusal(error)
                return
        st.session_state[f"called-{service.id}"] = (answered.id, simulated)
    if f"called-{service.id}" in st.session_state:
        called(*st.session_state[f"called-{service.id}"])


def called(run_id: str, simulated: Mapping[str, Any] | None) -> None:
    """What came of it, and where the whole answer is."""
    run = kit().store.load(run_id)
    if run.results is None:
        return
    st.subheader(plain(sentence(run.results)), anchor=False)
    if simulated is not None:
        first = next((each for each in run.results.metrics if each.name in simulated["metrics"]), None)
        if first is not None:
            told = write(simulated["metrics"][first.name], first.unit)
            st.markdown(plain(f"{simulated['name']}: {first.label} is {told} instead of {first.text}."))
    if st.button("Open", key=f"called-open-{run_id}", icon=":material/open_in_full:"):
        st.switch_page(page("results"), query_params={"run": run_id})


def _place(found: Sequence[str], value: str) -> int:
    return found.index(value) if value in found else 0


def versions(service: Service) -> None:
    """What it stands on, now and before; another run, back, and two beside each other."""
    for version in reversed(service.versions):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"version-{version.number}"):
            force = " · in force" if version.number == service.number else ""
            st.markdown(
                f"**Version {version.number:d}**{force} · {version.made_at:%d %b %Y %H:%M} UTC · "
                f"run {plain(version.run_id)} · data as meant in {plain(version.meaning or '(not noted)')}"
                f" · {plain(version.limits)}  \n{plain(version.note)}"
            )
            if version.number != service.number and st.button("Put in force", key=f"back-{version.number}"):
                number = version.number
                _done(lambda number=number: promoting.roll_back(kit(), service.name, number))  # type: ignore[misc]
    done = {
        run.id: f"{run.title} ({run.created_at:%Y-%m-%d %H:%M})"
        for run in kit().store.list()
        if run.status is Status.DONE
    }
    with st.form(f"update-{service.id}", clear_on_submit=True):
        chosen = st.selectbox(
            "Let it stand on another answer",
            list(done),
            None,
            format_func=done.__getitem__,
            placeholder="Choose one of the history",
        )
        note = st.text_input("Why", placeholder="for whoever reads the versions")
        if st.form_submit_button("Make a new version", icon=":material/upgrade:") and chosen:
            _done(lambda: promoting.update(kit(), service.name, chosen, note))
    if len(service.versions) > 1:
        numbers = [each.number for each in service.versions]
        one, other = st.columns(2)
        before = one.selectbox("Compare version", numbers, len(numbers) - 2)
        after = other.selectbox("with version", numbers, len(numbers) - 1)
        found = promoting.compare(kit(), service.name, before, after)
        st.dataframe(found["metrics"], hide_index=True)
        st.code("\n".join(found["script"]) or "The scripts are the same.", language="diff")


def addresses(service: Service) -> None:
    """Where its dashboard and its numbers are, for people with a link and programs with a token."""
    st.subheader("Dashboard", anchor=False)
    st.caption("A link shows the newest answer, whatever version is in force. It wakes when it is opened.")
    with st.popover("Share a link", icon=":material/share:"):
        rights = frozenset(
            right for right in OF_LINKS if st.checkbox(SAID[right], key=f"sv-{right}", help=MEANING[right])
        )
        days = st.number_input("Days until it ends", 1, MOST_DAYS, LINK_DAYS, key="sv-days")
        if st.button("Make a link", icon=":material/add_link:", key="sv-link"):
            process.share_service(service, rights, int(days))
    now = datetime.now(UTC)
    for grant in process.service_links(service):
        with st.container(border=True, key=f"sv-{grant.id}"):
            may = ", ".join(right.value for right in Right if right in grant.rights) or "no further rights"
            st.caption(plain(f"{grant.state(now)} · made {grant.made_at:%Y-%m-%d} · {may}"))
            if grant.holds(now):
                st.code(address(process.service_path(service, grant.id)), language=None, wrap_lines=True)
                if st.button("Withdraw", key=f"sv-withdraw-{grant.id}", icon=":material/link_off:"):
                    kit().store.grants.withdraw(grant.id)
                    st.rerun()
    st.subheader("API", anchor=False)
    st.caption("With a token of the scope services, made on the Settings page; a new answer needs refresh as well.")
    base = address(f"/api/services/{service.name}")
    token = '-H "Authorization: Bearer $TOKEN"'
    st.code(
        f"curl {token} {base}/results\n"
        f"curl {token} -H 'Content-Type: application/json' \\\n"
        f'  -d \'{{"scenarios": [{{"name": "down", "revenue_change": -0.1}}]}}\' {base}/simulate\n'
        f"curl {token} -X POST {base}/refresh\n"
        f"curl {token} -o report.pdf '{base}/download?format=pdf'\n"
        f"curl {token} {base}/openapi.json",
        language="bash",
        wrap_lines=True,
    )


def messages(service: Service) -> None:
    """What was told, to whom, and what failed."""
    found = kit().store.services.deliveries(service)
    if not found:
        st.info("Nothing was told yet.", icon=":material/outgoing_mail:")
        return
    states = {
        DeliveryState.SENT: "sent",
        DeliveryState.FAILED: "given up",
        DeliveryState.SENDING: "on its way",
        DeliveryState.WAITING: "waiting",
    }
    st.dataframe(
        [
            {
                "When": each.sent_at or each.next_at,
                "To": str(each.channel),
                "State": states[each.state],
                "Tries": each.attempt,
                "May be a repetition": each.doubtful,
                "Why not": each.error,
            }
            for each in found
        ],
        hide_index=True,
        column_config={"When": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")},
    )


def _done(work: Callable[[], object]) -> None:
    """Do one thing and draw the page anew; a refusal is shown instead."""
    try:
        work()
    except EngineError as error:
        refusal(error)
    else:
        st.rerun()
