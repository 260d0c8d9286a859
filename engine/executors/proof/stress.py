"""The probes that take seconds: a fork bomb, memory, disk, loops and floods, each in a sandbox of its own.

Each is code of ours that tries to take more than a run may have, and a look at how far it came.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from engine.errors import SandboxError
from engine.executors.base import Property
from engine.products import Limits

# Runs code with these facts on its input under these limits, at most so long; what it printed, and its log.
Trial = Callable[[str, bytes, Limits, float], tuple[bytes, str]]

SECONDS = 15.0
LOOP_SECONDS = 1.0
LATE_SECONDS = 2.0
LARGEST_TEMPORARY_MB = 64

FORK_BOMB = """
import os, time
count = 0
try:
    while count < 4096:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
        print(count, flush=True)
except OSError:
    pass
"""
MEMORY = """
import os, time
kept = []
print(0, flush=True)
try:
    for megabytes in range(8, 8 * {limit}, 8):
        kept.append(bytearray(b"x") * (8 << 20))
        print(megabytes, flush=True)
except MemoryError:
    pass
"""
DISK = """
size = 0
try:
    with open("/tmp/fill", "wb", buffering=0) as file:
        while size < {limit} << 20:
            size += file.write(bytes(1 << 20))
except OSError:
    pass
print(size >> 20, flush=True)
"""
FILES = """
count = 0
try:
    while count < 100000:
        open("/tmp/%d" % count, "wb").close()
        count += 1
        if count % 512 == 0:
            print(count, flush=True)
except OSError:
    print(count, flush=True)
"""
LOOP = """
import os, signal
for number in range(1, 32):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
if os.fork() == 0:
    os.setsid()
print(1, flush=True)
while True:
    pass
"""
FLOOD = """
import sys
while True:
    sys.stderr.write("x" * 65536)
"""


class Probe(NamedTuple):
    """One attempt: its code, how far it may come, and how that is said."""

    code: str
    most: int
    unit: str


def run(trial: Trial, limits: Limits) -> list[Property]:
    """Every probe, one after the other."""
    temporary = max(LARGEST_TEMPORARY_MB, limits.result_mb)
    bounded = {
        "fork bomb bounded": Probe(FORK_BOMB, limits.processes, "processes"),
        "memory bounded": Probe(MEMORY.format(limit=limits.memory_mb), limits.memory_mb, "MB"),
        "disk bounded": Probe(DISK.format(limit=4 * temporary), temporary, "MB"),
        "files bounded": Probe(FILES, 16384, "files"),
    }
    found = [amount(trial, limits, name, probe) for name, probe in bounded.items()]
    endless = {"endless loop ends, signals ignored": LOOP, "endless output ends": FLOOD}
    return [*found, *(ending(trial, limits, name, code) for name, code in endless.items())]


def amount(trial: Trial, limits: Limits, name: str, probe: Probe) -> Property:
    """How much it got."""
    try:
        output, _ = trial(probe.code, b"", limits, SECONDS)
        reached = int(output.split()[-1])
    except (SandboxError, ValueError, IndexError) as error:
        return Property(name, False, f"could not be tried: {error}")
    said = f"stopped at {reached:,} of {probe.most:,} {probe.unit}"
    return Property(name, reached <= probe.most, said if reached <= probe.most else f"got {reached:,} {probe.unit}")


def ending(trial: Trial, limits: Limits, name: str, code: str) -> Property:
    """How late it ended."""
    started = time.monotonic()
    try:
        trial(code, b"", limits, LOOP_SECONDS)
    except SandboxError as error:
        return Property(name, False, f"could not be tried: {error.message}")
    late = time.monotonic() - started - LOOP_SECONDS
    return Property(name, late <= LATE_SECONDS, f"gone {late:.1f} s after its time")
