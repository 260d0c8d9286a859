"""The base data read anew: a run of the same script over today's rows, and what changed since the run before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.errors import CancelledError, EngineError, SourceError, StepError, StoreError, UsageError
from engine.foundation.jsonapi import Answer, content, refused
from engine.products import Cancelled, MetricValue, Product, Request, Run, Scenario, Status, Step, Tell
from engine.scenarios.scenariofile import asked_scenarios
from engine.scenarios.spreading import TellDone
from engine.scenarios.whatif import offered_scenarios, require_results

if TYPE_CHECKING:
    from engine.kit import Kit

EXAMPLES = 20
SHAPE = 'Send {} or {"scenarios": [{"name": "optimistic", "revenue_change": 0.10}]}.'
STEPS = tuple(Step)


class RowChange(Product):
    """One change: added, removed or changed; where, as the row's words; and the column's values when it changed."""

    change: str
    row: str
    column: str = ""
    before: str = ""
    after: str = ""


class SourceChange(Product):
    """How the rows of one source differ between two snapshots."""

    name: str
    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int
    examples: tuple[RowChange, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return not (self.added or self.removed or self.changed)


class Moved(Product):
    """A metric under the base or a scenario, on the old data and on the new."""

    scenario: str
    name: str
    label: str
    unit: str
    before: float | None
    after: float | None
    good: str = ""
    bad: str = ""

    @property
    def change(self) -> float | None:
        """By how much it moved; None where it has no number."""
        return None if self.before is None or self.after is None else self.after - self.before


class Refresh(Product):
    """Two runs of one script: what their data and their results differ in."""

    before: str
    after: str
    read_before: datetime
    read_after: datetime
    sources: tuple[SourceChange, ...]
    moved: tuple[Moved, ...]

    @property
    def same(self) -> bool:
        """Whether no row changed."""
        return all(source.same for source in self.sources)


def refresh(run: Run, kit: Kit, tell: Tell, cancelled: Cancelled = lambda: False) -> Run:
    """A new run of the run's own script over data read now, with its scenarios; the old one stays as it was.

    Raises:
        SourceError: the data cannot be read any more; StepError: the script does not work on it.
        CancelledError: `cancelled()` became true.
    """
    require_results(run)
    if run.request.gathered is not None:
        raise UsageError(
            f"This memo is made of answers of the service {run.request.gathered.service}, which are not read anew.",
            f"Gather them again: ./run service memo {run.request.gathered.service}.",
        )
    return run_again(run, run.request.model_copy(update={"refreshed_from": run.id}), kit, tell, cancelled)


def run_again(
    run: Run,
    request: Request,
    kit: Kit,
    tell: Tell,
    cancelled: Cancelled = lambda: False,
    made: Callable[[Run], None] = lambda run: None,
) -> Run:
    """A new run of a request in place of a run's, with its scenarios; `made` hears of it before it begins.

    Raises:
        StepError: it came to nothing; CancelledError: `cancelled()` became true.
    """
    from engine.pipeline import run_request
    from engine.queue import Watch, finish, submit

    again = submit(request, kit, owner=run.owner, claimed=True)
    made(again)
    with Watch(again, kit) as watch:
        ended = finish(run_request(again, kit, tell, lambda: watch() or cancelled()), kit)
    return with_scenarios(run, ended, kit)


def with_scenarios(run: Run, ended: Run, kit: Kit) -> Run:
    """A run that stands for another, with the scenarios of that one.

    Raises:
        StepError: it came to nothing; CancelledError: it was cancelled.
    """
    kit.store.save_scenarios(ended.id, kit.store.scenarios(run.id))
    if ended.results is not None:
        return ended
    message = ended.failure.message if ended.failure else f"The new run is {ended.status}."
    if ended.question is not None:
        message = f"It is asked back: {ended.question.text}"
    hint = ended.failure.hint if ended.failure else ""
    if ended.status is Status.CANCELLED:
        raise CancelledError(message, hint)
    raise StepError(f"{message} The run of {run.created_at:%Y-%m-%d %H:%M} UTC stays as it was.", hint)


def difference(before: Run, after: Run, kit: Kit, scenarios: Sequence[Scenario] | None = None) -> Refresh:
    """Compare a run with a later one of its script: the rows, and each scenario, by default those kept."""
    if scenarios is None:
        scenarios = _kept(before, kit)
    sources = require_results(before).sources
    return Refresh(
        before=before.id,
        after=after.id,
        read_before=max((source.read_at for source in sources), default=before.created_at),
        read_after=max((source.read_at for source in require_results(after).sources), default=datetime.now(UTC)),
        sources=rows_changed(before, after),
        moved=_moved(before, after, scenarios, kit),
    )


def rows_changed(before: Run, after: Run) -> tuple[SourceChange, ...]:
    """How the rows of two runs of one script differ, source by source.

    Raises:
        StoreError: the rows of one are gone; SourceError: the columns of a source are all others.
    """
    return tuple(
        changes(source.name, frame_of(before, source.name), frame_of(after, source.name))
        for source in require_results(before).sources
    )


def _kept(run: Run, kit: Kit) -> Sequence[Scenario]:
    return kit.store.scenarios(run.id) or offered_scenarios(require_results(run).parameters)


def in_steps(tell: TellDone) -> Tell:
    """One that hears a run's events as how many of its steps are done."""
    return lambda event: tell(STEPS.index(event.step) + (event.state == "done"), len(STEPS))


def answer(kit: Kit, run_id: str, kind: str, body: bytes) -> Answer:
    """A refresh asked over HTTP: the run's data read now and what that changed, or an error with its status."""
    try:
        wanted = content(kind, body, SHAPE)
        before = kit.store.load(run_id)
        return 200, computed(kit, before, wanted, _kept(before, kit))
    except EngineError as error:
        return refused(error)


