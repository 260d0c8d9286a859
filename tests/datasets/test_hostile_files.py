"""Files that are small and cost much: read in a process with limits, and refused by the limit that they pass."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import Kit, Settings
from engine.datasets import apart
from engine.datasets.apart import read_apart
from engine.datasets.shelf import Shelf
from engine.errors import EngineError, SourceError
from engine.intake import files
from engine.intake.limits import FileLimits
from tests.datasets import hostile
from tests.datasets.test_files import Read

Make = Callable[[], bytes]


@pytest.mark.parametrize("make", [hostile.falsely_large, hostile.far_apart])
def test_what_a_sheet_says_of_its_size_is_not_believed(shelf: Shelf, read: Read, make: Make) -> None:
    kept = shelf.add_file("sales.xlsx", make())
    assert (kept.rows, kept.tables) == (1, ("sales",))
    assert read("SELECT region, amount FROM sales") == [("west", 7)]


@pytest.mark.parametrize(
    ("name", "make", "limits", "said", "setting"),
    [
        ("a.xlsx", hostile.too_wide, {}, "16,384 columns, more than 1,999", "LIMIT_FILE_COLUMNS"),
        ("a.xlsx", lambda: hostile.many_rows(3_000), {"rows": 2_000}, "more than 2,000 rows", "LIMIT_FILE_ROWS"),
        ("a.csv", lambda: b"a\n" + b"1\n" * 3_000, {"rows": 2_000}, "more than 2,000 rows", "LIMIT_FILE_ROWS"),
        ("a.csv", lambda: b"a\n1\n" + b"\n" * 1_100_000, {}, "more than 1,000,000 rows", "LIMIT_FILE_ROWS"),
        ("a.csv", lambda: hostile.wide_csv(50, 1), {"columns": 40}, "50 columns, more than 40", "LIMIT_FILE_COLUMNS"),
        ("a.parquet", lambda: hostile.repeated_parquet(3_000, 1), {"rows": 2_000}, "2,000 rows", "LIMIT_FILE_ROWS"),
        ("a.xlsx", lambda: hostile.long_strings(20), {"unpacked_mb": 10}, "more than 10 MB", "LIMIT_FILE_UNPACKED_MB"),
        (
            "a.parquet",
            lambda: hostile.repeated_parquet(100_000, 5_000),
            {"unpacked_mb": 50},
            "more than 50 MB",
            "LIMIT_FILE_UNPACKED_MB",
        ),
        (
            "a.parquet",
            lambda: hostile.repeated_parquet(1_000_000, 5_000),
            {"memory_mb": 400, "unpacked_mb": 100_000},
            "more than 400 MB of memory",
            "LIMIT_FILE_MEMORY_MB",
        ),
        (
            "a.csv",
            lambda: hostile.wide_csv(1_999, 400_000),
            {"memory_mb": 400},
            "more than 400 MB of memory",
            "LIMIT_FILE_MEMORY_MB",
        ),
        ("a.xlsx", lambda: hostile.many_rows(900_000), {"seconds": 1.5}, "within 1.5 s", "LIMIT_FILE_SECONDS"),
    ],
)
def test_a_file_beyond_a_limit_is_refused_by_it(
    tmp_path: Path, name: str, make: Make, limits: dict[str, float], said: str, setting: str
) -> None:
    with (
        pytest.raises(SourceError) as error,
        read_apart(name, make(), tmp_path, FileLimits.model_validate({"seconds": 240.0} | limits)),  # not that of time
    ):
        pytest.fail("it was read")
    assert said in error.value.message
    assert setting in error.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_entities_are_not_read(shelf: Shelf, encoding: str) -> None:
    with pytest.raises(SourceError, match="declares entities"):
        shelf.add_file("a.xlsx", hostile.with_entities(encoding))
    assert shelf.all() == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", hostile.workbook("<sheetData><row>")),
        ("a.xlsx", hostile.workbook("<sheetData><row r='x'><c r='!!'><v>1</v></c></row></sheetData>")),
        ("a.xlsx", hostile.falsely_large()[:-40]),
        ("a.parquet", hostile.repeated_parquet(10, 10)[:-20] + b"x" * 16 + b"PAR1"),
        ("a.csv", b'"' + b"a\n" * 100_000),
    ],
)
def test_a_damaged_file_is_one_clear_sentence(shelf: Shelf, name: str, content: bytes) -> None:
    with pytest.raises(EngineError) as error:
        shelf.add_file(name, content)
    assert error.value.hint
    assert "\n" not in error.value.message
    assert "Traceback" not in error.value.message


def test_the_workbench_itself_reads_no_file(shelf: Shelf, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "read_file", lambda *_: pytest.fail("it was read in this process"))
    shelf.add_file("facts.parquet", hostile.repeated_parquet(10, 10))
    assert read("SELECT count(*) FROM facts") == [(10,)]


@pytest.mark.parametrize(
    ("code", "log", "said"),
    [
        (-signal.SIGKILL, "", "of memory"),
        (1, "terminate called after throwing an instance of 'std::bad_alloc'", "of memory"),
        (-signal.SIGXCPU, "", "within 30 s"),
        (-signal.SIGSEGV, "", "it ended with -11"),
        (0, "", "it ended with 0"),
    ],
)
def test_a_reader_that_says_nothing_is_told_by_its_end(code: int, log: str, said: str) -> None:
    error = apart._ended("a.csv", code, log, FileLimits())
    assert said in error.message
    assert error.hint


def test_the_limits_are_settings(tmp_path: Path) -> None:
    kit = Kit(Settings(store_url=f"sqlite:///{tmp_path}/s.sqlite", var_dir=tmp_path / "var", limit_file_rows=2))
    kit.shelf.add_file("a.csv", b"a\n1\n2\n")
    with pytest.raises(SourceError, match="more than 2 rows"):
        kit.shelf.add_file("a.csv", b"a\n1\n2\n3\n")
    assert [each.rows for each in kit.shelf.all()] == [2], "what was kept before stays"
    kit.close()
