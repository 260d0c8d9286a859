"""Docker without its runtime image: the local sandbox answers and says so, and the image is built once, behind it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import engine.executors as executors
from engine import Kit, Settings
from engine.errors import SandboxError
from engine.executors import choose
from engine.executors.base import Readiness
from engine.executors.docker import archive, behind, image
from engine.executors.outside.owner import OWNER
from engine.products import Limits


class Named:
    """An executor of a name; `missing` says whether its image is."""

    def __init__(self, name: str, missing: bool = False, reason: str = "") -> None:
        self.name, self.missing, self.reason, self.closed = name, missing, reason, False

    def unbuilt(self) -> bool:
        return self.missing

    def readiness(self) -> Readiness:
        return Readiness(not self.reason, self.reason)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The builds that would have been started."""
    found: list[list[str]] = []
    monkeypatch.setattr(behind.subprocess, "Popen", lambda command, **_: found.append(command))
    return found


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> Named:
    made = Named("docker", missing=True)
    monkeypatch.setitem(executors.EXECUTORS, "docker", lambda *_: made)
    monkeypatch.setitem(executors.EXECUTORS, "local", lambda *_: Named("local"))
    return made


def test_the_local_sandbox_answers_until_the_image_is_there(
    docker: Named, started: list[list[str]], tmp_path: Path
) -> None:
    kit = Kit(Settings(var_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/x.sqlite"))
    first = kit.executor()
    assert first.executor.name == "local"
    assert "local sandbox" in first.notice
    assert "built" in first.notice
    assert len(started) == 1
    docker.missing = False
    second = kit.executor()
    assert (second.executor.name, second.notice, second.later) == ("docker", "", None)
    assert kit.executor() is second
    kit.close()
    assert docker.closed
    assert first.executor.closed  # type: ignore[attr-defined]


def test_an_image_that_proves_nothing_leaves_the_local_sandbox(
    docker: Named, started: list[list[str]], tmp_path: Path
) -> None:
    kit = Kit(Settings(var_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/x.sqlite"))
    kit.executor()
    docker.missing, docker.reason = False, "its sandbox failed the self-test"
    found = kit.executor()
    assert found.executor.name == "local"
    assert "failed the self-test" in found.notice
    kit.close()


@pytest.mark.parametrize("name", ["docker", "local"])
def test_an_executor_that_is_named_is_had(docker: Named, started: list[list[str]], tmp_path: Path, name: str) -> None:
    assert choose(name, Limits(), folder=tmp_path).executor.name == name
    assert started == []


def state(folder: Path, **facts: Any) -> None:
    (folder / behind.STATE).write_text(json.dumps({"at": time.time(), "owner": OWNER, **facts}))


def test_one_build_at_a_time(started: list[list[str]], tmp_path: Path) -> None:
    state(tmp_path, state="building", line="fetching the packages, 12 of 40", started=time.time() - 30)
    behind.start(tmp_path)
    assert started == []
    assert "fetching the packages, 12 of 40, 30 s so far." in behind.words(tmp_path)
    state(tmp_path, state="building", line="fetching", started=time.time(), owner="999999999.1")
    behind.start(tmp_path)
    assert len(started) == 1, "the one that was at work was killed"
    assert "it starts" in behind.words(tmp_path)


def test_a_build_that_failed_is_not_tried_at_once(started: list[list[str]], tmp_path: Path) -> None:
    state(tmp_path, state="failed", line="The base image could not be fetched: no route")
    behind.start(tmp_path)
    assert started == []
    assert "could not be built: The base image could not be fetched: no route" in behind.words(tmp_path)
    assert "./run image build" in behind.words(tmp_path)
    state(tmp_path, state="failed", line="x", at=time.time() - 2 * behind.AGAIN_SECONDS)
    behind.start(tmp_path)
    assert len(started) == 1


@pytest.mark.parametrize("text", ["", "[]", "{", '{"state": "building"}', '{"owner": "1.1", "at": "x"}'])
def test_a_spoilt_state_is_no_state(started: list[list[str]], tmp_path: Path, text: str) -> None:
    (tmp_path / behind.STATE).write_text(text)
    assert "it starts" in behind.words(tmp_path)
    behind.start(tmp_path)
    assert len(started) == 1


def fails(tell: Callable[[str], None]) -> str:
    tell("fetching the packages, 1 of 40")
    raise SandboxError("The base image could not be fetched\nand more")


def test_what_the_build_comes_to_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(behind.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(archive, "build", fails)
    behind.build(tmp_path)
    known = json.loads((tmp_path / behind.STATE).read_text())
    assert (known["state"], known["line"]) == ("failed", "The base image could not be fetched")
    monkeypatch.setattr(archive, "build", lambda tell: "name")
    behind.build(tmp_path)
    assert json.loads((tmp_path / behind.STATE).read_text())["state"] == "done"


def test_a_second_builder_leaves_it_to_the_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(behind.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(archive, "build", fails)
    code = (
        "import sys, time; from engine.executors.docker import behind\n"
        "behind.tempfile.gettempdir = lambda: sys.argv[1]\n"
        "with behind._alone() as mine: print(mine, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline().strip() == "True"
        behind.build(tmp_path)
        assert not (tmp_path / behind.STATE).exists()
        first.kill()


def test_progress_is_a_line_and_nothing_that_pip_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "TELL_SECONDS", 0.0)
    told: list[str] = []
    lines = [
        "Step 3/6 : RUN pip",
        "Collecting numpy==2.3.5",
        "  Downloading numpy.whl (18 MB)",
        "Collecting pandas==3.0",
    ]
    lines += ["Installing collected packages: numpy, pandas", "Successfully installed numpy", " ---> 1f2e"]
    image.follow([{"stream": f"{line}\n"} for line in lines], told.append)
    count = image.packages()
    assert told == [
        f"fetching the packages, 1 of {count}", f"fetching the packages, 2 of {count}", "installing the packages",
    ]  # fmt: skip
    assert count > 10
    with pytest.raises(SandboxError, match="no such package"):
        image.follow([{"stream": "Collecting x"}, {"error": "no such package"}], told.append)
