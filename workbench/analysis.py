"""What-if beyond scenarios, drawn: the tornado, a two-way table, reaching a target, and chance."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from engine.products import MetricValue, ParameterValue, Results, Run
from engine.scenarios.whatif import elasticity, shown_scale
from runtime.units import threshold, write
from workbench import background
from workbench.drawing import refusal
from workbench.figures import HEIGHT, TICKS, axis
from workbench.foreign import plain, plotted
from workbench.look import look
from workbench.process import kit


def ask(run: Run, question: dict[str, Any]) -> dict[str, Any] | None:
    """The answer of the run's sandbox; None when it was refused, which is said, or is not there yet."""
    job = asked(run, question)
    if job is not None and job.error is not None:
        refusal(job.error)
    found: dict[str, Any] | None = job.result if job is not None else None
    return found


def asked(run: Run, question: dict[str, Any]) -> background.Job | None:
    """The question, answered or refused; None while a slow model is still at it, which is followed by a bar."""
    return background.soon(
        json.dumps([run.id, question]),
        lambda tell, cancelled: kit().sessions.what_if(run, question, tell, cancelled),
        "Evaluated",
    )


def choose(results: Results, key: str) -> MetricValue | None:
    """One of the metrics that are numbers."""
    metrics = {metric.name: metric for metric in results.metrics if isinstance(metric.value, float | int)}
    if not metrics:
        st.info("This answer has no number to look at.")
        return None
    name = st.selectbox("Output", list(metrics), format_func=lambda name: metrics[name].label, key=key)
    return metrics[name]


def matters(run: Run, results: Results) -> None:
    """Which driver moves the output most, and the output over two drivers at once."""
    metric = choose(results, "tornado_output")
    answer = metric and ask(run, {"kind": "tornado", "output": metric.name})
    if not metric or not answer:
        return
    units = {parameter.name: parameter.unit for parameter in results.parameters}
    plotted(_tornado(metric, units, answer), key="tornado", alt=f"Tornado of {metric.label}")
    st.caption("Each driver a fifth of the way to its bounds, the others at their base values.")
    bars = [{"driver": bar["label"], **_bar_text(metric, units[bar["driver"]], bar)} for bar in answer["bars"]]
    st.dataframe(bars, hide_index=True, key="elasticities")
    if answer["without_effect"]:
        st.caption(f"Without effect on {plain(metric.label)}: {plain(', '.join(answer['without_effect']))}")
    _variance(run, metric)
    names = [bar["driver"] for bar in answer["bars"]]
    if len(names) > 1:
        table = ask(run, {"kind": "grid", "output": metric.name, "x": names[0], "y": names[1]})
        if table:
            labels = {parameter.name: parameter.label for parameter in results.parameters}
            st.markdown(f"**{plain(metric.label)} over {plain(labels[names[0]])} and {plain(labels[names[1]])}**")
            plotted(_heat(metric, units, labels, table), key="heat", alt=f"{metric.label} over two drivers")


def _bar_text(metric: MetricValue, unit: str, bar: dict[str, Any]) -> dict[str, str]:
    return {
        "range": f"{write(bar['low'], unit)} to {write(bar['high'], unit)}",
        metric.label: f"{write(bar['at_low'], metric.unit)} to {write(bar['at_high'], metric.unit)}",
        "elasticity": elasticity(bar["elasticity"], unit),
    }


def _variance(run: Run, metric: MetricValue) -> None:
    """What share of the output's variance each driver makes over the same ranges: computed when asked."""
    if not st.toggle("What makes its variance (Sobol indices)", key="sobol"):
        return
    answer = ask(run, {"kind": "sobol", "output": metric.name})
    if not answer:
        return
    figure = go.Figure()
    rows = list(reversed(answer["rows"]))
    for key, name in (("total", "with all others"), ("first", "alone")):
        figure.add_bar(
            y=[row["label"] for row in rows], x=[row[key] for row in rows], orientation="h", name=name,
            text=[f"{row[key]:.1%}" for row in rows], textposition="inside", insidetextanchor="start",
            error_x={
                "array": [row[f"{key}_interval"][1] - row[key] for row in rows],
                "arrayminus": [row[key] - row[f"{key}_interval"][0] for row in rows],
            },
        )  # fmt: skip
    figure.update_layout(
        height=max(HEIGHT, 70 * len(rows) + 80),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.1, "traceorder": "reversed"},
        xaxis={"tickformat": ".0%", "rangemode": "tozero"},
        yaxis={"automargin": True},
    )
    spoken = ", ".join(f"{row['label']} {row['first']:.0%} alone, {row['total']:.0%} in all" for row in answer["rows"])
    plotted(figure, key="sobol-chart", alt=f"Variance of {metric.label}: {spoken}")
    st.caption(
        f"Every driver even over the range above. {answer['evaluations']:,} evaluations, seed {answer['seed']:d}."
        f" Beyond each driver alone: {answer['interaction']:.1%}. Whiskers are 95 % intervals."
    )


def _tornado(metric: MetricValue, units: dict[str, str], answer: dict[str, Any]) -> go.Figure:
    bars = list(reversed(answer["bars"]))
    base = answer["base"]
    figure = go.Figure()
    for end in ("low", "high"):
        values = [bar[f"at_{end}"] for bar in bars]
        figure.add_bar(
            y=[bar["label"] for bar in bars],
            x=[None if value is None else value - base for value in values],
            base=base,
            orientation="h",
            name=f"driver {end}",
            text=[f"{write(bar[end], units[bar['driver']])}: {write(bar[f'at_{end}'], metric.unit)}" for bar in bars],
            textposition="inside",
        )
    figure.add_vline(x=base, line_dash="dot")
    figure.update_layout(
        barmode="overlay",
        height=max(HEIGHT, 70 * len(bars) + 80),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.1},
        xaxis=axis(metric.unit, [bar[f"at_{end}"] for bar in bars for end in ("low", "high")]),
        yaxis={"automargin": True},
    )
    return figure


