"""The history as a workspace: runs with what people put on them, found again by words, state, day, database and tag."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.errors import UsageError
from engine.products import Run, Status
from engine.store.marks import Mark
from engine.store.runs import Store
from engine.store.threads import LONGEST
from engine.usecases.history import as_json
from runtime.reports import file_name

MOST_LISTED = 1_000
# What is taken of a run's folder when runs are exported.
EXPORTED = ("exports", "results", "script.py")
MOST_EXPORTED_MB = 200


@dataclass(frozen=True)
class Entry:
    """A run as the history lists it: `turn` of its conversation, and its mark."""

    run: Run
    mark: Mark
    turn: int

    @property
    def place(self) -> str:
        """The data it was asked of, by a short name: the files, or the database without its address."""
        if self.run.request.datasets:
            return ", ".join(self.run.request.datasets)
        return self.run.request.database.rpartition("/")[2].partition("?")[0] or self.run.request.database


@dataclass(frozen=True)
class Wanted:
    """What is looked for; what is left empty lets everything through."""

    text: str = ""
    states: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    places: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    every_turn: bool = False


def entries(store: Store, *, archived: bool = False) -> tuple[Entry, ...]:
    """Every run, the pinned ones first, then the newest."""
    marks = store.marks.all()
    found = store.list(archived=archived, limit=MOST_LISTED)
    before = {run.id: run.request.after for run in found}
    listed = [Entry(run, marks.get(run.id) or Mark(run_id=run.id), _turn(run.id, before)) for run in found]
    return tuple(sorted(listed, key=lambda entry: not entry.mark.pinned))


def _turn(run_id: str, before: dict[str, str]) -> int:
    turn, after = 1, before[run_id]
    while after and turn < LONGEST:
        turn, after = turn + 1, before.get(after, "")
    return turn


def found(listed: Sequence[Entry], wanted: Wanted) -> tuple[Entry, ...]:
    """Those that are looked for; of a conversation the last turn, unless every turn is wanted."""
    went_on = {entry.run.request.after for entry in listed}
    return tuple(
        entry for entry in listed if (wanted.every_turn or entry.run.id not in went_on) and _fits(entry, wanted)
    )


def _fits(entry: Entry, wanted: Wanted) -> bool:
    run, day = entry.run, entry.run.created_at.date()
    text = " ".join([run.title, run.request.text, run.id, *entry.mark.tags]).casefold()
    return (
        all(word in text for word in wanted.text.casefold().split())
        and (not wanted.states or run.status.value in wanted.states)
        and (wanted.since is None or day >= wanted.since)
        and (wanted.until is None or day <= wanted.until)
        and (not wanted.places or entry.place in wanted.places)
        and (not wanted.tags or bool({*wanted.tags} & {*entry.mark.tags}))
    )


def waiting(store: Store) -> tuple[Run, ...]:
    """The runs that go on or wait for a worker, in the order in which it is their turn."""
    live = [run for run in store.list(limit=MOST_LISTED) if run.status in (Status.RUNNING, Status.QUEUED)]
    return tuple(sorted(live, key=lambda run: (run.status is Status.QUEUED, run.created_at)))


def disk_used(folder: Path) -> int:
    """The bytes of the files below a folder; none where it is not there."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file() and not each.is_symlink())


def disk_free(folder: Path) -> int:
    """The bytes that are free where a folder lies, or will lie."""
    home = folder
    while not home.exists() and home != home.parent:
        home = home.parent
    return shutil.disk_usage(home).free


def exported(runs: Iterable[Run]) -> bytes:
    """Runs as one archive: of each its document, its reports and data, and its script.

    Raises:
        UsageError: together they are too large.
    """
    target, size = io.BytesIO(), 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for run in runs:
            home = f"{file_name(run.title)}-{run.id}"
            archive.writestr(f"{home}/run.json", json.dumps(as_json(run), indent=1, ensure_ascii=False, default=str))
            for path in _files(run):
                size += path.stat().st_size
                if size > MOST_EXPORTED_MB << 20:
                    raise UsageError(
                        f"These runs hold more than {MOST_EXPORTED_MB} MB of files.", "Choose fewer of them."
                    )
                archive.write(path, f"{home}/{path.relative_to(run.folder)}")
    return target.getvalue()


def _files(run: Run) -> list[Path]:
    if not run.folder:
        return []
    places = [Path(run.folder) / name for name in EXPORTED]
    inside = [each for place in places for each in (sorted(place.rglob("*")) if place.is_dir() else [place])]
    return [each for each in inside if each.is_file() and not each.is_symlink()]
