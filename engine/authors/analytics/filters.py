"""Restrictions: comparisons, values, ranges, periods, text, averages, missing values, and what must not exist."""

from __future__ import annotations

from dataclasses import replace

from engine.authors.analytics.cues import STATES
from engine.authors.analytics.draft import Draft, Filter, FilterKind
from engine.authors.analytics.named import read_values
from engine.authors.analytics.phrases import named_before, negated
from engine.authors.analytics.query import Value
from engine.language.words import stem
from engine.sources.schema import Kind

_BEFORE = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "="}
_AFTER = {"ge_after": ">=", "le_after": "<="}


def read_filters(draft: Draft) -> None:
    """Recognise every restriction; the surest first."""
    _texts(draft)
    _averages(draft)
    _ranges(draft)
    _compared(draft)
    _column_pairs(draft)
    _plain_amounts(draft)
    _nulls(draft)
    read_values(draft)
    _periods(draft)
    _withouts(draft)
    _truths(draft)
    _alternatives(draft)
    _boths(draft)
    _refuse_disjoint(draft)


def _truths(draft: Draft) -> None:
    """ "discontinued products", "that are not discontinued": yes-or-no columns."""
    for at in draft.nouns():
        item = draft.items[at]
        if item.columns and not item.entity and {each.kind for each in item.columns} == {Kind.BOOLEAN}:
            refusal = negated(draft, at)
            draft.filters.append(Filter("truth", at, at, "=", negated=refusal is not None))
            draft.take(at, refusal)


def _boths(draft: Draft) -> None:
    """ "both" before anything but plain columns asks for two conditions at once, which only values can say."""
    for at in draft.cues("both"):
        following = draft.after(at)
        if following is not None and not (draft.items[following].is_noun and not draft.items[following].entity):
            draft.trouble.append("both")


def _alternatives(draft: Draft) -> None:
    """ "A or B" between two restrictions: one of them is enough."""
    joined = [at for at in draft.cues("and") if _between_periods(draft, at)]
    for number, at in enumerate([*draft.cues("or"), *joined], 1):
        before = [each for each in draft.filters if each.at < at and each.kind != "without"]
        after = [each for each in draft.filters if each.at > at and each.kind != "without"]
        if not before or not after:
            continue
        left, right = max(before, key=lambda each: each.at), min(after, key=lambda each: each.at)
        if left.either or (left.kind == "period") is not (right.kind == "period"):
            continue
        for each in (left, right):
            draft.filters[draft.filters.index(each)] = replace(each, either=number)
        draft.take(at)


def _refuse_disjoint(draft: Draft) -> None:
    """ "before 1945 and after 1955": no row has both; which rows are meant is not said."""
    for at in draft.cues("and"):
        sides = [draft.items[place].period for place in (at - 1, at + 1) if 0 <= place < len(draft.items)]
        periods = [period for period in sides if period is not None]
        starts = [period.start for period in periods if period.start is not None]
        ends = [period.end for period in periods if period.end is not None]
        if len(periods) == 2 and starts and ends and max(starts) >= min(ends):
            draft.trouble.append(draft.items[at].text)


def _between_periods(draft: Draft, at: int) -> bool:
    """ "in 2014 and 2015" means either year: no row has both."""
    sides = [place for place in (at - 1, at + 1) if 0 <= place < len(draft.items)]
    both = any(item.cued("both") for item in draft.items[:at])
    periods = [period for place in sides if (period := draft.items[place].period) is not None]
    both = both or any(period.start is None or period.end is None for period in periods)
    return len(sides) == 2 and all(draft.items[place].kind == "period" for place in sides) and not both


def _number(draft: Draft, at: int) -> int | float:
    amount = draft.items[at].amount
    assert amount is not None
    return amount.exact


def _unit(draft: Draft, at: int) -> str:
    amount = draft.items[at].amount
    return amount.unit if amount is not None else ""


