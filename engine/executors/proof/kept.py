"""A proof of isolation that is remembered, so that a start need not wait for it; it is made again behind the answer.

It holds for one machine since its last start, one kernel, one user, one Python and one version of our own code. A
file that others could have written is not believed, and only a proof in which every promise held is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import stat
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import StoreError
from engine.executors.base import Property
from engine.executors.outside.shipped import RUNTIME
from engine.foundation.files import write_whole

# A proof that is younger is not made again behind an answer.
REPEAT_SECONDS = 600.0
MOST_KEPT = 16
LARGEST = 1 << 18
CODE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Kept:
    """The properties that held, and when they were tried."""

    properties: tuple[Property, ...]
    at: float

    @property
    def due(self) -> bool:
        """Whether it is to be tried again."""
        return not 0 <= time.time() - self.at < REPEAT_SECONDS


class KeptProofs:
    """The proofs of one machine, in one file."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def find(self, facts: Sequence[str]) -> Kept | None:
        """The proof that was made under the same facts; None when there is none that can be believed."""
        found = self._read().get(key_of(facts), {}) if machine() else {}
        try:
            return Kept(tuple(Property(name, True, detail) for name, detail in found["held"]), float(found["at"]))
        except (TypeError, KeyError, ValueError):
            return None

    def keep(self, facts: Sequence[str], properties: Sequence[Property]) -> None:
        """Remember a proof in which everything held. Where that cannot be written, nothing is remembered."""
        if self._file is None or not machine() or not all(item.enforced for item in properties):
            return
        made = {"at": time.time(), "held": [[item.name, item.detail] for item in properties]}
        self._write({**self._read(), key_of(facts): made})

    def forget(self, facts: Sequence[str]) -> None:
        """A proof holds no longer."""
        known = self._read()
        if known.pop(key_of(facts), None) is not None:
            self._write(known)

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._file is None:
            return {}
        try:
            descriptor = os.open(self._file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            with os.fdopen(descriptor, "rb") as opened:
                about = os.fstat(descriptor)
                if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o077 or about.st_uid != os.getuid():
                    return {}
                known = json.loads(opened.read(LARGEST))
        except (OSError, ValueError, AttributeError):
            return {}
        return {str(key): each for key, each in known.items() if isinstance(each, dict)} if type(known) is dict else {}

    def _write(self, known: dict[str, dict[str, Any]]) -> None:
        if self._file is None:
            return
        newest = sorted(known.items(), key=lambda item: str(item[1].get("at")))[-MOST_KEPT:]
        with contextlib.suppress(StoreError, OSError):
            write_whole(self._file, json.dumps(dict(newest)).encode(), 0o600)


def key_of(facts: Sequence[str]) -> str:
    """The name of a proof under these facts on this machine with this code."""
    return hashlib.sha256("\0".join((*machine(), code_print(), *facts)).encode()).hexdigest()


@cache
def machine() -> tuple[str, ...]:
    """Return what names this machine since its last start; nothing where a start cannot be told from another."""
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        known = Path("/etc/machine-id")
        name = known.read_text("ascii").strip() if known.exists() else platform.node()
    except OSError:
        return ()
    about = os.uname()
    namespaces = [os.readlink(f"/proc/self/ns/{kind}") for kind in ("user", "mnt", "pid", "net")]
    capabilities = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Cap")]
    who = f"{os.getuid()}:{os.getgid()}"
    return (name, started, about.release, about.version, about.machine, who, sys.version, *namespaces, *capabilities)


@cache
def code_print() -> str:
    """Changes when a line of what makes or fills a sandbox does."""
    made = hashlib.sha256()
    for folder in (CODE, RUNTIME):
        for path in sorted(folder.rglob("*.py")):
            made.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return made.hexdigest()
