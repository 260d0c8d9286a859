"""The start: commands in processes of their own, each beside a bare `import pandas`, files in the disk's cache."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from statistics import median

from engine.bench.rows import TIMES, Row, Work, row, say, turns
from engine.errors import SandboxError
from engine.settings import ROOT

REQUEST = "DSCR for Orlando Fashion Square"
AGAINST = "a bare import pandas"
# How many times a bare `import pandas` each may take.
ASK, ANSWER, HELP = 3.0, 3.0, 0.5
LONGEST = 120.0


def measure(environment: Mapping[str, str], times: int = TIMES) -> list[Row]:
    """The rows: an answer with its reports, the same until the answer is printed, and `./run --help`."""
    run, variables = [sys.executable, str(ROOT / "run")], {**os.environ, **environment}
    asked = [*run, "ask", REQUEST, "--executor", "local", "--yes"]
    printed: list[float] = []

    def ask() -> None:
        printed.append(until_printed(asked, variables))

    def whole(*command: str) -> Work:
        return lambda: finished(command, variables)

    ask()  # what is kept of this machine is made here
    printed.clear()
    ways = [ask, whole(*run, "--help"), whole(sys.executable, "-c", "import pandas")]
    took, helped, anchor = turns("cold ask, --help, import pandas", ways, times)
    say(f"the answer was printed after {' '.join(f'{second:.3f}' for second in sorted(printed))} s")
    return [
        row(f"cold ./run ask, local: {REQUEST}", took, against=AGAINST, plain=anchor, goal=ASK * anchor),
        row(
            "the same until the answer is printed", median(printed), against=AGAINST, plain=anchor, goal=ANSWER * anchor
        ),
        row("cold ./run --help", helped, against=AGAINST, plain=anchor, goal=HELP * anchor),
    ]


def until_printed(command: list[str], variables: Mapping[str, str]) -> float:
    """Seconds until a command prints its first number; it is then waited for.

    Raises:
        SandboxError: it failed.
    """
    started, answered = time.perf_counter(), 0.0
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if not answered and any(letter.isdigit() for letter in line):
                answered = time.perf_counter() - started
        said = process.stderr.read() if process.stderr else ""
        code = process.wait(LONGEST)
    if code or not answered:
        raise SandboxError(f"The request failed with exit code {code}: {said[-300:]}")
    return answered


def finished(command: tuple[str, ...], variables: Mapping[str, str]) -> None:
    """A command in a process of its own, until it has ended well."""
    subprocess.run(command, env=variables, check=True, capture_output=True, timeout=LONGEST)
