"""The data of one run: every source read once, kept as Parquet beside notes of how it was read."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import SourceError, UsageError
from engine.products import Event, SourceData, SourcePlan, Step, Tell
from engine.sources.door import Door

FOLDER = "data"
NOTES = f"{FOLDER}/snapshot.json"
_NAME = re.compile(r"[A-Za-z_]\w{0,99}", re.ASCII)


@dataclass(frozen=True)
class Snapshot:
    """`files` are relative to the run's folder: `data/<source>.parquet` and `data/snapshot.json`."""

    files: Mapping[str, bytes]
    sources: tuple[SourceData, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values()))


class Datasets(Protocol):
    """What reads datasets, and says where their rows came from."""

    def read(self, sql: str, bound: Mapping[str, Any]) -> pd.DataFrame:
        """The rows of one SELECT."""
        ...

    def origin(self, sql: str) -> tuple[str, datetime | None]:
        """In words where the rows of a SELECT came from, and when the oldest of them was read."""
        ...


def load_snapshot(
    door: Door, sources: Sequence[SourcePlan], tell: Tell | None = None, datasets: Datasets | None = None
) -> Snapshot:
    """Read every source, the database's through the door. The first that fails ends it, named."""
    files: dict[str, bytes] = {}
    read: list[SourceData] = []
    for source in sources:
        # The name becomes a file's name, so it is one plain word and nothing else.
        if not _NAME.fullmatch(source.name) or f"{FOLDER}/{source.name}.parquet" in files:
            raise UsageError(
                f"'{source.name}' cannot name a source.",
                "Use letters, digits and underscores, each name once.",
            )
        frame, data = _read(door, source, datasets)
        files[f"{FOLDER}/{source.name}.parquet"] = to_parquet(frame)
        read.append(data)
        if tell:
            text = f"{source.name}: {data.rows:,} rows"
            tell(Event(step=Step.EXECUTE, state="progress", message=text, at=data.read_at, seconds=data.seconds))
    notes = [data.model_dump(mode="json") for data in read]
    files[NOTES] = json.dumps(notes, ensure_ascii=False, indent=1).encode()
    return Snapshot(files, tuple(read))


def to_parquet(frame: pd.DataFrame) -> bytes:
    """A frame as Parquet, its types kept."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _read(door: Door, source: SourcePlan, datasets: Datasets | None) -> tuple[pd.DataFrame, SourceData]:
    started, moment = time.monotonic(), datetime.now(UTC)
    origin = ""
    try:
        if source.place == "database":
            frame = door.read(source.sql, source.bound)
        elif datasets is None:
            raise SourceError("There are no datasets here.", "Upload the file, or declare the API.")
        else:
            frame = datasets.read(source.sql, source.bound)
            origin, read_at = datasets.origin(source.sql)
            moment = read_at or moment
    except SourceError as error:
        raise SourceError(f"The source '{source.name}' could not be read. {error.message}", error.hint) from error
    frame.attrs = {}
    data = SourceData(
        name=source.name,
        sql=source.sql,
        bound=source.bound,
        columns=tuple(map(str, frame.columns)),
        rows=len(frame),
        read_at=moment,
        seconds=round(time.monotonic() - started, 4),
        origin=origin,
    )
    return frame, data
