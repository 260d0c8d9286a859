"""The bench of a language model: the plain prompt and the product in one run, each question with its outcome."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.bench import model
from engine.bench.scoring import matches
from engine.errors import UsageError
from engine.sources.connection import Connection
from tests.analytics.conftest import shop  # noqa: F401
from tests.conftest import ROOT
from tests.language_model.scripted_server import Turn, scripted

GOLD = {"columns": ["customer_name", "sum"], "n_rows": 3}
ROWS = [["Acme Ltd", 1375.0], ["Bolt GmbH", 265.0], ["Cargo SA", 80.0]]
REVENUE = (
    "SELECT c.customer_name, SUM(i.amount) AS revenue FROM customers c JOIN orders o USING (customer_id)"
    " JOIN order_items i USING (order_id) GROUP BY c.customer_id"
)
QUESTIONS: list[dict[str, Any]] = [
    {"question": "Roughly what did each customer squander?", "gold_answer": {**GOLD, "rows": ROWS}},
    {"question": "How many orders feel late?", "gold_answer": {"columns": ["n"], "n_rows": 1, "rows": [[2]]}},
    {"question": "Which customers feel happy?", "gold_answer": {**GOLD, "rows": ROWS}},
    {"question": "How many customers wear a loyalty badge?", "gold_answer": "UNANSWERABLE"},
]


def folder_of(shop: Connection, folder: Path) -> Path:  # noqa: F811
    (folder / "shop").mkdir()
    shutil.copy(str(shop.door._url.database), folder / "shop" / "shop.sqlite")
    lines = [json.dumps({"id": str(n), "database": "shop", "ordered": False, **q}) for n, q in enumerate(QUESTIONS)]
    (folder / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def answered(body: dict[str, Any]) -> Turn:
    """What the model says: right, wrong, an answer that breaks off, and that it cannot."""
    told = "\n".join(message["content"] for message in body["messages"])
    bare = "and nothing else; or, if the data cannot answer it" in told
    if "feel happy" in told:
        return Turn("{", cut_at=0)
    if "badge" in told:
        return Turn("CANNOT: no badges" if bare else json.dumps({"cannot": "no badges"}))
    sql = "SELECT COUNT(*) AS n FROM orders" if "feel late" in told else REVENUE
    return Turn(sql if bare else json.dumps({"reading": "so", "sql": sql}))


def test_both_ways_are_measured_in_one_run(
    shop: Connection,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = folder_of(shop, tmp_path)
    with scripted(answered) as server:
        argument = f"{folder},{server.url},plain,product"
        found = {row.name: row for row in model.measure(*model.arguments_of(argument))}
    for way in ("plain", "product"):
        assert found[f"{way}: right"].against == "1 of 3"
        assert found[f"{way}: wrong"].against == "1 of 3"
        assert found[f"{way}: failed"].against == "1 of 3"
        assert found[f"{way}: unanswerable, not answered"].value == 1
        assert found[f"{way}: tokens written, median"].value > 0
    assert found["product: numbers lifted into quantities"].value == 1
    assert found["product: right numbers that a scenario changes"].value == 1
    said = capsys.readouterr().err
    assert "0 plain: right (model alone, 1 calls" in said
    assert "0 product: right (model, 1 calls" in said
    assert "ended before its end" in said


def small(body: dict[str, Any]) -> Turn:
    """A small model that answers one question and refuses the others."""
    asked = body["messages"][-1]["content"]
    if "Python functions" in body["messages"][0]["content"]:
        code = 'def orders(rows: pd.DataFrame) -> float:\n    """Orders."""\n    return len(rows)\n'
        return Turn(f"```python\n{code}```")
    if "feel late" in asked:
        return Turn(json.dumps({"1": "computed", "kind": "single", "tables": ["orders"]}))
    return Turn(json.dumps({"cannot": "Feelings are not in the data."}))


def test_a_small_model_is_measured_without_the_catalogue(shop: Connection, tmp_path: Path) -> None:  # noqa: F811
    folder = folder_of(shop, tmp_path)
    with scripted(small) as server:
        found = {row.name: row for row in model.measure(*model.arguments_of(f"{folder},{server.url},unaided"))}
    assert found["unaided: declined"].against == "2 of 3"
    assert found["unaided: wrong"].against == "1 of 3"
    assert found["unaided: unanswerable, not answered"].value == 1


def test_the_document_states_the_ways(shop: Connection) -> None:  # noqa: F811
    text = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    assert f"FOLDER,URL[,COUNT][,{'|'.join(model.WAYS)}][,PART/PARTS]" in text


def test_ways_counts_and_parts_are_named(shop: Connection, tmp_path: Path) -> None:  # noqa: F811
    folder = folder_of(shop, tmp_path)
    url = "http://localhost:1234/v1"
    assert model.arguments_of(f"{folder},{url}") == (folder, url, 0, model.WAYS, (1, 1))
    assert model.arguments_of(f"{folder},{url},12,product,2/3") == (folder, url, 12, ("product",), (2, 3))
    for wrong in ("", str(folder), f"{folder},{url},upside"):
        with pytest.raises(UsageError, match="needed"):
            model.arguments_of(wrong)


def shows(*rows: list[Any]) -> dict[str, Any]:
    return {"tables": {"result": {"columns": [], "rows": list(rows)}}, "metrics": []}


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (shows(["Acme Ltd", 1375.0], ["Bolt GmbH", 265.0], ["Cargo SA", 80.0]), True),
        (shows([80, 7, "Cargo SA"], [1375, 1, "Acme Ltd"], [265, 2, "Bolt GmbH"]), True),
        (shows(["Acme Ltd", 1375.9], ["Bolt GmbH", 265.0], ["Cargo SA", 80.0]), True),
        (shows(["Acme Ltd", 1390.0], ["Bolt GmbH", 265.0], ["Cargo SA", 80.0]), False),
        (shows(["Acme Ltd", 265.0], ["Bolt GmbH", 1375.0], ["Cargo SA", 80.0]), False),
        (shows(["Acme Ltd", 1375.0], ["Bolt GmbH", 265.0]), False),
        (shows(["Acme Ltd"], ["Bolt GmbH"], ["Cargo SA"]), False),
        (shows(), False),
    ],
)
def test_an_answer_is_judged_by_its_content(answer: dict[str, Any], right: bool) -> None:
    assert matches(answer, QUESTIONS[0]) is right


def test_alternatives_and_columns_that_may_be_missing_are_right_too() -> None:
    gold = {"columns": ["name", "id", "share"], "n_rows": 1, "rows": [["Acme", 1, 0.25]]}
    other = {"columns": ["n"], "n_rows": 1, "rows": [[9]]}
    question = {"question": "What share?", "gold_answer": gold, "alternatives": [{"gold_answer": other}]}
    assert matches(shows(["Acme", 1, 25.0]), question), "a share may be told in per cent"
    assert not matches(shows(["Acme", 0.25]), question)
    assert matches(shows(["Acme", 0.25]), {**question, "optional_columns": ["t.id"]})
    assert matches(shows([1, 0.25]), {**question, "any_of_columns": ["name", "id"]})
    assert matches({"tables": {}, "metrics": [{"name": "n", "value": 9.0}]}, question)
