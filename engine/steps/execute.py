"""Step 6: trusted loaders read the sources into a snapshot; the script runs over it in the sandbox."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.compiling.declared import declared_sources
from engine.errors import DisagreementError, RefusedError
from engine.executors.base import Readiness
from engine.foundation.files import put_files
from engine.kit import Kit
from engine.products import Cancelled, Event, Execution, Plan, Run, Script, Step, Tell
from engine.results.document import parsed
from engine.settings import CONSENT
from engine.sources.snapshot import load_snapshot

if TYPE_CHECKING:
    import pandas as pd


def execute(
    run: Run, script: Script, plan: Plan | None, folder: Path, kit: Kit, tell: Tell, cancelled: Cancelled
) -> Execution:
    """The execution with its results document, its measurements and its log.

    Where the plan has a check, its SELECT is read at the same time, and the document must hold its rows.

    Raises:
        DisagreementError: the script gives other rows than its SELECT.
        SourceError: a source cannot be read.
        RefusedError: the script is not ours and this machine cannot isolate it fully.
        SandboxError: the script failed, reached a limit, or gave what is no results document.
    """
    choice = kit.executor(run.request.executor)
    choice.executor.prepare(lambda line: tell(_progress(line)))
    notice = allow(choice.executor.readiness(), script, kit, choice.notice)
    if notice:
        tell(_progress(notice))
    started = time.monotonic()
    database = run.request.database
    sources = declared_sources(script.text)
    beside = kit.beside(database) if any(source.place != "database" for source in sources) else None
    snapshot = load_snapshot(kit.door(database), sources, tell, beside)
    wanted = read_check(plan, kit, database)
    put_files(folder, snapshot.files)
    loaded = time.monotonic()

    def keep(log: str) -> None:
        put_files(folder, {"logs/run.log": log.encode()})

    session, reply = kit.sessions.open(run, folder, lambda event: tell(_progress(_words(event))), cancelled, keep)
    keep(session.log)
    document = parsed(reply.body)
    agreement = compared(plan, document, wanted) if plan is not None and wanted is not None else ""
    return Execution(
        executor=choice.executor.name,
        snapshot=snapshot.sources,
        seconds=time.monotonic() - loaded,
        load_seconds=loaded - started,
        log=session.log,
        limits=kit.settings.limits,
        usage=reply.usage,
        notice=notice,
        agreement=agreement,
        document=document,
    )


def read_check(plan: Plan | None, kit: Kit, database: str) -> pd.DataFrame | None:
    """The rows that the script must give; None where its plan has no check."""
    if plan is None or plan.check is None:
        return None
    check = plan.check
    if check.place == "database":
        return kit.door(database).read(check.sql, check.bound)
    return kit.beside(database).look(check.sql, check.bound)


def compared(plan: Plan, document: Mapping[str, Any], wanted: pd.DataFrame) -> str:
    """That a document holds the rows of its plan's check, in words.

    Raises:
        DisagreementError: it does not.
    """
    from engine.compiling.agreement import difference

    differs = difference(document, plan.intent.get("outputs") or (), wanted)
    if differs:
        raise DisagreementError(
            f"The quantities and the SELECT that they were made of disagree: {differs}.",
            "Ask again: the SELECT alone is then shown.",
        )
    return f"the quantities and the SELECT that they were made of give the same {len(wanted):,} rows"


def allow(readiness: Readiness, script: Script, kit: Kit, notice: str) -> str:
    """The notice to show before running; a script that is not ours needs full isolation or written consent."""
    if readiness.isolated:
        return notice
    missing = ", ".join(item.name for item in readiness.properties if not item.enforced)
    said = f"This machine cannot enforce: {missing}."
    if script.author == "catalogue":
        return f"{notice} {said} Every line of this script is the catalogue's own, so it runs all the same.".strip()
    if not kit.settings.accepts_unisolated:
        raise RefusedError(
            f"{said} A script that a model wrote or a person edited is not run there.",
            f"Start a Docker engine, or set ALLOW_UNISOLATED to: {CONSENT}",
        )
    return f"{notice} {said} It runs because the settings accept this in writing.".strip()


def _progress(message: str) -> Event:
    from datetime import UTC, datetime

    return Event(step=Step.EXECUTE, state="progress", message=message, at=datetime.now(UTC))


def _words(event: Any) -> str:
    if "progress" in event:
        return str(event["progress"])[:500]
    if "total" in event:
        return f"{event['done']} of {event['total']}"
    return str(dict(event))[:500]
