"""Scenarios in words: what is said is what is set, and what is not understood is named, never guessed."""

from __future__ import annotations

import sys

import pytest

from engine.errors import UsageError
from engine.language.amounts import find_amounts
from engine.products import ParameterValue, Scenario
from engine.scenarios.sentence import _words, scenario_of
from engine.scenarios.whatif import copied


def driver(
    name: str, label: str, default: float = 0.0, bounds: tuple[float, float] = (-0.5, 0.5), unit: str = "percent"
) -> ParameterValue:
    """A driver as a form needs it."""
    return ParameterValue(name=name, label=label, default=default, low=bounds[0], high=bounds[1], step=0.01, unit=unit)


DRIVERS = (
    driver("revenue_change", "Revenue change"),
    driver("expense_change", "Operating expense change"),
    driver("rate_change", "Interest rate change (points)", bounds=(-0.03, 0.05)),
    driver("market_cap_rate", "Market cap rate", 0.06, (0.03, 0.15)),
    driver("contract_rent", "Contract rent", 1000.0, (0.0, 5000.0), "USD"),
    driver("storage_rent", "Storage rent", 100.0, (0.0, 500.0), "USD"),
)
KEPT = (Scenario(name="Pessimistic", values={"revenue_change": -0.1, "expense_change": 0.05}),)


@pytest.mark.parametrize(
    ("sentence", "values"),
    [
        ("revenue 10 % down and rates up 150 basis points", {"revenue_change": -0.1, "rate_change": 0.015}),
        ("opex +5%", {"expense_change": 0.05}),
        ("What if revenue falls by ten percent?", {"revenue_change": -0.1}),
        ("Revenue and operating expenses down 5 %", {"revenue_change": -0.05, "expense_change": -0.05}),
        ("interest rate rises 50 bps, costs -2.5%", {"rate_change": 0.005, "expense_change": -0.025}),
        ("rates rise by 2 points", {"rate_change": 0.02}),
        ("cap rate up 1 point", {"market_cap_rate": 0.07}),
        ("a 10% drop in revenue", {"revenue_change": -0.1}),
        ("cap rate to 7 %", {"market_cap_rate": 0.07}),
        ("cap rate up 50 basis points", {"market_cap_rate": 0.065}),
        ("cap rate down 1 percentage point", {"market_cap_rate": 0.05}),
        ("contract rent up 10 %", {"contract_rent": 1100.0}),
        ("contract rent to $1,200; storage rent down $20", {"contract_rent": 1200.0, "storage_rent": 80.0}),
        ("like Pessimistic but rates up 1 %", {"revenue_change": -0.1, "expense_change": 0.05, "rate_change": 0.01}),
        ("like pessimistic", {"revenue_change": -0.1, "expense_change": 0.05}),
    ],
)
def test_what_is_said_is_set(sentence: str, values: dict[str, float]) -> None:
    assert scenario_of(sentence, DRIVERS, KEPT).values == pytest.approx(values)


def test_a_sentence_may_name_its_scenario() -> None:
    assert scenario_of("Bad year: revenue down 20 %", DRIVERS).name == "Bad year"
    assert scenario_of("revenue  down 20 %", DRIVERS).name == "revenue down 20 %"


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("", "changes nothing"),
        ("weather down 10 %", "'weather'"),
        ("revenue from ice cream down 10 %", "'ice', 'cream'"),
        ("rent up 10 %", "Contract rent or Storage rent"),
        ("revenue 10 %", "up, down, or to"),
        ("revenue up", "By how much"),
        ("revenue down 10", "no unit"),
        ("revenue down -10 %", "up and down at once"),
        ("revenue up 5 % 10 %", "two amounts"),
        ("revenue to 10 %", "is a change"),
        ("cap rate up 10 %", "points (16.00 %) or of itself (6.60 %)"),
        ("rates up 1500 bps", "outside"),
        ("revenue down 5 % and income up 5 %", "twice"),
        ("up 10 %", "names no driver"),
        ("like Rosy but revenue up 5 %", "No scenario begins"),
    ],
)
def test_what_is_not_understood_is_named(sentence: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        scenario_of(sentence, DRIVERS, KEPT)
    assert words in f"{refused.value.message} {refused.value.hint}"


def test_a_copy_has_a_name_of_its_own() -> None:
    once = copied(KEPT, "Pessimistic")
    twice = copied(once, "Pessimistic")
    assert [scenario.name for scenario in twice] == ["Pessimistic", "Pessimistic copy", "Pessimistic copy 2"]
    assert {tuple(scenario.values.items()) for scenario in twice} == {tuple(KEPT[0].values.items())}
    with pytest.raises(UsageError, match="no scenario 'Rosy'"):
        copied(KEPT, "Rosy")


@pytest.mark.parametrize("sentence", ["revenue up " * 3000, "1 " * 16_000, "a-b-" * 8_000, " " * 32_000])
def test_a_sentence_that_is_too_long_is_refused_before_it_is_read(
    sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.scenarios.sentence._named", lambda text: pytest.fail("it was read"))
    with pytest.raises(UsageError, match=r"at most 1,000 are read"):
        scenario_of(sentence, DRIVERS)


def steps_of(text: str) -> int:
    """How many lines of Python it takes to find the words and the amounts of a text."""
    counted = 0

    def count(frame: object, event: str, argument: object) -> object:
        nonlocal counted
        counted += 1
        return count

    before = sys.gettrace()
    sys.settrace(count)  # type: ignore[arg-type]
    try:
        _words(text, find_amounts(text))
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.parametrize("piece", ["1 ", "$1 ", "10 bps ", "ten ", "revenue ", "twenty one 5 ", "1,234 "])
def test_twice_as_long_a_text_takes_twice_as_many_steps(piece: str) -> None:
    short, long = steps_of(piece * 200), steps_of(piece * 400)
    assert long < 2.3 * short


def test_words_of_number_beyond_any_amount_are_none() -> None:
    assert find_amounts("hundred " * 300) == ()
    assert find_amounts("9" * 400)[0].exact == float("inf")
