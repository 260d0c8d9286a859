"""How many requests over six company databases are answered, against the figures that the documents give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.bench import followups
from engine.bench.questions import OUTCOMES, measure, scorecard

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_no_more_wrong_and_no_fewer_right_than_said() -> None:
    said = (ROOT / "docs/questions.md").read_text("utf-8").partition("What to expect elsewhere")[0]
    rows = {
        name: dict(zip(OUTCOMES, map(int, counts.split(" | ")), strict=True))
        for name, counts in re.findall(r"^\| ([\w: ]+) \| (\d+ \| \d+ \| \d+ \| \d+) \| \d+ \|$", said, re.MULTILINE)
    }
    measured = measure(ROOT / "tests/data/questions")
    now = scorecard(measured)
    for name, known in rows.items():
        database = "" if name == "all" or ":" in name else name
        counts = measured.count(database=database, wording=name.partition(": ")[2])
        assert counts["wrong"] <= known["wrong"], f"{name}\n{now}"
        assert counts["right"] >= known["right"] - 1, f"{name}\n{now}"
    assert "all" in rows
    assert measured.count(answerable=False)["wrong"] == 0


@pytest.mark.slow
def test_follow_ups_go_as_well_as_said() -> None:
    said = (ROOT / "docs/questions.md").read_text("utf-8").partition("| follow-ups |")[2]
    found = followups.measure(ROOT / "tests/data/questions")
    now = followups.scorecard(found)
    for row in now.splitlines()[2:]:
        name, right, wrong = (each.strip() for each in row.strip("|").split("|")[:3])
        known = next(line for line in said.splitlines() if line.startswith(f"| {name} |"))
        _, known_right, known_wrong = (each.strip() for each in known.strip("|").split("|")[:3])
        assert int(wrong) <= int(known_wrong), now
        assert int(right) >= int(known_right), now
