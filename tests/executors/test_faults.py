"""Truth under faults: whatever is killed, cut or full, the caller learns what happened and nothing is left."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from engine.errors import EngineError, LimitError, SandboxError, ScriptError
from engine.executors import EXECUTORS
from engine.executors.base import Executor, Session
from engine.executors.outside.owner import OWNER
from engine.executors.outside.pool import REFILL_SECONDS
from engine.products import Limits
from tests.executors.test_lifecycle import cgroup_folders, containers, descendants, soon

ENGINE = "/var/run/docker.sock"
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
NAMED = """
import ctypes, time
ctypes.CDLL(None).prctl(15, {name!r}, 0, 0, 0)
print("up to here", flush=True)
event({{}})
time.sleep(60)
"""


def named(name: str) -> list[int]:
    """The processes of that name on this machine; none when the engine is on another."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "comm").read_text().strip() == name:
                found.append(int(folder.name))
    return found


def parent(process: int) -> int:
    """Who started it."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def killing(session: Session, kill: Any) -> str:
    """What is said when something is killed while the session works; its log must be kept."""
    name = f"fault{random.randrange(10**8)}"

    def now(event: object) -> None:
        found = named(name)
        if not found:
            pytest.skip("the engine is on another machine")
        kill(found[0])

    with pytest.raises(SandboxError) as caught:
        session.ask({"code": NAMED.format(name=name.encode())}, tell=now)
    assert not isinstance(caught.value, LimitError)
    assert "up to here" in session.log
    assert not session.alive
    return caught.value.message


@linux
def test_a_killed_interpreter_is_said(session: Session) -> None:
    assert "killed by signal 9" in killing(session, lambda process: os.kill(process, signal.SIGKILL))


@linux
@pytest.mark.parametrize("executor", ["local-owner", "docker-owner"], indirect=True)
def test_a_killed_fork_server_takes_its_sessions_along(executor: Executor, limits: Limits) -> None:
    assert executor._isolated.proof().forking  # type: ignore[attr-defined]
    session = executor.open(limits, "dora")
    said = killing(session, lambda process: os.kill(parent(process), signal.SIGKILL))
    assert "died" in said
    after = executor.open(limits, "dora")
    assert after.ask({"code": "answer['x'] = 1"}).header["x"] == 1
    after.close()


def test_a_full_disk_is_an_error_of_the_script(session: Session) -> None:
    code = "print('before', flush=True)\nopen('/tmp/fill', 'wb').write(bytes(90 << 20))"
    with pytest.raises(ScriptError, match=r"No space left|File too large"):
        session.ask({"code": code})
    assert session.log == "before\n"
    assert session.ask({"code": "import os; os.unlink('/tmp/fill'); answer['x'] = 1"}).header["x"] == 1


def test_a_lost_stream_ends_at_the_limit_or_at_once(session: Session) -> None:
    code = "import os\nprint('before', flush=True)\nos.closerange(3, 256)"
    with pytest.raises(SandboxError):
        session.ask({"code": code}, seconds=5)
    assert "before" in session.log
    assert not session.alive


class Way:
    """A socket on the way to the engine, which can be cut: a file in a folder, or without one a TCP port."""

    def __init__(self, folder: Path | None = None) -> None:
        if folder is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(folder / "engine.sock"))
            self.address = f"unix://{folder / 'engine.sock'}"
        self._listener.listen(64)
        self._open: list[socket.socket] = []
        self._passing = True
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection ends, no new one is answered."""
        self._passing = False
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Away with it."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self._passing:
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(ENGINE)
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(1 << 16):
                other.sendall(piece)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)


