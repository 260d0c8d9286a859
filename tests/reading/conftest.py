"""A hire firm with what real databases have: two roles of one table, several dates, states, lines, codes, a copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from engine.authors.base import Ground
from engine.sources.connection import Connection, open_connection

TODAY = date(2026, 11, 22)
_TABLES = """
CREATE TABLE branches (id INTEGER PRIMARY KEY, name TEXT NOT NULL, region TEXT, opened_on TEXT);
CREATE TABLE clients (id INTEGER PRIMARY KEY, name TEXT, industry TEXT, joined_on TEXT, deleted_at TEXT);
CREATE TABLE machines (id INTEGER PRIMARY KEY, serial TEXT, maker TEXT, weight_kg REAL, daily_rate REAL,
    home_branch_id INTEGER REFERENCES branches(id), bought_on TEXT, retired_on TEXT, is_diesel INTEGER);
CREATE TABLE hires (id INTEGER PRIMARY KEY, client_id INTEGER REFERENCES clients(id),
    machine_id INTEGER REFERENCES machines(id), pickup_branch_id INTEGER REFERENCES branches(id),
    return_branch_id INTEGER REFERENCES branches(id), booked_on TEXT, due_on TEXT, returned_on TEXT, status TEXT,
    fee REAL, run_hours REAL);
CREATE TABLE damage_items (id INTEGER PRIMARY KEY, hire_id INTEGER REFERENCES hires(id), part TEXT, repair_min INTEGER,
    cost REAL);
CREATE TABLE clients_bak_20250101 (id INTEGER, name TEXT, industry TEXT, joined_on TEXT, deleted_at TEXT);
"""


def _rows() -> Iterator[tuple[str, tuple[object, ...]]]:
    random = Random(7)
    for at, (name, region) in enumerate((("Harbour", "North"), ("Quarry", "North"), ("Mill", "South")), 1):
        yield "branches", (at, name, region, "2015-01-01")
    trades = ("building", "events", "forestry")
    for at in range(1, 31):
        joined = date(2023, 1, 1) + timedelta(days=random.randrange(1300))
        yield (
            "clients",
            (at, f"Client {at}", trades[at % 3], joined.isoformat(), "2026-01-05" if at % 10 == 0 else None),
        )
        yield "clients_bak_20250101", (at, f"Client {at}", trades[at % 3], joined.isoformat(), None)
    for at in range(1, 21):
        ended = "2026-03-01" if at % 7 == 0 else None
        maker = ("Volta", "Brunn", "Kessel")[at % 3]
        values = (at, f"SN{at:04}", maker, 500 + 37 * at, 40 + at, at % 3 + 1, "2020-05-05", ended, at % 2)
        yield "machines", values
    item = 0
    for at in range(1, 601):
        booked = date(2024, 12, 1) + timedelta(days=random.randrange(690))
        due = booked + timedelta(days=random.randrange(2, 20))
        cancelled = at % 11 == 0
        back = None if cancelled else (due + timedelta(days=random.choice((-1, 0, 0, 2)))).isoformat()
        status = "cancelled" if cancelled else "returned"
        fee, hours = round(random.uniform(80, 900), 2), round(random.uniform(3, 80), 1)
        ways = (random.randrange(1, 28), random.randrange(1, 21), random.randrange(1, 4), random.randrange(1, 4))
        yield "hires", (at, *ways, booked.isoformat(), due.isoformat(), back, status, fee, hours)
        for _ in range(random.randrange(3) if not cancelled else 0):
            item += 1
            part = random.choice(("Track", "Boom", "Cab"))
            yield "damage_items", (item, at, part, random.randrange(10, 300), round(random.uniform(5, 90), 2))


@pytest.fixture(scope="session")
def hire(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """The database of the hire firm."""
    folder: Path = tmp_path_factory.mktemp("hire")
    with sqlite3.connect(folder / "hire.sqlite") as database:
        database.executescript(_TABLES)
        for table, values in _rows():
            database.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)
    database.close()
    return open_connection(f"sqlite:///{folder / 'hire.sqlite'}", folder)


@pytest.fixture(scope="session")
def ground(hire: Connection) -> Ground:
    """What an author stands on there."""
    return Ground(schema=hire.schema, values=hire.values, mapping=None, read=hire.door.read, today=TODAY)
