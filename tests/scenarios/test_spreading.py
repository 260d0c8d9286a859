"""Models that take no arrays: spread over sandboxes, told while they go on, cancelled, and the same to the last bit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from engine import Kit
from engine.bench.whatif import finished
from engine.dashboards import gateway
from engine.errors import CancelledError, ScriptError
from engine.products import Run
from engine.scenarios.spreading import Loop, spread
from runtime.batch import pack, unpack

# A branch on a value: evaluated scenario by scenario. SPIN is how much work each is.
SCRIPT = '''"""A fee in steps."""
from runtime import Metric, Parameter, main

SOURCES = {}
PARAMETERS = [Parameter("x", "X", default=0.5, low=-2.0, high=2.0, unit=""), Parameter("y", "Y", default=0.0)]


def fee(x: float) -> float:
    """Steps at one, after some work."""
    total = 0.0
    for step in range(SPIN):
        total += step * 1e-9
    if x > 1.0:
        return 2.0 * x + total
    return x + total


def net(fee: float, y: float) -> float:
    """Fee and change."""
    return fee * (1 + y)


VIEW = [Metric("net", "Net", good=">= 1")]

if __name__ == "__main__":
    main()
'''


@pytest.fixture
def slow(kit: Kit, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Run]:
    """A run of the model; its executor is the local one."""
    folder = tmp_path / "slow"
    (folder / "data").mkdir(parents=True)
    (folder / "script.py").write_text(SCRIPT.replace("SPIN", str(getattr(request, "param", 20_000))))
    run = finished(folder).model_copy(update={"id": f"slow-{tmp_path.name}"})
    yield run
    kit.sessions.drop(run.id)


def rows(count: int) -> list[dict[str, float]]:
    return [{"x": -2 + 4 * number / count, "y": number % 7 / 20} for number in range(count)]


def expected(x: float, y: float, spin: int) -> float:
    total = 0.0
    for step in range(spin):
        total += step * 1e-9
    return (2.0 * x + total if x > 1.0 else x + total) * (1 + y)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However quick the machine, a loop is too long for the run's own sandbox."""
    monkeypatch.setattr("engine.scenarios.sessions.PATIENCE", 0.05)


@pytest.mark.usefixtures("impatient")
def test_a_slow_model_is_spread_and_gives_what_a_loop_gives(kit: Kit, slow: Run) -> None:
    told: list[tuple[int, int]] = []
    asked = rows(2_000)
    found = kit.sessions.simulate(slow, asked, lambda done, total: told.append((done, total)))
    assert found["arrays"] is False
    values = [scenario["metrics"]["net"] for scenario in found["scenarios"]]
    assert values[::97] == [expected(row["x"], row["y"], 20_000) for row in asked[::97]]
    assert all(total == 2_000 for _, total in told)
    done = [done for done, _ in told]
    assert done == sorted(done)
    assert done[-1] == 2_000
    assert len(set(done)) > 2


@pytest.mark.parametrize("slow", [10], indirect=True)
def test_a_quick_model_stays_in_its_own_sandbox(kit: Kit, slow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.scenarios.sessions.spread", None)
    assert len(kit.sessions.simulate(slow, rows(500))["scenarios"]) == 500


@pytest.mark.usefixtures("impatient")
def test_chance_over_a_slow_model_is_spread_too_and_its_seed_still_rules(kit: Kit, slow: Run) -> None:
    question = {"kind": "monte_carlo", "distributions": {"x": {"kind": "uniform", "low": 0, "high": 1}}, "draws": 1024}
    told: list[int] = []
    first = kit.sessions.what_if(slow, question, lambda done, total: told.append(done))
    again = kit.sessions.what_if(slow, question)
    assert told[-1] == 1024
    assert first == again
    # The mean of a uniform from 0 to 1, and the constant that the work adds.
    assert first["outputs"][0]["mean"] == pytest.approx(0.5 + expected(0, 0, 20_000), abs=1e-4)


def test_it_is_cancelled_and_the_next_question_is_answered(kit: Kit, slow: Run) -> None:
    told: list[int] = []
    with pytest.raises(CancelledError):
        kit.sessions.simulate(slow, rows(20_000), lambda done, total: told.append(done), lambda: len(told) > 3)
    assert told[-1] < 20_000
    assert len(kit.sessions.simulate(slow, rows(5))["scenarios"]) == 5


def test_a_part_that_fails_is_told_and_every_sandbox_is_closed(kit: Kit, slow: Run) -> None:
    opened = []

    def another() -> object:
        opened.append(kit.sessions._another(slow))
        return opened[-1]

    loop = Loop({"x": np.linspace(0, 1, 300)}, ("no such quantity",), 300)
    with pytest.raises((ScriptError, Exception), match="no such quantity"):
        spread(another, loop, sandboxes=2)  # type: ignore[arg-type]
    assert opened
    assert not any(session.alive for session in opened)


def test_more_sandboxes_than_rows_and_one_alone_agree(kit: Kit, slow: Run) -> None:
    loop = Loop({"x": np.linspace(-2, 2, 3)}, ("net", "fee"), 3)
    one, many = (kit.sessions.share(slow, loop, sandboxes=count) for count in (1, 4))
    assert one == many
    assert unpack(["net", "fee"], 3, one)["net"].tolist() == [expected(x, 0, 20_000) for x in (-2.0, 0.0, 2.0)]
    assert Loop.read({"count": 3, "drivers": ["x"], "outputs": ["net"]}, pack(loop.columns)[1]).count == 3


@pytest.mark.parametrize("slow", [200_000], indirect=True)
def test_a_dashboards_question_is_told_and_cancelled_through_the_gateway(kit: Kit, slow: Run) -> None:
    def post(path: str, body: object = None, query: str = "ticket=a") -> gateway.Answer:
        sent = json.dumps(body).encode()
        return gateway.answer(kit, slow, method="POST", path=path, query=query, headers={}, body=sent)

    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(post, "/api/simulate", rows(100_000))
        while not (told := json.loads(post("/api/progress").body))["done"]:
            assert not asked.done(), asked.result()
        assert told["total"] == 100_000
        # It waits for its turn in the same interpreter, and is answered by the next.
        behind = pool.submit(post, "/api/simulate", rows(1), "")
        assert json.loads(post("/api/cancel").body) == {"stopped": True}
        assert asked.result().status == 502
        assert json.loads(behind.result().body)["scenarios"][0]["name"] == "scenario 1"
