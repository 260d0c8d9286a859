"""Data read anew: what is told of it is what was done to the database, and the old run stays as it was."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from engine import Kit
from engine.errors import CancelledError, StepError
from engine.foundation.jsonapi import BODY_CAP
from engine.products import Run, Scenario
from engine.usecases.refresh import answer, changes, difference, refresh
from tests.scenarios.conftest import asked, kit_over

OWN = "property_id = (SELECT property_id FROM properties WHERE name = 'Orlando Fashion Square')"


@pytest.fixture
def live(sample_file: Path, tmp_path: Path) -> Iterator[tuple[Kit, Path]]:
    """A kit over a copy of the sample that a test may change."""
    file = shutil.copy(sample_file, tmp_path / "live.sqlite")
    kit = kit_over(f"sqlite:///{file}", tmp_path)
    yield kit, file
    kit.close()


def change(file: Path, *statements: str) -> None:
    with sqlite3.connect(file) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement


def silent(event: object) -> None:
    """Nobody listens."""


def test_a_refresh_tells_the_rows_and_what_they_do_to_each_scenario(live: tuple[Kit, Path]) -> None:
    kit, file = live
    before = asked(kit, "DSCR for Orlando Fashion Square")
    assert before.results is not None
    kit.store.save_scenarios(before.id, [Scenario(name="Down", values={"revenue_change": -0.1})])
    change(
        file,
        f"UPDATE income_lines SET amount = 2 * amount WHERE {OWN} AND period LIKE '2026-10%' AND category LIKE 'base%'",
        f"DELETE FROM expense_lines WHERE {OWN} AND category = 'marketing' AND period LIKE '2026-09%'",
    )
    after = refresh(before, kit, silent)
    found = difference(before, after, kit)
    told = {source.name: (source.added, source.removed, source.changed) for source in found.sources}
    assert told == {
        "income_lines": (0, 0, 1), "expense_lines": (0, 1, 0), "loan_payments": (0, 0, 0), "loans": (0, 0, 0)
    }  # fmt: skip
    (rent,) = found.sources[0].examples
    assert (rent.row, rent.column) == ("2026-10, base rent", "amount")
    more = float(rent.after.replace(",", "")) / 2
    less = float(found.sources[1].examples[0].before.removeprefix("amount ").replace(",", ""))
    moved = {(each.scenario, each.name): (each.after or 0) - (each.before or 0) for each in found.moved}
    assert moved["Base", "noi"] == pytest.approx(more + less, abs=0.02)
    assert moved["Down", "noi"] == pytest.approx(0.9 * more + less, abs=0.02)
    assert kit.store.scenarios(after.id) == kit.store.scenarios(before.id)
    # The old run is as it was, snapshot and numbers.
    kept = kit.store.load(before.id)
    assert kept.results == before.results
    assert kept.folder != after.folder
    assert after.script == before.script
    assert after.request.refreshed_from == before.id


def test_nothing_changed_is_said(kit: Kit, seed_run: Run) -> None:
    found = difference(seed_run, refresh(seed_run, kit, silent), kit)
    assert found.same
    assert all(each.before == each.after for each in found.moved)


def test_a_source_that_is_gone_fails_the_new_run_and_leaves_the_old(live: tuple[Kit, Path]) -> None:
    kit, file = live
    before = asked(kit, "NOI for Orlando Fashion Square")
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE income_lines RENAME TO gone")
    with pytest.raises(StepError, match="income_lines"):
        refresh(before, kit, silent)
    assert kit.store.load(before.id).status == "done"


def test_over_http(live: tuple[Kit, Path]) -> None:
    kit, file = live
    before = asked(kit, "DSCR for Orlando Fashion Square")
    change(file, f"UPDATE loans SET current_balance = current_balance + 1000000 WHERE {OWN}")
    status, found = answer(kit, before.id, "application/json; charset=utf-8", b"{}")
    assert status == 200
    after = kit.store.load(found["after"])
    assert json.loads(json.dumps(found)) == difference(before, after, kit).model_dump(mode="json")
    assert [source["changed"] for source in found["sources"]] == [0, 0, 0, 1]
    runs = len(kit.store.list())
    for run_id, kind, text, code in (
        (before.id, "text/plain", b"{}", 415),
        (before.id, "application/json", b" " * (BODY_CAP + 1), 413),
        (before.id, "application/json", b"{", 400),
        (before.id, "application/json", b"[]", 400),
        ("nothing", "application/json", b"", 400),
    ):
        status, told = answer(kit, run_id, kind, text)
        assert status == code
        assert set(told["error"]) == {"message", "hint"}
    assert len(kit.store.list()) == runs
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE loans RENAME TO gone")
    status, told = answer(kit, before.id, "application/json", b"")
    assert (status, "loans" in told["error"]["message"]) == (422, True)


def test_it_can_be_cancelled(kit: Kit, seed_run: Run) -> None:
    with pytest.raises(CancelledError):
        refresh(seed_run, kit, silent, lambda: True)


def frame(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (frame(m=["a", "b"], x=[1.0, 2.0]), frame(m=["b", "a"], x=[2.0, 1.0]), (0, 0, 0)),
        (frame(m=["a", "b"], x=[1.0, 2.0], y=[1, 1]), frame(m=["a", "c"], x=[5.0, 2.0], y=[3, 1]), (1, 1, 1)),
        (frame(m=["a"], x=[None]), frame(m=["a"], x=[1.0]), (0, 0, 1)),
        (frame(m=["a"], x=[float("nan")]), frame(m=["a"], x=[float("nan")]), (0, 0, 0)),
        (frame(m=["a", "a"], x=[1.0, 1.0]), frame(m=["a"], x=[1.0]), (0, 1, 0)),
        (frame(x=[1.0]), frame(x=[2.0]), (0, 0, 1)),
        (frame(x=[1.0, 2.0]), frame(x=[2.0, 3.0, 3.0]), (2, 1, 0)),
        (frame(m=[], x=[]), frame(m=["a"], x=[1.0]), (1, 0, 0)),
    ],
)
def test_rows_are_added_removed_and_changed(
    before: pd.DataFrame, after: pd.DataFrame, told: tuple[int, int, int]
) -> None:
    found = changes("source", before, after)
    assert (found.added, found.removed, found.changed) == told
    assert found.same == (told == (0, 0, 0))
