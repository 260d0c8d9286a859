"""A service with blanks: the same answer for whatever property or region is asked, checked against the data first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rapidfuzz import process

from engine.compiling.filling import said, script_of
from engine.errors import EngineError, UsageError
from engine.products import Run, SourcePlan
from engine.products.service import Blank, Service
from engine.scenarios.whatif import offered_scenarios, require_results
from engine.services.newest import newest_run
from engine.usecases.portfolio.filters import filters_of, listing
from engine.usecases.portfolio.spread import flavour
from engine.usecases.refresh import run_again
from runtime.units import label_of

if TYPE_CHECKING:
    from engine.kit import Kit

# More members than these are asked for by name, not chosen from a list.
MOST_LISTED = 1000
_MOST_NEAR = 5


def offered(run: Run, kit: Kit) -> tuple[Blank, ...]:
    """What may be left blank in an answer: every value that its queries hold a column to."""
    if run.plan is None or run.script is None:
        return ()
    if script_of(run.plan, run.script, run.request.text).text != run.script.text:
        return ()  # a person edited it: the plan is no longer what it does
    found: dict[str, Blank] = {}
    for source in run.plan.sources:
        try:
            for each in filters_of(source, flavour(run, kit, source)):
                value = source.bound.get(each.name)
                if isinstance(value, str):
                    found.setdefault(each.name, Blank(name=each.name, label=label_of(each.name), value=value))
        except EngineError:
            continue
    return tuple(found.values())


def chosen(run: Run, kit: Kit, names: tuple[str, ...]) -> tuple[Blank, ...]:
    """The blanks of these names.

    Raises:
        UsageError: the answer has none of that name.
    """
    known = {each.name: each for each in offered(run, kit)}
    missing = [name for name in names if name not in known]
    if missing:
        there = ", ".join(f"{each.name} ({each.value})" for each in known.values()) or "none"
        raise UsageError(f"{missing[0][:60]!r} cannot be left blank in this answer.", f"What can: {there}.")
    return tuple(known[name] for name in dict.fromkeys(names))


def members(blank: Blank, run: Run, kit: Kit) -> tuple[str, ...]:
    """The values that a blank may take, as the data have them now."""
    for source in run.plan.sources if run.plan else ():
        speech = flavour(run, kit, source)
        for each in filters_of(source, speech):
            if each.name == blank.name:
                sql, bound = listing(source, each, speech)
                rows = _read(source, run, kit)(sql, bound)
                return tuple(str(value) for value in rows["member"].dropna())[:MOST_LISTED]
    return ()


def call(kit: Kit, name: str, inputs: Mapping[str, Any], scenario: str = "") -> tuple[Run, Mapping[str, Any] | None]:
    """The service's answer for these values, over data read now, and one of its scenarios where that is asked.

    Blanks that are not given keep their value. No model is asked.

    Raises:
        UsageError: there is no such service, blank, value or scenario; else as a run.
    """
    service = kit.store.services.get(name)
    if not service.on:
        raise UsageError(
            f"The service {service.name} is stopped.", f"Start it first: ./run service start {service.name}"
        )
    base = newest_run(service, kit)
    values = checked(service, base, inputs, kit)
    named = _scenario(service, base, scenario, kit) if scenario else None
    request = base.request.model_copy(
        update={"text": said(base.request.text, values), "refreshed_from": base.id, "filled": values}
    )
    run = run_again(base, request, kit, lambda event: None)
    if named is None:
        return run, None
    require_results(run)
    return run, kit.sessions.simulate(run, [named])["scenarios"][0]


def checked(service: Service, run: Run, inputs: Mapping[str, Any], kit: Kit) -> dict[str, str]:
    """New values by those they replace, as the data write them.

    Raises:
        UsageError: there is no such blank or value.
    """
    blanks = {each.name: each for each in service.blanks}
    wrong = [name for name in inputs if name not in blanks]
    if wrong:
        hint = f"Its blanks: {', '.join(blanks) or 'none'}."
        raise UsageError(f"{service.name} has no blank {str(wrong[0])[:60]!r}.", hint)
    values = {}
    for name, given in inputs.items():
        blank, text = blanks[name], str(given)
        known = members(blank, run, kit)
        same = next((each for each in known if each.casefold() == text.strip().casefold()), None)
        if same is None:
            near = [each for each, *_ in process.extract(text[:100], known, limit=_MOST_NEAR)]
            raise UsageError(
                f"There is no {blank.label.lower()} {text[:60]!r}.", f"The nearest: {', '.join(near) or 'none'}."
            )
        values[blank.value] = same
    return {old: new for old, new in values.items() if old != new}


def _scenario(service: Service, run: Run, name: str, kit: Kit) -> dict[str, Any]:
    kept = kit.store.scenarios(run.id) or kit.store.scenarios(service.version.run_id)
    kept = kept or offered_scenarios(require_results(run).parameters)
    found = next((each for each in kept if each.name.casefold() == name.casefold()), None)
    if found is None:
        known = ", ".join(each.name for each in kept) or "none"
        raise UsageError(f"There is no scenario {name[:60]!r}.", f"Kept with this service: {known}.")
    return {**found.values, "name": found.name}


def _read(source: SourcePlan, run: Run, kit: Kit) -> Any:
    return kit.shelf.look if source.place == "datasets" else kit.door(run.request.database).read
