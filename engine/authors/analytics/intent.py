"""What is to be computed: order, extremes, aggregates, groups, ratios, and what is to be shown."""

from __future__ import annotations

from engine.authors.analytics.draft import Draft, Wish
from engine.authors.analytics.filters import read_filters
from engine.authors.analytics.items import Item
from engine.authors.analytics.phrases import FUNCTIONS, GRAIN_OF, GRAINS, function_of, measured, noun_after
from engine.authors.analytics.superlatives import read_extremes
from engine.language.words import stems
from engine.sources.schema import Kind

_SHOW = {"return", "show", "give", "list", "include", "provide", "display", "output", "report"}


def read(items: tuple[Item, ...]) -> Draft:
    """The draft of a request."""
    draft = Draft(items)
    _returned(draft)
    _grains(draft)
    _orders(draft)
    read_extremes(draft)
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


def _grains(draft: Draft) -> None:
    for at in list(draft.cues(*GRAINS)):
        if at and draft.items[at - 1].cued("avg", "median") and draft.items[at].text.lower().endswith(("ly", "annual")):
            # "average daily sales" are one average over the days, not an average for each of them.
            draft.trouble.append(f"{draft.items[at - 1].text} {draft.items[at].text}")
        draft.grain = GRAIN_OF[draft.items[at].cue.name]
        draft.take(at)
    for at in list(draft.cues("trend")):
        draft.trend = True
        draft.take(at)


def _orders(draft: Draft) -> None:
    for at in list(draft.cues("sort")):
        by = next((place for place in draft.cues("by") if place > at), None)
        start = draft.after(by) if by is not None else None
        sorted_by, last = measured(draft, start) if start is not None else (None, at)
        if sorted_by is not None:
            way = draft.after(last)
            down = way is not None and draft.items[way].cued("descending")
            draft.take(at, by, way if way is not None and draft.items[way].cued("ascending", "descending") else None)
            draft.orders.append((sorted_by, down))
    for at in list(draft.cues("order", "ascending", "descending", "alphabetical")):
        if at in draft.used:
            continue
        name = draft.items[at].cue.name
        target: int | Wish | None = None
        following = draft.after(at)
        end = at
        ending = draft.items[at].text.lower().split()[-1]
        ranked = name in ("ascending", "descending") and " to " in draft.items[at].text.lower() and following == at + 1
        if following is not None and (name == "order" or ending in ("by", "of", "order", "from") or ranked):
            target, end = measured(draft, following)
        if (
            name == "order"
            and target is None
            and not (following is not None and draft.items[following].cued("ascending", "descending", "alphabetical"))
        ):
            continue
        down = name == "descending"
        direction = draft.after(end)
        while direction is not None and draft.items[direction].cued("ascending", "descending", "alphabetical"):
            down = draft.items[direction].cued("descending")
            draft.take(direction)
            following = draft.after(direction)
            if (
                target is None
                and following is not None
                and draft.items[direction].text.split()[-1] in ("by", "of", "order")
            ):
                target, direction = measured(draft, following)
            direction = draft.after(direction)
        draft.orders.append((target, down is not _turned(draft, at, target)))
        draft.take(at)
        if at and draft.items[at - 1].text.lower() in ("ordered", "sorted", "ranked", "listed", "arranged"):
            draft.take(at - 1)


def _turned(draft: Draft, at: int, target: int | Wish | None) -> bool:
    """From the youngest to the oldest is downwards where the column holds a birth and not an age."""
    if not isinstance(target, int) or not draft.items[target].columns:
        return False
    columns = draft.items[target].columns
    dated = all(each.kind in (Kind.DATE, Kind.TIME) or "year" in stems(each.columns[0]) for each in columns)
    said = " ".join(item.text.lower() for item in draft.items[at : at + 4])
    return dated and "young" in said


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
            target, _ = measured(draft, following)
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
    for at in list(draft.cues(*FUNCTIONS)):
        if at not in draft.used:
            _aggregate(draft, at)


def _count(draft: Draft, at: int) -> None:
    following = draft.after(at)
    if following is not None and draft.items[following].cued("count"):
        draft.take(at)
        return
    if following is not None and draft.items[following].text.lower() == "total":
        draft.take(following)
        noun = noun_after(draft, following)
    else:
        noun = noun_after(draft, at, over=("value", "quoted"))
    if noun is None:
        return
    if draft.items[noun - 1].kind == "value" and not draft.items[noun].entity and _is_thing(draft, noun + 1):
        noun += 1  # "high priority tickets": the column only says what is high
    between = range(at + 1, noun)
    distinct = any(draft.items[place].cued("distinct") for place in between)
    whole = draft.items[at].text.lower().startswith(("total", "overall"))
    draft.wishes.append(Wish("count", noun, at, distinct=distinct, total=whole))
    draft.take(at, noun, *(place for place in between if draft.items[place].cued("distinct")))


def _is_thing(draft: Draft, at: int) -> bool:
    return draft.free(at) and draft.items[at].is_noun and bool(draft.items[at].entity)


