"""The small phrases of a request for known metrics, over the lattice that every request is read from. Pure.

To the acts of any request come the metrics themselves, what is wanted in hand, whom it is for, and what misses a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.authors.metrics.reading import dimension_phrases
from engine.authors.metrics.vocabulary import TELLING
from engine.language.words import stem
from engine.metrics.catalogue import Catalogue
from engine.metrics.mapping import DatabaseMapping
from engine.products import ParameterValue
from engine.reading.acts import Act, Grammar
from engine.reading.candidates import Candidate
from engine.reading.lattice import Lattice, Piece, Token
from engine.reading.names import VERBAL
from engine.reading.weights import EVIDENCE, W
from engine.scenarios.sentence import phrases_of

Phrase = tuple[str, ...]
_LONGEST_PURPOSE = 5
# What a single word is before it is the beginning of a name.
_NAMED = ("ENTITY", "FIELD", "VALUE", "METRIC", "DRIVER", "PERIOD", "OUTPUT", "MISS", "STATE", "AGG", "SUP", "CASE")
# Small words that tell something here: they are never left out.
_KEPT = TELLING - {"only", "over", "under", "but", "both"}


@dataclass
class MetricGrammar(Grammar):
    """The acts of a request for metrics."""

    _known: dict[int, tuple[Act, ...]] = field(default_factory=dict)

    def acts(self, at: int) -> tuple[Act, ...]:
        """Every act that may start at a place."""
        if at not in self._known:
            makers = (self._metrics, self._purposes, self._wanted, self._missed, self._driven, self._moved)
            self._known[at] = (*super().acts(at), *(act for make in makers for act in make(at)))
        return self._known[at]

    def _metrics(self, at: int) -> Iterator[Act]:
        """ "DSCR", "by NOI"."""
        for piece in self.pieces(at, "METRIC"):
            yield Act("metric", at, piece.end, piece.detail)
        for _, place, cost in self.led(at, "BY", "SORT"):
            for piece in self.pieces(place, "METRIC"):
                yield Act("metric", at, piece.end, piece.detail, cost=cost, unit="by")

    def _purposes(self, at: int) -> Iterator[Act]:
        """ "for the credit committee", "for our board pack": whom it is for says nothing of what is asked."""
        if self.lattice.tokens[at].low not in ("for", "to"):
            return
        for end in range(at + 1, min(at + _LONGEST_PURPOSE, self.size)):
            for piece in self.pieces(end, "AUDIENCE"):
                yield Act("=PURPOSE", at, piece.end)

    def _wanted(self, at: int) -> Iterator[Act]:
        """ "a web dashboard", "with simulation capabilities"."""
        for piece in self.pieces(at, "OUTPUT"):
            yield Act("=OUTPUT", at, piece.end, piece.detail)

    def _missed(self, at: int) -> Iterator[Act]:
        """ "misses 1.25x", "in breach of the covenant": on the wrong side of a number, or of the metric's own."""
        for piece, place, cost in self.led(at, "MISS"):
            yield Act("bound", at, piece.end, "miss", cost=W.halved)
            yield from self._missed_of(at, place, cost)
            for number in self.pieces(place, "NUMBER"):
                yield Act("bound", at, number.end, "miss", number=number.number, cost=cost, unit=number.unit)

    def _missed_of(self, at: int, place: int, cost: float) -> Iterator[Act]:
        """ "breaches an LTV of 70 %": the metric between the word and the number; the act's unit is the metric's."""
        for metric in self.pieces(place, "METRIC"):
            for further, gap in self.past(metric.end):
                for number in self.pieces(further, "NUMBER"):
                    value = number.number / (100 if number.unit == "percent" else 1)
                    unit = f"of {metric.detail}"
                    yield Act("bound", at, number.end, "miss", number=value, cost=cost + gap, unit=unit)

    def _moved(self, at: int) -> Iterator[Act]:
        """ "developed", "get better or worse": how it went over time, or from one period to another."""
        yield from (Act("moved", at, piece.end, piece.detail) for piece in self.pieces(at, "MOVED"))

    def _driven(self, at: int) -> Iterator[Act]:
        """ "revenue changes", which a simulation changes in any case."""
        yield from (Act("=DRIVER", at, piece.end, piece.detail) for piece in self.pieces(at, "DRIVER"))


def extended(
    lattice: Lattice,
    catalogue: Catalogue,
    mapping: DatabaseMapping,
    drivers: Sequence[ParameterValue],
    labels: Sequence[str],
    kinds: Mapping[str, Sequence[str]],
    supposed: bool,
) -> Lattice:
    """The lattice with the names of metrics, dimensions and drivers, shortened names, and words that tell nothing here.

    `labels` are the names of the things that metrics are of, `kinds` the values of each other dimension; where
    something is `supposed` already, words such as "downside" tell nothing more.
    """
    wanted = {(piece.start, piece.end) for piece in lattice.pieces if piece.category == "OUTPUT"}
    pieces = [each for each in lattice.pieces if each.category != "FILLER" or (each.start, each.end) not in wanted]
    kept = [kept for piece in pieces if (kept := _kept(piece, mapping)) is not None]
    aside = ("ASIDE", "CASE") if supposed else ("ASIDE",)
    asides = [replace(piece, category="FILLER") for piece in lattice.pieces if piece.category in aside]
    found = [
        *(each for each in _spelt(lattice.tokens, "METRIC", metric_phrases(catalogue)) if _names(each, catalogue)),
        *_spelt(lattice.tokens, "DRIVER", {phrase: each.name for each in drivers for phrase in phrases_of(each)}),
        *_dimensions(lattice.tokens, mapping),
        *_cut_short(lattice, mapping, labels),
        *_cut_kinds(lattice, mapping, kinds),
    ]
    return Lattice(lattice.text, lattice.tokens, (*kept, *asides, *found))


