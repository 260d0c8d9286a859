"""The store's tables, and their upgrade by Alembic when the code is newer than the database."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
# The newest revision in migrations/versions; a test holds the two together.
NEWEST = "0005"
PATIENCE = 25

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("title", Text, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("status", String(20), nullable=False, index=True),
    Column("created_at", DateTime(timezone=True), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("lease_until", DateTime(timezone=True)),
    Column("archived", Boolean, nullable=False),
    Column("cancel_wanted", Boolean, nullable=False),
    Column("folder", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("seconds", Text, nullable=False),
)
products = Table(
    "products",
    metadata,
    Column("run_id", String(40), primary_key=True),
    Column("name", String(20), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("content", Text, nullable=False),
)
events = Table(
    "events",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(40), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("content", Text, nullable=False),
)
scenarios = Table(
    "scenarios",
    metadata,
    Column("run_id", String(40), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("content", Text, nullable=False),
)
choices = Table(
    "choices",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("content", Text, nullable=False),
)
answers = Table(
    "answers",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("tables_print", String(64), nullable=False, index=True),
    Column("run_id", String(40), nullable=False, index=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("content", Text, nullable=False),
)
grants = Table(
    "grants",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("kind", String(10), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("run_id", String(40), nullable=False, index=True),
    Column("rights", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
)
marks = Table(
    "marks",
    metadata,
    Column("run_id", String(40), primary_key=True),
    Column("pinned", Boolean, nullable=False),
    Column("tags", Text, nullable=False),
)
services = Table(
    "services",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("name", String(60), nullable=False, unique=True),
    Column("revision", Integer, nullable=False),
    Column("content", Text, nullable=False),
)
ticks = Table(
    "ticks",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("service_id", String(12), nullable=False, index=True),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("lease_until", DateTime(timezone=True)),
    Column("run_id", String(40), nullable=False),
    Column("cause", String(10), nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("service_id", "due_at"),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("service_id", String(12), nullable=False, index=True),
    Column("tick_id", String(16), nullable=False, index=True),
    Column("state", String(10), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("lease_until", DateTime(timezone=True)),
    Column("content", Text, nullable=False),
)
audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("run_id", String(40), nullable=False, index=True),
    Column("action", String(40), nullable=False),
    Column("detail", Text, nullable=False),
)


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest revision; asks Alembic only when it is not there yet."""
    if _revision(engine) == NEWEST:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    for patience in range(PATIENCE, -1, -1):
        try:
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            return
        except SQLAlchemyError:
            # Another process may be making the same tables right now; then they are there in a moment.
            if not patience:
                raise
            time.sleep(0.2)
            if _revision(engine) == NEWEST:
                return


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(found) if found else None
