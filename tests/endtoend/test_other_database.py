"""The terminal over a real MariaDB with the sample data: the answers are those of the sample on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.endtoend.conftest import SEED, Terminal
from tests.mariadb import MariaDb

pytestmark = pytest.mark.xdist_group("mariadb")


@pytest.fixture(scope="module")
def address(mariadb: MariaDb, sample_file: Path) -> str:
    return mariadb.copy(sample_file, "sample")


def figures(answer: dict[str, object]) -> dict[str, object]:
    metrics = answer["metrics"]
    assert isinstance(metrics, list)
    return {each["name"]: pytest.approx(each["value"], rel=1e-9) for each in metrics}


@pytest.mark.parametrize("request_text", [SEED, "NOI by quarter for Orlando Fashion Square"])
def test_the_same_request_has_the_same_answer(
    terminal: Terminal, address: str, sample_url: str, request_text: str
) -> None:
    answers = []
    for database in (address, sample_url):
        ended = terminal(
            "ask", request_text, "--db", database, "--model", "none", "--executor", "local", "--json", "--yes"
        )
        assert ended.code == 0, ended.out + ended.err
        assert "pass%" not in ended.out + ended.err
        answers.append(ended.json)
    assert answers[0]["status"] == "done"
    assert figures(answers[0]) == figures(answers[1])
    assert {name: len(each["rows"]) for name, each in answers[0]["tables"].items()} == {
        name: len(each["rows"]) for name, each in answers[1]["tables"].items()
    }
    for file in Path(answers[0]["directory"]).rglob("*"):
        assert not file.is_file() or b"pass%" not in file.read_bytes(), file


def test_schema_and_sql(terminal: Terminal, address: str, sample_url: str) -> None:
    seen = terminal("schema", "--db", address, "--json").json
    assert seen["dialect"] == "mysql"
    counted = terminal("sql", "SELECT count(*) AS n FROM properties", "--db", address, "--json")
    assert counted.json == terminal("sql", "SELECT count(*) AS n FROM properties", "--db", sample_url, "--json").json
    refused = terminal("sql", "DELETE FROM properties", "--db", address, "--json")
    assert refused.code == 3
    profile = terminal("schema", "--db", address, "--profile", "properties.property_type")
    assert profile.code == 0, profile.err


def test_doctor_reaches_it(terminal: Terminal, address: str) -> None:
    checks = terminal("doctor", "--quick", "--json", DATABASE_URL=address).json
    (database,) = [check for check in checks if check["name"] == "Database"]
    assert database["well"], database
    assert "mapping 'sample'" in database["detail"] or "metrics by" in database["detail"]
    (database,) = [
        check
        for check in terminal(
            "doctor", "--quick", "--json", DATABASE_URL=address.replace("pass%25", "no"), VAR_DIR="fresh"
        ).json
        if check["name"] == "Database"
    ]
    assert not database["well"]
    assert "refused the login" in database["detail"]
