"""Sessions without Docker: an interpreter in kernel namespaces of its own, where the system has them.

`confine.py` does the confining in a process of its own; this side plans it, carries the bytes and keeps the
pool. Where namespaces are not to be had (macOS, Windows, a kernel that forbids them) the interpreter still
starts, with limits, a clean environment and a folder that goes with it, and `readiness()` says of each
property whether it holds.
"""

from __future__ import annotations

import atexit
import compileall
import contextlib
import functools
import os
import selectors
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.executors.base import BASE_IMAGE, LOCAL_OWNER, Property, Readiness
from engine.executors.local import cgroups
from engine.executors.local.launch import END_SECONDS, Launch, Way, run_once
from engine.executors.outside import shipped
from engine.executors.outside.channel import Death, Deliver, Ended
from engine.executors.outside.forkserver import ForkServer, total
from engine.executors.outside.isolation import OWNER, PROBE_SECONDS, Isolation
from engine.executors.outside.session import FrameSession
from engine.executors.proof import selftest
from engine.products import Limits

READY_SECONDS = 60.0
PIECE = 1 << 18
START = "import sys; sys.path += {packages!r}; {find}; from {module} import main; main()"
BESIDE = "sys.path[:0] = [{app!r}]"
# The package alone, by its path: the folder that holds it holds the whole project.
ALONE = (
    "from importlib.util import module_from_spec, spec_from_file_location; "
    "spec = spec_from_file_location('runtime', {package!r} + '/__init__.py', "
    "submodule_search_locations=[{package!r}]); "
    "sys.modules['runtime'] = module_from_spec(spec); spec.loader.exec_module(sys.modules['runtime'])"
)


class LocalExecutor:
    """Confined interpreters on this machine."""

    name = "local"

    unit = "confined process"

    def __init__(
        self, limits: Limits | None = None, isolation: str = OWNER, runtime: str = "", proofs: Path | None = None
    ) -> None:
        self._isolated = Isolation(self, limits or Limits(), isolation, proofs)
        # So that a sandbox, which may not write there, finds our modules compiled.
        compileall.compile_dir(shipped.RUNTIME, quiet=2)
        cgroups.sweep()
        atexit.register(self.close)

    def readiness(self) -> Readiness:
        """Return the properties that hold here, proven by trying."""
        proof = self._isolated.proof()
        return Readiness(available=True, properties=proof.properties, notice=proof.notice)

    def unbuilt(self) -> bool:
        """Nothing ever is."""
        return False

    def prepare(self, tell: Callable[[str], None]) -> None:
        """Nothing to fetch or build."""

    def base_image(self) -> str:
        """The image by its name: no engine here has fetched it."""
        return BASE_IMAGE

    def warm(self) -> None:
        """Start an interpreter in the background."""
        threading.Thread(target=self._isolated.warm, name="sandbox-warm", daemon=True).start()

    def open(self, limits: Limits, owner: str = LOCAL_OWNER) -> FrameSession:
        """A fresh session of this owner under these limits. Raises SandboxError when none can be had."""
        return self._isolated.open(limits, owner)

    def confirm(self) -> str:
        """Prove again what was only remembered; a sentence when it holds no longer."""
        return self._isolated.confirm()

    def run(self, code: str, facts: bytes, limits: Limits, seconds: float = PROBE_SECONDS) -> tuple[bytes, str]:
        """Code of ours in a sandbox like a session's, at most so long."""
        return self._isolated.run(code, facts, limits, seconds)

    def close(self) -> None:
        """End every session and every warm interpreter."""
        self._isolated.close()
        atexit.unregister(self.close)

    def boot(self, limits: Limits, closed: Callable[[FrameSession], None]) -> FrameSession:
        """Start one interpreter for one session and wait until its libraries are loaded."""
        session = FrameSession(LocalChannel(limits, way=here().way), limits, closed)
        session.wait_ready(READY_SECONDS)
        return session

    def boot_forkserver(self, limits: Limits) -> ForkServer:
        """Start one interpreter that forks sessions."""
        server = ForkServer(LocalChannel(total(limits, os.cpu_count() or 1), way=Way.NAMESPACES, forkserver=True))
        server.wait_ready(READY_SECONDS)
        return server

    def run_once(self, code: str, facts: bytes, limits: Limits, seconds: float = PROBE_SECONDS) -> tuple[bytes, str]:
        """Code of ours in a confined process of its own."""
        return run_once(code, facts, limits, seconds, way=here().way)

    def prove_run(self) -> list[Property]:
        """Return the properties of a confined process of its own."""
        return list(here().properties)

    @property
    def can_fork(self) -> str:
        """Sessions fork into namespaces of ours; without any, that alone is said, by its properties."""
        return "" if here().way is Way.NAMESPACES else f"there are no namespaces of our own here ({here().reason})"

    @property
    def facts(self) -> tuple[str, ...]:
        """The packages that are shown inside."""
        return tuple(shipped.packages())

    @property
    def seen(self) -> tuple[Sequence[str], Sequence[str]]:
        """No variable but the declared; the machine's own addresses are tried as any."""
        return (), ()


