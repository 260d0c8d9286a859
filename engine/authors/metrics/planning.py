"""Plans the script of an intent: whole, by group, or a known listing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from engine.authors.base import Declined, Ground
from engine.authors.metrics import listings
from engine.authors.metrics.facts import Facts, Scope
from engine.authors.metrics.intent import TIME_GRAINS, Intent
from engine.authors.metrics.quantities import Writer, available_inputs, closure, drivers, parameters, sources
from engine.authors.metrics.window import Window, find_window
from engine.catalogue import Catalogue, Input, Metric, Report
from engine.mapping import DatabaseMapping, RoleKind
from engine.products import Plan, QuantityPlan, ViewPlan, WhatIf

MONTHLY = ("effective_gross_income", "operating_expenses", "noi")


@dataclass(frozen=True)
class Study:
    """All that planning one intent stands on."""

    intent: Intent
    catalogue: Catalogue
    mapping: DatabaseMapping
    facts: Facts
    window: Window

    @property
    def headline(self) -> str:
        """What and for whom: 'DSCR for Orlando Fashion Square'."""
        names = [self.short(name) for name in self.intent.metrics]
        what = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else ""
        by = [name.replace("_", " ") for name in self.intent.group]
        text = what + (f" by {' and '.join(by)}" if by else "")
        return f"{text} for {self.intent.scope}" if self.intent.scope else text

    def short(self, name: str) -> str:
        """The short label of an entry."""
        entry = self.catalogue.entries[name]
        return entry.short if isinstance(entry, Metric) else entry.label


def plan(intent: Intent, ground: Ground, catalogue: Catalogue, mapping: DatabaseMapping) -> Plan | Declined:
    """The plan, or why there is none: a metric that the data cannot give, a period it does not hold."""
    window = find_window(intent, ground, mapping)
    if isinstance(window, Declined):
        return window
    scope = Scope(
        filters=intent.filters,
        group=intent.group,
        grain=intent.grain,
        start=window.start.isoformat(),
        end=window.end.isoformat(),
        as_of=window.as_of.isoformat(),
    )
    report = catalogue.entries[intent.report] if intent.report else None
    if isinstance(report, Report) and report.shape == "overview":
        available = available_inputs(catalogue, mapping, "")
        metrics = tuple(name for name in report.metrics if catalogue.reachable(name, available))
        group = intent.group or (mapping.entity.name,)
        intent = intent.model_copy(update={"metrics": metrics, "group": group})
        scope = Scope(intent.filters, group, intent.grain, scope.start, scope.end, scope.as_of)
    study = Study(intent, catalogue, mapping, Facts(mapping, ground.schema, scope), window)
    listed = isinstance(report, Report) and report.shape != "overview"
    counted = set(intent.metrics) <= {"occupancy", "vacancy"} and intent.grain
    if (listed or counted) and intent.what_if != WhatIf():
        return Declined(reason="A list has no drivers, so nothing can be supposed of it.")
    if isinstance(report, Report) and report.shape != "overview":
        return listings.plan_listing(report, intent, study.facts, mapping, window)
    if counted:
        return listings.plan_occupancy(intent, study.facts, mapping, window)
    return _plan_metrics(study)


def _plan_metrics(study: Study) -> Plan | Declined:
    intent, catalogue = study.intent, study.catalogue
    available = available_inputs(catalogue, study.mapping, intent.grain)
    missing = _missing(study, available)
    if missing is not None:
        return missing
    names = closure(catalogue, intent.metrics, available)
    mixed = _mixes(study, names)
    if mixed and study.window.months != 12:
        return Declined(
            reason=f"{study.short(intent.metrics[0])} compares a year's flow with a balance, so it needs a period"
            f" of twelve months; {study.window.label} has {study.window.months}."
        )
    whole = Writer(catalogue, study.mapping, study.facts, available)
    quantities = list(whole.quantities(names))
    views = _metric_views(study, names)
    if intent.group:
        more, shown = _by_group(study, names, available)
    else:
        more, shown = _by_month(study, names, available)
    found = drivers(catalogue, names)
    immovable = _immovable(study, [driver.name for driver in found])
    if immovable is not None:
        return immovable
    return Plan(
        title=catalogue.entries[intent.report].label if intent.report else study.headline,
        summary=_summary(study, names),
        sources=sources(catalogue, study.mapping, study.facts, names),
        parameters=parameters(found),
        quantities=(*quantities, *more),
        view=_ordered(intent, (*views, *shown)),
        assumptions=(*study.window.assumptions, *_notes(study, names), *(d.assumption for d in found if d.assumption)),
        what_if=intent.what_if,
    )


def _ordered(intent: Intent, views: Sequence[ViewPlan]) -> tuple[ViewPlan, ...]:
    """The count first when it is asked how many."""
    if not intent.counting:
        return tuple(views)
    wanted = f"_in_question{'_share' if intent.counting == 'share' else ''}"
    return tuple(sorted(views, key=lambda view: not view.quantity.endswith(wanted)))


def _missing(study: Study, available: frozenset[str]) -> Declined | None:
    """Why a metric cannot be had: no column plays a role, or a balance is known only as it stands."""
    grain = study.intent.grain
    for name in study.intent.metrics:
        lacking = study.catalogue.lacking(name, available)
        if not lacking:
            continue
        label, needed = study.catalogue.entries[name].label, ", ".join(lacking).lower()
        if grain and not study.catalogue.lacking(name, available_inputs(study.catalogue, study.mapping, "")):
            return Declined(reason=f"{label} by {grain} needs {needed}, which is known only as it stands today.")
        return Declined(reason=f"{label} needs {needed}, and no column of this database plays that role.")
    return None


def _immovable(study: Study, known: Sequence[str]) -> Declined | None:
    """Why something cannot be supposed of these metrics: what shall change does not enter them."""
    entries = study.catalogue.entries
    for name in study.intent.what_if.drivers:
        if name not in known:
            asked = " and ".join(study.short(metric) for metric in study.intent.metrics)
            labels = ", ".join(entries[each].label for each in known) or "none"
            return Declined(reason=f"{entries[name].label} does not enter {asked}. The drivers are: {labels}.")
    return None


def _mixes(study: Study, names: Sequence[str]) -> bool:
    """Whether a ratio of a flow and a balance is among the metrics asked for."""
    kinds = set()
    for name in names:
        entry = study.catalogue.entries[name]
        if isinstance(entry, Input) and entry.name != "loan_balance":
            kinds.add(study.mapping.roles[entry.role].kind is RoleKind.FLOW)
    ratio = any(study.catalogue.entries[name].unit in ("percent", "USD/sqft") for name in study.intent.metrics)
    return ratio and (kinds == {True, False} or "debt_yield" in study.intent.metrics)


def _metric_views(study: Study, names: Sequence[str]) -> list[ViewPlan]:
    """The metrics asked for first, then the metrics they are made of."""
    parts = [name for name in reversed(names) if isinstance(study.catalogue.entries[name], Metric)]
    shown = [*study.intent.metrics, *(() if study.intent.group else parts)]
    views = []
    for name in dict.fromkeys(shown):
        entry = study.catalogue.entries[name]
        options = {"label": study.short(name), "unit": entry.unit}
        if isinstance(entry, Metric):
            options.update({key: value for key, value in (("good", entry.good), ("bad", entry.bad)) if value})
        views.append(ViewPlan(kind="Metric", quantity=name, options=options))
    return views


def _notes(study: Study, names: Sequence[str]) -> list[str]:
    notes = []
    for name in study.intent.metrics:
        entry = study.catalogue.entries[name]
        if isinstance(entry, Metric):
            notes.append(
                f"{entry.short} is {entry.definition[:1].lower()}{entry.definition[1:]} Source: {entry.source}."
            )
    if any(isinstance(study.catalogue.entries[name], Input) and name == "appraised_value" for name in names):
        notes.append(f"Values are the latest valuations on record by {study.window.as_of.isoformat()}.")
    if study.intent.start and any(_is_balance(study, name) for name in names):
        notes.append(f"Loan balances and areas are those on record today, not those of {study.window.label}.")
    if study.intent.group and any(
        study.catalogue.entries[name].unit in ("x", "percent") for name in study.intent.metrics
    ):
        notes.append("The figure of the whole divides sums; it is not the average of the rows.")
    if study.intent.group and study.intent.what_if != WhatIf():
        notes.append("What is supposed is computed for the figures of the whole, not for each row of the table.")
    return notes


def _is_balance(study: Study, name: str) -> bool:
    entry = study.catalogue.entries[name]
    return isinstance(entry, Input) and study.mapping.roles[entry.role].kind is RoleKind.STOCK


def _summary(study: Study, names: Sequence[str]) -> str:
    roles = {e.role for e in (study.catalogue.entries[n] for n in names) if isinstance(e, Input)}
    tables = dict.fromkeys(study.mapping.roles[role].table.replace("_", " ") for role in sorted(roles))
    whom = study.intent.scope or f"all {study.mapping.entity.plural}"
    available = available_inputs(study.catalogue, study.mapping, study.intent.grain)
    formulas = "; ".join(
        f"{study.short(name)} = {study.catalogue.formula(name, available)}"
        for name in study.intent.metrics
        if isinstance(study.catalogue.entries[name], Metric)
    )
    return f"Reads {', '.join(tables)} of {whom}, {study.window.label}. Computes {formulas or study.headline}."


def _by_month(
    study: Study, names: Sequence[str], available: frozenset[str]
) -> tuple[list[QuantityPlan], list[ViewPlan]]:
    """For a whole: income, expenses and NOI by month, and expenses by category, when they are part of it."""
    flows = available_inputs(study.catalogue, study.mapping, "month")
    shown = [name for name in MONTHLY if name in names]
    if not shown:
        return [], []
    monthly = closure(study.catalogue, shown, flows)
    writer = Writer(study.catalogue, study.mapping, study.facts, flows, ("month",))
    quantities = list(writer.quantities(monthly))
    columns = {study.short(name): writer.name(name) for name in shown}
    quantities.append(_frame("cash_flow_by_month", columns, "Operating cash flow by month, USD.", ("month",), ""))
    units = dict.fromkeys(columns, "USD")
    views = [
        ViewPlan(
            kind="Chart",
            quantity="cash_flow_by_month",
            options={
                "kind": "line",
                "x": "month",
                "y": tuple(columns),
                "label": "Operating cash flow by month",
                "unit": "USD",
            },
        )
    ]
    if "operating_expenses" in names and study.mapping.roles["operating_expenses"].category:
        more, view = _by_category(study, flows)
        quantities += [quantity for quantity in more if quantity.name not in {q.name for q in quantities}]
        views.append(view)
    views.append(
        ViewPlan(
            kind="Table",
            quantity="cash_flow_by_month",
            options={"label": "Operating cash flow by month", "units": units},
        )
    )
    return quantities, views


def _by_category(study: Study, flows: frozenset[str]) -> tuple[list[QuantityPlan], ViewPlan]:
    """Operating expenses by category, by the same formula as their total, so that the two always agree."""
    writer = Writer(study.catalogue, study.mapping, study.facts, flows, ("category",))
    quantities = list(writer.quantities(closure(study.catalogue, ("operating_expenses",), flows)))
    table = _frame(
        "expenses_by_category",
        {"OpEx": writer.name("operating_expenses")},
        "Operating expenses by category, USD, largest first.",
        ("category",),
        '.sort_values("OpEx", ascending=False, ignore_index=True)',
    )
    options = {"kind": "bar", "x": "category", "y": "OpEx", "label": "Operating expenses by category", "unit": "USD"}
    return [*quantities, table], ViewPlan(kind="Chart", quantity="expenses_by_category", options=options)


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


def _by_group(
    study: Study, names: Sequence[str], available: frozenset[str]
) -> tuple[list[QuantityPlan], list[ViewPlan]]:
    intent = study.intent
    writer = Writer(study.catalogue, study.mapping, study.facts, available, intent.group)
    quantities = list(writer.quantities(names))
    columns = {study.short(name): writer.name(name) for name in _table_metrics(study, names)}
    label = study.headline if intent.metrics else "Result"
    first = study.short(intent.metrics[0])
    table = "_and_".join(intent.metrics[:1]) + "_table"
    quantities.append(
        _frame(table, columns, f"{label}.", intent.group, _sorting(study, first), _filtering(study, first))
    )
    units = {study.short(name): study.catalogue.entries[name].unit for name in _table_metrics(study, names)}
    views: list[ViewPlan] = []
    counted = _below(study, writer)
    if counted is not None:
        quantities.append(counted)
        views.append(
            ViewPlan(kind="Metric", quantity=counted.name, options={"label": _below_label(study), "unit": "count"})
        )
        if intent.counting == "share":
            quantities.append(_share_below(counted))
            label_below = _below_label(study)
            options = {"label": f"Share of {label_below[:1].lower()}{label_below[1:]}", "unit": "percent"}
            views.append(ViewPlan(kind="Metric", quantity=f"{counted.name}_share", options=options))
    views.append(ViewPlan(kind="Chart", quantity=table, options=_chart(study, first)))
    views.append(ViewPlan(kind="Table", quantity=table, options={"label": label, "units": units}))
    return quantities, views


def _table_metrics(study: Study, names: Sequence[str]) -> list[str]:
    """The metrics asked for, then the parts of a single one."""
    wanted = list(study.intent.metrics)
    if len(wanted) == 1:
        available = available_inputs(study.catalogue, study.mapping, study.intent.grain)
        formula = study.catalogue.formula(wanted[0], available) or ""
        wanted += [name for name in names if name in formula.replace("(", " ").split() and name not in wanted]
    kinds = (Metric, Input)
    return [name for name in wanted if isinstance(study.catalogue.entries[name], kinds)]


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


def _below(study: Study, writer: Writer) -> QuantityPlan | None:
    """How many groups miss the threshold of the first metric (or the one asked for)."""
    intent = study.intent
    entry = study.catalogue.entries[intent.metrics[0]]
    if intent.grain or not isinstance(entry, Metric) or not (entry.good or intent.threshold):
        return None
    asked = intent.threshold
    test = f"{asked.comparison} {asked.value!r}" if asked else _opposite(entry.good)
    series = writer.name(intent.metrics[0])
    noun = study.mapping.entity.plural if intent.group == (study.mapping.entity.name,) else "groups"
    return QuantityPlan(
        name=f"{noun}_in_question",
        arguments=((series, "pd.Series"),),
        returns="float",
        definition=f"Number of {noun} with {study.short(intent.metrics[0])} {test}.",
        body=(f"return float(({series} {test}).sum())",),
    )


def _share_below(counted: QuantityPlan) -> QuantityPlan:
    """The same as a share of all groups for which the metric can be computed."""
    ((series, kind),) = counted.arguments
    return QuantityPlan(
        name=f"{counted.name}_share",
        arguments=((counted.name, "float"), (series, kind)),
        returns="float",
        definition=f"{counted.definition.removesuffix('.')}, as a share of all for which it can be computed.",
        body=(f"return {counted.name} / float({series}.count())",),
    )


def _below_label(study: Study) -> str:
    intent = study.intent
    entry = study.catalogue.entries[intent.metrics[0]]
    noun = study.mapping.entity.plural if intent.group == (study.mapping.entity.name,) else "groups"
    asked = intent.threshold
    good = entry.good if isinstance(entry, Metric) else ""
    test = f"{asked.comparison} {asked.value:g}" if asked else _opposite(good)
    return f"{noun.capitalize()} with {study.short(intent.metrics[0])} {test}"


def _opposite(good: str) -> str:
    """What misses a threshold: '>= 1.25' is missed by '< 1.25'."""
    comparison, _, bound = good.partition(" ")
    return f"{ {'>=': '<', '>': '<=', '<=': '>', '<': '>='}[comparison] } {bound}"


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
    return {**options, "series": series[0]} if series else options
