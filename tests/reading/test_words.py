"""Every phrase of the closed words is read as what it is listed under."""

from __future__ import annotations

from datetime import date

import pytest

from engine.authors.asking import names_of
from engine.authors.base import Ground
from engine.reading.lattice import lattice_of, tokens_of
from engine.reading.spelling import written_out
from engine.reading.vocabulary import closed_words

TODAY = date(2026, 11, 22)


def test_every_phrase_gives_its_categories(ground: Ground) -> None:
    names = names_of(ground)
    missed = []
    for phrase, categories in closed_words().items():
        lattice = lattice_of(f"zz {' '.join(phrase)} zz", names, TODAY)
        found = {(piece.category, piece.detail) for piece in lattice.pieces if piece.text == " ".join(phrase)}
        if not set(categories) <= found:
            missed.append((phrase, categories))
    assert missed == []


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("late q3 26", "late q3 2026"),
        ("jan-oct 26 vs 25", "jan-oct 2026 vs jan-oct 2025"),
        ("Jul-Sep this year", "Jul-Sep 2026"),
        ("first ten months of 2026", "January to October 2026"),
        ("H1 2025", "January to June 2025"),
        ("second half of 2025", "July to December 2025"),
        (
            "January to October 2026 than in the same months of 2025",
            "January to October 2026 than in January to October 2025",
        ),
        ("the month just gone", "last month"),
        ("between 1 January and 31 March 2026", "between 1 January 2026 and 31 March 2026"),
        ("clients w/o hires", "clients without hires"),
        ("last 12m", "last 12 months"),
        ("oct 31 was a day", "oct 31 was a day"),
        ("room 26 oct", "room 26 oct"),
    ],
)
def test_shorthand_is_written_out(said: str, written: str) -> None:
    assert " ".join(written_out(said, TODAY).split()) == written


def test_tokens_keep_numbers_quotes_and_possessives() -> None:
    tokens = [token.text for token in tokens_of('the client\'s "Big One" paid 1,250.50 in no-show fees, 2026, by 3')]
    assert tokens == [
        "the",
        "client's",
        "Big One",
        "paid",
        "1,250.50",
        "in",
        "no",
        "show",
        "fees",
        ",",
        "2026",
        ",",
        "by",
        "3",
    ]
