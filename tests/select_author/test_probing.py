"""Which way a model is asked: tried once with six questions whose answers are known, kept, overridden by a setting."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine import Kit, Settings
from engine.authors.select import probing
from engine.authors.select.probing import (
    AUTO,
    INTERVIEW,
    QUESTIONS,
    SELECT,
    Trial,
    holds,
    is_small,
    kept_trial,
    route_of,
    try_unknown,
)
from engine.language_model.endpoint import Endpoint
from engine.settings import ROOT
from engine.sources.door import Door
from engine.usecases.health import examine
from tests.language_model.scripted_server import Turn, scripted


def knows(body: dict[str, Any]) -> Turn:
    """A model that knows all six."""
    asked = body["messages"][-1]["content"]
    return Turn(json.dumps({"sql": next(sql for text, sql in QUESTIONS if text in asked)}))


def knows_two(body: dict[str, Any]) -> Turn:
    """A model that knows the first two and says nonsense of the rest."""
    asked = body["messages"][-1]["content"]
    found = next((sql for text, sql in QUESTIONS[:2] if text in asked), "SELECT 1 AS one")
    return Turn(json.dumps({"sql": found}))


def kit_at(url: str, folder: Path, **settings: Any) -> Kit:
    store = f"sqlite:///{folder}/store.sqlite"
    return Kit(Settings(llm_base_url=url, store_url=store, var_dir=folder, executor="local", **settings))


@pytest.mark.parametrize(("model", "route"), [(knows, SELECT), (knows_two, INTERVIEW)])
def test_a_model_is_tried_once_and_asked_as_it_did(
    model: Callable[[dict[str, Any]], Turn], route: str, tmp_path: Path
) -> None:
    with scripted(model) as server:
        kit = kit_at(server.url, tmp_path)
        try:
            first = try_unknown(kit)
            count = len(server.seen)
            again = try_unknown(kit)
            endpoint = kit.models.client().client.endpoint
            assert first is not None
            assert first.asked == len(QUESTIONS) == count
            assert again is not None
            assert (again.right, again.asked) == (first.right, first.asked)
            assert len(server.seen) == count, "what was tried is not tried again"
            assert route_of(AUTO, endpoint, kit.store) == first.route == route
            assert kept_trial(endpoint, kit.store) is not None
            said = next(check.detail for check in examine(kit) if check.name == "Language model")
            assert f"{first.right} of 6 right" in said
        finally:
            kit.close()


def test_a_setting_is_not_tried(tmp_path: Path) -> None:
    with scripted(knows) as server:
        kit = kit_at(server.url, tmp_path, llm_route=INTERVIEW)
        try:
            assert try_unknown(kit) is None
            assert server.seen == []
            assert route_of(INTERVIEW, Endpoint(server.url), kit.store) == INTERVIEW
        finally:
            kit.close()


@pytest.mark.parametrize(
    ("name", "small"),
    [
        ("qwen2.5-coder-1.5b-instruct", True),
        ("Llama-3.2-3B-Instruct", True),
        ("qwen2.5-coder-7b-instruct", False),
        ("gpt-5", False),
        ("mixtral-8x7b", False),
        ("", False),
    ],
)
def test_until_then_the_name_decides(name: str, small: bool, tmp_path: Path) -> None:
    assert is_small(name) is small
    kit = kit_at("none", tmp_path)
    assert route_of(AUTO, Endpoint("http://localhost:1/v1", name), kit.store) == (INTERVIEW if small else SELECT)
    kit.close()


def test_a_slow_model_is_judged_by_what_it_had_time_for() -> None:
    assert Trial(right=3, asked=3, seconds=120).route == SELECT
    assert Trial(right=1, asked=1, seconds=120).route == INTERVIEW
    assert Trial(right=1, asked=3, seconds=120).route == INTERVIEW


def test_a_model_that_answers_nothing_in_time_is_asked_small_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "SECONDS", 0.5)
    with scripted(Turn("{}", delay=60)) as server:
        kit = kit_at(server.url, tmp_path)
        try:
            trial = try_unknown(kit)
            assert trial is not None
            assert (trial.asked, trial.decides) == (0, True)
            assert "none came within" in trial.words
            endpoint = kit.models.client().client.endpoint
            assert route_of(AUTO, endpoint, kit.store) == INTERVIEW
            try_unknown(kit)
            assert len(server.seen) == 1, "it is not tried again and again"
        finally:
            kit.close()


def test_a_server_that_fails_decides_nothing() -> None:
    assert not Trial(right=0, asked=0, seconds=1).decides


@pytest.mark.parametrize(("text", "sql"), QUESTIONS, ids=[text for text, _ in QUESTIONS])
def test_the_sample_answers_each_question_with_rows(text: str, sql: str) -> None:
    with Door(f"sqlite:///{ROOT / 'var' / 'sample.sqlite'}") as door:
        assert len(door.read(sql))


def test_a_known_row_may_stand_beside_more_columns_but_not_more_rows() -> None:
    known = pd.DataFrame({"a": ["x", "y"], "n": [1, 2]})
    assert holds(known, pd.DataFrame({"n": [2.0, 1.0], "id": [7, 8], "who": ["y", "x"]}))
    assert not holds(known, pd.DataFrame({"a": ["x", "y", "z"], "n": [1, 2, 3]}))
    assert not holds(known, pd.DataFrame({"a": ["x", "y"], "n": [1, 3]}))
