"""What a request supposes ("if rates rise by 2 points") and aims at ("what revenue change brings DSCR to 1.25").

Both are cut out of the request, letter for letter, so that the rest reads as a request for what is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.authors.base import Declined, Ground
from engine.errors import UsageError
from engine.language.amounts import AmountMatch, find_amounts
from engine.language.periods import find_periods
from engine.language.words import Token, stem, stems, tokenise
from engine.metrics.catalogue import Catalogue, Driver
from engine.products import ParameterValue, Reading, Scenario
from engine.scenarios.sentence import DOWN, UP, phrases_of, scenario_of

# After the first kind a change is meant; after the second one only where a whole scenario follows.
SUPPOSING = re.compile(
    r"\b(?P<surely>what\s+if|if|assuming(?:\s+that)?|suppos(?:e|ing)(?:\s+that)?|in\s+case|should)\b"
    r"|\b(?:with|when|given|under|after|at|for|stress(?:ed)?|(?:effects?|impacts?|influence)\s+of"
    r"|how\s+(?:does|do|would|will))\b|:|\(|\s[-\u2013\u2014]\s",
    re.IGNORECASE,
)
# Words of the consequence, which say nothing besides what is supposed.
CONSEQUENCE = re.compile(
    r"\b(?:what\s+(?:would\s+)?happens?\s+(?:to|with)|affects?|impacts?|influences?|do\s+to|stress[-\s]?tests?)\b",
    re.IGNORECASE,
)
# Scenarios that go by a name; the base is shown in any case.
_CASE = (
    r"optimistic|pessimistic|base|downside|upside|recession|stressed?|severe|mild|worst|best|bull|bear|conservative"
    r"|adverse|favou?rable|downturn|upturn|moderate|extreme"
)
CASE = re.compile(
    rf"\b(?:(?:an?|the|its|our)\s+)?(?P<name>{_CASE})(?:\s+(?:case|scenario|one))?\b|[\"\u201c](?P<quoted>[^\"\u201d]{{2,30}})[\"\u201d]",
    re.IGNORECASE,
)
BEFORE_CASES = re.compile(
    r"(?:\b(?:under|in|for|with|across|using|as)\s+)?(?:(?:the\s+)?(?:\w+\s+)?(?:scenarios|cases)\s*:?\s*)?$",
    re.IGNORECASE,
)
CUSHION = re.compile(r"\s*(?:cushion|headroom|buffer)\b", re.IGNORECASE)
ASKING = re.compile(
    r"\b(?:by\s+how\s+much|by\s+what\s+(?:percentage|percent|share)|how\s+(?:much|far)|(?:at\s+)?(?:what|which))\b",
    re.IGNORECASE,
)
NEEDED = re.compile(
    r"\bwhat\s+(?:(?:would|must|will|has|have|does|is|it|need|needs|to)\s+)*(?:take|change|happen|needed|required)\b",
    re.IGNORECASE,
)
AUXILIARIES = frozenset(
    "can could may might must should would will do does did has have need needs to be the our my its in of change level"
    " a an it for that which is are at so".split()
)
MOVING = frozenset(map(stem, "bring get make take reach hit need require keep push drive before until fall".split()))
BEFORE_TARGET = frozenset("to at of below under above over is equals exactly a an its the our = least most".split())
NAME_CAP = 60


@dataclass(frozen=True)
class Aim:
    """A number to reach; `driver` is what shall reach it, empty for each driver alone."""

    target: float
    driver: str = ""


@dataclass(frozen=True)
class Supposition:
    """What a request supposes and aims at; `rest` is the request with both blanked out."""

    rest: str
    scenarios: tuple[Scenario, ...] = ()
    aim: Aim | None = None
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True)
class _Found:
    """A part of the text that was read, and what it means."""

    spans: tuple[tuple[int, int], ...]
    reading: Reading
    scenario: Scenario | None = None
    aim: Aim | None = None


def suppose(text: str, ground: Ground, catalogue: Catalogue, asked: Sequence[str] = ()) -> Supposition | Declined:
    """The suppositions of a request, or why one cannot be: a change without an amount, or out of bounds.

    `asked` are the metrics that it names.
    """
    drivers = drivers_of(catalogue, asked)
    tokens = tokenise(text)
    named = _named(tokens, ground)
    shown = _blanked(text, named)
    aim = _aim(shown, drivers, ground)
    try:
        found = [aim] if aim else list(_cases(shown, drivers)) or list(_supposed(text, shown, drivers))
    except UsageError as error:
        return Declined(reason=f"{error.message} {error.hint}".strip())
    spans = [span for each in found for span in _without(each.spans, named)]
    spans += [match.span() for match in CONSEQUENCE.finditer(shown) if found]
    return Supposition(
        rest=_blanked(text, spans),
        scenarios=tuple(each.scenario for each in found if each.scenario),
        aim=aim.aim if aim else None,
        readings=tuple(each.reading for each in found),
    )


def said_values(text: str, catalogue: Catalogue, asked: Sequence[str]) -> tuple[str, dict[str, float]]:
    """The request without the values that it gives for what is local to its metrics, and those values.

    "at a discount rate of 8 %", "with 1.3x DSCR": such a value is where the driver stands, not a change of it.
    """
    given: dict[str, float] = {}
    for name in sorted(catalogue.drivers_in(asked)):
        driver = catalogue.entries[name]
        if not isinstance(driver, Driver) or not driver.local:
            continue
        phrases = "|".join(re.escape(each) for each in sorted((driver.label.lower(), *driver.said_as), key=len)[::-1])
        lead = r"(?:\b(?:at|with|using|and|for|assuming|over)\s+)?(?:\b(?:an?|the)\s+)?"
        amount = r"(?P<{0}>\d+(?:\.\d+)?)\s*(?P<{0}u>%|percent\b|x\b|times\b|months?\b|years?\b)?"
        first = rf"\b(?:{phrases})\b\s*(?:of|is|=|:|at)?\s*{amount.format('a')}"
        last = rf"{amount.format('b')}[\s-]*(?:{phrases})\b"
        match = re.search(rf"{lead}(?:{first}|{last})", text, re.IGNORECASE)
        if match is None or not (match["a"] or match["bu"]):
            continue
        number, unit = float(match["a"] or match["b"]), (match["au"] or match["bu"] or "").lower()
        value = number / 100 if unit in ("%", "percent") else number * 12 if unit.startswith("year") else number
        if driver.low <= value <= driver.high:
            given[name] = value
            text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    return text, given


def drivers_of(catalogue: Catalogue, asked: Sequence[str] = ()) -> tuple[ParameterValue, ...]:
    """Everything that a scenario of a known metric may change; what is local only for the metrics that it enters."""
    entered = catalogue.drivers_in(asked)
    kept = ("name", "label", "default", "low", "high", "step", "unit")
    drivers = [entry for entry in catalogue.entries.values() if isinstance(entry, Driver)]
    entries = [entry for entry in drivers if not entry.local or entry.name in entered]
    return tuple(ParameterValue(**{name: getattr(entry, name) for name in kept}) for entry in entries)


def _named(tokens: Sequence[Token], ground: Ground) -> list[tuple[int, int]]:
    """Where values of the data are named: they are of the request, not of what is supposed."""
    spans = ground.values.scan([token.text for token in tokens])
    return [
        (tokens[span.start].start, tokens[span.end - 1].end)
        for span in spans
        if span.end - span.start > 1 or tokens[span.start].text[:1].isupper()
    ]


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _without(spans: Sequence[tuple[int, int]], kept: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans without what is kept inside of them."""
    for start, end in spans:
        inside = [span for span in sorted(kept) if start <= span[0] and span[1] <= end]
        for before, after in pairwise([(start, start), *inside, (end, end)]):
            yield before[1], after[0]


