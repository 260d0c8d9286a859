"""A water company whose names are all cut short and whose codes stand in one table for everything."""

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
CREATE TABLE tb_brch (brch_id INTEGER PRIMARY KEY, brch_nm TEXT, rgn TEXT);
CREATE TABLE tb_cust (cust_id INTEGER PRIMARY KEY, cust_nm TEXT, cust_typ TEXT, brch_id INTEGER, dt_reg TEXT,
    stat TEXT);
CREATE TABLE tb_mtr (mtr_id INTEGER PRIMARY KEY, cust_id INTEGER, inst_dt TEXT, mtr_typ TEXT);
CREATE TABLE tb_rpr (rpr_id INTEGER PRIMARY KEY, mtr_id INTEGER, rsn TEXT, opnd_dt TEXT, clsd_dt TEXT, dur_min INTEGER,
    cst REAL);
CREATE TABLE tb_ord_ln (ord_ln_id INTEGER PRIMARY KEY, cust_id INTEGER, ord_dt TEXT, qty INTEGER, unt_prc REAL);
CREATE TABLE tb_cd (cd_grp TEXT, cd_val TEXT, cd_txt TEXT);
"""
_CODES = (
    ("CUST_TYP", "R", "Residential"), ("CUST_TYP", "I", "Industrial"), ("CUST_TYP", "F", "Farm"),
    ("CUST_STAT", "A", "Active"), ("CUST_STAT", "S", "Suspended"), ("CUST_STAT", "X", "Moved away"),
    ("MTR_TYP", "1", "Mechanical"), ("MTR_TYP", "2", "Ultrasonic"),
    ("RSN", "LK", "Leak"), ("RSN", "FZ", "Frost damage"), ("RSN", "BT", "Flat battery"),
)  # fmt: skip


def _rows() -> Iterator[tuple[str, tuple[object, ...]]]:
    random = Random(11)
    for at, (name, region) in enumerate((("Harbour", "North"), ("Quarry", "North"), ("Mill", "South")), 1):
        yield "tb_brch", (at, name, region)
    yield from (("tb_cd", code) for code in _CODES)
    for at in range(1, 121):
        joined = date(2020, 1, 1) + timedelta(days=random.randrange(2300))
        kind, state = random.choice("RRRIF"), random.choice("AAASX")
        yield "tb_cust", (at, f"Holding {at}", kind, random.randrange(1, 4), joined.isoformat(), state)
        yield "tb_mtr", (at, at, joined.isoformat(), random.choice("12"))
    for at in range(1, 401):
        opened = date(2025, 1, 1) + timedelta(days=random.randrange(660))
        closed = (opened + timedelta(days=random.randrange(9))).isoformat() if at % 9 else None
        why, cost = random.choice(("LK", "FZ", "BT")), round(random.uniform(20, 400), 2)
        yield (
            "tb_rpr",
            (at, random.randrange(1, 121), why, opened.isoformat(), closed, random.randrange(10, 240), cost),
        )
        ordered = date(2025, 1, 1) + timedelta(days=random.randrange(660))
        price = round(random.uniform(2, 30), 2)
        yield "tb_ord_ln", (at, random.randrange(1, 121), ordered.isoformat(), random.randrange(1, 20), price)


@pytest.fixture(scope="session")
def water(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """The database of the water company."""
    folder: Path = tmp_path_factory.mktemp("water")
    with sqlite3.connect(folder / "water.sqlite") as database:
        database.executescript(_TABLES)
        for table, values in _rows():
            database.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)
    database.close()
    return open_connection(f"sqlite:///{folder / 'water.sqlite'}", folder)


@pytest.fixture(scope="session")
def ground(water: Connection) -> Ground:
    """What an author stands on there, with nothing said of it."""
    return Ground(schema=water.schema, values=water.values, mapping=None, read=water.door.read, today=TODAY)
