"""What is written lies below its folder, whole, and is its owner's alone."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Kit, Settings
from engine.errors import RefusedError
from engine.foundation.files import keep_private, place_below, put_files
from engine.log import start_log
from engine.products import Bundle
from engine.steps.containerize import write_bundle

OUTSIDE = (
    "../pwned.csv",
    "exports/data/../../../../../pwned.csv",
    "/tmp/pwned.csv",
    "//tmp/pwned.csv",
    "exports//pwned.csv",
    "./pwned.csv",
    "exports/..",
    "..",
    "",
    ".",
    "exports/",
    "C:/pwned.csv",
    "C:pwned.csv",
    "exports\\..\\..\\pwned.csv",
    "exports/con.csv",
    "exports/AUX",
    "exports/lpt1.txt",
    "exports/.nul",
    "exports/pwned.csv.",
    "exports/pwned csv",
    "exports/pwned.csv:stream",
    "exports/pwned\n.csv",
    "exports/pwned\x00.csv",
    "exports/pwned\u202e.csv",
    "exports/\ud800.csv",
    "~/pwned.csv",
    "$HOME/pwned.csv",
    "exports/" + "a" * 300,
    "exports/" + "ß" * 100,
    "a/" * 10 + "pwned.csv",
)


@pytest.mark.parametrize("name", OUTSIDE, ids=lambda name: ascii(name)[:40])
def test_a_name_that_leads_out_of_the_folder_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "a" / "b" / "run"
    folder.mkdir(parents=True)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(RefusedError, match="is not written"):
        put_files(folder, {"exports/good.csv": b"good", name: b"content"})
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "name", ["script.py", ".env.example", "data/income.parquet", "exports/data/größe.csv", "members/12/data/x.parquet"]
)
def test_a_plain_name_is_written(tmp_path: Path, name: str) -> None:
    put_files(tmp_path, {name: b"content"})
    assert (tmp_path / name).read_bytes() == b"content"


@pytest.mark.parametrize("names", [("Income.csv", "income.csv"), ("straße.csv", "STRASSE.csv"), ("ﬁ.csv", "fi.csv")])
def test_two_names_of_one_file_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    with pytest.raises(RefusedError, match="the same file"):
        put_files(tmp_path, dict.fromkeys(names, b"x"))
    assert not list(tmp_path.iterdir())


def test_no_link_is_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "run", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    (folder / "exports").symlink_to(outside)
    (folder / "file.txt").symlink_to(outside / "kept.txt")
    (folder / "gone.txt").symlink_to(outside / "not there")
    for name in ("exports/new.txt", "exports/deeper/new.txt", "file.txt", "gone.txt"):
        with pytest.raises(RefusedError, match="link"):
            put_files(folder, {name: b"pwned"})
    assert [path.name for path in outside.iterdir()] == ["kept.txt"]
    assert (outside / "kept.txt").read_text() == "kept"


def test_a_folder_behind_a_link_of_the_person_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    assert place_below(tmp_path / "linked", "a/b.txt") == tmp_path / "linked" / "a" / "b.txt"


def test_a_bundle_names_no_file_outside_its_folder(tmp_path: Path) -> None:
    for bundle in (
        Bundle(folder="run", files={"../pwned": "x"}, copied=()),
        Bundle(folder="../pwned", files={}, copied=()),
    ):
        with pytest.raises(RefusedError):
            write_bundle(bundle, tmp_path / "runs")
    assert [path.name for path in tmp_path.rglob("*")] in ([], ["runs"])


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return [
        f"{path.relative_to(folder)}: {stat.S_IMODE(path.stat().st_mode):o}"
        for path in sorted(folder.rglob("*"))
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


@pytest.mark.usefixtures("umask")
def test_what_is_made_is_its_owners_alone_whatever_the_umask_says(tmp_path: Path) -> None:
    settings = Settings(
        store_url=f"sqlite:///{tmp_path}/var/store.sqlite",
        var_dir=tmp_path / "var",
        output_dir=tmp_path / "runs",
        log_dir=tmp_path / "logs",
    )
    logger = logging.getLogger("engine")
    before = logger.handlers[:]
    start_log(settings)
    logging.getLogger("engine.test").error("said")
    logger.handlers[0].doRollover()  # type: ignore[attr-defined]
    logger.handlers[:] = before
    kit = Kit(settings)
    kit.store.count()
    kit.shelf.add_file("sales.csv", b"region,amount\nwest,1\n")
    bundle = Bundle(folder="run", files={"script.py": "pass\n", "deploy.sh": "true\n"})
    folder = write_bundle(bundle, settings.output_dir)
    put_files(folder, {"exports/data/rows.csv": b"a\n"})
    assert open_to_others(tmp_path) == []
    assert os.access(folder / "deploy.sh", os.X_OK)
    assert {"logs", "runs", "var"} <= {path.name for path in tmp_path.iterdir()}
    kit.close()


def test_a_folder_that_was_left_open_is_closed_and_its_files_stay(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    folder.mkdir(mode=0o755)
    (folder / "kept").write_text("x")
    folder.chmod(0o777)
    keep_private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "kept").read_text() == "x"
