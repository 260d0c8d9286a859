"""Words that are written wrongly: each is read as the one word of the place or the trade that it can only be. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA

from engine.reading.vocabulary import closed_words
from engine.reading.weights import W

_WORD = re.compile(r"[A-Za-z]+(?:'s)?")


def corrected(
    text: str, vocabulary: Iterable[str], known: Iterable[str] = ()
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A text with its slips of the pen mended, and what was read as what.

    "debt yeild" over a vocabulary with "yield" gives "debt yield" and (("yeild", "yield"),). A word that is in the
    vocabulary, among the closed words of requests or `known` stands; so does one that could be two words.
    """
    words = {word.lower() for word in vocabulary if len(word) >= W.least_letters and word.isalpha()}
    right = words | _closed() | {word.lower() for word in known}
    by_length: dict[int, list[str]] = {}
    for word in words:
        by_length.setdefault(len(word), []).append(word)
    read: list[tuple[str, str]] = []

    def mend(match: re.Match[str]) -> str:
        said = match[0]
        low = said.lower().removesuffix("'s")
        if len(low) < W.least_letters or low in right or low.removesuffix("s") in right or said.isupper():
            return said
        near = sorted(_near(low, by_length))
        if len(near) != 1:
            return said
        read.append((said, near[0]))
        return near[0] + ("'s" if said.lower().endswith("'s") else "")

    return _WORD.sub(mend, text), tuple(read)


def _near(word: str, by_length: dict[int, list[str]]) -> set[str]:
    """The words that are so few letters away, one of them turned with its neighbour counting as one."""
    most = 2 if len(word) >= W.long_word else 1
    found: dict[str, int] = {}
    for length in range(len(word) - most, len(word) + most + 1):
        for each in by_length.get(length, ()):
            if each[0] == word[0] and (distance := OSA.distance(word, each, score_cutoff=most)) <= most:
                found[each] = distance
    least = min(found.values(), default=0)
    return {each for each, distance in found.items() if distance == least}


@lru_cache(maxsize=1)
def _closed() -> frozenset[str]:
    return frozenset(word for phrase in closed_words() for word in phrase)


def words_of(phrases: Iterable[str]) -> Sequence[str]:
    """The words of some phrases."""
    return [word for phrase in phrases for word in re.findall(r"[A-Za-z]+", phrase)]
