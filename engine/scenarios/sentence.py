"""A scenario from a sentence: "revenue 10 % down and rates up 150 basis points". What is not understood is named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import UsageError
from engine.language.amounts import AmountMatch, Spans, find_amounts
from engine.language.words import STOP_WORDS, stem, stems, tokenise
from engine.metrics.catalogue import Driver, load_catalogue
from engine.products import ParameterValue, Scenario
from runtime.units import write

UP = frozenset(
    map(stem, "up rise rises rising rose increase increases higher grow grows more plus gain gains add".split())
)
DOWN = frozenset(
    map(
        stem, "down fall falls falling fell drop drops decrease decreases lower decline declines less minus cut".split()
    )
) | frozenset(map(stem, "shrink shrinks reduce reduced sink lose loses".split()))
SET = frozenset({"to", "at", "is", "equals", "="})
FILLER = (STOP_WORDS | {"percent", "points", "point", "bps", "change", "changes", "go", "goes", "scenario"}) - {
    "up",
    "down",
}
EXAMPLE = 'Say for instance "revenue down 10 % and rates up 150 basis points".'
PART = re.compile(r",(?!\d)|;|&|\b(?:and|while|whereas|but|with|plus(?=\s+[a-z]))\b", re.IGNORECASE)
POINTS = re.compile(r"\s*points?\b", re.IGNORECASE)
COPY = re.compile(r"\s*(?:like|same as|copy of|as)\s+(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
NAME_CAP = 60
LONGEST = 1_000


@dataclass(frozen=True)
class Change:
    """One part of a sentence: a driver, and by how much it moves or where it is set."""

    driver: ParameterValue
    amount: AmountMatch
    text: str
    sign: int
    sets: bool


def scenario_of(sentence: str, drivers: Sequence[ParameterValue], known: Sequence[Scenario] = ()) -> Scenario:
    """The scenario that a sentence describes.

    "NAME: ..." names it, else the sentence is its name. "like NAME but ..." begins with the values of a known
    scenario. A change is counted from the driver's default.

    Raises:
        UsageError: a sentence that is too long, words that are no driver, a driver that could be two, an amount without
            direction or unit, a value out of bounds, or a driver changed twice; the part of the sentence is in the
            message.
    """
    if len(sentence) > LONGEST:
        raise UsageError(f"The sentence has {len(sentence):,} letters, and at most {LONGEST:,} are read.", EXAMPLE)
    name, said = _named(sentence)
    values, rest, copied = _copied(said, known)
    changed: set[str] = set()
    for change in _changes(rest, drivers):
        if change.driver.name in changed:
            raise UsageError(f"The sentence changes {change.driver.label} twice.", "Say each driver once.")
        changed.add(change.driver.name)
        values[change.driver.name] = _bounded(change)
    if not changed and not copied:
        raise UsageError("The sentence changes nothing.", EXAMPLE)
    return Scenario(name=(name or " ".join(sentence.split()))[:NAME_CAP], values=values)


def _named(sentence: str) -> tuple[str, str]:
    head, colon, rest = sentence.partition(":")
    return (head.strip(), rest) if colon and not find_amounts(head) else ("", sentence)


def _copied(said: str, known: Sequence[Scenario]) -> tuple[dict[str, float], str, bool]:
    """The values of the scenario that the sentence begins with, and what follows its name."""
    match = COPY.match(said)
    if not match:
        return {}, said, False
    rest = match["rest"]
    for scenario in sorted(known, key=lambda item: -len(item.name)):
        if rest.lower().startswith(scenario.name.lower()):
            return dict(scenario.values), rest[len(scenario.name) :], True
    names = ", ".join(scenario.name for scenario in known) or "none"
    raise UsageError(f"No scenario begins {rest.strip()[:40]!r}.", f"The scenarios kept are: {names}.")


def _changes(text: str, drivers: Sequence[ParameterValue]) -> Iterator[Change]:
    """The change of each part; a driver without an amount takes that of the part after it."""
    waiting: list[ParameterValue] = []
    for part in filter(str.strip, PART.split(text)):
        found = find_amounts(part)
        words = _words(part, found)
        moves = [word for word in words if stem(word) in UP | DOWN or word in SET]
        named = [word for word in words if word not in moves and word not in FILLER]
        driver = _driver(named, drivers, part)
        if driver is None and not found and not moves:
            continue
        if driver is None:
            driver = _moved_in_points(found, drivers)
        if driver is None:
            raise UsageError(f"{part.strip()!r} names no driver.", _choice(drivers))
        if not found:
            waiting.append(driver)
            continue
        if len(found) > 1:
            raise UsageError(f"{part.strip()!r} has two amounts.", EXAMPLE)
        for each in (*waiting, driver):
            yield _change(each, found[0], part, moves)
        waiting = []
    if waiting:
        raise UsageError(f"By how much does {waiting[-1].label} change?", EXAMPLE)


def _moved_in_points(amounts: Sequence[AmountMatch], drivers: Sequence[ParameterValue]) -> ParameterValue | None:
    """Basis points alone are those of the interest rate: "+200 bp"."""
    rates = [each for each in drivers if stems("interest rates") in phrases_of(each)]
    return rates[0] if len(rates) == 1 and len(amounts) == 1 and amounts[0].unit == "basis points" else None


def _words(part: str, amounts: Sequence[AmountMatch]) -> list[str]:
    """The words outside the amounts, in lower case, and an equals sign."""
    taken = Spans(amount.span for amount in amounts)
    return [
        token.low
        for token in tokenise(part)
        if (token.kind in ("word", "quoted", "number") or token.text == "=")
        and not taken.meet(token.start, token.start + 1)
    ]


def _driver(words: Sequence[str], drivers: Sequence[ParameterValue], part: str) -> ParameterValue | None:
    """The driver that all these words mean together; None for no words."""
    if not words:
        return None
    said = tuple(map(stem, words))
    phrases = {driver.name: phrases_of(driver) for driver in drivers}
    exact = [driver for driver in drivers if said in phrases[driver.name]]
    near = exact or [
        driver for driver in drivers if set(said) <= {word for phrase in phrases[driver.name] for word in phrase}
    ]
    if len(near) == 1:
        return near[0]
    if near:
        labels = " or ".join(driver.label for driver in near)
        raise UsageError(f"{' '.join(words)!r} could be {labels}.", "Say which, with its whole name.")
    vocabulary = {word for found in phrases.values() for phrase in found for word in phrase}
    unknown = [word for word in words if stem(word) not in vocabulary]
    told = ", ".join(repr(word) for word in unknown) or repr(" ".join(words))
    raise UsageError(f"In {part.strip()!r} this is not understood: {told}.", _choice(drivers))


def phrases_of(driver: ParameterValue) -> set[tuple[str, ...]]:
    """The ways to say a driver, as stems: its name, its label, and the synonyms of the catalogue."""
    entry = load_catalogue().entries.get(driver.name)
    synonyms = entry.said_as if isinstance(entry, Driver) else ()
    label = re.sub(r"\([^)]*\)", "", driver.label)
    said = {stems(text) for text in (driver.name, label, *synonyms)}
    trimmed = {tuple(word for word in phrase if word not in ("chang", stem("change"))) for phrase in said}
    plain = {tuple(word for word in phrase if word not in FILLER) for phrase in trimmed}
    return {phrase for phrase in said | trimmed | plain if phrase}


def _change(driver: ParameterValue, amount: AmountMatch, part: str, moves: Sequence[str]) -> Change:
    amount = _in_points(amount, driver, part)
    text = part[slice(*amount.span)]
    signed = text[:1] in "+-"
    ways = {1 if stem(word) in UP else -1 for word in moves if word not in SET}
    if len(ways) > 1 or (ways and signed):
        raise UsageError(f"{part.strip()!r} says up and down at once.", EXAMPLE)
    sets = not ways and not signed and any(word in SET for word in moves)
    if sets and driver.name.endswith("_change"):
        raise UsageError(f"{part.strip()!r}: {driver.label} is a change, so it goes up or down by an amount.", EXAMPLE)
    if not ways and not signed and not sets:
        raise UsageError(f"{part.strip()!r}: up, down, or to {text}?", EXAMPLE)
    # A signed amount has its sign in its value already.
    return Change(driver, amount, text, ways.pop() if ways else 1, sets)


def _in_points(amount: AmountMatch, driver: ParameterValue, part: str) -> AmountMatch:
    """A share that moves by "2 points" moves by percentage points."""
    points = POINTS.match(part, amount.span[1])
    if points is None or amount.unit or driver.unit != "percent":
        return amount
    return AmountMatch(amount.value, "percent", (amount.span[0], points.end()))


def _bounded(change: Change) -> float:
    value = round(_value(change), 10)
    low, high, unit = change.driver.low, change.driver.high, change.driver.unit
    if not low <= value <= high:
        raise UsageError(
            f"{change.text.strip()!r} brings {change.driver.label} to {write(value, unit)},"
            f" outside {write(low, unit)} to {write(high, unit)}.",
            "Say a smaller change.",
        )
    return value


def _value(change: Change) -> float:
    driver, amount = change.driver, change.amount
    moved = change.sign * amount.value
    if driver.unit != "percent":
        if amount.unit == "percent":
            return driver.default * (moved / 100 if change.sets else 1 + moved / 100)
        return amount.value if change.sets else driver.default + moved
    if amount.unit not in SHARES:
        raise UsageError(
            f"{change.text.strip()!r} has no unit that fits {driver.label}.",
            "Say %, percentage points or basis points.",
        )
    share = moved * SHARES[amount.unit]
    if change.sets:
        return share
    if driver.default and amount.unit == "percent" and "point" not in change.text.lower():
        points, itself = driver.default + share, driver.default * (1 + share)
        raise UsageError(
            f"{change.text.strip()!r} of {driver.label} could be points ({write(points, 'percent')}) or of itself"
            f" ({write(itself, 'percent')}).",
            f'Say "percentage points", "basis points" or "to {write(itself, "percent")}".',
        )
    return driver.default + share


SHARES: Mapping[str, float] = {"percent": 1e-2, "basis points": 1e-4}


def _choice(drivers: Sequence[ParameterValue]) -> str:
    return f"The drivers are: {', '.join(driver.label for driver in drivers) or 'none'}."
