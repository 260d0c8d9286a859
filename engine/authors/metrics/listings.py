"""Known listings over the rows of a role: what ends when, who has most, how old it is, how loans are repaid.

What is listed, by what and under which names stands in the report's own file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from engine.authors.base import Declined
from engine.authors.metrics.facts import Facts
from engine.authors.metrics.intent import Intent
from engine.authors.metrics.quantities import DAYS_A_MONTH
from engine.authors.metrics.window import Window
from engine.metrics.catalogue import Measure, Report
from engine.metrics.mapping import DatabaseMapping, Role, RoleKind
from engine.products import Plan, QuantityPlan, SourcePlan, ViewPlan

LISTED = (("listed", "pd.DataFrame"),)
FRAME = "pd.DataFrame"


def plan_listing(
    report: Report, intent: Intent, facts: Facts, mapping: DatabaseMapping, window: Window
) -> Plan | Declined:
    """The plan of a report over the rows of its role."""
    role = mapping.roles.get(report.role)
    if role is None:
        what = report.role.replace("_", " ")
        return Declined(reason=f"{report.label} needs {what}, and no table of this database plays that role.")
    shapes = {"schedule": _schedule, "ranking": _ranking, "aging": _aging, "repayment": _repayment}
    found = shapes[report.shape](report, intent, facts, role, window)
    return (
        found if found is not None else Declined(reason=f"{report.label} needs more than {report.role} is mapped to.")
    )


def _values(report: Report, facts: Facts, role: Role) -> dict[str, str]:
    """The expression of each measure, by its name."""
    own = dict(facts.measures(role)) if role.kind is RoleKind.SPAN else {}
    if role.value:
        own["value"] = facts.expression(role)
    if role.weight:
        own["weight"] = facts.over_columns(role.table, role.weight)
    return {measure.name: own[measure.of] for measure in report.measures if measure.of in own}


def _where(facts: Facts, role: Role) -> list[str]:
    return [facts.runs(role)] if role.kind is RoleKind.SPAN else []


def _schedule(report: Report, intent: Intent, facts: Facts, role: Role, window: Window) -> Plan | None:
    """What the running rows hold, by the year in which they end."""
    values = _values(report, facts, role)
    if len(values) < len(report.measures):
        return None
    end = facts.column(role.table, role.end)
    columns = {report.key: facts.grain("year", end), "end_date": end, **values}
    source = facts.rows(role, columns, _where(facts, role), {"as_of": window.as_of.isoformat()})
    first, counted = report.measures[0], report.counted
    sums = ", ".join(f'{name}=("{name}", "sum")' for name in values)
    table = QuantityPlan(
        name=report.table,
        arguments=(*LISTED, (_total(first).name, "float")),
        returns=FRAME,
        definition=report.definition,
        body=(
            f'table = listed.groupby("{report.key}").agg({counted}=("{first.name}", "size"), {sums})',
            f'table["share"] = table["{first.name}"] / {_total(first).name}',
            'table["cumulative"] = table["share"].cumsum()',
            "return table.reset_index()",
        ),
    )
    weight = report.measures[-1]
    left = QuantityPlan(
        name="months_left",
        arguments=LISTED,
        returns="float",
        definition=f"Months that the rows still run, each by its {weight.label.lower()}.",
        body=(
            f'days = (pd.to_datetime(listed["end_date"]) - pd.Timestamp("{window.as_of.isoformat()}")).dt.days',
            f'return float((days * listed["{weight.name}"]).sum() / listed["{weight.name}"].sum() / {DAYS_A_MONTH})',
        ),
    )
    figures = [_figure(_total(m).name, m.label, m.unit) for m in report.measures]
    view = (*figures, _figure("months_left", f"Months left by {weight.label.lower()}", "months"))
    return _plan(report, intent, source, (*map(_total, report.measures), left, table), view, window)


def _ranking(report: Report, intent: Intent, facts: Facts, role: Role, window: Window) -> Plan | None:
    """Who has most of the first measure, and what share of all."""
    values = _values(report, facts, role)
    column = role.tenant if report.by == "tenant" else ""
    dimension = report.by if report.by in facts.mapping.dimension_names else ""
    if len(values) < len(report.measures) or not (column or dimension):
        return None
    if dimension:
        facts = Facts(facts.mapping, facts.schema, facts.scope.by(dimension))
    keys = {report.key: facts.qualified(column)} if column else {}
    bound = {"as_of": window.as_of.isoformat()} if role.kind is RoleKind.SPAN else {}
    source = facts.summed(
        role, keys, values, report.definition, where=_where(facts, role), bound=bound, counted=report.counted
    )
    first, limit = report.measures[0], intent.limit or 10
    table = QuantityPlan(
        name=report.table,
        arguments=(*LISTED, (_total(first).name, "float")),
        returns=FRAME,
        definition=report.definition,
        body=(
            f'table = listed.nlargest({limit}, "{first.name}").copy()',
            f'table["share"] = table["{first.name}"] / {_total(first).name}',
            "return table.reset_index(drop=True)",
        ),
    )
    share = QuantityPlan(
        name="top_share",
        arguments=((report.table, FRAME), (_total(first).name, "float")),
        returns="float",
        definition=f"Share of all that the {limit} largest have.",
        body=(f'return float({report.table}["{first.name}"].sum() / {_total(first).name})',),
    )
    view = (
        _figure("top_share", f"Share of the top {limit}", "percent"),
        _figure(_total(first).name, f"{first.label} of all", first.unit),
    )
    return _plan(report, intent, source, (_total(first), table, share), view, window)


def _aging(report: Report, intent: Intent, facts: Facts, role: Role, window: Window) -> Plan | None:
    """What is open, by how many days ago it began."""
    values = _values(report, facts, role)
    if not values or not role.start:
        return None
    bound = {"as_of": window.as_of.isoformat()}
    keys = {"day": facts.column(role.table, role.start)}
    where = [f"{facts.column(role.table, role.start)} <= :as_of"]
    source = facts.summed(role, keys, values, report.definition, where=where, bound=bound, counted=report.counted)
    first, edges = report.measures[0], list(report.bands)
    names = [f"{low + 1}-{high} days" for low, high in zip([-1, *edges], edges, strict=False)]
    names = [*names, f"over {edges[-1]} days"]
    table = QuantityPlan(
        name=report.table,
        arguments=(*LISTED, (_total(first).name, "float")),
        returns=FRAME,
        definition=report.definition,
        body=(
            f'days = (pd.Timestamp("{window.as_of.isoformat()}") - pd.to_datetime(listed["day"])).dt.days',
            f"bands = pd.cut(days, {[-1, *edges, 10**6]}, labels={json.dumps(names)})",
            f'table = listed.groupby(bands, observed=False)[["{report.counted}", "{first.name}"]].sum()',
            f'table["share"] = table["{first.name}"] / {_total(first).name}',
            f'table = table.rename_axis("{report.key}").reset_index()',
            f'table["{report.key}"] = table["{report.key}"].astype(str)',
            "return table",
        ),
    )
    view = (_figure(_total(first).name, first.label, first.unit),)
    return _plan(report, intent, source, (_total(first), table), view, window)


REPAYMENT = ("balance", "rate", "months", "amount")


def _repayment(report: Report, intent: Intent, facts: Facts, role: Role, window: Window) -> Plan | None:
    """How what is owed is repaid month by month, by level payments, until each loan ends."""
    roles = {name: facts.mapping.roles.get(report.roles.get(name, "")) for name in REPAYMENT}
    if any(each is None or each.table != role.table for each in roles.values()) or not role.end:
        return None
    columns = {name: facts.expression(each) for name, each in roles.items() if each is not None}
    source = facts.rows(
        role,
        {**columns, "ends": facts.column(role.table, role.end)},
        _where(facts, role),
        {"as_of": window.as_of.isoformat()},
    )
    first = report.measures[0]
    table = QuantityPlan(
        name=report.table,
        arguments=LISTED,
        returns=FRAME,
        definition=report.definition,
        body=(
            "months = pd.period_range("
            f'"{window.as_of:%Y-%m}", pd.to_datetime(listed["ends"]).max().strftime("%Y-%m"), freq="M")[1:]',
            'rates, balances = listed["rate"].astype(float) / 12, listed["balance"].astype(float)',
            'payments = 0 - pd.Series(npf.pmt(rates, listed["months"], listed["amount"].astype(float)), listed.index)',
            'lasts = pd.to_datetime(listed["ends"]).dt.to_period("M")',
            "found = []",
            "for month in months:",
            "    interest = (balances * rates).where(lasts >= month, 0.0)",
            "    principal = (payments - interest).clip(upper=balances).where(lasts >= month, 0.0)",
            "    balances = balances - principal",
            "    due = balances.where(lasts == month, 0.0)",
            "    balances = balances - due",
            "    sums = [interest.sum(), principal.sum(), due.sum(), balances.sum()]",
            "    found.append([str(month), *sums])",
            f'return pd.DataFrame(found, columns=["{report.key}", "interest", "principal", "due", "balance"])',
        ),
    )
    total = _total(Measure(of=first.of, name="balance", label=first.label, unit=first.unit))
    view = (_figure(total.name, first.label, first.unit),)
    return _plan(report, intent, source, (total, table), view, window, chart="balance", line=True)


def _total(measure: Measure) -> QuantityPlan:
    return QuantityPlan(
        name=f"total_{measure.name}",
        arguments=LISTED,
        returns="float",
        definition=f"{measure.label} of all rows that are listed" + (", USD." if measure.unit == "USD" else "."),
        body=(f'return float(listed["{measure.name}"].sum(min_count=1))',),
    )


def _figure(quantity: str, label: str, unit: str) -> ViewPlan:
    return ViewPlan(kind="Metric", quantity=quantity, options={"label": label, "unit": unit})


def _plan(
    report: Report,
    intent: Intent,
    source: SourcePlan,
    quantities: tuple[QuantityPlan, ...],
    figures: tuple[ViewPlan, ...],
    window: Window,
    chart: str = "",
    *,
    line: bool = False,
) -> Plan:
    first = report.measures[0]
    label = report.label
    options: Mapping[str, object] = {
        "kind": "line" if line else "bar",
        "x": report.key,
        "y": chart or first.name,
        "label": label,
        "unit": first.unit,
    }
    units = {measure.name: measure.unit for measure in report.measures}
    units |= {"share": "percent", "cumulative": "percent", report.counted: "count"}
    if line:
        units = dict.fromkeys(("interest", "principal", "due", "balance"), first.unit)
    day = window.as_of.isoformat()
    return Plan(
        title=f"{label} for {intent.scope}" if intent.scope else label,
        summary=f"{report.definition.removesuffix('.')}, as of {day}.",
        sources=(source.model_copy(update={"name": "listed"}),),
        quantities=quantities,
        view=(
            *figures,
            ViewPlan(kind="Chart", quantity=report.table, options=options),
            ViewPlan(kind="Table", quantity=report.table, options={"label": label, "units": units}),
        ),
        assumptions=(f"What counts on {day}, the last day on record, is listed.", report.definition),
    )
