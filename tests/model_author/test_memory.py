"""Answers given before: again without a call, as an example for near requests, verified or forgotten by a person."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine import Kit, Request, Run, Status, answer
from engine.authors.model.memory import Kept, example_for, recall
from engine.authors.model.remembering import judge
from engine.products import Plan, Script
from engine.sources.connection import Connection
from tests.language_model.scripted_server import Answer, ScriptedServer, Turn, scripted
from tests.model_author.conftest import kit_over
from tests.model_author.replies import fence

TEXT = "Revenue of each customer and what share of it was refunded, roughly"
NEAR = "Revenue of each customer and what part of it was refunded by year, roughly"
TABLES = Turn(json.dumps({"kind": "breakdown", "tables": ["customers", "orders", "order_items"]}))
GOOD = """def revenue_by_customer(rows: pd.DataFrame) -> pd.DataFrame:
    \"\"\"Revenue of each customer.\"\"\"
    return rows.groupby("customer_name", as_index=False)["amount"].sum()
"""
DOUBTFUL = 'def first(rows: pd.DataFrame) -> float:\n    return float(rows["amount"].iloc[0])\n'


class Shop:
    """A copy of the shop that can be changed, and one kit over it."""

    def __init__(self, file: Path, kit: Kit, server: ScriptedServer) -> None:
        self.file, self.kit, self.server = file, kit, server

    def ask(self, text: str = TEXT) -> Run:
        request = Request(text=text, database=self.kit.remember(self.kit.settings.database))
        run = answer(request, self.kit, lambda event: None)
        assert run.status is Status.DONE, run.failure
        return run

    def change(self, statement: str) -> None:
        connection = sqlite3.connect(self.file)
        connection.execute(statement)
        connection.commit()
        connection.close()
        self.kit.refresh(self.kit.remember(self.kit.settings.database))

    def judge(self, run: Run, *, accepted: bool) -> bool:
        schema = self.kit.ground_of(run.request, run.task).schema
        return judge(self.kit.store, run, schema, accepted=accepted)


@pytest.fixture
def open_shop(shop: Connection, tmp_path: Path) -> Callable[..., Any]:
    @contextmanager
    def opened(*turns: Answer) -> Iterator[Shop]:
        file = tmp_path / "copy.sqlite"
        shutil.copy(str(shop.door._url.database), file)
        with scripted(*turns) as server:
            kit = kit_over(file, tmp_path, server)
            try:
                yield Shop(file, kit, server)
            finally:
                kit.close()

    return opened


def test_the_same_request_runs_again_without_a_call_until_its_tables_change(open_shop: Callable[..., Any]) -> None:
    with open_shop(TABLES, Turn(fence(GOOD)), TABLES, Turn(fence(GOOD))) as at:
        first = at.ask()
        assert len(at.server.seen) == 2
        again = at.ask(TEXT.upper() + ".")
        assert len(at.server.seen) == 2
        assert again.results.tables == first.results.tables
        assert "nobody has marked it" in again.plan.summary
        assert at.judge(first, accepted=True)
        assert "a person marked it as right" in at.ask().plan.summary
        at.change("ALTER TABLE refunds ADD COLUMN reason TEXT")
        at.ask()
        assert len(at.server.seen) == 2, "a table that the answer does not read"
        at.change("ALTER TABLE orders ADD COLUMN note TEXT")
        changed = at.ask()
        assert len(at.server.seen) == 4, "a table that the answer reads"
        assert "Given before" not in changed.plan.summary


def test_an_answer_given_again_is_forgotten_when_a_person_says_it_is_wrong(open_shop: Callable[..., Any]) -> None:
    with open_shop(TABLES, Turn(fence(GOOD)), TABLES, Turn(fence(GOOD))) as at:
        at.ask()
        again = at.ask()
        assert len(at.server.seen) == 2
        assert at.judge(again, accepted=False)
        at.ask()
        assert len(at.server.seen) == 4


def test_a_doubtful_answer_is_kept_only_by_a_persons_word(open_shop: Callable[..., Any]) -> None:
    with open_shop(TABLES, Turn(fence(DOUBTFUL)), TABLES, Turn(fence(DOUBTFUL)), TABLES) as at:
        assert at.ask().results.warnings
        second = at.ask()
        assert len(at.server.seen) == 4
        assert at.judge(second, accepted=True)
        third = at.ask()
        assert len(at.server.seen) == 4
        assert third.results.warnings, "a person's word does not hide a doubt"


def test_a_near_answer_is_the_example_of_the_next_prompt(open_shop: Callable[..., Any]) -> None:
    with open_shop(TABLES, Turn(fence(GOOD)), TABLES, Turn(fence(GOOD))) as at:
        at.ask()
        at.ask(NEAR)
        rules = at.server.seen[-1]["messages"][0]["content"]
        assert f"Request: {TEXT}" in rules
        assert "def revenue_by_customer" in rules
        assert "Paid invoices" not in rules, "it stands in place of the usual example"


def kept(request: str, *tables: str, functions: str = "def a(rows):\n    return 1", verified: bool = False) -> Kept:
    intent = {"frame": {"columns": [{"name": "amount", "kind": "num"}]}}
    plan = Plan(title="x", summary="x", sources=(), parameters=(), quantities=(), view=(), intent=intent)
    script = Script(text="x", author="model", title="x")
    return Kept(
        request=request, tables=tables, plan=plan, script=script, model="m", functions=functions, verified=verified
    )


def test_only_what_is_near_and_over_the_same_tables_is_an_example() -> None:
    asked = "Average order amount by month"
    near, far = kept("Average order amount by year", "orders"), kept("Names of the products in stock", "orders")
    assert example_for(asked, ["orders"], [far, near]).request == near.request
    assert example_for(asked, ["orders"], [far]) is None
    assert example_for(asked, ["refunds"], [near]) is None
    assert example_for(asked, ["orders"], [kept(asked, "orders")]) is None, "the same request is given again instead"
    verified = kept("Total order amount by month", "orders", verified=True)
    assert example_for(asked, ["orders"], [near, verified]).request == verified.request


def test_verified_answers_are_given_again_before_others() -> None:
    one, other = kept("Total", "orders"), kept("total.", "orders", verified=True)
    assert recall("TOTAL", [one, other], [True, True]) is other
    assert recall("TOTAL", [one, other], [True, False]) is one
    assert recall("Totals", [one, other], [True, True]) is None
