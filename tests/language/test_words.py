from __future__ import annotations

import pytest

from engine.language.words import number_of, plural, split_identifier, stem, stems, tokenise


def test_tokens_keep_their_place_and_quoted_text_is_one_token() -> None:
    text = "the customer's \"gmail.com\" in 'New York'"
    tokens = tokenise(text)
    assert [(token.text, token.kind) for token in tokens] == [
        ("the", "word"),
        ("customer", "word"),
        ("gmail.com", "quoted"),
        ("in", "word"),
        ("New York", "quoted"),
    ]
    assert text[tokens[1].start : tokens[1].end] == "customer"


def test_numbers_dates_and_addresses_are_single_tokens() -> None:
    assert [token.text for token in tokenise("30,000 5.5 2023-01-01 a@b.com")] == [
        "30,000",
        "5.5",
        "2023-01-01",
        "a@b.com",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("people", "person"),
        ("cities", "city"),
        ("leases", "leasing"),
        ("sold", "sales"),
        ("Ratings", "rated"),
        ("hired", "hire"),
        ("companies", "company"),
    ],
)
def test_forms_of_one_word_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_a_rating_is_no_rate() -> None:
    assert stem("rating") != stem("rate")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PlaylistTrack", ("playlist", "track")),
        ("vin_number", ("vin", "number")),
        ("MS_SubClass", ("ms", "sub", "class")),
        ("funded_amnt", ("funded", "amount")),
        ("LName", ("last", "name")),
        ("HTTPStatus", ("http", "status")),
    ],
)
def test_identifiers_are_split_into_the_words_a_person_says(name: str, words: tuple[str, ...]) -> None:
    assert split_identifier(name) == words
    assert len(stems(name)) == len(words)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("five", 5),
        ("twenty five", 25),
        ("one hundred thousand", 100_000),
        ("two million", 2_000_000),
        ("five apples", None),
    ],
)
def test_number_words(words: str, number: int | None) -> None:
    assert number_of(words.split()) == number


def test_plurals_for_labels() -> None:
    assert [plural(word) for word in ("lease", "property", "tax", "sales")] == [
        "leases",
        "properties",
        "taxes",
        "sales",
    ]
