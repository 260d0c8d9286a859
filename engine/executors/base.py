"""What every executor is: it opens sessions. A session is one isolated interpreter that serves one run.

The interpreter speaks frames (`runtime/frames.py`): a message goes in, events come out, then one
reply. It never sees a credential, a network or a host path; it gets the script and the snapshot as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.executors.outside.payload import Payload
from engine.products import Cancelled, Limits

# A workbench process serves one owner, as long as nobody logs in.
LOCAL_OWNER = "local"
# What the runtime image and a bundle's own are built from.
BASE_IMAGE = "python:3.11-slim"
TellEvent = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Property:
    """One promise of isolation: whether this executor enforces it here, and how or why not."""

    name: str
    enforced: bool
    detail: str


@dataclass(frozen=True)
class Readiness:
    """Whether an executor can work here. `reason` and `hint` are for people when it cannot."""

    available: bool
    reason: str = ""
    hint: str = ""
    properties: tuple[Property, ...] = ()
    # Said to people when it works otherwise than the settings ask.
    notice: str = ""

    @property
    def isolated(self) -> bool:
        """Whether every property is enforced."""
        return self.available and all(item.enforced for item in self.properties)


@dataclass(frozen=True)
class Reply:
    """The answer of a session: a JSON header, bytes, and the resources it used."""

    header: Mapping[str, Any]
    body: bytes = b""
    usage: Mapping[str, float] = field(default_factory=dict)


class Session(Protocol):
    """One isolated interpreter, kept as long as its run is looked at."""

    executor: str

    @property
    def alive(self) -> bool:
        """Whether it still answers."""
        ...

    @property
    def log(self) -> str:
        """Return the text that the script printed so far, capped."""
        ...

    def ask(
        self,
        message: Mapping[str, Any],
        body: bytes | Payload = b"",
        *,
        seconds: float | None = None,
        tell: TellEvent | None = None,
        cancelled: Cancelled | None = None,
    ) -> Reply:
        """Send one message and wait for its reply, at most `seconds` (default: the run's wall limit).

        Raises:
            LimitError: a limit was reached; the session is dead and the limit is named.
            ScriptError: the script raised; the session still answers.
            CancelledError: `cancelled()` became true; the session is dead.
            SandboxError: the interpreter died or spoke nonsense; the session is dead.
        """
        ...

    def close(self) -> None:
        """Kill the interpreter and remove all it had. Safe to call twice and from any thread."""
        ...


class Executor(Protocol):
    """A place where scripts run."""

    name: str

    def readiness(self) -> Readiness:
        """Whether it can work here and what it enforces; cheap enough to ask at every start."""
        ...

    def unbuilt(self) -> bool:
        """Whether something must be built before it can work, which takes minutes; quick to ask."""
        ...

    def prepare(self, tell: Callable[[str], None]) -> None:
        """Fetch or build what is missing, progress passed on; quick when nothing is. Raises SandboxError."""
        ...

    def base_image(self) -> str:
        """The image that bundles are built from, by its public digest where one is known here."""
        ...

    def warm(self) -> None:
        """Start an interpreter in the background, so that the next `open` need not wait."""
        ...

    def open(self, limits: Limits, owner: str = LOCAL_OWNER) -> Session:
        """A fresh session under these limits; sessions of different owners never share a sandbox.

        Raises:
            SandboxError: none can be had.
        """
        ...

    def confirm(self) -> str:
        """Prove again, behind an answer, what was only remembered; a sentence when it holds no longer."""
        ...

    def run(self, code: str, facts: bytes, limits: Limits, seconds: float = 20.0) -> tuple[bytes, str]:
        """Code of ours in a sandbox like a session's, at most so long: what it printed, and its log."""
        ...

    def close(self) -> None:
        """End every session and every warm interpreter."""
        ...
