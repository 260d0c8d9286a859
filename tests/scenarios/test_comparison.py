"""Scenarios beside the base as numbers: values, changes and verdicts, each for itself."""

from __future__ import annotations

import pytest

from engine.products import MetricValue, Results
from engine.scenarios.comparison import compared, names_of
from engine.scenarios.telling import figures, sentence

NOI = MetricValue(name="noi", label="NOI", value=200.0, unit="USD", text="$200")
DSCR = MetricValue(name="dscr", label="DSCR", value=1.35, unit="x", text="1.35x", good=">= 1.25", bad="< 1.0", ok=True)
VACANCY = MetricValue(name="vacancy", label="Vacancy", value=0.05, unit="percent", text="5.00 %")
COMPUTED = [
    {"name": "Up", "metrics": {"noi": 220.0, "dscr": 1.59, "vacancy": 0.04}},
    {"name": "Down", "metrics": {"noi": 150.0, "dscr": 0.9, "vacancy": 0.10}},
    {"name": "None", "metrics": {"noi": None, "dscr": None, "vacancy": None}},
]


def results(*metrics: MetricValue) -> Results:
    return Results(
        title="DSCR for Tampa", metrics=metrics, tables={}, charts=(), parameters=(), quantities=(), sources=()
    )


def test_each_figure_has_values_changes_and_verdicts() -> None:
    dscr, noi, vacancy = compared(results(NOI, DSCR, VACANCY), COMPUTED)
    assert names_of(COMPUTED) == ["Base", "Up", "Down", "None"]
    assert dscr.values == (1.35, 1.59, 0.9, None)
    assert dscr.changes == (0.0, pytest.approx(0.24), pytest.approx(-0.45), None)
    assert dscr.verdicts == ("good", "good", "breach", "")
    assert noi.changes == (0.0, pytest.approx(0.1), pytest.approx(-0.25), None)
    assert (noi.judged, noi.relative, vacancy.relative) == (False, True, False)
    assert vacancy.changes == (0.0, pytest.approx(-0.01), pytest.approx(0.05), None)


def test_an_answer_says_its_sentence_and_its_figures() -> None:
    found = results(NOI, DSCR)
    assert sentence(found) == "DSCR of Tampa is 1.35x, above the 1.25x threshold; NOI is $200."
    assert [head.name for head, _ in figures(found)] == ["dscr", "noi"]
