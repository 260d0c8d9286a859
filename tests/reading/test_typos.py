"""Slips of the pen: read as the one word that they can only be, and as none where they could be two."""

from __future__ import annotations

import pytest

from engine.reading.typos import corrected

WORDS = ("yield", "occupancy", "property", "properties", "region", "Ironworks", "taxed", "taxes")


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("debt yeild", "debt yield"),
        ("occupency by regoin", "occupancy by region"),
        ("LTV at Ironwroks's", "LTV at ironworks's"),
        ("proprety list", "property list"),
    ],
)
def test_a_slip_is_mended(said: str, read: str) -> None:
    text, mended = corrected(said, WORDS)
    assert text == read
    assert mended


@pytest.mark.parametrize(
    "said",
    [
        "yield by region",  # right as it is
        "regions",  # one word in many
        "taxex",  # could be two words
        "yiel",  # too short to tell
        "which hires",  # words of requests stand
        "NOIXX PROPERTI",  # shorthand in capitals stands
        "elephant",
    ],
)
def test_what_is_right_short_or_could_be_two_stands(said: str) -> None:
    assert corrected(said, WORDS) == (said, ())


def test_a_word_of_the_data_is_never_mended() -> None:
    assert corrected("yeild", WORDS, known=("yeild",)) == ("yeild", ())
