"""A request's words, ticked off one by one as they are explained."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.language.words import Token
from engine.products import Reading


@dataclass
class Sheet:
    """The request's tokens with a tick for every one that is explained, and what was found."""

    text: str
    tokens: tuple[Token, ...]
    done: set[int] = field(default_factory=set)
    readings: list[Reading] = field(default_factory=list)

    def tick(self, start: int, end: int, meaning: str = "") -> None:
        """Tokens start..end (exclusive) are explained; a meaning is shown to the person."""
        self.done.update(range(start, end))
        if meaning:
            first, last = self.tokens[start], self.tokens[end - 1]
            self.readings.append(Reading(words=self.text[first.start : last.end], meaning=meaning))

    def tick_span(self, span: tuple[int, int], meaning: str = "") -> None:
        """The same by place in the text."""
        inside = [i for i, token in enumerate(self.tokens) if token.start >= span[0] and token.end <= span[1]]
        if inside:
            self.tick(inside[0], inside[-1] + 1, meaning)

    def low(self, index: int) -> str:
        """The token's text in lower case, empty beyond the ends."""
        return self.tokens[index].low if 0 <= index < len(self.tokens) else ""
