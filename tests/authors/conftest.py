"""The sample database with its mapping, as the catalogue author sees it."""

from __future__ import annotations

from datetime import date

import pytest

from engine.authors.base import Ground
from engine.mapping import find_mapping
from engine.sources.connection import Connection, open_connection
from tests.conftest import ROOT


@pytest.fixture(scope="session")
def connection(sample_url: str, tmp_path_factory: pytest.TempPathFactory) -> Connection:
    return open_connection(sample_url, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def ground(connection: Connection) -> Ground:
    return Ground(
        schema=connection.schema,
        values=connection.values,
        mapping=find_mapping(connection.schema, [ROOT / "sample"]),
        read=lambda sql, bound: connection.door.read(sql, bound),
        today=date(2026, 11, 22),
    )
