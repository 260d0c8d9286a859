"""The bench's rows and its document. What is measured is never asserted: a busy machine is no defect."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from engine.bench import __main__ as program
from engine.bench import browser, main, plain, processes, questions, whatif, workbench
from engine.bench.rows import Row, missing, row
from engine.errors import SandboxError

KEYS = ["name", "value", "unit", "against", "ratio", "goal", "ok"]


@pytest.fixture
def bed(tmp_path: Path, sample_file: Path) -> main.Bed:
    """A bed with the sample database."""
    (tmp_path / "sample.sqlite").symlink_to(sample_file)
    return main.Bed(tmp_path)


def test_a_row_has_the_agreed_keys() -> None:
    assert list(asdict(row("request", 1.0))) == KEYS
    assert list(asdict(missing("request", "no engine"))) == KEYS


def test_a_row_tells_its_ratio_and_whether_the_goal_is_met() -> None:
    met = row("request", 1.0, against="plain", plain=4.0, goal=2.0)
    assert met == Row("request", 1.0, "s", "plain: 4 s", 0.25, 2.0, True)
    assert row("request", 3.0, goal=2.0).ok is False
    assert row("request", 3.0).ok is None


def test_what_could_not_be_measured_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert missing("request", "no engine", goal=4.0) == Row(
        "request", None, "s", "not measured: no engine", None, 4.0, None
    )
    assert capsys.readouterr().out == ""


def test_the_main_job_is_measured_with_the_local_executor(bed: main.Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "SCENARIOS", 200)
    monkeypatch.setattr(main, "WHAT_IFS", 2)
    rows = main.engine_rows(bed, 1, ("local",))
    assert [each.name for each in rows] == list(main.names("local"))
    assert all(each.value is not None and each.ratio is not None for each in rows)


def test_an_engine_that_does_not_answer_is_said(bed: main.Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    rows = main.engine_rows(bed, 1, ("docker",))
    assert [each.name for each in rows] == list(main.names("docker"))
    for each in rows:
        assert (each.value, each.ratio, each.ok) == (None, None, None)
        assert "does not answer" in each.against


def test_another_answer_is_no_quick_answer() -> None:
    main.agree([{"name": "a", "metrics": {"dscr": 1.5}}], [{"dscr": 1.5}])
    with pytest.raises(SandboxError, match=r"dscr = None, a plain loop 1\.5"):
        main.agree([{"name": "a", "metrics": {"dscr": None}}], [{"dscr": 1.5}])


def test_a_plain_script_that_fails_is_said(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("raise SystemExit('no data')")
    with pytest.raises(SandboxError, match="no data"):
        plain.script(tmp_path, "run")


def test_without_a_browser_the_rows_say_so(bed: main.Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Iterator[None]:
        raise browser.NoBrowserError("no Chromium")

    monkeypatch.setattr(browser, "opened", none)
    monkeypatch.setattr(workbench, "without_browser", lambda settings: [])
    rows = workbench.measure(bed.environment, main.SEED, 1)
    assert [each.name for each in rows] == [*workbench.STARTS, workbench.SLIDER]
    assert {(each.value, each.ok, each.against) for each in rows} == {(None, None, "not measured: no Chromium")}


@pytest.mark.skipif(not processes.told_here(), reason="only Linux tells a process's memory")
def test_a_sandbox_is_counted_apart() -> None:
    code = "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, processes.LAUNCHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as sandbox:
        assert sandbox.stdout is not None
        sandbox.stdout.readline()
        own, sandboxes = processes.tree(os.getpid())
        assert os.getpid() in own
        assert [sandbox.pid] in sandboxes
        held = processes.memory([sandbox.pid])
        assert 0 < held.pss <= held.rss < 100
        sandbox.communicate()
    assert processes.memory([sandbox.pid]) == processes.Memory()


@pytest.fixture
def benches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Benches that take no time."""
    quick = program.Bench(
        lambda times, argument: [row("request", float(times), goal=2.0), missing("slider", "no Chromium")]
    )
    named = program.Bench(lambda times, argument: [row(argument, 1.0)], needs="FOLDER")
    monkeypatch.setattr(program, "BENCHES", {"main": quick, "questions": named})


@pytest.mark.usefixtures("benches")
def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--json", "-n", "3"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [list(each) for each in printed] == [KEYS, KEYS]
    assert printed[0] == {
        "name": "request",
        "value": 3.0,
        "unit": "s",
        "against": "",
        "ratio": None,
        "goal": 2.0,
        "ok": False,
    }


@pytest.mark.usefixtures("benches")
def test_a_bench_that_needs_something_is_run_only_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["questions", "here", "--json"]) == 0
    assert [each["name"] for each in json.loads(capsys.readouterr().out)] == ["here"]


@pytest.mark.usefixtures("benches")
def test_a_table_is_drawn_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["main"]) == 0
    assert "missed" in capsys.readouterr().out


def test_questions_without_a_folder_are_a_wrong_use(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("QUESTIONS_DIR", raising=False)
    assert program.main(["questions"]) == 2
    assert program.main(["questions", str(tmp_path)]) == 2
    assert "./run bench questions FOLDER" in capsys.readouterr().err


def test_questions_give_the_share_of_each_outcome(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "questions-dev.jsonl").touch()
    verdicts = tuple(questions.Verdict(str(n), "d", "", "?", "right" if n else "asked", "", True) for n in range(4))
    monkeypatch.setattr(questions, "measure", lambda folder, accepted=False: questions.Measured(verdicts))
    rows = {each.name: each.value for each in program.BENCHES["questions"].measure(1, str(tmp_path))}
    assert rows == {
        "answerable questions right": 0.75,
        "answerable questions wrong": 0.0,
        "answerable questions asked": 0.25,
        "answerable questions declined": 0.0,
    }


def test_what_if_is_measured_beside_a_loop_that_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Iterator[None]:
        raise browser.NoBrowserError("no Chromium")

    monkeypatch.setattr(whatif, "SCENARIOS", 500)
    monkeypatch.setattr(whatif, "LOOPED", 200)
    monkeypatch.setattr(browser, "opened", none)
    rows = program.BENCHES["whatif"].measure(1, "")
    assert len(rows) == 8
    assert [each.name for each in rows if each.value is None] == [whatif.SLIDER]
    spread = next(each for each in rows if "takes no arrays" in each.name)
    assert spread.ratio is not None
    computed = next(each for each in rows if each.unit == "quantities")
    assert (computed.value, computed.ok) == (3, True)


def test_columns_that_differ_from_the_loop_are_no_quick_answer() -> None:
    whatif.require_same({"dscr": np.array([1.5])}, [{"dscr": 1.5}])
    with pytest.raises(SandboxError, match="dscr computed over columns"):
        whatif.require_same({"dscr": np.array([1.5])}, [{"dscr": 1.5000001}])
