"""What some words may name, with how sure that is, and the forms in which names and values are compared. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.language.words import shortens, split_identifier, stem
from engine.reading.weights import EVIDENCE
from engine.semantics.model import DateRole
from engine.semantics.shortening import known_shortenings
from engine.sources.values import normal

_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_KEY_ENDS = ("id", "code", "number", "no", "key")
_NUMBERS = tuple(dict.fromkeys(map(stem, ("number", "no", "nr", "num"))))
# The roles of the dates on which rows happened, and what is said of those on which they did not.
HAPPENED = (DateRole.EVENT, DateRole.AS_OF, DateRole.START)
PREPARED = frozenset(map(stem, "published announced planned scheduled advertised proposed drafted".split()))
# What undoes a row is not when it happened.
UNDONE = frozenset(map(stem, "withdrawn cancelled voided deleted rejected refunded revoked retired removed".split()))
NOT_HAPPENED = PREPARED | UNDONE

Phrase = tuple[str, ...]
Index = dict[Phrase, list["Candidate"]]


@dataclass(frozen=True)
class Candidate:
    """What some words may name: an entity, a field, a role of a key, or a value of a field."""

    kind: str
    table: str
    column: str = ""
    value: str | int | bool | None = None
    via: tuple[str, ...] = ()
    score: float = 1.0
    how: str = "exact"

    @property
    def place(self) -> tuple[str, str]:
        """Its table and column."""
        return (self.table, self.column)


def same(candidate: Candidate) -> tuple[object, ...]:
    """What a candidate is, whatever speaks for it."""
    return (candidate.kind, candidate.place, candidate.via, candidate.value)


def best(found: Sequence[Candidate]) -> list[Candidate]:
    """Each thing once, with its best evidence."""
    best: dict[tuple[object, ...], Candidate] = {}
    for each in found:
        key = same(each)
        if key not in best or best[key].score < each.score:
            best[key] = each
    return list(best.values())


def weaker(candidate: Candidate, how: str) -> Candidate:
    """A candidate as some evidence makes it less sure."""
    return replace(candidate, score=candidate.score * EVIDENCE[how], how=how)


def numbered(name: Phrase) -> Iterator[Phrase]:
    """A name that ends in a word for a number, with the other such words: order number for ORDER_NO."""
    if len(name) > 1 and name[-1] in _NUMBERS:
        yield from ((*name[:-1], other) for other in _NUMBERS if other != name[-1])


def told_by(short: str, stemmed: str, beside: Collection[str]) -> str:
    """How sure it is that a shortening stands for a word: little where it stands for another beside such names."""
    known = known_shortenings().get(short, ())
    meant = {words: len(near & set(beside)) for words, near in known}
    own = [words for words in meant if stemmed in {stem(part) for part in words.split()}]
    if not meant or (own and meant[own[0]] == max(meant.values())):
        return "abbreviation"
    return "one of many" if len(meant) > 1 else "abbreviation"


def shortens_any(code: str, words: Iterable[str]) -> bool:
    """Whether a code shortens one of some words: DON, of done."""
    return any(shortens(code.lower(), word) for word in words)


def told(value: str) -> str:
    """The words of a value, also where they are run together: no show, of NoShow."""
    return normal(_INNER_CAPITAL.sub(" ", value))


def same_form(said: str, value: str) -> bool:
    """Whether words are those of a value but for plural: `no-shows`, not `attended` for Attending."""
    one, other = (re.sub(r"[^a-z0-9]+", "", each.lower()).removesuffix("s") for each in (said, value))
    return one == other


def rate_of_time(last: str, candidate: Candidate) -> bool:
    """Whether a name says how often where the words say how long: hours are no hourly rate, months no monthly plan."""
    adverb = {"hours": "hourly", "days": "daily", "weeks": "weekly", "months": "monthly", "years": "yearly"}.get(last)
    named = f"{candidate.column} {candidate.value or ''}".lower()
    return adverb is not None and candidate.kind in ("field", "value") and adverb in named


def run_together(column: str) -> list[str]:
    """The words of a name as one, and without an id behind them: policyholder for PolicyHolderId."""
    words = split_identifier(column)
    core = words[:-1] if len(words) > 2 and words[-1] in _KEY_ENDS else words
    return ["".join(core)] if 2 <= len(core) <= 3 else []


def one_root(one: str, other: str) -> bool:
    """Whether one stem is the other with a short ending: deliv and deliveri, creat and creation."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 4 and long.startswith(short) and len(long) - len(short) <= 4