def _supposed(text: str, shown: str, drivers: Sequence[ParameterValue]) -> Iterator[_Found]:
    """The clauses that suppose a change, read where the text is shown without the values that it names.

    Raises:
        UsageError: a clause surely supposes a change of a driver, and cannot be read.
    """
    triggers = list(SUPPOSING.finditer(shown))
    done = 0
    for place, trigger in enumerate(triggers):
        if trigger.start() < done:
            continue
        later = [each for each in triggers[place + 1 :] if each["surely"] or not trigger["surely"]]
        stretch = (trigger.end(), later[0].start() if later else len(shown))
        read = _scenario(shown, stretch, drivers)
        if isinstance(read, tuple):
            scenario, done = read
            words = " ".join(text[trigger.end() : done].split()).strip(" ,;.?!")
            yield _Found(
                spans=((trigger.start(), done),),
                reading=Reading(words=words, meaning="a scenario beside what is"),
                scenario=scenario.model_copy(update={"name": (words[:1].upper() + words[1:])[:NAME_CAP]}),
            )
        elif trigger["surely"] and read is not None and _speaks_of(shown[slice(*stretch)], drivers):
            raise read


def _cases(text: str, drivers: Sequence[ParameterValue]) -> Iterator[_Found]:
    """ "optimistic (revenue +5 %), base, pessimistic (revenue -10 %)": two scenarios or more that go by names."""
    names = list(CASE.finditer(text))
    if len(names) < 2:
        return
    found = []
    for at, name in enumerate(names):
        called = name["name"] or name["quoted"]
        stretch = (name.end(), names[at + 1].start() if at + 1 < len(names) else len(text))
        read = None if called.lower() == "base" else _scenario(text, stretch, drivers)
        if isinstance(read, tuple):
            end = read[1] + (text[read[1] : read[1] + 1] == ")")
            words = f"{called.capitalize()}: {' '.join(text[name.end() : end].split()).strip(' ,;()')}"
            scenario = read[0].model_copy(update={"name": words[:NAME_CAP]})
            reading = Reading(words=words, meaning="a scenario beside what is")
            found.append(_Found(((name.start(), end),), reading, scenario))
        elif called.lower() == "base":
            found.append(_Found((name.span(),), Reading(words=name[0].strip(), meaning="what is, without a change")))
    if sum(each.scenario is not None for each in found) < 1 or len(found) < len(names):
        return
    lead = BEFORE_CASES.search(text, 0, names[0].start())
    opening = ((lead.start(), names[0].start()),) if lead else ()
    yield _Found((*opening, *found[0].spans), found[0].reading, found[0].scenario)
    yield from found[1:]


