"""Covering a request with acts: the many ways to explain its words, each with what is left unexplained. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from engine.reading.acts import TERM, Act, Grammar
from engine.reading.weights import W

KEPT = 60
_MORE = 5
_SMALL = ("FILLER", "OF", "FOR", "HAVE", "SOME")
_QUIET = ",;:?!.()-"
# Commands that cost nothing where they play no part.
_FREE = frozenset("=AND =COMMA =LIST =ONLY =BOTH =FOR =HAVE =YES =OUTPUT =PURPOSE =DRIVER".split())


@dataclass(frozen=True)
class Cover:
    """Acts that cover the request in order; `left` are the words that none explains."""

    acts: tuple[Act, ...]
    cost: float
    left: tuple[str, ...] = ()
    usual: float = 0.0
    """The part of the cost that says nothing against it: its acts, and small words."""


@dataclass
class _Covering:
    """Covers a request with acts from its beginning to its end, and keeps the cheapest ways."""

    grammar: Grammar

    def __post_init__(self) -> None:
        pieces = self.grammar.lattice.pieces
        whole = [p for p in pieces if p.category in ("ENTITY", "FIELD", "VALUE") and p.candidates[0].score > W.whole]
        known = {(piece.start, piece.end) for piece in pieces if piece.category == "METRIC"}
        self.named = {(piece.start, piece.end) for piece in whole} | known
        # "claims reported" is the things and what is said of them as much as a column of them.
        loose = {(piece.start, piece.end) for piece in whole if all(c.how == "owned" for c in piece.candidates)}
        # "at least three" is the least of nothing.
        numbers = {piece.start for piece in pieces if piece.category == "NUMBER"}
        whole_words = {(p.start, p.end) for p in pieces if p.category == "CMP" and p.end in numbers}
        self.longer = {(start, end) for start, end in self.named - loose | whole_words if end - start > 1}
        known |= {(p.start, p.end) for p in pieces if p.category in ("STATE", "SAME", "ROLE") and p.end - p.start > 1}
        self.told = {at for start, end in known for at in range(start, end)}
        # The name of a formula's result may be any words of the request: more ways are followed.
        self.kept = KEPT * (_MORE if self.grammar.defines < self.grammar.size else 1)
        self.dated = {at for p in pieces if p.category == "PERIOD" for at in range(p.start, p.end)}

    def covers(self) -> list[Cover]:
        """The cheapest ways, the best first."""
        size = self.grammar.size
        best: list[list[Cover]] = [[] for _ in range(size + 1)]
        best[0] = [Cover((), 0.0)]
        for at in range(size):
            starts = heapq.nsmallest(self.kept, _unlike(best[at]), key=lambda cover: cover.cost)
            if not starts:
                continue
            for act, spent in self._acts(at):
                usual = spent if act.kind == TERM else W.act
                for cover in starts:
                    if not _defines_once(act, cover):
                        continue
                    made = Cover((*cover.acts, act), cover.cost + spent, cover.left, cover.usual + usual)
                    best[act.end].append(made)
            for end, spent in self._skips(at):
                best[end] += [Cover(c.acts, c.cost + spent, c.left, c.usual + min(spent, W.small)) for c in starts]
            if at != self.grammar.defines:
                best[at + 1] += [self._unexplained(cover, at) for cover in starts]
        return heapq.nsmallest(self.kept, _unlike(best[size]), key=lambda cover: cover.cost)

    def _acts(self, at: int) -> Iterator[tuple[Act, float]]:
        """The acts that start at a place, and what each costs."""
        for act in self.grammar.acts(at):
            if at == self.grammar.defines and act.kind != "formula":
                continue  # what is spelled out is read as nothing else
            if act.period is None and act.kind != "state" and self.dated & set(range(act.start, act.end)):
                continue  # "last month" is no last of anything
            spent = act.cost + W.act
            if act.kind.startswith("="):
                spent += W.marker if act.kind not in _FREE else 0.0
                spent += W.meant if (act.start, act.end) in self.named else 0.0
            yield act, spent + W.cut * self._cuts(act)

    def _cuts(self, act: Act) -> bool:
        """Whether an act cuts a name of several words in two."""
        return any(
            (start < act.end < end and act.start <= start) or (start < act.start < end and act.end >= end)
            for start, end in self.longer
            if not (act.start <= start and end <= act.end)
        )

    def _skips(self, at: int) -> Iterator[tuple[int, float]]:
        """The small words that may be left out at a place."""
        if at == self.grammar.defines:
            return
        for piece in self.grammar.pieces(at, *_SMALL, "GRAIN"):
            if piece.category == "GRAIN" and piece.text != "date":
                continue
            if not self.dated & set(range(at, piece.end)):
                told = (at, piece.end) in self.named or self.told & set(range(at, piece.end))
                yield piece.end, W.meant if told else W.small
        relative = self.grammar.relative(at)
        for piece in self.grammar.pieces(at, "VERB", "ADVERB", *(("TOOK_PLACE",) if relative else ())):
            if not self.dated & set(range(at, piece.end)):
                # "live" that is skipped would leave out which of the rows are meant.
                state = any(p.end >= piece.end for p in self.grammar.pieces(at, "STATE"))
                meant = W.meant if (at, piece.end) in self.named else W.unused if state else 0.0
                yield piece.end, (W.verb if piece.category == "VERB" and not relative else W.adverb) + meant

    def _unexplained(self, cover: Cover, at: int) -> Cover:
        token = self.grammar.lattice.tokens[at]
        if token.kind == "mark" and token.text in _QUIET:
            return Cover(cover.acts, cover.cost + W.mark, cover.left, cover.usual)
        return Cover(cover.acts, cover.cost + W.unknown, (*cover.left, token.text), cover.usual)


def _defines_once(act: Act, cover: Cover) -> bool:
    """Whether a formula has one name, which stands before it where anything does."""
    kinds = {each.kind for each in cover.acts}
    if act.kind == TERM:
        return TERM not in kinds
    return act.kind != "formula" or TERM in kinds or all(kind.startswith("=") for kind in kinds)


def readings(grammar: Grammar) -> list[Cover]:
    """The cheapest ways to cover a request with acts, the best first."""
    return _Covering(grammar).covers()


def _unlike(covers: list[Cover]) -> list[Cover]:
    """Each list of acts once."""
    found: dict[tuple[tuple[str, int, int, str, bool], ...], Cover] = {}
    for cover in covers:
        key = tuple((act.kind, act.start, act.end, act.detail, act.negated) for act in cover.acts)
        if key not in found or found[key].cost > cover.cost:
            found[key] = cover
    return list(found.values())