def _texts(draft: Draft) -> None:
    patterns = {"contains": "%{}%", "starts": "{}%", "ends": "%{}"}
    for at in list(draft.cues("contains", "starts", "ends")):
        literal = draft.after(at)
        if literal is not None and draft.items[literal].cued("contains"):
            literal = draft.after(literal)
        noun = named_before(draft, at)
        if literal is None or draft.items[literal].kind not in ("quoted", "unknown", "value", "amount"):
            continue
        if draft.items[literal].kind in ("unknown", "value", "amount") and noun is None:
            continue
        if noun is None:
            noun = _inside(draft, literal)
        if noun is None:
            continue
        pattern = patterns[draft.items[at].cue.name].format(draft.items[literal].text)
        refusal = negated(draft, at)
        draft.filters.append(Filter("text", at, noun, "like", (pattern,), negated=refusal is not None))
        draft.take(at, literal, noun, refusal)
    for literal, item in enumerate(draft.items):
        noun = _inside(draft, literal) if item.kind == "quoted" and draft.free(literal) else None
        if noun is not None and draft.before(literal, over=("contains",)) is not None:
            refusal = negated(draft, literal)
            draft.filters.append(
                Filter("text", literal, noun, "like", (f"%{item.text}%",), negated=refusal is not None)
            )
            draft.take(literal, noun, refusal)


def _inside(draft: Draft, literal: int) -> int | None:
    """The noun of "has 'M5' in its number"."""
    noun = draft.after(literal)
    if noun is None or not draft.items[noun].is_noun or noun in draft.used:
        return None
    return noun if draft.text_between(literal, noun) in ("in its", "in their", "in the", "in his", "in her") else None


def _averages(draft: Draft) -> None:
    for at in list(draft.cues("average_bound", "average_below")):
        noun = draft.after(at)
        if noun is None or not draft.items[noun].is_noun or noun in draft.used or not draft.items[noun].columns:
            noun = named_before(draft, at)
        elif (
            (named := named_before(draft, at)) is not None
            and draft.items[named].columns
            and not draft.items[named].entity
        ):
            draft.take(noun)
            noun = named
        operator = "above average" if draft.items[at].cue.name == "average_bound" else "below average"
        if noun is not None:
            draft.filters.append(Filter("average", at, noun, operator))
            draft.take(at, noun)


def _ranges(draft: Draft) -> None:
    for at in list(draft.cues("between")):
        low = draft.after(at)
        high = draft.after(low, over=("and", "range_to", "ratio_to")) if low is not None else None
        if low is None or high is None or not (draft.items[low].amount and draft.items[high].amount):
            continue
        noun = named_before(draft, at)
        refusal = negated(draft, at)
        unit = _unit(draft, high)
        bounds = (_number(draft, low), _number(draft, high))
        draft.filters.append(Filter("compare", at, noun, "between", bounds, negated=refusal is not None, unit=unit))
        draft.take(at, low, high, noun, refusal, *range(low, high))


def _compared(draft: Draft) -> None:
    for at, item in enumerate(draft.items):
        if item.kind != "amount" or at in draft.used:
            continue
        before, after = draft.before(at), draft.after(at)
        if before is not None and _led(draft, before):
            _lead_noun(draft, before, at)
            continue
        cue = before if before is not None and draft.items[before].cued(*_BEFORE) and draft.free(before) else None
        later = after if after is not None and draft.items[after].cued(*_AFTER) and draft.free(after) else None
        said = cue if cue is not None else later
        if said is None:
            continue
        name = draft.items[said].cue.name
        operator = {**_BEFORE, **_AFTER}[name]
        end = later if later is not None else at
        _bound(
            draft,
            cue if cue is not None else at,
            at,
            end,
            operator,
            draft.items[cue].cue.argument if cue is not None else "",
        )
        draft.take(cue, later)


def _led(draft: Draft, noun: int) -> bool:
    """ "above age 20": the comparison stands before the noun."""
    cue = draft.before(noun)
    item = draft.items[noun]
    free = item.is_noun and bool(item.columns) and noun not in draft.used
    return free and cue is not None and draft.items[cue].cued(*_BEFORE) and cue not in draft.used


def _lead_noun(draft: Draft, noun: int, amount: int) -> None:
    cue = draft.before(noun)
    assert cue is not None
    refusal = negated(draft, cue)
    unit = _unit(draft, amount)
    operator = _BEFORE[draft.items[cue].cue.name]
    draft.filters.append(
        Filter("compare", cue, noun, operator, (_number(draft, amount),), unit=unit, negated=refusal is not None)
    )
    draft.take(cue, noun, amount, refusal)


