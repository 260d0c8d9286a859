"""Parts of a request, and what each of them is."""

from __future__ import annotations

from dataclasses import dataclass

from engine.authors.analytics.cues import NO_CUE, Cue
from engine.authors.analytics.lexicon import Candidate
from engine.language.amounts import AmountMatch
from engine.language.periods import PeriodMatch
from engine.sources.schema import ValueMatch


@dataclass(frozen=True)
class Item:
    """Some tokens of a request and what they are.

    Kinds: noun, value, quoted, cue, amount, period, stop, mark, verb and unknown.
    """

    kind: str
    text: str
    start: int
    end: int
    cue: Cue = NO_CUE
    candidates: tuple[Candidate, ...] = ()
    values: tuple[ValueMatch, ...] = ()
    amount: AmountMatch | None = None
    period: PeriodMatch | None = None
    capital: bool = False
    flag: bool = False
    """Whether it is a value because a yes-or-no column is called so."""

    @property
    def is_noun(self) -> bool:
        """Whether it names a table or column."""
        return self.kind == "noun"

    @property
    def entity(self) -> str:
        """The one table it surely names."""
        tables = [candidate for candidate in self.candidates if candidate.is_table]
        best = max((candidate.score for candidate in tables), default=0)
        found = {candidate.table for candidate in tables if candidate.score == best}
        return found.pop() if len(found) == 1 else ""

    @property
    def is_deed(self) -> bool:
        """Whether it is a verb that says that a table has rows: "prescribed"."""
        return self.kind == "verb" and any(each.how == "deed" for each in self.candidates)

    @property
    def owned(self) -> bool:
        """Whether it says the owner with the column ("customer name") and is not a table's own name."""
        own = any(each.is_table and each.score >= 1 for each in self.candidates)
        return not own and any(each.score > 1 for each in self.columns)

    @property
    def columns(self) -> tuple[Candidate, ...]:
        """The columns it may name."""
        return tuple(candidate for candidate in self.candidates if not candidate.is_table)

    def cued(self, *names: str) -> bool:
        """Whether it is one of these cues."""
        return self.kind == "cue" and self.cue.name in names
