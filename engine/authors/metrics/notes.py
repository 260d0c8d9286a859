"""What is said beside a metric: its definition, its period, what was left out, as of when balances are."""

from __future__ import annotations

from collections.abc import Sequence

from engine.authors.metrics.quantities import available_inputs
from engine.authors.metrics.study import Study
from engine.metrics.catalogue import Input, Metric
from engine.metrics.mapping import Role, RoleKind


def notes_of(study: Study, names: Sequence[str]) -> list[str]:
    """What is assumed besides the period and the drivers, a sentence each."""
    notes = []
    for name in study.intent.metrics:
        entry = study.catalogue.entries[name]
        if isinstance(entry, Metric):
            notes.append(
                f"{entry.short} is {entry.definition[:1].lower()}{entry.definition[1:]} Source: {entry.source}."
            )
    if any(isinstance(study.catalogue.entries[name], Input) and name == "appraised_value" for name in names):
        notes.append(f"Values are the latest valuations on record by {study.window.as_of.isoformat()}.")
    if study.pair and sum(map(len, study.pair)) != study.window.months:
        first, last = study.pair[-1][0], study.pair[-1][-1]
        notes.append(f"Like for like: of both periods the months that both hold are counted, as {first} to {last}.")
    notes += _balance_notes(study, names)
    annual = [study.short(name) for name in names if _is_annual(study, name)]
    if annual and study.months != 12:
        notes.append(
            f"{' and '.join(annual)}: a year's flow is meant; that of {study.months} months is counted as if it were"
            " of a year."
        )
    elif annual and study.intent.grain and study.window.marked(study.intent.grain):
        notes.append(
            f"{' and '.join(annual)}: a year's flow is meant; that of a shorter period is counted as a year's."
        )
    notes += _left_out_notes(study)
    if study.intent.group and any(
        study.catalogue.entries[name].unit in ("x", "percent") for name in study.intent.metrics
    ):
        notes.append("The figure of the whole divides sums; it is not the average of the rows.")
    if study.intent.group and study.intent.what_if.goal is not None:
        notes.append("What is aimed at is computed for the figures of the whole, not for each row of the table.")
    return notes


def _left_out_notes(study: Study) -> list[str]:
    """Whom metrics over a role leave out, and what of things that were paid in a part of the period only."""
    notes = []
    for role, left in study.left_out.items():
        labels = " and ".join(study.short(name) for name in study.intent.metrics if role in study.over(name))
        what = study.without(role)
        if left.without:
            named = ", ".join(left.without[:5]) + (f" and {len(left.without) - 5} more" if left.without[5:] else "")
            plural = study.mapping.entity.plural if len(left.without) > 1 else study.mapping.entity.name
            unpaid = f"; {len(left.unpaid)} of them have one that was not paid then" if left.unpaid else ""
            notes.append(f"{labels}: {len(left.without)} {plural} without {what} left out ({named}){unpaid}.")
        if left.partly:
            noun = what.removeprefix("a ")
            things = f"{left.partly} {noun}s were" if left.partly > 1 else f"{left.partly} {noun} was"
            whole = f"all {study.months} months" if not study.intent.grain else "every month of each period"
            notes.append(
                f"{things} paid in a part of the period only: payments count as if made in {whole}, since income is of"
                " all of them."
            )
        if study.intent.grain:
            notes.append(f"{labels}: in each period only those count that had {what} then.")
    return notes


def _balance_notes(study: Study, names: Sequence[str]) -> list[str]:
    """As of when balances and areas are."""
    stocks = [
        (entry, study.mapping.roles[entry.role])
        for entry in (study.catalogue.entries[name] for name in names)
        if isinstance(entry, Input) and _is_of_today(study.mapping.roles[entry.role])
    ]
    if not stocks or not (study.window.past or study.intent.grain):
        return []
    then = [entry.label for entry, role in stocks if role.history is not None or role.start]
    now = [entry.label for entry, role in stocks if role.history is None and not role.start]
    notes = []
    if then and study.intent.grain:
        notes.append(f"{' and '.join(then)}: as of the end of each period.")
    elif then and study.facts.scope.past:
        notes.append(f"{' and '.join(then)}: as of {study.window.as_of.isoformat()}.")
    else:
        now += then
    if now:
        notes.append(f"{' and '.join(now)}: as on record today, not as of an earlier day.")
    return notes


def _is_of_today(role: Role) -> bool:
    """Whether a role is read as it stands, whatever the period."""
    standing = (RoleKind.STOCK, RoleKind.SERIES)
    return role.kind in standing or (role.kind is RoleKind.RATE and not role.date)


def _is_annual(study: Study, name: str) -> bool:
    entry = study.catalogue.entries[name]
    return isinstance(entry, Metric) and entry.annual


def summary_of(study: Study, names: Sequence[str]) -> str:
    """What is read and computed, in two sentences."""
    roles = {e.role for e in (study.catalogue.entries[n] for n in names) if isinstance(e, Input)}
    tables = dict.fromkeys(study.mapping.roles[role].table.replace("_", " ") for role in sorted(roles))
    whom = study.intent.scope or f"all {study.mapping.entity.plural}"
    available = available_inputs(study.catalogue, study.mapping, "")
    formulas = "; ".join(
        f"{study.short(name)} = {study.catalogue.formula(name, available)}"
        for name in study.intent.metrics
        if isinstance(study.catalogue.entries[name], Metric)
    )
    return f"Reads {', '.join(tables)} of {whom}, {study.window.label}. Computes {formulas or study.headline}."
