"""What words may name: exactly, by another word, shortened, run together, by initials; and what they never do."""

from __future__ import annotations

import pytest

from engine.authors.asking import names_of
from engine.authors.base import Ground


def said(ground: Ground, text: str) -> dict[str, float]:
    found = names_of(ground).meanings(text.split())
    return {
        f"{c.kind} {c.table}.{c.column}".rstrip(".") + (f"={c.value}" if c.value is not None else ""): c.score
        for c in found
    }


@pytest.mark.parametrize(
    ("text", "thing", "least"),
    [
        ("hires", "entity hires", 1.0),
        ("daily rate", "field machines.daily_rate", 1.0),
        ("machine weight", "field machines.weight_kg", 0.95),
        ("kilograms", "field machines.weight_kg", 0.8),
        ("customers", "entity clients", 0.8),
        ("customer name", "field clients.name", 0.8),
        ("pickup branch", "field hires.pickup_branch_id", 0.7),
        ("return", "field hires.returned_on", 0.8),
        ("booking", "field hires.booked_on", 0.8),
        ("non-diesel".replace("-", ""), "value machines.is_diesel=0", 0.9),
        ("undiesel", "value machines.is_diesel=0", 0.9),
        ("Cancelled", "value hires.status=cancelled", 1.0),
        ("cancellation", "value hires.status=cancelled", 0.7),
        ("north", "value branches.region=North", 1.0),
        ("damage", "entity damage_items", 0.8),
        ("branch id", "field branches.id", 0.9),
    ],
)
def test_words_name_things(ground: Ground, text: str, thing: str, least: float) -> None:
    found = said(ground, text)
    assert found.get(thing, 0) >= least, found


def test_a_left_over_copy_is_hardly_ever_meant(ground: Ground) -> None:
    copies = [score for name, score in said(ground, "clients bak").items() if "bak" in name]
    assert all(score <= 0.2 for score in copies)
    assert not any("bak" in name for name in said(ground, "Client 3"))


def test_a_word_that_only_fills_names_no_value(ground: Ground) -> None:
    assert not [name for name in said(ground, "total") if name.startswith("value")]
