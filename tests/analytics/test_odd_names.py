"""Names that a database may have and a sentence hardly: dots, spaces, quotes, emoji, reserved words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine import Kit, Settings
from engine.usecases.portfolio.compute import run_portfolio
from tests.datasets.conftest import ask, rows_of

TABLES = """
CREATE TABLE "sales data.2024" (id INTEGER PRIMARY KEY, "Ämount €" REAL, "the.region" TEXT, shop_id INTEGER
  REFERENCES "shop ""list"".🏠" ("shop.id"));
CREATE TABLE "shop ""list"".🏠" ("shop.id" INTEGER PRIMARY KEY, "select" TEXT);
INSERT INTO "shop ""list"".🏠" VALUES (1, 'Harbour'), (2, 'Station');
INSERT INTO "sales data.2024" VALUES (1, 10.5, 'North', 1), (2, 21, 'Süd', 1), (3, 31.5, 'North', 2);
"""


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with closing(sqlite3.connect(tmp_path / "odd.sqlite")) as connection:
        connection.executescript(TABLES)
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/odd.sqlite",
        executor="local",
        store_url=f"sqlite:///{tmp_path}/store.sqlite",
        output_dir=tmp_path / "runs",
        var_dir=tmp_path / "var",
        log_dir=tmp_path / "logs",
    )
    made = Kit(settings)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("total ämount by the region", [("North", 42.0), ("Süd", 21.0)]),
        ("total ämount by select", [("Harbour", 31.5), ("Station", 31.5)]),
    ],
)
def test_they_are_read_and_joined(kit: Kit, text: str, expected: list[tuple[object, ...]]) -> None:
    assert sorted(rows_of(ask(kit, text, model="none"))) == expected


def test_a_portfolio_lists_their_members(kit: Kit) -> None:
    run = ask(kit, "total ämount of North", model="none")
    assert rows_of(run) == []
    found = run_portfolio(run, kit, (), "")
    assert {member.name for member in found.members} == {"North", "Süd"}
