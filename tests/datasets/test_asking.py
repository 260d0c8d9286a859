"""Requests over datasets, and scripts that read them beside the database, through the whole pipeline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from engine import Kit, Settings, Status
from engine.rules import check
from tests.datasets.conftest import SALES, Api, ask, rows_of

BOTH = '''#!/usr/bin/env python3
"""Two places."""

import pandas as pd
from runtime import Table, dataset, main, sql

SOURCES = {
    "properties": sql("SELECT name, state FROM properties WHERE name = :name", name="Orlando Fashion Square"),
    "sales": dataset("SELECT region, SUM(amount) AS amount FROM sales WHERE region = :region", region="North"),
}


def joined(properties: pd.DataFrame, sales: pd.DataFrame) -> pd.DataFrame:
    """Each property beside the region's sales, USD."""
    return properties.merge(sales, how="cross")


VIEW = [Table("joined")]

if __name__ == "__main__":
    main()
'''


@pytest.fixture
def kit(sample_url: str, tmp_path: Path, api: Api) -> Iterator[Kit]:
    made = Kit(
        Settings(
            database_url=sample_url,
            executor="local",
            store_url=f"sqlite:///{tmp_path}/store.sqlite",
            output_dir=tmp_path / "runs",
            var_dir=tmp_path / "var",
            approved_private_hosts=api.host,
        )
    )
    made.shelf.add_file("sales.csv", SALES.encode())
    yield made
    made.close()


def test_a_file_alone_is_asked(kit: Kit) -> None:
    run = ask(kit, "total amount by region", datasets=("sales",))
    assert sorted(rows_of(run), key=str) == [("North", 150), ("South", 300)]
    assert run.results is not None
    source = run.results.sources[0]
    assert source.origin.startswith("sales: the file sales.csv")
    assert "dataset(" in (run.script.text if run.script else "")


def test_what_only_a_file_holds_is_found_beside_the_database(kit: Kit) -> None:
    run = ask(kit, "how many sales by channel")
    assert sorted(rows_of(run), key=str) == [("shop", 1), ("web", 2)]


def test_what_only_the_database_holds_is_still_answered(kit: Kit) -> None:
    run = ask(kit, "DSCR for Orlando Fashion Square")
    assert run.status is Status.DONE
    assert run.task is not None
    assert run.task.place == "database"


def test_what_both_hold_is_asked_back(kit: Kit) -> None:
    kit.shelf.add_file("properties.csv", b"name,state\nA,TX\nB,TX\nC,FL\n")
    run = ask(kit, "how many properties")
    assert run.status is Status.NEEDS_INPUT
    assert run.question is not None
    assert [option.value for option in run.question.options] == ["database", "datasets"]
    again = ask(kit, "how many properties", answers={"place": "datasets"})
    assert again.status is Status.DONE
    assert again.results is not None
    assert again.results.metrics[0].value == 3


def test_an_api_is_fetched_for_the_run_and_its_trend_shown(kit: Kit, api: Api) -> None:
    kit.shelf.add_api("rates", api.source("rates", rows="$.data", fresh_minutes=0))
    run = ask(kit, "average rate by month", datasets=("rates",))
    assert len(rows_of(run)) == 12
    assert len(api.asked) == 2


def test_one_script_reads_both_and_works_alone(kit: Kit) -> None:
    assert check(BOTH).accepted, check(BOTH).findings
    run = ask(kit, "two places", script=BOTH)
    assert rows_of(run) == [("Orlando Fashion Square", "FL", "North", 150)]
    notes = json.loads((Path(run.folder) / "data" / "snapshot.json").read_text("utf-8"))
    assert [bool(note["origin"]) for note in notes] == [False, True]
    assert pd.read_parquet(Path(run.folder) / "data" / "sales.parquet")["amount"].tolist() == [150]


@pytest.mark.parametrize(
    "broken",
    [
        BOTH.replace("SELECT region, SUM(amount) AS amount FROM sales", "DELETE FROM sales"),
        BOTH.replace('dataset("SELECT', 'dataset(f"SELECT'),
        BOTH.replace(', region="North"', ""),
    ],
)
def test_the_rules_hold_for_datasets_too(broken: str) -> None:
    assert not check(broken).accepted


def test_a_script_over_a_dataset_that_is_gone_says_so(kit: Kit) -> None:
    kit.shelf.remove("sales")
    run = ask(kit, "two places", script=BOTH)
    assert run.status is Status.FAILED
    assert run.failure is not None
    assert "sales" in run.failure.message
