"""From the acts of a request to what it asks, before its nouns are tied to columns. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from engine.reading.acts import CONDITIONS, OUT, TERM, Act
from engine.reading.covering import Cover
from engine.reading.formulas import Chain
from engine.reading.nouns import Noun
from engine.reading.weights import W

_MARKERS = ("NETTED", "MONEY", "RUN", "CHANGE", "TREND", "INCLUDING", "DESC", "ASC", "DISTINCT")


@dataclass(frozen=True)
class Wish:
    """A measure that is asked for: count, measure, elapsed or bare; its function where it was said."""

    kind: str
    nouns: tuple[Noun, ...]
    function: str = ""
    at: int = 0
    counted: bool = False
    """Whether a word of counting stands before the noun: "average number of stops"."""
    operator: Literal["", "/", "-", "+"] = ""
    """How it is put together with the wish before it: /, -, + or nothing."""
    formula: Chain | None = None
    called: str = ""
    """What the request calls its result."""
    unit: str = ""
    """Of the time between two dates."""


@dataclass(frozen=True)
class Ask:
    """What one cover of the request asks."""

    wishes: tuple[Wish, ...] = ()
    groups: tuple[Act, ...] = ()
    onlys: tuple[Act, ...] = ()
    states: tuple[Act, ...] = ()
    whens: tuple[Act, ...] = ()
    laters: tuple[Act, ...] = ()
    bounds: tuple[Act, ...] = ()
    againsts: tuple[Act, ...] = ()
    ranks: tuple[Act, ...] = ()
    nones: tuple[Act, ...] = ()
    happened: tuple[Act, ...] = ()
    """Dates that are there or not, without a period: "closed", "not yet paid"."""
    bare: tuple[Act, ...] = ()
    marks: frozenset[str] = frozenset()
    listing: bool = False
    asks_yes: bool = False
    versus: tuple[Act, ...] = ()
    limit: int | None = None
    cost: float = 0.0
    usual: float = 0.0
    left: tuple[str, ...] = ()
    more: str = ""
    """Of a comparison of two: > or <."""
    joined: frozenset[int] = frozenset()
    """Starts of the bare nouns that an "and" or a comma ties to what stands before them."""
    after: dict[int, str] = field(default_factory=dict)
    """Start of a bare noun: the kind of the act it is tied to."""
    tied_to: dict[int, int] = field(default_factory=dict)
    """Start of a bare noun: the start of the act it is tied to."""
    order: tuple[Act, ...] = ()


_SLOTS = {
    "group": "groups", "grain": "groups", "only": "onlys", "state": "states", "when": "whens", "later": "laters",
    "bound": "bounds", "against": "againsts", "rank": "ranks", "frequent": "ranks", "happened": "happened",
    "none": "nones", "noun": "bare",
}  # fmt: skip
_WISHES = ("count", "measure", "elapsed")
_NOUNLESS = ("formula", "owed")
_OPERATORS: dict[str, Literal["/", "-", "+"]] = {"=OVER": "/", "=MINUS": "-", "=PLUS": "+"}
_TYING = ("=AND", "=COMMA", "=OR")
_RESTRICTING = ("only", "state")
_LED = ("noun", "rank", *_RESTRICTING)
_MOST_ROWS = 1000
# The words that may stand between things and a number of theirs: "with a", "whose".
_WITH = 2


class _Nowhere(Exception):
    """Raised where a word of command fits nowhere."""


def asked(cover: Cover, follows: bool = False) -> Iterator[Ask]:
    """What a cover asks; nothing where its words of command fit nowhere.

    One that `follows` an answer may name a function alone: "the average instead".
    """
    asking = _Asking(cover, follows)
    try:
        for at, act in enumerate(cover.acts):
            asking.take(act, at)
        yield asking.made()
    except _Nowhere:
        return


class _Asking:
    """Takes the acts of a cover one by one."""

    def __init__(self, cover: Cover, follows: bool) -> None:
        self.cover, self.cost, self.follows = cover, cover.cost, follows
        self.slots: dict[str, list[Act]] = {name: [] for name in dict.fromkeys(_SLOTS.values())}
        self.wishes: list[Wish] = []
        self.marks: set[str] = set()
        self.joined: dict[int, str] = {}
        self.tied_to: dict[int, int] = {}
        self.versus: list[Act] = []
        self.operator: Literal["", "/", "-", "+"] = ""
        self.function, self.more = "", ""
        self.listing = self.asks_yes = self.tied = False
        self.limit: int | None = None
        self.term = ""
        self.before: Act | None = None
        self.pending: Act | None = None
        """A bound or a "without" whose noun is still to come, behind values: "more than 30 active accounts"."""

    def take(self, act: Act, at: int) -> None:
        """Take one act.

        Raises:
            _Nowhere: it fits nowhere.
        """
        if act.kind == "noun" and self.pending is not None and self._completes():
            self._complete(act)
            return
        last = self.wishes[-1] if self.wishes else None
        if act.kind == "noun" and last is not None and not last.nouns and last.kind not in _NOUNLESS:
            if self.before is None or self.before.kind not in _RESTRICTING:
                raise _Nowhere
            self.wishes[-1] = replace(self.wishes[-1], nouns=act.nouns)
            self.before, self.tied = act, False
            return
        if act.kind not in (*_RESTRICTING, "=ONLY"):
            self.pending = None
        if act.kind in _SLOTS:
            self._fill(act)
        elif act.kind in _WISHES:
            self._wish(act)
        elif act.kind in (TERM, "formula"):
            self._define(act)
        elif act.kind == "owed":
            self._owe(act)
        else:
            self._command(act, at)

    def _completes(self) -> bool:
        """Whether a noun is what a bound or a superlative before values is of: "the most late deliveries"."""
        ranked = self.pending is not None and self.pending.kind == "rank"
        return not ranked or (self.before is not None and self.before.kind in _RESTRICTING)

    def _complete(self, noun: Act) -> None:
        slot = self.slots["bounds" if self.pending is not None and self.pending.kind == "bound" else "ranks"]
        slot[-1] = replace(slot[-1], nouns=noun.nouns, end=noun.end)
        self.before, self.tied, self.pending = noun, False, None

    def _fill(self, act: Act) -> None:
        before = self.before
        if act.kind == "when" and act.detail:
            self.slots["groups"].append(replace(act, kind="grain", period=None))
        if act.kind in ("bound", "rank") and not act.nouns:
            self.pending = act
        both = before is not None and self.tied and act.kind in CONDITIONS and before.kind in CONDITIONS
        if both and before is not None and before.negated:
            act = replace(act, negated=True, unit=before.unit)  # "excluding void and draft invoices"
        if act.kind in CONDITIONS and act.unit == OUT and not act.negated:
            raise _Nowhere  # "and deleted accounts" is only said of what is left out
        if before is not None and self.tied and act.kind == "noun":
            self.joined[act.start] = before.kind
            self.tied_to[act.start] = before.start
        if act.kind == "noun" and self.operator:
            self.wishes.append(Wish("bare", act.nouns, self.function, act.start, False, self.operator))
            self.operator = ""
        elif act.kind == "noun" and self.function and not self.tied:
            self.wishes.append(Wish("measure", act.nouns, self.function, act.start))
            self.function = ""
        else:
            self.slots[_SLOTS[act.kind]].append(act)
        self.before, self.tied = act, False

    def _wish(self, act: Act) -> None:
        if act.unit == "by" and not any(each.kind in ("rank", "frequent") for each in self.cover.acts):
            raise _Nowhere  # "by" leads to a measure where things are ranked by it
        function = act.detail
        if act.kind == "elapsed":
            function, self.function = act.unit or self.function or "avg", ""
        unit = act.detail if act.kind == "elapsed" else ""
        many = act.unit == "many"
        self.wishes.append(Wish(act.kind, act.nouns, function, act.start, many, self.operator, unit=unit))
        self.operator = ""
        self.before, self.tied = act, False

    def _owe(self, act: Act) -> None:
        """What is outstanding, which may be said twice: "open balance, net of payments"."""
        if self.function not in ("", "sum") or self.operator:
            raise _Nowhere
        if not any(wish.kind == "owed" for wish in self.wishes):
            self.wishes.append(Wish("owed", (), "sum", act.start))
        self.function = ""
        self.before, self.tied = act, False

    def _define(self, act: Act) -> None:
        """A formula is the one thing that is asked for; what its result is called stands before it."""
        if self.wishes or self.operator or (self.term and act.kind == TERM) or self.marks & {"SHARE", "RATE"}:
            raise _Nowhere
        if act.kind == TERM:
            self.term, self.tied = act.detail, False
            return
        self.wishes.append(Wish("formula", (), "", act.start, formula=act.formula, called=self.term))
        self.before, self.tied = act, False

    def _command(self, act: Act, at: int) -> None:
        """A word that says what is done with the rest; what it cost to stand alone is given back where it is used."""
        kind = act.kind
        if kind in _OPERATORS:
            if act.detail == "over" and self._of_things():
                raise _Nowhere  # "projects with cost over budget" have more of the one than of the other
            self.operator = _OPERATORS[kind]
        elif kind == "=AGG":
            self.function = act.detail
        elif kind in _TYING:
            self.tied = True
            if kind != "=OR":
                return
            self.marks.add("OR")
        elif kind == "=RATE":
            if self.before is None or self.before.kind != "only":
                raise _Nowhere  # only "no-show rate" says of what it is one
            self.marks.add("SHARE")
        elif kind == "=SHARE":
            self.marks.add("SHARE:total" if act.detail == "total" else "SHARE")
        elif kind[1:] in _MARKERS or kind == "=MANY":
            self.marks.add(kind[1:])
        else:
            self._aside(act, at)
            return
        self.cost -= W.marker

    def _of_things(self) -> bool:
        """Whether things stand right before the noun that was read last, so that it tells which of them are meant."""
        things, last = ([None, None] + self.slots["bare"])[-2:]
        if things is None or last is None or last is not self.before or last.start in self.joined:
            return False
        return bool(things.nouns[0].entities()) and last.start - things.end <= _WITH

    def _aside(self, act: Act, at: int) -> None:
        match act.kind:
            case "=LIST":
                self.listing = True
            case "=YES":
                self.asks_yes = self.asks_yes or at == 0
            case "=MORE":
                self.more = act.detail
                self.cost -= W.marker / 2
            case "=VERSUS":
                self.versus.append(act)
                self.cost -= W.marker / 2
            case "=BY":
                self.cost += W.unused
            case "=NUMBER":
                self._number(act, at)

    def _number(self, act: Act, at: int) -> None:
        """ "five machines": how many are kept, where things follow."""
        following = self.cover.acts[at + 1].kind if at + 1 < len(self.cover.acts) else ""
        number = int(act.number or 0)
        if self.limit is None and following in _LED and 0 < number <= _MOST_ROWS:
            self.limit = number
            self.cost -= W.marker
        else:
            self.cost += W.unused

    def made(self) -> Ask:
        """What is asked.

        Raises:
            _Nowhere: a word of command was left over.
        """
        alone = self.function and not self.wishes and not self.slots["bare"]
        if self.operator or (alone and not self.follows):
            raise _Nowhere
        if any(not wish.nouns and wish.kind not in _NOUNLESS for wish in self.wishes):
            raise _Nowhere
        if self.term and not any(wish.formula for wish in self.wishes):
            raise _Nowhere
        if self.function and self.wishes and self.wishes[-1].kind == "elapsed":
            self.wishes[-1] = replace(self.wishes[-1], function=self.function)
        elif self.function:
            self.marks.add(f"AGG:{self.function}")
        if "CHANGE" in self.marks:
            self.marks -= {"SHARE", "RATE"}
        slots = {name: tuple(acts) for name, acts in self.slots.items()}
        return Ask(
            wishes=tuple(self.wishes),
            **slots,
            marks=frozenset(self.marks),
            listing=self.listing,
            asks_yes=self.asks_yes,
            versus=tuple(self.versus),
            limit=self.limit,
            cost=self.cost,
            usual=self.cover.usual,
            left=self.cover.left,
            more=self.more,
            joined=frozenset(self.joined),
            after=self.joined,
            tied_to=self.tied_to,
            order=self.cover.acts,
        )
