"""Plans the script of an intent: whole, by group, or a known listing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.authors.base import Declined, Ground
from engine.authors.metrics import listings
from engine.authors.metrics.changing import BEFORE, at, figures, periods_of, read_both
from engine.authors.metrics.facts import Facts, NoWayError, Scope
from engine.authors.metrics.intent import ANY_MEMBER, NAMED, TIME_GRAINS, Intent
from engine.authors.metrics.notes import notes_of, summary_of
from engine.authors.metrics.quantities import available_inputs, closure, drivers, parameters, sources
from engine.authors.metrics.rating import sorted_views
from engine.authors.metrics.study import (
    Study,
    balances_in,
    is_of_balances,
    left_out_of,
    pair_names,
    quantity_of,
    writer_of,
)
from engine.authors.metrics.tables import by_change, by_group, by_month
from engine.authors.metrics.window import find_window
from engine.language.spans import span_said
from engine.metrics.catalogue import Catalogue, Driver, Input, Metric, Report, functions
from engine.metrics.mapping import DatabaseMapping, RoleKind
from engine.products import Plan, QuantityPlan, SourcePlan, ViewPlan, WhatIf
from runtime.units import write


def plan(intent: Intent, ground: Ground, catalogue: Catalogue, mapping: DatabaseMapping) -> Plan | Declined:
    """The plan, or why there is none: a metric that the data cannot give, a period it does not hold."""
    try:
        return _plan(intent, ground, catalogue, mapping)
    except NoWayError as error:
        labels = " and ".join(catalogue.entries[name].label for name in intent.metrics)
        by = " and ".join([*intent.group, *intent.filters]).replace("_", " ")
        return Declined(reason=f"{labels} by {by}: {error.message}")


def _plan(intent: Intent, ground: Ground, catalogue: Catalogue, mapping: DatabaseMapping) -> Plan | Declined:
    window = find_window(intent, ground, mapping, _flows(intent, catalogue, mapping))
    if isinstance(window, Declined):
        return window
    scope = Scope(
        filters=intent.filters,
        group=intent.group,
        grain=intent.grain,
        start=window.start.isoformat(),
        end=window.end.isoformat(),
        as_of=window.as_of.isoformat(),
        past=window.past and is_of_balances(intent, catalogue, mapping),
    )
    report = catalogue.entries[intent.report] if intent.report else None
    if isinstance(report, Report) and report.shape == "overview":
        available = available_inputs(catalogue, mapping, "")
        metrics = tuple(name for name in report.metrics if catalogue.reachable(name, available))
        group = intent.group or (mapping.entity.name,)
        intent = intent.model_copy(update={"metrics": metrics, "group": group})
        scope = replace(scope, group=group)
    intent = _with_beside(intent, catalogue, mapping)
    facts = Facts(mapping, ground.schema, scope)
    named = {name: values for name, values in intent.filters.items() if ANY_MEMBER not in values}
    known = Facts(mapping, ground.schema, replace(scope, filters=named))
    apart: tuple[str, ...] = ()
    if len(named) > 1 and (empty := _empty(known, ground)) is not None:
        if not intent.beside:
            return empty
        intent, scope = _side_by_side(intent, scope)
        apart = (empty.reason.partition(" Ask")[0] + " They stand side by side.",)
        facts = Facts(mapping, ground.schema, scope)
        known = Facts(mapping, ground.schema, replace(scope, filters=named))
    window = replace(window, assumptions=(*window.assumptions, *apart))
    study = Study(intent, catalogue, mapping, facts, window)
    known_study = replace(study, intent=intent.model_copy(update={"filters": named}), facts=known)
    study = replace(study, left_out=left_out_of(known_study, ground))
    if isinstance(report, Report) and report.shape != "overview":
        if intent.what_if != WhatIf():
            return Declined(reason="A list has no drivers, so nothing can be supposed of it.")
        return listings.plan_listing(report, intent, study.facts, mapping, window)
    if intent.change and not intent.grain:
        return _plan_change(study, known_study, ground)
    return _plan_metrics(study)


def _plan_change(study: Study, known: Study, ground: Ground) -> Plan | Declined:
    """How metrics changed from an earlier period to a later one."""
    periods = periods_of(study)
    if isinstance(periods, Declined):
        return periods
    intent, catalogue, (now, then, years) = study.intent, study.catalogue, periods
    available = available_inputs(catalogue, study.mapping, "")
    if (missing := _missing(study, available)) is not None:
        return missing
    if intent.what_if != WhatIf():
        return Declined(reason="Nothing can be supposed of a change. Ask for the metric itself.")
    balances = is_of_balances(intent, catalogue, study.mapping)
    both = []
    for window, other, suffix in ((now, then, ""), (then, now, BEFORE)):
        left = left_out_of(at(known, window, other, balances=balances), ground)
        both.append(replace(at(study, window, other, suffix, balances=balances), left_out=left))
        if (none := _nobody(both[-1])) is not None or (none := _then(both[-1], available)) is not None:
            return none
    later, earlier = both
    quantities, read = read_both(later, earlier, available)
    more, views = figures(later, earlier, years)
    rows, shown = by_change(later, earlier, years, available) if intent.group else ([], [])
    names = closure(catalogue, intent.metrics, available)
    notes = [note for each in both for note in notes_of(each, names)]
    if intent.like:
        notes.append(f"Like for like: only the {study.mapping.entity.plural} that have rows in both periods count.")
    found = drivers(catalogue, names)
    return Plan(
        title=f"{'Growth' if years else 'Change'} of {study.headline}",
        summary=f"Compares {now.label} with {then.label}. {summary_of(later, names)}",
        sources=tuple({source.name: source for source in read}.values()),
        parameters=parameters(found, intent.given),
        quantities=(*quantities, *more, *rows),
        helpers=_helpers(catalogue, names, available),
        view=(*views, *shown),
        period=f"{now.label} against {then.label}",
        assumptions=(
            f"{now.label} is compared with {then.label}.",
            *dict.fromkeys((*notes, *(driver.assumption for driver in found if driver.assumption))),
        ),
    )


def _flows(intent: Intent, catalogue: Catalogue, mapping: DatabaseMapping) -> tuple[str, ...]:
    """The roles of the flows that the metrics asked for are made of."""
    available = available_inputs(catalogue, mapping, "")
    report = catalogue.entries[intent.report] if intent.report else None
    metrics = report.metrics if isinstance(report, Report) else intent.metrics
    known = [name for name in metrics if catalogue.reachable(name, available)]
    entries = (catalogue.entries[name] for name in closure(catalogue, known, available, at_base=True))
    roles = dict.fromkeys(entry.role for entry in entries if isinstance(entry, Input))
    return tuple(role for role in roles if mapping.roles[role].kind is RoleKind.FLOW)


def _side_by_side(intent: Intent, scope: Scope) -> tuple[Intent, Scope]:
    """Different things that are named, a property and a city, each as a row of its own."""
    group = tuple(dict.fromkeys((NAMED, *(name for name in intent.group if name in TIME_GRAINS))))
    return intent.model_copy(update={"group": group}), replace(scope, group=group, either=True)


def _with_beside(intent: Intent, catalogue: Catalogue, mapping: DatabaseMapping) -> Intent:
    """The intent with what is shown beside its metrics, as far as the data can give it."""
    available = available_inputs(catalogue, mapping, intent.grain)
    entries = [catalogue.entries[name] for name in intent.metrics]
    more = [name for entry in entries if isinstance(entry, Metric) for name in entry.beside]
    known = tuple(name for name in more if catalogue.reachable(name, available))
    return intent.model_copy(update={"metrics": tuple(dict.fromkeys((*intent.metrics, *known)))})


def _plan_metrics(study: Study) -> Plan | Declined:
    intent, catalogue = study.intent, study.catalogue
    available = available_inputs(catalogue, study.mapping, intent.grain)
    missing = _missing(study, available)
    if missing is not None:
        return missing
    whole = available_inputs(catalogue, study.mapping, "")
    names = closure(catalogue, intent.metrics, whole)
    if (none := _nobody(study)) is not None or (none := _then(study, available)) is not None:
        return none
    quantities: list[QuantityPlan] = []
    read: list[SourcePlan] = []
    for part in study.parts:
        needed = closure(catalogue, part.metrics, whole)
        quantities += writer_of(study, part, whole).quantities(needed)
        read += sources(catalogue, study.mapping, part.facts, needed)
    for part in study.rows if intent.grain else ():
        read += sources(catalogue, study.mapping, part.facts, closure(catalogue, part.metrics, available))
    views = _metric_views(study, names)
    more, shown = by_group(study, available) if intent.group else by_month(study, names)
    found = drivers(catalogue, names)
    immovable = _immovable(study, [driver.name for driver in found])
    if immovable is not None:
        return immovable
    return Plan(
        title=catalogue.entries[intent.report].label if intent.report else study.headline,
        summary=summary_of(study, names),
        sources=tuple({source.name: source for source in read}.values()),
        parameters=parameters(found, intent.given),
        quantities=(*quantities, *more),
        helpers=_helpers(catalogue, names, available),
        view=sorted_views(intent.counting, (*views, *shown)),
        period=_period(study),
        assumptions=(
            *study.window.assumptions,
            *notes_of(study, names),
            *(d.assumption for d in found if d.assumption),
            *(
                f"{d.label} is {write(intent.given[d.name], d.unit)}, as given."
                for d in found
                if d.name in intent.given
            ),
        ),
        what_if=intent.what_if,
    )


def _period(study: Study) -> str:
    """Of when the figures of the whole are: of months, or where none is of flows, of a day."""
    if study.months > 0 and any(map(study.of_flows, study.intent.metrics)):
        return span_said(study.since, study.until)
    return f"on {study.last_day.isoformat()}"


def _given(intent: Intent, found: Sequence[Driver]) -> list[str]:
    """The values that the request gives, a sentence each."""
    return [f"{d.label} is {write(intent.given[d.name], d.unit)}, as given." for d in found if d.name in intent.given]


def _helpers(catalogue: Catalogue, names: Sequence[str], available: frozenset[str]) -> tuple[str, ...]:
    """The functions that the formulas use beside numpy's."""
    formulas = " ".join(filter(None, (catalogue.formula_of(catalogue.entries[name], available) for name in names)))
    return tuple(text for name, text in functions().items() if f"{name}(" in formulas)


