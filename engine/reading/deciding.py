"""Answer, ask or decline: the best reading answers where it is clearly ahead, else what parts two is asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.compiling.asking import compile_question
from engine.compiling.columns import Unreachable
from engine.compiling.ways import Ways
from engine.errors import EngineError
from engine.reading.acts import Grammar
from engine.reading.asking import asked
from engine.reading.covering import Cover, readings
from engine.reading.lattice import lattice_of
from engine.reading.names import Names
from engine.reading.resolving import Resolver
from engine.reading.shaping import Reading
from engine.reading.weights import W

MOST = 6
_ALIAS = re.compile(r' AS "[^"]*"')


@dataclass(frozen=True)
class Decided:
    """The readings that may answer, the best first, each with its SELECT; `left` are words that none explains."""

    best: tuple[tuple[Reading, str], ...] = ()
    left: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    """Where every word is explained and yet no reading comes of it: what the words name."""

    @property
    def sure(self) -> bool:
        """Whether the best is an answer."""
        return bool(self.best) and self.best[0][0].doubt <= W.most and not self.best[0][0].left and not self.rivals

    @property
    def rivals(self) -> tuple[tuple[Reading, str], ...]:
        """Other readings that are about as good."""
        if not self.best:
            return ()
        return tuple(each for each in self.best[1:] if each[0].cost < self.best[0][0].cost + W.clear)


def settle(decided: Decided, read: Callable[[str], pd.DataFrame]) -> Decided:
    """The readings without those that give the same rows as the best, or a part of its columns."""
    if not decided.rivals:
        return decided
    try:
        rows = read(decided.best[0][1])
        kept = [each for each in decided.rivals if not _told_by(read(each[1]), rows)]
    except EngineError:
        return decided
    rest = [each for each in decided.best[1:] if each not in decided.rivals]
    return Decided((decided.best[0], *kept, *rest), decided.left)


def _told_by(other: pd.DataFrame, rows: pd.DataFrame) -> bool:
    """Whether each column of some rows stands among those of others, or the other way round, row by row."""
    one, two = (_columns(each) for each in (other, rows))
    if len(other) != len(rows):
        return False
    few, many = (one, two) if len(one) <= len(two) else (two, one)
    numbers = [each for each in few if all(isinstance(v, float) for v in each)]
    return all(each in many for each in few) or (bool(numbers) and all(each in many for each in numbers))


def _columns(rows: pd.DataFrame) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for name in rows.columns:
        held = rows[name]
        if pd.api.types.is_numeric_dtype(held):
            found.append(tuple(sorted(round(float(v), 6) for v in held.fillna(0).tolist())))
        else:
            found.append(tuple(sorted(map(str, held.tolist()))))
    return found


def decide(text: str, names: Names, today: date) -> Decided:
    """Every reading of a request, the cheapest first, those with one SELECT once."""
    lattice = lattice_of(text, names, today)
    grammar = Grammar.over(lattice, names, timed=names.timed, part_of=names.with_part)
    covers = readings(grammar)
    resolver = Resolver(names, Ways(names.model), today)
    found: list[Reading] = []
    for cover in covers:
        if found and (cover.left or cover.cost > min(each.cost for each in found) + W.beyond):
            continue
        for ask in asked(cover):
            found += resolver.readings(ask)
    written: dict[str, tuple[Reading, str]] = {}
    for reading in sorted(found, key=lambda each: each.cost)[:24]:
        try:
            sql = compile_question(reading.question, names.model)
        except Unreachable:
            continue
        # What only calls its columns otherwise is the same.
        written.setdefault(_ALIAS.sub("", sql), (reading, sql))
        if len(written) >= MOST:
            break
    best = tuple(written.values())
    left = covers[0].left if covers else ()
    known = () if best or left or not covers else _named_in(covers[0])
    return Decided(best, left if not best else best[0][0].left, known)


def _named_in(cover: Cover) -> tuple[str, ...]:
    """The things, values and dates that a cover of a request speaks of, in its words."""
    said = (noun.text or "" for act in cover.acts for noun in act.nouns)
    return tuple(dict.fromkeys(text for text in said if text))
