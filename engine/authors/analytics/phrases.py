"""Small phrases that several rules read: a noun behind a cue, an aggregate with its noun."""

from __future__ import annotations

from engine.authors.analytics.draft import Draft, Wish
from engine.authors.analytics.query import Function, Grain

FUNCTIONS = ("sum", "avg", "max", "min", "median")
GRAIN_OF: dict[str, Grain] = {
    "grain_day": "day",
    "grain_week": "week",
    "grain_month": "month",
    "grain_quarter": "quarter",
    "grain_year": "year",
}
GRAINS = tuple(GRAIN_OF)
_KNOWN: tuple[Function, ...] = ("count", "sum", "avg", "min", "max", "median")


def function_of(name: str) -> Function:
    """The aggregate of a cue or an answer, by its name."""
    return next(function for function in _KNOWN if function == name)


def sentence_of(draft: Draft, at: int) -> int:
    """The number of the sentence that an item stands in."""
    return sum(draft.ends(place) for place in range(at))


def measured(draft: Draft, at: int) -> tuple[int | Wish | None, int]:
    """The noun or aggregate that starts at a place, and where it ends. Its items are taken."""
    item = draft.items[at]
    if item.cued("highest", "lowest") and (noun := noun_after(draft, at)) is not None:
        draft.take(at)
        return measured(draft, noun)
    if item.cued("count", "most", "fewest") and (noun := noun_after(draft, at)) is not None:
        draft.take(at, noun, *range(at, noun))
        return Wish("count", noun, at), noun
    if item.cued(*FUNCTIONS):
        counted = draft.after(at)
        if counted is not None and draft.items[counted].cued("count"):
            noun = noun_after(draft, counted)
            draft.take(at, counted, noun)
            return (Wish("count", noun, at), noun) if noun is not None else (None, at)
        if (noun := noun_after(draft, at)) is not None:
            draft.take(at, noun)
            wish = Wish(function_of(item.cue.name), noun, at, total=item.cue.name == "sum")
            return wish, noun
    if item.is_noun and at not in draft.used:
        draft.take(at)
        return at, at
    return None, at


def noun_after(draft: Draft, at: int, over: tuple[str, ...] = ()) -> int | None:
    """The noun that a cue governs: the next thing that carries meaning, over grains, "distinct" and `over` kinds."""
    place = draft.after(at, over=(*GRAINS, "distinct"))
    while place is not None and draft.items[place].kind in ("verb", *over):
        place = draft.after(place, over=(*GRAINS, "distinct"))
    if place is None or not draft.items[place].is_noun or place in draft.used:
        return None
    return place


def negated(draft: Draft, at: int) -> int | None:
    """The place of a "not" that turns the restriction at a place round."""
    for place in range(at - 1, max(-1, at - 5), -1):
        item = draft.items[place]
        if item.cued("not", "without") and place not in draft.used:
            return place
        if not (draft.quiet(place, verbs=True) or item.cued("whose", "have", "eq") or item.is_noun):
            return None
    return None


def named_before(draft: Draft, at: int) -> int | None:
    """The noun that a restriction at a place is about: the one just before it."""
    place = draft.before(at, verbs=True, over=("not", "have", "whose"))
    if place is not None and draft.items[place].is_noun and place not in draft.used:
        return place
    return None
