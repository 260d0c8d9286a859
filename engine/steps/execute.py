"""Step 6: trusted loaders read the sources into a snapshot; the script runs over it in the sandbox."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from engine.declared import declared_sources
from engine.errors import RefusedError
from engine.executors.base import Readiness
from engine.kit import Kit
from engine.products import Cancelled, Event, Execution, Run, Script, Step, Tell
from engine.settings import CONSENT
from engine.sources.snapshot import load_snapshot
from engine.steps.containerize import put_files


def execute(run: Run, script: Script, folder: Path, kit: Kit, tell: Tell, cancelled: Cancelled) -> Execution:
    """The execution with its results document, its measurements and its log.

    Raises:
        SourceError: a source cannot be read.
        RefusedError: the script is not ours and this machine cannot isolate it fully.
        SandboxError: the script failed or reached a limit.
    """
    choice = kit.executor(run.request.executor)
    choice.executor.prepare(lambda line: tell(_progress(line)))
    notice = allow(choice.executor.readiness(), script, kit, choice.notice)
    if notice:
        tell(_progress(notice))
    started = time.monotonic()
    database = run.request.database
    snapshot = load_snapshot(kit.door(database), declared_sources(script.text), tell, kit.beside(database))
    put_files(folder, snapshot.files)
    loaded = time.monotonic()

    def keep(log: str) -> None:
        put_files(folder, {"logs/run.log": log.encode()})

    session, reply = kit.sessions.open(run, folder, lambda event: tell(_progress(_words(event))), cancelled, keep)
    keep(session.log)
    document: dict[str, Any] = json.loads(reply.body)
    return Execution(
        executor=choice.executor.name,
        snapshot=snapshot.sources,
        seconds=time.monotonic() - loaded,
        load_seconds=loaded - started,
        log=session.log,
        limits=kit.settings.limits,
        usage=reply.usage,
        notice=notice,
        document=document,
    )


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
