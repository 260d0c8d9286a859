"""The sandbox bench: every way gives the same answer, and what is not there is said."""

from __future__ import annotations

import pytest

from engine.bench import sandbox
from engine.errors import SandboxError


def test_ways_are_measured_in_turn_and_one_that_fails_is_said() -> None:
    found: list[sandbox.Row] = []

    def broken() -> float:
        raise RuntimeError("a peer's own trouble")

    took = sandbox.rounds({"one": lambda: 1.0, "two": lambda: 1.0, "broken": broken}, 2, found)
    assert set(took) == {"one", "two"}
    assert [row.name for row in found] == ["one job, broken"]
    assert "own trouble" in found[0].against


def test_a_quick_wrong_answer_does_not_count() -> None:
    with pytest.raises(SandboxError, match="gives"):
        sandbox.rounds({"one": lambda: 1.0, "two": lambda: 2.0}, 1, [])


def test_goals_are_ratios() -> None:
    rows = sandbox.warm_rows({"bare python": 1.0, "cold docker run": 2.0, "docker": 0.3, "peer": 0.1}, ["docker"])
    assert {row.name: row.ok for row in rows} == {
        "one job, cold docker run, beside bare python": None,
        "one job, docker, beside bare python": True,
        "one job, docker, beside cold docker run": True,
        "one job, peer, beside bare python": None,
    }


def test_bare_python_gives_the_answer() -> None:
    with sandbox.made_folder() as folder:
        assert sandbox.bare(folder) == pytest.approx(100_000_000, rel=0.01)
        sandbox.bare_alone(folder)
