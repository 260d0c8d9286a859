"""What is to be computed: order, extremes, aggregates, groups, ratios, and what is to be shown."""

from __future__ import annotations

from engine.authors.analytics.draft import Draft, Extreme, Wish
from engine.authors.analytics.filters import read_filters
from engine.authors.analytics.linking import Item
from engine.authors.analytics.synonyms import MEASURED_BY
from engine.schema import Kind

_FUNCTIONS = ("sum", "avg", "max", "min", "median")
_GRAINS = ("grain_day", "grain_week", "grain_month", "grain_quarter", "grain_year")
_SHOW = {"return", "show", "give", "list", "include", "provide", "display", "output", "report"}
_GAPS = ("and", "distinct", "both", "have")


def read(items: tuple[Item, ...]) -> Draft:
    """The draft of a request."""
    draft = Draft(items)
    _returned(draft)
    _grains(draft)
    _orders(draft)
    _extremes(draft)
    _days(draft)
    _share(draft)
    _wishes(draft)
    _groups(draft)
    _truths(draft)
    read_filters(draft)
    _ratio(draft)
    _heads(draft)
    return draft


def _returned(draft: Draft) -> None:
    """A later sentence that says which columns to return settles what is shown."""
    for at in range(1, len(draft.items)):
        first = draft.items[at]
        starts = any(draft.ends(place) for place in range(max(0, at - 1), at))
        if starts and first.text.lower() in _SHOW:
            draft.explicit = True


def sentence_of(draft: Draft, at: int) -> int:
    """The number of the sentence that an item stands in."""
    return sum(draft.ends(place) for place in range(at))


def _grains(draft: Draft) -> None:
    for at in list(draft.cues(*_GRAINS)):
        draft.grain = draft.items[at].cue.name.removeprefix("grain_")  # type: ignore[assignment]
        draft.take(at)
    for at in list(draft.cues("trend")):
        draft.trend = True
        draft.take(at)


def _orders(draft: Draft) -> None:
    for at in list(draft.cues("sort")):
        by = next((place for place in draft.cues("by") if place > at), None)
        start = draft.after(by) if by is not None else None
        target, end = _measured(draft, start) if start is not None else (None, at)
        if target is not None:
            way = draft.after(end)
            down = way is not None and draft.items[way].cued("descending")
            draft.take(at, by, way if way is not None and draft.items[way].cued("ascending", "descending") else None)
            draft.orders.append((target, down))
    for at in list(draft.cues("order", "ascending", "descending", "alphabetical")):
        if at in draft.used:
            continue
        name = draft.items[at].cue.name
        target: int | Wish | None = None
        following = draft.after(at)
        end = at
        last = draft.items[at].text.lower().split()[-1]
        ranked = name in ("ascending", "descending") and " to " in draft.items[at].text.lower() and following == at + 1
        if following is not None and (name == "order" or last in ("by", "of", "order", "from") or ranked):
            target, end = _measured(draft, following)
        if name == "order" and target is None and not (following is not None and draft.items[following].cued("ascending", "descending", "alphabetical")):
            continue
        down = name == "descending"
        direction = draft.after(end)
        while direction is not None and draft.items[direction].cued("ascending", "descending", "alphabetical"):
            down = draft.items[direction].cued("descending")
            draft.take(direction)
            following = draft.after(direction)
            if target is None and following is not None and draft.items[direction].text.split()[-1] in ("by", "of", "order"):
                target, direction = _measured(draft, following)
            direction = draft.after(direction)
        draft.orders.append((target, down))
        draft.take(at)
        if at and draft.items[at - 1].text.lower() in ("ordered", "sorted", "ranked", "listed", "arranged"):
            draft.take(at - 1)


def _measured(draft: Draft, at: int) -> tuple[int | Wish | None, int]:
    """The noun or aggregate that starts at a place, and where it ends. Its items are taken."""
    item = draft.items[at]
    if item.cued("highest", "lowest") and (noun := _noun_after(draft, at)) is not None:
        draft.take(at)
        return _measured(draft, noun)
    if item.cued("count", "most", "fewest") and (noun := _noun_after(draft, at)) is not None:
        draft.take(at, noun, *range(at, noun))
        return Wish("count", noun, at), noun
    if item.cued(*_FUNCTIONS):
        counted = draft.after(at)
        if counted is not None and draft.items[counted].cued("count"):
            noun = _noun_after(draft, counted)
            draft.take(at, counted, noun)
            return (Wish("count", noun, at), noun) if noun is not None else (None, at)
        if (noun := _noun_after(draft, at)) is not None:
            draft.take(at, noun)
            wish = Wish(item.cue.name, noun, at, total=item.cue.name == "sum")  # type: ignore[arg-type]
            return wish, noun
    if item.is_noun and at not in draft.used:
        draft.take(at)
        return at, at
    return None, at


