"""What-if against closed forms: linear models, known roots, known means, asked correlations; clear refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.evaluate import Evaluator
from runtime.failures import UsageFailure
from runtime.model import load
from runtime.whatif import ask

SCRIPT = '''
"""A model with known answers."""
from runtime import Metric, Parameter, main

SOURCES = {}
PARAMETERS = [
    Parameter("a", "A", default=1.0, low=-4.0, high=4.0, unit=""),
    Parameter("b", "B", default=2.0, low=0.5, high=4.0, unit=""),
    Parameter("idle", "Idle", default=0.0, low=-1.0, high=1.0, unit=""),
]


def linear(a: float, b: float) -> float:
    """3 a - 2 b."""
    return 3 * a - 2 * b


def square(a: float) -> float:
    """a squared."""
    return a * a


def ratio(linear: float, b: float) -> float:
    """Linear over b less one: a pole at b = 1."""
    return linear / (b - 1)


def branch(a: float) -> float:
    """A kink, which arrays cannot take."""
    if a > 0:
        return a
    return -2 * a


VIEW = [Metric("linear", good=">= 0"), Metric("square"), Metric("ratio"), Metric("branch")]

if __name__ == "__main__":
    main()
'''


@pytest.fixture(scope="module")
def evaluator(tmp_path_factory: pytest.TempPathFactory) -> Evaluator:
    file = tmp_path_factory.mktemp("model") / "script.py"
    file.write_text(SCRIPT)
    return Evaluator(load(file), {})


def test_tornado_of_a_linear_model_is_coefficient_times_range(evaluator: Evaluator) -> None:
    found = ask(evaluator, {"kind": "tornado", "output": "linear", "ranges": {"a": [0, 2], "b": [1, 4]}})
    assert [(bar["driver"], bar["swing"]) for bar in found["bars"]] == [("a", 6.0), ("b", 6.0)]
    assert found["bars"][1]["at_low"] == pytest.approx(1.0)
    assert found["bars"][0]["elasticity"] == pytest.approx(3 / found["base"])
    assert found["without_effect"] == ["idle"]


def test_a_table_equals_its_cells_one_by_one(evaluator: Evaluator) -> None:
    found = ask(evaluator, {"kind": "grid", "output": "linear", "x": "a", "y": "b"})
    for b, row in zip(found["y_values"], found["rows"], strict=True):
        assert row == pytest.approx([3 * a - 2 * b for a in found["x_values"]])


@pytest.mark.parametrize(
    ("output", "driver", "target", "solutions"),
    [
        ("linear", "a", 2.0, [2.0]),
        ("linear", "b", 0.0, [1.5]),
        ("square", "a", 2.0, [-(2**0.5), 2**0.5]),
        ("square", "a", 0.0, [0.0]),
        ("branch", "a", 3.0, [-1.5, 3.0]),
        ("ratio", "b", -4.0, [0.5]),
    ],
)
def test_goal_seek_finds_every_root(
    evaluator: Evaluator, output: str, driver: str, target: float, solutions: list[float]
) -> None:
    found = ask(evaluator, {"kind": "goal_seek", "output": output, "driver": driver, "target": target})
    assert found["solutions"] == pytest.approx(solutions, abs=1e-9)
    for value in found["solutions"]:
        assert evaluator.at({driver: value}).values[output] == pytest.approx(target, abs=1e-9)


def test_no_root_is_said_with_the_nearest(evaluator: Evaluator) -> None:
    found = ask(evaluator, {"kind": "goal_seek", "output": "square", "driver": "a", "target": -1.0})
    assert found["solutions"] == []
    assert found["nearest"] == {"value": pytest.approx(0.0), "output": pytest.approx(0.0)}


def test_break_even_asks_every_driver_that_enters(evaluator: Evaluator) -> None:
    found = ask(evaluator, {"kind": "break_even", "output": "linear", "target": 0.0})
    assert {row["driver"]: row["solutions"] for row in found["rows"]} == {
        "a": [pytest.approx(4 / 3)],
        "b": [pytest.approx(1.5)],
    }


ISHIGAMI = '''
"""The function of Ishigami and Homma (1990), whose indices are known in closed form."""
import numpy as np
from runtime import Metric, Parameter

PARAMETERS = [Parameter(name, name.upper(), default=0.0, low=-3.2, high=3.2, unit="") for name in ("x", "y", "z")]


def height(x: float, y: float, z: float) -> float:
    """sin x + 7 sin(y)^2 + 0.1 z^4 sin x."""
    return np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)


VIEW = [Metric("height")]
'''


def test_sobol_indices_of_ishigami_are_its_closed_form(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(ISHIGAMI)
    even = {"kind": "uniform", "low": -np.pi, "high": np.pi}
    question = {"kind": "sobol", "output": "height", "distributions": dict.fromkeys("xyz", even), "draws": 16_384}
    found = ask(Evaluator(load(tmp_path / "script.py"), {}), question)
    parts = {
        "x": (1 + 0.1 * np.pi**4 / 5) ** 2 / 2,
        "y": 7**2 / 8,
        "xz": 0.1**2 * np.pi**8 * 8 / 225,
    }
    variance = sum(parts.values())
    rows = {row["driver"]: row for row in found["rows"]}
    first = [rows[name]["first"] for name in "xyz"]
    total = [rows[name]["total"] for name in "xyz"]
    assert first == pytest.approx([parts["x"] / variance, parts["y"] / variance, 0.0], abs=0.01)
    assert total == pytest.approx(
        [(parts["x"] + parts["xz"]) / variance, parts["y"] / variance, parts["xz"] / variance], abs=0.01
    )
    assert found["interaction"] == pytest.approx(parts["xz"] / variance, abs=0.01)
    assert found["evaluations"] == 16_384 * 5
    for row in found["rows"]:
        assert row["total_interval"][0] <= row["total"] <= row["total_interval"][1]


def test_sobol_indices_of_a_linear_model_are_its_shares(evaluator: Evaluator) -> None:
    found = ask(evaluator, {"kind": "sobol", "output": "linear", "distributions": NORMAL})
    assert [row["driver"] for row in found["rows"]] == ["a", "b"]
    shares = [2.25 / 2.5, 0.25 / 2.5]
    assert [row["first"] for row in found["rows"]] == pytest.approx(shares, abs=0.01)
    assert [row["total"] for row in found["rows"]] == pytest.approx(shares, abs=0.01)
    assert found == ask(evaluator, {"kind": "sobol", "output": "linear", "distributions": NORMAL})


NORMAL = {"a": {"kind": "normal", "mean": 1.0, "sd": 0.5}, "b": {"kind": "normal", "mean": 2.0, "sd": 0.25}}


def test_monte_carlo_of_a_linear_model_has_the_closed_mean_and_deviation(evaluator: Evaluator) -> None:
    found = ask(evaluator, {"kind": "monte_carlo", "distributions": NORMAL, "outputs": ["linear"]})["outputs"][0]
    assert found["mean"] == pytest.approx(-1.0, abs=1e-3)
    assert found["sd"] == pytest.approx((9 * 0.25 + 4 * 0.0625) ** 0.5, rel=1e-2)
    assert found["percentiles"]["50"] == pytest.approx(-1.0, abs=1e-2)
    # P(linear < 0) of a normal with that mean and deviation.
    assert found["breach"]["probability"] == pytest.approx(0.7365, abs=0.01)
    assert [row["driver"] for row in found["spread"]] == ["a", "b"]
    assert sum(found["histogram"]["counts"]) == 4096


def test_the_same_seed_gives_the_same_draws_and_another_gives_others(evaluator: Evaluator) -> None:
    first, again, other = (
        ask(evaluator, {"kind": "monte_carlo", "distributions": NORMAL, "seed": seed}) for seed in (7, 7, 8)
    )
    assert first == again
    assert first["outputs"] != other["outputs"]


@pytest.mark.parametrize("rank", [-0.6, 0.0, 0.8])
def test_an_asked_rank_correlation_is_had(evaluator: Evaluator, rank: float) -> None:
    from scipy.stats import spearmanr

    from runtime.whatif.chance import _places

    places = _places(["a", "b"], [["a", "b", rank]], 4096, 1)
    assert spearmanr(places[:, 0], places[:, 1]).statistic == pytest.approx(rank, abs=0.02)


@pytest.mark.parametrize(
    ("given", "mean"),
    [
        ({"kind": "uniform", "low": 1, "high": 3}, 2.0),
        ({"kind": "triangular", "low": 0, "mode": 1, "high": 2}, 1.0),
        ({"kind": "pert", "low": 0, "mode": 1, "high": 4}, 8 / 6),
        ({"kind": "lognormal", "mean": 0.0, "sd": 0.5}, float(np.exp(0.125))),
        ({"kind": "discrete", "values": [1, 3], "weights": [3, 1]}, 1.5),
        ({"kind": "history", "values": [1, 2, 3, 4]}, 2.5),
        ({"kind": "normal", "mean": 1.25, "sd": 0}, 1.25),
    ],
)
def test_every_distribution_has_its_mean(evaluator: Evaluator, given: dict[str, Any], mean: float) -> None:
    found = ask(evaluator, {"kind": "monte_carlo", "distributions": {"a": given}, "outputs": ["linear"]})
    assert found["outputs"][0]["mean"] == pytest.approx(3 * mean - 4, abs=0.02)


def test_array_and_scalar_evaluation_agree_to_the_last_bits(evaluator: Evaluator) -> None:
    rows = [{"a": a, "b": b} for a in (-1.5, 0.1, 2.7) for b in (0.7, 3.3)]
    found = evaluator.many(rows, ["linear", "ratio"])
    assert found.arrays
    for place, row in enumerate(rows):
        one = evaluator.at(row).values
        assert found.values["ratio"][place] == one["ratio"]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"kind": "dance"}, "no what-if named"),
        ({"kind": "tornado"}, "output: a tornado question needs it"),
        ({"kind": "tornado", "output": "linear", "colour": 1}, "colour: a tornado question has no such field"),
        ({"kind": "tornado", "output": "linaer"}, "Did you mean linear"),
        ({"kind": "goal_seek", "output": "linear", "driver": "idle", "target": 1}, "moves nothing"),
        ({"kind": "goal_seek", "output": "linear", "driver": "a", "target": "x"}, "target"),
        ({"kind": "goal_seek", "output": "linear", "driver": "a", "target": 1, "low": 2, "high": 1}, "not below"),
        ({"kind": "grid", "output": "linear", "x": "a", "y": "a"}, "both axes"),
        ({"kind": "sobol", "output": "linear", "distributions": {"idle": NORMAL["a"]}}, "moves nothing"),
        ({"kind": "sobol", "output": "linear", "draws": 10**9}, "evaluations"),
        ({"kind": "sobol", "output": "linear", "distributions": {"a": {"kind": "normal", "mean": 0, "sd": 0}}}, "same"),
        ({"kind": "sobol", "output": "ratio", "distributions": {"b": {"kind": "discrete", "values": [1, 2]}}}, "zero"),
        ({"kind": "monte_carlo", "distributions": {}}, "distributions"),
        ({"kind": "monte_carlo", "distributions": {"a": {"kind": "normal", "mean": 0, "sd": -1}}}, "negative"),
        ({"kind": "monte_carlo", "distributions": {"a": {"kind": "uniform", "low": 2, "high": 1}}}, "not below"),
        ({"kind": "monte_carlo", "distributions": {"a": {"kind": "pert", "low": 0, "mode": 9, "high": 1}}}, "mode"),
        ({"kind": "monte_carlo", "distributions": {"a": {"kind": "cauchy"}}}, "cauchy"),
        ({"kind": "monte_carlo", "distributions": NORMAL, "correlations": [["a", "b", 1.5]]}, "between -1 and 1"),
        ({"kind": "monte_carlo", "distributions": NORMAL, "correlations": [["a", "c", 0.5]]}, "two drivers"),
        ({"kind": "monte_carlo", "distributions": NORMAL, "draws": 10**9}, "draws"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(evaluator: Evaluator, question: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageFailure) as refused:
        ask(evaluator, question)
    assert words in f"{refused.value.message} {refused.value.hint}"


def test_correlations_that_contradict_are_refused(evaluator: Evaluator) -> None:
    three = {**NORMAL, "idle": {"kind": "uniform", "low": 0, "high": 1}}
    pairs = [["a", "b", 0.9], ["b", "idle", 0.9], ["a", "idle", -0.9]]
    with pytest.raises(UsageFailure, match="positive definite"):
        ask(evaluator, {"kind": "monte_carlo", "distributions": three, "correlations": pairs})