def computed(
    kit: Kit,
    before: Run,
    wanted: Mapping[str, Any],
    kept: Sequence[Scenario],
    tell: TellDone = lambda done, total: None,
    cancelled: Cancelled = lambda: False,
) -> dict[str, Any]:
    """The run's data read now, as a document: under the scenarios that are wanted, or, where none is named, those kept.

    Raises:
        UsageError: a scenario is wrong, which is said before anything is read; else as `refresh`.
    """
    scenarios = asked_scenarios(wanted, require_results(before).parameters) or kept
    after = refresh(before, kit, in_steps(tell), cancelled)
    return difference(before, after, kit, scenarios).model_dump(mode="json")


def frame_of(run: Run, source: str) -> pd.DataFrame:
    """The rows of one source of a run, as they were read.

    Raises:
        StoreError: they are gone.
    """
    try:
        return pd.read_parquet(Path(run.folder) / "data" / f"{source}.parquet")
    except (OSError, ValueError) as error:
        raise StoreError(f"The snapshot of {source} of run {run.id} cannot be read: {error}.", "Ask again.") from error


def _moved(before: Run, after: Run, scenarios: Sequence[Scenario], kit: Kit) -> tuple[Moved, ...]:
    metrics = [metric for metric in require_results(before).metrics if isinstance(metric.value, float | int)]
    asked: list[dict[str, Any]] = [
        {"name": "Base"},
        *({**scenario.values, "name": scenario.name} for scenario in scenarios),
    ]
    old, new = (kit.sessions.simulate(run, asked)["scenarios"] for run in (before, after))
    return tuple(
        _one(metric, one["name"], one["metrics"], other["metrics"])
        for one, other in zip(old, new, strict=True)
        for metric in metrics
    )


def _one(metric: MetricValue, scenario: str, old: Mapping[str, float | None], new: Mapping[str, float | None]) -> Moved:
    return Moved(
        scenario=scenario,
        name=metric.name,
        label=metric.label,
        unit=metric.unit,
        before=old.get(metric.name),
        after=new.get(metric.name),
        good=metric.good,
        bad=metric.bad,
    )


def changes(name: str, before: pd.DataFrame, after: pd.DataFrame) -> SourceChange:
    """How two snapshots of a source differ.

    Rows are the same row where their words and days agree, if those name each row once in both; then a row whose
    numbers differ has changed. Else whole rows are compared: what is in one and not in the other was removed or added.

    Raises:
        SourceError: the snapshots have no column in common.
    """
    shared = [column for column in before.columns if column in after.columns]
    if not shared and (len(before.columns) or len(after.columns)):
        raise SourceError(f"The columns of {name} are all others by now.", "Ask again.")
    old, new = _plain(before[shared]), _plain(after[shared])
    keys = [column for column in shared if _words(before[column], after[column])]
    alone = not keys and len(old) == len(new) == 1
    if alone or (keys and _unique(old, keys, shared) and _unique(new, keys, shared)):
        found = _matched(_by_key(old, keys, shared), _by_key(new, keys, shared), shared, keys)
        # A row of which several numbers changed is one changed row.
        tally = Counter(change for change, _ in {(each.change, each.row) for each in found})
    else:
        found = _counted(old, new, shared)
        tally = Counter(each.change for each in found)
    return SourceChange(
        name=name,
        rows_before=len(before),
        rows_after=len(after),
        added=tally["added"],
        removed=tally["removed"],
        changed=tally["changed"],
        examples=tuple(found[:EXAMPLES]),
    )


Row = tuple[Any, ...]


def _words(*columns: pd.Series) -> bool:
    """Whether a column holds words or days; one without any value says nothing."""
    known = [column.dropna() for column in columns if column.notna().any()]
    return bool(known) and not any(pd.api.types.is_numeric_dtype(column.infer_objects()) for column in known)


def _plain(frame: pd.DataFrame) -> list[Row]:
    """The rows as tuples, nothing where a value is missing."""
    return list(frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None))


def _by_key(rows: Sequence[Row], keys: Sequence[str], columns: Sequence[str]) -> dict[Row, Row]:
    places = [columns.index(key) for key in keys]
    return {tuple(row[place] for place in places): row for row in rows}


def _unique(rows: Sequence[Row], keys: Sequence[str], columns: Sequence[str]) -> bool:
    return len(_by_key(rows, keys, columns)) == len(rows)


def _matched(
    old: Mapping[Row, Row], new: Mapping[Row, Row], columns: Sequence[str], keys: Sequence[str]
) -> list[RowChange]:
    found = []
    for key, row in old.items():
        told = _told(key)
        if key not in new:
            found.append(RowChange(change="removed", row=told, before=_numbers(row, columns, keys)))
            continue
        found += [
            RowChange(change="changed", row=told, column=column, before=_text(one), after=_text(other))
            for column, one, other in zip(columns, row, new[key], strict=True)
            if one != other
        ]
    found += [
        RowChange(change="added", row=_told(key), after=_numbers(row, columns, keys))
        for key, row in new.items()
        if key not in old
    ]
    return found


def _counted(old: Sequence[Row], new: Sequence[Row], columns: Sequence[str]) -> list[RowChange]:
    before, after = Counter(old), Counter(new)
    removed = [RowChange(change="removed", row=_told(row)) for row in (before - after).elements()]
    return removed + [RowChange(change="added", row=_told(row)) for row in (after - before).elements()]


def _told(row: Row) -> str:
    return ", ".join(map(_text, row))


def _numbers(row: Row, columns: Sequence[str], keys: Sequence[str]) -> str:
    return ", ".join(
        f"{column} {_text(value)}" for column, value in zip(columns, row, strict=True) if column not in keys
    )


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)
