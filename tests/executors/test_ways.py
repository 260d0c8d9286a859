"""The ways of the local executor besides its own namespaces: bubblewrap's, and none at all but Landlock."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import LimitError
from engine.executors import EXECUTORS
from engine.executors.base import Executor
from engine.executors.inside import landlock
from engine.executors.local import executor as local
from engine.executors.local.executor import Here
from engine.executors.local.launch import Way
from engine.executors.proof import selftest
from engine.products import Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ways of Linux")
LIMITS = Limits(memory_mb=256, wall_seconds=30, processes=64, result_mb=8)
needs_landlock = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
needs_bubblewrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
WITHOUT_NAMESPACES = {
    "no network",
    "no host files",
    "no host environment",
    "system calls filtered",
    "memory limit",
    "no raw sockets",
    "read-only root",
    "no user namespaces",
    "no tracing",
    "no keys",
    "no io_uring",
    "no bpf",
}


def held(way: Way) -> set[str]:
    """The properties that hold, as the probe in such a sandbox finds them."""
    found = local.prove(way)
    assert isinstance(found, list), found
    return {item.name for item in found if item.enforced}


@needs_bubblewrap
def test_bubblewrap_holds_every_property() -> None:
    assert held(Way.BUBBLEWRAP) == set(selftest.NAMES)


@needs_landlock
def test_without_namespaces_landlock_keeps_the_hosts_files() -> None:
    assert held(Way.PLAIN) >= WITHOUT_NAMESPACES


def test_without_either_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "unavailable", lambda way: f"{way} is not to be had")
    found = local.here.__wrapped__()
    assert found.way is Way.PLAIN
    missing = next(item for item in found.properties if item.name == "own processes")
    assert not missing.enforced
    assert "namespaces is not to be had" in missing.detail
    assert "bubblewrap is not to be had" in missing.detail


@pytest.mark.skipif(landlock.version() < landlock.TCP_SINCE, reason="this kernel's Landlock knows no TCP")
@pytest.mark.parametrize("executor", ["local-owner", "docker-owner"], indirect=True)
def test_a_forked_session_has_landlock_too(executor: Executor) -> None:
    # Where there is no network a connection is refused or has no way; Landlock forbids it.
    code = "import socket\ntry: socket.create_connection(('127.0.0.1', 9))\n"
    code += "except OSError as error: answer['errno'] = error.errno"
    session = executor.open(LIMITS)
    assert session.ask({"code": code}).header["errno"] == errno.EACCES
    session.close()


@pytest.fixture(params=[pytest.param(Way.BUBBLEWRAP, marks=needs_bubblewrap), Way.PLAIN])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Way]:
    """This way for every session, and a temporary folder in which nothing may be left."""
    chosen = Way(request.param)
    monkeypatch.setattr(local, "here", lambda: Here(chosen, ()))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield chosen
    assert list(tmp_path.iterdir()) == []


def test_a_session_works_and_leaves_nothing(way: Way) -> None:
    executor = EXECUTORS["local"](LIMITS)
    session = executor.open(LIMITS)
    code = "import os, pandas; open('x', 'w').close(); answer['rows'] = len(pandas.DataFrame({'a': [1, 2]}))"
    assert session.ask({"code": code}).header["rows"] == 2
    with pytest.raises(LimitError) as caught:
        session.ask({"code": "bytearray(1 << 30)"})
    assert caught.value.limit == "memory_mb"
    executor.close()


@needs_landlock
def test_landlock_keeps_what_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "closed").mkdir()
    child = os.fork()
    if child == 0:
        landlock.restrict([str(tmp_path / "open")], [])
        seen = 0
        for number, path in enumerate((tmp_path / "open", tmp_path / "closed")):
            try:
                os.listdir(path)
                seen |= 1 << number
            except PermissionError:
                pass
        os._exit(seen)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
