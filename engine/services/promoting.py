"""What a person does with a service: promote a run, change its version, its times, what is told; compare versions."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from engine.errors import UsageError
from engine.products import Run
from engine.products.service import Alert, Channel, Schedule, Service, Told, Version, version_of
from engine.scenarios.whatif import require_results
from engine.services.alerts import check_alert
from engine.services.blanks import chosen
from engine.services.delivering import check_channel
from engine.services.moving import can_move
from engine.services.schedule import check_schedule

if TYPE_CHECKING:
    from engine.kit import Kit

LONGEST_NAME, LONGEST_TITLE = 40, 200
_NAME = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{LONGEST_NAME - 1}}}")


def name_of(text: str) -> str:
    """A name as it stands in addresses: 'DSCR, Orlando' is 'dscr-orlando'."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST_NAME].strip("-")


def title_of(text: str) -> str:
    """A title in one line, as mails and pages take it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:LONGEST_TITLE]


def create(
    kit: Kit,
    run_id: str,
    name: str = "",
    *,
    title: str = "",
    moves: bool | None = None,
    schedule: Schedule | None = None,
    alerts: Sequence[Alert] = (),
    channels: Sequence[Channel] = (),
    told: Told = Told.ALWAYS,
    blank: Sequence[str] = (),
    note: str = "",
) -> Service:
    """Promote a run to a service, with its script, its scenarios and what it was asked.

    Raises:
        UsageError: the run has no results, the name is taken or none, or a part of it cannot be.
    """
    run = kit.store.load(run_id)
    require_results(run)
    now = datetime.now(UTC)
    called = name_of(name or run.title)
    if not _NAME.fullmatch(called):
        raise UsageError(f"{name[:60]!r} is no name for a service.", "Give a few letters or digits.")
    service = Service(
        id=secrets.token_hex(6),
        name=called,
        title=title_of(title) or title_of(run.title),
        versions=(_made(kit, run, 1, now, note),),
        moves=_moves(run, moves),
        schedule=schedule,
        alerts=tuple(alerts),
        channels=tuple(channels),
        told=told,
        blanks=chosen(run, kit, tuple(blank)),
        since=now,
        made_at=now,
    )
    return kit.store.services.put(_checked(service, run, kit), "created")


def change(kit: Kit, name: str, **fields: Any) -> Service:
    """Change a service's times, alerts, channels, title, or whether its period moves.

    Raises:
        UsageError: there is no such service, or a part of it cannot be.
    """
    service = kit.store.services.get(name)
    if "title" in fields:
        fields["title"] = title_of(fields["title"])
    if "schedule" in fields:
        fields["since"] = datetime.now(UTC)
    if "blank" in fields:
        fields["blanks"] = chosen(kit.store.load(service.version.run_id), kit, tuple(fields.pop("blank")))
    changed = Service.model_validate({**dict(service), **fields})
    run = kit.store.load(changed.version.run_id)
    if "moves" in fields:
        _moves(run, fields["moves"])
    return kit.store.services.put(_checked(changed, run, kit), "changed")


def turn(kit: Kit, name: str, on: bool) -> Service:
    """Start a service, or stop it: a stopped one is due at no time, and its addresses say that it is stopped."""
    service = kit.store.services.get(name)
    # Times that passed while it was stopped are not missed.
    changed = service.model_copy(update={"on": on, "since": datetime.now(UTC) if on else service.since})
    kept = kit.store.services.put(changed, "started" if on else "stopped")
    if not on:
        kit.store.services.forget_due(kept)
    return kept


def update(kit: Kit, name: str, run_id: str, note: str = "") -> Service:
    """Let a service stand on another run: a new version, in force at once.

    Raises:
        UsageError: there is no such service or run, or its alerts are of numbers that the run does not have.
    """
    service, run = kit.store.services.get(name), kit.store.load(run_id)
    require_results(run)
    number = max(each.number for each in service.versions) + 1
    version = _made(kit, run, number, datetime.now(UTC), note)
    blanks = chosen(run, kit, tuple(each.name for each in service.blanks))
    changed = service.model_copy(update={"versions": (*service.versions, version), "number": number, "blanks": blanks})
    return kit.store.services.put(_checked(changed, run, kit), f"updated to {number}")


def roll_back(kit: Kit, name: str, number: int) -> Service:
    """Put a version in force that was before.

    Raises:
        UsageError: there is no such service or version.
    """
    service = kit.store.services.get(name)
    version = _version(service, number)
    run = kit.store.load(version.run_id)
    blanks = chosen(run, kit, tuple(each.name for each in service.blanks))
    changed = service.model_copy(update={"number": number, "blanks": blanks})
    return kit.store.services.put(_checked(changed, run, kit), f"rolled back to {number}")


def delete(kit: Kit, name: str) -> Service:
    """Forget a service; its runs stay in the history."""
    service = kit.store.services.get(name)
    kit.store.services.drop(service)
    return service


def compare(kit: Kit, name: str, one: int, other: int) -> dict[str, Any]:
    """Two versions beside each other: what was asked, the script's difference, the numbers, the scenarios.

    Raises:
        UsageError: there is no such service or version.
    """
    service = kit.store.services.get(name)
    runs = [kit.store.load(_version(service, number).run_id) for number in (one, other)]
    scripts = [run.script.text.splitlines() if run.script else [] for run in runs]
    numbers = [{each.name: each for each in require_results(run).metrics} for run in runs]
    names = dict.fromkeys([*numbers[0], *numbers[1]])
    return {
        "service": service.name,
        "versions": [one, other],
        "requests": [run.request.text for run in runs],
        "meaning": [_version(service, number).meaning for number in (one, other)],
        "limits": [_version(service, number).limits for number in (one, other)],
        "script": list(unified_diff(scripts[0], scripts[1], f"version {one}", f"version {other}", lineterm="", n=2)),
        "metrics": [
            {"name": each, **{key: found[each].text if each in found else None for key, found in pair}}
            for each in names
            for pair in [tuple(zip(("before", "after"), numbers, strict=True))]
        ],
        "scenarios": [[each.name for each in kit.store.scenarios(run.id)] for run in runs],
    }


def _made(kit: Kit, run: Run, number: int, now: datetime, note: str) -> Version:
    """A version with what it rests on besides its script."""
    settings = kit.settings
    return Version(
        number=number,
        run_id=run.id,
        made_at=now,
        note=note,
        meaning="" if run.request.datasets else _meaning(kit, run.request.database),
        limits=f"{settings.limit_seconds:g} s, {settings.limit_memory_mb:,} MB",
    )


def _meaning(kit: Kit, database: str) -> str:
    """A short sum of what the data mean: the schema, and what people and proposals said of it."""
    rests = f"{kit.ground(database).schema.fingerprint} {kit.said_of(database).read().model_dump_json()}"
    return hashlib.sha256(rests.encode()).hexdigest()[:8]


def _version(service: Service, number: int) -> Version:
    found = version_of(service, number)
    if found is None:
        known = ", ".join(str(each.number) for each in service.versions)
        raise UsageError(f"{service.name} has no version {number}.", f"It has: {known}.")
    return found


def _moves(run: Run, wanted: bool | None) -> bool:
    if wanted and not can_move(run):
        raise UsageError(
            "The period of this answer cannot move on with time: a model or a person wrote its script.",
            "Let it stay as it is, or ask the request again in words that the rules read.",
        )
    return can_move(run) if wanted is None else wanted


def _checked(service: Service, run: Run, kit: Kit) -> Service:
    lost = set(run.request.datasets) - {each.name for each in kit.shelf.kept()} if run.request.datasets else set()
    if lost:
        raise UsageError(
            f"This answer is over {', '.join(sorted(lost))[:80]}, which was read for that question alone.",
            "Keep the file (./run dataset add FILE, or the Settings page), ask again, and promote that answer.",
        )
    results = require_results(run)
    judged = [name for chart in results.charts if chart.good or chart.bad for name in chart.y]
    metrics = list(dict.fromkeys([*(each.name for each in results.metrics), *judged]))
    for alert in service.alerts:
        check_alert(alert, metrics)
    for channel in service.channels:
        check_channel(channel, kit.settings)
    if service.schedule is not None:
        check_schedule(service.schedule)
        if service.schedule.dataset and service.schedule.dataset not in {each.name for each in kit.shelf.kept()}:
            raise UsageError(f"There is no dataset {service.schedule.dataset!r}.", "See ./run dataset list.")
    return service
