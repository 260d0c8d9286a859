"""The tables and charts beside the figures: by month and by category of a whole, by group, by period."""

from __future__ import annotations

import json
from collections.abc import Sequence

from engine.authors.metrics.changing import by_row, change, row_lines
from engine.authors.metrics.intent import TIME_GRAINS
from engine.authors.metrics.quantities import Writer, available_inputs, closure
from engine.authors.metrics.rating import plain, rating_lines, ratings
from engine.authors.metrics.study import Study, writer_of
from engine.metrics.catalogue import Input, Metric, names_in
from engine.products import QuantityPlan, ViewPlan


def by_month(study: Study, names: Sequence[str]) -> tuple[list[QuantityPlan], list[ViewPlan]]:
    """For a whole: the flows that it is made of by month, and by category where the data have some."""
    flows = available_inputs(study.catalogue, study.mapping, "month")
    entries = [study.catalogue.entries[name] for name in names]
    metrics = [entry for entry in entries if isinstance(entry, Metric)]
    shown = [metric for metric in metrics if "month" in metric.shown_by]
    if not shown:
        return [], []
    unit = shown[0].unit
    shown = [metric for metric in shown if metric.unit == unit]
    writer = writer_of(study, study.parts[0], flows, ("month",))
    quantities = list(writer.quantities(closure(study.catalogue, [metric.name for metric in shown], flows)))
    columns = {metric.short: writer.name(metric.name) for metric in shown}
    label = f"{', '.join(columns)} by month"
    quantities.append(_frame("flows_by_month", columns, f"{label}, {unit}.", ("month",), ""))
    options = {"kind": "line", "x": "month", "y": tuple(columns), "label": label, "unit": unit}
    views = [ViewPlan(kind="Chart", quantity="flows_by_month", options=options)]
    for metric in metrics:
        if "category" in metric.shown_by and _has_categories(study, metric.name, flows):
            more, view = _by_category(study, metric, flows)
            quantities += [quantity for quantity in more if quantity.name not in {q.name for q in quantities}]
            views.append(view)
    units = dict.fromkeys(columns, unit)
    views.append(ViewPlan(kind="Table", quantity="flows_by_month", options={"label": label, "units": units}))
    return quantities, views


def _has_categories(study: Study, name: str, flows: frozenset[str]) -> bool:
    """Whether all that a metric is made of has a category in its rows."""
    entries = (study.catalogue.entries[each] for each in closure(study.catalogue, [name], flows))
    return all(study.mapping.roles[each.role].category for each in entries if isinstance(each, Input))


def _by_category(study: Study, metric: Metric, flows: frozenset[str]) -> tuple[list[QuantityPlan], ViewPlan]:
    """A flow by category, by the same formula as its total, so that the two always agree; largest first."""
    writer = writer_of(study, study.parts[0], flows, ("category",))
    quantities = list(writer.quantities(closure(study.catalogue, (metric.name,), flows)))
    name, short = f"{metric.name}_by_kind", metric.short
    table = _frame(
        name,
        {short: writer.name(metric.name)},
        f"{metric.label} by category, largest first.",
        ("category",),
        f'.sort_values("{short}", ascending=False, ignore_index=True)',
    )
    label = f"{metric.label} by category"
    options = {"kind": "bar", "x": "category", "y": short, "label": label, "unit": metric.unit}
    return [*quantities, table], ViewPlan(kind="Chart", quantity=name, options=options)


def _frame(
    name: str, columns: dict[str, str], definition: str, group: Sequence[str], sort: str, rest: Sequence[str] = ()
) -> QuantityPlan:
    """A table of series side by side, one row a group."""
    pairs = ", ".join(f'"{label}": {quantity}' for label, quantity in columns.items())
    keys = json.dumps(list(group))
    body = [f"table = pd.DataFrame({{{pairs}}}).rename_axis({keys}).reset_index()", *rest, f"return table{sort}"]
    return QuantityPlan(
        name=name,
        arguments=tuple((quantity, "pd.Series") for quantity in columns.values()),
        returns="pd.DataFrame",
        definition=definition,
        body=tuple(body),
    )


def by_group(study: Study, available: frozenset[str]) -> tuple[list[QuantityPlan], list[ViewPlan]]:
    """The table and chart of metrics by group or period, with what thresholds say of each row."""
    intent = study.intent
    quantities: list[QuantityPlan] = []
    columns: dict[str, str] = {}
    rates: dict[str, str] = {}
    writers = _writers(study, available, quantities)
    for name in _table_metrics(study, available):
        columns[study.short(name)] = writers[name].name(name)
        rates[study.short(name)] = name
    for scenario, more in _under_scenarios(study, available, quantities).items():
        name = intent.metrics[0]
        columns[f"{study.short(name)}: {scenario}"] = more.name(name)
        rates[f"{study.short(name)}: {scenario}"] = name
    units = {column: study.catalogue.entries[name].unit for column, name in rates.items()}
    wanted = {column: name for column, name in rates.items() if name in intent.metrics}
    telling = _telling(study, columns)
    table, label = f"{intent.metrics[0]}_table", study.headline if intent.metrics else "Result"
    moved = row_lines(study, telling)
    units.update({"Difference": units[telling], "Change": "percent"} if moved else {})
    rest = [*moved, *_filtering(study, telling), *_marking(study), *rating_lines(study, wanted)]
    quantities.append(_frame(table, columns, f"{label}.", intent.group, _sorting(study, telling), rest))
    views: list[ViewPlan] = []
    if study.pair and len(intent.group) == 1:
        more_quantities, views = change(study, writers)
        quantities += more_quantities
    under = telling.partition(": ")[2]
    series = {name: columns[study.short(name)] for name in intent.metrics}
    counted, said = ratings(study, {**series, intent.metrics[0]: columns[telling]}, under)
    quantities += counted
    views += said
    views.append(ViewPlan(kind="Chart", quantity=table, options=_chart(study, telling)))
    views.append(ViewPlan(kind="Table", quantity=table, options={"label": label, "units": units}))
    return quantities, views


