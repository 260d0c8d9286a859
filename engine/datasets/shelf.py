"""All datasets of a workbench: kept as tables of one SQLite file, which only the guarded door reads."""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from engine.datasets.declaration import Dataset, HttpSource, checked_name
from engine.datasets.fetching import shown
from engine.datasets.hosts import Hosts
from engine.errors import SourceError, StoreError, UsageError
from engine.sources.naming import quoted, words
from engine.writing import write_whole

if TYPE_CHECKING:
    import pandas as pd

    from engine.schema import Schema
    from engine.sources.connection import Connection
    from engine.sources.values import ValueIndex

PLACE = "datasets"


class Shelf:
    """Adds, reads anew and removes datasets. Every change is whole or not at all."""

    def __init__(self, folder: Path, hosts: Hosts, secrets: Mapping[str, str]) -> None:
        self.hosts = hosts
        self._folder, self._secrets = folder, secrets
        self._file = folder / "tables.sqlite"
        self._lock = threading.RLock()
        self._connection: Connection | None = None

    def all(self) -> tuple[Dataset, ...]:
        """Every dataset, by name."""
        if not self._folder.is_dir():
            return ()
        return tuple(_kept(file) for file in sorted(self._folder.glob("*.yaml")))

    def get(self, name: str) -> Dataset:
        """The dataset of that name."""
        for dataset in self.all():
            if dataset.name == name:
                return dataset
        known = ", ".join(each.name for each in self.all()) or "none yet"
        raise UsageError(f"There is no dataset {name!r}.", f"The datasets are: {known}.")

    def add_file(self, file_name: str, content: bytes, name: str = "") -> Dataset:
        """Take in a file; one of the same name before it is replaced."""
        from engine.datasets.tabular import read_file

        name = checked_name(name) if name else name_of(file_name)
        sheets = read_file(Path(file_name).name, content)
        frames = {table_of(name, sheet): frame for sheet, frame in sheets.frames.items()}
        if len(frames) < len(sheets.frames):
            raise UsageError(f"Two sheets of {file_name} have one name.", "Rename one of them.")
        digest = hashlib.sha256(content).hexdigest()[:12]
        origin = f"the file {Path(file_name).name} ({len(content):,} bytes, sha256 {digest})"
        return self._put(Dataset(name=name, origin=origin, notes=tuple(sheets.notes)), frames)

    def add_api(self, name: str, source: HttpSource) -> Dataset:
        """Take in a declared GET: it is read at once, and kept only when that went well."""
        return self._read(Dataset(name=checked_name(name), origin=_origin(source), source=source))

    def refresh(self, name: str) -> Dataset:
        """Read an API anew."""
        dataset = self.get(name)
        if dataset.source is None:
            raise UsageError(f"{name} is a file, which does not change.", "Upload it again to replace it.")
        return self._read(dataset)

    def remove(self, name: str) -> Dataset:
        """Forget a dataset and its tables."""
        dataset = self.get(name)
        with self._lock, self._writing() as connection:
            for table in dataset.tables:
                connection.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
            (self._folder / f"{name}.yaml").unlink(missing_ok=True)
        return dataset

    def connection(self) -> Connection:
        """The tables of all datasets, opened as any database is."""
        from engine.sources.connection import open_connection

        with self._lock:
            if not self._file.exists():
                raise UsageError("There is no dataset yet.", "Upload a file, or declare an API: ./run dataset add FILE")
            # Opened anew each time: the cache tells by the file whether anything changed.
            self._connection = open_connection(f"sqlite:///{self._file}", self._folder / "cache")
            return self._connection

    def known(self, names: Sequence[str] = ()) -> tuple[Schema, ValueIndex]:
        """What the datasets hold, or those of these names alone."""
        from engine.sources.values import ValueIndex

        connection = self.connection()
        if not names:
            return connection.schema, connection.values
        tables = {table for name in names for table in self.get(name).tables}
        schema = connection.schema.model_copy(
            update={
                "tables": tuple(table for table in connection.schema.tables if table.key in tables),
                "foreign_keys": tuple(
                    key for key in connection.schema.foreign_keys if {key.table, key.refers_table} <= tables
                ),
            }
        )
        values = ValueIndex.of([entry for entry in connection.values.entries if entry[0] in tables])
        return schema, values

    def read(self, sql: str, bound: Mapping[str, Any]) -> pd.DataFrame:
        """The rows of one SELECT over datasets; an API that it names is asked again when no longer fresh."""
        self.freshen(sql)
        return self.connection().door.read(sql, bound)

    def freshen(self, sql: str) -> None:
        """Ask the APIs again that a SELECT names and that are no longer fresh."""
        for dataset in self.named_in(sql):
            if dataset.source is not None and not _fresh(dataset):
                self._read(dataset)

    def copying(self) -> sqlite3.Connection:
        """The file of all tables, to be copied whole and not changed."""
        return sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=ro", uri=True, timeout=30)

    def origin(self, sql: str) -> tuple[str, datetime | None]:
        """In words where the rows of a SELECT came from, and when the oldest of them was read."""
        found = self.named_in(sql)
        moments = [dataset.read_at for dataset in found if dataset.read_at]
        return "; ".join(f"{dataset.name}: {dataset.origin}" for dataset in found), min(moments, default=None)

    def named_in(self, sql: str) -> tuple[Dataset, ...]:
        """The datasets whose tables a SELECT names."""
        import sqlglot
        from sqlglot import exp
        from sqlglot.errors import SqlglotError

        try:
            found = {table.name for table in sqlglot.parse_one(sql, read="sqlite").find_all(exp.Table)}
        except SqlglotError:
            return ()  # the door says what is wrong with it
        return tuple(dataset for dataset in self.all() if found & set(dataset.tables))

    def _read(self, dataset: Dataset) -> Dataset:
        import pandas as pd

        from engine.datasets.paging import read_api

        if dataset.source is None:
            return dataset
        reading = read_api(dataset.source, self.hosts, self._secrets)
        if not reading.rows:
            raise SourceError(f"{dataset.origin} gave no rows.", f"Check the path {dataset.source.rows}.")
        frame = pd.json_normalize([dict(row) for row in reading.rows], sep="_", max_level=3).astype(object)
        notes = (f"{reading.pages} pages" if reading.pages > 1 else "one page",)
        return self._put(dataset.model_copy(update={"notes": notes}), {dataset.name: frame})

    def _put(self, dataset: Dataset, frames: Mapping[str, pd.DataFrame]) -> Dataset:
        from engine.datasets.columns import named, typed

        prepared: dict[str, tuple[list[str], list[str], list[tuple[Any, ...]]]] = {}
        for table, frame in frames.items():
            columns = [typed(frame.iloc[:, place]) for place in range(frame.shape[1])]
            rows = list(zip(*(values for _, values in columns), strict=True))
            prepared[table] = named(list(frame.columns)), [kind for kind, _ in columns], rows
        kept = dataset.model_copy(
            update={
                "tables": tuple(prepared),
                "rows": sum(len(rows) for _, _, rows in prepared.values()),
                "read_at": datetime.now(UTC),
            }
        )
        with self._lock:
            others = [each for each in self.all() if each.name != dataset.name]
            self._refuse_taken(kept, others)
            old = next((each.tables for each in self.all() if each.name == dataset.name), ())
            with self._writing() as connection:
                for table in {*old, *kept.tables}:
                    connection.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
                for table, (names, kinds, rows) in prepared.items():
                    create_table(connection, table, kept.origin, names, kinds, rows)
                text = yaml.safe_dump(kept.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
                write_whole(self._folder / f"{dataset.name}.yaml", text.encode())
        return kept

    def _refuse_taken(self, dataset: Dataset, others: Sequence[Dataset]) -> None:
        for other in others:
            if shared := set(dataset.tables) & set(other.tables):
                raise UsageError(
                    f"The table {min(shared)} is already one of the dataset {other.name}.",
                    "Give the dataset another name, or remove the other first.",
                )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One change, whole or not at all."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(self._file, timeout=30, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"The dataset cannot be kept: {error}.", "Free some disk space; check VAR_DIR.") from None


def name_of(file_name: str) -> str:
    """The name a file's dataset gets."""
    plain = words(Path(file_name).stem)
    ascii_only = re.sub(r"[^a-z0-9_]+", "_", plain).strip("_")[:60]
    return checked_name(ascii_only if ascii_only[:1].isalpha() else f"file_{ascii_only}".rstrip("_"))


def table_of(name: str, sheet: str) -> str:
    """The table of a dataset's sheet; a file of one sheet has the dataset's own name."""
    return f"{name}_{re.sub(r'[^a-z0-9_]+', '_', words(sheet)).strip('_')}".rstrip("_") if sheet else name


def create_table(
    connection: sqlite3.Connection,
    table: str,
    origin: str,
    names: Sequence[str],
    kinds: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Make a table with these columns of SQLite's kinds, and fill it."""
    listed = ", ".join(f"{quoted(name)} {kind}" for name, kind in zip(names, kinds, strict=True))
    remark = " ".join(origin.replace("*/", "").split())
    # On a line of its own the remark is read back as the table's comment.
    connection.execute(f"CREATE TABLE {quoted(table)} ( /* {remark} */\n{listed})")
    connection.executemany(f"INSERT INTO {quoted(table)} VALUES ({', '.join('?' * len(names))})", rows)


def _fresh(dataset: Dataset) -> bool:
    if dataset.source is None or dataset.read_at is None:
        return dataset.source is None
    return datetime.now(UTC) - dataset.read_at < timedelta(minutes=dataset.source.fresh_minutes)


def _origin(source: HttpSource) -> str:
    return f"GET {shown(source.url)}"


def _kept(file: Path) -> Dataset:
    try:
        return Dataset.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise StoreError(f"The dataset {file.stem} cannot be read: {error}.", f"Correct or delete {file}.") from None
