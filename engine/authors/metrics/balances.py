"""Balances, values and running rows at the end of each period: what is read for them, and how they are computed.

What stands at a period's end is the newest row up to then, or the rows that run on its last day; it is never added
over time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.authors.metrics.facts import Facts
from engine.authors.metrics.having import SINCE
from engine.metrics.mapping import History, Role, RoleKind
from engine.products import SourcePlan


@dataclass(frozen=True)
class Ends:
    """The periods that are looked at, each with its last month and its last day, and the grain that they are of."""

    grain: str
    months: Mapping[str, str]
    days: Mapping[str, str]


def balance_sources(facts: Facts, role: Role, name: str) -> tuple[SourcePlan, ...]:
    """What is read of a balance for several days: its rows, and the table that tells of earlier days.

    A plain stock, which is the same on every day, is read as it is for one day.
    """
    if role.kind is RoleKind.LATEST:
        link = facts.way(role.table)[0].columns[0]
        return (_newest_by_month(facts, role, link, facts.source_name(role)),)
    if role.kind is RoleKind.SPAN:
        return (_spans(facts, role),)
    if role.history is not None:
        return _with_history(facts, role, role.history)
    keys = _begun(facts, role, role.start)
    return (facts.summed(role, keys, {name: facts.expression(role)}, f"{role.table}: {name}"),)


def _with_history(facts: Facts, role: Role, history: History) -> tuple[SourcePlan, SourcePlan]:
    key = facts.step(history.table, role.table)
    held = facts.column(role.table, history.before) if history.before else "NULLIF(0, 0)"
    keys = {**_begun(facts, role, history.since), "row_key": facts.column(role.table, key.refers_columns[0])}
    rows = facts.summed(role, keys, {"held": held}, f"{role.table}: each, before the first of its changes")
    past = Role(kind=RoleKind.LATEST, table=history.table, value=history.value, date=history.date)
    return rows, _newest_by_month(facts, past, key.columns[0], f"{facts.source_name(role)}_history")


def _begun(facts: Facts, role: Role, since: str) -> dict[str, str]:
    return {SINCE: facts.grain("month", facts.column(role.table, since))} if since else {}


def _newest_by_month(facts: Facts, role: Role, key: str, name: str) -> SourcePlan:
    """The newest row of each month of each of what a role's rows refer to by a key."""
    table, date = facts.table(role.table), facts.column(role.table, role.date)
    link, month = facts.column(role.table, key), facts.grain("month", date)
    newest = (
        f"JOIN (SELECT {link} AS link, MAX({date}) AS newest FROM {table} WHERE {date} < :end GROUP BY {link}, {month})"
        f" AS newest\n  ON newest.link = {link} AND newest.newest = {date}"
    )
    source = facts.summed(
        role,
        {"row_key": link, "month": month},
        {"held": facts.expression(role)},
        f"{role.table}: newest {role.value} of each month",
        extra_join=newest,
        bound={"end": facts.scope.end},
    )
    return source.model_copy(update={"name": name})


def _spans(facts: Facts, role: Role) -> SourcePlan:
    start, end = facts.column(role.table, role.start), facts.column(role.table, role.end)
    return facts.summed(
        role,
        {"starts": start, "ends": end},
        dict(facts.measures(role)),
        f"{role.table}: those that run in the period, from when to when",
        where=[f"{start} < :end", f"({end} >= :start OR {end} IS NULL)"],
        bound={"start": facts.scope.start, "end": facts.scope.end},
    )


def balance_arguments(facts: Facts, role: Role) -> tuple[tuple[str, str], ...]:
    """The sources that a balance by time needs."""
    source = facts.source_name(role)
    past = ((f"{source}_history", "pd.DataFrame"),) if role.history is not None else ()
    return ((source, "pd.DataFrame"), *past)


def balance_body(facts: Facts, role: Role, column: str, group: Sequence[str], ends: Ends) -> tuple[str, ...]:
    """The lines that compute a balance at the end of each period, by further groups where there are some."""
    dims = [name for name in group if name != ends.grain]
    source = facts.source_name(role)
    if role.kind is RoleKind.SPAN:
        lines = _span_lines(source, column, dims, ends)
    else:
        lines = _row_lines(facts, role, source, column, dims, ends)
    return (*lines, *_ending(dims, group, ends.grain))


def _span_lines(source: str, column: str, dims: Sequence[str], ends: Ends) -> list[str]:
    value = f'{source}["{column}"].where(running, 0.0)'
    summed = f"{value}.groupby({_keys(source, dims)}).sum()" if dims else f"{value}.sum(min_count=1)"
    return [
        f'starts, ends = pd.to_datetime({source}["starts"]), pd.to_datetime({source}["ends"])',
        "found = {}",
        f"for period, day in {json.dumps(dict(ends.days))}.items():",
        "    running = (starts <= pd.Timestamp(day)) & ((ends >= pd.Timestamp(day)) | ends.isna())",
        f"    found[period] = {summed}",
    ]


def _row_lines(facts: Facts, role: Role, source: str, column: str, dims: Sequence[str], ends: Ends) -> list[str]:
    lines, loop = ["found = {}"], [f"for period, month in {json.dumps(dict(ends.months))}.items():"]
    rows = source
    if role.kind is RoleKind.LATEST:
        lines.insert(0, f'rows = {source}.sort_values("month")')
        loop.append('    known = rows[rows["month"] <= month].groupby("row_key").tail(1)')
        rows, column = "known", "held"
    for name in facts.counts_from(role):
        loop.append(f'    begun = {rows}[{rows}["{name}"] <= month]')
        rows = "begun"
    value = f'{rows}["{column}"]'
    if role.history is not None:
        lines.insert(0, f'newest = {source}_history.sort_values("month")')
        loop.append('    then = newest[newest["month"] <= month].groupby("row_key")["held"].last()')
        value = f'{rows}["row_key"].map(then).astype(float).fillna({rows}["held"].astype(float))'
    summed = f"({value}).groupby({_keys(rows, dims)}).sum(min_count=1)" if dims else f"({value}).sum(min_count=1)"
    return [*lines, *loop, f"    found[period] = {summed}"]


def _keys(source: str, dims: Sequence[str]) -> str:
    keys = [f'{source}["{name}"]' for name in dims]
    return keys[0] if len(keys) == 1 else f"[{', '.join(keys)}]"


def _ending(dims: Sequence[str], group: Sequence[str], grain: str) -> list[str]:
    if not dims:
        return [f'return pd.Series(found, dtype=float).rename_axis("{grain}")']
    return [f'return pd.concat(found, names=["{grain}"]).reorder_levels({json.dumps(list(group))}).sort_index()']