def by_change(
    later: Study, earlier: Study, years: int, available: frozenset[str]
) -> tuple[list[QuantityPlan], list[ViewPlan]]:
    """The table and chart of how the first metric changed in each group."""
    name = later.intent.metrics[0]
    quantities, label, lines, columns = by_row(later, earlier, years, available)
    unit, table = later.catalogue.entries[name].unit, f"{name}_change_table"
    now = next(iter(columns))
    rest = [*lines, *_filtering(later, now), *rating_lines(later, {now: name})]
    quantities.append(_frame(table, columns, f"{later.headline}.", later.intent.group, _sorting(later, label), rest))
    group = [each.replace("_", " ") for each in later.intent.group]
    title = f"{label} of {later.short(name)} by {' and '.join(group)}"
    options = {"kind": "bar", "x": later.intent.group[0], "y": label, "label": title, "unit": "percent"}
    units = {**dict.fromkeys((*columns, "Difference"), unit), label: "percent"}
    views = [ViewPlan(kind="Chart", quantity=table, options=options)]
    views.append(ViewPlan(kind="Table", quantity=table, options={"label": later.headline, "units": units}))
    return quantities, views


def _writers(study: Study, available: frozenset[str], quantities: list[QuantityPlan]) -> dict[str, Writer]:
    """Who writes each entry by group; what they write is added to `quantities`."""
    writers: dict[str, Writer] = {}
    for part in study.rows:
        needed = closure(study.catalogue, part.metrics, available)
        made = writer_of(study, part, available, study.intent.group)
        quantities += made.quantities(needed)
        writers.update({**dict.fromkeys(needed, made), **writers, **dict.fromkeys(part.metrics, made)})
    return writers


def _under_scenarios(study: Study, available: frozenset[str], quantities: list[QuantityPlan]) -> dict[str, Writer]:
    """Who writes the first metric by group under each scenario that is supposed."""
    found = {}
    part = next(part for part in study.rows if study.intent.metrics[0] in part.metrics)
    needed = closure(study.catalogue, study.intent.metrics[:1], available)
    for place, scenario in enumerate(study.intent.what_if.scenarios, 1):
        writer = writer_of(study, part, available, study.intent.group)
        writer.fixed, writer.mark = scenario.values, f"_if_{place}"
        if writer.moved(study.intent.metrics[0]):
            quantities += writer.quantities([name for name in needed if writer.moved(name)])
            found[plain(scenario.name)] = writer
    return found


def _telling(study: Study, columns: dict[str, str]) -> str:
    """The column by which rows are sorted, chosen and counted: that of the one scenario where one is supposed."""
    scenarios = study.intent.what_if.scenarios
    first = study.short(study.intent.metrics[0])
    under = f"{first}: {plain(scenarios[0].name)}" if len(scenarios) == 1 else ""
    return under if under in columns else first


def _marking(study: Study) -> list[str]:
    """The line that says of which periods a part only is looked at."""
    grain = study.intent.grain
    marked = study.window.marked(grain, list(map(len, study.pair))) if grain else {}
    return [f'table["{grain}"] = table["{grain}"].replace({json.dumps(marked)})'] if marked else []


def _table_metrics(study: Study, available: frozenset[str]) -> list[str]:
    """The metrics asked for, then the parts of a single one."""
    wanted = list(study.intent.metrics)
    if len(wanted) == 1:
        formula = study.catalogue.formula(wanted[0], available) or "0"
        wanted += [name for name in names_in(formula) if name not in wanted and name != formula]
    entries = {name: study.catalogue.entries[name] for name in wanted}
    return [n for n, e in entries.items() if isinstance(e, Metric) or (isinstance(e, Input) and not e.series)]


def _sorting(study: Study, first: str) -> str:
    intent = study.intent
    if intent.grain and not intent.order:
        return f".sort_values({list(intent.group)!r}, ignore_index=True)"
    entry = study.catalogue.entries[intent.metrics[0]]
    better = isinstance(entry, Metric) and entry.direction == "higher"
    rising = {"worst": better, "best": not better, "high": False, "low": True}.get(intent.order, False)
    text = f'.sort_values("{first}", ascending={rising}, na_position="last", ignore_index=True)'
    return text + (f".head({intent.limit})" if intent.limit else "")


def _filtering(study: Study, first: str) -> list[str]:
    threshold = study.intent.threshold
    if threshold is None:
        return []
    return [f'table = table[table["{first}"] {threshold.comparison} {threshold.value!r}]']


def _chart(study: Study, first: str) -> dict[str, object]:
    intent = study.intent
    others = [name for name in intent.group if name not in TIME_GRAINS]
    x = intent.grain or others[0]
    series = [name for name in intent.group if name != x]
    options: dict[str, object] = {
        "kind": "line" if intent.grain in ("month", "quarter") else "bar",
        "x": x,
        "y": first,
        "label": study.headline,
        "unit": study.catalogue.entries[intent.metrics[0]].unit,
    }
    metric = study.catalogue.entries[intent.metrics[0]]
    if isinstance(metric, Metric) and not series:
        options.update({key: value for key, value in (("good", metric.good), ("bad", metric.bad)) if value})
    return {**options, "series": series[0]} if series else options
