"""From a model's SELECT to a plan: compiled, with how it was read, what is assumed, and what the request supposes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from engine.authors.base import Ground
from engine.authors.select.reply import Reply, Supposition
from engine.compiling.composing import Compiled, Show, compile_lifted_or_not, compile_plain
from engine.errors import EngineError
from engine.products import ParameterPlan, Plan, Scenario, SourcePlan, WhatIf
from runtime.units import CURRENCIES

MOST_ROWS = 200_000
_UNITS = {"fraction": "percent", "percent": "%", "multiple": "x", "count": "count"}
LONGEST_TITLE = 80


def made_plan(
    request: str,
    reply: Reply,
    rows: pd.DataFrame,
    tables: Sequence[str],
    ground: Ground,
    notes: Sequence[str],
    *,
    plain: bool = False,
    why: str = "",
) -> Plan:
    """The plan of a reply whose SELECT gave `rows`; `plain` leaves the computing to the database, and says why."""
    shows = {each.name: Show(unit=unit_of(each.show), label=each.label) for each in reply.columns}
    shows = {name: shows[key] for name in map(str, rows.columns) for key in shows if key.lower() == name.lower()}
    if plain:
        compiled = compile_plain(reply.sql, rows, shows, reply.chart, ground.place, why)
    else:
        compiled = compile_lifted_or_not(reply.sql, rows, shows, reply.chart, ground.schema, ground.place)
        if compiled.sources and (many := _too_many(compiled, ground)):
            compiled = compile_plain(reply.sql, rows, shows, reply.chart, ground.place, many)
    scenarios, unmet = _suppositions(reply.suppose, compiled.parameters)
    said = [f"computed by the database as one query: {compiled.left.rstrip('.')}"] if compiled.left else []
    if reply.rules and not reply.agrees:
        said.append(f"the rules read it otherwise; the language model says: {reply.rules}")
    check = None
    if not compiled.left:
        check = SourcePlan(name="select", reads="what the quantities must give", sql=reply.sql, place=ground.place)
    return Plan(
        title=title_of(request),
        summary=reply.reading or title_of(request),
        sources=compiled.sources,
        parameters=compiled.parameters,
        quantities=compiled.quantities,
        helpers=compiled.helpers,
        view=compiled.view,
        assumptions=tuple(dict.fromkeys([*reply.assumptions, *said, *unmet, *notes])),
        intent={
            "reply": reply.model_dump(mode="json"),
            "tables": list(tables),
            "outputs": [list(each) for each in compiled.outputs],
            "lifted": not compiled.left,
        },
        what_if=WhatIf(scenarios=scenarios),
        check=check,
    )


def title_of(request: str) -> str:
    """The request as a title."""
    words = " ".join(request.split())
    short = words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 3] + "..."
    return short[:1].upper() + short[1:]


def unit_of(show: str) -> str:
    """The contract's unit of a way to show: 'money:EUR' is EUR."""
    kind, _, currency = show.strip().partition(":")
    if kind.strip().lower() == "money":
        code = currency.strip().upper() or "USD"
        return code if code in CURRENCIES else ""
    return _UNITS.get(kind.strip().lower(), "")


def _too_many(compiled: Compiled, ground: Ground) -> str:
    """Why the rows are left in the database; empty where they are few enough to be read."""
    for source in compiled.sources:
        try:
            counted = ground.read(f"SELECT COUNT(*) AS n FROM (\n{source.sql}\n) AS counted", source.bound)
        except EngineError:
            return "its rows could not be read apart"
        count = int(counted["n"].tolist()[0])
        if count > MOST_ROWS:
            return f"it adds up {count:,} rows, more than {MOST_ROWS:,}"
    return ""


def _suppositions(
    supposed: Sequence[Supposition], parameters: Sequence[ParameterPlan]
) -> tuple[tuple[Scenario, ...], list[str]]:
    """What the request supposes as scenarios, and in words what no parameter can change."""
    found, unmet = [], []
    for each in supposed:
        column = each.column.rpartition(".")[2].lower()
        name = next((p.name for p in parameters if p.name == f"{column}_change"), "")
        name = name or next((p.name for p in parameters if column in p.description.lower()), "")
        if name:
            found.append(Scenario(name=each.name, values={name: each.change}))
        else:
            unmet.append(f"a change of {each.column} cannot be computed from this answer")
    return tuple(found), unmet
