"""A memo made of a service's answers: one for every property, region or other value of a blank, gathered into one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.errors import CancelledError, EngineError, StepError, UsageError
from engine.products import Cancelled, Gathered, Part, Request, Run
from engine.products.service import Blank, Service
from engine.scenarios.whatif import require_results
from engine.services import blanks
from engine.services.newest import newest_run

if TYPE_CHECKING:
    from engine.kit import Kit

# More answers than these are a table to ask for, not a memo to make.
MOST = 200
Tell = Callable[[str, int, int], None]


def gather(
    kit: Kit,
    name: str,
    blank: str = "",
    values: Sequence[str] = (),
    scenario: str = "",
    tell: Tell = lambda value, done, total: None,
    cancelled: Cancelled = lambda: False,
) -> Run:
    """A memo of a service's answers for these values of a blank, or for every one that the data have.

    Each is an answer of its own, kept in the history. A value without an answer is left out, and the memo says why.

    Raises:
        UsageError: there is no such service, blank or value, or there are too many; CancelledError: `cancelled()`.
        EngineError: no value had an answer.
    """
    service = kit.store.services.get(name)
    chosen = _blank(service, blank)
    wanted = Gathered(
        service=service.name,
        title=_without(service.title, chosen.value),
        blank=chosen.name,
        label=chosen.label,
        values=tuple(dict.fromkeys(values)),
        scenario=scenario,
    )
    return gather_again(kit, wanted, tell, cancelled)


def gather_again(
    kit: Kit,
    wanted: Gathered,
    tell: Tell = lambda value, done, total: None,
    cancelled: Cancelled = lambda: False,
    made: Callable[[Run], None] = lambda run: None,
) -> Run:
    """The same memo over answers that are asked now; `made` hears of its run before it begins."""
    from engine.pipeline import run_request
    from engine.queue import Watch, finish, submit

    service = kit.store.services.get(wanted.service)
    base = newest_run(service, kit)
    values = _values(wanted, service, base, kit)
    gathered = _asked(kit, wanted, values, tell, cancelled)
    text = f"{wanted.title} of {', '.join(wanted.values) or f'every {wanted.label.lower()}'}"
    request = Request(text=text, database=base.request.database, gathered=gathered)
    memo = submit(request, kit, owner=base.owner, claimed=True)
    made(memo)
    with Watch(memo, kit) as watch:
        ended = finish(run_request(memo, kit, lambda event: None, lambda: watch() or cancelled()), kit)
    if ended.failure is not None:
        raise StepError(ended.failure.message, ended.failure.hint)
    require_results(ended)
    return ended


def _without(title: str, value: str) -> str:
    """A title without the one value that the service was made for: "DSCR for Lantern Square" is "DSCR"."""
    return re.sub(rf"\s*\b(?:for|of|at|in)\s+{re.escape(value)}(?!\w)", "", title).strip() or title


def _blank(service: Service, name: str) -> Blank:
    """The blank of that name; the only one where none is named.

    Raises:
        UsageError: there is none, or several.
    """
    known = {each.name: each for each in service.blanks}
    if not known:
        hint = f"Leave one blank first: ./run service change {service.name} --blank property."
        raise UsageError(f"{service.name} has no blank, so that it has one answer only.", hint)
    if (name and name not in known) or (not name and len(known) > 1):
        said = f"{service.name} has no blank {name[:60]!r}." if name else f"{service.name} has several blanks."
        raise UsageError(said, f"Name one: {', '.join(known)}.")
    return known[name] if name else next(iter(known.values()))


def _values(wanted: Gathered, service: Service, base: Run, kit: Kit) -> tuple[str, ...]:
    blank = _blank(service, wanted.blank)
    values = wanted.values or blanks.members(blank, base, kit)
    for value in wanted.values[:MOST]:
        blanks.checked(service, base, {wanted.blank: value}, kit)  # all of them, before any is asked
    if not values:
        raise UsageError(f"The data have no {wanted.label.lower()}.", "Look at the Schema page.")
    if len(values) > MOST:
        hint = f"Name some, at most {MOST}: --only 'Prairie Point Mall,Lantern Square'."
        raise UsageError(f"There are {len(values):,} values of {wanted.label.lower()}.", hint)
    return values


def _asked(kit: Kit, wanted: Gathered, values: Sequence[str], tell: Tell, cancelled: Cancelled) -> Gathered:
    """The parts of a memo, asked one by one."""
    parts: list[Part] = []
    missing: list[str] = []
    for at, value in enumerate(values, 1):
        if cancelled():
            raise CancelledError("The memo was cancelled.", f"{len(parts)} of its answers stay in the history.")
        try:
            run, simulated = blanks.call(kit, wanted.service, {wanted.blank: value}, wanted.scenario)
            parts.append(Part(value=value, run_id=run.id, under=dict(simulated["metrics"]) if simulated else {}))
        except UsageError:
            raise  # a name that is not there is the person's to put right
        except EngineError as error:
            missing.append(f"{value} has no answer: {error.message}")
        tell(value, at, len(values))
    if not parts:
        raise UsageError(f"No {wanted.label.lower()} has an answer.", missing[0])
    return wanted.model_copy(update={"parts": tuple(parts), "missing": tuple(missing)})
