"""Superlatives in a request: "top 5", "most common", "the highest", "longest and shortest"."""

from __future__ import annotations

from engine.authors.analytics.draft import Draft, Extreme, Wish
from engine.authors.analytics.phrases import FUNCTIONS, function_of, measured, noun_after, sentence_of
from engine.authors.analytics.synonyms import MEASURED_BY
from engine.language.words import stem, stems

# Adjectives that "top" makes superfluous.
_VAGUE = frozenset({"good", "high", "large", "bad"})


def read_extremes(draft: Draft) -> None:
    """Recognise every superlative; what it ranks by is taken with it."""
    for at in list(draft.cues("top", "bottom")):
        _top(draft, at)
    for at in list(draft.cues("common", "rare")):
        _common(draft, at)
    for at in list(draft.cues("most", "fewest", "highest", "lowest")):
        if at not in draft.used:
            _superlative(draft, at)


def _top(draft: Draft, at: int) -> None:
    number = _limit_beside(draft, at)
    if number is None and draft.items[at].text.lower() == "first":
        return
    limit = draft.items[number].amount if number is not None else None
    named = draft.after(number if number is not None else at, verbs=True, over=("distinct",))
    if named is not None and draft.items[named].cued("selling"):
        draft.take(named)
        named = draft.after(named)
    if named is not None and draft.items[named].cued("highest", "lowest", "most", "fewest"):
        named = _past_adjective(draft, named)
        if named is None:
            return
    down = draft.items[at].cued("top")
    by = next((p for p in draft.cues("by", "order") if p > at), None)
    if by is not None and (start := draft.after(by, over=("by",))) is not None:
        target, end = measured(draft, start)
        if target is not None:
            direction = draft.after(end)
            turned = direction is not None and draft.items[direction].cued("ascending", "descending")
            draft.take(direction if turned else None)
            wish = target if isinstance(target, Wish) else Wish("max", target, at)
            draft.extremes.append(
                Extreme(wish, down, at, int(limit.value) if limit else None, named=_name_place(draft, named))
            )
            draft.take(at, number, by)
            return
    if named is not None and _is_plain_column(draft, named):
        draft.extremes.append(Extreme(Wish("max", named, at), down, at, int(limit.value) if limit else 1))
        draft.take(at, number, named)


def _past_adjective(draft: Draft, at: int) -> int | None:
    """ "top 5 best X by Y": the noun behind an adjective that adds nothing; None where it ranks by itself."""
    rest = draft.after(at, verbs=True, over=("distinct",))
    if rest is None or draft.items[rest].cued("count", *FUNCTIONS):
        return at
    if draft.items[at].cued("highest", "lowest") and draft.items[at].cue.argument not in _VAGUE:
        return None
    draft.take(at)
    return rest


def _is_plain_column(draft: Draft, at: int) -> bool:
    item = draft.items[at]
    return item.is_noun and bool(item.columns) and not item.entity


def _name_place(draft: Draft, at: int | None) -> int | None:
    return at if at is not None and draft.items[at].is_noun else None


def _common(draft: Draft, at: int) -> None:
    named = draft.after(at)
    if named is None or not draft.items[named].is_noun:
        named = draft.before(at, verbs=True)
    if named is None or not draft.items[named].is_noun or not draft.items[named].candidates:
        return
    number = _limit_beside(draft, at)
    limit = draft.items[number].amount if number is not None else None
    down = draft.items[at].cued("common")
    draft.extremes.append(Extreme(Wish("count", None, at), down, at, int(limit.value) if limit else 1, named=named))
    draft.take(at, number, named)


def _superlative(draft: Draft, at: int) -> None:
    item = draft.items[at]
    number = _limit_beside(draft, at)
    amount = draft.items[number].amount if number is not None else None
    limit = int(amount.value) if amount else 1
    down = item.cued("most", "highest")
    following = draft.after(at, over=("distinct",))
    if following is not None and _counts_deeds(draft, at, following):
        return
    if following is not None and draft.items[following].kind == "verb" and item.cued("most", "fewest"):
        following = draft.after(following, verbs=True)
    if following is None:
        following = at
    pair = draft.items[following].cued("highest", "lowest", "and") and _pair(draft, at)
    if pair:
        return
    target: int | Wish | None = None
    if draft.items[following].cued("count", *FUNCTIONS):
        target, _ = measured(draft, following)
    elif draft.items[following].is_noun and following not in draft.used:
        target = following
    else:
        target = _said_before(draft, at)
    wish = _wish_of(draft, at, target)
    if wish is None:
        return
    draft.extremes.append(Extreme(wish, down, at, limit, row=_picks_row(draft, at, wish)))
    draft.take(at, number)
    if wish.noun is not None and (not wish.adjective or not draft.items[wish.noun].entity):
        draft.take(wish.noun)


