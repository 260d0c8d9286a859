"""A cgroup for one local sandbox, where this process may make one: limits over all its processes together.

Version 1 and 2 are both known. Folders carry their owner's process number and start time, so that those of an
engine that was killed can be told from living ones and swept.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from pathlib import Path

from engine.executors.outside.owner import OWNER, alive
from engine.products import Limits

ROOT = Path("/sys/fs/cgroup")
PREFIX = "meta-agent-"
PERIOD = 100_000
COUNTER = itertools.count(1)


class Cgroup:
    """The folders of one sandbox; empty when none could be made."""

    def __init__(self, limits: Limits) -> None:
        name = f"{PREFIX}{OWNER}-{next(COUNTER)}"
        self.folders: list[Path] = []
        if (ROOT / "cgroup.controllers").exists():
            self._make(ROOT / name, {"memory.max": memory(limits), "memory.swap.max": "0"} | shares(limits))
        else:
            # Swap is bounded with memory; the kernel wants the smaller of the two set first.
            both = {"memory.limit_in_bytes": memory(limits), "memory.memsw.limit_in_bytes": memory(limits)}
            self._make(ROOT / "memory" / name, both)
            self._make(ROOT / "pids" / name, {"pids.max": str(limits.processes)})
            quota = {"cpu.cfs_period_us": str(PERIOD), "cpu.cfs_quota_us": str(int(limits.cpus * PERIOD))}
            self._make(ROOT / "cpu" / name, quota)

    @property
    def bounds_memory(self) -> bool:
        """Whether memory is bounded over all processes together."""
        return any(
            (folder / file).exists() for folder in self.folders for file in ("memory.max", "memory.limit_in_bytes")
        )

    @property
    def out_of_memory(self) -> bool:
        """Whether the kernel killed something in it for want of memory."""
        for folder in self.folders:
            for file in ("memory.events", "memory.oom_control"):
                words = read(folder / file).split()
                if "oom_kill" in words and words[words.index("oom_kill") + 1] != "0":
                    return True
        return False

    @property
    def peak_memory_mb(self) -> float | None:
        """The most memory that was in use at once."""
        for folder in self.folders:
            for file in ("memory.peak", "memory.max_usage_in_bytes"):
                text = read(folder / file).strip()
                if text.isdigit():
                    return int(text) / (1 << 20)
        return None

    def remove(self) -> None:
        """Take the folders away; the kernel lets go of the last process a moment after it ended."""
        for folder in self.folders:
            for _ in range(50):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.02)
                else:
                    break
        self.folders = []

    def _make(self, folder: Path, settings: dict[str, str]) -> None:
        """One folder with its settings; without its first setting it is of no use and goes again."""
        try:
            folder.mkdir()
        except OSError:
            return
        for index, (file, value) in enumerate(settings.items()):
            try:
                # Never make a file: on a plain folder that only looks like a cgroup this must fail.
                with (folder / file).open("r+") as setting:
                    setting.write(value)
            except OSError:
                if index == 0:
                    with contextlib.suppress(OSError):
                        folder.rmdir()
                    return
        self.folders.append(folder)


def memory(limits: Limits) -> str:
    """The memory limit in bytes."""
    return str(limits.memory_mb << 20)


def shares(limits: Limits) -> dict[str, str]:
    """Version 2: processes and processor time."""
    return {"pids.max": str(limits.processes), "cpu.max": f"{int(limits.cpus * PERIOD)} {PERIOD}"}


def read(file: Path) -> str:
    """A file's text, or nothing."""
    try:
        return file.read_text()
    except OSError:
        return ""


def sweep() -> int:
    """Remove what engines left that were killed; gives how many folders went."""
    gone = 0
    for parent in (ROOT, ROOT / "memory", ROOT / "pids", ROOT / "cpu"):
        for folder in parent.glob(PREFIX + "*") if os.access(parent, os.W_OK) else ():
            if not alive(folder.name.removeprefix(PREFIX).rsplit("-", 1)[0]):
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    gone += 1
    return gone
