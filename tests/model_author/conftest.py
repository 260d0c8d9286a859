"""The shop, an approved plan over it, and an author whose model is a scripted server."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine import Kit, Settings
from engine.authors.base import Ground
from engine.authors.model.author import ModelAuthor
from engine.authors.model.decisions import APPROVAL, Decisions
from engine.authors.model.session import Talk
from engine.language_model.client import Abilities, Client
from engine.language_model.endpoint import Endpoint
from engine.language_model.watch import Patience
from engine.products import Event, ParameterPlan, Plan, Request, Task
from engine.sources.connection import Connection
from tests.analytics.conftest import ground_of, shop  # noqa: F401
from tests.language_model.scripted_server import Answer, ScriptedServer, Turn, scripted

CHANGE = ParameterPlan(name="price_change", label="Price change")
DECISIONS = Decisions(
    kind="ranking",
    tables=("customers", "orders", "order_items"),
    columns=("customers.customer_name", "orders.order_date", "order_items.amount", "order_items.quantity"),
    parameters=(CHANGE,),
)
PATIENCE = Patience()
REQUEST = "Revenue of each customer, largest first, if prices change"


@pytest.fixture(scope="session")
def ground(shop: Connection) -> Ground:  # noqa: F811
    """The shop; what was read once is not read again."""
    plain = ground_of(shop)
    known: dict[str, pd.DataFrame] = {}

    def read(sql: str, bound: Mapping[str, object]) -> pd.DataFrame:
        key = f"{sql} {sorted(bound.items())}"
        if key not in known:
            known[key] = plain.read(sql, bound)
        return known[key].copy()

    return dataclasses.replace(plain, read=read)


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[ScriptedServer, dict[Patience, Client]]]:
    """One server for all tests, and its clients: making one of either takes longer than a call."""
    with scripted(Turn()) as server:
        clients: dict[Patience, Client] = {}
        yield server, clients
        for client in clients.values():
            client.close()


def approved_request(decisions: Decisions = DECISIONS, text: str = REQUEST) -> Request:
    return Request(text=text, database="shop", answers={APPROVAL: decisions.model_dump_json()})


def kit_over(file: object, folder: Path, server: ScriptedServer, **settings: Any) -> Kit:
    """The engine over a SQLite file, its store and runs in a folder, its model the scripted server."""
    given: dict[str, Any] = {"llm_base_url": server.url, "llm_route": "interview", "executor": "local", **settings}
    return Kit(
        Settings(
            database_url=f"sqlite:///{file}",
            store_url=f"sqlite:///{folder}/store.sqlite",
            output_dir=folder / "runs",
            **given,
        )
    )


class Desk:
    """An author beside the server it asks."""

    def __init__(self, server: ScriptedServer, ground: Ground, client: Client) -> None:
        self.server = server
        self.ground = ground
        self.told: list[Event] = []
        self.client = client
        self.author = ModelAuthor(Talk(client, self.told.append, lambda: False))

    def planned(self, request: Request) -> Plan:
        task = self.author.analyse(request, self.ground)
        assert isinstance(task, Task), task
        plan = self.author.plan(request, Task.model_validate_json(task.model_dump_json()), self.ground)
        assert isinstance(plan, Plan), plan
        return Plan.model_validate_json(plan.model_dump_json())


@pytest.fixture
def desk(ground: Ground, served: tuple[ScriptedServer, dict[Patience, Client]]) -> Callable[..., object]:
    @contextmanager
    def made(*turns: Answer, patience: Patience = PATIENCE, piece: int = 7) -> Iterator[Desk]:
        server, clients = served
        server.script(turns, piece)
        if patience not in clients:
            clients[patience] = Client(Endpoint(server.url, "scripted-7b"), patience)
        client = clients[patience]
        client.abilities = Abilities()
        yield Desk(server, ground, client)

    return made
