"""Replies that a strong model gave to questions nobody here wrote: none may be lost by what is done with them."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from engine.bench.answering import Outcome, kit_for, product_outcome
from tests.conftest import ROOT
from tests.language_model.scripted_server import Turn, scripted

FOLDER = ROOT / "tests" / "data" / "recorded"
QUESTIONS = [json.loads(line) for line in (FOLDER / "questions.jsonl").read_text("utf-8").splitlines()]
REPLIES = {
    each["id"]: each["replies"] for each in map(json.loads, (FOLDER / "replies.jsonl").read_text("utf-8").splitlines())
}
DATABASES = sorted({question["database"] for question in QUESTIONS})


def replayed(body: dict[str, Any]) -> Turn:
    """The reply that was recorded for a request: the first, or, to doubts or an error, the next."""
    messages = body["messages"]
    asked = messages[1]["content"].rpartition("Request: ")[2].strip()
    question = next(each for each in QUESTIONS if " ".join(each["question"].split()) == asked)
    said = REPLIES[question["id"]]
    return Turn(said[min(sum(m["role"] == "assistant" for m in messages), len(said) - 1)])


@pytest.fixture(scope="module", params=DATABASES)
def outcomes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    name: str = request.param
    folder = tmp_path_factory.mktemp(name)
    database = folder / f"{name}.sqlite"
    database.write_bytes(lzma.decompress((FOLDER / f"{name}.sqlite.xz").read_bytes()))
    with scripted(replayed, piece=200) as server:
        kit = kit_for(database, Path(folder), server.url, "select")
        try:
            return [product_outcome(question, kit) for question in QUESTIONS if question["database"] == name]
        finally:
            kit.close()


def test_no_right_answer_is_lost(outcomes: list[Outcome]) -> None:
    lost = [(each.id, each.stage, each.detail) for each in outcomes if each.answerable and each.stage != "right"]
    assert lost == []


def test_what_the_data_does_not_hold_is_declined(outcomes: list[Outcome]) -> None:
    assert [each.id for each in outcomes if not each.answerable and each.stage != "declined"] == []


def test_numbers_are_models_that_a_scenario_changes(outcomes: list[Outcome]) -> None:
    numbers = [each for each in outcomes if each.number and each.author == "model"]
    assert all(each.lifted for each in numbers)
    assert sum(each.moves for each in numbers) >= 0.7 * len(numbers)