def _counts_deeds(draft: Draft, at: int, verb: int) -> bool:
    """ "the 5 most prescribed medications": by how often it was done."""
    named = draft.after(verb)
    most = draft.items[at].text.lower() == "most" and draft.items[verb].is_deed
    if not most or named is None or not draft.items[named].entity:
        return False
    number = _limit_beside(draft, at)
    amount = draft.items[number].amount if number is not None else None
    wish = Wish("count", verb, at)
    draft.extremes.append(Extreme(wish, True, at, int(amount.value) if amount else 1, named=named))
    draft.take(at, verb, number, named)
    return True


def _said_before(draft: Draft, at: int) -> int | None:
    """ "whose capacity is the largest": the noun stands before."""
    place = draft.before(at)
    linked = draft.text_between(place, at).split()[:1] if place is not None else []
    if (
        place is None
        or place in draft.used
        or not draft.items[place].is_noun
        or linked not in (["is"], ["are"], ["was"])
    ):
        return None
    item = draft.items[place]
    return place if item.columns and not item.entity else None


def _wish_of(draft: Draft, at: int, target: int | Wish | None) -> Wish | None:
    item = draft.items[at]
    if isinstance(target, Wish):
        return target
    if item.cued("most", "fewest"):
        if target is None:
            return None
        counting = " of" in item.text.lower() or bool(draft.items[target].entity)
        return Wish("count" if counting else "max", target, at)
    if target is None:
        return Wish("max", None, at, adjective=item.cue.argument) if item.cue.argument in MEASURED_BY else None
    if draft.items[target].entity:
        return Wish("max", target, at, adjective=item.cue.argument)
    return Wish("max", target, at)


def _pair(draft: Draft, at: int) -> bool:
    """ "longest and shortest tracks", "highest and lowest price": both extremes as numbers."""
    joined = draft.after(at)
    other = draft.after(joined) if joined is not None and draft.items[joined].cued("and") else joined
    if joined is None or other is None or not draft.items[other].cued("highest", "lowest") or other == at:
        return False
    noun = noun_after(draft, other, over=("value",))
    if noun is None:
        return False
    entity = bool(draft.items[noun].entity)
    head = draft.before(at)
    if (
        entity
        and head is not None
        and draft.text_between(head, at).split()[:1] == ["of"]
        and draft.items[head].columns
        and head not in draft.used
    ):
        noun, entity = head, False
    adjective = draft.items[at].cue.argument if entity else ""
    for place in (at, other):
        function = function_of("max" if draft.items[place].cued("highest") else "min")
        draft.wishes.append(Wish(function, noun, place, adjective=adjective))
    draft.take(at, other, joined)
    if not entity:
        draft.take(noun)
    return True


def _picks_row(draft: Draft, at: int, wish: Wish) -> bool:
    """Whether rows are sought ("which city has the highest...") rather than the extreme value itself."""
    if wish.function not in ("max", "min"):
        return True
    if wish.noun is None or thing_at(draft, wish.noun):
        return True
    first = " ".join(item.text.lower() for item in draft.items[:at])
    asked = any(
        word in first.split() for word in ("which", "who", "whose", "with", "has", "have", "had", "having", "that")
    )
    earlier = any(
        item.is_noun
        for place, item in enumerate(draft.items[:at])
        if sentence_of(draft, place) == sentence_of(draft, at)
    )
    grouped = any(item.cued("group") for item in draft.items[:at])
    next_noun = draft.after(wish.noun) if wish.noun is not None else None
    then_entity = next_noun == (wish.noun or 0) + 1 and next_noun is not None and bool(draft.items[next_noun].entity)
    return (asked or earlier or then_entity) and not grouped


def thing_at(draft: Draft, at: int) -> str:
    """The table whose rows a noun means: "restaurant", and "rated restaurant", but not "restaurant rating"."""
    item = draft.items[at]
    if item.entity or not item.columns:
        return item.entity
    best = item.columns[0]
    last = item.text.split()[-1]
    return best.table if stem(last) in stems(best.table) and stem(last) not in stems(best.columns[-1]) else ""


def _limit_beside(draft: Draft, at: int) -> int | None:
    """The place of the number of "top 5" or "5 most expensive"."""
    for place in (at + 1, at - 1):
        if 0 <= place < len(draft.items) and draft.items[place].kind == "amount" and place not in draft.used:
            amount = draft.items[place].amount
            if amount and amount.value == int(amount.value) and 0 < amount.value <= 1000 and not amount.unit:
                return place
    return None
