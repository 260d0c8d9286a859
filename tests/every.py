"""Every check and test, in the order of what is quickest to fail: `./run test [--fast] [pytest arguments]`."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHECKS = (
    ("lint", ("ruff", "check", ".")),
    ("format", ("ruff", "format", "--check", ".")),
    ("types", ("mypy",)),
)
FAST = "--fast"
# What needs no engine, browser or server. Only these are collected: most of the time of a short run is collecting.
QUICK = (
    "test_shape.py", "test_documents.py", "test_settings.py", "test_log.py", "test_properties.py", "commands",
    "compiling", "dashboards",
    "foundation", "intake", "language", "meaning", "metrics", "question", "reading", "rules", "semantics", "sources",
    "store", "scenarios/test_sentence.py", "scenarios/test_scenario_files.py", "steps/test_containerize.py",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run the checks, then pytest; the exit code of the first that fails, but all of them run."""
    given = [each for each in arguments if each != FAST]
    if FAST in arguments:
        return fast(given)
    codes = [run(name, [sys.executable, "-m", *command]) for name, command in CHECKS]
    codes.append(run("tests", tests(given)))
    return next((code for code in codes if code), 0)


def fast(arguments: list[str]) -> int:
    """The checks beside the quick tests; what pytest is given goes to it."""
    named = [str(ROOT / "tests" / name) for name in QUICK if (ROOT / "tests" / name).exists()]
    with ThreadPoolExecutor() as pool:
        checks = [pool.submit(run, name, [sys.executable, "-m", *command]) for name, command in CHECKS]
        codes = [run("tests", [*tests(arguments), FAST, *named]), *(check.result() for check in checks)]
    return next((code for code in codes if code), 0)


def tests(arguments: list[str]) -> list[str]:
    """The command that runs tests, on two cores unless the arguments say otherwise."""
    alone = any(each.startswith("-n") or each in ("--pdb", "-s") for each in arguments)
    parallel = [] if alone else ["-n", "2", "--dist", "loadgroup"]
    return [sys.executable, "-m", "pytest", *parallel, *arguments]


def run(name: str, command: list[str]) -> int:
    """Run one check and say how it went."""
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    print(f"== {name}: {'ok' if code == 0 else f'failed ({code})'} in {time.monotonic() - started:.0f} s", flush=True)
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
