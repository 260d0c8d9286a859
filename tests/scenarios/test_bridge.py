"""Contributions add up to the difference, whatever the formula, and no order of the inputs is preferred."""

from __future__ import annotations

import random
from typing import Any

import pytest

from engine import Kit, Request, answer
from engine.errors import UsageError
from engine.products import MetricValue, ParameterValue, Quantity, Results, Scenario
from engine.scenarios.bridge import MOST, REST, bridge, shares
from engine.usecases.explaining import against_period_before, against_run, against_scenario

SAID = ("then", "now")
DSCR = {"noi": "revenue - costs", "service": "paid + balance * rate", "dscr": "noi / service"}


def answered(formulas: dict[str, str], inputs: dict[str, float], metric: str, rate: float = 0.0) -> Results:
    """An answer of these formulas over these inputs."""
    values: dict[str, Any] = {**inputs, "rate": rate}
    made = [Quantity(name=name, definition="", formula="table", inputs=(), arithmetic=False, value=value)
            for name, value in inputs.items()]  # fmt: skip
    for name, formula in formulas.items():
        values[name] = eval(formula, {}, values)  # noqa: S307 (the test's own arithmetic)
        made.append(Quantity(name=name, definition="", formula=formula, inputs=(), arithmetic=True, value=values[name]))
    parameter = ParameterValue(name="rate", label="Rate", default=rate, low=0, high=1, step=0.1, unit="percent")
    shown = MetricValue(name=metric, label=metric.upper(), value=values[metric], unit="x")
    return Results(
        title="", metrics=(shown,), tables={}, charts=(), parameters=(parameter,), quantities=tuple(made), sources=()
    )


@pytest.mark.parametrize("seed", range(25))
def test_contributions_add_up_to_the_difference(seed: int) -> None:
    chance = random.Random(seed)
    inputs = [{name: chance.uniform(1, 1e6) for name in ("revenue", "costs", "paid", "balance")} for _ in range(2)]
    before, after = (answered(DSCR, given, "dscr", 0.05) for given in inputs)
    found = bridge("dscr", before, after, said=SAID)
    assert sum(part.contribution for part in found.parts) == pytest.approx(found.change, rel=1e-9, abs=1e-9)
    assert {part.name for part in found.parts} == set(inputs[0])
    back = bridge("dscr", after, before, said=SAID)
    for part in found.parts:
        other = next(each for each in back.parts if each.name == part.name)
        assert other.contribution == pytest.approx(-part.contribution, rel=1e-9, abs=1e-9), "no direction is preferred"


def test_what_did_not_move_has_no_part_and_equal_inputs_have_equal_ones() -> None:
    before = answered({"total": "a * b * c"}, {"a": 2.0, "b": 2.0, "c": 5.0}, "total")
    after = answered({"total": "a * b * c"}, {"a": 3.0, "b": 3.0, "c": 5.0}, "total")
    found = bridge("total", before, after, said=SAID)
    assert [part.contribution for part in found.parts] == [pytest.approx(12.5), pytest.approx(12.5)]


def test_of_many_inputs_the_least_stand_together() -> None:
    names = [f"n{at}" for at in range(12)]
    formula = {"total": " + ".join(names)}
    before = answered(formula, dict.fromkeys(names, 1.0), "total")
    after = answered(formula, {name: 1.0 + at for at, name in enumerate(names)}, "total")
    found = bridge("total", before, after, said=SAID)
    assert len(found.parts) == MOST
    assert next(part for part in found.parts if part.name == REST).contribution == pytest.approx(1 + 2 + 3 + 4)
    assert sum(part.contribution for part in found.parts) == pytest.approx(found.change)


def test_what_cannot_be_compared_says_why() -> None:
    one = answered({"total": "a + b"}, {"a": 1.0, "b": 2.0}, "total")
    other = answered({"ratio": "a / b"}, {"a": 1.0, "b": 2.0}, "ratio")
    with pytest.raises(UsageError, match="not a number of both"):
        bridge("total", one, other, said=SAID)
    zero = answered({"ratio": "a / (b - c)"}, {"a": 1.0, "b": 2.0, "c": 1.0}, "ratio")
    through = answered({"ratio": "a / (b - c)"}, {"a": 1.0, "b": 4.0, "c": 2.0}, "ratio")
    with pytest.raises(UsageError, match="divided by zero"):
        bridge("ratio", zero, through, said=SAID)


