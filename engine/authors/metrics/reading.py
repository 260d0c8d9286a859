"""Reads a request's words: metrics, entities, groupings, order, periods, wanted outputs; asks or declines on the rest.

Every content word must be explained by something. What is left is looked up as a name; a near name becomes
a question, and no name at all a refusal that says which words were not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from engine.authors.base import Declined, Ground
from engine.authors.metrics.intent import TIME_GRAINS, Counting, Intent, Threshold
from engine.authors.metrics.naming import find_values, passed_over, settle_rest
from engine.authors.metrics.sheet import Sheet
from engine.authors.metrics.supposing import Supposition, said_values, suppose
from engine.authors.metrics.vocabulary import ALL, CHANGES, COMPARISONS, GRAIN_WORDS, ORDERS, SHARES, TRENDS, WANTED
from engine.language.periods import PeriodMatch, find_periods
from engine.language.words import number_of, stem, tokenise
from engine.language.words import plural as plural_of
from engine.metrics.catalogue import Catalogue, Input, Metric, Report
from engine.metrics.mapping import DatabaseMapping
from engine.products import Goal, Option, Output, Question, Reading, WhatIf

_LIKE = re.compile(r"\b(?:like[- ]for[- ]like|same[- ](?:store|property|properties|stores)|lfl)\b", re.IGNORECASE)
_BESIDE = re.compile(r"\b(?:compare[ds]?|comparing|comparison|versus|vs|against)\b", re.IGNORECASE)
_TRAILING = re.compile(r"\b(?:ttm|ltm|t-?12m?|trailing twelve months)\b", re.IGNORECASE)


def read(
    text: str, ground: Ground, catalogue: Catalogue, mapping: DatabaseMapping, answers: Mapping[str, str]
) -> Intent | Question | Declined | None:
    """The intent, or a question, or a refusal; None when no known metric or report is asked for."""
    names = named_entries(text, catalogue)
    text, given = said_values(text, catalogue, names)
    said = suppose(text, ground, catalogue, names)
    rest = said.rest if isinstance(said, Supposition) else text
    rest, change, like = change_in(rest)
    sheet = Sheet(rest, tokenise(rest))
    entries = _find_entries(sheet, catalogue)
    if not entries:
        return None
    if isinstance(said, Declined):
        return said
    sheet.readings += said.readings
    found = _find_period(sheet, ground)
    if isinstance(found, Question):
        return found
    period, compared = found
    filters = find_values(sheet, ground, mapping, answers)
    if isinstance(filters, Question):
        return filters
    group = _by(_find_groups(sheet, mapping), compared)
    _pass_tables(sheet, entries, catalogue, mapping)
    order, limit = _find_order(sheet)
    threshold = _find_threshold(sheet)
    outputs = _find_outputs(sheet)
    counting = _find_counting(sheet, threshold)
    averaged = _ask_average(sheet, entries, catalogue, answers)
    if averaged is not None:
        return averaged
    if counting == "number" and threshold is None:
        return Declined(reason="The catalogue counts only what is above or below a number.", words=("how", "many"))
    asked = settle_rest(sheet, ground, mapping, answers, filters)
    if asked is not None:
        return asked
    made = _intent(
        entries, catalogue, mapping, filters, group, order, limit, threshold, period, outputs, counting, sheet
    )
    beside = len(made.filters) > 1 and _BESIDE.search(rest) is not None
    made = made.model_copy(update={"compares": bool(compared) and made.grain == compared, "beside": beside})
    made = made.model_copy(update={"given": given})
    made = made.model_copy(update={"change": change or ("year" if like and not made.compares else ""), "like": like})
    return with_suppositions(made, said)


@dataclass(frozen=True)
class Asked:
    """What a request says of metrics, whatever the place: which ones, which values, and the words that are left."""

    metrics: tuple[str, ...]
    given: Mapping[str, float]
    outputs: frozenset[Output]
    readings: tuple[Reading, ...]
    rest: tuple[str, ...]


def asked_of(text: str, ground: Ground, catalogue: Catalogue) -> Asked | Declined | None:
    """The metrics that a request names and the values that it gives for them; None where it names none."""
    names = named_entries(text, catalogue)
    text, told = said_values(text, catalogue, names)
    said = suppose(text, ground, catalogue, names)
    if isinstance(said, Declined):
        return said if names else None
    sheet = Sheet(said.rest, tokenise(said.rest))
    found = _find_entries(sheet, catalogue)
    metrics = tuple(name for name in found if isinstance(catalogue.entries[name], Metric))
    if not metrics or said.aim is not None or len(metrics) < len(found):
        return None
    outputs = _find_outputs(sheet)
    given = {**told, **{name: value for scenario in said.scenarios for name, value in scenario.values.items()}}
    rest = tuple(token.text for at, token in enumerate(sheet.tokens) if at not in sheet.done and not passed_over(token))
    readings = (*sheet.readings, *said.readings)
    return Asked(metrics=metrics, given=given, outputs=outputs, readings=readings, rest=rest)


def change_in(text: str) -> tuple[str, str, bool]:
    """The request without the words that ask how something changed, against what, and whether like for like."""
    found, like = "", False
    for match in _LIKE.finditer(text):
        like, text = True, text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    for change, pattern in CHANGES:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            found = found or change
            text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    return text, found, like


def _pass_tables(sheet: Sheet, entries: Sequence[str], catalogue: Catalogue, mapping: DatabaseMapping) -> None:
    """What the metrics are made of says nothing more: the loans of a DSCR, the leases of a rent roll."""
    roles = catalogue.roles_in(entries) & mapping.roles.keys()
    names = {stem(word) for role in roles for word in re.findall(r"[a-z]+", mapping.roles[role].table.lower())}
    for index, token in enumerate(sheet.tokens):
        if index not in sheet.done and token.stem in names and sheet.low(index - 1) not in ("by", "per", "each"):
            sheet.tick(index, index + 1)


def with_suppositions(intent: Intent, said: Supposition) -> Intent | Declined:
    """The intent with what the request supposes of it."""
    goal = None
    if said.aim is not None:
        if len(intent.metrics) != 1:
            return Declined(reason="Only one number at a time can be aimed at. Name the metric that shall reach it.")
        goal = Goal(output=intent.metrics[0], target=said.aim.target, driver=said.aim.driver)
    if not said.scenarios and goal is None:
        return intent
    what_if = WhatIf(scenarios=said.scenarios, goal=goal)
    return intent.model_copy(update={"what_if": what_if, "outputs": intent.outputs | {Output.SIMULATION}})


def _intent(
    entries: Sequence[str],
    catalogue: Catalogue,
    mapping: DatabaseMapping,
    filters: Mapping[str, tuple[str, ...]],
    group: tuple[str, ...],
    order: str,
    limit: int | None,
    threshold: Threshold | None,
    period: PeriodMatch | None,
    outputs: frozenset[Output],
    counting: Counting,
    sheet: Sheet,
) -> Intent:
    reports = [name for name in entries if isinstance(catalogue.entries[name], Report)]
    metrics = [name for name in entries if name not in reports]
    several = tuple(name for name, values in filters.items() if len(values) > 1)
    if not group and (order or limit or threshold) and not reports:
        group = (mapping.entity.name,)
    return Intent(
        metrics=tuple(metrics),
        report=reports[0] if reports and not metrics else "",
        filters=filters,
        group=tuple(dict.fromkeys((*several, *group))),
        order=order,
        limit=limit,
        threshold=threshold,
        start=period.start.isoformat() if period and period.start else "",
        end=period.end.isoformat() if period and period.end else "",
        period=period.label if period else "",
        rolling=rolling_months(period, sheet.text) if period else 0,
        outputs=outputs,
        counting=counting,
        readings=tuple(sheet.readings),
    )


def named_entries(text: str, catalogue: Catalogue) -> list[str]:
    """The metrics, inputs and reports that a text names."""
    return _find_entries(Sheet(text, tokenise(text)), catalogue)


def _find_entries(sheet: Sheet, catalogue: Catalogue) -> list[str]:
    phrases = {
        tuple(stem(word) for word in re.findall(r"\w+", phrase)): name for phrase, name in catalogue.phrases.items()
    }
    # A hyphen parts words as a blank does: "re-amortised", "break-even".
    places = [place for place, token in enumerate(sheet.tokens) if token.text != "-"]
    stems = [sheet.tokens[place].stem for place in places]
    longest = max(map(len, phrases))
    found: list[str] = []
    index = 0
    while index < len(stems):
        for size in range(min(longest, len(stems) - index), 0, -1):
            name = phrases.get(tuple(stems[index : index + size]))
            if name:
                found.append(name)
                sheet.tick(places[index], places[index + size - 1] + 1, _meaning(catalogue, name))
                index += size
                break
        else:
            index += 1
    return list(dict.fromkeys(found))


def _meaning(catalogue: Catalogue, name: str) -> str:
    entry = catalogue.entries[name]
    return f"{entry.short}: {entry.definition}" if isinstance(entry, Metric) else entry.label


def _by(group: tuple[str, ...], compared: str) -> tuple[str, ...]:
    """The groups, and the grain by which periods are compared, unless one is asked for."""
    return (*group, compared) if compared and not set(group) & set(TIME_GRAINS) else group


def rolling_months(period: PeriodMatch, text: str) -> int:
    """How many months "the last n months", "the last n years" and "trailing twelve" are; 0 for any other period."""
    if _TRAILING.search(text[slice(*period.span)]):
        return 12
    if period.until_today is None or period.grain not in ("month", "year") or not (period.start and period.end):
        return 0
    return (period.end.year - period.start.year) * 12 + period.end.month - period.start.month


def _find_period(sheet: Sheet, ground: Ground) -> tuple[PeriodMatch | None, str] | Question:
    """The period, and the grain by which it is compared where two that follow each other are asked for."""
    found = [match for match in find_periods(sheet.text, ground.today) if match.start or match.end]
    for match in found:
        sheet.tick_span(match.span, match.label)
    if len(found) == 2 and (both := _both(*found)) is not None:
        return both, both.grain
    if len(found) > 1:
        options = tuple(Option(value=match.label, label=match.label) for match in found)
        return Question(key="period", text="Which period is meant? Ask for one at a time.", options=options)
    return (found[0] if found else None), ""


def _both(one: PeriodMatch, other: PeriodMatch) -> PeriodMatch | None:
    """Two whole months, quarters or years, one after the other, as one period; None for any others."""
    first, second = sorted((one, other), key=lambda match: match.start or match.end or date.min)
    if first.grain != second.grain or first.grain not in TIME_GRAINS or first.end is None or first.end != second.start:
        return None
    return PeriodMatch(first.start, second.end, f"{first.label} and {second.label}", first.span, first.grain)


def wanted_outputs(text: str) -> frozenset[Output]:
    """What a request wants in hand besides the answer."""
    return _find_outputs(Sheet(text, tokenise(text)))


def _find_outputs(sheet: Sheet) -> frozenset[Output]:
    found = {Output.ANSWER}
    for output, pattern in WANTED:
        for match in re.finditer(rf"\b{pattern}", sheet.text, re.IGNORECASE):
            found.add(output)
            sheet.tick_span(match.span())
    return frozenset(found)


def dimension_phrases(mapping: DatabaseMapping) -> dict[tuple[str, ...], str]:
    """The words, in one and in many, by which each dimension is called."""
    phrases: dict[tuple[str, ...], str] = {}
    for name in mapping.dimension_names:
        dimension = mapping.dimension(name)
        plural = (mapping.entity.plural,) if name == mapping.entity.name else ()
        for phrase in (name.replace("_", " "), dimension.label, *dimension.synonyms, *plural):
            words = re.findall(r"\w+", phrase.lower())
            for last in (words[-1], plural_of(words[-1])):
                phrases[(*words[:-1], last)] = name
    return phrases


def _find_groups(sheet: Sheet, mapping: DatabaseMapping) -> tuple[str, ...]:
    phrases = dimension_phrases(mapping)
    found: list[str] = []
    grouping = False
    index = 0
    while index < len(sheet.tokens):
        if index in sheet.done:
            index += 1
            continue
        low = sheet.low(index)
        opens = low in ("by", "per", *ALL)
        grain = GRAIN_WORDS.get(low) or GRAIN_WORDS.get(low.removesuffix("s"))
        name, size = _phrase_at(sheet, phrases, index)
        if name and (grouping or _is_plural(sheet, index, size)):
            found.append(name)
            sheet.tick(index, index + size, f"grouped by {mapping.dimension(name).label.lower()}")
        elif name:
            sheet.tick(index, index + size)
        elif grain and (grouping or low.endswith("ly")):
            found.append(grain)
            sheet.tick(index, index + 1, f"by {grain}")
        elif low in TRENDS:
            found.append("month")
            sheet.tick(index, index + 1, "by month")
        elif low == "time" and sheet.low(index - 1) == "over":
            found.append("month")
            sheet.tick(index - 1, index + 1, "by month")
        grouping = opens or (grouping and (low in ("and", "the", ",", "&") or bool(name) or bool(grain)))
        index += max(size, 1)
    grains = [name for name in found if name in TIME_GRAINS]
    kept = [name for name in found if name not in TIME_GRAINS] + grains[-1:]
    return tuple(dict.fromkeys(kept))


def _phrase_at(sheet: Sheet, phrases: Mapping[tuple[str, ...], str], index: int) -> tuple[str, int]:
    words = [token.low for token in sheet.tokens[index : index + 3]]
    for size in range(len(words), 0, -1):
        name = phrases.get(tuple(words[:size]))
        if name:
            return name, size
    return "", 1


def _is_plural(sheet: Sheet, index: int, size: int) -> bool:
    return sheet.low(index + size - 1).endswith("s")


def _find_order(sheet: Sheet) -> tuple[str, int | None]:
    order, limit = "", None
    for index, token in enumerate(sheet.tokens):
        if index in sheet.done or token.low not in ORDERS:
            continue
        order = order or ORDERS[token.low]
        sheet.tick(index, index + 1, f"{token.low} first")
        for at in (index + 1, index - 1):
            number = _number(sheet, at)
            if number and at not in sheet.done:
                limit = number
                sheet.tick(at, at + 1, f"{number} of them")
                break
    return order, limit


def _number(sheet: Sheet, index: int) -> int | None:
    low = sheet.low(index)
    if low.isdigit():
        return int(low)
    return number_of([low]) if low else None


def _find_counting(sheet: Sheet, threshold: Threshold | None) -> Counting:
    """Whether it is asked how many there are, or what share of all is above or below a number."""
    for index in range(len(sheet.tokens) - 1):
        if (sheet.low(index), sheet.low(index + 1)) in (("how", "many"), ("number", "of")):
            sheet.tick(index, index + 2, "counted")
            return "number"
        if threshold is not None and sheet.low(index) in SHARES and sheet.low(index + 1) == "of":
            sheet.tick(index, index + 2, "as a share of all")
            return "share"
    return ""


def _ask_average(
    sheet: Sheet, entries: Sequence[str], catalogue: Catalogue, answers: Mapping[str, str]
) -> Question | None:
    """The average of a ratio could be the ratio of sums or the mean of ratios, which differ: never chosen silently."""
    for index, token in enumerate(sheet.tokens):
        if token.low in ("sum", "total") and len(entries) == 1 and all(additive(catalogue, name) for name in entries):
            sheet.tick(index, index + 1)
        if token.low not in ("average", "mean", "avg") or index in sheet.done:
            continue
        key = "average"
        if answers.get(key) == "whole":
            sheet.tick(index, index + 1, "of the whole: sums divided by sums")
            continue
        label = catalogue.entries[entries[0]].label
        text = f"An average of {label} over rows is not {label} of the whole. Is the whole meant?"
        return Question(key=key, text=text, options=(Option(value="whole", label=f"{label} of the whole"),))
    return None


def additive(catalogue: Catalogue, name: str) -> bool:
    """Whether the values of a metric or an input add up."""
    entry = catalogue.entries[name]
    if isinstance(entry, Input):
        return entry.unit in ("USD", "sqft", "count") and not entry.series
    return isinstance(entry, Metric) and entry.additive


def _find_threshold(sheet: Sheet) -> Threshold | None:
    pattern = "|".join(sorted(map(re.escape, COMPARISONS), key=len, reverse=True))
    match = re.search(rf"(?<!\w)({pattern})\s*(\d+(?:\.\d+)?)\s*(%|percent|x)?", sheet.text, re.IGNORECASE)
    if match is None:
        return None
    value = float(match[2]) / (100 if (match[3] or "").lower() in ("%", "percent") else 1)
    sheet.tick_span(match.span(), f"{match[1]} {match[2]}")
    return Threshold(comparison=COMPARISONS[match[1].lower()], value=value)
