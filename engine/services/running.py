"""One answer of a service, from the time it is due to the messages about it: data read anew, what changed, alerts."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from engine.errors import EngineError, SourceError, StepError, StoreError, UsageError
from engine.products import ChartSpec, Request, Results, Run
from engine.products.service import Report, Service, Shift, Tick, TickState, Told, version_of
from engine.scenarios.telling import sentence
from engine.scenarios.whatif import require_results
from engine.services.alerts import watched
from engine.services.gathering import gather_again
from engine.services.moving import can_move
from engine.services.newest import newest_of
from engine.store.services import GIVEN_UP, LEASE, MOST_ATTEMPTS, new_delivery
from engine.usecases.explaining import against_run
from engine.usecases.refresh import SourceChange, frame_of, rows_changed, run_again, with_scenarios
from runtime.units import label_of, verdict, write

if TYPE_CHECKING:
    from engine.kit import Kit

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
BEAT_SECONDS = 5.0
LOOK_SECONDS = 0.2
_MOST_WHY = 4
_QUOTES, _FIRST_LINE = '"' * 3, "#!/usr/bin/env python3"
_TIME = re.compile(r"\d{4}(-|$)")
# A script is the same one whatever the days and amounts of time in it.
_DAYS = re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?\b|\b(?:[A-Z][a-z]{2,8} )?(?:19|20)\d{2}\b|\bQ[1-4]\b")


def clock() -> datetime:
    """Now."""
    return datetime.now(UTC)


def answer_due(tick: Tick, kit: Kit, now: Clock = clock) -> Tick:
    """Take a claimed time to its end; what fails is its report, never raised.

    Raises:
        StoreError: another worker took it over.
    """
    service = kit.store.services.of(tick.service_id)
    earlier = _earlier(service, tick, kit)
    with _Beating(tick, kit, now):
        if tick.attempt > MOST_ATTEMPTS:
            report = Report(failure=GIVEN_UP.format(MOST_ATTEMPTS))
        else:
            tick, report = _reported(tick, service, kit)
    before = earlier.report.standing if earlier and earlier.report else ()
    found = watched(service.alerts, report.shifts, report.failure, before, report.members)
    report = report.model_copy(update={"fired": found.fired, "over": found.over, "standing": found.standing})
    state = TickState.FAILED if report.failure else TickState.DONE
    ended = tick.model_copy(update={"state": state, "report": report, "ended_at": now()})
    channels = service.channels if wanted(service, report) else ()
    if state is TickState.DONE and earlier is not None:
        _put_away(service, earlier, kit)
    return kit.store.services.keep_tick(ended, [new_delivery(ended, each, now()) for each in channels])


def _put_away(service: Service, earlier: Tick, kit: Kit) -> None:
    """Archive the answer before: of a service that answers every hour the history shows the newest."""
    if earlier.run_id and all(each.run_id != earlier.run_id for each in service.versions):
        try:
            kit.store.archive(earlier.run_id)
        except UsageError:
            log.info("the answer before of %s was deleted", service.name)


def wanted(service: Service, report: Report) -> bool:
    """Whether a report is told: always, where something changed, or where an alert began or ended."""
    if report.fired or report.over:
        return True
    match service.told:
        case Told.ALWAYS:
            return True
        case Told.CHANGES:
            return not report.same or bool(report.rows)
        case Told.ALERTS:
            return False


def _earlier(service: Service, tick: Tick, kit: Kit) -> Tick | None:
    """The newest answer before, whatever became of it."""
    ended = kit.store.services.ticks(service, 2, (TickState.DONE, TickState.FAILED))
    return next((each for each in ended if each.id != tick.id), None)


def _reported(tick: Tick, service: Service, kit: Kit) -> tuple[Tick, Report]:
    version = version_of(service, tick.version)
    try:
        if version is None:
            raise UsageError(f"Version {tick.version} of {service.name} is gone.", "Update the service.")
        base = kit.store.load(version.run_id)
        before = _compared(service, tick, base, kit)
    except EngineError as error:
        return tick, Report(failure=f"{error.message} {error.hint}".strip())
    made = [tick]

    def begun(run: Run) -> None:
        made[0] = kit.store.services.keep_tick(made[0].model_copy(update={"run_id": run.id}))

    try:
        after = _resumed(tick, base, kit) or _answered(base, service, kit, begun)
        _check_same_script(base, after, service)
        _check_columns(base, after)
        return made[0], compared(before, after)
    except EngineError as error:
        hint = _standing_on(base, error.message)
        return made[0], Report(failure=" ".join(filter(None, [error.message, hint, error.hint])), compared=before.id)


def _answered(base: Run, service: Service, kit: Kit, begun: Callable[[Run], None]) -> Run:
    """The answer over data read now; of a memo, the answers that it is made of are asked anew."""
    if base.request.gathered is not None:
        return gather_again(kit, base.request.gathered, made=begun)
    return run_again(base, _request(base, service, kit), kit, lambda event: None, made=begun)


def _compared(service: Service, tick: Tick, base: Run, kit: Kit) -> Run:
    """The run that the new one is compared with: the newest answer before of the same version, else its base."""
    return newest_of(service, tick.version, kit, tick.id) or base


def _request(base: Run, service: Service, kit: Kit) -> Request:
    """What is asked: the same request on today's day where the period moves, else the same script."""
    if service.moves and can_move(base):
        return base.request.model_copy(update={"model": "none", "as_of": "", "refreshed_from": ""})
    return base.request.model_copy(update={"refreshed_from": base.id})


