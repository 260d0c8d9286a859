"""Requests over a file and the database at once, on both kinds of database, against the same join made by pandas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from engine import Kit, Settings, Status
from engine.datasets.beside import Beside
from engine.errors import SourceError
from engine.products import Request
from engine.settings import WRITING_CONSENT
from engine.sources.caps import Caps
from engine.sources.connection import open_connection
from tests.datasets.conftest import ask, rows_of


@pytest.fixture(params=["sqlite", "postgresql"])
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    made = Kit(
        Settings(
            database_url=request.getfixturevalue("sample_url" if request.param == "sqlite" else "postgresql_url"),
            executor="local",
            store_url=f"sqlite:///{tmp_path}/store.sqlite",
            output_dir=tmp_path / "runs",
            var_dir=tmp_path / "var",
            allow_writing_role=WRITING_CONSENT,
        )
    )
    yield made
    made.close()


@pytest.fixture
def properties(kit: Kit) -> pd.DataFrame:
    """What the database holds of them."""
    return kit.door(kit.remember(kit.settings.database)).read("SELECT property_id, name, city, region FROM properties")


@pytest.fixture
def appraisals(kit: Kit, properties: pd.DataFrame) -> pd.DataFrame:
    """A file that names properties, but for the last three."""
    worth = [1.5e6 + place for place in range(len(properties))]
    frame = pd.DataFrame({"property": properties["name"], "appraiser": "Smith", "appraised": worth}).iloc[:-3]
    kit.shelf.add_file("appraisals.csv", frame.to_csv(index=False).encode())
    return frame


def test_a_name_in_a_file_is_followed_into_the_database(
    kit: Kit, properties: pd.DataFrame, appraisals: pd.DataFrame
) -> None:
    run = ask(kit, "total appraised by city")
    merged = appraisals.merge(properties, left_on="property", right_on="name")
    assert dict(rows_of(run)) == merged.groupby("city")["appraised"].sum().to_dict()
    assert run.results is not None
    origin = run.results.sources[0].origin
    assert "appraisals.csv" in origin
    assert "the database's properties" in origin


def test_what_a_file_leaves_out_is_found_in_the_database(
    kit: Kit, properties: pd.DataFrame, appraisals: pd.DataFrame
) -> None:
    run = ask(kit, "properties without appraisals")
    assert sorted(name for (name,) in rows_of(run)) == sorted(set(properties["name"]) - set(appraisals["property"]))


def test_a_number_of_the_database_is_followed_too(kit: Kit, properties: pd.DataFrame) -> None:
    visits = pd.DataFrame({"property_id": properties["property_id"].repeat(2), "visitors": range(2 * len(properties))})
    kit.shelf.add_file("visits.csv", visits.to_csv(index=False).encode())
    merged = visits.merge(properties, on="property_id")
    expected = merged.groupby("region")["visitors"].sum().to_dict()
    assert dict(rows_of(ask(kit, "total visitors by region"))) == expected


def test_the_database_may_refer_to_the_file(kit: Kit, properties: pd.DataFrame) -> None:
    regions = sorted(properties["region"].unique())
    heads = pd.DataFrame({"region": regions, "head": [f"Head {n}" for n in range(len(regions))]})
    kit.shelf.add_file("heads.csv", heads.to_csv(index=False).encode())
    expected = properties.merge(heads, on="region").groupby("head").size().to_dict()
    assert dict(rows_of(ask(kit, "number of properties by head"))) == expected


def test_each_place_still_answers_alone_first(kit: Kit, appraisals: pd.DataFrame) -> None:
    for text, place in (("total appraised", "datasets"), ("number of properties by region", "database")):
        run = ask(kit, text)
        assert run.status is Status.DONE
        assert run.task is not None
        assert run.task.place == place


def test_a_column_called_as_the_thing_needs_few_values(kit: Kit, properties: pd.DataFrame) -> None:
    one = properties.iloc[0]
    kit.shelf.add_file("appraisals.csv", f"property,appraised\n{one['name']},900\n".encode())
    assert rows_of(ask(kit, "total appraised by city")) == [(one["city"], 900)]


def test_nothing_is_joined_that_nothing_connects(kit: Kit) -> None:
    kit.shelf.add_file("weather.csv", b"station,rainfall\nKMCO,3\nKAUS,4\nKPHX,1\n")
    assert kit.together(Request(text="x", database=kit.remember(kit.settings.database))) is None
    assert ask(kit, "total rainfall by city").status is Status.REFUSED


def test_a_table_too_large_to_lay_beside_says_so(kit: Kit, appraisals: pd.DataFrame) -> None:
    narrow = open_connection(kit.settings.database, kit.settings.var / "cache", Caps(rows=5))
    beside = Beside(kit.shelf, lambda: narrow)
    with pytest.raises(SourceError, match=r"properties of the database cannot be laid beside .* 5 rows") as caught:
        beside.read("SELECT p.city FROM appraisals AS a JOIN properties AS p ON p.name = a.property", {})
    assert "smaller view" in caught.value.hint


def test_only_columns_that_are_named_are_read(kit: Kit, appraisals: pd.DataFrame) -> None:
    beside = kit.beside(kit.remember(kit.settings.database))
    both = "FROM appraisals AS a JOIN properties AS p ON p.name = a.property"
    assert list(beside.read(f"SELECT p.city, COUNT(*) AS n {both} GROUP BY p.city", {}).columns) == ["city", "n"]
    assert {"acquisition_price", "appraised"} <= set(beside.read(f"SELECT * {both}", {}).columns)
