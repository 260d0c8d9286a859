"""The bench of a language model: both ways in one run, each question with its outcome, none of them ending it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.bench import model
from engine.errors import UsageError
from engine.sources.connection import Connection
from tests.analytics.conftest import shop  # noqa: F401
from tests.conftest import ROOT
from tests.language_model.scripted_server import Turn, scripted
from tests.model_author.replies import fence

GOLD = {"columns": ["customer_name", "sum"], "n_rows": 3}
ROWS = [["Acme Ltd", 1375.0], ["Bolt GmbH", 265.0], ["Cargo SA", 80.0]]
BY_NAME = 'def revenue(rows: pd.DataFrame) -> pd.DataFrame:\n    return rows.groupby("customer_name")["amount"].sum()\n'
QUESTIONS: list[dict[str, Any]] = [
    {"question": "How many customers are there?", "gold_answer": {"columns": ["count"], "n_rows": 1, "rows": [[4]]}},
    {"question": "Roughly what did each customer squander?", "gold_answer": {**GOLD, "rows": ROWS}},
    {"question": "Which customers feel happy?", "gold_answer": {**GOLD, "rows": ROWS}},
    {"question": "How many customers wear a loyalty badge?", "gold_answer": "UNANSWERABLE"},
]


def folder_of(shop: Connection, folder: Path) -> Path:  # noqa: F811
    (folder / "shop").mkdir()
    shutil.copy(str(shop.door._url.database), folder / "shop" / "shop.sqlite")
    lines = [json.dumps({"id": str(n), "database": "shop", "ordered": False, **q}) for n, q in enumerate(QUESTIONS)]
    (folder / "questions-dev.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def answered(body: dict[str, Any]) -> Turn:
    """What the model says to each prompt: it breaks off at the third question."""
    told, system = body["messages"][-1]["content"], body["messages"][0]["content"]
    if "feel happy" in told:
        return Turn("{", cut_at=0)
    if "what each word is" in system:
        return Turn(json.dumps({"1": "computed", "2": "missing"} if "badge" in told else {"1": "computed"}))
    if "Python functions" in system:
        return Turn(fence(BY_NAME))
    return Turn(json.dumps({"kind": "breakdown", "tables": ["customers", "orders", "order_items"]}))


def test_both_ways_are_measured_in_one_run(
    shop: Connection,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = folder_of(shop, tmp_path)
    with scripted(answered) as server:
        found = {row.name: row for row in model.measure(*model.arguments_of(f"{folder},{server.url}"))}
        prompts = [json.dumps([body["messages"], body["seed"]]) for body in server.seen]
    again = [prompt for prompt in set(prompts) if prompts.count(prompt) > 1]
    assert all("feel happy" in prompt for prompt in again), "only what broke off is asked again"
    assert found["alone: ran"].against.startswith("1 of 3"), "a scripted model writes over tables that are not read"
    assert found["product: ran"].against.startswith("2 of 3")
    assert found["product: right"].value == pytest.approx(2 / 3, abs=1e-3)
    assert found["product: failed"].value == pytest.approx(1 / 3, abs=1e-3)
    assert found["product: unanswerable, asked or declined"].value == 1
    assert found["product: tokens written, median"].value > 0
    said = capsys.readouterr().err
    assert "1/4 0 product: right (catalogue, 0 tokens" in said
    assert "2/4 1 product: right (model" in said
    assert "ended before its end" in said
    assert "loyalty badge" in said


def test_the_document_states_the_ways_and_the_limit() -> None:
    text = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    assert f"FOLDER,URL[,COUNT][,{'|'.join(model.WAYS)}]" in text
    assert f"longer than {model.LIMIT:g} seconds" in text


def test_ways_and_counts_are_named(shop: Connection, tmp_path: Path) -> None:  # noqa: F811
    folder = folder_of(shop, tmp_path)
    url = "http://localhost:1234/v1"
    assert model.arguments_of(f"{folder},{url}") == (folder, url, 0, ("alone", "product"))
    assert model.arguments_of(f"{folder},{url},12,product") == (folder, url, 12, ("product",))
    for wrong in ("", str(folder), f"{folder},{url},upside"):
        with pytest.raises(UsageError, match="needed"):
            model.arguments_of(wrong)
