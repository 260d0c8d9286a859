"""Known listings over leases: rent by year of expiry, tenants by rent, occupancy over time."""

from __future__ import annotations

from engine.authors.base import Declined
from engine.authors.metrics.facts import Facts
from engine.authors.metrics.intent import Intent
from engine.authors.metrics.window import Window
from engine.catalogue import Report
from engine.mapping import DatabaseMapping, Role
from engine.products import Plan, QuantityPlan, SourcePlan, ViewPlan

LEASES = (("leases", "pd.DataFrame"),)
UNITS = {"annual_rent": "USD", "area": "sqft", "leases": "count", "share": "percent", "cumulative": "percent"}


def plan_listing(
    report: Report, intent: Intent, facts: Facts, mapping: DatabaseMapping, window: Window
) -> Plan | Declined:
    """The plan of a report over leases."""
    role = mapping.roles.get("leases")
    if role is None:
        return Declined(reason=f"{report.label} needs leases, and no table of this database plays that role.")
    shapes = {"expiry": _expiry, "tenants": _tenants}
    return shapes[report.shape](report, intent, facts, role, window)


def _titled(report: Report, intent: Intent) -> str:
    return f"{report.label} for {intent.scope}" if intent.scope else report.label


def _running(window: Window) -> str:
    return f"Leases that run on {window.as_of.isoformat()}, the last day on record, are counted."


def _expiry(report: Report, intent: Intent, facts: Facts, role: Role, window: Window) -> Plan:
    end = facts.column(role.table, role.end)
    columns = {
        "expires": facts.grain("year", end),
        "end_date": end,
        "area": facts.column(role.table, role.area),
        "annual_rent": f"{facts.column(role.table, role.rent)} * 12",
    }
    where = [f"{facts.column(role.table, role.start)} <= :as_of", f"{end} >= :as_of"]
    source = facts.rows(role, columns, where, {"as_of": window.as_of.isoformat()})
    source = source.model_copy(update={"name": "leases"})
    by_year = QuantityPlan(
        name="rent_by_expiry",
        arguments=(*LEASES, ("contract_rent", "float")),
        returns="pd.DataFrame",
        definition="Annual rent, area and number of running leases by the year they end, and the share of all rent.",
        body=(
            'groups = leases.groupby("expires")',
            'table = groups.agg(leases=("area", "size"), area=("area", "sum"), annual_rent=("annual_rent", "sum"))',
            'table["share"] = table["annual_rent"] / contract_rent',
            'table["cumulative"] = table["share"].cumsum()',
            "return table.reset_index()",
        ),
    )
    quantities = (
        _total(
            "contract_rent", "annual_rent", "Annual rent of the running leases, USD: twelve times the monthly rent."
        ),
        _total("leased_area", "area", "Area of the running leases, square feet."),
        _weighted(window),
        by_year,
    )
    view = (
        _figure("contract_rent", "Annual rent", "USD"),
        _figure("wale", "WALE by area", "months"),
        _figure("leased_area", "Leased area", "sqft"),
        _bars("rent_by_expiry", "expires", "Annual rent by year of expiry"),
        _rows("rent_by_expiry", "Rent roll by year of expiry"),
    )  # fmt: skip
    summary = f"Reads the leases running on {window.as_of.isoformat()} and sums their annual rent by the year they end."
    return _plan(_titled(report, intent), summary, source, quantities, view, (_running(window),))


def _weighted(window: Window) -> QuantityPlan:
    return QuantityPlan(
        name="wale",
        arguments=LEASES,
        returns="float",
        definition="Weighted average lease expiry: remaining months of the running leases, weighted by area.",
        body=(
            f'days = (pd.to_datetime(leases["end_date"]) - pd.Timestamp("{window.as_of.isoformat()}")).dt.days',
            'return float((days * leases["area"]).sum() / leases["area"].sum() / 365.25 * 12)',
        ),
    )


def _tenants(report: Report, intent: Intent, facts: Facts, role: Role, window: Window) -> Plan | Declined:
    if not role.tenant:
        return Declined(reason=f"{report.label} needs the tenants' names, and the mapping names no column for them.")
    limit = intent.limit or 10
    source = facts.tenants(role).model_copy(update={"name": "leases"})
    top = QuantityPlan(
        name="top_tenants",
        arguments=(*LEASES, ("contract_rent", "float")),
        returns="pd.DataFrame",
        definition=f"The {limit} tenants with the highest annual rent, and their share of all rent.",
        body=(
            f'table = leases.nlargest({limit}, "annual_rent").copy()',
            'table["share"] = table["annual_rent"] / contract_rent',
            "return table.reset_index(drop=True)",
        ),
    )
    share = QuantityPlan(
        name="top_share",
        arguments=(("top_tenants", "pd.DataFrame"), ("contract_rent", "float")),
        returns="float",
        definition=f"Share of all annual rent that the {limit} largest tenants pay.",
        body=('return float(top_tenants["annual_rent"].sum() / contract_rent)',),
    )
    quantities = (
        _total(
            "contract_rent", "annual_rent", "Annual rent of the running leases, USD: twelve times the monthly rent."
        ),
        top,
        share,
    )
    view = (
        _figure("top_share", f"Share of the top {limit}", "percent"),
        _figure("contract_rent", "Annual rent of all", "USD"),
        _bars("top_tenants", "tenant", f"Top {limit} tenants by annual rent"),
        _rows("top_tenants", f"Top {limit} tenants by annual rent"),
    )  # fmt: skip
    summary = f"Reads the leases running on {window.as_of.isoformat()} and ranks the tenants by annual rent."
    return _plan(_titled(report, intent), summary, source, quantities, view, (_running(window),))