def test_shares_of_any_function_add_up_and_ask_twice() -> None:
    asked: list[int] = []

    def values(choices: Any) -> list[float]:
        asked.append(len(choices))
        return [100.0 * (1.1 if "units" in c else 1.0) * (2.0 if "price" in c else 1.0) for c in map(set, choices)]

    found = dict(shares(values, ["units", "price"]))
    assert found == {"units": pytest.approx(15.0), "price": pytest.approx(105.0)}
    assert asked == [3, 4], "a sandbox is asked in two batches"


COUNTED = '''"""Leases and their rent."""
import pandas as pd
from runtime import Metric, Parameter, main, sql

SOURCES = {"rows": sql("SELECT lease_id FROM leases")}
PARAMETERS = [
    Parameter("units_change", "Change of the number", default=0.0, low=-0.5, high=0.5, unit="percent"),
    Parameter("rent", "Rent of each", default=1000.0, low=0.0, high=5000.0, unit="USD"),
]


def leases(rows: pd.DataFrame, units_change: float) -> float:
    """Leases."""
    return len(rows) * (1 + units_change)


def total(leases: float, rent: float) -> float:
    """Rent of them all."""
    return leases * rent


VIEW = [Metric("total", label="Rent of them all", unit="USD")]

if __name__ == "__main__":
    main()
'''


def test_a_scenario_is_explained_where_a_quantity_counts_rows(kit: Kit) -> None:
    database = kit.remember(kit.settings.database)
    run = answer(Request(text="rent", database=database, script=COUNTED), kit, lambda event: None)
    assert run.status.value == "done", run.failure
    base = float(run.results.metrics[0].value)  # type: ignore[union-attr]
    kit.store.save_scenarios(run.id, (Scenario(name="both", values={"units_change": 0.1, "rent": 2000.0}),))
    found = against_scenario(run, kit, "both")
    assert (found.before, found.after) == (pytest.approx(base), pytest.approx(2.2 * base))
    assert {part.name: part.contribution for part in found.parts} == {
        "rent": pytest.approx(1.05 * base),
        "units_change": pytest.approx(0.15 * base),
    }


def asked(kit: Kit, text: str) -> Any:
    return answer(Request(text=text, database=kit.remember(kit.settings.database)), kit, lambda event: None)


def test_an_answer_is_explained_by_the_period_before_a_scenario_and_another(kit: Kit) -> None:
    run = asked(kit, "DSCR for Orlando Fashion Square")
    found, before = against_period_before(run, kit, lambda event: None)
    assert before.title == "DSCR for Orlando Fashion Square, Nov 2024 to Oct 2025"
    assert (found.said_before, found.said_after) == ("Nov 2024 to Oct 2025", "Nov 2025 to Oct 2026")
    assert found.after == pytest.approx(1.35, abs=1e-4)
    assert found.before == pytest.approx(before.results.metrics[0].value)
    assert sum(part.contribution for part in found.parts) == pytest.approx(found.change, rel=1e-9)
    shocked = against_scenario(run, kit, "rates up")
    assert [part.name for part in shocked.parts] == ["rate_change"]
    other = asked(kit, "DSCR for Lantern Square")
    between = against_run(other, run)
    assert (between.before, between.after) == (
        pytest.approx(found.after),
        pytest.approx(other.results.metrics[0].value),
    )
    with pytest.raises(UsageError, match="no scenario named"):
        against_scenario(run, kit, "nonsense")


def test_what_has_no_period_before_says_so(kit: Kit) -> None:
    with pytest.raises(UsageError, match="not of one period"):
        against_period_before(asked(kit, "NOI by year"), kit, lambda event: None)
    early = asked(kit, "NOI of Orlando Fashion Square in November 2023")
    with pytest.raises(UsageError, match="The data holds"):
        against_period_before(early, kit, lambda event: None)
