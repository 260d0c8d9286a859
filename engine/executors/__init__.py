"""Where scripts run: a table of executors to extend, and the choice between them.

Docker whenever an engine answers; the local sandbox when nobody named one and none answers, and then that
is said. One that was named and cannot work is an error: nothing falls back silently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.errors import SandboxError, UsageError
from engine.executors.base import Executor, Property, Readiness, Reply, Session
from engine.products import Limits

# Where a sandbox may be shared: by the sessions of one owner, or by nobody.
OWNER = "owner"


def _docker(limits: Limits | None = None, isolation: str = OWNER, runtime: str = "") -> Executor:
    from engine.executors.docker import DockerExecutor  # its SDK takes longer to import than a short command runs

    return DockerExecutor(limits, isolation, runtime)


def _local(limits: Limits | None = None, isolation: str = OWNER, runtime: str = "") -> Executor:
    from engine.executors.local import LocalExecutor

    return LocalExecutor(limits, isolation)


# Each takes the limits, the setting ISOLATION and the setting SANDBOX_RUNTIME.
EXECUTORS: dict[str, Callable[..., Executor]] = {"docker": _docker, "local": _local}
DEFAULT, FALLBACK = "docker", "local"


class Choice(NamedTuple):
    """The executor, and a sentence for people when it is not the usual one."""

    executor: Executor
    notice: str = ""


def choose(name: str = "", limits: Limits | None = None, isolation: str = OWNER, runtime: str = "") -> Choice:
    """The executor of that name; for no name the usual one, or the local sandbox with a notice.

    Raises:
        UsageError: there is no executor of that name.
        SandboxError: the named one cannot work here.
    """
    if name and name not in EXECUTORS:
        raise UsageError(f"There is no executor {name!r}", f"Choose one of: {', '.join(EXECUTORS)}.")
    executor = EXECUTORS[name or DEFAULT](limits, isolation, runtime)
    ready = executor.readiness()
    if ready.available:
        return Choice(executor, ready.notice)
    executor.close()
    if name or runtime:
        raise SandboxError(f"The executor {name or DEFAULT} cannot work here. {ready.reason}", ready.hint)
    return Choice(
        EXECUTORS[FALLBACK](limits, isolation), f"Scripts run in a local sandbox, not in Docker: {ready.reason}."
    )


__all__ = ["EXECUTORS", "Choice", "Executor", "Property", "Readiness", "Reply", "Session", "choose"]
