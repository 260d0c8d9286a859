"""The plain ways to get the same numbers, which the workbench is measured against."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import SandboxError

Scenario = Mapping[str, Any]
SCENARIOS = "scenarios.json"


def copy_bundle(bundle: Path, target: Path, scenario: Scenario) -> Path:
    """The bundle somewhere else, readable by everyone, with a scenario file."""
    shutil.copytree(bundle, target)
    (target / SCENARIOS).write_text(json.dumps({"scenarios": [scenario]}), encoding="utf-8")
    for path in [target, *target.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def script(bundle: Path, *arguments: str) -> None:
    """The bundle's script in a process of its own, over its snapshot.

    Raises:
        SandboxError: it failed.
    """
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PYTHONPATH")}
    done = subprocess.run(
        [sys.executable, "script.py", *arguments],
        cwd=bundle,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SandboxError(f"The plain script failed: {done.stderr.strip()[-300:]}")


def container(bundle: Path, image: str) -> None:
    """One cold, hardened container that simulates the bundle's one scenario, and is removed.

    Raises:
        SandboxError: the engine or the script failed; a remote engine does not see this folder.
    """
    import docker
    import docker.errors

    client = docker.from_env()
    try:
        client.containers.run(
            image,
            ["python", "script.py", "simulate", SCENARIOS],
            remove=True,
            entrypoint=[],
            working_dir="/bundle",
            volumes={str(bundle): {"bind": "/bundle", "mode": "ro"}},
            network_mode="none",
            read_only=True,
            tmpfs={"/tmp": "rw,noexec,nosuid,nodev,size=64m"},
            environment={"HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"},
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit="512m",
            nano_cpus=1_000_000_000,
            pids_limit=256,
            user="65534:65534",
        )
    except (docker.errors.DockerException, OSError) as error:
        raise SandboxError(f"The plain container failed: {str(error)[-300:]}") from error
    finally:
        client.close()


class Loop:
    """The model's own functions, called one scenario after another in this process."""

    def __init__(self, bundle: Path) -> None:
        from runtime.workspace import Workspace

        workspace = Workspace(bundle)
        self._model = workspace.model
        self._base = {**workspace.snapshot.frames, **workspace.model.defaults, **workspace.evaluator.base.values}
        touched = workspace.evaluator.touched(workspace.model.defaults)
        self._calls = self._needed(touched)

    def __call__(self, scenarios: Sequence[Scenario]) -> list[dict[str, float]]:
        """Every metric of every scenario; only what the parameters touch is computed."""
        names = [entry.quantity for entry in self._model.metrics]
        found = []
        for scenario in scenarios:
            values = {**self._base, **scenario}
            for name, function, arguments in self._calls:
                values[name] = function(*[values[argument] for argument in arguments])
            found.append({name: values[name] for name in names})
        return found

    def _needed(self, touched: Sequence[str]) -> list[tuple[str, Any, tuple[str, ...]]]:
        needed = {entry.quantity for entry in self._model.metrics}
        calls: list[tuple[str, Any, tuple[str, ...]]] = []
        for name in reversed(touched):
            if name in needed:
                arguments = self._model.quantities[name].arguments
                needed.update(arguments)
                calls.append((name, self._model.function(name), arguments))
        return calls[::-1]
