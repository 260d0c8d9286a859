"""The shop, an approved plan over it, and an author whose model is a scripted server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from engine.authors.base import Ground
from engine.authors.model.author import ModelAuthor
from engine.authors.model.decisions import APPROVAL, Decisions
from engine.authors.model.session import Talk
from engine.language_model.client import Client
from engine.language_model.endpoint import Endpoint
from engine.products import Event, ParameterPlan, Plan, Request, Task
from engine.sources.connection import Connection
from tests.analytics.conftest import ground_of, shop  # noqa: F401
from tests.language_model.scripted_server import Answer, ScriptedServer, scripted

CHANGE = ParameterPlan(name="price_change", label="Price change")
DECISIONS = Decisions(
    kind="ranking",
    tables=("customers", "orders", "order_items"),
    columns=("customers.customer_name", "orders.order_date", "order_items.amount", "order_items.quantity"),
    parameters=(CHANGE,),
)
REQUEST = "Revenue of each customer, largest first, if prices change"


@pytest.fixture(scope="session")
def ground(shop: Connection) -> Ground:  # noqa: F811
    return ground_of(shop)


def approved_request(decisions: Decisions = DECISIONS, text: str = REQUEST) -> Request:
    return Request(text=text, database="shop", answers={APPROVAL: decisions.model_dump_json()})


class Desk:
    """An author beside the server it asks."""

    def __init__(self, server: ScriptedServer, ground: Ground) -> None:
        self.server = server
        self.ground = ground
        self.told: list[Event] = []
        client = Client(Endpoint(server.url, "scripted-7b"))
        self.author = ModelAuthor(Talk(client, self.told.append, lambda: False))

    def planned(self, request: Request) -> Plan:
        task = self.author.analyse(request, self.ground)
        assert isinstance(task, Task), task
        plan = self.author.plan(request, Task.model_validate_json(task.model_dump_json()), self.ground)
        assert isinstance(plan, Plan), plan
        return Plan.model_validate_json(plan.model_dump_json())


@pytest.fixture
def desk(ground: Ground) -> Callable[..., object]:
    @contextmanager
    def made(*turns: Answer, **options: object) -> Iterator[Desk]:
        with scripted(*turns, **options) as server:
            yield Desk(server, ground)

    return made
