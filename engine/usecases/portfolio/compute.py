"""A portfolio run: every member is read through the guarded loader and computed in a sandbox of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from engine.errors import CancelledError, SandboxError, SourceError, UsageError
from engine.executors.base import Session
from engine.executors.outside.payload import Payload
from engine.foundation.files import put_files
from engine.products import Cancelled, Run, Scenario, SourceData
from engine.results import answers
from engine.sources.snapshot import load_snapshot
from engine.usecases.portfolio.result import Figure, Member, Portfolio, Uncomputed
from engine.usecases.portfolio.spread import Spread, spread

if TYPE_CHECKING:
    from engine.kit import Kit

MOST_MEMBERS = 1_000
# Members that cross to the sandbox at once.
LOAD = 20
TellDone = Callable[[int, int], None]


@dataclass
class Found:
    """The members that were computed so far."""

    figures: tuple[Figure, ...] = ()
    members: list[Member] = field(default_factory=list)
    uncomputed: list[Uncomputed] = field(default_factory=list)


def run_portfolio(
    run: Run,
    kit: Kit,
    scenarios: Sequence[Scenario],
    by: str = "",
    tell: TellDone = lambda done, total: None,
    cancelled: Cancelled = lambda: False,
) -> Portfolio:
    """The run's metrics for every member of a dimension, in the base and in each scenario.

    `tell(done, total)` counts members. The data of every member is read now, through the same read-only door as the
    run's own, and is computed in a sandbox that ends with it; the run and its snapshot stay as they are.

    Raises:
        UsageError: the run cannot be spread so, there are too many members, or a scenario is wrong.
        SourceError: the members cannot be listed.
        CancelledError: `cancelled()` became true.
    """
    model = spread(run, kit, by)
    names, nameless = members_of(run, kit, model)
    choice = kit.executor(run.request.executor)
    choice.executor.prepare(lambda line: None)
    session = choice.executor.open(kit.settings.limits)
    found = Found(uncomputed=nameless)
    moment = datetime.now(UTC)
    try:
        tell(0, len(names))
        for start in range(0, len(names), LOAD):
            part = names[start : start + LOAD]
            _computed(run, kit, model, session, {name: (name,) for name in part}, scenarios, found, cancelled)
            tell(start + len(part), len(names))
        total, problem, sources = _total(run, kit, model, session, scenarios, found, cancelled)
    finally:
        session.close()
    if not found.members:
        first = found.uncomputed[0]
        raise SandboxError(f"No {model.label.lower()} could be computed. {first.name}: {first.reason}", first.hint)
    return Portfolio(
        dimension=model.name,
        label=model.label,
        scenarios=tuple(scenarios),
        figures=found.figures,
        members=tuple(found.members),
        uncomputed=tuple(found.uncomputed),
        total=total,
        total_problem=problem,
        read_at=moment,
        sources=sources,
    )


def members_of(run: Run, kit: Kit, model: Spread) -> tuple[list[str], list[Uncomputed]]:
    """The members by name; rows without one are told as a member that cannot be computed.

    Raises:
        UsageError: there is none, or there are more than MOST_MEMBERS.
    """
    asked = (model.members_sql, dict(model.members_bound))
    in_files = model.sources and all(source.place == "datasets" for source in model.sources)
    read = kit.shelf.read if in_files else kit.door(run.request.database).read
    listed: pd.Series = read(*asked)["member"]
    names = [str(name) for name in listed.dropna().unique()]
    if not 0 < len(names) <= MOST_MEMBERS:
        raise UsageError(
            f"by: {model.label} has {len(names):,} members.", f"Choose a dimension of 1 to {MOST_MEMBERS:,} members."
        )
    reason = f"These rows have no {model.label.lower()}, so they belong to no member."
    return names, [Uncomputed(name="(none)", reason=reason)] if listed.isna().any() else []


def _total(
    run: Run,
    kit: Kit,
    model: Spread,
    session: Session,
    scenarios: Sequence[Scenario],
    found: Found,
    cancelled: Cancelled,
) -> tuple[Member | None, str, tuple[SourceData, ...]]:
    """All computed members together as one: the same formulas over the rows of all, never an average of ratios."""
    names = [member.name for member in found.members]
    if not names:
        return None, "", ()
    whole = Found()
    sources = _computed(run, kit, model, session, {"Total": names}, scenarios, whole, cancelled)
    if whole.members:
        return whole.members[0], "", sources
    return None, whole.uncomputed[0].reason, sources


def _computed(
    run: Run,
    kit: Kit,
    model: Spread,
    session: Session,
    wanted: Mapping[str, Sequence[str]],
    scenarios: Sequence[Scenario],
    found: Found,
    cancelled: Cancelled,
) -> tuple[SourceData, ...]:
    """Read and compute some members at once; gives the sources of the last one read."""
    with tempfile.TemporaryDirectory(prefix="members-") as made:
        folder = Path(made)
        read: list[str] = []
        sources: tuple[SourceData, ...] = ()
        for name, values in wanted.items():
            if cancelled():
                raise CancelledError("The portfolio run was cancelled.", "Run it again when you want the answer.")
            try:
                snapshot = load_snapshot(kit.door(run.request.database), model.of(values), None, kit.shelf)
            except SourceError as error:
                found.uncomputed.append(Uncomputed(name=name, reason=error.message, hint=error.hint))
                continue
            sources = snapshot.sources
            put_files(folder / "members" / str(len(read)), snapshot.files)
            read.append(name)
        put_files(folder, {"script.py": model.script.encode(), "scenarios.json": _packed(scenarios)})
        files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
        reply = session.ask({"do": "members", "count": len(read)}, Payload(files), cancelled=cancelled)
    _take(answers.members(reply.body, read), read, found)
    return sources


def _packed(scenarios: Sequence[Scenario]) -> bytes:
    return json.dumps([{**scenario.values, "name": scenario.name} for scenario in scenarios]).encode()


def _take(told: answers.Members, names: Sequence[str], found: Found) -> None:
    """Read the sandbox's answer for each member."""
    figures = tuple(Figure.model_validate(item.model_dump()) for item in told.figures)
    for name, member in zip(names, told.members, strict=True):
        if isinstance(member, answers.WithoutValues):
            found.uncomputed.append(Uncomputed(name=name, reason=member.reason, hint=member.hint))
        else:
            values = {figure.name: tuple(member.values[figure.name]) for figure in figures}
            found.members.append(Member(name=name, values=values))
    found.figures = figures or found.figures
