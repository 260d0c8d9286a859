"""`schema`: words are taught, listed and forgotten, a proposal is shown and kept; as one JSON document too."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.__main__ import parser
from engine.authors.asking import Understood, understand
from engine.authors.base import Declined
from engine.authors.catalogue import CatalogueAuthor
from engine.errors import UsageError
from engine.kit import Kit
from engine.products import Request, Task
from engine.settings import Settings

_TABLES = """
CREATE TABLE client (id INTEGER PRIMARY KEY, name TEXT, stat TEXT, joined_on TEXT, brch TEXT);
CREATE TABLE item (id INTEGER PRIMARY KEY, client_id INTEGER REFERENCES client(id), qty INTEGER, unit_price REAL);
INSERT INTO client VALUES (1, 'One', 'A', '2025-01-01', 'Ulm'), (2, 'Two', 'X', '2026-01-01', 'Bonn');
INSERT INTO item VALUES (1, 1, 2, 3.5), (2, 2, 4, 1.0);
"""


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    """The parts of a process over a small shop."""
    with sqlite3.connect(tmp_path / "shop.sqlite") as database:
        database.executescript(_TABLES)
    database.close()
    made = Kit(Settings(database_url=f"sqlite:///{tmp_path / 'shop.sqlite'}", var_dir=tmp_path / "var"))
    yield made
    made.close()


@pytest.fixture
def schema(kit: Kit, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What `./run schema` prints."""

    def run(*words: str) -> str:
        options = parser().parse_args(["schema", *words])
        assert options.act(options, kit) == 0
        return capsys.readouterr().out

    return run


def test_a_word_is_taught_listed_and_forgotten(kit: Kit, schema: Callable[..., str]) -> None:
    assert "sales is 11 in all over 2 rows of item" in schema("--teach", "sales = sum of item.qty * item.unit_price")
    assert "active client is true of 1 of 2 rows" in schema("--teach", "active client = client.stat = 'A'")
    assert "No row of client is old client now" in schema("--teach", "old client = client.joined_on < '2000-01-01'")
    listed = schema("--taught")
    assert "sales = sum of item.qty * item.unit_price  (taught by " in listed
    assert "3 statements" in schema()
    assert "sales is forgotten" in schema("--forget", "sales")
    assert "sales" not in schema("--taught")
    with pytest.raises(UsageError, match="Nothing is said of 'sales'"):
        schema("--forget", "sales")


def test_each_of_them_gives_one_document(schema: Callable[..., str]) -> None:
    taught: dict[str, Any] = json.loads(schema("--teach", "sales = sum of item.qty * item.unit_price", "--json"))
    assert taught["taught"]["measure"] == "item.qty * item.unit_price"
    assert taught["taught"]["source"]["origin"] == "taught"
    shown = json.loads(schema("--proposal", "--json"))
    assert shown["kept"] is False
    kept = json.loads(schema("--accept-proposal", "--json"))
    assert kept["kept"] is True
    assert kept["shortenings"] == shown["shortenings"]
    assert json.loads(schema("--taught", "--json"))["warnings"] == []
    assert json.loads(schema("--forget", "sales", "--json"))["shortenings"]


def test_a_proposal_is_kept_once_in_a_few_lines(schema: Callable[..., str]) -> None:
    assert "brch stands for branch" in schema("--proposal")
    assert len(schema("--accept-proposal").splitlines()) < 10
    assert "There is nothing to confirm." in schema("--proposal")


def test_what_no_longer_holds_is_said_and_a_faulty_file_is_an_error(kit: Kit, schema: Callable[..., str]) -> None:
    schema("--teach", "sales = sum of item.qty * item.unit_price")
    file = kit.said_of(kit.settings.database).file
    text = file.read_text()
    file.write_text(text.replace("item.qty", "item.gone"))
    assert "sales can no longer be read: There is no column gone in item." in schema("--taught")
    file.write_text(text.replace("word:", "wrod:"))
    with pytest.raises(UsageError, match=r"line \d+: words\.0\.word: Field required"):
        schema("--taught")


def test_a_taught_word_is_read_by_no_other_rules(kit: Kit, schema: Callable[..., str]) -> None:
    schema("--teach", "active client = client.stat = 'A'")
    ground = kit.ground(kit.settings.database)
    assert isinstance(understand("how many active clients", ground, {}), Understood)
    author = CatalogueAuthor()
    found = author.analyse(Request(text="how many active clients", database=""), ground)
    assert isinstance(found, Task)
    assert "active client is taken as client.stat = 'A'" in str(found.intent["assumptions"])
    assert isinstance(author.analyse(Request(text="how many active items", database=""), ground), Declined)
