"""From an analysis to a plan: one SELECT, quantities over its rows, and the views that read well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.authors.analytics.grain import adds_over
from engine.authors.analytics.query import Bucket, Measure, Output, Query, Separate
from engine.authors.analytics.rendering import render, takes_medians
from engine.products import Plan, QuantityPlan, SourcePlan, ViewPlan

if TYPE_CHECKING:
    from engine.authors.analytics.author import Analysis
    from engine.authors.base import Ground

_ROWS = (("rows", "pd.DataFrame"),)
_FRAME = "pd.DataFrame"
_ADDITIVE = ("count", "sum")


def plan_for(analysis: Analysis, ground: Ground) -> Plan:
    """The plan of an analysis in the dialect of its database."""
    query = analysis.query
    sql, bound = render(query, ground.schema)
    source = SourcePlan(name="rows", reads=analysis.sentence, sql=sql, bound=bound, place=ground.place)
    local_median = bool(query.medians) and not takes_medians(ground.schema.dialect)
    if query.scalar:
        quantities, view = _scalars(query, local_median)
    else:
        quantities, view = _tables(query, local_median, ground)
    return Plan(
        title=analysis.title,
        summary=analysis.sentence,
        sources=(source,),
        quantities=quantities,
        view=view,
        assumptions=analysis.assumptions,
    )


def _scalars(query: Query, local_median: bool) -> tuple[tuple[QuantityPlan, ...], tuple[ViewPlan, ...]]:
    quantities, view = [], []
    for output in query.outputs:
        if not output.shown:
            continue
        quantities.append(_scalar(output, local_median))
        view.append(ViewPlan(kind="Metric", quantity=output.name, options=_labelled(output)))
    return tuple(quantities), tuple(view)


def _scalar(output: Output, local_median: bool) -> QuantityPlan:
    taken = f'rows["{output.name}"].median()' if local_median else f'rows["{output.name}"].iloc[0]'
    temporal = isinstance(output.value, Measure) and output.value.column is not None and output.unit == "date"
    if temporal:
        body: tuple[str, ...] = (
            f'value = rows["{output.name}"].iloc[0]',
            'return "" if pd.isna(value) else str(value)[:10]',
        )
    else:
        body = (f"value = {taken}", 'return float("nan") if pd.isna(value) else float(value)')
    return QuantityPlan(
        name=output.name,
        arguments=_ROWS,
        returns="str" if temporal else "float",
        definition=f"{output.label}{_unit_words(output)}.",
        body=body,
    )


def _tables(query: Query, local_median: bool, ground: Ground) -> tuple[tuple[QuantityPlan, ...], tuple[ViewPlan, ...]]:
    shown = [output for output in query.outputs if output.shown]
    names = [output.name for output in shown]
    body = _grouped_median(query) if local_median else (f"return rows[{_listed(names)}]",)
    table = QuantityPlan(
        name="result", arguments=_ROWS, returns=_FRAME, definition=f"{', '.join(o.label for o in shown)}.", body=body
    )
    quantities, view = [table], []
    for output in _headlines(query, ground):
        quantity = _total(output) if not query.ties else _best(output)
        quantities.append(quantity)
        view.append(ViewPlan(kind="Metric", quantity=quantity.name, options=_labelled(output)))
    if (chart := _chart(query, shown)) is not None:
        view.append(chart)
    units = {output.name: output.unit for output in shown if output.unit}
    options = {"label": "Result", **({"units": units} if units else {})}
    return tuple(quantities), (*view, ViewPlan(kind="Table", quantity="result", options=options))


def _grouped_median(query: Query) -> tuple[str, ...]:
    by = [output.name for output in query.outputs if not output.is_measure and output.shown]
    medians = [output.name for output in query.medians]
    return (
        f"medians = rows.groupby({_listed(by)}, as_index=False)[{_listed(medians)}].median()",
        f'return medians.sort_values("{medians[0]}", ascending=False, ignore_index=True)',
    )


def _headlines(query: Query, ground: Ground) -> list[Output]:
    """Numbers worth standing above the table: totals of what adds up, the measure of the one best row."""
    if query.ties:
        return [output for output in query.outputs if not output.shown]
    if query.limit is not None or not query.grouped or query.having:
        return []
    measures = [output for output in query.outputs if output.is_measure and output.shown]
    return [output for output in measures if _additive(output) and adds_over(query, output.name, ground)]


def _additive(output: Output) -> bool:
    value = output.value.measure if isinstance(output.value, Separate) else output.value
    return isinstance(value, Measure) and value.function in _ADDITIVE and not value.distinct


def _total(output: Output) -> QuantityPlan:
    return QuantityPlan(
        name=f"all_{output.name}",
        arguments=_ROWS,
        returns="float",
        definition=f"{output.label} over all groups{_unit_words(output)}.",
        body=(f'return float(rows["{output.name}"].sum())',),
    )


def _best(output: Output) -> QuantityPlan:
    return QuantityPlan(
        name=f"best_{output.name}",
        arguments=_ROWS,
        returns="float",
        definition=f"{output.label} of the first row{_unit_words(output)}.",
        body=(
            f'values = pd.to_numeric(rows["{output.name}"], errors="coerce")',
            'return float(values.iloc[0]) if len(values) else float("nan")',
        ),
    )


def _chart(query: Query, shown: list[Output]) -> ViewPlan | None:
    """A line over time, bars over groups; nothing where one axis would not tell the rows apart."""
    measures = [output for output in shown if output.is_measure]
    dimensions = [output for output in shown if not output.is_measure]
    if not measures or not query.grouped or not 1 <= len(dimensions) <= 2 or query.ties:
        return None
    times = [output for output in dimensions if isinstance(output.value, Bucket)]
    others = [output for output in dimensions if output not in times]
    if len(dimensions) == 2 and not times:
        return None
    x = times[0] if times else dimensions[0]
    options: dict[str, object] = {
        "kind": "line" if times else "bar",
        "x": x.name,
        "y": measures[0].name,
        "label": f"{measures[0].label} by {x.label.lower()}",
    }
    if times and others:
        options["series"] = others[0].name
    if measures[0].unit:
        options["unit"] = measures[0].unit
    return ViewPlan(kind="Chart", quantity="result", options=options)


def _labelled(output: Output) -> dict[str, str]:
    return {"label": output.label, **({"unit": output.unit} if output.unit not in ("", "date") else {})}


def _unit_words(output: Output) -> str:
    return f", {output.unit}" if output.unit and output.unit != "count" else ""


def _listed(names: list[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
