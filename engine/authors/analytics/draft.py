"""What a request asks for, before its nouns are resolved to columns: the parts that rules have recognised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from engine.authors.analytics.items import Item
from engine.authors.analytics.query import Grain, Value

FilterKind = Literal["compare", "value", "period", "text", "average", "null", "count", "without", "truth", "columns"]


@dataclass(frozen=True)
class Wish:
    """An aggregate that is asked for: a function over the noun at a place (a count needs none)."""

    function: Literal["count", "sum", "avg", "min", "max", "median"]
    noun: int | None
    at: int
    distinct: bool = False
    adjective: str = ""
    total: bool = False
    """Said as "total X", which for things that are not amounts means their number."""


@dataclass(frozen=True)
class Filter:
    """A restriction. `noun` is the place of what is restricted, `items` the places of its values."""

    kind: FilterKind
    at: int
    noun: int | None = None
    operator: str = "="
    values: tuple[Value, ...] = ()
    items: tuple[int, ...] = ()
    negated: bool = False
    both: bool = False
    adjective: str = ""
    unit: str = ""
    until: int = 0
    either: int = 0
    """Restrictions with the same number are alternatives."""


@dataclass(frozen=True)
class Extreme:
    """The rows (or groups) with the most or least of something, `limit` of them; none: all, in that order."""

    wish: Wish
    descending: bool
    at: int
    limit: int | None = None
    row: bool = True
    named: int | None = None
    """Place of the noun that is sought: "most common X", "top 5 X"."""


@dataclass
class Draft:
    """Everything recognised so far. Rules add to it; `used` are the items that some rule explained."""

    items: tuple[Item, ...]
    used: set[int] = field(default_factory=set)
    filters: list[Filter] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    extremes: list[Extreme] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    grain: Grain | None = None
    orders: list[tuple[int | Wish | None, bool]] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    entities: list[int] = field(default_factory=list)
    star: bool = False
    distinct: bool = False
    ratio: tuple[int, int] | None = None
    share: int | None = None
    days: tuple[int, int, str] | None = None
    explicit: bool = False
    trend: bool = False
    trouble: list[str] = field(default_factory=list)

    def free(self, at: int | None) -> bool:
        """Whether an item exists and is not explained yet."""
        return at is not None and 0 <= at < len(self.items) and at not in self.used

    def take(self, *places: int | None) -> None:
        """Mark items as explained."""
        self.used.update(place for place in places if place is not None)

    def quiet(self, at: int, verbs: bool = False) -> bool:
        """Whether an item carries no meaning here: function words and marks other than sentence ends."""
        item = self.items[at]
        if item.kind == "mark":
            return not self.ends(at)
        return item.kind == "stop" or (verbs and item.kind == "verb")

    def ends(self, at: int) -> bool:
        """Whether an item ends a sentence."""
        return self.items[at].kind == "mark" and any(letter in ".?!;" for letter in self.items[at].text)

    def after(self, at: int, verbs: bool = False, over: tuple[str, ...] = ()) -> int | None:
        """The next item that carries meaning, within the sentence; cues named in `over` are passed."""
        for place in range(at + 1, len(self.items)):
            if self.ends(place):
                return None
            if not self.quiet(place, verbs) and not self.items[place].cued(*over):
                return place
        return None

    def before(self, at: int, verbs: bool = False, over: tuple[str, ...] = ()) -> int | None:
        """The previous item that carries meaning, within the sentence."""
        for place in range(at - 1, -1, -1):
            if self.ends(place):
                return None
            if not self.quiet(place, verbs) and not self.items[place].cued(*over):
                return place
        return None

    def cues(self, *names: str) -> Iterator[int]:
        """The places of unexplained cues."""
        return (at for at, item in enumerate(self.items) if at not in self.used and item.cued(*names))

    def nouns(self) -> list[int]:
        """The places of unexplained nouns."""
        return [at for at, item in enumerate(self.items) if item.is_noun and at not in self.used]

    def items_of_grain(self) -> list[int]:
        """The places of the cues that say a time step."""
        return [at for at, item in enumerate(self.items) if item.kind == "cue" and item.cue.name.startswith("grain_")]

    def word_before(self, at: int) -> str:
        """The word just before an item, in lower case."""
        return self.items[at - 1].text.lower() if at > 0 else ""

    def text_between(self, first: int, last: int) -> str:
        """The words between two items, in lower case."""
        return " ".join(self.items[at].text.lower() for at in range(first + 1, last))
