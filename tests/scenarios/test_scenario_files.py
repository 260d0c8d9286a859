"""Scenarios from files in both orientations, and in the grid: what is wrong is named, what is right is taken."""

from __future__ import annotations

import json

import pytest

from engine.errors import UsageError
from engine.products import ParameterValue, Scenario
from engine.scenarios.scenariofile import read_scenarios
from engine.scenarios.whatif import field_of, grid_rows, merged, read_grid, renamed
from runtime import scenariofile


def driver(name: str, label: str, default: float, low: float, high: float, unit: str) -> ParameterValue:
    return ParameterValue(name=name, label=label, default=default, low=low, high=high, step=0.01, unit=unit)


DRIVERS = (
    driver("revenue_change", "Revenue change", 0, -0.5, 0.5, "percent"),
    driver("rate", "Interest rate", 0.05, 0, 0.2, "percent"),
    driver("units", "Units", 100, 0, 500, "count"),
)
KEPT = (
    Scenario(name="up", values={"revenue_change": 0.1}),
    Scenario(name="worse, much", values={"revenue_change": -0.2, "rate": 0.07, "units": 80}),
)


WORSE = {"revenue_change": -0.2, "rate": 0.07, "units": 80}
LABELLED = {"Revenue change": "-20 %", "Interest rate": 0.07, " units ": 80}
ROWS = [{"name": "up", "revenue_change": 0.1}, {"name": "worse, much", **WORSE}]
ACROSS = {
    "revenue_change": {"up": 0.1, "worse, much": -0.2}, "rate": {"worse, much": 0.07}, "units": {"worse, much": 80}
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps({"scenarios": ROWS})),
        ("a.json", json.dumps([{"name": "up", "revenue_change": "10%"}, {"name": "worse, much", **LABELLED}])),
        ("a.json", json.dumps({"up": {"revenue_change": 0.1}, "worse, much": WORSE})),
        ("a.json", json.dumps(ACROSS)),
        ("a.csv", 'name,revenue_change,rate,units\nup,10 %,,\n"worse, much",-0.2,0.07,80\n'),
        ("a.csv", 'driver,up,"worse, much"\nRevenue change,0.1,-20%\nInterest rate,,7 %\nunits,,80\n'),
        ("a.csv", "name;revenue_change;rate;units\nup;0.1;;\nworse, much;-0.2;0.07;80\n"),
        ("a.csv", 'driver,up,"worse, much",,\nrevenue_change,0.1,-0.2,,\nrate,,0.07,,\nunits,,80,,\n'),
        ("a.csv", 'name,revenue_change,rate,units\rup,0.1,,\r"worse, much",-0.2,0.07,80\r'),
        ("a.tsv", "\tup\tworse, much\nrevenue_change\t0.1\t-0.2\nrate\t\t0.07\nunits\t\t80\n"),
    ],
)
def test_a_file_in_any_orientation(name: str, text: str) -> None:
    assert read_scenarios(text, name, DRIVERS) == KEPT


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "{", "cannot be read as JSON"),
        ("a.json", "3", "no list of scenarios"),
        ("a.json", "[]", "no scenario"),
        ("a.json", '[{"name": "x", "rent": 1}]', "x: there is no driver named 'rent'"),
        ("a.json", '[{"name": "x", "revenu_change": 1}]', "revenu_change"),
        ("a.json", '[{"name": "x", "revenue_change": 0.7}]', "x, Revenue change: 0.7 is outside -0.5 to 0.5"),
        ("a.json", '[{"name": "x", "revenue_change": "lots"}]', "x, Revenue change: 'lots' is not a number"),
        ("a.json", '[{"name": "x", "units": NaN}]', "outside"),
        ("a.json", '[{"name": "x"}, {"name": "x"}]', "'x' twice"),
        ("a.json", "[" * 100_000, "cannot be read as JSON"),
        ("a.csv", "", "no table"),
        ("a.csv", "name,revenue_change\n", "no table"),
        ("a.csv", "name,revenue_change,rent\nx,0.1,5\n", "'rent'"),
        ("a.csv", "name,revenue_change\nx,0.1\nx,0.2\n", "'x' twice"),
        ("a.csv", "driver,x,x\nrevenue_change,0.1,0.2\n", "'x' twice"),
        ("a.csv", "name;units\nx;80,5\n", "x, Units: '80,5' is not a number"),
        ("a.csv", "name,units\nx," + "8" * 200_000, "cannot be read as CSV"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(name: str, text: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_scenarios(text, name, DRIVERS)
    assert words in refused.value.message
    assert refused.value.hint


def test_what_is_written_is_read_again() -> None:
    kept = {"-10 %, all": {}, "=SUM": {"revenue_change": 0.1}, "Söhne": {"revenue_change": -0.2, "units": 80.0}}
    assert scenariofile.decoded(scenariofile.as_csv(kept, DRIVERS), "a.csv", DRIVERS) == kept
    assert scenariofile.decoded(scenariofile.as_json(kept), "a.json", DRIVERS) == kept


def test_a_near_name_is_offered() -> None:
    with pytest.raises(UsageError) as refused:
        read_scenarios('[{"revenu_change": 0.1}]', "a.json", DRIVERS)
    assert refused.value.hint.startswith("Did you mean revenue_change?")


def test_the_grid_gives_back_what_it_was_given() -> None:
    rows = grid_rows(DRIVERS, KEPT)
    assert rows[0] == {"Driver": "Revenue change (%)", "Base": 0, "0": 10, "1": -20}
    assert rows[2] == {"Driver": "Units", "Base": 100, "0": 100, "1": 80}
    assert read_grid(DRIVERS, ["up", "worse, much"], rows) == (list(KEPT), [])


def test_a_cell_out_of_bounds_is_named_and_its_scenario_left_out() -> None:
    rows = grid_rows(DRIVERS, KEPT)
    rows[0]["1"] = 90.0
    rows[1]["0"] = float("nan")
    found, wrong = read_grid(DRIVERS, ["up", "worse, much"], rows)
    assert found == [KEPT[0]]
    assert wrong == ["worse, much, Revenue change: 90.00 % is outside -50.00 % to 50.00 %."]


def test_names_stay_apart() -> None:
    assert [each.name for each in renamed(KEPT, "up", " Rosy ")] == ["Rosy", "worse, much"]
    for new in ("", "worse, much"):
        with pytest.raises(UsageError, match="New name"):
            renamed(KEPT, "up", new)
    again = Scenario(name="up", values={"rate": 0.1})
    assert merged(KEPT, [again, Scenario(name="new")]) == [again, KEPT[1], Scenario(name="new")]


def test_the_field_of_a_refusal_stands_before_its_colon() -> None:
    assert field_of("revenue_change sd: -1 is negative.") == "revenue_change sd"
    assert field_of("There is no such thing.") == ""
