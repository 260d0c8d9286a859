"""Requests for metrics as people write them: each is one intent, and what is not understood is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.authors.asking import names_of
from engine.authors.base import Ground
from engine.authors.metrics.quantities import available_inputs
from engine.authors.metrics.understanding import understand
from engine.metrics.catalogue import Catalogue, load_catalogue, usable

CASES = yaml.safe_load(Path(__file__).with_name("metric_requests.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def known(ground: Ground) -> Catalogue:
    assert ground.mapping is not None
    catalogue = load_catalogue()
    return usable(catalogue, available_inputs(catalogue, ground.mapping, ""))


@pytest.mark.parametrize("case", CASES, ids=[case["ask"] for case in CASES])
def test_a_request_is_the_intent_that_people_mean(case: dict[str, Any], ground: Ground, known: Catalogue) -> None:
    assert ground.mapping is not None
    intent = understand(case["ask"], ground, known, ground.mapping, names_of(ground))
    if case["is"] is None:
        assert intent is None
        return
    assert intent is not None
    told = intent.model_dump(mode="json", exclude_defaults=True, exclude={"readings"})
    told["outputs"] = sorted(told.get("outputs", ["answer"]))
    assert told == {"outputs": ["answer"], **case["is"]}
    assert all(reading.words and reading.meaning for reading in intent.readings)


def test_every_part_says_what_it_was_read_as(ground: Ground, known: Catalogue) -> None:
    assert ground.mapping is not None
    intent = understand("LTV of OFS by month", ground, known, ground.mapping, names_of(ground))
    assert intent is not None
    said = {reading.words: reading.meaning for reading in intent.readings}
    assert said["OFS"] == "Property = Orlando Fashion Square"
    assert said["by month"] == "by month"
    assert said["LTV"].startswith("LTV: ")
