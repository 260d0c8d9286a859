"""The command line of bubblewrap: namespaces for those whom the kernel gives none themselves.

Some systems forbid a user's own namespaces and allow them to bubblewrap alone. Only the standard library, since the
launcher loads this file by its path. Options: bwrap(1).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.executors.inside.mounts import DEVICES
else:
    from mounts import DEVICES

NOBODY = "65534"


def command_line(
    program: str, binds: Sequence[tuple[str, str]], temporary: int, filter_descriptor: int, command: Sequence[str]
) -> list[str]:
    """Start `command` on a root of read-only binds with an empty /tmp of so many bytes, behind the filter."""
    line = [program, "--unshare-all", "--unshare-user", "--uid", NOBODY, "--gid", NOBODY]
    line += ["--die-with-parent", "--new-session", "--as-pid-1", "--cap-drop", "ALL"]
    for source, target in binds:
        if os.path.islink(source):
            line += ["--symlink", os.readlink(source), target]
        else:
            line += ["--ro-bind", source, target]
    for device in DEVICES:
        line += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    line += ["--proc", "/proc", "--size", str(temporary), "--tmpfs", "/tmp", "--remount-ro", "/", "--chdir", "/tmp"]
    return [*line, "--seccomp", str(filter_descriptor), "--", *command]
