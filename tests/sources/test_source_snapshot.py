"""The snapshot of a run: what is written is what was read."""

from __future__ import annotations

import io
import json
from datetime import date

import pandas as pd
import pytest

from engine.errors import SourceError, UsageError
from engine.products import Event, SourcePlan
from engine.sources.door import Door
from engine.sources.snapshot import load_snapshot


def plan(source: str, sql: str, **bound: object) -> SourcePlan:
    return SourcePlan(name=source, reads="something", sql=sql, bound=bound)


def test_round_trip(address: str) -> None:
    events: list[Event] = []
    door = Door(address)
    sources = [
        plan("rents", "SELECT * FROM rents WHERE month >= :since ORDER BY 1, 2", since=date(2024, 7, 1)),
        plan("properties", "SELECT * FROM properties ORDER BY property_id"),
        plan("none", "SELECT name, kind FROM properties WHERE name = :name", name="nobody's"),
    ]
    snapshot = load_snapshot(door, sources, events.append)
    assert set(snapshot.files) == {
        "data/rents.parquet",
        "data/properties.parquet",
        "data/none.parquet",
        "data/snapshot.json",
    }
    for source in sources:
        frame = pd.read_parquet(io.BytesIO(snapshot.files[f"data/{source.name}.parquet"]))
        pd.testing.assert_frame_equal(frame, door.read(source.sql, source.bound))
    assert [data.rows for data in snapshot.sources] == [18, 4, 0]
    notes = json.loads(snapshot.files["data/snapshot.json"])
    assert [note["name"] for note in notes] == ["rents", "properties", "none"]
    assert notes[0]["bound"] == {"since": "2024-07-01"}
    assert notes[1]["columns"][:2] == ["property_id", "name"]
    assert [event.message for event in events] == ["rents: 18 rows", "properties: 4 rows", "none: 0 rows"]
    assert snapshot.size == sum(len(content) for content in snapshot.files.values())


def test_a_source_that_fails_is_named(address: str) -> None:
    with pytest.raises(SourceError, match="'second'") as raised:
        load_snapshot(Door(address), [plan("first", "SELECT 1 AS a"), plan("second", "SELECT a FROM nowhere")])
    assert raised.value.hint


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a b", "x" * 200, "snapshot.json\x00"])
def test_a_name_is_never_a_path(address: str, name: str) -> None:
    with pytest.raises(UsageError):
        load_snapshot(Door(address), [plan(name, "SELECT 1 AS a")])


def test_every_type_can_be_kept(postgres_address: str) -> None:
    sql = (
        "SELECT 1::smallint AS a, 1.5::numeric AS b, true AS c, NULL::bool AS d, now() AS e, 'x'::bytea AS f,"
        " '{}'::jsonb AS g,"
        " array[1] AS h, interval '1 day' AS i, '10:00'::time AS j, gen_random_uuid() AS k,"
        " '$2.50'::money AS l,"
        " NULL::int AS m, 'infinity'::date AS n, '1.2.3.4'::inet AS o, row(1, 2) AS p, 'NaN'::numeric AS q"
    )
    snapshot = load_snapshot(Door(postgres_address), [plan("all", sql)])
    frame = pd.read_parquet(io.BytesIO(snapshot.files["data/all.parquet"]))
    assert frame.shape == (1, 17)
    assert frame["l"].tolist() == [2.5]
