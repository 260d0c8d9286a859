"""The seed request through the terminal: on SQLite and PostgreSQL, in Docker and in the local sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import docker
import pypdf
import pytest

from tests.endtoend.conftest import SEED, Answered, Terminal

BUNDLE = (
    "script.py", "requirements.txt", "Dockerfile", "docker-compose.yml", "deploy.sh", ".env.example", "README.md",
    "manifest.json", "runtime/__init__.py", "data/snapshot.json", "results/results.json", "logs/run.log",
    "exports/reports/report.pdf", "exports/reports/workbook.xlsx", "exports/data/metrics.csv",
)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("sample_url" if request.param == "sqlite" else "postgresql_url")


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def executor(request: pytest.FixtureRequest) -> str:
    if request.param == "docker":
        request.getfixturevalue("docker_engine")
    return request.param


def test_seed_request_gives_dscr_with_everything_in_hand(terminal: Terminal, database: str, executor: str) -> None:
    ended = terminal("ask", SEED, "--db", database, "--executor", executor, "--json", EXECUTOR="")
    assert ended.code == 0, ended.err + ended.out
    answer = ended.json
    assert answer["status"] == "done"
    assert answer["author"] == "catalogue"
    assert answer["executor"] == executor
    metrics = {metric["name"]: metric for metric in answer["metrics"]}
    assert metrics["dscr"]["value"] == pytest.approx(1.35, abs=0.0001)
    assert metrics["dscr"]["ok"] is True
    assert metrics["noi"]["value"] / metrics["debt_service"]["value"] == pytest.approx(metrics["dscr"]["value"])
    assert [step["name"] for step in answer["steps"]] == [
        "analyse", "plan", "generate", "validate", "containerize", "execute", "results",
    ]  # fmt: skip
    assert "revenue_change" in {parameter["name"] for parameter in answer["parameters"]}
    _check_folder(Path(answer["directory"]))


@pytest.mark.docker
def test_the_seed_request_runs_under_gvisor(terminal: Terminal, docker_engine: None) -> None:
    if "runsc" not in docker.from_env().info()["Runtimes"]:
        pytest.skip("gVisor is not installed")
    ended = terminal("ask", SEED, "--executor", "docker", "--json", EXECUTOR="", SANDBOX_RUNTIME="runsc")
    assert ended.code == 0, ended.err + ended.out
    assert {metric["name"]: metric["value"] for metric in ended.json["metrics"]}["dscr"] == pytest.approx(
        1.35, abs=0.0001
    )


def _check_folder(folder: Path) -> None:
    assert [name for name in BUNDLE if not (folder / name).is_file()] == []
    text = "".join(page.extract_text() for page in pypdf.PdfReader(folder / "exports/reports/report.pdf").pages)
    assert "1.35" in text
    assert "Orlando Fashion Square" in text
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {source["name"] for source in manifest["sources"]} >= {"income_lines", "expense_lines", "loan_payments"}


def test_three_scenarios_are_compared(answered: Answered, tmp_path: Path) -> None:
    terminal, run = answered.terminal, answered.run
    scenarios = [
        {"name": "optimistic", "revenue_change": 0.10},
        {"name": "pessimistic", "revenue_change": -0.10, "expense_change": 0.05},
        {"name": "rates up", "rate_change": 0.015},
    ]
    file = tmp_path / "scenarios.json"
    file.write_text(json.dumps({"scenarios": scenarios}))
    ended = terminal("simulate", run, "--scenarios", str(file), "--json")
    assert ended.code == 0, ended.err
    found = {scenario["name"]: scenario for scenario in ended.json["scenarios"]}
    base = terminal("show", run, "--json").json
    value = {metric["name"]: metric["value"] for metric in base["metrics"]}
    income, expenses, debt = value["effective_gross_income"], value["operating_expenses"], value["debt_service"]
    assert found["optimistic"]["metrics"]["dscr"] == pytest.approx((income * 1.1 - expenses) / debt)
    assert found["pessimistic"]["metrics"]["dscr"] == pytest.approx((income * 0.9 - expenses * 1.05) / debt)
    assert found["rates up"]["metrics"]["debt_service"] > debt
    assert found["optimistic"]["parameters"]["revenue_change"] == 0.10


def test_a_run_is_listed_shown_archived_and_deleted(terminal: Terminal) -> None:
    answer = terminal("ask", "NOI by region", "--json").json
    assert [run["id"] for run in terminal("runs", "--json").json] == [answer["run"]]
    assert "NOI by region" in terminal("show", answer["run"]).out
    assert terminal("archive", answer["run"]).code == 0
    assert terminal("runs", "--json").json == []
    assert [run["id"] for run in terminal("runs", "--archived", "--json").json] == [answer["run"]]
    assert terminal("archive", answer["run"], "--undo").code == 0
    assert terminal("delete", answer["run"]).code == 0
    assert not Path(answer["directory"]).exists()
    assert terminal("show", answer["run"]).code == 2


def test_out_copies_the_folder(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal("ask", "NOI", "--out", str(tmp_path / "copy")).code == 0
    assert (tmp_path / "copy" / "exports" / "reports" / "report.pdf").is_file()
