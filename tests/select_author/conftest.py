"""The shop behind the whole pipeline, its model a scripted server that writes SELECTs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine import Kit, Request, Run, answer
from engine.products import Event
from engine.sources.connection import Connection
from tests.analytics.conftest import shop  # noqa: F401
from tests.language_model.scripted_server import Answer, ScriptedServer, Turn, scripted
from tests.model_author.conftest import kit_over

Ask = Callable[..., Any]
TEXT = "How well does each category do, roughly speaking?"


def says(**fields: Any) -> Turn:
    """A reply of the model: the one JSON object."""
    return Turn(json.dumps(fields))


class Seen:
    """A run, what the server was sent, and the engine."""

    def __init__(self, run: Run, server: ScriptedServer, kit: Kit, told: list[Event]) -> None:
        self.run, self.server, self.kit, self.told = run, server, kit, told

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        assert self.run.results is not None, self.run.failure or self.run.question
        return [tuple(row) for row in self.run.results.tables["result"].rows]

    @property
    def numbers(self) -> dict[str, Any]:
        assert self.run.results is not None, self.run.failure or self.run.question
        return {metric.name: metric.value for metric in self.run.results.metrics}

    def prompt(self, at: int) -> str:
        return "\n".join(message["content"] for message in self.server.seen[at]["messages"])


@pytest.fixture
def ask(shop: Connection, tmp_path: Path) -> Ask:  # noqa: F811
    """Asks the shop with a model that answers in turns."""

    @contextmanager
    def asked(*turns: Answer, text: str = TEXT, answers: Any = None, again: int = 1, **settings: Any) -> Iterator[Seen]:
        with scripted(*turns) as server:
            given = {"llm_route": "select", **settings}
            kit = kit_over(shop.door._url.database, tmp_path, server, **given)
            told: list[Event] = []
            request = Request(text=text, database=kit.remember(kit.settings.database), answers=answers or {})
            try:
                for _ in range(again):
                    run = answer(request, kit, told.append)
                yield Seen(run, server, kit, told)
            finally:
                kit.close()

    return asked
