"""One stand-in runtime for every sandbox of these tests, and each executor that works here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.executors import EXECUTORS
from engine.executors.base import Executor, Session
from engine.executors.outside import shipped
from engine.products import Limits

REAL_RUNTIME = shipped.RUNTIME
LIMITS = Limits(memory_mb=256, wall_seconds=30, processes=64, result_mb=8)


@pytest.fixture(scope="module", autouse=True)
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The real worker and frames with a desk that runs whatever it is sent."""
    # Not below pytest's own folder, which only its owner may enter.
    folder = tmp_path_factory.mktemp("sandbox", numbered=True) / "runtime"
    folder.mkdir()
    for name in ("frames.py", "worker.py"):
        shutil.copy(REAL_RUNTIME / name, folder)
    shutil.copy(Path(__file__).with_name("desk.py"), folder / "jobs.py")
    (folder / "__init__.py").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shipped, "RUNTIME", folder)
        yield folder


@pytest.fixture(scope="module", params=["local-owner", "docker-owner", "local-run", "docker-run"])
def executor(request: pytest.FixtureRequest, runtime: Path) -> Iterator[Executor]:
    """Each executor with each way of isolation in turn; Docker's tests say why they did not run."""
    name, _, isolation = request.param.partition("-")
    made = EXECUTORS[name](LIMITS, isolation)
    ready = made.readiness()
    if not ready.available:
        made.close()
        pytest.skip(f"{request.param}: {ready.reason}")
    made.prepare(print)
    if not made.readiness().isolated:
        made.close()
        pytest.skip(f"{request.param}: {[item for item in ready.properties if not item.enforced]}")
    yield made
    made.close()


@pytest.fixture
def limits() -> Limits:
    """What a session may use unless a test says otherwise."""
    return LIMITS


@pytest.fixture
def session(executor: Executor, limits: Limits) -> Iterator[Session]:
    """A fresh session."""
    opened = executor.open(limits)
    yield opened
    opened.close()
