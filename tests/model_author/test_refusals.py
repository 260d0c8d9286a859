"""A small model may say `cannot` wherever it decides: the run is declined with its reason, over a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine import Status
from engine.authors.base import Declined, Ground
from engine.authors.model.decisions import KINDS, Decisions, columns_shape, kind_shape, refuses
from engine.authors.model.extraction import cannot_in
from engine.authors.model.freehand import frame_by_query
from engine.authors.model.interview import UNSAID, Refusing, interview
from tests.language_model.scripted_server import Turn
from tests.model_author.test_runs import TABLES, Desk, ask  # noqa: F401

WHY = "There are no salaries in this data."
NO_TABLES = Turn(json.dumps({"kind": "cannot", "tables": ["customers"]}))
SAYS_WHY = Turn(json.dumps({"cannot": WHY}))
Made = Callable[..., Any]


def test_no_table_holds_it_and_the_model_is_asked_why(ask: Desk) -> None:  # noqa: F811
    with ask(NO_TABLES, SAYS_WHY) as seen:
        assert seen.run.status is Status.REFUSED
        assert seen.run.failure.message == WHY
        assert "connect a language model" not in seen.run.failure.hint
        assert len(seen.server.seen) == 2
        assert seen.server.seen[1]["messages"][-2]["role"] == "assistant"
        assert len(seen.run.writing.calls) == 2, "what the model said is kept"


def test_a_reason_that_comes_at_once_is_not_asked_for(ask: Desk) -> None:  # noqa: F811
    with ask(SAYS_WHY) as seen:
        assert seen.run.failure.message == WHY
        assert len(seen.server.seen) == 1


def test_a_reason_that_never_comes_is_said_so(ask: Desk) -> None:  # noqa: F811
    with ask(NO_TABLES, Turn("nothing of use")) as seen:
        assert seen.run.status is Status.REFUSED
        assert seen.run.failure.message == UNSAID


@pytest.mark.parametrize("reply", [f"CANNOT: {WHY}", f"```python\n# CANNOT: {WHY}\n```"])
def test_the_rows_do_not_hold_it(reply: str, ask: Desk) -> None:  # noqa: F811
    with ask(TABLES, Turn(reply)) as seen:
        assert seen.run.status is Status.REFUSED
        assert seen.run.failure.message == WHY


def test_nothing_can_change_so(desk: Made, ground: Ground) -> None:
    none = Turn(json.dumps({"parameters": [{"name": "cannot", "label": "", "unit": "percent"}]}))
    with desk(TABLES, none, SAYS_WHY) as made, pytest.raises(Refusing) as refusing:
        interview("Revenue of each customer if the yen rises by 5 %", ground, made.author.talk)
    assert refusing.value.declined == Declined(reason=WHY, by_model=True)


def test_a_query_is_refused_without_a_second_try(desk: Made, ground: Ground) -> None:
    with desk(Turn(f"CANNOT: {WHY}")) as made:
        found = frame_by_query("Salaries", Decisions(kind="list", tables=("customers",)), ground, made.author.talk)
        assert found == Declined(reason=WHY, by_model=True)
        assert len(made.server.seen) == 1


def test_every_decision_offers_the_way_out() -> None:
    assert "cannot" in KINDS
    assert "cannot" in kind_shape(["customers"])["properties"]["kind"]["enum"]
    assert "cannot" in columns_shape(["customers.city"])["properties"]["columns"]["items"]["enum"]


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ({"kind": "cannot", "tables": ["customers"]}, True),
        ({"columns": ["cannot"]}, True),
        ({"columns": ["customers.city", "cannot"]}, False),
        ({"parameters": [{"name": "Cannot"}]}, True),
        ({"cannot": WHY}, True),
        ({"cannot": ""}, False),
        ({"kind": "list", "tables": ["customers"], "cannot": None}, False),
        ({"1": "missing"}, False),
    ],
)
def test_a_refusal_is_told_from_a_choice(answer: dict[str, Any], refused: bool) -> None:
    assert refuses(answer) is refused


def test_code_that_speaks_of_cannot_is_code() -> None:
    assert cannot_in("# CANNOT be negative\ndef total(rows: pd.DataFrame) -> float:\n    return 1.0\n") == ""
    assert cannot_in("I cannot say") == ""
