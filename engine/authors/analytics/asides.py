"""What a request says beside the point: politeness, the form of the output, units, hints about SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.language.words import stem, stems

_FORM = (
    r"(?:website|web ?(?:page|site|app)|dashboard|report|chart|graph|table|plot|pdf|excel(?: (?:sheet|file))?"
    r"|spreadsheet|power ?point(?: (?:presentation|slides|deck))?|presentation|slides|slide deck"
    r"|visuali[sz]ation|summary|page|csv|list)"
)
_ADJECTIVES = (
    "nice simple interactive bar line pie column short quick small full complete clear detailed data streamlit"
)
_LOOKS = rf"(?:(?:{'|'.join(_ADJECTIVES.split())}) )*"
_FORMS = rf"(?:an? |the )?{_LOOKS}{_FORM}"
_MAKE = (
    r"(?:create|build|make|generate|draw|produce|prepare|plot|export|present|display|give me|show me|show"
    r"|i (?:want|need)|download|write)"
)
_PATTERNS = (
    rf",? ?\b{_MAKE} (?:me )?{_FORMS}(?:(?:,| and| with| or) {_FORMS})* "
    r"(?:of|for|showing|that shows?|displaying|with|about|on)\b",
    rf",? ?(?:\band |\bthen )*\b{_MAKE} (?:it |them |this |these |the results? )?(?:as |in |on |with |to )?{_FORMS}"
    r"(?: (?:to show|showing|with|of|for|to display) (?:it|them|the results?|results?|the numbers))?"
    r"(?: (?:with|and) (?:simulations?|scenarios?|charts?))?",
    rf"\b(?:as|in|into) an? {_LOOKS}(?:{_FORM})\b",
    r"\bmatch\b[^.?!;]*\b(?:insensitiv\w*|sensitiv\w*|exactly|wildcards?\w*)[^.?!;]*",
    r",? ?\b(?:based on|by) (?:joining|doing (?:an? )?\w* ?join)[^.?!;]*",
    r"\brepresent each \w+ as the (?:first|start)[^.?!;]*|\b(?:with|and) simulations?\b",
    r"\b(?:please|kindly|thanks|thank you|hi|hello|hey|tell me)\b",
    r"\b(?:i would like|i'd like|i want|i need|we want|we need) to (?:know|see)\b",
    r"\b(?:can|could|would|will) you(?: please)?\b",
    r",? ?\b(?:rounded|round)(?: it| the (?:result|answer))? (?:off )?to (?:\d|one|two|three|four) "
    r"decimals?(?: places?)?",
    r",? ?\(?\binclusive(?:ly)?\b(?! of)\)?",
)
_ASIDES = re.compile("|".join(_PATTERNS), re.IGNORECASE)
_UNITS = (
    "meters metres feet foot km kilometers kilometres miles inches cm mm kg kilograms pounds lbs tons usd dollars "
    "euros eur seconds minutes hours milliseconds ms days weeks months years percent percentage people persons units"
)
_AREA = r"square (?:kilomet(?:er|re)|mile|met(?:er|re)|foot|feet)s?"
_IN_UNITS = re.compile(
    rf"\bin (?:us |u\.s\. )?"
    rf"(?P<unit>(?:people |persons )?per {_AREA}|{_AREA}|{'|'.join(_UNITS.split())})"
    rf"(?: per {_AREA})?\b",
    re.IGNORECASE,
)
# Units that one number can be converted between: a column in one of them is no answer in another.
_FAMILIES = tuple(
    tuple(frozenset(map(stem, names.split())) for names in family)
    for family in (
        ("milliseconds ms msec millis", "seconds secs sec", "minutes mins min", "hours hrs", "days", "weeks"),
        (
            "mm millimeters",
            "cm centimeters",
            "meters metres",
            "km kilometers kilometres",
            "feet foot ft",
            "inches",
            "miles",
        ),
        ("grams", "kg kilograms", "pounds lbs", "tons"),
        ("usd dollars", "eur euros"),
    )
)
_DECIMALS = re.compile(r"\bround(?:ed)?\b[^.?!;]*?\bto (\d|one|two|three|four) decimal", re.IGNORECASE)


def without_asides(text: str, vocabulary: frozenset[str] = frozenset()) -> str:
    """The text with everything beside the point blanked out, every other letter left in its place.

    A unit that is also a word of the schema (`vocabulary`) stays: there it names a column.
    """

    def blank(match: re.Match[str]) -> str:
        return " " * len(match.group(0))

    def unit(match: re.Match[str]) -> str:
        return match.group(0) if stem(match["unit"]) in vocabulary else blank(match)

    return _IN_UNITS.sub(unit, _ASIDES.sub(blank, text.replace("_", " ")))


def other_unit(text: str, names: Iterable[str]) -> tuple[str, str] | None:
    """The unit that a request asks for and a column's other one, where the column's name says it."""
    asked = [match["unit"] for match in _IN_UNITS.finditer(text)]
    for family in _FAMILIES:
        for unit in asked:
            own = next((group for group in family if stem(unit) in group), None)
            others = [(name, group) for name in names for group in family if group & set(stems(name))]
            if own is not None and others and all(group is not own for _, group in others):
                return unit, others[0][0]
    return None


def decimals(text: str) -> int | None:
    """How many decimal places are asked for."""
    match = _DECIMALS.search(text)
    words = {"one": 1, "two": 2, "three": 3, "four": 4}
    return (words.get(match[1].lower()) or int(match[1])) if match else None
