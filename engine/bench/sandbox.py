"""One job in every sandbox, side by side: 100,000 rows read, summed by kind, results handed over.

Against bare `python job.py` (pandas alone, no sandbox), a cold hardened container a job, and other sandboxes when
they are installed. Rounds go from one way to the next, so that a busy moment hits all of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from engine.bench import peers
from engine.bench.rows import Row, missing, row, say, seconds
from engine.errors import EngineError, SandboxError
from engine.executors import EXECUTORS
from engine.executors.base import Executor
from engine.executors.docker import image
from engine.products import Limits
from engine.scenarios.sessions import job_of

ROWS, KINDS, AT_ONCE, JOBS = 100_000, 10, 4, 24
WARM_GOAL, COLD_GOAL, THROUGHPUT_GOAL, FIRST_GOAL, IDLE_GOAL_MB, WOKEN_GOAL = 0.35, 0.2, 5.0, 3.0, 100.0, 2.0
BARE = """\
import json
import pandas as pd
rows = pd.read_parquet("rows.parquet")
found = rows.groupby("kind", as_index=False)["amount"].sum()
with open("results.json", "w") as file:
    json.dump({"total": float(rows["amount"].sum()), "rows": len(found)}, file)
"""
SCRIPT = '''\
"""Amounts by kind."""
import pandas as pd
from runtime import Metric, Table, main, sql

SOURCES = {"rows": sql("SELECT kind, amount FROM amounts")}
PARAMETERS = []


def total(rows: pd.DataFrame) -> float:
    """Sum of all amounts."""
    return float(rows["amount"].sum())


def by_kind(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum by kind."""
    return rows.groupby("kind", as_index=False)["amount"].sum()


VIEW = [Metric("total", "Total", unit="USD"), Table("by_kind")]

if __name__ == "__main__":
    main()
