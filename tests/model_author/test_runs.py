"""Requests that the catalogue is not sure of, through the whole pipeline: scripted model, real sandbox, real store."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine import Kit, Request, Run, Status, answer
from engine.authors.model.clarifying import ABOUT, COMPUTED, WITHOUT
from engine.authors.model.decisions import APPROVAL
from engine.language_model.endpoint import NONE
from engine.products import Event
from engine.queue import submit
from engine.sources.connection import Connection
from tests.language_model.scripted_server import Answer, ScriptedServer, Turn, scripted
from tests.model_author.conftest import kit_over
from tests.model_author.replies import fence

TEXT = "Revenue of each customer and what share of it was refunded, roughly"
TABLES = Turn(json.dumps({"kind": "breakdown", "tables": ["customers", "orders", "order_items"]}))
GOOD = """def revenue_by_customer(rows: pd.DataFrame) -> pd.DataFrame:
    \"\"\"Revenue of each customer.\"\"\"
    return rows.groupby("customer_name", as_index=False)["amount"].sum()
"""
WANTED = {("Acme Ltd", 1375.0), ("Bolt GmbH", 265.0), ("Cargo SA", 80.0)}
Desk = Callable[..., Any]


@pytest.fixture
def ask(shop: Connection, tmp_path: Path) -> Desk:
    """Asks the shop with a model that answers in turns; gives the run, the server and the kit."""

    @contextmanager
    def asked(*turns: Answer, text: str = TEXT, answers: Any = None, model: str = "", **settings: Any) -> Iterator[Any]:
        with scripted(*turns) as server:
            kit = kit_over(shop.door._url.database, tmp_path, server, **settings)
            told: list[Event] = []
            request = Request(
                text=text, database=kit.remember(kit.settings.database), answers=answers or {}, model=model
            )
            try:
                yield Seen(answer(request, kit, told.append), server, kit, told)
            finally:
                kit.close()

    return asked


class Seen:
    def __init__(self, run: Run, server: ScriptedServer, kit: Kit, told: list[Event]) -> None:
        self.run, self.server, self.kit, self.told = run, server, kit, told

    @property
    def rows(self) -> set[tuple[Any, ...]]:
        assert self.run.results is not None, self.run.failure
        return {tuple(row) for table in self.run.results.tables.values() for row in table.rows}


def test_the_model_answers_what_the_catalogue_is_not_sure_of(ask: Desk) -> None:
    with ask(TABLES, Turn(fence(GOOD))) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert seen.rows == WANTED
        assert seen.run.script.author == "model"
        assert "language model" in seen.run.script.text
        kept = seen.kit.store.load(seen.run.id)
        assert kept.writing is not None
        assert len(kept.writing.calls) == len(seen.server.seen) == 2
        assert (Path(kept.folder) / "logs" / "model.json").exists()
        assert [chart.kind for chart in kept.results.charts] == ["bar"]
        assert kept.results.warnings == ()
        assert any(event.state == "written" for event in seen.kit.store.events(seen.run.id))


def test_the_catalogue_answers_alone_where_it_is_sure(ask: Desk) -> None:
    with ask(TABLES, text="total amount of order items by customer name") as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert seen.run.script.author == "catalogue"
        assert seen.server.seen == []


def test_with_no_model_the_words_are_named(ask: Desk) -> None:
    with ask(TABLES, model=NONE) as seen:
        assert seen.run.status is Status.REFUSED
        assert seen.server.seen == []


def test_a_failure_in_the_sandbox_goes_back_with_its_reason(ask: Desk) -> None:
    bad = GOOD.replace('["amount"]', '.agg(total=("takings", "sum"))').replace(".sum()", "")
    with ask(TABLES, Turn(fence(bad)), Turn(fence(GOOD))) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert seen.rows == WANTED
        told = seen.server.seen[2]["messages"][-1]["content"]
        assert "takings" in told
        assert "amount" in told


def test_a_result_of_another_shape_is_shown_as_what_it_is_without_a_call(ask: Desk) -> None:
    code = 'def revenue(rows: pd.DataFrame) -> float:\n    return rows["amount"].map(lambda value: value)\n'
    with ask(TABLES, Turn(fence(code))) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert len(seen.server.seen) == 2


def test_a_server_that_fails_ends_the_run_with_its_reason(ask: Desk) -> None:
    with ask(TABLES, Turn("x", cut_at=0)) as seen:
        assert seen.run.status is Status.FAILED
        assert "ended before its end" in seen.run.failure.message
        assert seen.run.failure.hint
    with ask(TABLES, llm_base_url="http://127.0.0.1:9/v1") as seen:
        assert seen.run.status is Status.FAILED
        assert "127.0.0.1:9" in seen.run.failure.message
    with ask(TABLES, llm_base_url="http://127.0.0.1:9/v1", text="total amount of order items by customer name") as seen:
        assert seen.run.status is Status.DONE


def test_words_of_the_model_become_a_question(ask: Desk) -> None:
    with ask(TABLES, Turn("Which of the two dates is meant?")) as seen:
        assert seen.run.status is Status.NEEDS_INPUT
        assert "Which of the two dates" in seen.run.question.text


def test_a_plan_is_approved_or_corrected_before_code_is_written(ask: Desk) -> None:
    with ask(TABLES, Turn(fence(GOOD)), llm_approve_plan="yes") as seen:
        assert seen.run.status is Status.NEEDS_INPUT
        assert "Reads one table" in seen.run.question.text
        assert len(seen.server.seen) == 1
        decided = json.loads(seen.run.question.options[0].value)
    decided["columns"] = ["customers.customer_name", "order_items.amount"]
    answers = {APPROVAL: json.dumps(decided)}
    with ask(Turn(fence(GOOD)), llm_approve_plan="yes", answers=answers) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert seen.rows == WANTED
        assert len(seen.server.seen) == 1
        assert "order_date" not in seen.server.seen[0]["messages"][-1]["content"]


def test_an_unclear_request_becomes_a_question_whose_answer_says_what_it_is_about(ask: Desk) -> None:
    unclear = Turn(json.dumps({"kind": "unclear", "tables": ["order_items"]}))
    text = "Revenue, you know, the usual"
    with ask(unclear, text=text) as seen:
        assert seen.run.status is Status.NEEDS_INPUT, seen.run.failure
        question = seen.run.question
        assert question.key == ABOUT
        assert question.options[0].value == "order_items"
        assert "amount" in question.options[0].label
        assert len(question.options) == 5
    code = 'def revenue(rows: pd.DataFrame) -> float:\n    return rows["amount"].sum()\n'
    with ask(unclear, Turn(fence(code)), text=text, answers={ABOUT: "order_items"}) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert [metric.value for metric in seen.run.results.metrics] == [1720.0]
        told = seen.server.seen[0]["messages"]
        assert "unclear" not in told[0]["content"]
        assert "customers(" not in told[1]["content"]


def test_words_that_nothing_is_called_by_are_asked_about_or_said(ask: Desk) -> None:
    text = "Revenue by loyalty tier of each customer"
    tables = Turn(json.dumps({"kind": "breakdown", "tables": ["customers", "orders", "order_items"]}))
    with ask(tables, Turn(json.dumps({"1": "missing"})), text=text) as seen:
        assert seen.run.status is Status.NEEDS_INPUT, seen.run.failure
        question = seen.run.question
        assert "loyalty tier" in question.text
        assert [option.value for option in question.options][-1] == WITHOUT
        assert len(question.options) > 2
    code = 'def revenue(rows: pd.DataFrame) -> pd.DataFrame:\n    return rows.groupby("city")["amount"].sum()\n'
    answers = {question.key: "customers.city"}
    with ask(tables, Turn(fence(code)), text=text, answers=answers) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert [(each.words, each.meaning) for each in seen.run.task.readings] == [
            ("loyalty tier", "city of customers")
        ]
        assert '"loyalty tier" is about city' in seen.server.seen[-1]["messages"][-1]["content"]
        assert "loyalty tier" in " ".join(seen.run.results.warnings)
    with ask(tables, Turn(fence(code)), text=text, answers={question.key: WITHOUT}) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        assert 'Leave out "loyalty tier"' in seen.server.seen[-1]["messages"][-1]["content"]
    short = "Revenue by city and the ASP of each customer"
    with ask(tables, Turn(json.dumps({"1": "missing"})), Turn(fence(code)), text=short) as seen:
        assert seen.run.status is Status.DONE, "an abbreviation is computed, and said"
        assert "“ASP”" in " ".join(seen.run.results.warnings)
    with ask(tables, Turn(json.dumps({"1": "computed"})), text=text) as seen:
        assert seen.run.status is Status.NEEDS_INPUT, "that two plain words are computed is for a person to say"
    with ask(tables, Turn(fence(code)), text=text, answers={question.key: COMPUTED}) as seen:
        assert "chose" in " ".join(seen.run.results.warnings)


def test_what_speaks_of_nothing_in_the_data_is_asked_about_without_a_call(ask: Desk) -> None:
    with ask(text="How do scientists determine the age of fossils and ancient artifacts?") as seen:
        assert seen.run.status is Status.NEEDS_INPUT, seen.run.failure
        assert seen.run.question.key == ABOUT
        assert seen.server.seen == []


def test_doubts_are_shown_beside_the_answer(ask: Desk) -> None:
    code = (
        'def first(rows: pd.DataFrame) -> float:\n    return float(rows["amount"].iloc[0])\n\n\n'
        "def customers(rows: pd.DataFrame) -> float:\n    return len(rows) * 0 + 4.0\n"
    )
    with ask(TABLES, Turn(fence(code))) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        said = " ".join(seen.run.results.warnings)
        assert "order" in said
    once = 'def revenue(rows: pd.DataFrame) -> pd.DataFrame:\n    return rows[["customer_name", "amount"]]\n'
    with ask(TABLES, Turn(fence(once))) as seen:
        assert "several rows" in " ".join(seen.run.results.warnings)


def test_cancelling_stops_the_servers_work(shop: Connection, tmp_path: Path) -> None:
    with scripted(TABLES, Turn(fence(GOOD), stall_at=20)) as server:
        kit = kit_over(shop.door._url.database, tmp_path, server)
        from engine.pipeline import run_request
        from engine.queue import Watch

        run = submit(Request(text=TEXT, database=kit.remember(kit.settings.database)), kit, claimed=True)
        written = threading.Event()

        def tell(event: Event) -> None:
            if event.state == "written" and event.step == "generate":
                written.set()

        def cancel() -> None:
            while len(server.seen) < 2:
                written.wait(0.05)
            kit.store.cancel(run.id)

        threading.Thread(target=cancel, daemon=True).start()
        with Watch(run, kit) as watch:
            ended = run_request(run, kit, tell, watch)
        assert ended.status is Status.CANCELLED
        assert server.left.acquire(timeout=60)
        kit.close()


def test_tables_that_no_key_ties_are_read_by_the_models_own_query_through_the_door(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "loose.sqlite") as connection:
        connection.executescript(
            "CREATE TABLE sales (region TEXT, sold NUMERIC); CREATE TABLE goals (area TEXT, goal NUMERIC);"
            "INSERT INTO sales VALUES ('North', 5), ('South', 7); INSERT INTO goals VALUES ('North', 4), ('South', 9);"
        )
    connection.close()
    tables = Turn(json.dumps({"kind": "list", "tables": ["sales", "goals"]}))
    write = Turn("```sql\nDELETE FROM sales\n```")
    query = Turn("```sql\nSELECT region, sold, goal FROM sales JOIN goals ON region = area;\n```")
    code = 'def missed(rows: pd.DataFrame) -> pd.DataFrame:\n    return rows[rows["sold"] < rows["goal"]][["region"]]\n'
    words = Turn(json.dumps({"1": "computed"}))
    with scripted(tables, words, write, query, Turn(fence(code))) as server:
        kit = kit_over(tmp_path / "loose.sqlite", tmp_path, server)
        text = "Regions that roughly missed their goal, if any at all"
        run = answer(Request(text=text, database=kit.remember(kit.settings.database)), kit, lambda event: None)
        seen = Seen(run, server, kit, [])
        assert seen.rows == {("South",)}
        assert "Error:" in server.seen[3]["messages"][-1]["content"]
        assert "written by the language model" in " ".join(run.results.assumptions if run.results else ())
        kit.close()


def test_a_metric_that_the_request_names_is_a_quantity_made_of_the_models_inputs(ask: Desk) -> None:
    decided = Turn(json.dumps({"kind": "single", "tables": ["order_items", "orders"]}))
    code = (
        "def effective_gross_income(rows: pd.DataFrame) -> float:\n"
        '    """Income of all orders."""\n    return rows["amount"].sum()\n\n\n'
        "def operating_expenses(rows: pd.DataFrame) -> float:\n"
        '    """Shipping fees."""\n    return rows["shipping_fee"].sum()\n'
    )
    text = "NOI of the shop, with the amounts as income and the shipping fees as expenses, roughly"
    words = Turn(json.dumps({str(number): "computed" for number in range(1, 5)}))

    def told(body: dict[str, Any]) -> Turn:
        rules = body["messages"][0]["content"]
        return Turn(fence(code)) if "Python functions" in rules else words if "what each word is" in rules else decided

    with ask(told, text=text) as seen:
        assert seen.run.status is Status.DONE, seen.run.failure
        prompt = seen.server.seen[-1]["messages"][-1]["content"]
        assert "_noi(effective_gross_income, operating_expenses)" in prompt
        assert "one function for each of their arguments" in prompt
        values = {metric.name: metric.value for metric in seen.run.results.metrics}
        assert values["noi"] == values["effective_gross_income"] - values["operating_expenses"]
        document = seen.run.execution.document
        noi = next(each for each in document["quantities"] if each["name"] == "noi")
        assert noi["inputs"] == ["effective_gross_income", "operating_expenses"]
        assert noi["formula"]
        assert "def noi(effective_gross_income: float, operating_expenses: float) -> float:" in seen.run.script.text
