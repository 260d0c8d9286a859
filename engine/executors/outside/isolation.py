"""What both executors share: the proof of isolation, and the choice it decides between two ways to give sessions.

`owner`: sessions of one owner are forked from one warm interpreter, a fork server. `run`: every session has a container
or a confined process of its own. A fork server that cannot prove its sessions apart is not used, and that is said.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.errors import SandboxError
from engine.executors.base import Property
from engine.executors.outside.forkserver import ForkServer, MemberChannel
from engine.executors.outside.forkservers import ForkServers
from engine.executors.outside.pool import Pool
from engine.executors.outside.session import FrameSession
from engine.executors.proof import selftest
from engine.executors.proof.kept import KeptProofs
from engine.products import Limits

log = logging.getLogger(__name__)

OWNER, RUN = "owner", "run"
ISOLATIONS = (OWNER, RUN)
PROBE_SECONDS = 20.0


@dataclass(frozen=True)
class Proof:
    """A proof: the properties, whether sessions are forked, and a notice when that was asked for and is not so."""

    properties: tuple[Property, ...]
    forking: bool
    notice: str = ""

    @property
    def failed(self) -> list[Property]:
        """Return the properties that do not hold."""
        return [item for item in self.properties if not item.enforced]


class Place(Protocol):
    """The part that an executor gives: sandboxes of both kinds, and what may be seen inside."""

    unit: str

    def boot(self, limits: Limits, closed: Callable[[FrameSession], None]) -> FrameSession:
        """A session with a sandbox of its own."""
        ...

    def boot_forkserver(self, limits: Limits) -> ForkServer:
        """A warm interpreter that forks sessions."""
        ...

    def run_once(self, code: str, facts: bytes, limits: Limits, seconds: float = ...) -> tuple[bytes, str]:
        """Code of ours in a sandbox of its own: what it printed, and its log."""
        ...

    def prove_run(self) -> list[Property]:
        """Try every property in a sandbox of its own."""
        ...

    @property
    def can_fork(self) -> str:
        """Why sessions cannot be forked here; empty when it may be tried."""
        ...

    @property
    def facts(self) -> tuple[str, ...]:
        """Return the facts that a remembered proof depends on besides the machine and our code. Raises SandboxError."""
        ...

    @property
    def seen(self) -> tuple[Sequence[str], Sequence[str]]:
        """Variables that may be there, and addresses that must not answer."""
        ...


class Isolation:
    """Sessions of one place."""

    def __init__(self, place: Place, limits: Limits, isolation: str, proofs: Path | None = None) -> None:
        self._place = place
        self._limits = limits
        self._isolation = isolation
        self._pool = Pool(place.boot)
        self._servers = ForkServers(place.boot_forkserver)
        self._proving = threading.Lock()
        self._proof: Proof | None = None
        self._kept = KeptProofs(proofs)
        self._due = self._only_remembered = False

    def proof(self) -> Proof:
        """Return the proof that is remembered of this machine, else one that is made now."""
        with self._proving:
            if self._proof is None:
                self._proof = self._remembered() or self._tried()
            return self._proof

    def confirm(self) -> str:
        """Try again what was only remembered, if that is long ago; a sentence when it holds no longer."""
        with self._proving:
            if self._proof is None or not self._due:
                return ""
            before, self._proof = self._proof, self._tried()
            if self._proof.forking:
                return ""
            self._servers.drop()
            log.error("the sandbox does not hold what it held before: %s", self._proof.notice)
            return f"The sandbox does not hold what it held before. {self._proof.notice}" if before.forking else ""

    def _remembered(self) -> Proof | None:
        if self._isolation != OWNER:
            return None
        try:
            found = self._kept.find(self._facts())
        except SandboxError:
            return None
        if found is None:
            return None
        self._due, self._only_remembered = found.due, True
        return Proof(found.properties, forking=True)

    def _tried(self) -> Proof:
        """A proof made now, which the next start may rely on."""
        self._due = self._only_remembered = False
        made = self._prove()
        try:
            if made.forking:
                self._kept.keep(self._facts(), made.properties)
            elif self._isolation == OWNER:
                self._kept.forget(self._facts())
        except SandboxError:
            pass
        return made

    def _facts(self) -> tuple[str, ...]:
        return (self._place.unit, self._limits.model_dump_json(), *self._place.facts)

    def warm(self) -> None:
        """Start in the background what the next session comes from."""
        if self.proof().forking:
            self._servers.warm(self._limits)
        else:
            self._pool.warm(self._limits)

    def open(self, limits: Limits, owner: str) -> FrameSession:
        """A fresh session. Raises SandboxError when none can be had."""
        try:
            return self._opened(limits, owner)
        except SandboxError:
            if not self._doubted():
                raise
            return self._opened(limits, owner)

    def _opened(self, limits: Limits, owner: str) -> FrameSession:
        return self._servers.take(limits, owner) if self.proof().forking else self._pool.take(limits)

    def _doubted(self) -> bool:
        """Try anew what was only remembered, since no session could be had; False when it was tried already."""
        with self._proving:
            if not self._only_remembered:
                return False
            self._servers.drop()
            self._proof = self._tried()
            return True

    def run(self, code: str, facts: bytes, limits: Limits, seconds: float = PROBE_SECONDS) -> tuple[bytes, str]:
        """Code of ours in a sandbox like a session's, at most so long."""
        if not self.proof().forking:
            return self._place.run_once(code, facts, limits, seconds)
        return collect(self._servers.server(self._limits).probe(code, facts, limits), seconds)

    def close(self) -> None:
        """End everything."""
        self._servers.close()
        self._pool.close()

    def _prove(self) -> Proof:
        reason = self._place.can_fork if self._isolation == OWNER else ""
        if self._isolation == OWNER and not reason:
            found = self._prove_forkserver()
            if isinstance(found, tuple):
                return Proof(found, forking=True)
            reason = found
        said = (
            f"One {self._place.unit} a run, since sessions of one could not be kept apart: {reason}" if reason else ""
        )
        return Proof(tuple(self._place.prove_run()), forking=False, notice=said)

    def _prove_forkserver(self) -> tuple[Property, ...] | str:
        """Try every property in a forked session with another one beside it; the reason when forking is not used."""
        try:
            server = self._servers.server(self._limits)
            neighbour = server.probe(selftest.PLANTED.read_text(), selftest.token().encode() + b"\n", self._limits)
            try:
                laid = json.loads(first_line(neighbour, PROBE_SECONDS))
                found = selftest.run(
                    lambda code, facts, limits: collect(server.probe(code, facts, limits), PROBE_SECONDS),
                    *self._place.seen,
                    limits=self._limits,
                    plants=[laid],
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
    """Return the output and the log of a piece of our own code, at its end or when its time is over."""
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
