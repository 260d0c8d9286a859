"""Requests that ask for trends of an API as a whole, over a real HTTP server."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine.authors.base import NO_API, Ground
from engine.authors.catalogue import CatalogueAuthor
from engine.datasets.shelf import Shelf
from engine.products import Option, Output, Plan, Question, Request, Task
from engine.sources.schema import Schema
from engine.sources.values import ValueIndex
from engine.steps.ask import settled
from tests.datasets.conftest import Api

USE_CASE = "Fetch data from API, analyze trends, create visualization dashboard"


def ground_of(shelf: Shelf) -> Ground:
    schema, values = shelf.known(())
    return Ground(
        schema=schema, values=values, mapping=None, read=shelf.look, today=date(2026, 11, 22), place="datasets"
    )


@pytest.mark.parametrize(
    "text",
    [
        USE_CASE,
        "please get the data from our API, look at the trends and build a dashboard",
        "Connect to the API, analyse how things have moved over time and chart it in a dashboard",
    ],
)
def test_one_api_is_shown_over_time_with_a_dashboard(text: str, api: Api, shelf: Shelf) -> None:
    shelf.add_api("rates", api.source("rates", rows="$.data"))
    ground, author = ground_of(shelf), CatalogueAuthor()
    request = Request(text=text, database="")
    task = author.analyse(request, ground)
    assert isinstance(task, Task)
    assert Output.DASHBOARD in task.outputs
    plan = author.plan(request, task, ground)
    assert isinstance(plan, Plan)
    assert plan.view[0].kind in ("Chart", "Table", "Metric")
    assert any(view.kind == "Chart" and view.options.get("kind") == "line" for view in plan.view)


def test_of_several_apis_one_is_asked_for(api: Api, shelf: Shelf) -> None:
    for name in ("rates", "prices"):
        shelf.add_api(name, api.source("rates", rows="$.data"))
    ground, author = ground_of(shelf), CatalogueAuthor()
    asked = author.analyse(Request(text=USE_CASE, database=""), ground)
    assert isinstance(asked, Question)
    assert {option.value for option in asked.options} == {"rates", "prices"}
    chosen = author.analyse(Request(text=USE_CASE, database="", answers={asked.key: "prices"}), ground)
    assert isinstance(chosen, Task)


def test_without_an_api_it_is_said_how_to_declare_one() -> None:
    ground = Ground(
        schema=Schema(dialect="sqlite", tables=(), read_at=datetime(2026, 11, 22, tzinfo=UTC)),
        values=ValueIndex.empty(),
        mapping=None,
        read=lambda sql, bound: pytest.fail("nothing is to be read"),
        today=date(2026, 11, 22),
    )
    asked = CatalogueAuthor().analyse(Request(text=USE_CASE, database=""), ground)
    assert isinstance(asked, Question)
    assert asked.key == NO_API
    assert "Files and APIs" in asked.text


def test_that_no_api_is_declared_gives_way_to_a_place_that_has_one() -> None:
    none = Question(key=NO_API, text="none", options=(Option(value="a", label="a"),))
    which = Question(key="api", text="which", options=(Option(value="a", label="a"),))
    assert settled({"database": none, "datasets": which}, {}) is which
    assert settled({"database": none}, {}) is none
