"""A database ready to be asked about: its door, and its schema and values, kept on disk between runs."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.errors import StoreError
from engine.foundation.files import write_whole
from engine.sources.address import parse_address, sqlite_path
from engine.sources.caps import Caps
from engine.sources.changes import MOST_KEPT, Change, change_between
from engine.sources.discovery import discover
from engine.sources.door import Door
from engine.sources.schema import Schema
from engine.sources.values import ValueIndex, build_values

_VERSION = 4
_POSTGRES_SECONDS = 600.0


class Connection:
    """Bundles a door with what is known of its database. `refresh` looks again."""

    def __init__(self, door: Door, mark: Callable[[], str], cache: Path) -> None:
        self.door = door
        self._mark, self._cache = mark, cache
        known = _load(cache, mark())
        if known is None:
            self.schema, self.values = self._look()
        else:
            self.schema, self.values = known

    @property
    def name(self) -> str:
        """A name of this database that no other has, under which things about it are kept."""
        return self._cache.stem

    def refresh(self) -> None:
        """Read schema and values again, whatever the cache says."""
        self.schema, self.values = self._look()

    def changes(self) -> tuple[Change, ...]:
        """What looks at this database found different from the look before, the newest first."""
        try:
            kept = json.loads(self._history.read_bytes())
            return tuple(Change.model_validate(item) for item in kept)
        except (OSError, ValueError, TypeError, ValidationError):
            return ()  # history is a kindness: without it everything still works

    def _note(self, before: Schema | None, schema: Schema) -> None:
        change = change_between(before, schema) if before else None
        if change is None:
            return
        kept = [each.model_dump(mode="json") for each in (change, *self.changes())[:MOST_KEPT]]
        with suppress(StoreError):
            write_whole(self._history, json.dumps(kept, ensure_ascii=False).encode())

    @property
    def _history(self) -> Path:
        return self._cache.with_suffix(".changes.json")

    def close(self) -> None:
        """Give everything back."""
        self.door.close()

    def _look(self) -> tuple[Schema, ValueIndex]:
        # The mark is taken first: a change while looking must make the cache stale, not fresh.
        mark = self._mark()
        before = _schema_of(_content(self._cache))
        schema = discover(self.door)
        self._note(before, schema)
        values = build_values(self.door, schema)
        _save(self._cache, mark, schema, values)
        return schema, values


def open_connection(
    address: str, cache_folder: Path | str, caps: Caps | None = None, functions: frozenset[str] = frozenset()
) -> Connection:
    """The database at `address`; milliseconds when the cache in `cache_folder` still holds."""
    door = Door(address, caps, functions)
    name = hashlib.sha256(_identity(address, door).encode()).hexdigest()[:32]
    return Connection(door, _marker(address, door), Path(cache_folder) / f"{name}.json")


def _identity(address: str, door: Door) -> str:
    """The public address, with a file's path made absolute: a relative one means another file elsewhere."""
    return str(sqlite_path(parse_address(address))) if door.dialect == "sqlite" else door.address


def _marker(address: str, door: Door) -> Callable[[], str]:
    """What tells cheaply that a database changed. For PostgreSQL nothing does: the cache's age decides."""
    if door.dialect != "sqlite":
        return lambda: ""
    path = sqlite_path(parse_address(address))

    def mark() -> str:
        marks = []
        for file in (path, path.with_name(path.name + "-wal")):
            with suppress(OSError):
                facts = file.stat()
                marks.append(f"{facts.st_mtime_ns}-{facts.st_size}-{facts.st_ino}")
        return " ".join(marks)

    return mark


def _load(cache: Path, mark: str) -> tuple[Schema, ValueIndex] | None:
    """What the cache holds, if it is of this version and still true; a damaged one counts as none."""
    kept = _content(cache)
    schema = _schema_of(kept)
    try:
        if schema is None or kept["mark"] != mark:
            return None
        if not mark and not 0 <= time.time() - kept["at"] < _POSTGRES_SECONDS:
            return None
        skipped = [str(name) for name in kept["skipped"]]
        entries, numbers = _flat(kept["values"]), _flat(kept["numbers"])
        return schema, ValueIndex.of(entries, skipped, map(tuple, kept["personal"]), numbers)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError):
        return None


def _content(cache: Path) -> dict[str, Any]:
    """The cache file's content; empty when there is none that can be read."""
    try:
        kept = json.loads(cache.read_bytes())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) and kept.get("version") == _VERSION else {}


def _schema_of(kept: dict[str, Any]) -> Schema | None:
    """The schema in a cache, however old."""
    try:
        return Schema.model_validate(kept["schema"]) if kept else None
    except (KeyError, ValidationError):
        return None


def _flat(columns: list[Any]) -> list[tuple[str, str, str]]:
    return [(str(table), str(column), str(value)) for table, column, values in columns for value in values]


def _grouped(entries: Sequence[tuple[str, str, str]]) -> list[list[Any]]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for table, column, value in entries:
        grouped.setdefault((table, column), []).append(value)
    return [[table, column, held] for (table, column), held in grouped.items()]


def _save(cache: Path, mark: str, schema: Schema, values: ValueIndex) -> None:
    """Write the cache whole or not at all. Without it everything still works, only slower."""
    text = json.dumps(
        {
            "version": _VERSION,
            "mark": mark,
            "at": time.time(),
            "schema": schema.model_dump(mode="json"),
            "values": _grouped(values.entries),
            "numbers": _grouped(values.numbers),
            "skipped": values.skipped,
            "personal": values.personal,
        },
        ensure_ascii=False,
    )
    with suppress(StoreError):
        write_whole(cache, text.encode())
