"""Datasets with a database beside them: one SELECT over both, each read by its own guarded door."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from engine.datasets.shelf import Filling, Shelf, create_table
from engine.errors import SourceError
from engine.sources.connection import Connection
from engine.sources.door import Door
from engine.sources.naming import quoted, quoted_table
from engine.sources.schema import Table

SQLITE = "sqlite"


class Beside:
    """Reads datasets; tables of the database that a SELECT names are laid beside them for that SELECT alone."""

    def __init__(self, shelf: Shelf, connection: Callable[[], Connection]) -> None:
        """`connection` is opened only where a SELECT names what is no dataset."""
        self._shelf, self._connection = shelf, connection

    def read(self, sql: str, bound: Mapping[str, Any]) -> pd.DataFrame:
        """The rows of a SELECT over datasets with tables of the database beside them; APIs are asked again."""
        self._shelf.freshen(sql)
        return self.look(sql, bound)

    def look(self, sql: str, bound: Mapping[str, Any]) -> pd.DataFrame:
        """The same over the rows as they were last read: no API is asked again."""
        if not _named(sql):
            # The rows stand in the SELECT itself, and there may be no dataset at all.
            return _alone(sql, bound)
        tables = self._tables(sql)
        if not tables:
            return self._shelf.look(sql, bound)
        with tempfile.TemporaryDirectory(prefix="meta-agent-beside-") as folder:
            file = Path(folder) / "tables.sqlite"
            self._lay(file, tables, _columns(sql))
            return Door(f"sqlite:///{file}").read(sql, bound)

    def origin(self, sql: str) -> tuple[str, datetime | None]:
        """In words where the rows of a SELECT came from, and when the oldest of them was read."""
        words, moment = self._shelf.origin(sql)
        named = ", ".join(table.key for table in self._tables(sql))
        return "; ".join(part for part in (words, f"the database's {named}" if named else "") if part), moment

    def _tables(self, sql: str) -> tuple[Table, ...]:
        """The database's tables that a SELECT names."""
        named = _named(sql)
        own = {table for dataset in self._shelf.all() for table in dataset.tables}
        if named <= own:
            return ()
        known = self._connection().schema.by_key
        return tuple(known[name] for name in sorted(named - own) if name in known)

    def _lay(self, file: Path, tables: Sequence[Table], wanted: frozenset[str] | None) -> None:
        door = self._connection().door
        with contextlib.closing(sqlite3.connect(file)) as target:
            with contextlib.closing(self._shelf.copying()) as source:
                source.backup(target)
            for table in tables:
                names = [c.name for c in table.columns if wanted is None or c.name.lower() in wanted]
                frame = _read(door, table, names or [table.columns[0].name])
                create_table(target, table.key, "the database", Filling.of_frame(frame))
            target.commit()


def _alone(sql: str, bound: Mapping[str, Any]) -> pd.DataFrame:
    with tempfile.TemporaryDirectory(prefix="meta-agent-beside-") as folder:
        file = Path(folder) / "nothing.sqlite"
        with contextlib.closing(sqlite3.connect(file)) as made:
            made.execute("VACUUM")  # makes the file a database, with no table
        return Door(f"sqlite:///{file}").read(sql, bound)


def _read(door: Door, table: Table, names: Sequence[str]) -> pd.DataFrame:
    try:
        return door.read_own(f"SELECT {', '.join(map(quoted, names))} FROM {quoted_table(table)}")
    except SourceError as error:
        raise SourceError(
            f"{table.key} of the database cannot be laid beside the files and APIs. {error.message}",
            "Only tables within the limits of one read are. Ask the database alone, or offer it a smaller view.",
        ) from error


def _parsed(sql: str) -> exp.Expr | None:
    try:
        return sqlglot.parse_one(sql, read=SQLITE)
    except SqlglotError:
        return None  # the door says what is wrong with it


def _named(sql: str) -> frozenset[str]:
    """The tables that a SELECT names, without those that it makes itself."""
    tree = _parsed(sql)
    if tree is None:
        return frozenset()
    made = {common.alias for common in tree.find_all(exp.CTE)}
    return frozenset(table.name for table in tree.find_all(exp.Table)) - made


def _columns(sql: str) -> frozenset[str] | None:
    """The columns that a SELECT names, in lower case; None where it may mean all."""
    tree = _parsed(sql)
    if tree is None or any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)):
        return None
    return frozenset(column.name.lower() for column in tree.find_all(exp.Column))