def _heat(metric: MetricValue, units: dict[str, str], labels: dict[str, str], table: dict[str, Any]) -> go.Figure:
    x, y = table["x"], table["y"]
    figure = go.Figure(
        go.Heatmap(
            x=[write(value, units[x]) for value in table["x_values"]],
            y=[write(value, units[y]) for value in table["y_values"]],
            z=table["rows"],
            text=[[write(value, metric.unit) for value in row] for row in table["rows"]],
            texttemplate="%{text}",
            colorscale="RdYlGn" if metric.good.startswith(">") else "RdYlGn_r" if metric.good else "Blues",
            zmid=threshold(metric.good)[1] if metric.good else None,
            showscale=False,
        )
    )
    figure.update_layout(
        height=460,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"title": labels[x], "type": "category"},
        yaxis={"title": labels[y], "type": "category"},
    )
    return figure


def target(run: Run, results: Results) -> None:
    """What each driver alone would have to be for the output to reach a target."""
    metric = choose(results, "goal_output")
    if metric is None:
        return
    start = threshold(metric.good)[1] if metric.good else float(metric.value or 0)
    scale = 100.0 if metric.unit == "percent" else 1.0
    wanted = st.number_input(
        f"Target for {plain(metric.label)}{' (%)' if scale == 100 else ''}",
        value=start * scale,
        key=f"target-{metric.name}",
    )
    answer = ask(run, {"kind": "break_even", "output": metric.name, "target": wanted / scale})
    if not answer:
        return
    parameters = {parameter.name: parameter for parameter in results.parameters}
    rows = []
    for row in answer["rows"]:
        unit = parameters[row["driver"]].unit
        found = " or ".join(write(value, unit) for value in row["solutions"])
        nearest = row["nearest"]
        none = f"not within its bounds; nearest {write(nearest['output'], metric.unit)}" if nearest else "no value"
        rows.append({"driver": row["label"], f"for {write(answer['target'], metric.unit)}": found or none})
    st.dataframe(rows, hide_index=True, key="goals")
    st.caption("Each driver alone, the others at their base values.")
    _one_driver(run, metric, answer["target"], [parameters[row["driver"]] for row in answer["rows"]])


def _one_driver(run: Run, metric: MetricValue, wanted: float, drivers: list[ParameterValue]) -> None:
    """Every value of one driver that reaches the target between bounds of one's own, on the curve of the output."""
    labels = {driver.name: driver for driver in drivers}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Driver", list(labels), format_func=lambda key: labels[key].label, key="goal_driver")
        driver = labels[name]
        scale = shown_scale(driver)
        unit = " (%)" if scale == 100 else ""
        low = st.number_input(f"From{unit}", value=driver.low * scale, key=f"goal_low_{name}") / scale
        high = st.number_input(f"To{unit}", value=driver.high * scale, key=f"goal_high_{name}") / scale
    question = {"output": metric.name, "target": wanted, "driver": name, "low": low, "high": high}
    answer = ask(run, {"kind": "goal_seek", **question})
    if not answer:
        return
    found = [write(value, driver.unit) for value in answer["solutions"]]
    reached = f"{metric.label} is {write(wanted, metric.unit)}"
    if found:
        several = f"{len(found)} solutions: " if len(found) > 1 else ""
        st.success(plain(f"{several}{reached} at {driver.label} {' and '.join(found)}."), icon=":material/flag:")
    else:
        st.warning(plain(_none_found(metric, driver, reached, answer)), icon=":material/search_off:")
    places = [low + (high - low) * step / 40 for step in range(41)]
    curve = ask(run, {"kind": "grid", "output": metric.name, "x": name, "x_values": places})
    if curve:
        spoken = ", ".join(found) or "nowhere"
        figure = _curve(metric, driver, wanted, curve, answer["solutions"])
        plotted(figure, key="goal-curve", alt=f"{metric.label} over {driver.label}: the target at {spoken}")


def _none_found(metric: MetricValue, driver: ParameterValue, reached: str, answer: dict[str, Any]) -> str:
    low, high = (write(value, driver.unit) for value in answer["bounds"])
    nearest = answer["nearest"]
    near = (
        f" The nearest is {write(nearest['output'], metric.unit)} at {write(nearest['value'], driver.unit)}."
        if nearest
        else " There is no value in between."
    )
    return f"No {driver.label} from {low} to {high} brings it about that {reached}.{near}"


def _curve(
    metric: MetricValue, driver: ParameterValue, wanted: float, curve: dict[str, Any], solutions: list[float]
) -> go.Figure:
    colours = look()
    figure = go.Figure(
        go.Scatter(
            x=curve["x_values"], y=curve["rows"][0], mode="lines", name=metric.label, line={"color": colours.tints[0]}
        )
    )
    figure.add_hline(y=wanted, line={"dash": "dash", "color": colours.quiet}, annotation_text="target")
    figure.add_scatter(
        x=solutions,
        y=[wanted] * len(solutions),
        mode="markers",
        marker={"size": 11, "color": colours.breach},
        name="solution",
    )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 16, "b": 8},
        showlegend=False,
        xaxis={"title": driver.label, "tickformat": TICKS.get(driver.unit, "")},
        yaxis=axis(metric.unit, curve["rows"][0]),
    )
    return figure
