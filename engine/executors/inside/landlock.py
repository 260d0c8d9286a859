"""Landlock, the kernel's own limits on files, TCP and signals, which any process may put on itself for good.

Only the standard library, since this file runs inside sandboxes. Inside namespaces it is a second wall; where there
are none it is the only one round the host's files. Numbers and structures: linux/landlock.h.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from engine.executors.inside import syscalls
else:
    import syscalls

# The same on every architecture.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION, PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
# By version: how many of the kinds of access on files it knows.
FILE_KINDS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
TCP, SCOPES = 3, 3  # bind and connect; abstract Unix sockets and signals
TCP_SINCE, SCOPES_SINCE = 4, 6


def version() -> int:
    """The version the kernel has; 0 where it has none or it is switched off."""
    with contextlib.suppress(OSError):
        return _call(CREATE_RULESET, None, 0, ASK_VERSION)
    return 0


def restrict(readable: Iterable[str], writable: Iterable[str]) -> bool:
    """Nothing but these files and folders, no TCP, no signal to others; gives whether the kernel could."""
    known = version()
    if not known:
        return False
    files = (1 << FILE_KINDS.get(known, FILE_KINDS[5])) - 1
    sizes = [files, TCP if known >= TCP_SINCE else 0, SCOPES if known >= SCOPES_SINCE else 0]
    fields = 3 if known >= SCOPES_SINCE else 2 if known >= TCP_SINCE else 1
    attribute = struct.pack(f"={fields}Q", *sizes[:fields])
    rules = _call(CREATE_RULESET, attribute, len(attribute), 0)
    try:
        for access, paths in ((READ, readable), (files & ~EXECUTE, writable)):
            for path in paths:
                _allow(rules, path, access & files)
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        _call(RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)
    return True


def _allow(rules: int, path: str, access: int) -> None:
    """A rule for what lies at and below a path; a path that is not there needs none."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        allowed = access if os.path.isdir(path) else access & ON_FILES
        _call(ADD_RULE, rules, PATH_BENEATH, struct.pack("=Qi", allowed, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    return syscalls.call("syscall", *(ctypes.c_long(a) if isinstance(a, int) else a for a in (number, *arguments)))