def _nobody(study: Study) -> Declined | None:
    """Why a metric that is over a role cannot be had of one that has none of it."""
    entity = study.intent.filters.get(study.mapping.entity.name, ())
    for role, left in study.left_out.items():
        if not entity or set(entity) - set(left.without):
            continue
        labels = " and no ".join(study.short(name) for name in study.intent.metrics if role in study.over(name))
        what = study.without(role).removeprefix("a ")
        if set(entity) <= set(left.unpaid):
            what = f"{role.replace('_', ' ')} on record in {study.window.label}"
            return Declined(reason=f"{' and '.join(entity)} has no {what}, so it has no {labels}.")
        when = f" in {study.window.label}" if study.window.past else ""
        return Declined(reason=f"{' and '.join(entity)} has no {what}{when}, so it has no {labels}.")
    return None


def _then(study: Study, available: frozenset[str]) -> Declined | None:
    """Why a figure of an earlier day cannot be had: a balance in it is known only as it stands today."""
    if not study.window.past:
        return None
    for name in balances_in(study.intent, study.catalogue, study.mapping, available):
        entry = study.catalogue.entries[name]
        if isinstance(entry, Input) and study.mapping.roles[entry.role].history is None:
            asked = " and ".join(study.short(each) for each in study.intent.metrics)
            return Declined(
                reason=f"{asked} of {study.window.label} needs the {entry.label.lower()} of"
                f" {study.window.as_of.isoformat()}; it is known only as it stands today."
            )
    return None


