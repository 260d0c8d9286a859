"""The lattice of a request: every meaning that each stretch of its words may have, with its evidence. Pure.

Nothing is shut out by priority: a word may be a filler, a command, a column and a value at once, and the reading that
puts all of them together best decides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from engine.language.amounts import AmountMatch, find_amounts
from engine.language.periods import PeriodMatch, find_periods
from engine.reading.candidates import Candidate
from engine.reading.names import MOST_WORDS, Names
from engine.reading.spelling import written_out
from engine.reading.vocabulary import closed_words, longest_phrase
from engine.reading.weights import W

_MOST_MEANINGS = 8
_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]+"|(?<!\w)'[^']+'(?!\w))|(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\w])"""
    r"|(?P<word>[^\W_](?:[\w]|[.](?=\w)|'(?=(?:t|re|ve|ll|s|d|m)\b))*)|(?P<mark><=|>=|!=|[,;:?!.()$%&/<>=+*#-])"
)


@dataclass(frozen=True)
class Token:
    """One word, number, quoted text or mark of the request."""

    text: str
    start: int
    end: int
    kind: str

    @property
    def low(self) -> str:
        """In lower case, without a possessive."""
        return self.text.lower().removesuffix("'s")


@dataclass(frozen=True)
class Piece:
    """A stretch of tokens, from `start` up to `end`, under one category with what it may name."""

    category: str
    start: int
    end: int
    text: str
    detail: str = ""
    candidates: tuple[Candidate, ...] = ()
    period: PeriodMatch | None = None
    amount: AmountMatch | None = None
    cost: float = 0.0

    @property
    def number(self) -> float:
        """The number of an amount; 0 where it is none."""
        return self.amount.value if self.amount else 0.0

    @property
    def unit(self) -> str:
        """The unit of an amount."""
        return self.amount.unit if self.amount else ""


@dataclass(frozen=True)
class Lattice:
    """The tokens of a request and all pieces, by where they start."""

    text: str
    tokens: tuple[Token, ...]
    pieces: tuple[Piece, ...]

    @cached_property
    def starting(self) -> dict[int, list[Piece]]:
        """Place: the pieces that start there."""
        found: dict[int, list[Piece]] = defaultdict(list)
        for piece in self.pieces:
            found[piece.start].append(piece)
        return found


def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of a text; hyphens inside words fall away, a quoted text is one token."""
    found = []
    for match in _TOKEN.finditer(text):
        kind, shown = str(match.lastgroup), match.group(0)
        if kind == "quoted":
            shown = shown[1:-1].strip()
        inside = match.start() > 0 and match.end() < len(text) and shown == "-"
        if inside and text[match.start() - 1].isalnum() and text[match.end()].isalnum():
            continue
        found.append(Token(shown, match.start(), match.end(), kind))
    return tuple(found)


def lattice_of(text: str, names: Names, today: date) -> Lattice:
    """Every piece of a request."""
    plain = written_out(text, today)
    tokens = tokens_of(plain)
    pieces = [
        *_periods(plain, tokens, today),
        *_amounts(plain, tokens, today),
        *(piece for piece in _closed(tokens) if not _shares_head(piece, tokens, names)),
        *_named(tokens, names),
    ]
    return Lattice(plain, tokens, tuple(pieces))


def _span(tokens: Sequence[Token], start: int, end: int) -> tuple[int, int] | None:
    inside = [at for at, token in enumerate(tokens) if token.start >= start and token.end <= end]
    return (inside[0], inside[-1] + 1) if inside else None


def _periods(text: str, tokens: Sequence[Token], today: date) -> Iterator[Piece]:
    for period in find_periods(text, today):
        if span := _span(tokens, *period.span):
            yield Piece("PERIOD", *span, text[slice(*period.span)].strip(), period=period)


def _amounts(text: str, tokens: Sequence[Token], today: date) -> Iterator[Piece]:
    dated = [period.span for period in find_periods(text, today)]
    for amount in find_amounts(text):
        if any(start < amount.span[1] and amount.span[0] < end for start, end in dated):
            continue
        if span := _span(tokens, *amount.span):
            yield Piece("NUMBER", *span, text[slice(*amount.span)].strip(), amount=amount)


def _closed(tokens: Sequence[Token]) -> Iterator[Piece]:
    words = closed_words()
    for start in range(len(tokens)):
        for end in range(start + 1, min(len(tokens), start + longest_phrase()) + 1):
            phrase = tuple(token.text.lower() for token in tokens[start:end])
            for category, detail in words.get(phrase, ()):
                yield Piece(category, start, end, " ".join(phrase), detail)


def _shares_head(piece: Piece, tokens: Sequence[Token], names: Names) -> bool:
    """Whether a small word is tied to what stands behind it: in "time and km charges" it is no word to leave out."""
    word, behind = tokens[piece.start], tokens[piece.end : piece.end + 1]
    tied = bool(behind) and behind[0].low in ("and", "+", "&")
    return piece.category == "FILLER" and piece.end - piece.start == 1 and tied and word.low in names.spoken


def _named(tokens: Sequence[Token], names: Names) -> Iterator[Piece]:
    """The stretches that may name an entity, a field, a role or a value."""
    for start in range(len(tokens)):
        for end in range(start + 1, min(len(tokens), start + MOST_WORDS) + 1):
            part = tokens[start:end]
            if any(token.kind == "mark" for token in part) or (part[0].kind == "number" and len(part) == 1):
                continue
            text = " ".join(token.text for token in part)
            found = names.meanings([token.text for token in part])
            for category, kind in (("ENTITY", "entity"), ("FIELD", "field"), ("ROLE", "role"), ("VALUE", "value")):
                if own := tuple(sorted((c for c in found if c.kind == kind), key=lambda c: -c.score)):
                    best = own[0].score
                    own = tuple(c for c in own if c.score > best - W.far)[:_MOST_MEANINGS]
                    yield Piece(category, start, end, text, candidates=own, cost=1.0 - own[0].score)
