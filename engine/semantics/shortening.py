"""Shortenings in the names of a place and the words they stand for, by its comments, its names or as is usual."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from engine.language.words import WHOLE, shortens, split_identifier, stem, stems
from engine.semantics.statements import ShortSaid, Source
from engine.sources.schema import Table

_FILE = Path(__file__).with_name("abbreviations.txt")
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_VOWELS = frozenset("aeiouy")


def _alternative(text: str) -> tuple[str, frozenset[str]]:
    words, _, beside = text.strip().rstrip(")").partition(" (")
    return words, frozenset(map(stem, beside.split()))


@lru_cache(maxsize=1)
def known_shortenings() -> Mapping[str, tuple[tuple[str, frozenset[str]], ...]]:
    """Usual shortenings, each with the words it may stand for, and the stems of names that those go with."""
    found = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            short, _, words = line.partition(" = ")
            found[short] = tuple(_alternative(each) for each in words.split("|"))
    return found


def raw_words(name: str) -> tuple[str, ...]:
    """The words of a name as they are written, shortenings among them."""
    return tuple(word.lower() for word in _SPLIT.split(name) if word)


@dataclass
class Shortenings:
    """Those of some tables; `make` gives the source of a statement by its evidence."""

    tables: Sequence[Table]
    make: Callable[[str], Source]

    @cached_property
    def found(self) -> Mapping[str, ShortSaid]:
        """The shortenings in names of tables and columns, with what they stand for."""
        seen: Counter[str] = Counter()
        commented: dict[str, Counter[str]] = defaultdict(Counter)
        for table in self.tables:
            for name, comment in ((table.name, table.comment), *((c.name, c.comment) for c in table.columns)):
                words = raw_words(name)
                seen.update(set(words))
                told = [word for word in re.findall(r"[a-z]+", comment.lower()) if len(word) > 3]
                for word in words:
                    commented[word].update({each for each in told if _shortens(word, each)})
        own = {word for word in seen if len(word) > 4}
        found = {}
        for short in sorted(seen):
            if said := self._stands_for(short, own, commented[short]):
                found[short] = ShortSaid(short=short, words=said[0], source=self.make(said[1]))
        return found

    @cached_property
    def trade(self) -> frozenset[str]:
        """The stems of all names, shortenings that stand for one word alone spelled out: what the place is about."""
        words: set[str] = set()
        for table in self.tables:
            for name in (table.name, *(column.name for column in table.columns)):
                words |= set(stems(name))
                for each in raw_words(name):
                    known = known_shortenings().get(each, ())
                    words |= {stem(word) for word in known[0][0].split()} if len(known) == 1 else set()
        return frozenset(words)

    def _stands_for(self, short: str, own: set[str], commented: Counter[str]) -> tuple[str, str] | None:
        """The words that a shortening stands for, and why; None where that is not sure or it is a word itself."""
        if not re.fullmatch(r"[a-z]{2,6}", short) or split_identifier(short) != (short,):
            return None
        known = known_shortenings().get(short, ())
        cut = bool(known) or not set(short) & _VOWELS
        if commented and (cut or short not in WHOLE):
            (word, times), *others = commented.most_common(2)
            if not others or times > others[0][1]:
                return _one(word), "the comments of its columns"
        mine = {_one(word) for word in own if word != short and _shortens(short, word)}
        if named := [word for word, _ in known if word in mine]:
            return (named[0], f"{named[0]} is a name here") if len(named) == 1 else None
        if len(known) == 1:
            return known[0][0], "a usual shortening"
        scored = sorted(((len(beside & self.trade), word) for word, beside in known), reverse=True)
        if len(scored) > 1 and scored[0][0] > scored[1][0]:
            return scored[0][1], "a usual shortening beside such names"
        if not known and cut and len(mine) == 1 and short not in WHOLE:
            word = mine.pop()
            return word, f"{word} is a name here"
        return None

    def spelled(self, name: str) -> str:
        """A name with its shortenings written out."""
        words = raw_words(name)
        return "_".join(self.found[w].words.replace(" ", "_") if w in self.found else w for w in words)


def _shortens(short: str, word: str) -> bool:
    return len(word) > len(short) + 1 and shortens(short, word)


def _one(word: str) -> str:
    """A word in the singular."""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
