"""mount(2) and its flags; only the standard library, since this file also runs inside sandboxes."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.executors.inside import syscalls
else:
    import syscalls

READ_ONLY, NO_SUID, NO_DEV, NO_EXEC = 1, 2, 4, 8
REMOUNT, BIND, RECURSIVE, PRIVATE, DETACH = 32, 4096, 16384, 1 << 18, 2
# What statvfs says of a mount, and what mount() wants to hear so that nothing locked is loosened.
KEPT_FLAGS = {2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}
DEVICES = ("null", "zero", "random", "urandom")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """mount(2)."""
    words = [word.encode() or None for word in (source, target, kind, data)]
    syscalls.call("mount", *words[:3], ctypes.c_ulong(flags), words[3])


def freeze(target: str) -> None:
    """Make a mount read-only, its other flags kept."""
    seen = os.statvfs(target).f_flag
    kept = sum(flag for shown, flag in KEPT_FLAGS.items() if seen & shown)
    mount("", target, "", BIND | REMOUNT | READ_ONLY | NO_SUID | NO_DEV | kept)


def temporary(target: str, size: int) -> None:
    """An empty folder in memory, of bounded size and number of files, from which nothing can be started."""
    mount("tmpfs", target, "tmpfs", NO_SUID | NO_DEV | NO_EXEC, f"size={size},nr_inodes=16384,mode=1777")