def _empty(facts: Facts, ground: Ground) -> Declined | None:
    """Why there is nothing to compute: no member fits all that was named."""
    if int(ground.read(*facts.members())["members"].tolist()[0]):
        return None
    named = " and ".join(
        f"{facts.mapping.dimension(name).label.lower()} {' or '.join(values)}"
        for name, values in facts.scope.filters.items()
    )
    return Declined(reason=f"No {facts.mapping.entity.name} has {named} at once. Ask for one after the other.")


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


def _metric_views(study: Study, names: Sequence[str]) -> list[ViewPlan]:
    """The metrics asked for first, then the metrics they are made of."""
    parts = [name for name in reversed(names) if isinstance(study.catalogue.entries[name], Metric)]
    shown = [*study.intent.metrics, *(() if study.intent.group else parts)]
    views = []
    for name in dict.fromkeys(shown):
        entry = study.catalogue.entries[name]
        options = {"label": study.short(name) + _span_words(study, name), "unit": entry.unit}
        if isinstance(entry, Metric):
            options.update({key: value for key, value in (("good", entry.good), ("bad", entry.bad)) if value})
        views.append(ViewPlan(kind="Metric", quantity=quantity_of(study, name), options=options))
    return views


def _span_words(study: Study, name: str) -> str:
    """What a figure of the whole covers, where the table beside it is by time."""
    if not study.intent.grain:
        return ""
    if not study.of_flows(name):
        return f" on {study.last_day.isoformat()}"
    if study.pair:
        return f", {pair_names(study)[-1]}"
    return f", last {'twelve' if study.months == 12 else study.months} months"