def _aggregate(draft: Draft, at: int) -> None:
    places = [at]
    following = draft.after(at)
    while following is not None and (
        draft.items[following].cued(*FUNCTIONS) or (draft.items[following].cued("and") and _leads_on(draft, following))
    ):
        if draft.items[following].cued(*FUNCTIONS):
            places.append(following)
        else:
            draft.take(following)
        following = draft.after(following)
    if following is not None and draft.items[following].cued("count"):
        if draft.items[at].cued("sum"):
            draft.take(at)
            _count(draft, following)
            return
        counted = noun_after(draft, following)
        if counted is None or draft.items[counted].entity or not _is_number(draft, counted):
            return
        draft.take(following)
    ways = (
        noun_after(draft, places[-1], over=("cue",) if following in draft.used else ()),
        _trailing(draft, at),
        _behind_value(draft, places[-1]),
    )
    noun = next((way for way in ways if way is not None), None)
    if noun is None:
        return
    nouns = [noun, *_also(draft, noun)]
    for place in places:
        for each in nouns:
            function = draft.items[place].cue.name
            draft.wishes.append(Wish(function_of(function), each, place, total=function == "sum"))
    draft.take(*places, *nouns)


def _behind_value(draft: Draft, at: int) -> int | None:
    """ "total refund amount": of which kind stands between."""
    noun = noun_after(draft, at, over=("value",))
    return noun if noun is not None and _is_number(draft, noun) and not draft.items[noun].entity else None


def _is_number(draft: Draft, at: int) -> bool:
    columns = draft.items[at].columns
    return bool(columns) and all(each.kind is Kind.NUMBER for each in columns)


def _leads_on(draft: Draft, at: int) -> bool:
    following = draft.after(at)
    return following is not None and draft.items[following].cued(*FUNCTIONS)


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
    if (
        draft.items[noun].entity
        and joined is not None
        and draft.items[joined].cued("and")
        and joined + 1 < len(draft.items)
    ):
        other = joined + 1
        if (
            draft.items[other].entity
            and other not in draft.used
            and draft.items[other].entity != draft.items[noun].entity
        ):
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
        noun = noun_after(draft, at)
        if noun is None:
            noun = _said_already(draft, at)
        if noun is None:
            continue
        if draft.items[at].cued("by") and _belongs_to_value(draft, noun):
            draft.take(at)
            continue
        draft.take(at)
        while noun is not None:
            draft.groups.append(noun)
            draft.take(noun)
            joined = noun + 1
            following = (
                joined + 1
                if joined < len(draft.items) and (draft.items[joined].cued("and") or draft.items[joined].text == ",")
                else None
            )
            if (
                following is not None
                and following < len(draft.items)
                and draft.items[following].cued("and", "by", "group")
            ):
                following += 1
            listed = following is not None and following < len(draft.items) and draft.items[following].is_noun
            noun = (
                following
                if (
                    listed
                    and following not in draft.used
                    and not draft.items[at].text.lower().startswith(("for each", "for every"))
                )
                or (listed and _grouping_list(draft, following))
                else None
            )
            if noun is not None:
                draft.take(joined)


def _said_already(draft: Draft, at: int) -> int | None:
    """ "nationalities and the number of singers in each": the one thing before it that is not explained."""
    before = [place for place in draft.nouns() if place < at and not draft.items[place].entity]
    last = draft.items[at].text.lower().endswith("each") and draft.after(at) is None
    return before[0] if last and len(before) == 1 and draft.wishes else None


def _is_agent(draft: Draft, at: int) -> bool:
    """ "owned by students", "songs by the youngest singer": who did it, not what to group by."""
    following = draft.after(at, over=("highest", "lowest"))
    if following is None:
        return False
    thing = draft.after(following)
    if draft.items[following].kind == "value" and draft.word_before(following) in ("a", "an") and thing is not None:
        return bool(draft.items[thing].entity)
    done = draft.items[at - 1].kind == "verb" if at else False
    if done and (
        draft.items[following].kind in ("value", "quoted", "amount") or draft.items[following].cued("ge", "gt", "most")
    ):
        return True
    if not draft.items[following].entity:
        return False
    ranked = draft.items[at + 1 : following + 1] and any(
        item.cued("highest", "lowest") for item in draft.items[at + 1 : following]
    )
    article = draft.word_before(following) in ("the", "a", "an", "any", "all")
    many = draft.items[following].text.lower().endswith("s")
    plain = draft.items[at - 1].is_noun and not draft.wishes and not draft.trend and (article or many)
    return bool(ranked) or (done and (article or many or not draft.wishes)) or plain


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
        middle = next(
            (
                p
                for p in range(at + 1, len(draft.items))
                if draft.items[p].text.lower() in ("to", "over", "versus", "vs", "and") and p not in draft.used
            ),
            None,
        )
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
            _place_entity(draft, at, denied)
        elif denied or (not draft.explicit and _in_clause(draft, at)):
            draft.trouble.append(draft.items[at].text)
        else:
            draft.shown.append(at)
            joined = draft.before(at)
            if " of " in draft.items[at].text and joined is not None and draft.items[joined].cued("and"):
                draft.trouble.append(draft.items[at].text)
        draft.take(at)
    # What was done to things must have been done: their rows of it must exist.
    draft.entities += [at for at, item in enumerate(draft.items) if item.is_deed and at not in draft.used]


def _place_entity(draft: Draft, at: int, denied: bool) -> None:
    """A table that is named: to be shown, to be met by rows, or (where it is denied) neither."""
    if _joined_to_measure(draft, at):
        draft.trouble.append(draft.items[at].text)
    if not denied:
        (draft.shown if _is_listed_thing(draft, at) else draft.entities).append(at)


def _is_listed_thing(draft: Draft, at: int) -> bool:
    """ "names of teachers and the courses": a second thing in a list is to be shown."""
    joined = draft.before(at)
    led = joined is not None and draft.items[joined].cued("and") and not draft.wishes and not draft.extremes
    return led and bool(draft.shown) and not _in_clause(draft, at)


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
    return not item.owned
