"""What people put on runs to find them again: tags, and a pin that keeps one on top."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from sqlalchemy import Connection, delete, insert, select

from engine.products import Product
from engine.store.tables import marks

LONGEST_TAG = 40
MOST_TAGS = 20


class Mark(Product):
    """The tags of a run in the order they were given, and whether it is pinned."""

    run_id: str
    pinned: bool = False
    tags: tuple[str, ...] = ()


def tags_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: in one line, each once whatever its case, not too long and not too many."""
    found: dict[str, str] = {}
    for text in texts:
        tag = " ".join(text.split())[:LONGEST_TAG].strip()
        if tag:
            found.setdefault(tag.casefold(), tag)
    return tuple(found.values())[:MOST_TAGS]


class Marks:
    """The marks of all runs, in the store's own database."""

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._begin = begin

    def all(self) -> dict[str, Mark]:
        """The mark of each run that has one."""
        with self._begin() as connection:
            rows = connection.execute(select(marks)).mappings().all()
        return {
            row["run_id"]: Mark(run_id=row["run_id"], pinned=row["pinned"], tags=tuple(json.loads(row["tags"])))
            for row in rows
        }

    def put(self, mark: Mark) -> None:
        """Keep a mark in place of the one before; one that says nothing is dropped."""
        kept = mark.model_copy(update={"tags": tags_of(mark.tags)})
        with self._begin() as connection:
            self.forget(connection, kept.run_id)
            if kept.pinned or kept.tags:
                row = {"run_id": kept.run_id, "pinned": kept.pinned, "tags": json.dumps(list(kept.tags))}
                connection.execute(insert(marks).values(row))

    def forget(self, connection: Connection, run_id: str) -> None:
        """Drop a run's mark, within a transaction of the caller's."""
        connection.execute(delete(marks).where(marks.c.run_id == run_id))