@dataclass(frozen=True)
class Here:
    """How sessions can be confined on this machine, what holds then, and why it is no better way."""

    way: Way
    properties: tuple[Property, ...]
    reason: str = ""


@functools.cache
def here() -> Here:
    """The best way this machine has. Tried once a process."""
    reasons: list[str] = []
    for way in (Way.NAMESPACES, Way.BUBBLEWRAP):
        reason = unavailable(way)
        found = reason or prove(way)
        if isinstance(found, list):
            return Here(way, tuple(found), "; ".join(reasons))
        reasons.append(f"{way}: {found}")
    reason = "; ".join(reasons)
    found = prove(Way.PLAIN)
    if isinstance(found, str):
        return Here(Way.PLAIN, tuple(Property(name, False, found) for name in selftest.NAMES), reason)
    why = [item if item.enforced else Property(item.name, False, f"{item.detail} ({reason})") for item in found]
    return Here(Way.PLAIN, tuple(why), reason)


def prove(way: Way) -> list[Property] | str:
    """Try every property in this way; the reason when nothing could be tried."""
    # bubblewrap tells the command where it starts.
    own = ("PWD",) if way is Way.BUBBLEWRAP else ()
    return selftest.run(functools.partial(run_once, way=way), own)


def unavailable(way: Way) -> str:
    """Why a way need not be tried; empty when it may work."""
    if sys.platform != "linux":
        return f"{sys.platform} has none"
    return "not installed" if way is Way.BUBBLEWRAP and shutil.which("bwrap") is None else ""


class LocalChannel:
    """Pipes to one confined interpreter."""

    executor = "local"
    settle = 0.0

    def __init__(self, limits: Limits, *, way: Way, forkserver: bool = False) -> None:
        find, places = BESIDE.format(app=shipped.APP), shipped.packages_inside()
        if way is Way.PLAIN:
            find, places = ALONE.format(package=str(shipped.RUNTIME)), shipped.packages()
        code = START.format(find=find, packages=places, module="forkserver" if forkserver else "runtime.worker")
        command = [*shipped.interpreter(), "-c", code]
        self._launch = Launch(limits, command, way=way, nesting=forkserver)
        self._ending = threading.Lock()
        self._death: Death | None = None

    def listen(self, output: Deliver, log: Deliver, ended: Ended) -> None:
        """Deliver output and log from one thread, log first; where pipes cannot be polled, from two."""
        pump = self._pump if os.name == "posix" else self._pump_windows
        threading.Thread(target=pump, args=(output, log, ended), name="sandbox-local", daemon=True).start()

    def send(self, data: bytes) -> None:
        """Write all of it; a dead reader ends this early and is reported by the other direction."""
        stdin, _, _ = self._launch.pipes
        left = memoryview(data)
        with contextlib.suppress(OSError, ValueError):
            while left:
                left = left[stdin.write(left) :]

    def kill(self) -> None:
        """End the interpreter and remove everything it had."""
        self._finish(0.0)

    def why_died(self) -> Death:
        """How it ended. After its streams ended, its launcher ends within moments."""
        return self._finish(END_SECONDS)

    def _finish(self, patience: float) -> Death:
        """Read what the kernel knows, then clear everything away; once."""
        with self._ending:
            if self._death is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._launch.process.wait(patience)
                code, cgroup = self._launch.process.poll(), self._launch.cgroup
                killed = code == -9 and cgroup is not None and cgroup.out_of_memory
                self._death = Death(code, killed)
                self._launch.end()
            return self._death

    def peak_memory_mb(self) -> float | None:
        """The cgroup's count, where there is one."""
        return self._launch.cgroup.peak_memory_mb if self._launch.cgroup is not None else None

    def _pump(self, output: Deliver, log: Deliver, ended: Ended) -> None:
        """Carry the log before the answer: its text was printed first and is in its pipe already."""
        _, out, err = self._launch.pipes
        with selectors.DefaultSelector() as selector:
            for stream in (out, err):
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                ready = {key.fileobj for key, _ in selector.select()}
                answer = out.read(PIECE) if out in ready else None
                printed = err.read(PIECE) if err in selector.get_map() else None
                for stream, deliver, piece in ((err, log, printed), (out, output, answer)):
                    if piece:
                        deliver(piece)
                    elif piece is not None:
                        selector.unregister(stream)
        out.close()
        err.close()
        ended()

    def _pump_windows(self, output: Deliver, log: Deliver, ended: Ended) -> None:
        """Pipes of Windows cannot be polled: one thread each."""
        _, out, err = self._launch.pipes

        def printed() -> None:
            while piece := err.read(PIECE):
                log(piece)

        other = threading.Thread(target=printed, daemon=True)
        other.start()
        while piece := out.read(PIECE):
            output(piece)
        other.join(END_SECONDS)
        ended()
