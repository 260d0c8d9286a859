"""What several pages draw: the run they are about, metrics, charts, tables, and how a number is computed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.errors import EngineError, UsageError
from engine.products import MetricValue, Quantity, Results, Run, SourceData, Status, TableData
from runtime.units import label_of, write
from runtime.units import verdict as verdict_of
from workbench.foreign import plain, plotted
from workbench.places import page
from workbench.process import kit

CARDS_IN_A_ROW = 4
# A refusal that names a word it does not know.
UNKNOWN = re.compile(r"Not understood: (?P<word>[^,.]+)")
ROWS_WITHOUT_SCROLLING = 15
FORMATS = {
    "USD": "dollar",
    "percent": "percent",
    "count": "localized",
    "sqft": "localized",
    "x": "%.2fx",
    "months": "%.1f",
}
STATE_ICONS = {
    Status.DONE: ":material/check_circle:",
    Status.RUNNING: ":material/progress_activity:",
    Status.QUEUED: ":material/schedule:",
    Status.NEEDS_INPUT: ":material/help:",
    Status.REFUSED: ":material/block:",
    Status.FAILED: ":material/error:",
    Status.CANCELLED: ":material/cancel:",
}


def run_in_view() -> Run | None:
    """The run that the link names, else the one looked at last; None when there is none."""
    wanted = st.query_params.get("run") or st.session_state.get("run")
    if not wanted:
        return None
    try:
        run = kit().store.load(str(wanted))
    except UsageError as error:
        refusal(error)
        st.session_state.pop("run", None)
        return None
    st.session_state["run"] = run.id
    st.query_params["run"] = run.id
    return run


def run_with_results() -> tuple[Run, Results]:
    """The run in view with its results; else says what to do and ends the page."""
    run = run_in_view()
    if run is None:
        st.info("No run is open. Ask something first, or choose a run in the history.", icon=":material/info:")
        links(None)
        st.stop()
    if run.results is None:
        show_end(run)
        links(run)
        st.stop()
    return run, run.results


def links(run: Run | None) -> None:
    """Where to go from here, with the run in the link."""
    query = {"run": run.id} if run else None
    with st.container(horizontal=True):
        st.page_link(page("request"), label="Request", icon=":material/chat:", query_params=query)
        if run is not None and run.results is not None:
            st.page_link(page("results"), label="Results", icon=":material/monitoring:", query_params=query)
            st.page_link(page("simulate"), label="Simulate", icon=":material/tune:", query_params=query)
        if run is not None and run.script is not None:
            st.page_link(page("script"), label="Script", icon=":material/code:", query_params=query)
        st.page_link(page("history"), label="History", icon=":material/history:")


def show_end(run: Run) -> None:
    """How a run without results stands."""
    if run.failure is not None:
        text = f"**{plain(run.failure.message)}**  \n{plain(run.failure.hint)}"
        draw = st.warning if run.status in (Status.REFUSED, Status.CANCELLED) else st.error
        draw(
            text if "\n" not in run.failure.hint else f"**{plain(run.failure.message)}**", icon=STATE_ICONS[run.status]
        )
        if "\n" in run.failure.hint:
            st.code(run.failure.hint, language=None, wrap_lines=True)
        if run.status is Status.REFUSED and (found := UNKNOWN.match(run.failure.message)):
            query = {"teach": found["word"]}
            st.page_link(page("schema"), label="Teach it", icon=":material/school:", query_params=query)
    elif run.status is Status.CANCELLED:
        st.warning(
            "**This run was cancelled before it began.**  \nAsk again to start anew.", icon=STATE_ICONS[run.status]
        )
    elif run.question is not None:
        st.warning(plain(run.question.text), icon=STATE_ICONS[run.status])
    elif not run.status.final:
        st.info(f"This run is {run.status}. The Request page follows it.", icon=STATE_ICONS[run.status])


def refusal(error: EngineError) -> None:
    """What went wrong and what to do about it."""
    st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")


def how_read(run: Run) -> None:
    """One line that says how the request was read, where it was read as a question over the data."""
    if run.plan is not None and run.plan.intent.get("reply"):
        st.caption(f"Read as: {plain(run.plan.summary)}")


def metric_cards(metrics: Sequence[MetricValue], base: Mapping[str, MetricValue] | None = None) -> None:
    """Headline numbers; with `base`, each with its difference to the base case."""
    for metric in metrics:
        if isinstance(metric.value, str) and " " in metric.value:
            st.markdown(f"**{plain(metric.text)}**")
    metrics = [metric for metric in metrics if not isinstance(metric.value, str) or " " not in metric.value]
    rows = -(-len(metrics) // CARDS_IN_A_ROW)
    with st.grid(columns=-(-len(metrics) // max(rows, 1)) or 1, min_column_width=180, gap="small"):
        for metric in metrics:
            before = base.get(metric.name) if base else None
            st.metric(
                plain(metric.label) + verdict(metric),
                plain(metric.text),
                delta=difference(metric, before),
                delta_color="off" if metric.ok is None else "normal",
                help=plain(metric.definition) or None,
                border=True,
            )


def verdict(metric: MetricValue) -> str:
    """Good, short or breach, in words and colour, with the threshold that says so."""
    word = verdict_of(metric.value, metric.good, metric.bad)
    if not word:
        return ""
    colour = "green" if word == "good" else "orange" if word == "short" else "red"
    against = metric.bad if word == "breach" else metric.good
    return f" :{colour}-badge[{plain(word)}: {plain(against or metric.bad)}]"


def difference(metric: MetricValue, before: MetricValue | None) -> str | None:
    """The change against the base as text, None when there is none to tell."""
    if before is None or not isinstance(metric.value, float | int) or not isinstance(before.value, float | int):
        return None
    change = float(metric.value) - float(before.value)
    if change == 0:
        return None
    percent = f" ({change / abs(before.value):+.1%})" if before.value and metric.unit != "percent" else ""
    return plain(("+" if change > 0 else "") + write(change, metric.unit)) + percent


def charts(results: Results, key: str, base: Results | None = None) -> None:
    """Every chart, two in a row."""
    from workbench import figures  # plotly and pandas: the first page does not wait for them

    columns = st.columns(2) if len(results.charts) > 1 else [st.container()]
    for place, spec in enumerate(results.charts):
        with columns[place % len(columns)], st.container(border=True):
            st.markdown(f"**{plain(spec.label)}**")
            before = base.tables.get(spec.table) if base else None
            figure = figures.chart(spec, results.tables[spec.table], before)
            plotted(figure, key=f"{key}-{spec.name}-{place}", alt=spec.label)


def table(data: TableData, key: str) -> None:
    """A table with its formats and its true row count."""
    from workbench import figures

    config: dict[str, Any] = {
        name: st.column_config.Column(label_of(name))
        if data.units.get(name) not in FORMATS
        else st.column_config.NumberColumn(label_of(name), format=FORMATS[data.units[name]])
        for name in data.columns
    }
    shown = len(data.rows)
    height: Any = "content" if shown <= ROWS_WITHOUT_SCROLLING else "auto"
    st.dataframe(figures.frame(data), hide_index=True, column_config=config, key=key, height=height)
    st.caption(f"{data.total:,} rows" if data.total == shown else f"the first {shown:,} of {data.total:,} rows")


def lineage(results: Results, name: str) -> None:
    """How a quantity is computed: definition, formula, inputs with their values, down to the query."""
    known = {quantity.name: quantity for quantity in results.quantities}
    sources = {source.name: source for source in results.sources}
    parameters = {parameter.name: parameter for parameter in results.parameters}
    seen: set[str] = set()

    def show(quantity: Quantity) -> None:
        if quantity.name in seen:
            return
        seen.add(quantity.name)
        value = f" = **{plain(write(quantity.value, quantity.unit))}**" if quantity.value is not None else ""
        st.markdown(f"{plain(label_of(quantity.name))}{value}  \n{plain(quantity.definition)}")
        st.code(f"{quantity.name} = {quantity.formula}", language="python")
        for used in quantity.inputs:
            if used in parameters:
                parameter = parameters[used]
                default = plain(write(parameter.default, parameter.unit))
                st.caption(f"{plain(parameter.label)} is a parameter, {default} in the base case")
        for used in quantity.inputs:
            if used in known:
                show(known[used])
            elif used in sources and used not in seen:
                seen.add(used)
                source(sources[used])

    show(known[name])


def source(data: SourceData) -> None:
    """A source: its query, bound values, row count and when it was read."""
    bound = ", ".join(f"{name} = {value!r}" for name, value in data.bound.items())
    when = f"{data.read_at:%Y-%m-%d %H:%M} UTC in {data.seconds:.2f} s"
    st.markdown(f"Source **{plain(data.name)}**: {data.rows:,} rows, read {when}")
    if data.origin:
        st.caption(f"From {plain(data.origin)}")
    st.code(data.sql + (f"\n-- bound: {bound}" if bound else ""), language="sql")


def writer_of(run: Run) -> str:
    """Who wrote a run's script, in words."""
    author = run.script.author if run.script else run.request.author
    if author == "model":
        model = run.writing.model if run.writing else "kept from an earlier run"
        return f"a language model ({plain(model)}), checked before it ran"
    return (
        "the catalogue of known metrics, without a language model" if author == "catalogue" else "a person, by editing"
    )
