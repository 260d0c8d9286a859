"""All datasets of a workbench: kept as tables of one SQLite file, which only the guarded door reads."""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from engine.datasets.declaration import Dataset, HttpSource, checked_name
from engine.datasets.fetching import shown
from engine.datasets.hosts import Hosts
from engine.datasets.preview import Preview, PreviewTable, differences
from engine.errors import SourceError, StoreError, UsageError
from engine.foundation.files import own_folder, private_file, write_whole
from engine.intake.limits import FileLimits
from engine.intake.recipe import Recipe
from engine.intake.told import ToldTable
from engine.sources.naming import quoted, words

if TYPE_CHECKING:
    import pandas as pd

    from engine.sources.connection import Connection
    from engine.sources.schema import Schema
    from engine.sources.values import ValueIndex

PLACE = "datasets"
FIRST_ROWS = 30


class Shelf:
    """Adds, reads anew and removes datasets. Every change is whole or not at all."""

    def __init__(
        self, folder: Path, hosts: Hosts, secrets: Mapping[str, str], limits: FileLimits | None = None
    ) -> None:
        self.hosts = hosts
        self._limits = limits or FileLimits()
        self._folder, self._secrets = folder, secrets
        self._file = folder / "tables.sqlite"
        self._lock = threading.RLock()
        self._connection: Connection | None = None

    def all(self) -> tuple[Dataset, ...]:
        """Every dataset, by name."""
        if not self._folder.is_dir():
            return ()
        return tuple(_kept(file) for file in sorted(self._folder.glob("*.yaml")))

    def kept(self) -> tuple[Dataset, ...]:
        """The datasets that every question is asked of, without those that are there for their own questions alone."""
        return tuple(dataset for dataset in self.all() if not dataset.apart)

    def keep(self, name: str) -> Dataset:
        """Ask a dataset in every question from now on."""
        dataset = self.get(name).model_copy(update={"apart": False})
        with self._lock:
            self._declare(dataset)
        return dataset

    def get(self, name: str) -> Dataset:
        """The dataset of that name."""
        for dataset in self.all():
            if dataset.name == name:
                return dataset
        known = ", ".join(each.name for each in self.all()) or "none yet"
        raise UsageError(f"There is no dataset {name!r}.", f"The datasets are: {known}.")

    def preview(
        self,
        file_name: str,
        content: bytes,
        recipe: Recipe | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Preview:
        """How a file would be read, with its first rows; nothing is kept."""
        from engine.datasets.apart import read_apart

        name, given = Path(file_name).name, recipe or Recipe()
        with read_apart(name, content, self._folder, self._limits, given, cancelled) as reading:
            tables = tuple(
                PreviewTable(told=told, rows=_first_rows(reading.file, at)) for at, told in enumerate(reading.tables)
            )
            return Preview(file=name, recipe=given, tables=tables, sheets=reading.sheets)

    def add_file(
        self, file_name: str, content: bytes, name: str = "", recipe: Recipe | None = None, *, apart: bool = False
    ) -> Dataset:
        """Take in a file; one of the same name before it is replaced.

        One that is `apart` is asked only by questions that name it, and never replaces one that is kept for all.
        Without a recipe it is read as the last file of its name or of its columns was, and what is different is said.
        """
        from engine.datasets.apart import read_apart

        name = checked_name(name) if name else name_of(file_name)
        if apart and any(each.name == name for each in self.kept()):
            name = f"{name[:56]}_own"
        digest = hashlib.sha256(content).hexdigest()[:12]
        origin = f"the file {Path(file_name).name} ({len(content):,} bytes, sha256 {digest})"
        before = next((each for each in self.all() if each.name == name and each.file), None)
        given = recipe or (before.recipe if before else Recipe())
        with read_apart(Path(file_name).name, content, self._folder, self._limits, given) as reading:
            if recipe is None and (like := self._like(name, reading.tables)) is not None:
                return self.add_file(file_name, content, name, like.recipe, apart=apart)
            fillings = [Filling.of_file(place, told) for place, told in enumerate(reading.tables)]
            alone = len(reading.tables) == 1
            names = [table_of(name, "" if alone else told.sheet) for told in reading.tables]
            read = dict(zip(names, reading.tables, strict=True))
            if len(read) < len(reading.tables):
                raise UsageError(f"Two tables of {file_name} have one name.", "Rename one of their sheets or titles.")
            notes = tuple(dict.fromkeys(note for told in reading.tables for note in told.said))
            changes = differences(before.read, read) if before else ()
            made = Dataset(
                name=name,
                origin=origin,
                notes=(*notes, *changes),
                file=Path(file_name).name,
                recipe=given,
                read=read,
                apart=apart,
            )
            kept = self._put(made, dict(zip(read, fillings, strict=True)), reading.file)
            self._keep_file(kept, content)
            return kept

    def settle(self, name: str, recipe: Recipe) -> Dataset:
        """Read a file anew as a person wants it read: what they answered or corrected."""
        dataset = self.get(name)
        kept = self._folder / "files" / f"{name}{Path(dataset.file).suffix.lower()}"
        if not dataset.file or not kept.is_file():
            raise UsageError(f"The file of {name} is no longer here.", "Upload it again.")
        return self.add_file(dataset.file, kept.read_bytes(), name, recipe, apart=dataset.apart)

    def _like(self, name: str, tables: Sequence[ToldTable]) -> Dataset | None:
        """A dataset with a recipe whose file had the same columns, so that the next month's is read as it was."""
        shape = _shape(tables, Recipe())
        return next(
            (
                each
                for each in self.all()
                if each.name != name and each.recipe != Recipe() and _shape(each.read.values(), each.recipe) == shape
            ),
            None,
        )

    def _keep_file(self, dataset: Dataset, content: bytes) -> None:
        """Keep the file itself beside its tables, so that it can be read in another way."""
        folder = own_folder(self._folder / "files")
        for old in folder.glob(f"{dataset.name}.*"):
            old.unlink(missing_ok=True)
        write_whole(folder / f"{dataset.name}{Path(dataset.file).suffix.lower()}", content)

    def add_api(self, name: str, source: HttpSource) -> Dataset:
        """Take in a declared GET: it is read at once, and kept only when that went well."""
        return self._read(Dataset(name=checked_name(name), origin=_origin(source), source=source))

    def try_api(self, source: HttpSource) -> Any:
        """The document of a declared GET's first page; nothing of it is kept."""
        from engine.datasets.paging import first_page

        return first_page(source, self.hosts, self._secrets)

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
            for kept in (self._folder / "files").glob(f"{name}.*"):
                kept.unlink(missing_ok=True)
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
        """What the datasets of these names hold, or those that are kept for every question."""
        from engine.sources.values import ValueIndex

        connection = self.connection()
        names = names or [dataset.name for dataset in self.kept()]
        if len(names) == len(self.all()):
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
        held = connection.values
        entries, numbers = ([each for each in own if each[0] in tables] for own in (held.entries, held.numbers))
        values = ValueIndex.of(entries, numbers=numbers)
        return schema, values

    def read(self, sql: str, bound: Mapping[str, Any]) -> pd.DataFrame:
        """The rows of one SELECT over datasets; an API that it names is asked again when no longer fresh."""
        self.freshen(sql)
        return self.connection().door.read(sql, bound)

    def look(self, sql: str, bound: Mapping[str, Any]) -> pd.DataFrame:
        """The rows of one SELECT as they were last read: a look while a request is read asks no API again."""
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
        from engine.datasets.paging import read_api
        from engine.datasets.trying import frame_of

        if dataset.source is None:
            return dataset
        reading = read_api(dataset.source, self.hosts, self._secrets)
        if not reading.rows:
            raise SourceError(f"{dataset.origin} gave no rows.", f"Check the path {dataset.source.rows}.")
        notes = (f"{reading.pages} pages" if reading.pages > 1 else "one page",)
        return self._put(
            dataset.model_copy(update={"notes": notes}), {dataset.name: Filling.of_frame(frame_of(reading.rows))}
        )

    def _put(self, dataset: Dataset, prepared: Mapping[str, Filling], beside: Path | None = None) -> Dataset:
        """Keep tables; those of a file lie in the SQLite file `beside`."""
        kept = dataset.model_copy(
            update={
                "tables": tuple(prepared),
                "rows": sum(filling.count for filling in prepared.values()),
                "read_at": datetime.now(UTC),
            }
        )
        with self._lock:
            others = [each for each in self.all() if each.name != dataset.name]
            self._refuse_taken(kept, others)
            old = next((each.tables for each in self.all() if each.name == dataset.name), ())
            with self._writing(beside) as connection:
                for table in {*old, *kept.tables}:
                    connection.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
                for table, filling in prepared.items():
                    create_table(connection, table, kept.origin, filling)
                self._declare(kept)
        return kept

    def _declare(self, dataset: Dataset) -> None:
        text = yaml.safe_dump(dataset.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
        write_whole(self._folder / f"{dataset.name}.yaml", text.encode())

    def _refuse_taken(self, dataset: Dataset, others: Sequence[Dataset]) -> None:
        for other in others:
            if shared := set(dataset.tables) & set(other.tables):
                raise UsageError(
                    f"The table {min(shared)} is already one of the dataset {other.name}.",
                    "Give the dataset another name, or remove the other first.",
                )

    @contextlib.contextmanager
    def _writing(self, beside: Path | None = None) -> Iterator[sqlite3.Connection]:
        """One change, whole or not at all; the file `beside` is there as `made`."""
        try:
            private_file(self._file)
            with contextlib.closing(sqlite3.connect(self._file, timeout=30, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
                if beside is not None:
                    connection.execute("ATTACH DATABASE ? AS made", (str(beside),))
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


@dataclass(frozen=True)
class Filling:
    """What goes into a table: its columns with SQLite's kinds, and the rows, or where they lie."""

    names: Sequence[str]
    kinds: Sequence[str]
    count: int
    rows: Sequence[tuple[Any, ...]] = ()
    source: str = ""
    key: str = ""
    remarks: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_file(cls, place: int, told: ToldTable) -> Filling:
        """A table that lies in the file beside."""
        key = next((column.name for column in told.columns if column.key), "")
        remarks = {column.name: f"in {column.unit}" for column in told.columns if column.unit}
        names, kinds = [column.name for column in told.columns], [column.kind for column in told.columns]
        return cls(names, kinds, told.rows, source=f"made.t{place}", key=key, remarks=remarks)

    @classmethod
    def of_frame(cls, frame: pd.DataFrame) -> Filling:
        """Rows that an API or a database gave."""
        from engine.datasets.trying import columns_of

        columns = columns_of(frame)
        names, kinds = [column.name for column in columns], [column.kind for column in columns]
        remarks = {column.name: f"in {column.unit}" for column in columns if column.unit}
        rows = list(zip(*(column.values for column in columns), strict=True))
        return cls(names, kinds, len(rows), rows, remarks=remarks)


def create_table(connection: sqlite3.Connection, table: str, origin: str, filling: Filling) -> None:
    """Make a table with the columns of a filling, and fill it."""
    listed = []
    for name, kind in zip(filling.names, filling.kinds, strict=True):
        key = " PRIMARY KEY" if name == filling.key else ""
        said = f" /* {_remark(filling.remarks[name])} */" if name in filling.remarks else ""
        listed.append((f"{quoted(name)} {kind}{key}", said))
    lines = [f"{column}{',' if at < len(listed) else ''}{said}" for at, (column, said) in enumerate(listed, 1)]
    # On a line of its own the remark is read back as the table's comment.
    connection.execute(f"CREATE TABLE {quoted(table)} ( /* {_remark(origin)} */\n" + "\n".join(lines) + "\n)")
    if filling.source:
        connection.execute(f"INSERT INTO {quoted(table)} SELECT * FROM {filling.source}")
        return
    marks = ", ".join("?" * len(filling.names))
    connection.executemany(f"INSERT INTO {quoted(table)} VALUES ({marks})", filling.rows)


def _remark(text: str) -> str:
    return " ".join(text.replace("*/", "").split())


def _shape(tables: Iterable[ToldTable], recipe: Recipe) -> frozenset[frozenset[str]]:
    """The names that files give their columns, by which those of one layout are known for one."""
    left_out = {name.lower() for name, column in recipe.columns.items() if column.leave_out}
    return frozenset(frozenset(column.source.lower() for column in told.columns) | left_out for told in tables)


def _first_rows(file: Path, place: int, count: int = FIRST_ROWS) -> tuple[tuple[Any, ...], ...]:
    with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return tuple(connection.execute(f"SELECT * FROM t{place} LIMIT {count}").fetchall())


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
