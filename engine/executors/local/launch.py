"""One started launcher (`confine.py`): its plan, its pipes, its cgroup and its folder, and the end of all
of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from engine.errors import SandboxError
from engine.executors.local import cgroups
from engine.executors.outside import shipped
from engine.products import Limits

LAUNCHER = Path(__file__).with_name("confine.py")
END_SECONDS = 2.0
PROBE_SECONDS = 10.0
# Read-only files that a process maps (libraries, shared memory) beside the data that counts.
MAPPED_MB = 1024
CPU_SECONDS = 6 * 3600
OPEN_FILES = 256
FORKSERVER_FILES = 1024
TEMPORARY_MB = 64


class Way(StrEnum):
    """How a command is confined: by our own namespaces, by bubblewrap's, or by what there is without any."""

    NAMESPACES = "namespaces"
    BUBBLEWRAP = "bubblewrap"
    PLAIN = "plain"


def run_once(code: str, facts: bytes, limits: Limits, seconds: float = PROBE_SECONDS, *, way: Way) -> tuple[bytes, str]:
    """Run a piece of code in a sandbox, at most so long; gives its output and its log."""
    with Launch(limits, [*shipped.interpreter(), "-c", code], way=way) as launch:
        stdin, stdout, stderr = launch.pipes
        # Its input stays open: the launcher takes the end of it for the end of the engine.
        clock = threading.Timer(seconds, launch.end)
        clock.start()
        try:
            with contextlib.suppress(OSError):
                stdin.write(facts)
            return stdout.read(), stderr.read().decode("utf-8", "replace")
        finally:
            clock.cancel()


class Launch:
    """One started launcher and what must go with it: its cgroup and its folder."""

    def __init__(self, limits: Limits, command: list[str], *, way: Way, nesting: bool = False) -> None:
        self.cgroup = cgroups.Cgroup(limits) if sys.platform == "linux" else None
        self._way = way
        self.folder = "" if way is not Way.PLAIN else tempfile.mkdtemp(prefix="meta-agent-")
        environment = dict(shipped.ENVIRONMENT)
        if self.folder:
            environment |= {"HOME": self.folder, "TMPDIR": self.folder}
        plan = self._plan(limits, command, environment) | {"nesting": nesting}
        if nesting:
            # A fork server weighs its sessions itself, and holds the streams of all.
            plan |= {"watched_memory": 0, "rlimits": plan["rlimits"] | {"RLIMIT_NOFILE": FORKSERVER_FILES}}
        # Windows has no fork: the command is started as it is.
        arguments = [sys.executable, "-I", str(LAUNCHER), json.dumps(plan)] if os.name == "posix" else command
        try:
            self.process = subprocess.Popen(
                arguments,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=self.folder or "/",
                start_new_session=True,
            )
        except OSError as error:
            self.clean()
            raise SandboxError(f"The local sandbox could not start: {error}", "Check ./run doctor.") from error

    def __enter__(self) -> Launch:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def pipes(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        """Input, output and log."""
        stdin, stdout, stderr = self.process.stdin, self.process.stdout, self.process.stderr
        if stdin is None or stdout is None or stderr is None:
            raise SandboxError("The local sandbox has no pipes")
        return stdin, stdout, stderr

    def _plan(self, limits: Limits, command: list[str], environment: dict[str, str]) -> dict[str, Any]:
        """Return the plan that the launcher reads."""
        memory, folders = limits.memory_mb << 20, self.cgroup.folders if self.cgroup is not None else []
        bounded = self.cgroup is not None and self.cgroup.bounds_memory
        return {
            "way": str(self._way),
            "bubblewrap": shutil.which("bwrap") or "",
            "binds": shipped.binds() if not self.folder else [],
            "readable": shipped.readable() if self.folder else [],
            "folder": self.folder or "/tmp",
            "tmp": max(TEMPORARY_MB, limits.result_mb) << 20,
            "cgroups": [str(folder) for folder in folders],
            "watched_memory": 0 if bounded or sys.platform != "linux" else memory,
            "command": command,
            "environment": environment,
            "rlimits": {
                # Private writable memory: what a calculation uses. The address space is far larger.
                "RLIMIT_DATA": memory,
                "RLIMIT_AS": memory + (MAPPED_MB << 20),
                "RLIMIT_CPU": CPU_SECONDS,
                "RLIMIT_FSIZE": max(TEMPORARY_MB, limits.result_mb) << 20,
                "RLIMIT_NOFILE": OPEN_FILES,
                "RLIMIT_CORE": 0,
                # Counted apart only in a user namespace or for a user number of its own.
                **({"RLIMIT_NPROC": limits.processes} if self._way is Way.NAMESPACES else {}),
            },
        }

    def end(self) -> None:
        """Kill all of it and wait until it is gone. Safe to call twice and from any thread."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(END_SECONDS)
        with contextlib.suppress(OSError):
            # What is left of the process group: nothing, unless there are no namespaces.
            if os.name == "posix":
                os.killpg(self.process.pid, 9)
        self.process.wait()
        self.clean()

    def clean(self) -> None:
        """Remove the folder and the cgroup."""
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self.cgroup is not None:
            self.cgroup.remove()
