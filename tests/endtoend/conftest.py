"""The terminal as a person uses it: the real program, its own folders, one machine's executors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

SEED = "Calculate DSCR for Orlando Fashion Square and create a website to show results with simulations"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Terminal = Callable[..., Ended]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """A clean environment with folders of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "DOCKER_HOST") if name in os.environ}
    return {
        **kept,
        "HOME": str(folder / "home"),
        "PYTHONPATH": str(ROOT),
        "OUTPUT_DIR": str(folder / "runs"),
        "LOG_DIR": str(folder / "logs"),
        "STORE_URL": f"sqlite:///{folder}/store.sqlite",
        **settings,
    }


@pytest.fixture
def terminal(tmp_path: Path, sample_url: str) -> Terminal:
    """Runs `python -m engine ...`, which is what `./run ...` calls."""
    (tmp_path / "home").mkdir()

    def run(*arguments: str, timeout: float = 180, **settings: str) -> Ended:
        given = {"DATABASE_URL": sample_url, "EXECUTOR": "local", **settings}
        done = subprocess.run(
            [sys.executable, "-m", "engine", *arguments],
            cwd=tmp_path,
            env=environment(tmp_path, **given),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run