def _noun_after(draft: Draft, at: int, over: tuple[str, ...] = ()) -> int | None:
    """The noun that a cue governs: the next thing that carries meaning, over grains, "distinct" and `over` kinds."""
    place = draft.after(at, over=(*_GRAINS, "distinct"))
    while place is not None and draft.items[place].kind in ("verb", *over):
        place = draft.after(place, over=(*_GRAINS, "distinct"))
    if place is None or not draft.items[place].is_noun or place in draft.used:
        return None
    return place


def _limit_beside(draft: Draft, at: int) -> int | None:
    """The place of the number of "top 5" or "5 most expensive"."""
    for place in (at + 1, at - 1):
        if 0 <= place < len(draft.items) and draft.items[place].kind == "amount" and place not in draft.used:
            amount = draft.items[place].amount
            if amount and amount.value == int(amount.value) and 0 < amount.value <= 1000 and not amount.unit:
                return place
    return None


def _extremes(draft: Draft) -> None:
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
    while named is not None and draft.items[named].cued("highest", "lowest", "most", "fewest"):
        rest = draft.after(named, over=("distinct",))
        if rest is None or draft.items[rest].cued("count", *_FUNCTIONS):
            break
        if draft.items[named].cued("highest", "lowest") and draft.items[named].cue.argument not in ("good", "high", "large", "bad"):
            return
        draft.take(named)
        named = rest
    down = draft.items[at].cued("top")
    by = next((p for p in draft.cues("by", "order") if p > at), None)
    if by is None:
        by = next((p for p in range(at, len(draft.items)) if draft.items[p].text.lower() == "based"), None)
    if by is not None and (start := draft.after(by, over=("by",))) is not None:
        target, end = _measured(draft, start)
        if target is not None:
            direction = draft.after(end)
            if direction is not None and draft.items[direction].cued("ascending", "descending"):
                draft.take(direction)
            wish = target if isinstance(target, Wish) else Wish("max", target, at)
            draft.extremes.append(
                Extreme(wish, down, at, int(limit.value) if limit else None, named=_name_place(draft, named))
            )
            draft.take(at, number, by)
            return
    if named is not None and draft.items[named].is_noun and draft.items[named].columns and not draft.items[named].entity:
        draft.extremes.append(Extreme(Wish("max", named, at), down, at, int(limit.value) if limit else 1))
        draft.take(at, number, named)


def _name_place(draft: Draft, at: int | None) -> int | None:
    return at if at is not None and draft.items[at].is_noun else None


def _common(draft: Draft, at: int) -> None:
    named = draft.after(at)
    if named is None or not draft.items[named].is_noun:
        named = draft.before(at, verbs=True)
    if named is None or not draft.items[named].is_noun or not draft.items[named].columns:
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
    if following is None:
        following = at
    pair = draft.items[following].cued("highest", "lowest", "and") and _pair(draft, at)
    if pair:
        return
    target: int | Wish | None = None
    if draft.items[following].cued("count", *_FUNCTIONS):
        target, _ = _measured(draft, following)
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


def _said_before(draft: Draft, at: int) -> int | None:
    """ "whose capacity is the largest": the noun stands before."""
    place = draft.before(at)
    linked = draft.text_between(place, at).split()[:1] if place is not None else []
    if place is None or place in draft.used or not draft.items[place].is_noun or linked not in (["is"], ["are"], ["was"]):
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
    noun = _noun_after(draft, other, over=("value",))
    if noun is None:
        return False
    entity = bool(draft.items[noun].entity)
    head = draft.before(at)
    if entity and head is not None and draft.text_between(head, at).split()[:1] == ["of"] and draft.items[head].columns and head not in draft.used:
        noun, entity = head, False
    adjective = draft.items[at].cue.argument if entity else ""
    for place in (at, other):
        function = "max" if draft.items[place].cued("highest") else "min"
        draft.wishes.append(Wish(function, noun, place, adjective=adjective))  # type: ignore[arg-type]
    draft.take(at, other, joined)
    if not entity:
        draft.take(noun)
    return True


def _picks_row(draft: Draft, at: int, wish: Wish) -> bool:
    """Whether rows are sought ("which city has the highest...") rather than the extreme value itself."""
    if wish.function not in ("max", "min"):
        return True
    if wish.noun is None or draft.items[wish.noun].entity:
        return True
    first = " ".join(item.text.lower() for item in draft.items[:at])
    asked = any(word in first.split() for word in ("which", "who", "whose", "with", "has", "have", "had", "having", "that"))
    earlier = any(item.is_noun for place, item in enumerate(draft.items[:at]) if sentence_of(draft, place) == sentence_of(draft, at))
    grouped = any(item.cued("group") for item in draft.items[:at])
    next_noun = draft.after(wish.noun) if wish.noun is not None else None
    then_entity = next_noun == (wish.noun or 0) + 1 and next_noun is not None and bool(draft.items[next_noun].entity)
    return (asked or earlier or then_entity) and not grouped


