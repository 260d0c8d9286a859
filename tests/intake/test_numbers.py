"""Numbers as people write them: taken apart one by one, and told by their column."""

from __future__ import annotations

import pytest

from engine.intake.numbers import coded, votes, written


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("1250", 1250, 1250),
        ("1,250.50", 1250.5, None),
        ("1.250,50", None, 1250.5),
        ("1,250", 1250, 1.25),
        ("0,125", None, 0.125),
        ("1 234,50", None, 1234.5),
        ("1\u202f234,50 €", None, 1234.5),
        ("1'234.50", 1234.5, None),
        ("CHF 1\u2019200.--", 1200, 1200),
        ("1,23,456.00", 123456, None),
        ("$ 1,250.00", 1250, None),
        ("$ (250.00)", -250, None),
        ("$(75.50)", -75.5, None),
        ("(1,234)", -1234, -1.234),
        ("250.00-", -250, None),
        ("\u2212" + "12.5", -12.5, None),
        ("-$5.00", -5, None),
        ("$ -", 0, 0),
        ("USD 1,200", 1200, 1.2),
        ("￥85,000", 85000, 85),
        ("12.5%", 0.125, None),
        ("4 1/8%", 0.04125, None),
        ("4\u00bd", 4.5, None),
        ("1,234[2]", 1234, 1.234),
        ("kr. 1.234,50", None, 1234.5),
        ("-\u20ba350,25", None, -350.25),
        ("\u0661\u066c\u0662\u0660\u0660\u066b\u0665", 1200.5, None),
        ("50,00- \u20ac", None, -50),
        ("250 bps", 0.025, 0.025),
        ("$3.2bn", 3.2e9, None),
        ("500k", 500000, 500000),
        ("1,2 Mio", None, 1.2e6),
        ("1,200 sq ft", 1200, 1.2),
        ("$12.50/sf", 12.5, None),
        ("1.35x", 1.35, None),
        ("1.2E+05", 120000, None),
        (".5", 0.5, None),
    ],
)
def test_a_number_is_read_by_the_mark_of_its_decimals(text: str, point: float | None, comma: float | None) -> None:
    number = written(text)
    assert number is not None
    assert (number.value("."), number.value(",")) == (point, comma)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "TBD",
        "1300*",
        "A1",
        "12-34",
        "2024-01-01",
        "1/2/2024",
        "5,000.00 CR",
        "90+",
        "1.2.3",
        "$",
        "--5",
        "1 2",
    ],
)
def test_what_is_no_number_is_none(text: str) -> None:
    number = written(text)
    assert number is None or (number.value(".") is None and number.value(",") is None)


def test_a_column_tells_what_parts_its_decimals() -> None:
    assert votes(["1,250.50", "2,000"]).decided == "."
    assert votes(["1.250,50", "2.000"]).decided == ","
    undecided = votes(["1,250", "2,000"])
    assert (undecided.decided, undecided.example) == (None, "1,250")
    assert votes(["1,250.50", "1.250,50"]).decided is None


def test_digits_with_leading_zeros_or_beyond_what_a_number_keeps_are_codes() -> None:
    assert coded(["02134"])
    assert coded(["12345678901234567"])
    assert not coded(["000", "30", "25"])
    assert not coded(["0.5", "12", "999999999999999"])
