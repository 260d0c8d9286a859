"""Chance, drawn: a distribution for each driver, their correlations, and how the output spreads."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.errors import EngineError
from engine.products import MetricValue, ParameterValue, Results, Run
from engine.scenarios.whatif import field_of, histories, shown_scale
from runtime.reports import words
from runtime.units import threshold, write
from workbench.analysis import asked, choose
from workbench.drawing import refusal
from workbench.figures import HEIGHT, QUIET, axis
from workbench.foreign import plain, plotted

KINDS = {
    "none": "stays",
    "normal": "normal",
    "lognormal": "lognormal",
    "triangular": "triangular",
    "pert": "PERT",
    "uniform": "uniform",
    "discrete": "discrete",
    "history": "from history",
}
# The numbers of each kind, as (name, label).
NUMBERS = {
    "normal": (("mean", "mean"), ("sd", "standard deviation")),
    "lognormal": (("mean", "mean of the logarithm"), ("sd", "its standard deviation")),
    "triangular": (("low", "low"), ("mode", "most likely"), ("high", "high")),
    "pert": (("low", "low"), ("mode", "most likely"), ("high", "high")),
    "uniform": (("low", "low"), ("high", "high")),
}
VARYING = ("revenue_change", "expense_change")
DRAWS = (1_024, 4_096, 16_384, 65_536)
TINT, BEHIND = "#0f766e", "#b4bccb"
Given = dict[str, Any]


class Fields:
    """Where a refusal is said: at the driver it concerns, else below all."""

    def __init__(self) -> None:
        self.places: dict[str, Any] = {}

    def say(self, error: EngineError) -> None:
        """The refusal, at its field."""
        place = self.places.get(field_of(error.message).partition(" ")[0])
        if place is None:
            refusal(error)
        else:
            place.error(f"{plain(error.message)} {plain(error.hint)}", icon=":material/error:")


def chance(run: Run, results: Results) -> None:
    """How likely the output is what, when drivers vary."""
    fields = Fields()
    distributions = {}
    columns = st.columns(2)
    for place, parameter in enumerate(results.parameters):
        with columns[place % 2].container(border=True):
            given = distribution(parameter, histories(results))
            fields.places[parameter.name] = st.empty()
        if given:
            distributions[parameter.name] = given
    labels = {parameter.name: parameter.label for parameter in results.parameters}
    correlated = correlations(list(distributions), labels, fields)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = choose(results, "chance_output")
        draws = st.selectbox("Draws", DRAWS, index=1, format_func="{:,}".format, key="draws")
        seed = int(st.number_input("Seed", value=20240, step=1, min_value=0, key="seed"))
    fields.places["seed"] = fields.places["draws"] = st.empty()
    if metric is None:
        return
    if not distributions:
        st.info("Every driver stays, so nothing is left to chance. Give one a distribution.")
        return
    question = {
        "kind": "monte_carlo",
        "distributions": distributions,
        "correlations": correlated,
        "draws": draws,
        "seed": seed,
        "outputs": [metric.name],
    }
    job = asked(run, question)
    if job is not None and job.error is not None:
        fields.say(job.error)
    elif job is not None:
        draw(metric, job.result, labels)


def distribution(parameter: ParameterValue, known: Mapping[str, tuple[float, ...]]) -> Given | None:
    """A distribution for a driver, in the units that people read; None when it stays."""
    name, kinds = parameter.name, list(KINDS)
    first = "normal" if name in VARYING else "none"
    kind = st.selectbox(
        plain(parameter.label), kinds, index=kinds.index(first), format_func=KINDS.__getitem__, key=f"d_{name}"
    )
    if kind == "none":
        return None
    if kind == "discrete":
        return discrete(parameter)
    if kind == "history":
        return history(parameter, known)
    scale = 1.0 if kind == "lognormal" else shown_scale(parameter)
    unit = " (%)" if scale == 100 else ""
    given: Given = {"kind": kind}
    for (field, label), column in zip(NUMBERS[kind], st.columns(len(NUMBERS[kind])), strict=True):
        start = _start(parameter, kind, field)
        value = column.number_input(
            f"{plain(label)}{unit}", value=start * scale, key=f"{field}_{kind}_{name}", format="%.4g"
        )
        given[field] = round(value / scale, 12)
    return given


def _start(parameter: ParameterValue, kind: str, field: str) -> float:
    """What a number is before anyone changed it: a twentieth of the driver's range around its base."""
    reach = (parameter.high - parameter.low) / 20
    if kind == "lognormal":
        return {"mean": -3.0, "sd": 0.5}[field]
    return {"sd": reach, "low": parameter.default - reach, "high": parameter.default + reach}.get(
        field, parameter.default
    )


