"""The data a script reads: Parquet files that trusted loaders wrote, or, in a bundle on its own, the database."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from .contract import Sql
from .failures import RuntimeFailure

ROW_CAP = 1_000_000
# The drivers that are taken where the address names none, and the packages of those not in requirements.txt.
DRIVERS = {
    "postgres": "postgresql+psycopg2",
    "postgresql": "postgresql+psycopg2",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "mssql": "mssql+pyodbc",
    "oracle": "oracle+oracledb",
}
PACKAGES = {"mysql+pymysql": "PyMySQL", "mssql+pyodbc": "pyodbc", "oracle+oracledb": "oracledb"}
# What makes the reading read-only, and numbers as exact as in the workbench.
OPENING = {
    "postgresql": ("SET TRANSACTION READ ONLY",),
    "oracle": ("SET TRANSACTION READ ONLY",),
    "mysql": (
        "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',"
        " div_precision_increment = 12",
        "START TRANSACTION READ ONLY",
    ),
}
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")


@dataclass(frozen=True)
class Snapshot:
    """A frame per source, and what is known of how each was read (rows, read_at, sql, bound, columns)."""

    frames: Mapping[str, pd.DataFrame]
    notes: Mapping[str, Mapping[str, Any]]


def load(folder: Path, sources: Mapping[str, Sql], database: str | None = None) -> Snapshot:
    """From `database` when one is given, else from the Parquet files in `folder`/data. Datasets are always files."""
    if not database:
        return from_files(folder / "data", sources)
    asked = {name: source for name, source in sources.items() if source.place == "database"}
    read = from_database(database, asked)
    kept = from_files(folder / "data", {name: source for name, source in sources.items() if name not in asked})
    return Snapshot({**kept.frames, **read.frames}, {**kept.notes, **read.notes})


def from_files(folder: Path, sources: Mapping[str, Sql]) -> Snapshot:
    """The snapshot that lies in `folder`.

    Raises:
        RuntimeFailure: a source's file is missing.
    """
    notes_file = folder / "snapshot.json"
    kept = json.loads(notes_file.read_text(encoding="utf-8")) if notes_file.exists() else []
    notes = {note["name"]: note for note in kept}
    frames = {}
    for name in sources:
        file = folder / f"{name}.parquet"
        if not file.exists():
            raise RuntimeFailure(
                f"There is no data for the source {name!r}: {file.name} is missing.",
                "Set DATABASE_URL to read it from the database, or put the file back.",
            )
        frames[name] = with_times(pd.read_parquet(io.BytesIO(file.read_bytes())))
    return Snapshot(frames, {name: notes.get(name, _note(name, sources[name], frames[name])) for name in sources})


def from_database(url: str, sources: Mapping[str, Sql]) -> Snapshot:
    """Every source read anew, inside one read-only transaction."""
    from sqlalchemy import create_engine, make_url, text
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        # The address may hold a password, so it is not repeated.
        raise RuntimeFailure("DATABASE_URL is not a database address.", "Check DATABASE_URL.") from None
    address = address.set(drivername=DRIVERS.get(address.drivername, address.drivername))
    try:
        engine = create_engine(address)
        with engine.connect() as connection:
            for statement in OPENING.get(address.get_backend_name(), ()):
                connection.execute(text(statement))
            frames = {}
            for name, source in sources.items():
                frame = pd.read_sql_query(text(source.text), connection, params=dict(source.bound))
                if len(frame) > ROW_CAP:
                    raise RuntimeFailure(f"{name} has more than {ROW_CAP:,} rows.", "Narrow its SELECT.")
                frames[name] = with_times(frame)
    except (ImportError, NoSuchModuleError):
        raise RuntimeFailure(
            f"The driver for {address.drivername} is not installed here.",
            f"Install it: pip install {PACKAGES.get(address.drivername, 'its package')}. Or unset DATABASE_URL to show"
            " the data in data/.",
        ) from None
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise RuntimeFailure(f"The database could not be read: {reason}", "Check DATABASE_URL.") from None
    return Snapshot(frames, {name: _note(name, sources[name], frames[name]) for name in sources})


def database_url() -> str | None:
    """DATABASE_URL of the environment, when it is set."""
    return os.environ.get("DATABASE_URL") or None


def with_times(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with dates as timestamps and decimals as floats, whichever way it was read."""
    for name in frame.columns:
        known = frame[name].dropna()
        if known.empty or pd.api.types.is_numeric_dtype(known):
            continue
        kind = type(known.iloc[0]).__name__
        # SQLite keeps days as text; a column that is wholly ISO days is one of days.
        iso = kind == "str" and all_days(known)
        if kind in ("date", "datetime") or iso:
            frame[name] = pd.to_datetime(frame[name])
        elif kind == "Decimal":
            frame[name] = frame[name].astype(float)
    return frame


def all_days(texts: pd.Series) -> bool:
    """Whether every text is an ISO day. Most columns are none by their first, and days repeat."""
    return bool(ISO_DAY.fullmatch(texts.iloc[0])) and all(map(ISO_DAY.fullmatch, texts.unique()))


def _note(name: str, source: Sql, frame: pd.DataFrame) -> dict[str, Any]:
    return {
        "name": name,
        "sql": source.text,
        "bound": dict(source.bound),
        "columns": list(map(str, frame.columns)),
        "rows": len(frame),
        "read_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": 0.0,
    }
