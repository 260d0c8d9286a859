"""A bundle on its own: copied away from the project, it computes, simulates, serves and deploys."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from pptx import Presentation

from tests.endtoend.conftest import SEED, environment
from tests.endtoend.workbench import free_port, wait_for


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, sample_url: str) -> Path:
    """The bundle of the seed request, as `ask` leaves it."""
    folder = tmp_path_factory.mktemp("made")
    done = subprocess.run(
        [sys.executable, "-m", "engine", "ask", SEED, "--json"],
        env=environment(folder, DATABASE_URL=sample_url, EXECUTOR="local"),
        cwd=folder, capture_output=True, text=True, check=True, timeout=180,
    )  # fmt: skip
    return Path(json.loads(done.stdout)["directory"])


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    """A copy of the bundle elsewhere."""
    return Path(shutil.copytree(made, tmp_path / "elsewhere"))


def alone(**settings: str) -> dict[str, str]:
    """An environment that knows nothing of the project."""
    return {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), **settings}


def script(bundle: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The bundle's script, run as its README says."""
    return subprocess.run(
        [sys.executable, "script.py", *arguments],
        cwd=bundle, env=alone(**settings), capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip


@contextmanager
def served(bundle: Path, **settings: str) -> Iterator[str]:
    """The script's own server; its address."""
    port = free_port()
    with (bundle / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "script.py", "serve", "--port", str(port)],
            cwd=bundle, env=alone(**settings), stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server, bundle / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            assert server.wait(30) == 0


def get(url: str, body: Any = None) -> bytes:
    """What an address gives; with a body, to POST."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return bytes(reply.read())


def check_served(address: str) -> None:
    """All five endpoints, with the field names that are promised."""
    assert b"<!doctype html>" in get(f"{address}/")
    health = json.loads(get(f"{address}/health"))
    assert health["status"] == "ok"
    results = json.loads(get(f"{address}/api/results"))
    metrics = {metric["name"]: metric["value"] for metric in results["metrics"]}
    assert metrics["dscr"] == pytest.approx(1.35, abs=1e-4)
    sent = {"scenarios": [{"name": "optimistic", "revenue_change": 0.10}, {"name": "same"}]}
    optimistic, same = json.loads(get(f"{address}/api/simulate", sent))["scenarios"]
    assert optimistic["name"] == "optimistic"
    assert optimistic["parameters"]["revenue_change"] == 0.10
    assert optimistic["metrics"]["dscr"] > same["metrics"]["dscr"] == metrics["dscr"]
    assert "1.35" in pypdf.PdfReader(BytesIO(get(f"{address}/api/download?format=pdf"))).pages[0].extract_text()
    assert openpyxl.load_workbook(BytesIO(get(f"{address}/api/download?format=xlsx"))).sheetnames
    deck = Presentation(BytesIO(get(f"{address}/api/download?format=pptx")))
    said = "DSCR of Orlando Fashion Square is 1.35x for Nov 2025 to Oct 2026, above the 1.25x threshold"
    assert deck.slides[1].shapes.title.text_frame.text == said
    assert b"DSCR" in get(f"{address}/api/download?format=csv")
    assert json.loads(get(f"{address}/api/download?format=json"))["metrics"]


def test_scenarios_are_written_as_a_report(bundle: Path, tmp_path: Path) -> None:
    asked = tmp_path / "scenarios.json"
    asked.write_text('{"scenarios": [{"name": "Worse", "revenue_change": -0.3}]}')
    done = script(bundle, "simulate", str(asked), "--report", str(tmp_path / "told.pptx"))
    assert done.returncode == 0, done.stderr
    titles = [slide.shapes.title.text_frame.text for slide in Presentation(tmp_path / "told.pptx").slides]
    assert "The scenario misses a threshold" in titles
    done = script(bundle, "simulate", str(asked), "--report", str(tmp_path / "told.doc"))
    assert done.returncode == 2
    assert "pptx" in done.stderr


def test_run_prints_the_answer_and_writes_everything_anew(bundle: Path) -> None:
    shutil.rmtree(bundle / "exports")
    shutil.rmtree(bundle / "results")
    done = script(bundle, "run")
    assert done.returncode == 0, done.stderr
    assert "DSCR: 1.35x" in done.stdout
    reports = [f"exports/reports/{name}" for name in ("report.pdf", "workbook.xlsx", "slides.pptx")]
    for name in ("results/results.json", *reports):
        assert (bundle / name).is_file(), done.stdout
    assert not list(bundle.rglob("*.part"))


def test_simulate_computes_the_scenarios_of_a_file(bundle: Path) -> None:
    (bundle / "scenarios.json").write_text(json.dumps({"scenarios": [{"name": "down", "revenue_change": -0.2}]}))
    done = script(bundle, "simulate", "scenarios.json")
    assert done.returncode == 0, done.stderr
    (scenario,) = json.loads(done.stdout)["scenarios"]
    assert scenario["name"] == "down"
    assert scenario["metrics"]["dscr"] < 1.1


def test_a_scenario_that_is_not_there_is_said(bundle: Path) -> None:
    done = script(bundle, "simulate", "missing.json")
    assert done.returncode in (1, 2)
    assert "missing.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_answers_every_endpoint(bundle: Path) -> None:
    with served(bundle) as address:
        check_served(address)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_with_a_database_it_reads_anew(bundle: Path, request: pytest.FixtureRequest, kind: str) -> None:
    url = request.getfixturevalue("sample_url")
    if kind == "postgresql":
        # A query is written for the kind of database it was asked of.
        url = request.getfixturevalue("postgresql_url")
        bundle = request.getfixturevalue("postgresql_bundle")
    shutil.rmtree(bundle / "data")
    assert script(bundle, "run").returncode == 1
    done = script(bundle, "run", DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    assert "DSCR: 1.35x" in done.stdout
    with served(bundle, DATABASE_URL=url) as address:
        check_served(address)


@pytest.fixture
def postgresql_bundle(tmp_path: Path, postgresql_url: str) -> Path:
    """A bundle asked of PostgreSQL."""
    settings = environment(tmp_path, DATABASE_URL=postgresql_url, EXECUTOR="local")
    done = subprocess.run(
        [sys.executable, "-m", "engine", "ask", SEED, "--json"],
        env=settings, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=180,
    )  # fmt: skip
    return Path(shutil.copytree(json.loads(done.stdout)["directory"], tmp_path / "of-postgresql"))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://reader:s3cret-word@127.0.0.1:1/books",
        "postgresql://reader:s3cret-word@no-such-host.invalid/books",
        "sqlite:////nowhere/s3cret-word/none.sqlite",
        "nonsense s3cret-word",
        "unknown://reader:s3cret-word@host/books",
        "postgresql://reader:s3cret-word@127.0.0.1:port/books",
    ],
)
def test_a_wrong_database_gives_a_sentence_without_the_password(bundle: Path, url: str) -> None:
    done = script(bundle, "run", DATABASE_URL=url)
    assert done.returncode in (1, 2)
    assert "DATABASE_URL" in done.stderr
    assert "s3cret-word" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_table_that_is_missing_is_said(bundle: Path, tmp_path: Path) -> None:
    done = script(bundle, "run", DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite")
    assert done.returncode == 1
    assert "no such table" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_bundle_holds_no_secret_and_names_nothing_of_this_machine(made: Path, sample_url: str) -> None:
    texts = "".join(
        file.read_text("utf-8", "ignore") for file in made.rglob("*") if file.is_file() and file.parent.name != "static"
    )
    assert sample_url.removeprefix("sqlite:///") not in texts
    assert str(Path(__file__).parents[2]) + "/" not in texts


def test_deploy_is_a_sound_shell_script_and_its_composition_too(bundle: Path) -> None:
    subprocess.run(["bash", "-n", "deploy.sh"], cwd=bundle, check=True)
    assert os.access(bundle / "deploy.sh", os.X_OK)
    shutil.copy(bundle / ".env.example", bundle / ".env")
    if shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        subprocess.run(["docker", "compose", "config", "--quiet"], cwd=bundle, check=True)


def test_deploy_says_when_no_engine_answers(bundle: Path) -> None:
    settings = alone(DOCKER_HOST="unix:///nowhere/docker.sock")
    done = subprocess.run(["./deploy.sh"], cwd=bundle, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No Docker engine answers." in done.stderr


# With the browser's tests, one after the other: a network that comes and goes disturbs Chromium.
@pytest.mark.docker
@pytest.mark.xdist_group("browser")
def test_deploy_builds_starts_locked_down_and_stops(bundle: Path, docker_engine: None) -> None:
    kept = {name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ}
    port = free_port()
    settings = alone(PORT=str(port), **kept)
    found = re.search(r"^name=(\S+)$", (bundle / "deploy.sh").read_text(), re.M)
    assert found
    name = found[1]

    def deploy(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["./deploy.sh", *arguments],
            cwd=bundle, env=settings, capture_output=True, text=True, check=False, timeout=1200,
        )  # fmt: skip

    try:
        done = deploy()
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"http://127.0.0.1:{port}" in done.stdout
        check_served(f"http://127.0.0.1:{port}")
        (facts,) = json.loads(subprocess.check_output(["docker", "inspect", name], env=settings))
        host = facts["HostConfig"]
        assert host["ReadonlyRootfs"] is True
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges" in " ".join(host["SecurityOpt"])
        assert facts["Config"]["User"].split(":")[0] not in ("", "0", "root")
        assert host["Memory"] == host["MemorySwap"] == 512 << 20
        assert host["PidsLimit"] == 256
        assert [bound["HostIp"] for bound in host["PortBindings"]["8080/tcp"]] == ["127.0.0.1"]
        stopped = deploy("stop")
        assert stopped.returncode == 0, stopped.stderr
        gone = subprocess.run(["docker", "container", "inspect", name], env=settings, capture_output=True, check=False)
        assert gone.returncode != 0
    finally:
        subprocess.run(["docker", "rm", "--force", name], env=settings, capture_output=True, check=False)
        subprocess.run(["docker", "rmi", "--force", name], env=settings, capture_output=True, check=False)
