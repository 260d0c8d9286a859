"""The closed words of requests: what says what to do, read once from `words.txt`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from engine.authors.analytics.synonyms import synonyms
from engine.language.words import stem

_FILE = Path(__file__).with_name("words.txt")
_THESAURUS = Path(__file__).with_name("thesaurus.txt")
_OF_THINGS, _OF_DATES, _WITHIN = "", "date:", "within:"
_OF = re.compile("[a-z]+:")
Phrase = tuple[str, ...]


@lru_cache(maxsize=1)
def closed_words() -> Mapping[Phrase, tuple[tuple[str, str], ...]]:
    """Phrase: every (category, detail) that it may stand for: `("more", "than")` gives `(("CMP", ">"),)`."""
    found: dict[Phrase, dict[tuple[str, str], None]] = defaultdict(dict)
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        head, _, phrases = line.partition(" = ")
        category, _, detail = head.partition(":")
        for phrase in phrases.split("; "):
            words = tuple(phrase.strip().replace("-", " ").split())
            if words:
                found[words][category, detail] = None
    found[(";",)]["COMMA", ""] = None
    return {phrase: tuple(categories) for phrase, categories in found.items()}


@lru_cache(maxsize=1)
def same_states() -> Mapping[str, frozenset[str]]:
    """The words that say the same of the state of something, by what they say: done, cancelled, open, absent."""
    found: dict[str, set[str]] = defaultdict(set)
    for phrase, categories in closed_words().items():
        for category, detail in categories:
            if category == "SAME":
                found[detail].add(" ".join(phrase))
    return {detail: frozenset(words) for detail, words in found.items()}


@lru_cache(maxsize=3)
def _thesaurus(of: str) -> Mapping[Phrase, frozenset[Phrase]]:
    """Phrase of stems: the phrases that people use in its place; of things, of what happens on a date, within names."""
    found: dict[Phrase, set[Phrase]] = defaultdict(set)
    for line in _THESAURUS.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#") and (_OF.match(line) or ("",))[0] == of:
            phrases = line.removeprefix(of).split(";")
            group = {tuple(stem(word) for word in phrase.split()) for phrase in phrases}
            for phrase in group:
                found[phrase] |= group - {phrase}
    return {phrase: frozenset(others) for phrase, others in found.items()}


@lru_cache(maxsize=4096)
def said_otherwise(stems: Phrase) -> frozenset[Phrase]:
    """Other ways to say a phrase of stems: the whole of it, or one of its words, by another word or phrase."""
    known, within = _thesaurus(_OF_THINGS), _thesaurus(_WITHIN)
    found = set(known.get(stems, ()))
    for at, word in enumerate(stems if len(stems) > 1 else ()):
        others = (*known.get((word,), ()), *within.get((word,), ()))
        found |= {stems[:at] + other + stems[at + 1 :] for other in others}
    return frozenset(found - {stems} - synonyms(stems))


def happening(stems: Phrase) -> frozenset[Phrase]:
    """Other ways to say what happens on a date: dispatched for shipped."""
    return _thesaurus(_OF_DATES).get(stems, frozenset())


def adds_up(words: str) -> bool:
    """Whether things are called by what they add up to: payments and sales are amounts before they are a number."""
    return any(category == "FLOW" for category, _ in closed_words().get(tuple(words.lower().split()), ()))


@lru_cache(maxsize=1)
def longest_phrase() -> int:
    """How many words the longest phrase has."""
    return max(map(len, closed_words()))