def discrete(parameter: ParameterValue) -> Given:
    """Values and how often each comes, typed as lists."""
    scale = shown_scale(parameter)
    unit = " (%)" if scale == 100 else ""
    reach = (parameter.high - parameter.low) / 20
    usual = "; ".join(f"{(parameter.default + step * reach) * scale:g}" for step in (-1, 0, 1))
    values = st.text_input(f"values{unit}, parted by ;", value=usual, key=f"values_{parameter.name}")
    weights = st.text_input("weights, parted by ;", value="1; 2; 1", key=f"weights_{parameter.name}")
    return {"kind": "discrete", "values": _listed(values, scale), "weights": _listed(weights, 1.0)}


def history(parameter: ParameterValue, known: Mapping[str, tuple[float, ...]]) -> Given:
    """Values as they came before: typed, or the changes of a figure that the answer shows over time."""
    scale = shown_scale(parameter)
    offered = [*known, "typed"] if scale == 100 else ["typed"]
    source = st.selectbox("values", offered, key=f"history_{parameter.name}", format_func=_source)
    if source in known:
        st.caption(f"{len(known[source])} changes, {min(known[source]):+.1%} to {max(known[source]):+.1%}.")
        return {"kind": "history", "values": list(known[source])}
    text = st.text_input(
        f"values{' (%)' if scale == 100 else ''}, parted by ;", key=f"seen_{parameter.name}", placeholder="-2; 0.5; 3"
    )
    return {"kind": "history", "values": _listed(text, scale)}


def _source(name: str) -> str:
    return name if name == "typed" else f"changes of {name}"


def _listed(text: str, scale: float) -> list[float | str]:
    """The numbers of a list; what is none stays as it is, for the refusal to name."""
    found: list[float | str] = []
    for part in filter(None, (part.strip() for part in text.replace("%", "").split(";"))):
        try:
            found.append(float(part) / scale)
        except ValueError:
            found.append(part)
    return found


def correlations(names: Sequence[str], labels: Mapping[str, str], fields: Fields) -> list[list[Any]]:
    """The rank correlation of each pair of drivers that vary; pairs at zero are left out."""
    pairs = list(itertools.combinations(names, 2))
    if not pairs:
        return []
    with st.expander("Correlations between drivers", icon=":material/join_inner:"):
        rows = pd.DataFrame(
            [{"driver": labels[one], "and": labels[other], "rank correlation": 0.0} for one, other in pairs]
        )
        number = st.column_config.NumberColumn("rank correlation", step=0.05, format="%.2f")
        edited = st.data_editor(
            rows, hide_index=True, disabled=["driver", "and"], column_config={"rank correlation": number},
            key=f"correlations-{'-'.join(names)}",
        )  # fmt: skip
        fields.places["correlations"] = st.empty()
    values = [0.0 if pd.isna(value) else float(value) for value in edited["rank correlation"]]
    return [[one, other, value] for (one, other), value in zip(pairs, values, strict=True) if value]


