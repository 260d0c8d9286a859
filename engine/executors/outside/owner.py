"""Who started a sandbox: process number and start time, so that a number used again fools nobody."""

from __future__ import annotations

import os
import platform
import socket
from pathlib import Path


def started(process: int) -> str:
    """When a process started, as the kernel counts it; empty when there is no such process."""
    if platform.system() == "Linux":
        try:
            text = Path(f"/proc/{process}/stat").read_text()
        except OSError:
            return ""
        return text.rpartition(")")[2].split()[19]
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "0"


def alive(owner: str) -> bool:
    """Whether the process named `NUMBER.START` still runs. What is not understood counts as alive."""
    number, _, start = owner.partition(".")
    return not number.isdigit() or started(int(number)) == start


OWNER = f"{os.getpid()}.{started(os.getpid())}"
# Containers of one engine may be seen from several machines: only the own ones may be judged.
HOST = socket.gethostname()
