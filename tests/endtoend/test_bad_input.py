"""Bad input: one clear sentence with what to do, a truthful status and exit code, earlier runs intact."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.endtoend.conftest import SEED, Answered, Terminal, environment, left_of


def test_a_database_role_that_may_write_is_refused_with_the_sql_of_one_that_may_not(
    terminal: Terminal, postgresql_url: str
) -> None:
    for command in (("ask", "DSCR for Orlando Fashion Square"), ("sql", "SELECT 1"), ("schema",)):
        ended = terminal(*command, DATABASE_URL=postgresql_url, ALLOW_WRITING_ROLE="")
        assert ended.code == 3, ended.out + ended.err
        said = ended.out + ended.err
        assert "superuser" in said
        assert "CREATE ROLE workbench_reader" in said
    assert terminal("sql", "SELECT 1 AS one", DATABASE_URL=postgresql_url).code == 0


@pytest.mark.parametrize(
    ("request_text", "code", "words"),
    [
        ("", 2, "empty"),
        ("   \n ", 2, "empty"),
        ("why " * 3000, 2, "characters"),
        ("flurb the grommet", 3, "grommet"),
        ("DSCR of the purple elephants", 3, "purple elephants"),
        ("IRR for Orlando Fashion Square", 3, "cash flows"),
        ("DSCR for Tidewater Market", 3, "has no loan, so it has no DSCR"),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(
    terminal: Terminal, request_text: str, code: int, words: str
) -> None:
    ended = terminal("ask", request_text, "--json")
    assert ended.code == code, ended.out
    error = ended.json["error"]
    assert words in error["message"]
    assert error["hint"]
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("request_text", "options"),
    [
        ("What is the DSCR of Riverside?", {"Riverside Plaza (property)", "Riverside Commons (property)"}),
        ("DSCR for Orlando Fashion Mall", {"Orlando Fashion Square (property)"}),
    ],
)
def test_an_ambiguous_name_becomes_a_question(terminal: Terminal, request_text: str, options: set[str]) -> None:
    ended = terminal("ask", request_text, "--json")
    assert ended.code == 4
    assert ended.json["status"] == "needs_input"
    assert {option["label"] for option in ended.json["question"]["options"]} == options
    assert ended.json["metrics"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "revenu_change=0.1"], "Did you mean revenue_change?"),
        (["--set", "revenue_change=9"], "outside -0.5 to 0.5"),
        (["--set", "revenue_change=lots"], "NAME=VALUE"),
        (["--scenarios", "missing.json"], "cannot be read as JSON"),
        ([], "No scenario was given"),
    ],
)
def test_a_wrong_scenario_is_refused_and_named(answered: Answered, arguments: list[str], words: str) -> None:
    ended = answered.terminal("simulate", answered.run, *arguments)
    assert ended.code == 2
    assert words in ended.err
    assert answered.terminal("show", answered.run, "--json").json["status"] == "done"


def test_a_scenario_file_with_unknown_names_is_refused(answered: Answered, tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    file.write_text(json.dumps({"scenarios": [{"name": "x", "rent": 1}]}))
    ended = answered.terminal("simulate", answered.run, "--scenarios", str(file))
    assert ended.code == 2
    assert "'rent'" in ended.err


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://nobody:secret@127.0.0.1:1/nothing", "127.0.0.1"),
        ("sqlite:////nowhere/at/all.sqlite", "all.sqlite"),
        ("mysql://nobody:secret@127.0.0.1:1/nothing", "127.0.0.1"),
        ("informix://nobody:secret@host/nothing", "SQLite"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    answered: Answered, url: str, words: str
) -> None:
    ended = answered.terminal("ask", SEED, "--db", url, "--json")
    assert ended.code in (1, 2)
    assert words in ended.out
    assert "secret" not in ended.out + ended.err
    assert "Traceback" not in ended.err
    assert [run["status"] for run in answered.terminal("runs", "--json").json][-1] == "done"


def test_an_empty_database_says_so(terminal: Terminal, tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.sqlite").execute("VACUUM").connection.close()
    ended = terminal("ask", SEED, "--db", f"sqlite:///{tmp_path}/empty.sqlite", "--json")
    assert ended.code == 1
    assert "holds no tables" in ended.json["error"]["message"]


def test_a_database_without_a_matching_table_is_declined(terminal: Terminal, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "birds.sqlite") as connection:
        connection.execute("CREATE TABLE birds (bird_id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("INSERT INTO birds (name) VALUES ('Robin')")
    ended = terminal("ask", SEED, "--db", f"sqlite:///{tmp_path}/birds.sqlite", "--json")
    assert ended.code == 3
    assert ended.json["status"] == "refused"
    assert "DSCR" in ended.json["error"]["message"]


def test_the_own_store_is_never_a_source(answered: Answered) -> None:
    ended = answered.terminal("sql", "SELECT * FROM runs", "--db", f"sqlite:///{answered.folder}/store.sqlite")
    assert ended.code == 3
    assert "own run store" in ended.err


@pytest.mark.parametrize("command", ["DELETE FROM properties", "SELECT 1; SELECT 2", "PRAGMA writable_schema=1"])
def test_the_door_reads_only(terminal: Terminal, command: str) -> None:
    assert terminal("sql", command).code in (2, 3)
    assert terminal("sql", "SELECT COUNT(*) AS n FROM properties", "--json").json["rows"] == [[48]]


def test_a_port_in_use_is_said(answered: Answered) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = answered.terminal("serve", answered.run, "--port", str(taken.getsockname()[1]))
    assert ended.code == 2
    assert "--port" in ended.err


def test_a_full_disk_fails_the_run_and_leaves_nothing_half_written(
    terminal: Terminal, tmp_path: Path, sample_url: str
) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("no unshare")
    assert terminal("ask", "NOI").code == 0
    small = tmp_path / "small"
    small.mkdir()
    mount = f"mount -t tmpfs -o size=100k tmpfs {small}"
    command = f"{mount} && {sys.executable} -m engine ask NOI --json; code=$?; ls -A {small}; exit $code"
    settings = environment(tmp_path, DATABASE_URL=sample_url, EXECUTOR="local", OUTPUT_DIR=str(small))
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", command],
        env=settings, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    document, end = json.JSONDecoder().raw_decode(done.stdout)
    assert document["status"] == "failed"
    assert "space" in document["error"]["message"] + document["error"]["hint"]
    assert done.stdout[end:].strip() == ""
    assert [run["status"] for run in terminal("runs", "--json").json] == ["failed", "done"]


def test_an_interrupted_run_leaves_earlier_runs_and_no_process(
    terminal: Terminal, tmp_path: Path, sample_url: str
) -> None:
    assert terminal("ask", "NOI").code == 0
    settings = environment(tmp_path, DATABASE_URL=sample_url, EXECUTOR="local")
    child = subprocess.Popen(
        [sys.executable, "-m", "engine", "ask", "DSCR by property", "--json"],
        env=settings, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert child.stderr is not None
    assert "analyse" in child.stderr.readline()
    os.kill(child.pid, signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode in (0, 130)
    statuses = [run["status"] for run in terminal("runs", "--json").json]
    assert statuses[-1] == "done"
    assert statuses[0] in ("running", "done", "cancelled")
    assert left_of(child.pid) == []


def test_an_edited_script_that_breaks_the_rules_is_refused(tmp_path: Path) -> None:
    script = tmp_path / "bad.py"
    script.write_text("import os\nos.system('true')\n")
    done = subprocess.run(
        [sys.executable, "-m", "engine", "check", str(script), "--json"],
        env=environment(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert json.loads(done.stdout)[0]["accepted"] is False


@pytest.mark.parametrize("kind", ["mysql", "mariadb"])
@pytest.mark.parametrize("command", [("sql", "SELECT 1"), ("schema",), ("ask", "NOI")])
def test_a_database_whose_driver_is_missing_is_one_sentence(
    terminal: Terminal, tmp_path: Path, kind: str, command: tuple[str, ...]
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "pymysql.py").write_text('raise ImportError("not installed")')
    ended = terminal(*command, "--db", f"{kind}://u:secret@127.0.0.1/x", PYTHONPATH=f"{hidden}{os.pathsep}{ROOT}")
    assert ended.code == 1
    assert "The driver for MySQL and MariaDB is not installed." in ended.out + ended.err
    assert "pip install PyMySQL" in ended.out + ended.err
    assert "Traceback" not in ended.err
    assert "secret" not in ended.out + ended.err
