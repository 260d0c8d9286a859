"""Sources of two places in a bundle on its own: the database is read anew, datasets stay as they were read."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from runtime import dataset, sql
from runtime.failures import RuntimeFailure
from runtime.snapshot import load


def test_datasets_come_from_the_snapshot_beside_a_database(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "now.sqlite")
    connection.executescript("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1), (2)")
    connection.close()
    (tmp_path / "data").mkdir()
    pd.DataFrame({"n": [9]}).to_parquet(tmp_path / "data" / "rates.parquet")
    sources = {"rows": sql("SELECT n FROM t WHERE n > :least", least=1), "rates": dataset("SELECT n FROM rates")}
    found = load(tmp_path, sources, f"sqlite:///{tmp_path}/now.sqlite")
    assert found.frames["rows"]["n"].tolist() == [2]
    assert found.frames["rates"]["n"].tolist() == [9]
    (tmp_path / "data" / "rates.parquet").unlink()
    with pytest.raises(RuntimeFailure, match="'rates'"):
        load(tmp_path, sources, f"sqlite:///{tmp_path}/now.sqlite")