def plan_occupancy(intent: Intent, facts: Facts, mapping: DatabaseMapping, window: Window) -> Plan | Declined:
    """Occupancy at the end of each month, quarter or year on record, for the whole or by dimension."""
    role, space = mapping.roles.get("leases"), mapping.roles.get("leasable_area")
    if role is None or space is None:
        return Declined(reason="Occupancy over time needs leases and leasable area, and the mapping lacks them.")
    start, end = facts.column(role.table, role.start), facts.column(role.table, role.end)
    columns = {"start_date": start, "end_date": end, "area": facts.column(role.table, role.area)}
    bound = {"from_day": window.start.isoformat(), "as_of": window.as_of.isoformat()}
    leases = facts.rows(role, columns, [f"{start} <= :as_of", f"{end} >= :from_day"], bound)
    area = facts.stock(space, {"leasable_area": facts.expression(space)})
    name = "vacancy" if intent.metrics == ("vacancy",) else "occupancy"
    by = [item for item in intent.group if item != intent.grain]
    quantities = (_trend(name, by, intent.grain, window), _newest(name, by))
    label = f"{name.capitalize()} by {' and '.join((*by, intent.grain))}"
    chart = {"kind": "line", "x": intent.grain, "y": name, "label": label, "unit": "percent"}
    newest, units = f"{name.capitalize()}, latest", {name: "percent", "occupied": "sqft", "leasable": "sqft"}
    view = (
        _figure(f"{name}_now", newest, "percent"),
        ViewPlan(kind="Chart", quantity=f"{name}_trend", options={**chart, "series": by[0]} if by else chart),
        ViewPlan(kind="Table", quantity=f"{name}_trend", options={"label": label, "units": units}),
    )
    notes = (
        *window.assumptions,
        "A lease counts on the last day of a period when it runs on that day; area, not units.",
    )
    summary = (
        f"Reads leases and leasable area, and divides the area let by the leasable area at each {intent.grain}'s end."
    )
    title = label + (f" for {intent.scope}" if intent.scope else "")
    sources = (leases.model_copy(update={"name": "leases"}), area.model_copy(update={"name": "space"}))
    return Plan(title=title, summary=summary, sources=sources, quantities=quantities, view=view, assumptions=notes)


def _trend(name: str, by: list[str], grain: str, window: Window) -> QuantityPlan:
    frequency = {"month": "ME", "quarter": "QE", "year": "YE"}[grain]
    label = {"month": '"%Y-%m"', "quarter": "", "year": '"%Y"'}[grain]
    written = f"day.strftime({label})" if label else 'f"{day.year}-Q{day.quarter}"'
    occupied = f'current.groupby({by!r})["area"].sum()' if by else 'pd.Series({"all": current["area"].sum()})'
    leasable = (
        f'space.groupby({by!r})["leasable_area"].sum()' if by else 'pd.Series({"all": space["leasable_area"].sum()})'
    )
    share = (
        '1 - table["occupied"] / table["leasable"]' if name == "vacancy" else 'table["occupied"] / table["leasable"]'
    )
    keep = [*by, grain, name, "occupied", "leasable"]
    return QuantityPlan(
        name=f"{name}_trend",
        arguments=(*LEASES, ("space", "pd.DataFrame")),
        returns="pd.DataFrame",
        definition=f"{name.capitalize()} by area on the last day of each {grain}.",
        body=(
            'starts, ends = pd.to_datetime(leases["start_date"]), pd.to_datetime(leases["end_date"])',
            "parts = []",
            f'days = pd.date_range("{window.start.isoformat()}", "{window.as_of.isoformat()}", freq="{frequency}")',
            "for day in days:",
            "    current = leases[(starts <= day) & (ends >= day)]",
            f'    part = pd.DataFrame({{"occupied": {occupied}, "leasable": {leasable}}})',
            f"    parts.append(part.rename_axis({by or ['whole']!r}).reset_index().assign({grain}={written}))",
            "table = pd.concat(parts, ignore_index=True)",
            f'table["{name}"] = {share}',
            f"return table[{keep!r}]",
        ),
    )


def _newest(name: str, by: list[str]) -> QuantityPlan:
    used = 'last["occupied"].sum() / last["leasable"].sum()'
    return QuantityPlan(
        name=f"{name}_now",
        arguments=((f"{name}_trend", "pd.DataFrame"),),
        returns="float",
        definition=f"{name.capitalize()} by area at the end of the newest period.",
        body=(
            f"last = {name}_trend.tail(1)" if not by else f"last = {name}_trend.groupby({by!r}).tail(1)",
            f"return float(1 - {used})" if name == "vacancy" else f"return float({used})",
        ),
    )


def _figure(quantity: str, label: str, unit: str) -> ViewPlan:
    return ViewPlan(kind="Metric", quantity=quantity, options={"label": label, "unit": unit})


def _bars(quantity: str, x: str, label: str) -> ViewPlan:
    options = {"kind": "bar", "x": x, "y": "annual_rent", "label": label, "unit": "USD"}
    return ViewPlan(kind="Chart", quantity=quantity, options=options)


def _rows(quantity: str, label: str) -> ViewPlan:
    return ViewPlan(kind="Table", quantity=quantity, options={"label": label, "units": UNITS})


def _total(name: str, column: str, definition: str) -> QuantityPlan:
    return QuantityPlan(
        name=name,
        arguments=LEASES,
        returns="float",
        definition=definition,
        body=(f'return float(leases["{column}"].sum())',),
    )


def _plan(
    title: str,
    summary: str,
    source: SourcePlan,
    quantities: tuple[QuantityPlan, ...],
    view: tuple[ViewPlan, ...],
    assumptions: tuple[str, ...],
) -> Plan:
    return Plan(
        title=title, summary=summary, sources=(source,), quantities=quantities, view=view, assumptions=assumptions
    )