def _days(draft: Draft) -> None:
    for at in list(draft.cues("days_between")):
        one = draft.after(at)
        two = draft.after(one, over=("and", "range_to", "ratio_to")) if one is not None else None
        if one is None or two is None or not (draft.items[one].is_noun and draft.items[two].is_noun):
            continue
        functions = [p for p in range(at) if draft.items[p].cued("avg", "max", "min") and p not in draft.used]
        if not functions and not draft.items[at].text.lower().startswith("average"):
            continue
        name = draft.items[functions[-1]].cue.name if functions else "avg"
        draft.days = (one, two, name)
        draft.take(at, one, two, *functions, *range(one, two))


def _share(draft: Draft) -> None:
    for at in list(draft.cues("share")):
        following = draft.after(at)
        if following is not None and draft.items[following].cued("sum", "count"):
            target, _ = _measured(draft, following)
            if isinstance(target, Wish):
                draft.wishes.append(target)
                draft.share = at
                draft.take(at)
        elif following is not None and draft.items[following].is_noun:
            draft.wishes.append(Wish("count" if draft.items[following].entity else "sum", following, at, total=True))
            draft.share = at
            draft.take(at, following)


def _wishes(draft: Draft) -> None:
    for at in list(draft.cues("count")):
        if at not in draft.used:
            _count(draft, at)
    for at in list(draft.cues(*_FUNCTIONS)):
        if at not in draft.used:
            _aggregate(draft, at)


def _count(draft: Draft, at: int) -> None:
    noun = _noun_after(draft, at)
    if noun is None:
        return
    between = range(at + 1, noun)
    distinct = any(draft.items[place].cued("distinct") for place in between)
    draft.wishes.append(Wish("count", noun, at, distinct=distinct))
    draft.take(at, noun, *(place for place in between if draft.items[place].cued("distinct")))


def _aggregate(draft: Draft, at: int) -> None:
    places = [at]
    following = draft.after(at)
    while following is not None and (draft.items[following].cued(*_FUNCTIONS) or (draft.items[following].cued("and") and _leads_on(draft, following))):
        if draft.items[following].cued(*_FUNCTIONS):
            places.append(following)
        else:
            draft.take(following)
        following = draft.after(following)
    if following is not None and draft.items[following].cued("count"):
        if draft.items[at].cued("sum"):
            draft.take(at)
            _count(draft, following)
        return
    noun = _noun_after(draft, places[-1])
    if noun is None:
        noun = _trailing(draft, at)
    if noun is None:
        return
    nouns = [noun, *_also(draft, noun)]
    for place in places:
        for each in nouns:
            function = draft.items[place].cue.name
            draft.wishes.append(Wish(function, each, place, total=function == "sum"))  # type: ignore[arg-type]
    draft.take(*places, *nouns)


def _leads_on(draft: Draft, at: int) -> bool:
    following = draft.after(at)
    return following is not None and draft.items[following].cued(*_FUNCTIONS)


def _trailing(draft: Draft, at: int) -> int | None:
    """ "payments in total": the noun stands before."""
    if draft.items[at].text.lower() not in ("in total", "on average", "altogether"):
        return None
    place = draft.before(at, verbs=True)
    return place if place is not None and draft.items[place].is_noun and place not in draft.used else None


def _also(draft: Draft, noun: int) -> list[int]:
    """Further nouns under the same aggregate: "average age and salary"."""
    found: list[int] = []
    joined = draft.after(noun)
    if draft.items[noun].entity and joined is not None and draft.items[joined].cued("and") and joined + 1 < len(draft.items):
        other = joined + 1
        if draft.items[other].entity and other not in draft.used and draft.items[other].entity != draft.items[noun].entity:
            draft.take(joined)
            return [other]
    while joined is not None and draft.items[joined].cued("and"):
        other = joined + 1
        if other >= len(draft.items) or not draft.items[other].is_noun or draft.items[other].entity:
            break
        if not draft.items[other].columns or any(each.kind is not Kind.NUMBER for each in draft.items[other].columns):
            break
        found.append(other)
        draft.take(joined)
        joined = draft.after(other)
    return found