def _bound(draft: Draft, start: int, amount: int, end: int, operator: str, adjective: str) -> None:
    """A number compared with the noun before it, with the one after it, or with how many there are."""
    if _happened(draft, start, amount, end, operator):
        return
    noun = named_before(draft, start)
    follower = draft.after(end, over=("old_unit",))
    follows = follower is not None and draft.items[follower].is_noun and follower in draft.nouns()
    adjacent = (
        follows
        and follower is not None
        and draft.text_between(end, follower).strip() in ("", "distinct", "different", "of")
    )
    unit = _unit(draft, amount)
    value = _number(draft, amount)
    has = noun is not None and any(draft.items[place].cued("have") for place in range(noun, start))
    if follower is not None and adjacent and (has or not (noun is not None and _is_attribute(draft, noun))):
        entity = bool(draft.items[follower].entity) and not adjective
        kind: FilterKind = "count" if entity else "compare"
        refusal = negated(draft, start) if kind == "compare" else None
        draft.filters.append(
            Filter(
                kind, start, follower, operator, (value,), adjective=adjective, unit=unit, negated=refusal is not None
            )
        )
        draft.take(amount, follower, refusal)
        return
    if (
        follower is not None
        and adjacent
        and noun is not None
        and draft.items[follower].columns
        and not draft.items[follower].entity
    ):
        draft.take(follower)
    if adjective and noun is not None and draft.items[noun].entity:
        noun = None
    refusal = negated(draft, start)
    if refusal is None and noun is not None:
        refusal = negated(draft, noun)
    if refusal is not None and noun is not None and refusal < noun and draft.items[noun].is_noun:
        draft.filters.append(Filter("without", refusal, None, until=end))
        draft.take(refusal)
        refusal = None
    draft.filters.append(
        Filter("compare", start, noun, operator, (value,), adjective=adjective, unit=unit, negated=refusal is not None)
    )
    draft.take(amount, noun, refusal)
    draft.take(
        *(place for place in range(end + 1, min(end + 2, len(draft.items))) if draft.items[place].cued("old_unit"))
    )


def _happened(draft: Draft, start: int, amount: int, end: int, operator: str) -> bool:
    """ "booked more than 15 times": how often a thing was done; said of nothing known, it is not understood."""
    following = draft.after(end)
    if following is None or not draft.items[following].cued("times"):
        return False
    verb = next((at for at in range(start - 1, -1, -1) if _is_done(draft, at)), None)
    if verb is None:
        draft.trouble.append(draft.items[following].text)
    else:
        draft.filters.append(Filter("count", start, verb, operator, (_number(draft, amount),)))
    draft.take(start, amount, following, verb)
    return True


def _is_done(draft: Draft, at: int) -> bool:
    """Whether an item says that something was done of which a table keeps account."""
    item = draft.items[at]
    return item.is_deed or (item.is_noun and bool(item.entity) and item.text.lower().endswith("ed"))


def _is_attribute(draft: Draft, at: int) -> bool:
    item = draft.items[at]
    least = 1.0 if item.entity else 0.0
    return any(each.kind is Kind.NUMBER and not each.foreign and each.score >= least for each in item.columns)


def _column_pairs(draft: Draft) -> None:
    """ "over budget": one column of a row against another."""
    for at in list(draft.cues("gt", "lt")):
        noun = draft.after(at)
        if noun is None or noun not in draft.nouns() or draft.items[noun].entity:
            continue
        named = named_before(draft, at)
        named = named if named is not None and not draft.items[named].entity else None
        operator = "> column" if draft.items[at].cued("gt") else "< column"
        refusal = negated(draft, at)
        if refusal is None:
            draft.filters.append(Filter("columns", at, noun, operator, items=() if named is None else (named,)))
            draft.take(at, noun, named)


def _plain_amounts(draft: Draft) -> None:
    """A number beside a noun: "postal code 70174", "rating is 5", "3 bedrooms"."""
    for at, item in enumerate(draft.items):
        if item.kind != "amount" or at in draft.used or item.amount is None:
            continue
        noun = named_before(draft, at)
        follower = draft.after(at)
        followed = follower is not None and draft.items[follower].is_noun and follower not in draft.used
        refusal = negated(draft, at)
        if noun is not None and draft.items[noun].columns and not draft.items[noun].entity:
            run = _alternative_amounts(draft, at)
            values: tuple[Value, ...] = tuple(_number(draft, place) for place in run)
            operator = "=" if len(run) == 1 else "in"
            unit, denied = item.amount.unit, refusal is not None
            draft.filters.append(Filter("compare", at, noun, operator, values, tuple(run), denied, unit=unit))
            draft.take(*range(at, run[-1] + 1), noun, refusal)
        elif follower is not None and followed and draft.text_between(at, follower).strip() == "":
            kind: FilterKind = "count" if draft.items[follower].entity else "compare"
            draft.filters.append(Filter(kind, at, follower, "=", (item.amount.exact,), unit=item.amount.unit))
            draft.take(at, follower)


