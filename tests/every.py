"""Every check and test, in the order of what is quickest to fail: `./run test [pytest arguments]`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHECKS = (
    ("lint", ("ruff", "check", ".")),
    ("format", ("ruff", "format", "--check", ".")),
    ("types", ("mypy",)),
)


def main(arguments: list[str]) -> int:
    """Run the checks, then pytest; the exit code of the first that fails, but all of them run."""
    codes = [run(name, [sys.executable, "-m", *command]) for name, command in CHECKS]
    parallel = (
        [] if any(a.startswith("-n") or a in ("--pdb", "-s") for a in arguments) else ["-n", "2", "--dist", "loadgroup"]
    )
    codes.append(run("tests", [sys.executable, "-m", "pytest", *parallel, *arguments]))
    return next((code for code in codes if code), 0)


def run(name: str, command: list[str]) -> int:
    """Run one check and say how it went."""
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    print(f"== {name}: {'ok' if code == 0 else f'failed ({code})'} in {time.monotonic() - started:.0f} s", flush=True)
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
