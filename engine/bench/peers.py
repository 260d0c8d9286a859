"""Other sandboxes, each doing the bench's job the way its own documents show; measured when it is installed."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Takes the job's folder and the image with pandas; gives what the job wrote.
Peer = Callable[[Path, str], dict[str, Any]]


def llm_sandbox(folder: Path, image: str) -> dict[str, Any]:
    """A session a job."""
    module: Any = importlib.import_module("llm_sandbox")
    with module.SandboxSession(lang="python", image=image, keep_template=True, skip_environment_setup=True) as session:
        session.copy_to_runtime(str(folder / "rows.parquet"), "/sandbox/rows.parquet")
        done = session.run(job(folder, "/sandbox"))
        session.copy_from_runtime("/sandbox/results.json", str(folder / "results.json"))
        if done.exit_code:
            raise RuntimeError(done.stderr)
    return results(folder)


def autogen(folder: Path, image: str) -> dict[str, Any]:
    """An executor a job."""
    docker: Any = importlib.import_module("autogen_ext.code_executors.docker")
    core: Any = importlib.import_module("autogen_core")
    code: Any = importlib.import_module("autogen_core.code_executor")

    async def run() -> None:
        async with docker.DockerCommandLineCodeExecutor(image=image, work_dir=folder) as executor:
            block = code.CodeBlock(code=job(folder, "/workspace"), language="python")
            done = await executor.execute_code_blocks([block], core.CancellationToken())
            if done.exit_code:
                raise RuntimeError(done.output)

    asyncio.run(run())
    return results(folder)


def smolagents(folder: Path, image: str) -> dict[str, Any]:
    """An executor a job, its image built before; the data is mounted."""
    module: Any = importlib.import_module("smolagents.remote_executors")
    monitoring: Any = importlib.import_module("smolagents.monitoring")
    mounted = {"volumes": {str(folder): {"bind": "/job", "mode": "rw"}}}
    executor = module.DockerExecutor(["pandas", "pyarrow"], monitoring.AgentLogger(), container_run_kwargs=mounted)
    try:
        executor.run_code_raise_errors(job(folder, "/job"))
    finally:
        executor.cleanup()
    return results(folder)


PEERS: dict[str, tuple[str, Peer]] = {
    "llm-sandbox": ("llm_sandbox", llm_sandbox),
    "smolagents": ("smolagents", smolagents),
    "autogen": ("autogen_ext", autogen),
}


def installed(module: str) -> bool:
    """Whether it can be imported."""
    return importlib.util.find_spec(module) is not None


def job(folder: Path, inside: str) -> str:
    """The job's text, its folder named as it is seen inside."""
    return f"import os\nos.chdir({inside!r})\n" + (folder / "job.py").read_text()


def results(folder: Path) -> dict[str, Any]:
    """What the job wrote."""
    found: dict[str, Any] = json.loads((folder / "results.json").read_text())
    return found
