"""The file `run`: what a person starts first, on a machine that has nothing but Python."""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.metadata
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from engine.__main__ import SUMMARIES
from tests.conftest import ROOT

FILES = ("run", "requirements.txt", "requirements-dev.txt", "requirements.lock", "requirements-dev.lock")


class Call(NamedTuple):
    """A program that would have been started."""

    command: list[str]
    keep_folder: bool


class Calls(list[Call]):
    """What would have been started, in order; pip and the sample loader fail when told to."""

    code = 0

    def __call__(self, command: list[str], *, keep_folder: bool = False, quiet: bool = False) -> int:
        self.append(Call(command, keep_folder))
        return self.code

    @property
    def installs(self) -> list[list[str]]:
        return [command for command, _ in self if "install" in command]


@pytest.fixture
def door(tmp_path: Path) -> ModuleType:
    """The front door of a project folder of its own, as a module; nothing is set up there yet."""
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    loader = SourceFileLoader("front_door", str(tmp_path / "run"))
    spec = spec_from_loader("front_door", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def calls(door: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Nothing is installed or started."""
    made = Calls()

    def make(folder: Path, with_pip: bool) -> None:
        door.PYTHON.parent.mkdir(parents=True)
        door.PYTHON.touch()

    monkeypatch.setattr(door, "call", made)
    monkeypatch.setattr(venv, "create", make)
    return made


@pytest.fixture
def sample(door: ModuleType) -> None:
    """The sample database is there already."""
    door.SAMPLE.parent.mkdir(parents=True)
    door.SAMPLE.touch()


def test_imports_only_the_standard_library() -> None:
    imported = set()
    for node in ast.walk(ast.parse((ROOT / "run").read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).partition(".")[0])
    assert imported <= sys.stdlib_module_names


def test_is_a_program() -> None:
    assert os.access(ROOT / "run", os.X_OK)
    assert (ROOT / "run").read_text().startswith("#!/usr/bin/env python3\n")


def test_an_old_python_is_refused_in_a_sentence(
    door: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    monkeypatch.setattr(sys, "version", "3.10.4 (main)")
    assert door.main([]) == 1
    assert "Python 3.11 or newer is needed; this is 3.10.4." in capsys.readouterr().err
    assert calls == []


@pytest.mark.usefixtures("sample")
def test_a_command_keeps_the_folder_of_the_caller(door: ModuleType, calls: Calls) -> None:
    assert door.main(["check", "mine.py"]) == 0
    assert calls[-1] == ([str(door.PYTHON), "-m", "engine", "check", "mine.py"], True)


def test_a_relative_file_is_looked_for_where_the_caller_stands(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("print(open('here.txt').read())")
    (tmp_path / "here.txt").write_text("found")
    code = call_in_a_process("[sys.executable, 'mine.py'], keep_folder=True")
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "found\n"), ended.stderr


def test_the_project_is_importable_from_any_folder(door: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    check = f"import os; assert os.environ['PYTHONPATH'] == {os.pathsep.join([str(door.ROOT), '/elsewhere'])!r}"
    assert door.call([sys.executable, "-c", check]) == 0


def test_without_a_command_the_workbench_is_started(
    door: ModuleType, calls: Calls, sample: None, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("PORT", str(free_port))
    monkeypatch.setattr(door, "open_when_ready", lambda url: None)
    assert door.main([]) == 0
    command = calls[-1].command
    assert command[1:4] == ["-m", "streamlit", "run"]
    assert command[command.index("--server.port") + 1] == str(free_port)
    assert command[command.index("--server.address") + 1] == "localhost"


@pytest.mark.usefixtures("sample")
def test_a_port_in_use_is_said_in_one_sentence(
    door: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))
        assert door.workbench() == 1
    said = capsys.readouterr().err
    assert said.startswith(f"Port {os.environ['PORT']} is in use.\n")
    assert "Traceback" not in said
    assert calls == []


@pytest.mark.parametrize("port", ["none", "0", "70000", "8501x"])
@pytest.mark.usefixtures("sample", "calls")
def test_a_port_that_is_none_is_said(
    door: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], port: str
) -> None:
    monkeypatch.setenv("PORT", port)
    assert door.workbench() == 1
    assert f"PORT is {port!r}" in capsys.readouterr().err


def test_a_setting_is_the_environments_then_the_files_then_the_default(
    door: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.setting("HOST", "localhost") == "localhost"
    (door.ROOT / ".env").write_text("# HOST=no\nHOST = 'first'\nHOST=\"0.0.0.0\"\nHOSTS=no\nPORT=\n")
    assert door.setting("HOST", "localhost") == "0.0.0.0"
    assert door.setting("PORT", "8501") == "8501"
    (door.ROOT / ".env").write_text("export PORT=8600 # mine\nHOST='a # b' # mine\n")
    assert door.setting("PORT", "8501") == "8600"
    assert door.setting("HOST", "localhost") == "a # b"
    monkeypatch.setenv("HOST", "127.0.0.1")
    assert door.setting("HOST", "localhost") == "127.0.0.1"


def test_set_up_installs_the_locked_packages_once(door: ModuleType, calls: Calls, sample: None) -> None:
    door.set_up("")
    (install,) = calls.installs
    assert install[install.index("--requirement") :] == ["--requirement", str(door.ROOT / "requirements.lock")]
    assert "--require-hashes" in install
    door.set_up("")
    assert len(calls.installs) == 1
    door.set_up("dev")
    assert calls.installs[1][-1] == str(door.ROOT / "requirements-dev.lock")
    assert "--require-hashes" in calls.installs[1]
    door.set_up("")  # what the tests need holds what the workbench needs
    assert len(calls.installs) == 2


@pytest.mark.parametrize("extra", ["", "dev"])
def test_changed_packages_are_installed_anew(door: ModuleType, calls: Calls, sample: None, extra: str) -> None:
    door.set_up(extra)
    with (door.ROOT / door.LOCKS[extra]).open("a") as file:
        file.write("# changed\n")
    door.set_up(extra)
    assert len(calls.installs) == 2


def test_an_interrupted_set_up_is_repeated(door: ModuleType, calls: Calls, sample: None) -> None:
    calls.code = 130
    with pytest.raises(SystemExit) as ended:
        door.set_up("")
    assert ended.value.code == 1
    assert list(door.VENV.glob(".ready-*")) == []
    calls.code = 0
    door.set_up("")
    assert len(calls.installs) == 2
    assert len(list(door.VENV.glob(".ready-*"))) == 1


def test_half_an_environment_is_made_anew(door: ModuleType, calls: Calls, sample: None) -> None:
    door.PYTHON.parent.mkdir(parents=True)
    door.PYTHON.touch()
    (door.VENV / "half").touch()
    calls.code = 1  # its Python has no pip
    with pytest.raises(SystemExit):
        door.set_up("")
    assert not (door.VENV / "half").exists()


def test_a_folder_that_cannot_be_written_is_said(
    door: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(door, "ROOT", door.ROOT / "gone")
    with pytest.raises(SystemExit) as ended:
        door.only_one().__enter__()
    assert ended.value.code == 1
    assert "cannot be written" in capsys.readouterr().err


def call_in_a_process(command: str) -> str:
    """Code that calls a program as the front door does."""
    loaded = f"from importlib.machinery import SourceFileLoader as L; d = L('d', {str(ROOT / 'run')!r}).load_module()"
    return f"import sys; {loaded}; raise SystemExit(d.call({command}))"


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_an_ended_program_ends_what_it_started() -> None:
    process = subprocess.Popen([sys.executable, "-c", call_in_a_process("['sleep', '60']")])
    wait_for(lambda: children(process.pid) != [])
    (child,) = children(process.pid)
    wait_for(lambda: Path(f"/proc/{child}/comm").read_text() == "sleep\n")
    process.terminate()
    assert process.wait(10) == 128 + 15
    assert not Path(f"/proc/{child}").exists()


def children(pid: int) -> list[str]:
    """The processes it started."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def wait_for(true: Callable[[], bool]) -> None:
    """Until it is true."""
    for _ in range(500):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it never became true")


def test_an_environment_that_cannot_be_made_leaves_nothing(
    door: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(folder: Path, with_pip: bool) -> None:
        folder.mkdir()
        raise subprocess.CalledProcessError(1, "ensurepip")

    monkeypatch.setattr(venv, "create", broken)
    with pytest.raises(SystemExit):
        door.set_up("")
    assert not door.VENV.exists()
    assert "apt install python3-venv" in capsys.readouterr().err


def test_the_sample_database_is_built_once(door: ModuleType, calls: Calls) -> None:
    door.set_up("")
    assert calls[-1].command[1:] == ["-m", "sample.load"]


def commands_of(door: ModuleType, calls: Calls, arguments: list[str]) -> list[str]:
    """The last program started for these arguments."""
    door.main(arguments)
    return calls[-1].command[1:]


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize(
    ("arguments", "started"),
    [
        (["test", "-k", "door"], ["-m", "tests.every", "-k", "door"]),
        (["bench", "main", "--json"], ["-m", "engine.bench", "main", "--json"]),
        (["ask", "DSCR"], ["-m", "engine", "ask", "DSCR"]),
        (["--help"], ["-m", "engine", "--help"]),
    ],
)
def test_each_command_goes_to_its_program(
    door: ModuleType, calls: Calls, arguments: list[str], started: list[str]
) -> None:
    assert commands_of(door, calls, arguments) == started


PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;]+)[^\\\n]*(?P<hashes>(?:\\\n +--hash=sha256:[0-9a-f]{64} ?)*)")
LOCKED = {
    "requirements.lock": ["requirements.txt"],
    "requirements-dev.lock": ["requirements.txt", "requirements-dev.txt"],
    "templates/bundle/requirements.txt": ["templates/bundle/requirements.in"],
}


def pins(file: str) -> dict[str, tuple[str, int]]:
    """Package, version and number of hashes, as a file has them."""
    text = "\n".join(line for line in (ROOT / file).read_text().splitlines() if not line.startswith("#"))
    found = {each["name"]: (each["version"], each["hashes"].count("--hash")) for each in PIN.finditer(text)}
    assert len(found) == text.count("==") - text.count("== '"), "a line that is no pin"
    return {name.lower().replace("_", "-").replace(".", "-"): pin for name, pin in found.items()}


@pytest.mark.parametrize("lock", list(LOCKED))
def test_a_lock_pins_every_requirement_to_the_same_version_and_all_have_hashes(lock: str) -> None:
    locked = pins(lock)
    assert [name for name, (_, hashes) in locked.items() if not hashes] == []
    for file in LOCKED[lock]:
        for name, (version, _) in pins(file).items():
            assert locked[name][0] == version, name


def test_the_locks_agree() -> None:
    whole = pins("requirements-dev.lock")
    for lock in ("requirements.lock", "templates/bundle/requirements.txt"):
        differing = {name for name, (version, _) in pins(lock).items() if whole[name][0] != version}
        assert differing == set(), lock


def test_what_is_installed_is_what_the_lock_says() -> None:
    """A package that was added by hand, or to one file alone, is seen here."""
    for name, (version, _) in pins("requirements.lock").items():
        try:
            assert importlib.metadata.version(name) == version
        except importlib.metadata.PackageNotFoundError:
            assert f"{name}=={version} ;" in (ROOT / "requirements.lock").read_text().lower(), name


def test_no_file_names_a_package_index() -> None:
    for file in FILES:
        text = (ROOT / file).read_text()
        assert "index-url" not in text
        assert "://" not in text or file == "run"


def test_what_the_help_lists_is_what_the_commands_add() -> None:
    """It is written out, since loading every command to list them takes longer than all else."""
    for module, summaries in SUMMARIES.items():
        commands = argparse.ArgumentParser().add_subparsers()
        importlib.import_module(f"engine.commands.{module}").add(commands)
        assert {action.dest: action.help for action in commands._choices_actions} == summaries


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"]])
def test_help_loads_nothing_that_takes_long(arguments: list[str]) -> None:
    heavy = (
        ("pandas", "sqlalchemy", "pydantic", "rich") if arguments == ["--help"] else ("pandas", "openai", "networkx")
    )
    code = f"import sys; from engine.__main__ import main\ntry: main({arguments})\nexcept SystemExit: pass\n"
    code += f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_an_answer_of_the_catalogue_loads_no_model_and_no_report(sample_url: str, tmp_path: Path) -> None:
    unwanted = ("openai", "networkx", "reportlab", "xlsxwriter", "pptx", "docker", "psycopg2", "engine.datasets.shelf")
    code = (
        "import sys; from engine.__main__ import main\n"
        "code = main(['ask', 'NOI by region', '--executor', 'local', '--json', '--yes'])\n"
        f"print(code, [name for name in {unwanted} if name in sys.modules], file=sys.stderr)"
    )
    settings = {"DATABASE_URL": sample_url, "STORE_URL": f"sqlite:///{tmp_path}/store.sqlite", "LLM_BASE_URL": "none"}
    folders = {
        "OUTPUT_DIR": str(tmp_path / "runs"),
        "LOG_DIR": str(tmp_path / "logs"),
        "VAR_DIR": str(tmp_path / "var"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **settings, **folders},
        capture_output=True,
        text=True,
    )
    assert done.stderr.strip().splitlines()[-1] == "0 []"
