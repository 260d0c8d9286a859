"""A file is read in a process of its own, since what a file costs shows only while it is read.

The process has limits of memory, processor, disk and time, and gives back tables in a file: nothing of its rows passes
through the memory of the workbench.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import BaseModel, Field, ValidationError

from engine.errors import CancelledError, EngineError, SourceError, UsageError
from engine.foundation.files import own_folder
from engine.intake.files import MOST_MEGABYTES
from engine.intake.limits import FileLimits, over_memory, over_time
from engine.intake.recipe import Recipe
from engine.intake.told import SheetView, ToldTable
from engine.settings import ROOT

KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT")
OUT_OF_MEMORY = re.compile(r"MemoryError|bad_alloc|Cannot allocate memory|malloc of size|out of memory")
MOST_SAID = 4 << 20
# Seconds between two looks at whether the reading was cancelled.
EVERY = 0.2


class Refusal(BaseModel):
    """Why a file was not read."""

    kind: str
    message: str
    hint: str


class Told(BaseModel):
    """What the process says: the tables `t0`, `t1`, ... of its file, each with columns `c0`, `c1`, ..."""

    tables: list[ToldTable] = Field(default_factory=list)
    sheets: list[SheetView] = Field(default_factory=list)
    error: Refusal | None = None


@dataclass(frozen=True)
class Reading:
    """The tables of a file, as a SQLite file of their own, and what was told of each."""

    file: Path
    tables: tuple[ToldTable, ...]
    sheets: tuple[SheetView, ...] = ()


@contextlib.contextmanager
def read_apart(
    name: str,
    content: bytes,
    folder: Path,
    limits: FileLimits,
    recipe: Recipe | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Reading]:
    """The tables of a file, as long as they are looked at.

    Raises:
        UsageError: it is of no kind that can be read.
        SourceError: it is empty, damaged or over a limit; limit and setting are named.
        CancelledError: `cancelled` said so.
    """
    if not content:
        raise SourceError(f"{name} is empty.", "Check that it was saved and copied whole.")
    if len(content) > MOST_MEGABYTES << 20:
        raise SourceError(
            f"{name} has {len(content) >> 20:,} MB, more than {MOST_MEGABYTES}.",
            "Load it into a database and connect that, or leave columns out.",
        )
    with tempfile.TemporaryDirectory(prefix=".reading-", dir=own_folder(folder)) as made:
        target = Path(made) / "tables.sqlite"
        told = _asked(name, content, target, limits, recipe or Recipe(), cancelled)
        if told.error is not None:
            kind: type[EngineError] = UsageError if told.error.kind == "usage" else SourceError
            raise kind(told.error.message, told.error.hint)
        yield Reading(target, tuple(told.tables), tuple(told.sheets))


def _asked(
    name: str, content: bytes, target: Path, limits: FileLimits, recipe: Recipe, cancelled: Callable[[], bool]
) -> Told:
    """Start the process, and wait for it as long as it may take."""
    head = {"name": name, "target": str(target), "limits": limits.model_dump(), "recipe": recipe.model_dump()}
    environment = {name: value for name, value in os.environ.items() if name in KEPT} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "engine.datasets.reading"]
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as log:
        given.write(json.dumps(head).encode() + b"\n")
        given.write(content)
        given.seek(0)
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=given, stdout=said, stderr=log)
        try:
            code = _waited(process, name, limits, cancelled)
        finally:
            process.kill()
            process.wait()
        if code == 0:
            with contextlib.suppress(ValidationError):
                return Told.model_validate_json(_of(said))
        raise _ended(name, code, _of(log).decode("utf-8", "replace"), limits)


def _waited(process: subprocess.Popen[bytes], name: str, limits: FileLimits, cancelled: Callable[[], bool]) -> int:
    """How the process ended."""
    until = time.monotonic() + limits.seconds
    while True:
        # Asked before each look: a reading that ends while it is cancelled is cancelled.
        if cancelled():
            raise CancelledError(f"Reading {name} was cancelled.", "Drop it again to read it.")
        try:
            return process.wait(EVERY)
        except subprocess.TimeoutExpired:
            if time.monotonic() > until:
                raise over_time(name, limits) from None


def _of(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(MOST_SAID)


def _ended(name: str, code: int, log: str, limits: FileLimits) -> SourceError:
    """Why a process that said nothing ended."""
    if code in (-signal.SIGKILL, -signal.SIGABRT) or OUT_OF_MEMORY.search(log):
        return over_memory(name, limits)
    if hasattr(signal, "SIGXCPU") and code == -signal.SIGXCPU:
        return over_time(name, limits)
    said = log.strip().splitlines()[-1][:200] if log.strip() else f"it ended with {code}"
    return SourceError(f"{name} cannot be read: {said}.", "Save it anew, or as CSV.")
