"""By what a run can be spread: the dimensions of its members, and the script and sources for any of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.authors.base import Declined, Ground
from engine.authors.metrics import planning
from engine.authors.metrics.intent import ANY_MEMBER, Intent
from engine.compiling.declared import declared_sources
from engine.compiling.script import write_script
from engine.errors import EngineError, UsageError
from engine.metrics.catalogue import Catalogue, Metric, own_catalogue
from engine.metrics.mapping import DatabaseMapping
from engine.products import Run, SourcePlan
from engine.sources.dialects import flavour_of
from engine.usecases.portfolio.filters import Filter, filters_of, for_values, listing
from runtime.units import label_of

if TYPE_CHECKING:
    from engine.kit import Kit


@dataclass(frozen=True)
class Spread:
    """A script whose sources can be read for any member of a dimension.

    `name` is the bound value that names the member; `members_sql` lists all of them, as `member`.
    """

    name: str
    label: str
    script: str
    sources: tuple[SourcePlan, ...]
    members_sql: str
    members_bound: Mapping[str, object]

    def of(self, members: Sequence[str]) -> tuple[SourcePlan, ...]:
        """The sources for one member, or for several together."""
        return tuple(for_values(source, self.name, members) for source in self.sources)


def dimensions(run: Run, kit: Kit) -> Mapping[str, str]:
    """The dimensions by which a run can be spread, as name: label, the one it was filtered by first."""
    planned = _planned(run, kit)
    if planned is not None:
        intent, mapping, _, _ = planned
        order = sorted(mapping.dimension_names, key=lambda name: name not in intent.filters)
        return {name: mapping.dimension(name).label for name in order}
    return {name: label_of(found.column) for name, found in _own_filters(run, kit).items()}


def spread(run: Run, kit: Kit, name: str = "") -> Spread:
    """The run's model for any member of a dimension, by default the first of `dimensions`.

    What the catalogue planned is planned anew over that dimension, in the run's own period; any other script keeps
    its text, and its own filter takes the members.

    Raises:
        UsageError: the run filters by nothing that has members, or not by this dimension.
    """
    known = dimensions(run, kit)
    if not known:
        raise UsageError(
            "This answer filters by no column that has members, so there is no portfolio to run it over.",
            'Ask for one member first, such as "DSCR for Orlando Fashion Square".',
        )
    chosen = name or next(iter(known))
    if chosen not in known:
        raise UsageError(f"by: there is no dimension {chosen!r}.", f"Choose one of: {', '.join(known)}.")
    planned = _planned(run, kit)
    if planned is None:
        script = _script(run)
        return _made(run, kit, chosen, known[chosen], script, declared_sources(script))
    intent, mapping, ground, catalogue = planned
    plan = planning.plan(_alone(run, intent, mapping, chosen, catalogue), ground, catalogue, mapping)
    if isinstance(plan, Declined):
        raise UsageError(f"by: {plan.reason}", "Choose another dimension, or ask for a metric of one member.")
    script = write_script(plan, request=run.request.text, author="catalogue (no model)")
    return _made(run, kit, chosen, known[chosen], script, plan.sources)


def _made(run: Run, kit: Kit, name: str, label: str, script: str, sources: tuple[SourcePlan, ...]) -> Spread:
    source, found = next(
        (source, each)
        for source in sources
        for each in filters_of(source, flavour(run, kit, source))
        if each.name == name
    )
    sql, bound = listing(source, found, flavour(run, kit, source))
    return Spread(name, label, script, sources, sql, bound)


def flavour(run: Run, kit: Kit, source: SourcePlan) -> str:
    """sqlglot's name of a source's dialect."""
    if source.place == "datasets":
        return "sqlite"
    return flavour_of(kit.door(run.request.database).dialect)


def _script(run: Run) -> str:
    if run.script is None:
        raise UsageError(f"Run {run.id} has no script.", "Choose a run that is done: ./run runs.")
    return run.script.text


def _own_filters(run: Run, kit: Kit) -> dict[str, Filter]:
    """The filters of a script by a text; one that means another column elsewhere in it is none."""
    found: dict[str, set[tuple[str, str]]] = {}
    kept: dict[str, Filter] = {}
    for source in declared_sources(_script(run)):
        for each in filters_of(source, flavour(run, kit, source)):
            if isinstance(source.bound.get(each.name), str):
                found.setdefault(each.name, set()).add((each.table, each.column))
                kept[each.name] = each
    return {name: kept[name] for name, columns in found.items() if len(columns) == 1}


def _planned(run: Run, kit: Kit) -> tuple[Intent, DatabaseMapping, Ground, Catalogue] | None:
    """What the catalogue made of the run's request, where it wrote the script and its mapping still stands."""
    if run.task is None or run.task.place != "database" or run.script is None or run.script.author != "catalogue":
        return None
    if "metrics" not in run.task.intent:
        return None
    try:
        ground = kit.ground(run.request.database)
    except EngineError:
        return None
    if ground.mapping is None:
        return None
    catalogue = own_catalogue(kit.settings.metrics_folder)
    intent = Intent.model_validate(run.task.intent)
    return (intent, ground.mapping, ground, catalogue) if _metrics(run, intent, catalogue) else None


def _metrics(run: Run, intent: Intent, catalogue: Catalogue) -> tuple[str, ...]:
    """The metrics asked for; of a report, those that it shows."""
    shown = intent.metrics or tuple(entry.quantity for entry in (run.plan.view if run.plan else ()))
    return tuple(name for name in dict.fromkeys(shown) if isinstance(catalogue.entries.get(name), Metric))


def _alone(run: Run, intent: Intent, mapping: DatabaseMapping, name: str, catalogue: Catalogue) -> Intent:
    """The intent for one member of the dimension: other filters stay, save the entity's own; so does the period."""
    kept = {key: value for key, value in intent.filters.items() if key not in (name, mapping.entity.name)}
    bounds = [source.bound for source in (run.plan.sources if run.plan else ()) if "start" in source.bound]
    period: dict[str, Any] = {}
    if intent.start or intent.end or intent.rolling:
        period = {"start": intent.start, "end": intent.end, "rolling": intent.rolling}
    elif bounds and not intent.grain:
        period = {"start": bounds[0]["start"], "end": bounds[0]["end"]}
    said = f"{period['start']} to {period['end']} (exclusive)" if period else ""
    return Intent(
        metrics=_metrics(run, intent, catalogue),
        filters={**kept, name: (ANY_MEMBER,)},
        given=intent.given,
        period=intent.period or said,
        **period,
    )
