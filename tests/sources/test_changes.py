"""What is new since the last look, the profile of a column, and the neighbourhood of a table."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import Kit, Settings
from engine.errors import RefusedError, UsageError
from engine.meaning.relations import neighbourhood, overview
from engine.settings import WRITING_CONSENT
from engine.sources.connection import open_connection
from engine.sources.profile import profile
from engine.sources.schema import Column, ForeignKey, Kind, Schema, Table


def test_changes_are_told_in_sentences_and_kept(sqlite_address: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert open_connection(sqlite_address, cache).changes() == ()
    with sqlite3.connect(sqlite_address.removeprefix("sqlite:///")) as connection:
        connection.execute("ALTER TABLE loans ADD COLUMN rate REAL")
        connection.execute("ALTER TABLE loans ADD COLUMN lender TEXT")
        connection.execute("ALTER TABLE loans DROP COLUMN note")
        connection.execute("CREATE TABLE visits (n INTEGER)")
    connection.close()
    found = open_connection(sqlite_address, cache).changes()
    assert [change.sentences for change in found] == [
        ("the table visits is new", "loans has the new columns rate, lender", "loans has lost the column note")
    ]
    assert open_connection(sqlite_address, cache).changes() == found
    with sqlite3.connect(sqlite_address.removeprefix("sqlite:///")) as connection:
        connection.execute("DROP TABLE visits")
    connection.close()
    assert [change.sentences[0] for change in open_connection(sqlite_address, cache).changes()] == [
        "the table visits is gone",
        "the table visits is new",
    ]


def test_a_number_is_profiled(address: str, tmp_path: Path) -> None:
    connection = open_connection(address, tmp_path)
    found = profile(connection.door, connection.schema, "rents", "amount")
    assert (found.rows, found.missing, found.distinct, found.whole) == (36, 0, 36, True)
    assert found.average == pytest.approx(2006.5)
    assert sum(each.rows for each in found.bins) == 36
    assert found.bins[0].rows == found.bins[-1].rows == 12


def test_dates_and_texts_are_profiled(address: str, tmp_path: Path) -> None:
    connection = open_connection(address, tmp_path)
    months = profile(connection.door, connection.schema, "rents", "month")
    assert [(each.low, each.rows) for each in months.bins][:2] == [("2024-01", 3), ("2024-02", 3)]
    kinds = profile(connection.door, connection.schema, "properties", "kind")
    assert kinds.top == (("Retail", 2), ("Industrial", 1), ("Office", 1))
    odd = profile(connection.door, connection.schema, 'Odd "Name', "two words")
    assert odd.top == (("x", 1), ("y", 1))


def test_a_personal_column_gives_counts_alone(address: str, tmp_path: Path) -> None:
    connection = open_connection(address, tmp_path)
    column = next(c.name for c in connection.schema.by_key["properties"].columns if "mail" in c.name)
    found = profile(connection.door, connection.schema, "properties", column, withheld="how a person is reached")
    assert (found.missing, found.distinct, found.top, found.bins, found.lowest) == (1, 3, (), (), "")


def test_a_column_that_is_not_there_is_named(sqlite_address: str, tmp_path: Path) -> None:
    connection = open_connection(sqlite_address, tmp_path)
    with pytest.raises(UsageError, match=r"rents\.nothing"):
        profile(connection.door, connection.schema, "rents", "nothing")


def hundred() -> Schema:
    """Ten groups of ten tables, each around a hub; the hubs in a ring."""
    tables, keys = [], []
    for group in range(10):
        for member in range(10):
            name = f"t{group}_{member}"
            tables.append(Table(name=name, columns=(Column(name="id", type="int", kind=Kind.NUMBER),)))
            to = f"t{group}_0" if member else f"t{(group + 1) % 10}_0"
            keys.append(ForeignKey(table=name, columns=("ref",), refers_table=to, refers_columns=("id",)))
    tables.append(Table(name="lonely", columns=(Column(name="id", type="int", kind=Kind.NUMBER),)))
    return Schema(dialect="sqlite", tables=tuple(tables), foreign_keys=tuple(keys), read_at=datetime.now(UTC))


def test_a_hundred_tables_fall_into_their_clusters() -> None:
    found = overview(hundred())
    assert {cluster.name for cluster in found.clusters} == {f"t{group}_0" for group in range(10)}
    assert all(len(cluster.tables) == 10 for cluster in found.clusters)
    assert sum(found.ties.values()) == 10
    assert found.alone == ("lonely",)


def test_a_neighbourhood_is_near_and_bounded() -> None:
    schema = hundred()
    assert set(neighbourhood(schema, "t3_5").tables) == {"t3_5", "t3_0"}
    hub = neighbourhood(schema, "t3_0", most=6)
    assert (len(hub.tables), len(hub.left_out)) == (6, 6)
    assert {"t2_0", "t4_0"} <= set(hub.tables)
    assert neighbourhood(schema, "lonely").keys == ()


def kit_for(address: str, folder: Path, **settings: str) -> Kit:
    return Kit(
        Settings.model_validate(
            {
                "database_url": address,
                "store_url": f"sqlite:///{folder}/store.sqlite",
                "var_dir": folder / "var",
                **settings,
            }
        )
    )


@pytest.mark.parametrize("role", ["postgres_address", "writer_address"])
def test_a_role_that_may_write_is_refused_with_the_way_out(
    role: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    address = request.getfixturevalue(role)
    kit = kit_for(address, tmp_path)
    with pytest.raises(RefusedError) as caught:
        kit.connection(kit.remember(address))
    assert "may" in caught.value.message
    assert "CREATE ROLE workbench_reader" in caught.value.hint
    assert WRITING_CONSENT in caught.value.hint
    with pytest.raises(RefusedError):
        kit.door(kit.remember(address))
    agreed = kit_for(address, tmp_path, allow_writing_role=WRITING_CONSENT)
    assert agreed.connection(agreed.remember(address)).schema.tables


def test_a_consent_in_other_words_is_none(postgres_address: str, tmp_path: Path) -> None:
    kit = kit_for(postgres_address, tmp_path, allow_writing_role="yes")
    with pytest.raises(RefusedError):
        kit.connection(kit.remember(postgres_address))


def test_the_store_is_no_source_even_as_a_dataset_of_the_database(tmp_path: Path, sqlite_address: str) -> None:
    kit = kit_for(sqlite_address, tmp_path)
    kit.store.count()
    for written in (
        kit.settings.store,
        kit.settings.store.replace("store.sqlite", "../" + tmp_path.name + "/store.sqlite"),
    ):
        with pytest.raises(RefusedError, match="own run store"):
            kit.door(kit.remember(written))
    (tmp_path / "linked.sqlite").symlink_to(tmp_path / "store.sqlite")
    with pytest.raises(RefusedError, match="own run store"):
        kit.connection(kit.remember(f"sqlite:///{tmp_path}/linked.sqlite"))