def _alternative_amounts(draft: Draft, at: int) -> list[int]:
    """ "1948 or 1949": the amounts of a list."""
    run = [at]
    for place in range(at + 1, len(draft.items)):
        if draft.items[place].kind == "amount" and place not in draft.used:
            run.append(place)
        elif not (draft.items[place].cued("or") or draft.items[place].text == ","):
            break
    return run


def _nulls(draft: Draft) -> None:
    for at in list(draft.cues("null", "notnull")):
        noun = named_before(draft, at)
        if noun is None:
            noun = draft.after(at)
        if noun is not None and draft.items[noun].is_noun and draft.items[noun].columns:
            missing = draft.items[at].cue.name == "null"
            refusal = negated(draft, at)
            draft.filters.append(Filter("null", at, noun, "is null" if missing is (refusal is None) else "is not null"))
            draft.take(at, noun, refusal)


def _periods(draft: Draft) -> None:
    for at, item in enumerate(draft.items):
        if item.kind == "period" and at not in draft.used:
            before = draft.before(at, over=("eq", "not"))
            noun = before if before is not None and draft.items[before].is_noun and before not in draft.used else None
            if noun is not None and (not draft.items[noun].columns or draft.items[noun].entity):
                noun = None
            refusal = negated(draft, at)
            if refusal is not None and any(draft.items[place].entity for place in range(refusal, at)):
                refusal = None
            if noun is None and draft.items[at - 1].cued("or", "and") and draft.items[at - 2].kind == "period":
                noun = next((each.noun for each in draft.filters if each.kind == "period" and each.at == at - 2), None)
            draft.filters.append(Filter("period", at, noun, negated=refusal is not None))
            draft.take(at, refusal, noun)


def _denied(draft: Draft, at: int) -> int | None:
    """The noun (or the verb that names a table) after a denial; a thing named before is passed: "except X having Y"."""
    noun = draft.after(at, verbs=True, over=("have", "not"))
    if noun is not None and draft.items[noun].is_noun and noun in draft.nouns():
        table = draft.items[noun].entity
        again = table and any(item.entity == table for item in draft.items[:at] if item.is_noun)
        other = draft.after(noun, verbs=True, over=("have", "whose"))
        if again and other is not None and draft.items[other].is_noun and other in draft.nouns():
            draft.take(noun)
            return other
        return noun
    verb = next((p for p in range(at + 1, len(draft.items)) if draft.items[p].kind == "verb"), None)
    return verb if verb is not None and draft.items[verb].entity and draft.after(at) == verb else None


def _undone(draft: Draft, at: int) -> None:
    """ "have not been shipped", at the end: what has no date of it."""
    verb = draft.after(at)
    last = verb is not None and draft.items[verb].text.lower() in STATES and draft.after(verb) is None
    if verb is not None and last and draft.items[verb].kind == "verb" and not draft.items[verb].candidates:
        draft.filters.append(Filter("null", at, operator="is null", adjective=stem(draft.items[verb].text)))
        draft.take(at, verb)


def _withouts(draft: Draft) -> None:
    """ "without X", "that do not have any X", "have no X": rows of X that must not exist."""
    for at in list(draft.cues("without", "not")):
        noun = _denied(draft, at)
        if noun is None:
            _undone(draft, at)
            continue
        item = draft.items[noun]
        if item.entity:
            end = next(
                (
                    p
                    for p in range(noun, len(draft.items))
                    if draft.ends(p) or draft.items[p].cued("order", "group", "and")
                ),
                len(draft.items),
            )
            draft.filters.append(Filter("without", at, noun, until=end))
            draft.take(at, noun)
        elif item.columns and draft.items[at].cued("without") and "never" not in draft.items[at].text.lower():
            draft.filters.append(Filter("null", at, noun, "is null"))
            draft.take(at, noun)
