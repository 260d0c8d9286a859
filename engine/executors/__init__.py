"""Where scripts run: a table of executors to extend, and the choice between them.

Docker whenever an engine answers; the local sandbox when nobody named one and none answers, and then that
is said. One that was named and cannot work is an error: nothing falls back silently.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from engine.errors import SandboxError, UsageError
from engine.executors.base import Executor, Property, Readiness, Reply, Session
from engine.products import Limits

# Where a sandbox may be shared: by the sessions of one owner, or by nobody.
OWNER = "owner"


def _docker(
    limits: Limits | None = None, isolation: str = OWNER, runtime: str = "", proofs: Path | None = None
) -> Executor:
    # Its SDK takes longer to import than a short command runs.
    from engine.executors.docker.executor import DockerExecutor

    return DockerExecutor(limits, isolation, runtime, proofs)


def _local(
    limits: Limits | None = None, isolation: str = OWNER, runtime: str = "", proofs: Path | None = None
) -> Executor:
    from engine.executors.local.executor import LocalExecutor

    return LocalExecutor(limits, isolation, proofs=proofs)


# Each takes the limits, the settings ISOLATION and SANDBOX_RUNTIME, and where proofs of this machine are kept.
EXECUTORS: dict[str, Callable[..., Executor]] = {"docker": _docker, "local": _local}
DEFAULT, FALLBACK = "docker", "local"


PROOFS = "proofs.json"
UNTIL_THEN = "Scripts run in a local sandbox for now."


class Choice(NamedTuple):
    """The executor, and a sentence for people when it is not the usual one; `later` is the usual one, not built yet."""

    executor: Executor
    notice: str = ""
    later: Executor | None = None


def choose(
    name: str = "",
    limits: Limits | None = None,
    isolation: str = OWNER,
    runtime: str = "",
    folder: Path | None = None,
) -> Choice:
    """The executor of that name; for no name the usual one, or the local sandbox with a notice.

    In `folder` proofs of this machine are kept. With it, Docker without its runtime image is left to be built behind
    the answers, and the local sandbox gives them until it is there.

    Raises:
        UsageError: there is no executor of that name.
        SandboxError: the named one cannot work here.
    """
    if name and name not in EXECUTORS:
        raise UsageError(f"There is no executor {name!r}", f"Choose one of: {', '.join(EXECUTORS)}.")
    proofs = folder / PROOFS if folder else None
    executor = EXECUTORS[name or DEFAULT](limits, isolation, runtime, proofs)
    if folder and not (name or runtime) and executor.unbuilt():
        from engine.executors.docker import behind

        behind.start(folder)
        notice = f"{UNTIL_THEN} {behind.words(folder)}"
        return Choice(EXECUTORS[FALLBACK](limits, isolation, "", proofs), notice, later=executor)
    ready = executor.readiness()
    if ready.available:
        return Choice(executor, ready.notice)
    executor.close()
    if name or runtime:
        raise SandboxError(f"The executor {name or DEFAULT} cannot work here. {ready.reason}", ready.hint)
    return Choice(
        EXECUTORS[FALLBACK](limits, isolation, "", proofs),
        f"Scripts run in a local sandbox, not in Docker: {ready.reason}.",
    )


def now_built(choice: Choice, folder: Path) -> Choice:
    """The choice as it is now, where the usual executor was left to be built behind the answers."""
    from engine.executors.docker import behind

    if choice.later is None:
        return choice
    if choice.later.unbuilt():
        behind.start(folder)
        return choice._replace(notice=f"{UNTIL_THEN} {behind.words(folder)}")
    ready = choice.later.readiness()
    if ready.available:
        return Choice(choice.later, ready.notice)
    choice.later.close()
    return Choice(choice.executor, f"Scripts run in a local sandbox, not in Docker: {ready.reason}.")


__all__ = ["EXECUTORS", "Choice", "Executor", "Property", "Readiness", "Reply", "Session", "choose", "now_built"]
