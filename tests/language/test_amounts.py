from __future__ import annotations

import pytest

from engine.language.amounts import find_amounts


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("$1.2m", 1_200_000, "USD"),
        ("30,000", 30_000, ""),
        ("150 basis points", 150, "basis points"),
        ("50 bps", 50, "basis points"),
        ("10 %", 10, "percent"),
        ("12.5 percent", 12.5, "percent"),
        ("850 sqft", 850, "sqft"),
        ("850 square feet", 850, "sqft"),
        ("twenty five", 25, ""),
        ("one hundred thousand dollars", 100_000, "USD"),
        ("1.25x", 1.25, "x"),
        ("-5%", -5, "percent"),
        ("2.5 million", 2_500_000, ""),
    ],
)
def test_amounts_and_their_units(text: str, value: float, unit: str) -> None:
    (amount,) = find_amounts(f"above {text}, please")
    assert (amount.value, amount.unit) == (value, unit)
    assert f"above {text}, please"[slice(*amount.span)] == text


def test_codes_are_no_amounts() -> None:
    assert find_amounts("M5 and A-12b") == ()
