"""The bench of the validator: every category of the corpora, ours beside bandit's, and scripts of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.bench import safety
from engine.errors import UsageError


def test_every_category_is_measured_beside_bandit() -> None:
    rows = {each.name: each for each in safety.measure()}
    files = [*safety.CORPUS.glob("hostile/*.txt"), *safety.CORPUS.glob("honest/*.txt")]
    assert len(rows) == len(files) + 2
    for file in files:
        assert any(f": {file.stem} (" in name for name in rows)
    for said, goal in (("missed", safety.MISSED), ("wrongly refused", safety.WRONG)):
        (whole,) = [each for name, each in rows.items() if name.startswith(f"{said}: all ")]
        assert (whole.goal, whole.ok) == (goal, True)
        assert whole.against.startswith("bandit: ")
        assert whole.ratio is not None
        assert whole.ratio < 1


def test_scripts_of_a_folder_are_measured(tmp_path: Path) -> None:
    lines = [
        {"code": "import subprocess\n", "expect": "refuse", "category": "processes"},
        {"code": "eval(text)\n", "expect": "refuse", "category": "processes"},
        {"code": "x = 1\n", "expect": "refuse", "category": "nothing to find"},
        {"code": "import mylib\n", "expect": "accept", "category": "reports", "packages": ["mylib"]},
        {"code": "import otherlib\n", "expect": "accept", "category": "reports"},
        {"code": "while True: pass\n", "expect": "contain", "category": "endless"},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    rows = {each.name: each.value for each in safety.measure(str(tmp_path))}
    assert rows == {
        "missed: processes (2)": 0.0,
        "missed: nothing to find (1)": 1.0,
        "missed: all (3)": pytest.approx(1 / 3, abs=1e-4),
        "wrongly refused: reports (2)": 0.5,
        "wrongly refused: all (2)": 0.5,
    }


def test_a_folder_without_scripts_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no scripts"):
        safety.measure(str(tmp_path))
    (tmp_path / "a.jsonl").write_text("nonsense")
    with pytest.raises(UsageError, match="cannot be read"):
        safety.measure(str(tmp_path))
