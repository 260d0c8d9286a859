"""The runtime image built behind the answers: once per machine, by a process of its own that outlives a short command.

    python -m engine.executors.docker.behind FOLDER       FOLDER/image.json says how far it is

Until the image is there the local sandbox answers. A lock per user and machine keeps two builds apart.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from engine.errors import EngineError, StoreError
from engine.executors.outside.owner import OWNER, alive
from engine.foundation.files import write_whole

ROOT = Path(__file__).resolve().parents[3]
STATE = "image.json"
# A build that failed is tried again after so long; by hand at any time.
AGAIN_SECONDS = 3600.0
BY_HAND = "./run image build tries it again."


def start(folder: Path) -> None:
    """Start the build, unless one is at work or failed a short while ago."""
    known = _read(folder)
    failed = known.get("state") == "failed" and 0 <= time.time() - known.get("at", 0.0) < AGAIN_SECONDS
    if failed or _at_work(known):
        return
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with contextlib.suppress(OSError):
        subprocess.Popen(
            [sys.executable, "-m", "engine.executors.docker.behind", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": paths},
            start_new_session=True,
        )


def words(folder: Path) -> str:
    """How far the build is, as the end of a sentence; that it starts, when nothing is known of it."""
    known = _read(folder)
    if known.get("state") == "failed":
        return f"Its runtime image could not be built: {known.get('line', '')} {BY_HAND}"
    took = f", {time.time() - known['started']:.0f} s so far" if _at_work(known) and "started" in known else ""
    line = str(known.get("line") or "") if _at_work(known) else ""
    return f"Docker answers once its runtime image is built, which goes on behind: {line or 'it starts'}{took}."


def build(folder: Path) -> None:
    """Build the image in this process, telling how far it is."""
    from engine.executors.docker import archive

    with _alone() as mine:
        if not mine:
            return
        started = time.time()

        def tell(line: str) -> None:
            _write(folder, {"state": "building", "line": line, "started": started})

        tell("it starts")
        try:
            archive.build(tell)
        except EngineError as error:
            _write(folder, {"state": "failed", "line": error.message.partition("\n")[0]})
        else:
            _write(folder, {"state": "done"})


def _at_work(known: dict[str, Any]) -> bool:
    return known.get("state") == "building" and alive(str(known.get("owner", "")))


def _read(folder: Path) -> dict[str, Any]:
    try:
        known = json.loads((folder / STATE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    good = isinstance(known, dict) and all(isinstance(known.get(name, 0), int | float) for name in ("at", "started"))
    return known if good and known.get("owner") else {}


def _write(folder: Path, facts: dict[str, Any]) -> None:
    with contextlib.suppress(StoreError):
        write_whole(folder / STATE, json.dumps({**facts, "owner": OWNER, "at": time.time()}).encode())


@contextlib.contextmanager
def _alone() -> Iterator[bool]:
    """Whether this process is the only one of this user that builds; the lock ends with the process."""
    try:
        import fcntl
    except ImportError:  # Windows: the engine itself keeps two builds of one name from harm
        yield True
        return
    file = Path(tempfile.gettempdir()) / f"meta-agent-image-{os.getuid()}.lock"
    opened: IO[bytes]
    try:
        opened = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b")
    except OSError:
        yield True
        return
    with opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


if __name__ == "__main__":
    build(Path(sys.argv[1]))
