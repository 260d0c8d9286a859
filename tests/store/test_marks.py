"""Tags and pins on runs, new titles, and runs found again by them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.products import Request, Run, Status
from engine.store.marks import LONGEST_TAG, MOST_TAGS, Mark, tags_of
from engine.store.runs import Store
from engine.usecases.workspace import Wanted, disk_free, disk_used, entries, exported, found, waiting


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/s.sqlite")
    yield opened
    opened.close()


def asked(store: Store, text: str, after: str = "", database: str = "sqlite:///data/sales.sqlite") -> Run:
    return store.create(Request(text=text, database=database, after=after), title=text)


EVERYTHING = Wanted()


def titles(store: Store, wanted: Wanted = EVERYTHING) -> list[str]:
    return [each.run.title for each in found(entries(store), wanted)]


def test_pinned_runs_stand_first_and_marks_go_with_their_run(store: Store) -> None:
    first, second = asked(store, "one"), asked(store, "two")
    assert titles(store) == ["two", "one"]
    store.marks.put(Mark(run_id=first.id, pinned=True, tags=("Board", "board", " q3  2026 ")))
    assert titles(store) == ["one", "two"]
    assert store.marks.all()[first.id].tags == ("Board", "q3 2026")
    store.marks.put(Mark(run_id=second.id))
    assert set(store.marks.all()) == {first.id}
    store.delete(first.id)
    assert store.marks.all() == {}


def test_tags_are_short_few_and_in_one_line() -> None:
    many = tags_of([f"tag {at}" for at in range(99)])
    assert len(many) == MOST_TAGS
    assert tags_of(["a\n b", "", "  ", "x" * 99]) == ("a b", "x" * LONGEST_TAG)


def test_runs_are_found_by_words_state_day_place_and_tag(store: Store) -> None:
    noi, rent = asked(store, "NOI by region"), asked(store, "rent by floor", database="sqlite:///other.sqlite")
    store.cancel(rent.id)
    store.marks.put(Mark(run_id=noi.id, tags=("lender",)))
    today = noi.created_at.date()
    assert titles(store, Wanted(text="REGION noi")) == ["NOI by region"]
    assert titles(store, Wanted(text="lender")) == ["NOI by region"]
    assert titles(store, Wanted(states=("cancelled",))) == ["rent by floor"]
    assert titles(store, Wanted(places=("other.sqlite",))) == ["rent by floor"]
    assert titles(store, Wanted(tags=("lender", "none"))) == ["NOI by region"]
    assert titles(store, Wanted(since=today + timedelta(days=1))) == []
    assert titles(store, Wanted(until=date(2000, 1, 1))) == []
    assert len(titles(store, Wanted(since=today, until=today))) == 2


def test_a_conversation_is_one_row_unless_every_turn_is_wanted(store: Store) -> None:
    first = asked(store, "NOI")
    asked(store, "by region", after=first.id)
    assert titles(store) == ["by region"]
    assert titles(store, Wanted(every_turn=True)) == ["by region", "NOI"]
    assert [each.turn for each in entries(store)] == [2, 1]


def test_a_run_is_called_otherwise(store: Store) -> None:
    run = asked(store, "NOI")
    assert store.rename(run.id, "  For the\nboard ").title == "For the board"
    with pytest.raises(UsageError, match="needs a title"):
        store.rename(run.id, " ")


def test_what_runs_stands_before_what_waits_in_its_order(store: Store) -> None:
    first, second, third = asked(store, "one"), asked(store, "two"), asked(store, "three")
    store.claim(second.id)
    assert [run.id for run in waiting(store)] == [second.id, first.id, third.id]
    store.cancel(first.id)
    assert [run.status for run in waiting(store)] == [Status.RUNNING, Status.QUEUED]


def test_runs_are_exported_with_their_files_and_disk_is_counted(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "exports" / "data").mkdir(parents=True)
    (folder / "exports" / "data" / "metrics.csv").write_text("DSCR,1.35")
    (folder / "script.py").write_text("x = 1")
    (folder / "secret.txt").write_text("no")
    claimed = store.claim(asked(store, "NOI of Größe").id)
    assert claimed is not None
    run = store.mark(claimed, folder=str(folder))
    with zipfile.ZipFile(io.BytesIO(exported([run]))) as archive:
        home = f"noi-of-groe-{run.id}"
        names = {name.partition("/")[2] for name in archive.namelist()}
        assert {name.partition("/")[0] for name in archive.namelist()} == {home}
        assert names == {"run.json", "exports/data/metrics.csv", "script.py"}
    assert disk_used(folder) == len("DSCR,1.35") + len("x = 1") + len("no")
    assert disk_free(tmp_path / "not" / "there") > 0