def _resumed(tick: Tick, base: Run, kit: Kit) -> Run | None:
    """The run that a worker which died had begun: the queue takes it to its end, and nothing is run twice."""
    if not tick.run_id:
        return None
    until = time.monotonic() + kit.settings.limit_seconds * 2 + LEASE.total_seconds() * MOST_ATTEMPTS
    while not (run := kit.store.load(tick.run_id)).status.final:
        if time.monotonic() > until:
            raise StepError(f"Run {run.id} has not ended in time.", "Look at it in the history.")
        if (mine := kit.store.claim(run.id)) is not None:
            from engine.pipeline import run_request
            from engine.queue import Watch, finish

            with Watch(mine, kit) as watch:
                finish(run_request(mine, kit, lambda event: None, watch), kit)
        time.sleep(LOOK_SECONDS)
    return with_scenarios(base, run, kit)


def _check_same_script(base: Run, after: Run, service: Service) -> None:
    """Refuse an answer that was read otherwise than the one the service stands on."""
    texts = [_undated(run.script.text) if run.script else "" for run in (base, after)]
    if service.moves and can_move(base) and texts[0] != texts[1]:
        raise StepError(
            f"The request is read otherwise now than in version {service.number}: run {after.id} has another script.",
            "Compare the two, then update the service to the one that is right.",
        )


def _undated(text: str) -> str:
    """A script without its days and without what it says of them: of what is computed, nothing is left out."""
    head, _, rest = text.partition(_QUOTES)
    code = head + rest.partition(_QUOTES)[2] if not head.strip().replace(_FIRST_LINE, "") else text
    lines = [line for line in code.splitlines() if not line.lstrip().startswith("#")]
    return _DAYS.sub("DAY", "\n".join(lines))


def _check_columns(base: Run, after: Run) -> None:
    """Refuse an answer whose data have other kinds of columns than those it was made for."""
    for source in require_results(base).sources:
        one, other = (_kinds(frame_of(run, source.name)) for run in (base, after))
        for column, kind in one.items():
            now = other.get(column, "gone")
            if kind and now and now != kind:
                raise SourceError(
                    f"The column {column} of {source.name} was {kind} and is {now}{_quantities(base, source.name)}.",
                    "Mend the data, or ask anew and update the service.",
                )


def _kinds(frame: pd.DataFrame) -> dict[str, str]:
    """The kind of each column; nothing where all of it is empty, which says nothing."""
    return {
        str(name): "" if held.isna().all() else "a number" if pd.api.types.is_numeric_dtype(held) else "a text or a day"
        for name, held in frame.items()
    }


def _standing_on(base: Run, message: str) -> str:
    """Which numbers stand on the source that an error names."""
    found = re.search(r"source '(\w+)'", message)
    said = _quantities(base, found[1]).removeprefix(", and ") if found and base.results else ""
    return f"{said}." if said else ""


