"""Nothing is left behind: not by close, not by an engine that is killed; and which executor is chosen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from engine.errors import SandboxError, UsageError
from engine.executors import EXECUTORS, choose
from engine.executors.base import Executor, Session
from engine.executors.docker import container, image
from engine.executors.local import cgroups
from engine.executors.local import executor as local
from engine.executors.local.executor import Here
from engine.executors.local.launch import Way
from engine.executors.outside import shipped
from engine.executors.outside.owner import HOST, OWNER, alive
from engine.products import Limits

PROJECT = Path(__file__).resolve().parents[2]


def soon(holds: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether it comes true."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def descendants(process: int) -> set[int]:
    """Every process below one, on Linux."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def containers(owner: str) -> list[str]:
    """The containers of an engine process, ended ones too."""
    client = docker.from_env()
    found = client.api.containers(all=True, filters={"label": f"{container.OWNED_BY}={owner}"})
    client.close()
    return [item["Id"] for item in found]


def cgroup_folders(owner: str) -> list[Path]:
    """The cgroups of an engine process."""
    return [
        *cgroups.ROOT.glob(f"{cgroups.PREFIX}{owner}-*"),
        *cgroups.ROOT.glob(f"*/{cgroups.PREFIX}{owner}-*"),
    ]


in_docker = pytest.mark.parametrize("executor", ["docker-owner", "docker-run"], indirect=True)

START = """
import sys
from pathlib import Path
from engine.executors import EXECUTORS
from engine.executors.outside import shipped
from engine.executors.local.launch import Way
from engine.executors.local.executor import Here
from engine.executors.outside.owner import OWNER
from engine.products import Limits
shipped.RUNTIME = Path(sys.argv[2])
executor = EXECUTORS[sys.argv[1]](None)
executor.warm()
session = executor.open(Limits(memory_mb=256))
print(OWNER, flush=True)
"""
CLOSED = """
session.ask({"code": "import os, time\\nif os.fork() == 0: time.sleep(100)"})
executor.warm()
executor.close()
print("closed", flush=True)
sys.stdin.read()
"""
BUSY = """
session.ask({"code": "event({})\\nwhile True: pass"}, tell=lambda event: print("busy", flush=True))
"""


def engine_process(code: str, name: str, runtime: Path, temporary: Path) -> subprocess.Popen[str]:
    """An engine of its own, with temporary files of its own, so that nothing of another's is counted."""
    command = [sys.executable, "-c", START + code, name, str(runtime)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    return subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_closing_leaves_nothing(executor: Executor, runtime: Path, tmp_path: Path) -> None:
    with engine_process(CLOSED, executor.name, runtime, tmp_path) as engine:
        assert engine.stdout is not None
        owner = engine.stdout.readline().strip()
        assert engine.stdout.readline() == "closed\n"
        assert soon(lambda: not descendants(engine.pid))
        assert soon(lambda: not cgroup_folders(owner))
        assert executor.name != "docker" or soon(lambda: not containers(owner))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_engine_that_is_killed_leaves_nothing(executor: Executor, runtime: Path, tmp_path: Path) -> None:
    with engine_process(BUSY, executor.name, runtime, tmp_path) as engine:
        assert engine.stdout is not None
        owner = engine.stdout.readline().strip()
        assert engine.stdout.readline() == "busy\n"
        inner = descendants(engine.pid)
        assert inner or containers(owner)
        engine.send_signal(signal.SIGKILL)
    assert soon(lambda: not any(Path(f"/proc/{process}").exists() for process in inner))
    if executor.name == "docker":
        assert soon(lambda: not containers(owner))
    cgroups.sweep()
    assert cgroup_folders(owner) == []


@in_docker
def test_a_container_of_a_dead_engine_is_swept(executor: Executor) -> None:
    client = docker.from_env()
    labels = {container.ROLE: "sandbox", container.OWNED_BY: "999999999.1", container.OWNED_ON: HOST}
    client.containers.create(image.tag(), ["python"], labels=labels, network_mode="none")
    EXECUTORS["docker"](None).close()
    assert containers("999999999.1") == []
    client.close()


@in_docker
def test_a_container_removed_from_outside_is_reported(executor: Executor, session: Session) -> None:
    client = docker.from_env()

    def remove(event: object) -> None:
        for found in containers(OWNER):
            client.api.remove_container(found, force=True)

    with pytest.raises(SandboxError, match="from outside"):
        session.ask({"code": "event({})\nwhile True: pass"}, tell=remove)
    client.close()


def test_owners_are_told_apart() -> None:
    assert alive(OWNER)
    assert not alive(f"{os.getpid()}.1")
    assert not alive("999999999.5")
    assert alive("not understood")


def test_an_unknown_executor_is_refused() -> None:
    with pytest.raises(UsageError, match="podman"):
        choose("podman")


def test_no_engine_means_local_with_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    chosen = choose("")
    chosen.executor.close()
    assert chosen.executor.name == "local"
    assert "local sandbox" in chosen.notice


def test_a_named_executor_never_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(SandboxError, match="does not answer") as caught:
        choose("docker")
    assert "DOCKER_HOST" in caught.value.hint


@pytest.mark.skipif(os.name != "posix", reason="the launcher needs fork")
def test_without_namespaces_it_still_starts_restricted(
    monkeypatch: pytest.MonkeyPatch, runtime: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "canary")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(local, "here", lambda: Here(Way.PLAIN, ()))
    executor = EXECUTORS["local"](None)
    session = executor.open(Limits(memory_mb=256))
    code = "import os; answer.update(env=sorted(os.environ), folder=os.getcwd()); open('x', 'w').close()"
    answer = session.ask({"code": code}).header
    assert "DATABASE_URL" not in answer["env"]
    assert Path(answer["folder"]).name.startswith("meta-agent-")
    executor.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="a cgroup's stand-in on Linux")