@pytest.fixture
def way(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    """DOCKER_HOST leads over a socket of ours."""
    if not Path(ENGINE).exists():
        pytest.skip("needs a Docker engine on this machine")
    folder = Path(tempfile.mkdtemp(prefix="way-"))
    made = Way(folder)
    monkeypatch.setenv("DOCKER_HOST", made.address)
    yield made
    made.close()
    shutil.rmtree(folder)


@pytest.mark.parametrize("executor", ["docker-owner", "docker-run"], indirect=True)
def test_a_lost_engine_is_said_and_its_containers_end(way: Way, executor: Executor, limits: Limits) -> None:
    settle(executor)
    before = set(containers_of_the_machine())
    other = EXECUTORS["docker"](limits, executor._isolated._isolation)  # type: ignore[attr-defined]
    session = other.open(limits)
    settle(other)
    with pytest.raises(SandboxError, match="died"):
        session.ask({"code": NAMED.format(name=b"cut")}, tell=lambda event: way.cut(), seconds=30)
    assert "up to here" in session.log
    with pytest.raises(SandboxError):
        # A warm one whose stream was cut this very moment may still be handed out; it answers nothing.
        other.open(limits).ask({"code": "answer['x'] = 1"})
    other.close()
    assert soon(lambda: set(containers_of_the_machine()) <= before)


@pytest.mark.parametrize("isolation", ["owner", "run"])
def test_an_engine_over_tcp_does_as_well(
    limits: Limits, isolation: str, docker_engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = Way()
    monkeypatch.setenv("DOCKER_HOST", far.address)
    executor = EXECUTORS["docker"](limits, isolation)
    assert executor.readiness().isolated
    session = executor.open(limits)
    assert session.ask({"code": "answer['x'] = 6 * 7"}).header["x"] == 42
    executor.close()
    far.close()
    assert soon(lambda: not set(containers_of_the_machine()) & {session_id(session)})


def session_id(session: Session) -> str:
    """The container of a session; empty when it is one of a fork server."""
    return str(getattr(session._channel, "_id", ""))  # type: ignore[attr-defined]


def test_the_runtime_of_the_settings_is_used(limits: Limits, docker_engine: None) -> None:
    client = docker.from_env()
    named = next(name for name in client.info()["Runtimes"] if "runc" in name)
    executor = EXECUTORS["docker"](limits, "run", named)
    session = executor.open(limits)
    box = client.containers.get(session_id(session))
    assert box.attrs["HostConfig"]["Runtime"] == named
    executor.close()
    client.close()


def containers_of_the_machine() -> list[str]:
    """Those of this process, asked past any way of ours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DOCKER_HOST", raising=False)
        return containers(OWNER)


MIXED = {
    "honest": "import pandas as pd; answer['x'] = int(pd.Series([1, 2]).sum())",
    "raises": "1 / 0",
    "exits": "import os; os._exit(3)",
    "segfault": "import ctypes; ctypes.string_at(0)",
    "memory": "held = []\nwhile True: held.append(bytearray(b'x') * (16 << 20))",
    "loop": "while True: pass",
    "leaves processes": "import os, time\nfor _ in range(5):\n    if os.fork() == 0: os.setsid(); time.sleep(99)",
    "floods": "for _ in range(40): print('x' * 65535)",
    "nonsense": "import os\nfor n in range(3, 12):\n    try: os.write(n, b'garbage' * 99)\n    except OSError: pass",
    "large": "answer['body'] = bytes(20 << 20)",
    "fills": "open('/tmp/fill', 'wb').write(bytes(90 << 20))",
}
HONEST_SHARE = 3


def volumes_and_networks() -> tuple[set[str], set[str]]:
    """What the engine has of either."""
    import docker

    client = docker.from_env()
    found = {str(item.name) for item in client.volumes.list()}, {str(item.name) for item in client.networks.list()}
    client.close()
    return found


@linux
def test_after_many_mixed_jobs_nothing_is_left(
    executor: Executor, limits: Limits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forking = executor._isolated.proof().forking  # type: ignore[attr-defined]
    settle(executor)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    known = volumes_and_networks() if executor.name == "docker" else None
    processes, boxes, groups = descendants(os.getpid()), set(containers_if(executor)), set(cgroup_folders(OWNER))
    other = EXECUTORS[executor.name](limits, executor._isolated._isolation)  # type: ignore[attr-defined]
    # How many is for whoever asks for more; a container or an interpreter a job takes longest.
    rounds = int(os.environ.get("MIXED_ROUNDS", "8" if forking else "1"))
    jobs = [*MIXED, *["honest"] * HONEST_SHARE] * rounds
    random.Random(3).shuffle(jobs)
    ended = work_off(other, limits, jobs)
    assert ended == [job in ("honest", "leaves processes", "floods") for job in jobs]
    other.close()
    assert soon(lambda: descendants(os.getpid()) <= processes)
    assert soon(lambda: set(containers_if(executor)) <= boxes)
    assert soon(lambda: set(cgroup_folders(OWNER)) <= groups)
    assert known is None or volumes_and_networks() == known
    assert list(tmp_path.iterdir()) == []


def settle(executor: Executor) -> None:
    """Wait until the fixture's own spare is there, which earlier tests have ordered."""
    time.sleep(REFILL_SECONDS + 0.5)
    spare = executor._isolated._pool._spare  # type: ignore[attr-defined]
    if spare is not None:
        spare[1].result(60)


def containers_if(executor: Executor) -> list[str]:
    """This process's containers, where there can be any."""
    return containers(OWNER) if executor.name == "docker" else []


def work_off(executor: Executor, limits: Limits, jobs: list[str]) -> list[bool]:
    """Four at a time; whether each gave what it was asked for."""
    from concurrent.futures import ThreadPoolExecutor

    def one(job: str) -> bool:
        session = executor.open(limits)
        try:
            reply = session.ask({"code": MIXED[job]}, seconds=1 if job == "loop" else 30)
            if job == "nonsense":
                # It may have spoken between two answers: then the next one ends it.
                time.sleep(0.2)
                return bool(session.ask({"code": "pass"}).header["ok"])
            return job != "honest" or reply.header["x"] == 3
        except EngineError:
            return False
        finally:
            session.close()

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, jobs))
