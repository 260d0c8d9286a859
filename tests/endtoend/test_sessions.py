"""Dashboards of many runs: few sandboxes are open, any that was stopped is woken by a request for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Kit, answer, read_settings
from engine.dashboards import gateway
from engine.products import Request, Run
from engine.scenarios.sessions import MOST_OPEN, Sessions
from tests.executors.test_lifecycle import soon

MANY = 40


@pytest.fixture(scope="module", params=["local", "docker"])
def kit(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sample_url: str) -> Iterator[Kit]:
    """A kit with a store of its own on the sample."""
    if request.param == "docker":
        request.getfixturevalue("docker_engine")
    folder = tmp_path_factory.mktemp("many")
    settings = {
        "DATABASE_URL": sample_url,
        "STORE_URL": f"sqlite:///{folder / 'store.sqlite'}",
        "VAR_DIR": str(folder / "var"),
        "OUTPUT_DIR": str(folder / "out"),
        "LOG_DIR": str(folder / "logs"),
        "EXECUTOR": request.param,
    }
    made = Kit(read_settings(settings, folder / ".env"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def run(kit: Kit) -> Run:
    """A finished run."""
    return answer(
        Request(text="DSCR for Orlando Fashion Square", database=kit.settings.database), kit, lambda event: None
    )


def others(run: Run) -> list[Run]:
    """As many runs with the same script."""
    return [run.model_copy(update={"id": f"{run.id}-{number}"}) for number in range(MANY)]


def dscr(kit: Kit, run: Run) -> float:
    """The metric as the run's dashboard gives it."""
    found = gateway.answer(kit, run, method="GET", path="/api/results", query="", headers={}, body=b"")
    assert found.status == 200, found.body
    metrics = {metric["name"]: metric["value"] for metric in json.loads(found.body)["metrics"]}
    return float(metrics["dscr"])


def test_many_dashboards_exist_and_few_run(kit: Kit, run: Run) -> None:
    many = others(run)
    assert {round(dscr(kit, one), 2) for one in many} == {1.35}
    assert len(kit.sessions.running) <= MOST_OPEN
    assert many[0].id not in kit.sessions.running
    assert round(dscr(kit, many[0]), 2) == 1.35
    assert many[0].id in kit.sessions.running


def test_an_idle_dashboard_is_stopped_and_woken(kit: Kit, run: Run) -> None:
    sessions = Sessions(lambda name: kit.executor(name).executor, kit.settings.limits, idle_seconds=0.5)
    assert sessions.results(run, {})["metrics"]
    assert soon(lambda: sessions.running == ())
    assert sessions.results(run, {})["metrics"]
    assert sessions.running == (run.id,)
    sessions.close()


def test_a_dashboard_whose_folder_is_gone_says_so(kit: Kit, run: Run, tmp_path: Path) -> None:
    gone = run.model_copy(update={"id": "gone", "folder": str(tmp_path / "none")})
    found = gateway.answer(kit, gone, method="GET", path="/", query="", headers={}, body=b"")
    assert found.status == 502
    assert b"has no script to open" in found.body