'''
Job = Callable[[], float]


@contextlib.contextmanager
def made_folder() -> Iterator[Path]:
    """The job for the runtime and for bare Python, over the same rows."""
    import numpy as np
    import pandas as pd

    drawn = np.random.default_rng(7)
    frame = pd.DataFrame(
        {"kind": drawn.integers(0, KINDS, ROWS).astype(str), "amount": drawn.normal(1000, 200, ROWS).round(2)}
    )
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "data").mkdir()
        frame.to_parquet(folder / "data" / "rows.parquet")
        frame.to_parquet(folder / "rows.parquet")
        (folder / "data" / "snapshot.json").write_text("[]")
        (folder / "script.py").write_text(SCRIPT)
        (folder / "job.py").write_text(BARE)
        folder.chmod(0o777)
        yield folder


def bare(folder: Path) -> float:
    """A process a job."""
    (folder / "results.json").unlink(missing_ok=True)
    subprocess.run([sys.executable, "job.py"], cwd=folder, check=True, capture_output=True)
    return float(peers.results(folder)["total"])


def session(executor: Executor, folder: Path) -> float:
    """A sandbox a job: opened, asked, closed."""
    opened = executor.open(Limits())
    try:
        document = json.loads(opened.ask({"do": "open"}, job_of(folder)).body)
    finally:
        opened.close()
    return float(document["metrics"][0]["value"])


def cold(folder: Path) -> float:
    """A hardened container a job, as `docker run` starts it."""
    import docker

    # Another user wrote it last.
    (folder / "results.json").unlink(missing_ok=True)
    client = docker.from_env()
    try:
        client.containers.run(
            image.tag(),
            ["python", "job.py"],
            entrypoint=[],
            remove=True,
            working_dir="/job",
            volumes={str(folder): {"bind": "/job", "mode": "rw"}},
            network_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            tmpfs={"/tmp": "rw,noexec,nosuid,nodev,size=64m"},
            environment={"HOME": "/tmp", "OPENBLAS_NUM_THREADS": "1"},
            mem_limit="512m",
            nano_cpus=1_000_000_000,
            pids_limit=256,
            user="65534:65534",
        )
    except image.ENGINE_ERRORS as error:
        raise SandboxError(f"The plain container failed: {str(error)[-300:]}") from error
    finally:
        client.close()
    return float(peers.results(folder)["total"])


def measure(times: int) -> list[Row]:
    """Every row."""
    found: list[Row] = []
    with made_folder() as folder, contextlib.ExitStack() as opened:
        ways: dict[str, Job] = {"bare python": lambda: bare(folder)}
        executors = dict(started(opened, found))
        if "docker" in executors:
            ways["cold docker run"] = lambda: cold(folder)
        for name, executor in executors.items():
            ways[name] = lambda executor=executor: session(executor, folder)  # type: ignore[misc]
        ways |= others(folder, found)
        took = rounds(ways, times, found)
        found += warm_rows(took, list(executors))
        found += throughput_rows(folder, executors)
        found += [idle_row(name, executor) for name, executor in executors.items()]
        found += [woken_row(name, executor, folder, times) for name, executor in executors.items()]
    return found


def started(opened: contextlib.ExitStack, found: list[Row]) -> Iterator[tuple[str, Executor]]:
    """Each executor that works here, and how long its first job took to be possible."""
    for name in EXECUTORS:
        executor = EXECUTORS[name](Limits())
        opened.callback(executor.close)

        def first(executor: Executor = executor) -> None:
            ready = executor.readiness()
            if not ready.isolated:
                raise SandboxError(ready.reason or "it is isolated in part only")
            executor.open(Limits()).close()

        try:
            took = seconds(first)
        except EngineError as error:
            found.append(missing(f"first job after a cold start, {name}", error.message, goal=FIRST_GOAL))
            continue
        against = "self-test, interpreter and first session"
        found.append(row(f"first job after a cold start, {name}", took, against=against, goal=FIRST_GOAL))
        yield name, executor


def others(folder: Path, found: list[Row]) -> dict[str, Job]:
    """The other sandboxes that are installed; a row says which are not."""
    ways: dict[str, Job] = {}
    for name, (module, peer) in peers.PEERS.items():
        if peers.installed(module):
            ways[name] = lambda peer=peer: float(peer(folder, image.tag())["total"])  # type: ignore[misc]
        else:
            found.append(missing(f"one job, {name}", "not installed"))
    return ways


def rounds(ways: dict[str, Job], times: int, found: list[Row]) -> dict[str, float]:
    """The median of each way; one that fails or gives another answer is out, and said."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    answer: float | None = None
    for turn in range(times + 1):
        for name in list(taken):
            try:
                took, got = timed(ways[name])
            except Exception as error:
                # A peer may raise anything.
                found.append(missing(f"one job, {name}", str(error)[-200:]))
                del taken[name]
                continue
            answer = got if answer is None else answer
            if abs(got - answer) > 1e-6 * abs(answer):
                raise SandboxError(f"{name} gives {got}, not {answer}.")
            if turn:
                taken[name].append(took)
    for name, each in taken.items():
        say(f"one job, {name}: {' '.join(f'{value:.3f}' for value in sorted(each))} s")
    return {name: median(each) for name, each in taken.items() if each}


def timed(job: Job) -> tuple[float, float]:
    """How long it takes, and its answer."""
    begun = time.perf_counter()
    answer = job()
    return time.perf_counter() - begun, answer


def warm_rows(took: dict[str, float], executors: list[str]) -> list[Row]:
    """Each way beside bare Python and the cold container; the goals are ratios."""
    found = []
    for name, value in took.items():
        ours = name in executors
        for other, goal in (("bare python", WARM_GOAL), ("cold docker run", COLD_GOAL)):
            plain = took.get(other)
            if plain is None or name == other or (other == "cold docker run" and not ours):
                continue
            wanted = goal * plain if ours else None
            found.append(row(f"one job, {name}, beside {other}", value, against=other, plain=plain, goal=wanted))
    return found


def throughput_rows(folder: Path, executors: dict[str, Executor]) -> list[Row]:
    """Jobs a second with several at once; more is better, so the goal is met from above."""
    plain = throughput(lambda: bare_alone(folder))
    found = []
    for name, executor in executors.items():
        ours = throughput(lambda executor=executor: session(executor, folder))  # type: ignore[misc]
        ratio = ours / plain
        against = f"bare python: {plain:.3g} jobs/s"
        label = f"{AT_ONCE} at once, {name}"
        goal = round(THROUGHPUT_GOAL * plain, 2)
        found.append(Row(label, round(ours, 2), "jobs/s", against, round(ratio, 2), goal, ratio >= THROUGHPUT_GOAL))
    return found


def throughput(work: Callable[[], object]) -> float:
    """Jobs a second."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        took = seconds(lambda: list(pool.map(lambda _: work(), range(JOBS))))
    return JOBS / took


def bare_alone(folder: Path) -> None:
    """A bare job that writes where no other does."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        for file in ("job.py", "rows.parquet"):
            os.link(folder / file, Path(name) / file)
        subprocess.run([sys.executable, "job.py"], cwd=name, check=True, capture_output=True)


def woken_row(name: str, executor: Executor, folder: Path, times: int) -> Row:
    """From a request for a dashboard whose sandbox was stopped to its page."""

    def woken() -> None:
        session = executor.open(Limits())
        try:
            session.ask({"do": "open"}, job_of(folder))
            page = session.ask({"do": "http", "method": "GET", "path": "/", "query": "", "headers": {}})
        finally:
            session.close()
        if page.header["status"] != 200:
            raise SandboxError(f"The dashboard answered {page.header['status']}.")

    took = median(seconds(woken) for _ in range(times))
    return row(f"woken dashboard, {name}", took, against="request to page", goal=WOKEN_GOAL)


def idle_row(name: str, executor: Executor) -> Row:
    """What a warm interpreter with no session holds."""
    label = f"idle warm sandbox, {name}"
    used = idle_memory(name)
    if used is None:
        return missing(label, "cannot be read here", unit="MB", goal=IDLE_GOAL_MB)
    return row(label, used, "MB", goal=IDLE_GOAL_MB)


def idle_memory(name: str) -> float | None:
    """Megabytes, of the largest of ours: a container as the engine counts it, a cgroup as the kernel does."""
    from engine.executors.docker import container
    from engine.executors.local import cgroups
    from engine.executors.outside.owner import OWNER

    if name == "local":
        folders = [
            *cgroups.ROOT.glob(f"memory/{cgroups.PREFIX}{OWNER}-*"),
            *cgroups.ROOT.glob(f"{cgroups.PREFIX}{OWNER}-*"),
        ]
        texts = [
            cgroups.read(folder / file) for folder in folders for file in ("memory.usage_in_bytes", "memory.current")
        ]
        return max((int(text) / (1 << 20) for text in texts if text.strip()), default=None)
    import docker

    client = docker.from_env()
    try:
        ours = client.containers.list(filters={"label": f"{container.OWNED_BY}={OWNER}"})
        counted: list[Any] = [one.stats(stream=False) for one in ours]
    except image.ENGINE_ERRORS:
        return None
    finally:
        client.close()
    return max((working_set(one["memory_stats"]) for one in counted), default=None)


def working_set(counted: Mapping[str, Any]) -> float:
    """Megabytes as `docker stats` shows them: without files that were read once and may go at any time."""
    idle = counted.get("stats", {}).get("inactive_file", counted.get("stats", {}).get("total_inactive_file", 0))
    return float(counted.get("usage", 0) - idle) / (1 << 20)
