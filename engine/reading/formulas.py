"""Formulas that a request spells out: "scrap rate, i.e. scrap over good plus scrap", "(billed - paid) / billed". Pure.

What is said before such a formula is only what its result is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from engine.reading.candidates import Candidate
from engine.reading.lattice import Piece
from engine.reading.nouns import Noun, Nouns

Sign = Literal["+", "-", "*", "/"]
_SPOKEN: Mapping[str, Sign] = {"OVER": "/", "MINUS": "-", "PLUS": "+", "TIMES": "*"}
_WRITTEN: Mapping[str, Sign] = {"/": "/", "+": "+", "-": "-", "*": "*"}
# What no name of a result holds.
_NO_TERM = ("PERIOD", "NOT", "NONE", "CMP", "NUMBER", "GRAIN", "DEFINED", "LIST", "MANY")
# Words of command that are part of a name as well: the return rate.
_NAMING = frozenset("return name state show".split())
_MOST_TERM = 5
_ARTICLES = ("the", "a", "our", "its", "their")
_LEADING = ("for", "in", "at", "by", "per", "from", "with", "without", "on", "to", "and", "or")


@dataclass(frozen=True)
class Operand:
    """A number as it stands, or a noun whose amounts are added up unless a function is said."""

    noun: Noun | None = None
    number: float = 0.0
    function: str = ""


@dataclass(frozen=True)
class Chain:
    """Operands tied by signs, as they were said; `written` where the signs are marks, whose order arithmetic gives."""

    first: Operand | Chain
    rest: tuple[tuple[Sign, Operand | Chain], ...] = ()
    written: bool = True

    @property
    def signs(self) -> Iterator[Sign]:
        """Every sign, also of the chains inside."""
        yield from (sign for sign, _ in self.rest)
        for each in (self.first, *(operand for _, operand in self.rest)):
            yield from each.signs if isinstance(each, Chain) else ()

    @property
    def operands(self) -> Iterator[Operand]:
        """Every operand, also of the chains inside."""
        for each in (self.first, *(operand for _, operand in self.rest)):
            if isinstance(each, Chain):
                yield from each.operands
            else:
                yield each


@dataclass
class Formulas(Nouns):
    """The formulas that may start at each place of one lattice."""

    part_of: Callable[[str], tuple[Candidate, ...]] = lambda _: ()
    """The measures that have a word in their name."""
    _formulas: dict[int, tuple[Chain, int] | None] = field(default_factory=dict)

    def formula(self, at: int) -> tuple[Chain, int] | None:
        """The formula that starts at a place, and where it ends; behind "i.e." or in brackets."""
        if at not in self._formulas:
            self._formulas[at] = self._formula(at)
        return self._formulas[at]

    def _formula(self, at: int) -> tuple[Chain, int] | None:
        for piece in self.pieces(at, "DEFINED"):
            for place, _ in self.past(piece.end):
                if (found := self._chain(place)) and found[0].rest:
                    return found
        if self._mark(at) == "(" and (found := self._chain(at)) and isinstance(found[0].first, Chain):
            return found if found[0].rest or found[0].first.rest else None
        return None

    def term(self, at: int) -> Iterator[int]:
        """Where the name of a result may end that starts at a place: it stands behind no "for" and no "in"."""
        before = self.lattice.tokens[max(0, at - 2) : at]
        if before and before[-1].low in _ARTICLES:
            before = before[:-1]
        small = any(True for _ in self.pieces(at, "FILLER", "OF", "YES", "FOR", "HAVE", "BOTH", "AND", "ONLY"))
        if small or (before and before[-1].low in _LEADING):
            return
        for end in range(at + 1, min(at + _MOST_TERM, self.size) + 1):
            token = self.lattice.tokens[end - 1]
            if token.kind == "mark" or any(piece.text not in _NAMING for piece in self.pieces(end - 1, *_NO_TERM)):
                return
            if any(piece.text != "per" for piece in self.pieces(end - 1, "BY")):
                return
            yield end

    @cached_property
    def defines(self) -> int:
        """Where the first formula starts; the end where there is none."""
        return next((at for at in range(self.size) if self.formula(at)), self.size)

    def _mark(self, at: int) -> str:
        return self.lattice.tokens[at].text if at < self.size and self.lattice.tokens[at].kind == "mark" else ""

    def _chain(self, at: int) -> tuple[Chain, int] | None:
        found = self._operand(at)
        if found is None:
            return None
        first, end = found
        rest: list[tuple[Sign, Operand | Chain]] = []
        written = True
        while (sign := self._sign(end)) and (following := self._operand(sign[1])):
            rest.append((sign[0], following[0]))
            written, end = written and sign[2], following[1]
        return Chain(first, tuple(rest), written), end

    def _sign(self, at: int) -> tuple[Sign, int, bool] | None:
        """A sign, where it ends, and whether it is a mark."""
        if sign := _WRITTEN.get(self._mark(at)):
            return sign, at + 1, True
        longest: Piece | None = max(self.pieces(at, *_SPOKEN), key=lambda each: each.end, default=None)
        return (_SPOKEN[longest.category], longest.end, False) if longest else None

    def _operand(self, at: int) -> tuple[Operand | Chain, int] | None:
        for place, _ in self.past(at):
            if self._mark(place) == "(":
                found = self._chain(place + 1)
                if found and self._mark(found[1]) == ")":
                    return found[0], found[1] + 1
                continue
            for number in self.pieces(place, "NUMBER"):
                return Operand(number=number.number), number.end
            for piece, behind, _ in self.led(place, "AGG", over=("MANY",)):
                if named := self._named(behind):
                    return Operand(noun=named, function=piece.detail), named.end
            if named := self._named(place):
                return Operand(noun=named), self._past_per(named)
        return None

    def _past_per(self, noun: Noun) -> int:
        """Where a price ends that says of what it is: "the fee per tonne"."""
        for piece in self.pieces(noun.end, "BY") if self.rates & {each.place for each in noun.fields()} else ():
            if piece.text == "per":
                ends = [unit.end for unit in self.pieces(piece.end, "UNIT", "GRAIN")]
                return max([noun.end, *ends, *(other.end for other, _ in self.nouns(piece.end))])
        return noun.end

    def _named(self, at: int) -> Noun | None:
        """The longest noun that has amounts, or the measures that a single word is a part of the name of."""
        found = [
            (noun.end, -cost, noun)
            for noun, cost in self.nouns(at)
            if any(each.place in self.measures for each in noun.fields()) or noun.entities()
        ]
        best = max(found, key=lambda each: each[:2])[2] if found else None
        if at < self.size and self.lattice.tokens[at].kind == "word" and (best is None or best.end == at + 1):
            token = self.lattice.tokens[at]
            if more := self.part_of(token.low):
                own = best.candidates if best else ()
                return Noun(token.text, (*own, *more), at, at + 1)
        return best
