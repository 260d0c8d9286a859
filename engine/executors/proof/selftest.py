"""Proof of isolation: secrets are planted on the host and in a neighbour, and code inside tries to reach them.

Gives one property per promise, each with what was seen. The code that tries is `probe.py`; `stress.py` has what
takes too long for a start.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.errors import SandboxError
from engine.executors.base import Property
from engine.executors.outside.shipped import ENVIRONMENT
from engine.executors.proof import planted
from engine.executors.proof.probe import CHECKS
from engine.products import Limits

NAMES = tuple(CHECKS)
PROBE = Path(__file__).with_name("probe.py")
PLANTED = Path(__file__).with_name("planted.py")
# Small, so that a limit that does not hold costs the machine little.
PROBE_LIMITS = Limits(memory_mb=64, result_mb=8)

# Runs code with these facts on its input under these limits; gives what it printed and its log.
Runner = Callable[[str, bytes, Limits], tuple[bytes, str]]


def token() -> str:
    """A word that is nowhere else."""
    return "canary" + secrets.token_hex(8)


def run(
    runner: Runner,
    variables: Sequence[str] = (),
    addresses: Sequence[str] = (),
    *,
    limits: Limits = PROBE_LIMITS,
    plants: Sequence[dict[str, Any]] = (),
) -> list[Property] | str:
    """Return the properties with their results, or the reason why nothing could be tried.

    `plants` are the secrets that neighbours laid out.
    """
    held: list[Any] = []
    own = planted.lay(token(), held)
    try:
        with socket.socket() as listener, tempfile.NamedTemporaryFile(prefix="meta-agent-canary-") as canary:
            listener.bind(("0.0.0.0" if addresses else "127.0.0.1", 0))
            listener.listen()
            facts = {
                "port": listener.getsockname()[1],
                "addresses": [*addresses, "192.0.2.1"],
                "files": [canary.name, "/etc/shadow", os.path.expanduser("~/.profile"), str(PROBE)],
                "variables": [*ENVIRONMENT, "TMPDIR", "LC_CTYPE", *variables],
                "memory_mb": limits.memory_mb,
                "plant": [own, *plants],
            }
            output, log = runner(PROBE.read_text(), json.dumps(facts).encode() + b"\n", limits)
    except SandboxError as error:
        return error.message
    finally:
        planted.clear(held, own["files"])
    return read(output, log)


def read(output: bytes, log: str) -> list[Property] | str:
    """The probe's findings, or why there are none."""
    try:
        found = json.loads(output)
        return [Property(name, bool(found[name][0]), str(found[name][1])) for name in NAMES]
    except (ValueError, KeyError, TypeError, IndexError):
        return log.strip().rpartition("\n")[2].removeprefix("sandbox: ") or "the sandbox said nothing"
