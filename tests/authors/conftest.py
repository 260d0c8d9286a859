"""The sample database with its mapping, as the catalogue author sees it."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.authors.base import Declined, Ground
from engine.authors.catalogue import CatalogueAuthor
from engine.compiling.declared import declared_sources
from engine.metrics.mapping import find_mapping
from engine.products import Question, Request
from engine.rules import check
from engine.sources.connection import Connection, open_connection
from engine.sources.snapshot import load_snapshot
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


@pytest.fixture(scope="session")
def answer(ground: Ground, connection: Connection, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The results document of a request, or the question or refusal it meets."""
    from runtime.workspace import Workspace

    author = CatalogueAuthor()

    def ask(text: str, **answers: str) -> Any:
        request = Request(text=text, database="sample", answers=answers)
        task = author.analyse(request, ground)
        if isinstance(task, Question | Declined):
            return task
        plan = author.plan(request, task, ground)
        if isinstance(plan, Question | Declined):
            return plan
        script = author.generate(request, plan, ground)
        verdict = check(script.text)
        assert verdict.accepted, verdict.refusals
        folder = tmp_path_factory.mktemp("run")
        (folder / "data").mkdir()
        (folder / "script.py").write_text(script.text)
        for name, content in load_snapshot(connection.door, declared_sources(script.text)).files.items():
            (folder / name).write_bytes(content)
        return Workspace(folder).results()

    return ask


@pytest.fixture(scope="session")
def truth(sample_file: Path) -> Any:
    """Plain SQL over the sample, written apart from the product's own."""
    connection = sqlite3.connect(sample_file)
    return lambda sql, *values: connection.execute(sql, values).fetchall()
