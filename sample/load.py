"""Writes the sample database: python -m sample.load [--db URL] [--replace]."""

from __future__ import annotations

import argparse
import csv
import io
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Date,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    Table,
    create_engine,
    make_url,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.sql.sqltypes import Text

from sample.company import generate
from sample.rows import Company
from sample.schema import MARK, metadata

DEFAULT: Final = "sqlite:///var/sample.sqlite"
_EXISTING: Final = text(
    "SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relname = ANY(:names)"
)


class Refused(Exception):
    """The database was left as it was; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    """Load as the command line asks; 0 when loaded, 1 when refused."""
    parser = argparse.ArgumentParser(prog="python -m sample.load", description="Load the fictional sample database.")
    parser.add_argument("--db", default=DEFAULT, help=f"SQLAlchemy URL, by default {DEFAULT}")
    parser.add_argument("--replace", action="store_true", help="replace sample tables loaded before")
    options = parser.parse_args(arguments)
    try:
        counts = load(options.db, replace=options.replace)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    print(f"Loaded {sum(counts.values()):,} rows of fictional sample data into {len(counts)} tables.")
    return 0


def load(db: str, *, replace: bool = False) -> dict[str, int]:
    """Write all rows into the database; the number of rows by table."""
    url = _url(db)
    company = generate()
    if url.get_backend_name() == "sqlite":
        _load_sqlite(url, company)
    else:
        _load_postgresql(url, company, replace)
    return {name: len(lines) for name, lines in vars(company).items()}


def _url(db: str) -> URL:
    """The URL, with the driver we install for PostgreSQL."""
    plain = db.replace("postgres://", "postgresql://", 1) if db.startswith("postgres://") else db
    try:
        url = make_url(plain)
    except ArgumentError as error:
        raise Refused("The --db value is not a database URL such as postgresql://user@host/name.") from error
    if url.drivername == "postgresql":
        return url.set(drivername="postgresql+psycopg2")
    if url.drivername in ("postgresql+psycopg2", "sqlite", "sqlite+pysqlite"):
        return url
    raise Refused("Only sqlite:/// and postgresql:// URLs can be loaded.")


def _load_sqlite(url: URL, company: Company) -> None:
    """Build the file beside its place and move it there whole."""
    if not url.database or url.database == ":memory:":
        raise Refused("A SQLite URL must name a file, such as sqlite:///var/sample.sqlite.")
    target = Path(url.database)
    _check_ours(target)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
    os.close(handle)
    try:
        _fill_sqlite(name, company)
        os.chmod(name, 0o600)
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


def _check_ours(target: Path) -> None:
    """Refuse to write over a file that is not an earlier sample database."""
    if not target.exists() or target.stat().st_size == 0:
        return
    try:
        with closing(sqlite3.connect(f"{target.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE instr(sql, ?)", (MARK,)).fetchone()
    except sqlite3.DatabaseError:
        found = None
    if not found:
        raise Refused(f"{target} exists and is not a sample database, so it was left alone.")


def _fill_sqlite(path: str, company: Company) -> None:
    """Create and fill the tables in one transaction."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # a broken build is thrown away anyhow
        for table in metadata.sorted_tables:
            connection.execute(sqlite_table(table))
            marks = ", ".join("?" for _ in table.columns)
            lines = getattr(company, table.name)
            connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", _sqlite_rows(lines))
            for index in sorted(table.indexes, key=lambda i: str(i.name)):
                columns = ", ".join(c.name for c in index.columns)
                connection.execute(f"CREATE INDEX {index.name} ON {table.name} ({columns})")
        connection.commit()


def sqlite_table(table: Table) -> str:
    """CREATE TABLE for SQLite, which keeps comments only as part of this text."""
    parts = [(_sqlite_column(c), c.comment) for c in table.columns]
    parts += [(_sqlite_reference(k), None) for k in table.foreign_key_constraints]
    lines = [f"CREATE TABLE {table.name} (", f"    -- {table.comment}"]
    for place, (part, comment) in enumerate(parts, 1):
        comma = "," if place < len(parts) else ""
        lines.append(f"    {part}{comma}" + (f" -- {comment}" if comment else ""))
    return "\n".join([*lines, ")"])


def _sqlite_column(column: Any) -> str:
    """Name, type and constraints of a column."""
    words = [column.name, _sqlite_type(column.type)]
    if not column.nullable:
        words.append("NOT NULL")
    if column.primary_key:
        words.append("PRIMARY KEY")
    if column.unique:
        words.append("UNIQUE")
    words += [f"CHECK ({c.sqltext})" for c in column.constraints if hasattr(c, "sqltext")]
    return " ".join(words)


def _sqlite_type(kind: Any) -> str:
    """The SQLite type; amounts are REAL, since NUMERIC would keep round ones as integers and divide so."""
    names = {Integer: "INTEGER", Numeric: "REAL", Date: "DATE", Text: "TEXT"}
    return next(name for sort, name in names.items() if isinstance(kind, sort))


def _sqlite_reference(key: ForeignKeyConstraint) -> str:
    """A foreign key as a table constraint."""
    column = key.column_keys[0]
    return f"FOREIGN KEY ({column}) REFERENCES {key.referred_table.name} ({column})"


def _sqlite_rows(lines: Iterable[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """The rows with amounts as floats and days as ISO text."""
    for line in lines:
        yield [float(v) if type(v) is Decimal else v.isoformat() if type(v) is date else v for v in line]


def _load_postgresql(url: URL, company: Company, replace: bool) -> None:
    """Create and fill the tables in schema public, all in one transaction."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL search_path TO public"))
            _clear(connection, replace)
            metadata.create_all(connection, checkfirst=False)
            for table in metadata.sorted_tables:
                _copy(connection, table.name, getattr(company, table.name))
            # Fresh tables have no planner statistics, and autovacuum may take a minute to gather them.
            connection.execute(text("ANALYZE " + ", ".join(metadata.tables)))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise Refused(f"PostgreSQL did not take the sample data, nothing was changed: {reason}") from error
    finally:
        engine.dispose()


def _clear(connection: Connection, replace: bool) -> None:
    """Make room: refuse when there are such tables, or drop them if asked to and they are ours."""
    found = connection.execute(_EXISTING, {"names": list(metadata.tables)})
    existing: dict[str, str] = dict(iter(found))
    if not existing:
        return
    names = ", ".join(sorted(existing))
    if not replace:
        raise Refused(f"Schema public already has {names}; pass --replace to load them anew.")
    foreign = sorted(name for name, comment in existing.items() if not comment.startswith(MARK))
    if foreign:
        raise Refused(f"Not sample tables, so not replaced: {', '.join(foreign)}; nothing was changed.")
    metadata.drop_all(connection)


def _copy(connection: Connection, name: str, lines: Iterable[tuple[Any, ...]]) -> None:
    """Send the rows by COPY, the fastest way in; an empty field is null."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(lines)
    buffer.seek(0)
    cursor = connection.connection.cursor()
    cursor.copy_expert(f"COPY public.{name} FROM STDIN WITH (FORMAT csv)", buffer)


if __name__ == "__main__":
    sys.exit(main())
