"""The head and the body of an answer, alike on every page that shows it.

On top one sentence that answers, of when it is, how the request was read, and the files to take away; below it the
figure large, its parts small, and its charts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from engine.products import MetricValue, Results, Run, TableData
from engine.scenarios.telling import figures, sentence
from runtime.reports import words
from runtime.reports.headline import is_sentence
from runtime.units import verdict as verdict_of
from runtime.units import write
from workbench.charts import card, charts
from workbench.downloads import downloads
from workbench.drawing import links, writer_of
from workbench.foreign import plain
from workbench.tabulating import table

# With more leading figures than these none is large: they stand in a grid.
MOST_LARGE = 2
CARDS_IN_A_ROW = 4


def head(run: Run, results: Results, now: Results | None = None) -> None:
    """What every view of an answer begins with; `now` are the results at the sliders' values, where they moved."""
    # What was asked on says little without the answer that it changed.
    asked = f"{results.title} · {run.request.text}" if run.request.after else run.request.text
    st.caption(plain(asked))
    st.title(plain(sentence(now or results)), anchor=False)
    facts(run, results)
    reading(run, results)
    for line in results.warnings:
        st.warning(plain(line), icon=":material/warning:")
    if run.execution and run.execution.notice:
        st.info(plain(run.execution.notice), icon=":material/info:")
    downloads(run, results)
    links(run)


def facts(run: Run, results: Results) -> None:
    """Of when the figures are, when the data was read, who answered and how long it took."""
    read = max((item.read_at for item in results.sources), default=run.created_at)
    period = f"{plain(results.period)} · " if results.period else ""
    st.caption(
        f"{period}data read {read:%d %b %Y, %H:%M} UTC · answered by {writer_of(run)} in"
        f" {sum(run.seconds.values()):.1f} s · {run.id} · done"
    )


def reading(run: Run, results: Results) -> None:
    """How the request was read, in a few words each; what was assumed stands behind a press."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="reading", gap="small"):
        st.markdown("Read as")
        for said in read_as(run, results):
            st.markdown(f":gray-badge[{plain(said)}]")
        with st.popover("What was assumed", icon=":material/fact_check:", type="tertiary"):
            assumed(run, results)


def read_as(run: Run, results: Results) -> Iterable[str]:
    """The parts of a reading, each once: a follow-up's edit, what each word means, the period, what may be moved."""
    yield from dict.fromkeys(_parts_read(run, results))


def _parts_read(run: Run, results: Results) -> Iterable[str]:
    if run.task is not None and run.task.edit:
        yield run.task.edit
    if run.plan is not None and run.plan.intent.get("reply"):
        yield run.plan.summary.rstrip(".")
    for each in run.task.readings if run.task else ():
        yield each.meaning.partition(": ")[0].rstrip(".")
    if results.period:
        yield results.period
    if results.supposed and results.supposed.scenarios:
        yield f"{len(results.supposed.scenarios)} scenarios supposed"


def assumed(run: Run, results: Results) -> None:
    """What was understood, read and assumed."""
    for reading in run.task.readings if run.task else ():
        st.markdown(f"“{plain(reading.words)}” means {plain(reading.meaning)}")
    if run.plan:
        st.markdown(plain(run.plan.summary))
    for line in results.assumptions:
        st.markdown(f"- {plain(line)}")
    st.caption(f"Script written by {writer_of(run)}.")


def body(results: Results, key: str, base: Results | None = None) -> None:
    """The figures and the charts; without charts the tables."""
    found = figures(results)
    large = 0 < len(found) <= MOST_LARGE
    if large and len(found) == 1 and results.charts:
        left, right = st.columns([2, 3])
        with left:
            hero(*found[0], key, base)
        with right:
            card(results, results.charts[0], f"{key}-{results.charts[0].name}-0", base)
        charts(results, key, base, skip=1)
    else:
        if large:
            for column, (metric, parts) in zip(st.columns(len(found)), found, strict=True):
                with column:
                    hero(metric, parts, key, base)
        else:
            cards(results.metrics, base)
        charts(results, key, base)
    for name, data in undrawn(results):
        st.markdown(f"**{plain(data.label)}**")
        table(data, f"{key}-{name}", next((each for each in results.charts if each.table == name), None))


def undrawn(results: Results) -> Iterable[tuple[str, TableData]]:
    """The tables that hold more than the charts show; a chart's own rows are its card's to show."""
    drawn: dict[str, set[str]] = {}
    for each in results.charts:
        drawn.setdefault(each.table, set()).update({each.x, each.series, *each.y})
    for name, data in results.tables.items():
        if not set(data.columns) <= drawn.get(name, set()):
            yield name, data


def hero(metric: MetricValue, parts: Sequence[MetricValue], key: str, base: Results | None = None) -> None:
    """One figure large with its verdict, and below it, small, what it is made of."""
    before = {each.name: each for each in base.metrics} if base else None
    with st.container(border=True, key=f"figure-{key}-{metric.name}"):
        with st.container(key=f"hero-{key}-{metric.name}"):
            figure(metric, before)
        if word := verdict(metric):
            st.markdown(word)
        if parts:
            with st.container(key=f"parts-{key}-{metric.name}"), st.grid(columns=2, min_column_width=110, gap="small"):
                for each in parts:
                    figure(each, before)


def cards(metrics: Sequence[MetricValue], base: Results | None = None) -> None:
    """The figures in a grid, but for one that is a sentence: that is the answer's head."""
    before = {each.name: each for each in base.metrics} if base else None
    numbers = [metric for metric in metrics if not is_sentence(metric.value)]
    rows = -(-len(numbers) // CARDS_IN_A_ROW)
    with st.grid(columns=-(-len(numbers) // max(rows, 1)) or 1, min_column_width=180, gap="small"):
        for metric in numbers:
            with st.container(border=True):
                figure(metric, before)
                if word := verdict(metric):
                    st.markdown(word)


def figure(metric: MetricValue, before: Mapping[str, MetricValue] | None) -> None:
    """A number under its name; with `before`, its difference to the base case."""
    earlier = before.get(metric.name) if before else None
    st.metric(
        plain(metric.label),
        plain(metric.text),
        delta=difference(metric, earlier),
        delta_color="off" if metric.ok is None else "normal",
        help=plain(metric.definition) or None,
    )


def verdict(metric: MetricValue) -> str:
    """Good, short or breach, in words and colour, with the threshold that says so."""
    word = verdict_of(metric.value, metric.good, metric.bad)
    if not word:
        return ""
    colour = "green" if word == "good" else "orange" if word == "short" else "red"
    against = metric.bad if word == "breach" else metric.good
    goal = words.threshold(against or metric.bad, metric.unit)
    return f":{colour}[**{plain(word)}** · {'good is ' if word == 'short' else ''}{plain(goal)}]"


def difference(metric: MetricValue, before: MetricValue | None) -> str | None:
    """The change against the base as text, None when there is none to tell."""
    if before is None or not isinstance(metric.value, float | int) or not isinstance(before.value, float | int):
        return None
    change = float(metric.value) - float(before.value)
    if change == 0:
        return None
    percent = f" ({change / abs(before.value):+.1%})" if before.value and metric.unit != "percent" else ""
    return plain(("+" if change > 0 else "") + write(change, metric.unit)) + percent
