"""What the processes of a tree hold in memory, as Linux tells it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
# The process that confines a local sandbox; everything below it is the sandbox.
LAUNCHER = "confine.py"


@dataclass(frozen=True)
class Memory:
    """In megabytes: `pss` counts what is shared by its share, `rss` whole."""

    rss: float = 0.0
    pss: float = 0.0

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.rss + other.rss, self.pss + other.pss)


def tree(root: int) -> tuple[list[int], list[list[int]]]:
    """The processes of the tree, and those of each sandbox in it apart."""
    own: list[int] = []
    sandboxes: list[list[int]] = []
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        if LAUNCHER in command(pid):
            sandboxes.append(descendants(pid))
        else:
            own.append(pid)
            waiting += children(pid)
    return own, sandboxes


def descendants(pid: int) -> list[int]:
    """The process and all below it."""
    return [pid, *(below for child in children(pid) for below in descendants(child))]


def children(pid: int) -> list[int]:
    """Those a process started, by any of its threads."""
    found = []
    for file in (PROC / str(pid) / "task").glob("*/children"):
        try:
            found += [int(child) for child in file.read_text().split()]
        except OSError:  # the thread ended meanwhile
            continue
    return found


def command(pid: int) -> str:
    """The command line; nothing when it ended."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def memory(pids: list[int]) -> Memory:
    """What they hold together; a process that ended meanwhile holds nothing.

    Raises:
        PermissionError: the system does not tell.
    """
    total = Memory()
    for pid in pids:
        try:
            lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
        except (FileNotFoundError, ProcessLookupError):
            continue
        sizes = {name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines)}
        total += Memory(sizes["Rss"], sizes["Pss"])
    return total


def told_here() -> bool:
    """Whether this system tells."""
    return (PROC / str(os.getpid()) / "smaps_rollup").exists()