def _kept(piece: Piece, mapping: DatabaseMapping) -> Piece | None:
    """A piece as it may be meant of metrics: no word that tells something is left out, no value but of a dimension."""
    if piece.category == "FILLER":
        return None if piece.text in _KEPT else piece
    if piece.category != "VALUE":
        return piece
    columns = {mapping.dimension(name).column for name in mapping.dimension_names}
    meant = tuple(
        each for each in piece.candidates if f"{each.table}.{each.column}" in columns and each.score > W.named_value
    )
    return replace(piece, candidates=meant, cost=1.0 - meant[0].score) if meant else None


def metric_phrases(catalogue: Catalogue) -> dict[Phrase, str]:
    """Stems: the metric, input or report that they name."""
    return {tuple(stem(word) for word in re.findall(r"\w+", text)): name for text, name in catalogue.phrases.items()}


def _spelt(tokens: Sequence[Token], category: str, phrases: Mapping[Phrase, str]) -> Iterator[Piece]:
    """The stretches that are one of some phrases."""
    longest = max(map(len, phrases), default=0)
    stems = [stem(token.low) for token in tokens]
    for start in range(len(tokens)):
        for end in range(start + 1, min(len(tokens), start + longest) + 1):
            if (name := phrases.get(tuple(stems[start:end]))) is not None:
                yield Piece(category, start, end, " ".join(token.text for token in tokens[start:end]), name)


def _names(piece: Piece, catalogue: Catalogue) -> bool:
    """Whether a word names a metric: "appraised" is none for being of one stem with "appraisals"."""
    alone = piece.end == piece.start + 1
    return not (alone and VERBAL.search(piece.text.lower()) and piece.text.lower() not in catalogue.phrases)


def _dimensions(tokens: Sequence[Token], mapping: DatabaseMapping) -> Iterator[Piece]:
    """The stretches that name what metrics are grouped by."""
    phrases = dimension_phrases(mapping)
    for start in range(len(tokens)):
        for end in range(start + 1, min(len(tokens), start + 3) + 1):
            name = phrases.get(tuple(token.low for token in tokens[start:end]))
            if name is not None:
                table, _, column = mapping.dimension(name).column.rpartition(".")
                text = " ".join(token.text for token in tokens[start:end])
                yield Piece("FIELD", start, end, text, candidates=(Candidate("field", table, column),))


def _cut_short(lattice: Lattice, mapping: DatabaseMapping, labels: Sequence[str]) -> Iterator[Piece]:
    """ "lantern sq", "kestrel twr": what can only be the beginning, or all the words cut short, of one name."""
    table, _, column = mapping.dimension(mapping.entity.name).column.rpartition(".")
    words = {label: tuple(re.findall(r"\w+", label.lower())) for label in labels}
    tokens = lattice.tokens
    taken = {at for p in lattice.pieces if p.category in _NAMED for at in range(p.start, p.end)}
    initials = {_initials(whole): label for label, whole in words.items() if len(whole) > 2}
    shared = [short for short in initials if sum(_initials(each) == short for each in words.values()) > 1]
    for start, token in enumerate(tokens):
        if token.text in initials and token.text not in shared and start not in taken:
            found = Candidate("value", table, column, initials[token.text], score=EVIDENCE["initials"], how="initials")
            yield Piece("VALUE", start, start + 1, token.text, candidates=(found,), cost=1.0 - EVIDENCE["initials"])
    for start in range(len(tokens)):
        for end in range(start + 1, min(len(tokens), start + 5) + 1):
            if end - start == 1 and (start in taken or len(tokens[start].low) < W.least_letters):
                continue
            part = [token.low for token in tokens[start:end]]
            if any(token.kind != "word" for token in tokens[start:end]):
                break
            meant = [label for label, whole in words.items() if _is_short_for(part, whole)]
            if len(meant) == 1 and tuple(part) != words[meant[0]]:
                found = Candidate("value", table, column, meant[0], score=EVIDENCE["cut"], how="cut")
                text = " ".join(token.text for token in tokens[start:end])
                yield Piece("VALUE", start, end, text, candidates=(found,), cost=1.0 - EVIDENCE["cut"])


def _cut_kinds(lattice: Lattice, mapping: DatabaseMapping, kinds: Mapping[str, Sequence[str]]) -> Iterator[Piece]:
    """ "multifam": the beginning of one value of a dimension."""
    taken = {at for p in lattice.pieces if p.category in _NAMED for at in range(p.start, p.end)}
    for start, token in enumerate(lattice.tokens):
        if start in taken or token.kind != "word" or len(token.low) < W.least_letters:
            continue
        meant = [(name, value) for name, all_of in kinds.items() for value in all_of if _begins(token.low, value)]
        if len(meant) == 1:
            table, _, column = mapping.dimension(meant[0][0]).column.rpartition(".")
            found = Candidate("value", table, column, meant[0][1], score=EVIDENCE["cut"], how="cut")
            yield Piece("VALUE", start, start + 1, token.text, candidates=(found,), cost=1.0 - EVIDENCE["cut"])


def _begins(word: str, value: str) -> bool:
    return value.lower().startswith(word) and len(value) > len(word)


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words).upper()


def _is_short_for(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether each word is that of a name, or its letters in order with the first one; one at least is whole."""
    if len(part) > len(whole) or not set(part) & set(whole):
        return False
    return all(one == other or _letters_of(one, other) for one, other in zip(part, whole, strict=False))


def _letters_of(short: str, word: str) -> bool:
    if len(short) < 2 or not word.startswith(short[0]) or len(short) >= len(word):
        return False
    rest = iter(word)
    return all(letter in rest for letter in short)
