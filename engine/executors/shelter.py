"""What both executors share: the proof of isolation, and the choice it decides between two ways to give sessions.

`owner`: sessions of one owner are forked from one warm interpreter, a family. `run`: every session has a container
or a confined process of its own. A family that cannot prove its sessions apart is not used, and that is said.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.errors import SandboxError
from engine.executors import selftest
from engine.executors.base import Property
from engine.executors.families import Families
from engine.executors.family import Family, MemberChannel
from engine.executors.pool import Pool
from engine.executors.session import FrameSession
from engine.products import Limits

OWNER, RUN = "owner", "run"
ISOLATIONS = (OWNER, RUN)
PROBE_SECONDS = 20.0


@dataclass(frozen=True)
class Proof:
    """What was proved, of which way, and what to say when it is not the way that was asked for."""

    properties: tuple[Property, ...]
    forking: bool
    notice: str = ""

    @property
    def failed(self) -> list[Property]:
        """What does not hold."""
        return [item for item in self.properties if not item.enforced]


class Place(Protocol):
    """What an executor gives: sandboxes of both kinds, and what may be seen inside."""

    unit: str

    def boot(self, limits: Limits, closed: Callable[[FrameSession], None]) -> FrameSession:
        """A session with a sandbox of its own."""
        ...

    def boot_family(self, limits: Limits) -> Family:
        """A warm interpreter that forks sessions."""
        ...

    def run_once(self, code: str, facts: bytes, limits: Limits, seconds: float = ...) -> tuple[bytes, str]:
        """Code of ours in a sandbox of its own: what it printed, and its log."""
        ...

    def prove_run(self) -> list[Property]:
        """What a sandbox of its own holds."""
        ...

    @property
    def can_fork(self) -> str:
        """Why sessions cannot be forked here; empty when it may be tried."""
        ...

    @property
    def seen(self) -> tuple[Sequence[str], Sequence[str]]:
        """Variables that may be there, and addresses that must not answer."""
        ...


class Shelter:
    """Sessions of one place."""

    def __init__(self, place: Place, limits: Limits, isolation: str) -> None:
        self._place = place
        self._limits = limits
        self._isolation = isolation
        self._pool = Pool(place.boot)
        self._families = Families(place.boot_family)
        self._proving = threading.Lock()
        self._proof: Proof | None = None

    def proof(self) -> Proof:
        """What holds here; tried once."""
        with self._proving:
            if self._proof is None:
                self._proof = self._prove()
            return self._proof

    def warm(self) -> None:
        """Start in the background what the next session comes from."""
        if self.proof().forking:
            self._families.warm(self._limits)
        else:
            self._pool.warm(self._limits)

    def open(self, limits: Limits, owner: str) -> FrameSession:
        """A fresh session. Raises SandboxError when none can be had."""
        return self._families.take(limits, owner) if self.proof().forking else self._pool.take(limits)

    def run(self, code: str, facts: bytes, limits: Limits, seconds: float = PROBE_SECONDS) -> tuple[bytes, str]:
        """Code of ours in a sandbox like a session's, at most so long."""
        if not self.proof().forking:
            return self._place.run_once(code, facts, limits, seconds)
        return collect(self._families.family(self._limits).probe(code, facts, limits), seconds)

    def close(self) -> None:
        """End everything."""
        self._families.close()
        self._pool.close()

    def _prove(self) -> Proof:
        reason = self._place.can_fork if self._isolation == OWNER else ""
        if self._isolation == OWNER and not reason:
            found = self._prove_family()
            if isinstance(found, tuple):
                return Proof(found, forking=True)
            reason = found
        said = (
            f"One {self._place.unit} a run, since sessions of one could not be kept apart: {reason}" if reason else ""
        )
        return Proof(tuple(self._place.prove_run()), forking=False, notice=said)

    def _prove_family(self) -> tuple[Property, ...] | str:
        """What a forked session holds, with another one beside it; or why forking is not used."""
        try:
            family = self._families.family(self._limits)
            neighbour = family.probe(selftest.BAIT.read_text(), selftest.token().encode() + b"\n", self._limits)
            try:
                laid = json.loads(first_line(neighbour, PROBE_SECONDS))
                found = selftest.run(
                    lambda code, facts, limits: collect(family.probe(code, facts, limits), PROBE_SECONDS),
                    *self._place.seen,
                    limits=self._limits,
                    baits=[laid],
                )
            finally:
                neighbour.kill()
        except SandboxError as error:
            return f"{error.message} {error.hint}".strip()
        except ValueError as error:
            return f"the neighbour said nothing ({error})"
        if isinstance(found, str):
            return found
        failed = next((item for item in found if not item.enforced), None)
        return f"{failed.name}: {failed.detail}" if failed else tuple(found)


def collect(member: MemberChannel, seconds: float) -> tuple[bytes, str]:
    """What a piece of our own code printed, and its log, at its end or when its time is over."""
    output, log, over = bytearray(), bytearray(), threading.Event()
    member.listen(output.extend, log.extend, over.set)
    over.wait(seconds)
    member.kill()
    over.wait(1)
    return bytes(output), log.decode("utf-8", "replace")


def first_line(member: MemberChannel, seconds: float) -> bytes:
    """Its first line, while it stays."""
    output, log, over = bytearray(), bytearray(), threading.Event()
    member.listen(output.extend, log.extend, over.set)
    deadline = time.monotonic() + seconds
    while b"\n" not in output:
        if over.is_set() or time.monotonic() > deadline:
            raise SandboxError(log.decode("utf-8", "replace").strip().rpartition("\n")[2].removeprefix("sandbox: "))
        time.sleep(0.002)
    return bytes(output).partition(b"\n")[0]