def _groups(draft: Draft) -> None:
    bare = not (draft.wishes or draft.extremes or draft.days or draft.trend)
    for at in list(draft.cues("group", "by")):
        if draft.items[at].cued("by") and _is_agent(draft, at):
            draft.take(at)
            continue
        if draft.items[at].cued("by") and bare and not _after_thing(draft, at):
            continue
        noun = _noun_after(draft, at)
        if noun is None or (draft.items[at].cued("by") and _belongs_to_value(draft, noun)):
            continue
        draft.take(at)
        while noun is not None:
            draft.groups.append(noun)
            draft.take(noun)
            joined = noun + 1
            following = joined + 1 if joined < len(draft.items) and (draft.items[joined].cued("and") or draft.items[joined].text == ",") else None
            if following is not None and following < len(draft.items) and draft.items[following].cued("and", "by", "group"):
                following += 1
            listed = following is not None and following < len(draft.items) and draft.items[following].is_noun
            noun = following if listed and following not in draft.used and not draft.items[at].text.lower().startswith(("for each", "for every")) or (listed and _grouping_list(draft, following)) else None
            if noun is not None:
                draft.take(joined)


def _is_agent(draft: Draft, at: int) -> bool:
    """ "owned by students", "songs by the youngest singer": who did it, not what to group by."""
    following = draft.after(at, over=("highest", "lowest"))
    if following is None or not draft.items[following].entity:
        return False
    ranked = draft.items[at + 1 : following + 1] and any(item.cued("highest", "lowest") for item in draft.items[at + 1 : following])
    article = draft.word_before(following) in ("the", "a", "an", "any", "all")
    many = draft.items[following].text.lower().endswith("s")
    done = draft.items[at - 1].kind == "verb" if at else False
    plain = draft.items[at - 1].is_noun and not draft.wishes and not draft.trend and (article or many)
    return bool(ranked) or (done and (article or many)) or plain


def _after_thing(draft: Draft, at: int) -> bool:
    """ "market rent by property": something to measure, though not how, stands before."""
    place = draft.before(at, verbs=True)
    return place is not None and draft.items[place].is_noun and place not in draft.used


def _grouping_list(draft: Draft, at: int | None) -> bool:
    """Whether "for each X and Y" goes on with a second thing to group by rather than with the main clause."""
    return at is not None and at not in draft.used and draft.items[at - 1].cued("and")


def _belongs_to_value(draft: Draft, noun: int) -> bool:
    """ "albums by the artist Metallica": no grouping."""
    following = draft.after(noun, verbs=True)
    return following is not None and draft.items[following].kind in ("value", "quoted") and following == noun + 1


def _truths(draft: Draft) -> None:
    for at in list(draft.cues("distinct")):
        draft.distinct = True
        draft.take(at)


def _ratio(draft: Draft) -> None:
    """ "ratio of A to B": two measures, each with the restrictions on its own side."""
    for at in list(draft.cues("ratio")):
        middle = next((p for p in range(at + 1, len(draft.items)) if draft.items[p].text.lower() in ("to", "over", "versus", "vs", "and") and p not in draft.used), None)
        if middle is not None:
            draft.ratio = (at, middle)
            draft.take(at, middle)


def _heads(draft: Draft) -> None:
    """What is left: nouns to show, and tables that rows must meet."""
    for at in list(draft.cues("star")):
        following, before = draft.after(at, over=("group",)), draft.before(at)
        beside = [p for p in (before, following) if p is not None and draft.items[p].entity]
        if any(p in draft.nouns() for p in beside):
            draft.star = True
        if beside:
            draft.take(at)
    for at in draft.nouns():
        denied = any(each.kind == "without" and each.at < at < each.until for each in draft.filters)
        if _is_entity(draft, at):
            if _joined_to_measure(draft, at):
                draft.trouble.append(draft.items[at].text)
            if not denied:
                draft.entities.append(at)
        elif denied or (not draft.explicit and _in_clause(draft, at)):
            draft.trouble.append(draft.items[at].text)
        else:
            draft.shown.append(at)
            joined = draft.before(at)
            if " of " in draft.items[at].text and joined is not None and draft.items[joined].cued("and"):
                draft.trouble.append(draft.items[at].text)
        draft.take(at)


def _joined_to_measure(draft: Draft, at: int) -> bool:
    """ "average price and orders": a table listed beside a measure is asked for, not a restriction."""
    joined = draft.before(at)
    before = draft.before(joined) if joined is not None and draft.items[joined].cued("and") else None
    return before is not None and any(before == wish.noun for wish in draft.wishes)


def _in_clause(draft: Draft, at: int) -> bool:
    """Whether a noun stands in a relative clause, where it restricts rather than asks."""
    for place in range(at - 1, -1, -1):
        if draft.ends(place):
            return False
        if draft.items[place].cued("whose", "have") and any(item.is_noun for item in draft.items[:place]):
            return True
    return False


def _is_entity(draft: Draft, at: int) -> bool:
    item = draft.items[at]
    if not item.entity:
        return False
    owned = any(each.score > 1 for each in item.columns)
    return not owned
