"""How metrics changed: from an earlier period to a later one, for the whole and by group, and from row to row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from engine.authors.base import Declined
from engine.authors.metrics.facts import Facts
from engine.authors.metrics.quantities import Writer, closure, sources
from engine.authors.metrics.study import Study, pair_names, quantity_of, writer_of
from engine.authors.metrics.window import Window, month_label
from engine.language.periods import add_months
from engine.metrics.catalogue import Metric
from engine.metrics.mapping import RoleKind
from engine.products import QuantityPlan, SourcePlan, ViewPlan

STEPS = {"month": 1, "quarter": 3, "year": 12}
BEFORE = "_before"


def periods_of(study: Study) -> tuple[Window, Window, int] | Declined:
    """The later and the earlier period of a change, and how many years lie between them where growth is compound."""
    intent, window = study.intent, study.window
    if intent.change in ("quarter", "month") and not (intent.start or intent.end or intent.rolling):
        months = STEPS[intent.change]
        end = add_months(window.end, -((window.end.month - 1) % months))
        window = moved(window, add_months(end, -months), end)
    years = (window.start.year - window.first.year) * 12 + window.start.month - window.first.month
    back = max(1, years // 12) * 12 if intent.change == "compound" else STEPS[intent.change]
    start, end = add_months(window.start, -back), add_months(window.end, -back)
    if start < window.first:
        return Declined(
            reason=f"The data begin in {month_label(window.first)}, so there is no {_span(start, end)}"
            f" to compare {window.label} with."
        )
    # Both are called alike, the later one by the months that the data hold of it.
    return (
        moved(window, window.start, window.end),
        moved(window, start, end),
        back // 12 if intent.change == "compound" else 0,
    )


def moved(window: Window, start: date, end: date) -> Window:
    """The window at another time."""
    past = window.past or end < window.end
    return replace(window, start=start, end=end, as_of=end - timedelta(days=1), label=_span(start, end), past=past)


def _span(start: date, end: date) -> str:
    last = add_months(end, -1)
    return month_label(start) if start == last else f"{month_label(start)} to {month_label(last)}"


def at(study: Study, window: Window, other: Window, suffix: str = "", *, balances: bool = False) -> Study:
    """The study of one of two periods; like for like it keeps to the members that have rows in the other too."""
    scope = replace(
        study.facts.scope,
        start=window.start.isoformat(),
        end=window.end.isoformat(),
        as_of=window.as_of.isoformat(),
        past=window.past and balances,
    )
    facts = Facts(study.mapping, study.facts.schema, scope, suffix=suffix)
    if study.intent.like:
        flows = [role for role in study.mapping.roles.values() if role.kind is RoleKind.FLOW][:1]
        there = replace(scope, start=other.start.isoformat(), end=other.end.isoformat())
        facts.alike = tuple((role, each) for role in flows for each in (scope, there))
    return replace(study, window=window, facts=facts)


def read_both(later: Study, earlier: Study, available: frozenset[str]) -> tuple[list[QuantityPlan], list[SourcePlan]]:
    """What both periods need, for the whole."""
    quantities: list[QuantityPlan] = []
    read: list[SourcePlan] = []
    for study in (later, earlier):
        for part in study.parts:
            needed = closure(study.catalogue, part.metrics, available)
            quantities += writer_of(study, part, available).quantities(needed)
            read += sources(study.catalogue, study.mapping, part.facts, needed)
    return quantities, read


def figures(later: Study, earlier: Study, years: int) -> tuple[list[QuantityPlan], list[ViewPlan]]:
    """Each metric of the later and the earlier period, the difference and the change."""
    quantities, views = [], []
    for name in later.intent.metrics:
        now, then = quantity_of(later, name), quantity_of(earlier, name)
        label, unit = later.short(name), later.catalogue.entries[name].unit
        quantities += _moves(name, label, now, then, years)
        shown = ((now, _when(later, name), unit), (then, _when(earlier, name), unit))
        words = f"compound growth a year over {years} years" if years else "change"
        more = (
            (f"{name}_difference", f"{label}, difference", unit),
            (f"{name}_change", f"{label}, {words}", "percent"),
        )
        views += [_figure(*each) for each in (*shown, *more)]
    return quantities, views


def _when(study: Study, name: str) -> str:
    """A metric and of when it is: of a period, or, where it is of balances alone, of its last day."""
    when = study.window.label if study.of_flows(name) else f"on {study.window.as_of.isoformat()}"
    return f"{study.short(name)}, {when}"


def _moves(name: str, label: str, now: str, then: str, years: int) -> list[QuantityPlan]:
    arguments = ((now, "float"), (then, "float"))
    grown = f"({now} / {then}) ** (1 / {years}) - 1" if years else f"({now} - {then}) / abs({then})"
    return [
        QuantityPlan(
            name=f"{name}_difference",
            arguments=arguments,
            returns="float",
            definition=f"{label} of the later period less that of the earlier one.",
            body=(f"return {now} - {then}",),
        ),
        QuantityPlan(
            name=f"{name}_change",
            arguments=arguments,
            returns="float",
            definition=f"{'Compound growth a year' if years else 'Relative change'} of {label}.",
            body=(f"return {grown}",),
        ),
    ]


def _figure(quantity: str, label: str, unit: str) -> ViewPlan:
    return ViewPlan(kind="Metric", quantity=quantity, options={"label": label, "unit": unit})


def by_row(
    later: Study, earlier: Study, years: int, available: frozenset[str]
) -> tuple[list[QuantityPlan], str, list[str], dict[str, str]]:
    """The metrics of both periods by group: quantities, the column of the change, further lines, columns."""
    quantities: list[QuantityPlan] = []
    columns: dict[str, str] = {}
    name = later.intent.metrics[0]
    for study in (later, earlier):
        for part in study.parts:
            if name not in part.metrics:
                continue
            writer = writer_of(study, part, available, study.intent.group)
            quantities += writer.quantities(closure(study.catalogue, [name], available))
            columns[_when(study, name)] = writer.name(name)
    now, then = columns
    grown = (
        f'(table["{now}"] / table["{then}"]) ** (1 / {years}) - 1'
        if years
        else f'table["Difference"] / table["{then}"].abs()'
    )
    label = "Compound growth" if years else "Change"
    lines = [f'table["Difference"] = table["{now}"] - table["{then}"]', f'table["{label}"] = {grown}']
    return quantities, label, lines, columns


def change(study: Study, writers: Mapping[str, Writer]) -> tuple[list[QuantityPlan], list[ViewPlan]]:
    """Of two periods that are rows of a table: each metric in the earlier one, and how it changed."""
    quantities, views = [], []
    key, before = next(iter(study.window.spans[study.intent.grain])), pair_names(study)[0]
    for name in study.intent.metrics:
        series, label, unit = writers[name].name(name), study.short(name), study.catalogue.entries[name].unit
        quantities.append(
            QuantityPlan(
                name=f"{name}{BEFORE}",
                arguments=((series, "pd.Series"),),
                returns="float",
                definition=f"{label} of {before}.",
                body=(f'return float({series}["{key}"])',),
            )
        )
        quantities += _moves(name, label, quantity_of(study, name), f"{name}{BEFORE}", 0)
        views.append(_figure(f"{name}{BEFORE}", f"{label}, {before}", unit))
        views.append(_figure(f"{name}_difference", f"{label}, difference", unit))
        views.append(_figure(f"{name}_change", f"{label}, change", "percent"))
    return quantities, views


def row_lines(study: Study, column: str) -> list[str]:
    """The lines that add to rows by time how a metric changed, from the period before or that of a year earlier."""
    grain, entry = study.intent.grain, study.catalogue.entries[study.intent.metrics[0]]
    if not grain or not (study.pair or study.intent.change):
        return []
    spans = dict(study.window.spans[grain])
    if study.pair:
        spans = dict(zip(spans, map(len, study.pair), strict=True))
    names = list(spans)
    step = max(1, STEPS[study.intent.change] // STEPS[grain]) if study.intent.change in STEPS else 1
    added = isinstance(entry, Metric) and entry.additive and study.of_flows(entry.name)
    earlier = {
        name: before
        for before, name in zip(names, names[step:], strict=False)
        if not added or spans[before] == spans[name]
    }
    dims = [name for name in study.intent.group if name != grain]
    keys = ", ".join([*(f'table["{name}"]' for name in dims), "previous"])
    index = f"pd.MultiIndex.from_arrays([{keys}])" if dims else "previous"
    return [
        f'previous = table["{grain}"].map({json.dumps(earlier)})',
        f'known = table.set_index({json.dumps([*dims, grain] if dims else grain)})["{column}"]',
        f"earlier = known.reindex({index}).to_numpy()",
        f'table["Difference"] = table["{column}"] - earlier',
        'table["Change"] = table["Difference"] / np.abs(earlier)',
    ]