def test_memory_of_all_processes_together_is_bounded_without_a_cgroup(
    monkeypatch: pytest.MonkeyPatch, runtime: Path
) -> None:
    monkeypatch.setattr(cgroups, "ROOT", Path("/nonexistent"))
    executor = EXECUTORS["local"](None)
    session = executor.open(Limits(memory_mb=256))
    code = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        held = bytearray(b"x") * (100 << 20)
        time.sleep(60)
time.sleep(60)
"""
    with pytest.raises(SandboxError, match="256 MB of memory"):
        session.ask({"code": code}, seconds=30)
    executor.close()


ORDINARY = """
import sys
from pathlib import Path
from engine.executors import EXECUTORS
from engine.executors.outside import shipped
from engine.products import Limits
shipped.RUNTIME = Path(sys.argv[1])
executor = EXECUTORS["local"](None)
session = executor.open(Limits(memory_mb=256))
print(session.ask({"code": "import os; answer['n'] = [os.getuid(), os.getpid()]"}).header["n"])
print([item for item in executor.readiness().properties if not item.enforced])
executor.close()
"""


def test_an_ordinary_user_is_confined_too(runtime: Path, tmp_path: Path) -> None:
    python = Path("/usr/bin/python3.11")
    setting = Path("/proc/sys/user/max_user_namespaces")
    if os.name != "posix" or os.geteuid() != 0 or sys.version_info[:2] != (3, 11) or not python.exists():
        pytest.skip("needs root to become another user, and the system's own Python 3.11")
    if not setting.exists() or setting.read_text().strip() == "0":
        pytest.skip("user namespaces are off")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        copy = Path(folder) / "runtime"
        copy.mkdir(mode=0o755)
        for file in runtime.glob("*.py"):
            (copy / file.name).write_bytes(file.read_bytes())
        environment = {
            "PYTHONPATH": os.pathsep.join([str(PROJECT), *shipped.packages()]),
            "HOME": "/nonexistent",
        }
        command = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            str(python),
            "-c",
            ORDINARY,
            str(copy),
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd="/", timeout=120)
    if "Permission denied" in done.stderr or "ModuleNotFoundError" in done.stderr:
        pytest.skip("another user cannot read the packages")
    assert done.stdout.splitlines() == ["[65534, 1]", "[]"], done.stderr
