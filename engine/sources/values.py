"""The values that name things in a database, so that words of a request can be found in the data."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz, process

from engine.sources.door import Door
from engine.sources.schema import Schema, ValueMatch
from engine.sources.value_reading import read_values

# Words of ordinary English that are also codes (OR is Oregon): they count only when typed exactly as stored.
_COMMON = re.compile(
    "a|all|an|and|any|are|as|at|be|by|do|for|from|go|he|hi|how|i|if|in|is|it|la|ma|me|my|no|not|of|off|oh|ok|on"
    "|one|or|out|pa|so|than|that|the|this|to|top|total|up|us|we|what|when|which|with|you"
)
Entry = tuple[str, str, str]
_APOSTROPHES = re.compile(r"['`\u2018\u2019\u02bc]")
_NOT_WORD = re.compile(r"[\W_]+")
_POSSESSIVE = re.compile(r"['\u2019\u02bc]s$", re.IGNORECASE)


def normal(text: str) -> str:
    """`text` as it is compared: no case, accents or punctuation, single spaces."""
    plain = _APOSTROPHES.sub("", text)
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", plain.casefold()).strip()


@dataclass(frozen=True)
class ValueSpan:
    """Tokens `start` up to, not including, `end` of a request are one value, in one place or several."""

    start: int
    end: int
    matches: tuple[ValueMatch, ...]


@dataclass(frozen=True)
class _Word:
    """A comparable word of a request: the token it came from, and its form without a possessive s."""

    token: int
    text: str
    bare: str


class ValueIndex:
    """Every known value with the column it occurs in. Built once, then only read."""

    def __init__(
        self,
        entries: Iterable[Entry],
        skipped: Sequence[str] = (),
        personal: Iterable[tuple[str, str]] = (),
        numbers: Iterable[Entry] = (),
    ) -> None:
        """`entries` are (table, column, value); the other columns were left out for size or time, or as personal.

        `numbers` are the values of number columns that tell what their column holds; no word of a request names one.
        """
        self.numbers = tuple(numbers)
        self.entries = tuple(entries)
        self.skipped = tuple(skipped)
        self.personal = tuple(personal)
        self._kinds: dict[int, tuple[Entry, ...]] = {}

    @classmethod
    def empty(cls) -> ValueIndex:
        """An index that knows no value."""
        return cls(())

    @classmethod
    def of(
        cls,
        entries: Iterable[Entry],
        skipped: Sequence[str] = (),
        personal: Iterable[tuple[str, str]] = (),
        numbers: Iterable[Entry] = (),
    ) -> ValueIndex:
        """An index of (table, column, value) tuples."""
        return cls(entries, skipped, personal, numbers)

    def __len__(self) -> int:
        return len(self.entries)

    @cached_property
    def _phrases(self) -> dict[str, tuple[Entry, ...]]:
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            phrase = normal(entry[2])
            if phrase:
                found[phrase].append(entry)
        return {phrase: tuple(entries) for phrase, entries in found.items()}

    def _matches(self, phrase: str, score: float = 1.0) -> tuple[ValueMatch, ...]:
        return tuple(
            ValueMatch(table=table, column=column, value=value, score=score)
            for table, column, value in self._phrases.get(phrase, ())
        )

    @cached_property
    def _longest(self) -> dict[str, int]:
        """First word of a phrase: words of the longest phrase that starts with it."""
        longest: dict[str, int] = {}
        for phrase in self._phrases:
            first, size = phrase.split(" ", 1)[0], phrase.count(" ") + 1
            longest[first] = max(size, longest.get(first, 0))
        return longest

    @cached_property
    def _holding(self) -> dict[str, list[str]]:
        """Word: the phrases that hold it."""
        holding: dict[str, list[str]] = defaultdict(list)
        for phrase in self._phrases:
            for word in set(phrase.split(" ")):
                holding[word].append(phrase)
        return dict(holding)

    def find(self, text: str) -> tuple[ValueMatch, ...]:
        """The values that `text` names as a whole, whatever its case and punctuation."""
        return self._matches(normal(text))

    def of_column(self, table: str, column: str) -> tuple[str, ...]:
        """The known values of one column, sorted."""
        return tuple(sorted(value for place, name, value in self.entries if (place, name) == (table, column)))

    def of_kinds(self, most: int) -> tuple[Entry, ...]:
        """The values of the columns that hold at most so many different ones."""
        if most not in self._kinds:
            counted = Counter((table, column) for table, column, _ in self.entries)
            self._kinds[most] = tuple(entry for entry in self.entries if counted[entry[:2]] <= most)
        return self._kinds[most]

    def containing(self, words: str) -> tuple[ValueMatch, ...]:
        """The values of which `words` are a part but not the whole: "riverside" gives "Riverside Plaza"."""
        wanted = normal(words)
        if not wanted:
            return ()
        rarest = min((self._holding.get(word, []) for word in wanted.split(" ")), key=len)
        inside = (phrase for phrase in rarest if phrase != wanted and f" {wanted} " in f" {phrase} ")
        return tuple(match for phrase in sorted(inside) for match in self._matches(phrase))

    def near(self, text: str, limit: int = 5, cutoff: float = 75) -> tuple[ValueMatch, ...]:
        """The values most like `text` (typing errors, swapped words), best first; `score` says how much."""
        wanted = normal(text)
        if not wanted:
            return ()
        scores: dict[str, float] = {}
        for scorer in (fuzz.ratio, fuzz.token_sort_ratio):
            ranked = process.extract(wanted, self._phrases.keys(), scorer=scorer, limit=limit, score_cutoff=cutoff)
            for phrase, score, _ in ranked:
                scores[phrase] = max(score, scores.get(phrase, 0.0))
        best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
        matches = tuple(match for phrase, score in best for match in self._matches(phrase, score / 100))
        return matches[:limit]

    def scan(self, tokens: Sequence[str]) -> tuple[ValueSpan, ...]:
        """The values inside a request: longest first where they overlap, returned in reading order."""
        words = _words(tokens)
        spans = [span for start in range(len(words)) if (span := self._longest_at(words, start, tokens))]
        chosen: list[ValueSpan] = []
        for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
            if all(span.end <= other.start or span.start >= other.end for other in chosen):
                chosen.append(span)
        return tuple(sorted(chosen, key=lambda span: span.start))

    def _longest_at(self, words: Sequence[_Word], start: int, tokens: Sequence[str]) -> ValueSpan | None:
        """The longest value that starts at word `start`, a possessive at its end allowed."""
        reach = max(self._longest.get(words[start].text, 0), self._longest.get(words[start].bare, 0))
        for end in range(min(len(words), start + reach), start, -1):
            last = words[end - 1]
            before = [word.text for word in words[start : end - 1]]
            for ending in dict.fromkeys((last.text, last.bare)):
                matches = self._matches(" ".join([*before, ending]))
                if end - start == 1 and _COMMON.fullmatch(ending):
                    matches = tuple(match for match in matches if match.value == tokens[last.token])
                if matches:
                    return ValueSpan(words[start].token, last.token + 1, matches)
        return None


def _words(tokens: Sequence[str]) -> list[_Word]:
    """The comparable words of `tokens`; one token may give none or several."""
    words: list[_Word] = []
    for position, token in enumerate(tokens):
        parts = normal(token).split()
        bare = normal(_POSSESSIVE.sub("", token)).split()
        if len(bare) != len(parts):
            bare = parts
        words.extend(_Word(position, part, short) for part, short in zip(parts, bare, strict=True))
    return words


def build_values(
    door: Door,
    schema: Schema,
    *,
    max_distinct: int = 5_000,
    max_total: int = 200_000,
    seconds: float = 20.0,
) -> ValueIndex:
    """The distinct values of the text columns, personal ones left out; bounded in number and time."""
    found = read_values(door, schema, max_distinct=max_distinct, max_total=max_total, seconds=seconds)
    return ValueIndex.of(found.entries, found.skipped, found.personal, found.numbers)
