"""Step 5: the bundle is pure text first; its folder is written whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from engine.errors import StoreError
from engine.executors.base import BASE_IMAGE
from engine.executors.outside.owner import HOST, OWNER
from engine.products import Bundle, Limits, Request, Run, Script, Status
from engine.steps.containerize import MAKING, containerize, put_files, slug, sweep, write_bundle
from tests.conftest import ROOT

SCRIPT = 'SOURCES = {"rows": sql("SELECT 1 AS n WHERE 1 = :x", x=1)}\n'


@pytest.fixture
def bundle() -> Bundle:
    run = Run(
        id="261122-abcd1234",
        title="DSCR",
        status=Status.RUNNING,
        created_at=datetime(2026, 11, 22, 10, 30, tzinfo=UTC),
        request=Request(text='DSCR for "Orlando" $(rm -rf /)\n`x` {{ 7 * 7 }}', database="sqlite:///x"),
    )
    script = Script(text=SCRIPT, author="catalogue", title="DSCR for Orlando: Fashion/Square")
    return containerize(run, script, None, Limits(memory_mb=300))


def test_the_same_run_gives_the_same_bytes(bundle: Bundle) -> None:
    assert bundle.folder == "20261122-103000-dscr-for-orlando-fashion-square-1234"
    manifest = json.loads(bundle.files["manifest.json"])
    assert manifest["sources"] == [
        {"name": "rows", "sql": "SELECT 1 AS n WHERE 1 = :x", "bound": {"x": 1}, "place": "database"}
    ]
    assert set(manifest["files"]) == set(bundle.files)


def test_the_request_is_never_code_in_any_file(bundle: Bundle, tmp_path: Path) -> None:
    deploy = tmp_path / "deploy.sh"
    deploy.write_text(bundle.files["deploy.sh"])
    assert subprocess.run(["bash", "-n", str(deploy)], check=False).returncode == 0
    assert "rm -rf" not in bundle.files["deploy.sh"] + bundle.files["Dockerfile"] + bundle.files["docker-compose.yml"]
    assert "{{ 7 * 7 }}" in bundle.files["README.md"]


def test_the_container_is_locked_down(bundle: Bundle) -> None:
    service = yaml.safe_load(bundle.files["docker-compose.yml"])["services"]["dashboard"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["mem_limit"] == "300m"
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    for flag in ("--read-only", "--cap-drop ALL", "no-new-privileges", "127.0.0.1:$port:8080", "--memory 300m"):
        assert flag in bundle.files["deploy.sh"]
    assert "USER 65534:65534" in bundle.files["Dockerfile"]


def test_the_dashboard_is_asked_under_the_port_outside(bundle: Bundle) -> None:
    service = yaml.safe_load(bundle.files["docker-compose.yml"])["services"]["dashboard"]
    assert service["environment"]["PUBLIC_ADDRESS"].startswith(
        "http://localhost:${PORT:-8080},http://127.0.0.1:${PORT:-8080},"
    )
    assert 'public="http://localhost:$port,http://127.0.0.1:$port,$public"' in bundle.files["deploy.sh"]
    for name in (".env.example", "README.md"):
        assert "PUBLIC_ADDRESS" in bundle.files[name]


@pytest.mark.parametrize("base", [BASE_IMAGE, f"{BASE_IMAGE}@sha256:{'a' * 64}"])
def test_the_base_is_the_one_that_is_given(base: str) -> None:
    run = Run(
        id="a",
        title="a",
        status=Status.RUNNING,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        request=Request(text="a", database="sqlite:///x"),
    )
    files = containerize(run, Script(text=SCRIPT, author="a", title="a"), None, Limits(), base=base).files
    assert f"ARG BASE_IMAGE={base}\nFROM ${{BASE_IMAGE}}\n" in files["Dockerfile"]
    assert ("No registry gave a digest" in files["Dockerfile"]) == (base == BASE_IMAGE)


def test_the_folder_is_written_with_programs_that_run(bundle: Bundle, tmp_path: Path) -> None:
    folder = write_bundle(bundle, tmp_path)
    assert os.access(folder / "deploy.sh", os.X_OK)
    assert (folder / "runtime" / "worker.py").is_file()
    assert not list(folder.rglob("__pycache__"))
    assert [path.name for path in tmp_path.iterdir()] == [bundle.folder]


def test_a_folder_that_cannot_be_written_leaves_nothing(bundle: Bundle, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreError) as error:
        write_bundle(bundle, blocked)
    assert "OUTPUT_DIR" in error.value.hint
    broken = bundle.model_copy(update={"copied": ("no such folder",)})
    with pytest.raises(StoreError):
        write_bundle(broken, tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def test_files_replace_each_other_whole(tmp_path: Path) -> None:
    put_files(tmp_path, {"a/b.txt": b"one"})
    put_files(tmp_path, {"a/b.txt": b"two"})
    assert (tmp_path / "a" / "b.txt").read_bytes() == b"two"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


@pytest.mark.parametrize(
    ("text", "name"), [("", "request"), ("../../etc", "etc"), ("Ünïcode ß", "n-code"), ("a" * 99, "a" * 60)]
)
def test_slugs_are_safe_names(text: str, name: str) -> None:
    assert slug(text) == name


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path, bundle: Bundle) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = tmp_path / f"{MAKING}{HOST}-{ended.pid}.1-abcd1234"
    others = [tmp_path / f"{MAKING}{HOST}-{OWNER}-abcd1234", tmp_path / f"{MAKING}elsewhere-{ended.pid}.1-abcd1234"]
    for folder in (left, *others):
        (folder / "data").mkdir(parents=True)
    write_bundle(bundle, tmp_path)
    assert not left.exists()
    assert all(folder.exists() for folder in others), "a living process's, and another machine's"


def test_a_worker_that_is_killed_while_it_writes_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, os, signal; from pathlib import Path\n"
        "from engine.products import Bundle; from engine.steps import containerize\n"
        "containerize._fill = lambda folder, bundle: os.kill(os.getpid(), signal.SIGKILL)\n"
        "containerize.write_bundle(Bundle(folder='x', files={}), Path(sys.argv[1]))"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    assert killed.returncode < 0
    assert len(list(tmp_path.iterdir())) == 1
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
