"""Containers under gVisor: a kernel of their own, the same proofs, the same truths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from engine.errors import LimitError
from engine.executors import EXECUTORS
from engine.executors.base import Executor, Session
from engine.executors.proof import stress
from engine.products import Limits


@pytest.fixture(scope="module")
def gvisor(runtime: Path, docker_engine: None) -> Iterator[Executor]:
    """Containers that one engine starts under gVisor."""
    client = docker.from_env()
    known = client.info()["Runtimes"]
    client.close()
    if "runsc" not in known:
        pytest.skip("gVisor is not installed")
    made = EXECUTORS["docker"](Limits(memory_mb=256, wall_seconds=60, processes=64, result_mb=8), "owner", "runsc")
    made.prepare(print)
    yield made
    made.close()


@pytest.fixture
def inside(gvisor: Executor, limits: Limits) -> Iterator[Session]:
    """A session under gVisor."""
    opened = gvisor.open(limits.model_copy(update={"wall_seconds": 60}))
    yield opened
    opened.close()


def test_all_is_proved_and_what_differs_is_said(gvisor: Executor) -> None:
    ready = gvisor.readiness()
    assert ready.isolated, [item for item in ready.properties if not item.enforced]
    # Its kernel keeps no sessions of one container apart, so each has a container.
    assert "One container a run" in ready.notice


def test_the_kernel_is_not_the_hosts(inside: Session) -> None:
    code = (
        "import pandas as pd; answer['x'] = int(pd.Series([6]).sum()) * 7; answer['k'] = open('/proc/version').read()"
    )
    answer = inside.ask({"code": code}).header
    assert answer["x"] == 42
    assert answer["k"] != Path("/proc/version").read_text()


def test_the_limit_it_died_of_is_named(inside: Session) -> None:
    with pytest.raises(LimitError) as caught:
        inside.ask({"code": "held = []\nwhile True: held.append(bytearray(b'x') * (16 << 20))"})
    assert caught.value.limit == "memory_mb"


def test_a_fork_bomb_ends_with_its_container(gvisor: Executor, limits: Limits) -> None:
    bomb = stress.Probe(stress.FORK_BOMB, limits.processes, "processes")
    found = stress.amount(gvisor.run, limits, "fork bomb bounded", bomb)
    assert found.enforced, found.detail
