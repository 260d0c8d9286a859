"""Whatever a server does wrong while the functions are written ends the run with its reason, and nothing runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import ModelError
from engine.language_model.watch import Patience
from tests.language_model.faults import FAULTS
from tests.language_model.scripted_server import Turn
from tests.model_author.conftest import approved_request
from tests.model_author.replies import REPLIES

QUICK = Patience(connect=1, first=0.6, between=0.4, total=5, loading=0.2)


@pytest.mark.parametrize("repaired", [False, True], ids=["first", "after a repair"])
@pytest.mark.parametrize("piece", [3, 20])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_in_its_error_and_no_code_is_kept(
    name: str, piece: int, repaired: bool, desk: Callable[..., Any]
) -> None:
    turn, kind = FAULTS[name]
    turns = [*([Turn(REPLIES["syntax"][1])] if repaired else []), turn]
    with desk(*turns, patience=QUICK, piece=piece) as at:
        if name == "unknown sampler":
            at.client.abilities.refused.add("temperature")
        request = approved_request()
        plan = at.planned(request)
        with pytest.raises(ModelError) as raised:
            at.author.generate(request, plan, at.ground)
    assert isinstance(raised.value, kind)
    assert raised.value.hint
    assert at.author.functions == ""
