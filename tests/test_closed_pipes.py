"""`./run COMMAND | head`: whoever reads has gone, and the command ends without a word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.commands.pipes import PIPE_CLOSED

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "command",
    [
        ["engine", "check", "--json", "{script}"],
        ["engine", "check", "{script}"],
        ["engine", "sql", "SELECT 1 AS n", "--db", "{database}"],
        ["engine", "sql", "SELECT 1 AS n", "--db", "{database}", "--json"],
        ["engine", "sql", "SELECT load_extension('x')", "--db", "{database}", "--json"],
        ["engine", "runs"],
        ["engine", "schema", "--db", "{database}"],
    ],
    ids=" ".join,
)
def test_a_closed_pipe_ends_quietly(tmp_path: Path, sample_url: str, command: list[str]) -> None:
    script = tmp_path / "script.py"
    script.write_text("import subprocess\n" * 3, "utf-8")
    given = [part.replace("{script}", str(script)).replace("{database}", sample_url) for part in command]
    module, *arguments = given
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, "VAR_DIR": str(tmp_path / "var"), "LOG_DIR": str(tmp_path / "logs")},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    finally:
        os.close(writing)
    assert ended.stderr == ""
    assert ended.returncode == PIPE_CLOSED


def test_a_script_on_its_own_ends_quietly_too(tmp_path: Path) -> None:
    """The command of a bundle, which prints what it computes."""
    reading, writing = os.pipe()
    os.close(reading)
    program = (
        "import sys; sys.argv = ['script.py', 'simulate', 'x.json'];"
        "from runtime import command;"
        "command._act = lambda *_: print('x' * 100_000);"
        "command.main()"
    )
    (tmp_path / "script.py").write_text(f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}\n", "utf-8")
    try:
        ended = subprocess.run(
            [sys.executable, "script.py"], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60
        )
    finally:
        os.close(writing)
    assert ended.stderr == ""
    assert ended.returncode == PIPE_CLOSED
