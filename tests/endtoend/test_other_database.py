"""The terminal over a real MariaDB with the sample data: the answers are those of the sample on SQLite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import Kit, Settings
from engine.usecases.health import examine
from tests.endtoend.conftest import SEED, Terminal
from tests.mariadb import MariaDb

pytestmark = pytest.mark.xdist_group("mariadb")


@pytest.fixture(scope="module")
def address(mariadb: MariaDb, sample_file: Path) -> str:
    return mariadb.copy(sample_file, "sample")


def asked(terminal: Terminal, text: str, database: str) -> Any:
    ended = terminal("ask", text, "--db", database, "--model", "none", "--executor", "local", "--json", "--yes")
    assert ended.code == 0, ended.out + ended.err
    assert "pass%" not in ended.out + ended.err
    return ended.json


def test_the_seed_request_is_answered(terminal: Terminal, address: str) -> None:
    answer = asked(terminal, SEED, address)
    assert answer["status"] == "done"
    metrics = {metric["name"]: metric["value"] for metric in answer["metrics"]}
    assert metrics["dscr"] == pytest.approx(1.35, abs=0.0001)
    for file in Path(answer["directory"]).rglob("*"):
        assert not file.is_file() or b"pass%" not in file.read_bytes(), file


def test_quarters_are_those_of_the_sample_on_sqlite(terminal: Terminal, address: str, sample_url: str) -> None:
    one, other = (asked(terminal, "NOI by quarter for Orlando Fashion Square", url) for url in (address, sample_url))
    assert {m["name"]: m["value"] for m in one["metrics"]} == {
        m["name"]: pytest.approx(m["value"]) for m in other["metrics"]
    }
    assert {name: table["rows"] for name, table in one["tables"].items()} == {
        name: [[pytest.approx(v) if isinstance(v, float) else v for v in row] for row in table["rows"]]
        for name, table in other["tables"].items()
    }


def test_schema_and_sql(terminal: Terminal, address: str) -> None:
    seen = terminal("schema", "--db", address, "--json").json
    assert seen["dialect"] == "mysql"
    assert {"properties", "owners"} <= {table["name"] for table in seen["tables"]}
    assert len(terminal("sql", "SELECT name FROM properties LIMIT 5", "--db", address, "--json").json["rows"]) == 5
    assert terminal("sql", "DELETE FROM properties", "--db", address, "--json").code == 3


def test_the_health_check_reaches_it(address: str, tmp_path: Path) -> None:
    said = []
    for url in (address.replace("pass%25", "no"), address):
        kit = Kit(Settings(database_url=url, store_url=f"sqlite:///{tmp_path}/store.sqlite", var_dir=tmp_path))
        said.append(next(check for check in examine(kit) if check.name == "Database"))
        kit.close()
    assert "refused the login" in said[0].detail
    assert said[1].well
    assert "metrics by the mapping" in said[1].detail