def _scenario(
    text: str, stretch: tuple[int, int], drivers: Sequence[ParameterValue]
) -> tuple[Scenario, int] | UsageError | None:
    """The scenario at the beginning of a stretch with most changes, and where it ends; else what is wrong with it."""
    start, end = stretch
    amounts = find_amounts(text[start:end])
    reach = start + amounts[0].span[1] if amounts else end
    ends = sorted({reach, *(token.end for token in tokenise(text) if reach < token.end <= end)})
    best: tuple[Scenario, int] | None = None
    wrong: UsageError | None = None
    for at in ends:
        try:
            found = scenario_of(text[start:at], drivers)
        except UsageError as error:
            wrong = wrong or error
            continue
        if best is None or len(found.values) > len(best[0].values):
            best = (found, at)
    return best or wrong


def _speaks_of(text: str, drivers: Sequence[ParameterValue]) -> bool:
    """Whether a driver is named, and that it moves or by how much."""
    said = set(stems(text))
    vocabulary = {word for driver in drivers for phrase in phrases_of(driver) for word in phrase}
    return bool(said & vocabulary) and bool(said & (UP | DOWN) or find_amounts(text))


def _aim(text: str, drivers: Sequence[ParameterValue], ground: Ground) -> _Found | None:
    """What is asked to reach a number: of one driver, or whatever it takes."""
    target = _target(text, ground)
    tokens = tokenise(text)
    cushion = CUSHION.search(text) is not None
    if target is None or not (cushion or any(token.stem in MOVING for token in tokens)):
        return None
    if (needed := NEEDED.search(text)) is not None:
        opening, driver = needed.span(), ""
    else:
        asked = _asked_driver(text, tokens, drivers)
        if asked is None:
            return None
        opening, driver = asked
    filler = [
        (token.start, token.end)
        for token in tokens
        if token.start >= opening[1] and (token.stem in MOVING | UP | DOWN or token.low in ("back", "change", "have"))
    ]
    label = next((each.label for each in drivers if each.name == driver), "any driver")
    value = target.value / 100 if target.unit == "percent" else target.value
    meaning = f"which {label[:1].lower()}{label[1:]} reaches {text[slice(*target.span)].strip()}"
    words = " ".join(text[slice(*opening)].split())
    before = [(token.start, token.end) for token in _before(tokens, target)]
    return _Found(
        spans=(opening, *filler, *before, target.span),
        reading=Reading(words=words, meaning=meaning),
        aim=Aim(target=value, driver=driver),
    )


def _target(text: str, ground: Ground) -> AmountMatch | None:
    """The one amount of the request that is no period."""
    periods = [match.span for match in find_periods(text, ground.today)]
    amounts = [
        amount
        for amount in find_amounts(text)
        if not any(start <= amount.span[0] < end for start, end in periods) and amount.unit != "basis points"
    ]
    return amounts[0] if len(amounts) == 1 else None


def _before(tokens: Sequence[Token], target: AmountMatch) -> list[Token]:
    """The small words that lead to the target."""
    found: list[Token] = []
    for token in reversed([token for token in tokens if token.end <= target.span[0]]):
        if token.low not in BEFORE_TARGET:
            break
        found.append(token)
    return found


def _asked_driver(
    text: str, tokens: Sequence[Token], drivers: Sequence[ParameterValue]
) -> tuple[tuple[int, int], str] | None:
    """From the question word to the driver that it asks about, with nothing but small words between."""
    phrases = [(phrase, driver.name) for driver in drivers for phrase in phrases_of(driver)]
    for start, token in enumerate(tokens):
        for phrase, name in phrases:
            if tuple(each.stem for each in tokens[start : start + len(phrase)]) == phrase:
                end = tokens[start + len(phrase) - 1].end
                if cushion := CUSHION.match(text, end):
                    return (token.start, cushion.end()), name
    for asking in ASKING.finditer(text):
        after = [token for token in tokens if token.start >= asking.end()]
        for place, token in enumerate(after):
            here = [
                (len(phrase), name)
                for phrase, name in phrases
                if tuple(each.stem for each in after[place : place + len(phrase)]) == phrase
            ]
            if here:
                size, name = max(here)
                return (asking.start(), after[place + size - 1].end), name
            if token.low not in AUXILIARIES and token.stem not in UP | DOWN:
                break
    return None
