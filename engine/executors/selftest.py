"""Proof of isolation: a canary is put on the host, and code inside the sandbox tries to reach it.

Gives one property per promise, each with what was seen. The code that tries is `probe.py`.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.errors import SandboxError
from engine.executors.base import Property
from engine.executors.inside import ENVIRONMENT
from engine.executors.probe import CHECKS
from engine.products import Limits

NAMES = tuple(CHECKS)
PROBE = Path(__file__).with_name("probe.py")
# Small, so that a limit that does not hold costs the machine little.
PROBE_LIMITS = Limits(memory_mb=64, result_mb=8)

# Runs code with these facts on its input under these limits; gives what it printed and its log.
Runner = Callable[[str, bytes, Limits], tuple[bytes, str]]


def run(runner: Runner, variables: tuple[str, ...] = (), addresses: tuple[str, ...] = ()) -> list[Property] | str:
    """What holds, or why it could not even be tried."""
    with socket.socket() as listener, tempfile.NamedTemporaryFile(prefix="meta-agent-canary-") as canary:
        listener.bind(("0.0.0.0" if addresses else "127.0.0.1", 0))
        listener.listen()
        facts = {
            "port": listener.getsockname()[1],
            "addresses": addresses,
            "files": [canary.name, "/etc/shadow", os.path.expanduser("~/.profile"), str(PROBE)],
            "variables": [*ENVIRONMENT, "TMPDIR", "LC_CTYPE", *variables],
            "memory_mb": PROBE_LIMITS.memory_mb,
        }
        try:
            output, log = runner(PROBE.read_text(), json.dumps(facts).encode() + b"\n", PROBE_LIMITS)
        except SandboxError as error:
            return error.message
    try:
        found = json.loads(output)
        return [Property(name, bool(found[name][0]), str(found[name][1])) for name in NAMES]
    except (ValueError, KeyError, TypeError, IndexError):
        return log.strip().rpartition("\n")[2].removeprefix("sandbox: ") or "the sandbox said nothing"
