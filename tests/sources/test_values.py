"""Finding the values of a database in the words of a request."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.sources.discovery import discover
from engine.sources.door import Door
from engine.sources.personal import personal_by_name
from engine.sources.schema import ValueMatch
from engine.sources.values import ValueIndex, build_values

INDEX = ValueIndex.of(
    [
        ("properties", "name", "Orlando Fashion Square"),
        ("properties", "name", "Riverside Plaza"),
        ("properties", "name", "Riverside Commons"),
        ("properties", "name", "O'Hare Logistics"),
        ("properties", "kind", "Retail"),
        ("tenants", "sector", "retail"),
        ("cities", "name", "São Paulo"),
        ("cities", "name", "Orlando"),
        ("states", "code", "OR"),
        ("grades", "grade", "A"),
    ]
)


def test_found_whatever_case_accents_and_punctuation() -> None:
    for text in ("Orlando Fashion Square", "orlando  fashion-square", "ORLANDO FASHION SQUARE!"):
        (match,) = INDEX.find(text)
        assert match == ValueMatch(table="properties", column="name", value="Orlando Fashion Square")
    assert INDEX.find("sao paulo")[0].value == "São Paulo"
    assert INDEX.find("ohare logistics")[0].value == "O'Hare Logistics"
    assert INDEX.find("fashion square") == ()
    assert INDEX.find("") == INDEX.find("?!") == ()


def test_one_word_in_two_columns() -> None:
    assert [(match.table, match.value) for match in INDEX.find("RETAIL")] == [
        ("properties", "Retail"),
        ("tenants", "retail"),
    ]


def test_scanning_takes_the_longest() -> None:
    tokens = ["Calculate", "DSCR", "for", "Orlando", "Fashion", "Square", "and", "Riverside", "Plaza"]
    assert [(s.start, s.end, s.matches[0].value) for s in INDEX.scan(tokens)] == [
        (3, 6, "Orlando Fashion Square"),
        (7, 9, "Riverside Plaza"),
    ]
    assert [s.matches[0].value for s in INDEX.scan(["cap", "rate", "in", "orlando", "fashion"])] == ["Orlando"]


@pytest.mark.parametrize(
    "text",
    [
        "Orlando Fashion Square's DSCR",
        "Orlando Fashion Square\u2019s DSCR",
        '" Orlando Fashion Square " ,',
        "(Orlando-Fashion Square)",
    ],
)
def test_scanning_sees_through_punctuation_and_possessives(text: str) -> None:
    (span,) = INDEX.scan(text.split())
    assert span.matches[0].value == "Orlando Fashion Square"


def test_common_words_count_only_as_they_are_stored() -> None:
    assert INDEX.scan(["a", "loan", "or", "two"]) == ()
    spans = INDEX.scan(["loans", "in", "OR", "of", "grade", "A"])
    assert [span.matches[0].value for span in spans] == ["OR", "A"]


def test_scanning_nothing() -> None:
    assert INDEX.scan([]) == ValueIndex.empty().scan(["a", "b"]) == ()


def test_near_matches_are_ranked() -> None:
    best = INDEX.near("Orlando Fashon Sqare")
    assert best[0].value == "Orlando Fashion Square"
    assert 0.9 < best[0].score < 1
    assert INDEX.near("square orlando fashion")[0].value == "Orlando Fashion Square"
    assert INDEX.near("completely different") == ()
    assert len(INDEX.near("riverside", limit=1, cutoff=40)) == 1
    assert ValueIndex.empty().near("x") == INDEX.near("") == ()


def test_part_of_a_name_gives_all_it_may_mean() -> None:
    assert [match.value for match in INDEX.containing("riverside")] == [
        "Riverside Commons",
        "Riverside Plaza",
    ]
    assert [match.value for match in INDEX.containing("fashion square")] == ["Orlando Fashion Square"]
    assert INDEX.containing("square fashion") == INDEX.containing("river") == INDEX.containing("") == ()


def test_values_are_read_and_personal_ones_left_out(address: str) -> None:
    door = Door(address)
    index = build_values(door, discover(door))
    assert index.of_column("properties", "kind") == ("Industrial", "Office", "Retail")
    assert index.of_column("properties", "contact_email") == ()
    assert index.of_column('Odd "Name', "two words") == ("x", "y")
    assert index.skipped == ()
    assert not [entry for entry in index.entries if "@" in entry[2]]


def test_what_is_too_much_is_said(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "v.sqlite")
    connection.execute("CREATE TABLE t (many TEXT, few TEXT, long TEXT)")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", [(f"m{n}", f"f{n % 3}", "x" * 90) for n in range(60)])
    connection.commit()
    connection.close()
    door = Door(f"sqlite:///{tmp_path}/v.sqlite")
    schema = discover(door)
    index = build_values(door, schema, max_distinct=50)
    assert (len(index), index.skipped) == (3, ("t.many",))
    assert build_values(door, schema, max_total=2).skipped == ("t.many", "t.few")
    assert build_values(door, schema, seconds=0).skipped == ("t.many", "t.few", "t.long")


@pytest.mark.parametrize(
    ("column", "expected"),
    [("email", True), ("ContactEMail", True), ("home_phone", True), ("ssn", True), ("password_hash", True),
     ("Fax", True),
     ("api_token", True), ("birth_date", True), ("card_number", True), ("name", False), ("city", False),
     ("status", False),
     ("shipping_mode", False), ("telephone_area", True), ("address", False), ("pinnacle", False)],
)  # fmt: skip
def test_personal(column: str, expected: bool) -> None:
    assert bool(personal_by_name(column)) is expected