def _quantities(base: Run, source: str) -> str:
    """The shown numbers that are computed of a source, as the end of a sentence."""
    results = require_results(base)
    inputs = {each.name: set(each.inputs) for each in results.quantities}

    def reaches(name: str, seen: frozenset[str] = frozenset()) -> bool:
        if name == source:
            return True
        return name not in seen and any(reaches(each, seen | {name}) for each in inputs.get(name, ()))

    labels = [metric.label for metric in results.metrics if reaches(metric.name)]
    return f", and {', '.join(labels)} stand{'s' if len(labels) == 1 else ''} on it" if labels else ""


def compared(before: Run, after: Run) -> Report:
    """What an answer says, and what changed since one before it."""
    old = {metric.name: metric for metric in require_results(before).metrics}
    notes: list[str] = list(require_results(after).warnings)
    shifts = []
    for metric in require_results(after).metrics:
        if isinstance(metric.value, float | int | None):
            earlier = old[metric.name].value if metric.name in old else None
            shifts.append(
                Shift(
                    name=metric.name,
                    label=metric.label,
                    unit=metric.unit,
                    before=float(earlier) if isinstance(earlier, float | int) else None,
                    after=None if metric.value is None else float(metric.value),
                    verdict_before=verdict(earlier, metric.good, metric.bad),
                    verdict_after=verdict(metric.value, metric.good, metric.bad),
                )
            )
    try:
        rows = tuple(_said(each) for each in rows_changed(before, after) if not each.same)
    except (StoreError, SourceError) as error:
        rows = ()
        notes.append(f"Which rows changed is not known: {error.message}")
    return Report(
        headline=sentence(require_results(after)),
        shifts=tuple(shifts),
        members=tuple(_members(require_results(before), require_results(after))),
        rows=rows,
        why=_why(before, after),
        compared=before.id,
        compared_at=before.created_at,
        notes=tuple(notes),
    )


def _members(before: Results, after: Results) -> Iterator[Shift]:
    """Every property, region or other member that a chart judges by a threshold, then and now."""
    for chart in after.charts:
        if not (chart.good or chart.bad):
            continue
        old = next((each for each in before.charts if each.name == chart.name), chart)
        for name in chart.y:
            values, earlier = _by_member(after, chart, name), _by_member(before, old, name)
            for member, value in values.items():
                yield Shift(
                    name=f"{name}:{member}",
                    label=f"{label_of(name)} of {member}",
                    unit=chart.unit,
                    before=earlier.get(member),
                    after=value,
                    verdict_before=verdict(earlier.get(member), chart.good, chart.bad),
                    verdict_after=verdict(value, chart.good, chart.bad),
                )


def _by_member(results: Results, chart: ChartSpec, name: str) -> dict[str, float | None]:
    """The values of a chart by its members; none where it runs over time, which has no members."""
    table = results.tables.get(chart.table)
    if table is None or chart.series or not {chart.x, name} <= set(table.columns):
        return {}
    x, y = table.columns.index(chart.x), table.columns.index(name)
    rows = [(str(row[x]), row[y]) for row in table.rows]
    if any(_TIME.match(member) for member, _ in rows):
        return {}
    return {member: float(value) if isinstance(value, float | int) else None for member, value in rows}


def _said(change: SourceChange) -> str:
    counts = ((change.added, "added"), (change.removed, "gone"), (change.changed, "changed"))
    said = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    return f"{change.name.replace('_', ' ')}: {said}"


def _why(before: Run, after: Run) -> tuple[str, ...]:
    """What moved the first number; nothing where it did not move or is not computed of numbers."""
    try:
        found = against_run(after, before)
    except EngineError:
        return ()
    parts = sorted(found.parts, key=lambda part: -abs(part.contribution))
    return tuple(
        f"{part.label} {write(part.before, part.unit)} → {write(part.after, part.unit)}:"
        f" {found.label} {'+' if part.contribution >= 0 else ''}{write(part.contribution, found.unit)}"
        for part in parts[:_MOST_WHY]
        if part.contribution
    )


class _Beating:
    """Keeps the lease of a time alive while its answer is computed."""

    def __init__(self, tick: Tick, kit: Kit, now: Clock) -> None:
        self._tick, self._kit, self._now = tick, kit, now
        self._over = threading.Event()

    def __enter__(self) -> None:
        threading.Thread(target=self._beat, name=f"service-{self._tick.id}", daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                self._kit.store.services.beat_tick(self._tick, self._now())
            except StoreError as error:
                log.warning("the lease of %s could not be renewed: %s", self._tick.id, error.message)