def draw(metric: MetricValue, answer: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    """How the output spreads: its points, the chance of a breach, what drives it, and whether it has settled."""
    told = answer["outputs"][0]
    if "mean" not in told:
        st.warning(f"{plain(metric.label)} has no value in any draw.")
        return
    _cards(metric, told)
    plotted(histogram(metric, told), key="histogram", alt=f"Distribution of {metric.label}", config=QUIET)
    left, right = st.columns(2)
    shares = ", ".join(f"{labels[row['driver']]} {row['share']:.0%}" for row in told["spread"])
    with left.container(border=True):
        st.markdown("**What drives the spread**")
        plotted(spread(told["spread"], labels), key="spread", alt=f"What drives it: {shares}", config=QUIET)
    last = told["convergence"][-1]
    with right.container(border=True):
        st.markdown("**Whether it has settled**")
        words = f"Mean after {last['draws']:,} draws: {write(last['mean'], metric.unit)}"
        plotted(convergence(metric, told["convergence"]), key="convergence", alt=words, config=QUIET)
    st.caption(plain(_words(answer, told, labels)))


def _cards(metric: MetricValue, told: Mapping[str, Any]) -> None:
    points = told["percentiles"]
    shown = {
        "Mean": told["mean"],
        "Standard deviation": told["sd"],
        "5 % are below": points["5"],
        "5 % are above": points["95"],
    }  # fmt: skip
    with st.grid(columns="auto", min_column_width=150, gap="small"):
        for name, value in shown.items():
            st.metric(plain(name), plain(write(value, metric.unit)), border=True)
        if told["breach"]:
            low, high = told["breach"]["interval"]
            st.metric(
                f"Misses {plain(told['breach']['threshold'])}",
                f"{told['breach']['probability']:.1%}",
                delta=f"{low:.1%} to {high:.1%}",
                delta_color="off",
                delta_arrow="off",
                help="With its 95 % interval.",
                border=True,
            )


def _words(answer: Mapping[str, Any], told: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    outside = [
        f"{share:.1%} of the draws of {labels[name]} lie outside its bounds."
        for name, share in answer["outside_bounds"].items()
        if share
    ]
    failed = [f"{told['failed']:.1%} of the draws gave no number."] if told["failed"] else []
    return " ".join([f"{answer['draws']:,} draws, seed {answer['seed']}.", *failed, *outside])


def histogram(metric: MetricValue, told: Mapping[str, Any]) -> go.Figure:
    """How often the output fell where, with the base and the threshold as lines."""
    edges, counts = told["histogram"]["edges"], told["histogram"]["counts"]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    figure = go.Figure(go.Bar(x=middles, y=counts, width=(edges[1] - edges[0]) if len(edges) > 1 else None))
    figure.update_traces(marker={"color": TINT})
    figure.add_vline(x=told["base"], line_dash="dot", annotation_text="base")
    if metric.good:
        figure.add_vline(
            x=threshold(metric.good)[1], line_dash="dash", annotation_text=words.threshold(metric.good, metric.unit)
        )
    figure.update_layout(
        height=HEIGHT,
        bargap=0.02,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        xaxis=axis(metric.unit, edges),
        yaxis={"title": "draws"},
    )
    return figure


def spread(rows: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> go.Figure:
    """Each driver's share of the spread, the largest on top."""
    figure = go.Figure(
        go.Bar(
            y=[labels[row["driver"]] for row in rows], x=[row["share"] for row in rows], orientation="h",
            text=[f"{row['share']:.0%} (rank correlation {row['rank']:+.2f})" for row in rows], textposition="auto",
            marker={"color": TINT},
        )
    )  # fmt: skip
    figure.update_layout(
        height=max(150, 44 * len(rows) + 50),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"tickformat": ".0%", "range": [0, 1]},
        yaxis={"autorange": "reversed", "automargin": True, "type": "category"},
    )
    return figure


def convergence(metric: MetricValue, steps: Sequence[Mapping[str, Any]]) -> go.Figure:
    """The mean, and the band of nine in ten draws, as draws double."""
    across = [step["draws"] for step in steps]
    figure = go.Figure()
    for key, fill in (("95", None), ("5", "tonexty")):
        figure.add_scatter(
            x=across, y=[step[key] for step in steps], mode="lines", line={"width": 0}, fill=fill, name="9 in 10 draws",
            fillcolor="rgba(15, 118, 110, .14)", showlegend=key == "5",
        )  # fmt: skip
    figure.add_scatter(
        x=across, y=[step["mean"] for step in steps], mode="lines+markers", name="mean", line={"color": TINT}
    )
    figure.update_layout(
        height=200,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.15},
        xaxis={"type": "log", "title": "draws", "tickvals": across, "ticktext": [f"{count:,}" for count in across]},
        yaxis=axis(metric.unit, [step["95"] for step in steps]),
    )
    return figure
