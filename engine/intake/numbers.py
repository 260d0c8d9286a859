"""Numbers as people write them: accounting formats, grouping of several countries, units, percent and thousands.

One cell rarely tells how it is meant ("1,250" is a thousand or one and a quarter); the cells of a column together
mostly do. So each text is first taken apart (`written`), the column's texts then say what separates its decimals
(`votes`), and only then is one a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from engine.intake.dates import month_named

Decimal = Literal[".", ","]

# Japanese code pages show the sign of the yen as a backslash.
# A line a currency: the code that a unit is called by, then its signs and short names.
_LINES = Path(__file__).with_name("currencies.txt").read_text(encoding="utf-8").splitlines()
CURRENCIES = {form: code for code, *forms in map(str.split, _LINES) for form in forms}
# What multiplies a number, written behind it.
SCALES = {
    "k": 1e3,
    "tsd": 1e3,
    "tsd.": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mm": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "mio.": 1e6,
    "million": 1e6,
    "millions": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "mrd": 1e9,
    "mrd.": 1e9,
    "billion": 1e9,
    "lakh": 1e5,
    "lakhs": 1e5,
    "lac": 1e5,
    "crore": 1e7,
    "crores": 1e7,
    "cr": 1e7,
    "万": 1e4,
    "亿": 1e8,
}
UNITS = {
    "%": "percent",
    "percent": "percent",
    "pct": "percent",
    "bp": "basis points",
    "bps": "basis points",
    "x": "x",
    "sf": "sq ft",
    "sqft": "sq ft",
    "sq ft": "sq ft",
    "sq. ft.": "sq ft",
    "sq. ft": "sq ft",
    "sq.ft.": "sq ft",
    "ft²": "sq ft",
    "ft2": "sq ft",
    "square feet": "sq ft",
    "rsf": "sq ft",
    "m²": "sq m",
    "m2": "sq m",
    "qm": "sq m",
    "sqm": "sq m",
    "sq m": "sq m",
    "acres": "acres",
    "acre": "acres",
    "ac": "acres",
    "day": "days",
    "days": "days",
    "month": "months",
    "months": "months",
    "mo": "months",
    "mos": "months",
    "mths": "months",
    "year": "years",
    "years": "years",
    "yr": "years",
    "yrs": "years",
    "hour": "hours",
    "hours": "hours",
    "hrs": "hours",
    "h": "hours",
    "unit": "units",
    "units": "units",
    "kwh": "kWh",
    "kg": "kg",
    "lb": "lb",
    "lbs": "lb",
    "km": "km",
    "km²": "sq km",
    "km2": "sq km",
    "ha": "ha",
    "hectares": "ha",
    "m³": "m3",
    "m3": "m3",
    "°c": "°C",
    "°f": "°F",
    "mi": "miles",
    "miles": "miles",
    "pcs": "pieces",
}
# What a unit's number is multiplied by, so that it can be computed with.
FACTORS = {"percent": 0.01, "basis points": 0.0001}
# Behind a unit of money or area stands what it is for: "$12.50/sf", "1,200 per month".
_PER = re.compile(
    r"\s*(?:/|\bper\b)\s*(sf|sq\.? ?ft\.?|m²|m2|qm|unit|month|mo|year|yr|day|night|bed|key|acre)\.?$", re.IGNORECASE
)
# As programs write numbers.
_SIMPLE = re.compile(r"-?\d+(?:\.\d+)?")
_ENDS = tuple(CURRENCIES)
_NO_CENTS = re.compile(r"(\d)[.,]-{1,2}$")
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_MINUS = str.maketrans(
    {
        "\u2212": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\ufe63": "-",
        "\uff0d": "-",
        "\u2019": "'",
        "\u00b4": "'",
        "\u25b2": "-",
        "\u25b3": "-",
        "\u066b": ".",
        "\u066c": ",",
    }
)
_CORE = re.compile(r"\d[\d.,' ]*\d|\d[.,]?|[.,]\d+")
# Rates are quoted in parts of two: 4 1/8 %.
_PARTS = re.compile(r"([-+(]?\s*\d{1,3})[ -](\d{1,2})/(2|4|8|16|32|64)(\s*%?\s*\)?)")
_VULGAR = re.compile(r"(\d*)([¼½¾⅛⅜⅝⅞])")
# A mark of a footnote behind a number is no part of it.
FOOTNOTE = re.compile(r"(?<=[\d)%])\s*(?:\[\w{1,3}\])+$")
_EXPONENT = re.compile(r"[-+]?\d+(?:[.,]\d+)?[eE][-+]?\d{1,3}")
_SIGN = {"": 1, "+": 1, "-": -1}
_WORD = re.compile(r"[A-Za-zµ²³°/]{2,12}(?: [A-Za-z]{1,10})?")
# The most digits that every program keeps exactly.
EXACT_DIGITS = 15


@dataclass(frozen=True)
class Written:
    """One number as it is written: its digits with what separates them, and what stands around."""

    core: str
    sign: int = 1
    factor: float = 1.0
    unit: str = ""
    money: str = ""

    def value(self, decimal: Decimal) -> float | None:
        """The number, where `decimal` separates its decimals; None where its digits are not grouped so."""
        digits = _joined(self.core, decimal)
        if digits is None:
            return None
        factor = self.factor * FACTORS.get(self.unit, 1.0)
        found = self.sign * float(digits)
        return found if factor == 1 else round(found * factor, 12) if factor < 1 else found * factor

    @property
    def whole(self) -> bool:
        """Whether it is nothing but digits, as identifiers are."""
        return self.core.isdigit() and not self.unit and not self.money and self.factor == 1


@lru_cache(maxsize=262_144)
def written(text: str) -> Written | None:
    """A text taken apart, None where it is no number.

    >>> written("$ (1,250.00)")
    Written(core='1,250.00', sign=-1, factor=1.0, unit='', money='USD')
    """
    if _SIMPLE.fullmatch(text):
        return Written(text.lstrip("-"), -1 if text[0] == "-" else 1)
    if not text.isascii():
        text = _VULGAR.sub(lambda match: f"{match[1]} {unicodedata.normalize('NFKC', match[2])}", text)
        # Full-width digits and signs of East Asian keyboards are the same digits and signs.
        text = unicodedata.normalize("NFKC", text.translate(_MINUS))
    plain = FOOTNOTE.sub("", _SPACES.sub(" ", text.replace("\u2044", "/")).strip())
    if not plain or len(plain) > 60:
        return None
    if (parts := _PARTS.fullmatch(plain)) is not None:
        # So many decimals are no group of thousands, whatever parts decimals in the file.
        plain = f"{parts[1]}{f'{int(parts[2]) / int(parts[3]):.6f}'.removeprefix('0')}{parts[4]}"
    # Swiss and German prices without cents: "1'200.--", "12,-".
    plain = _NO_CENTS.sub(r"\1", plain)
    if _EXPONENT.fullmatch(plain):
        return (
            Written(str(float(plain.replace(",", "."))).lstrip("-"), -1 if plain[0] == "-" else 1)
            if _usual(plain)
            else None
        )
    if not any(letter.isdigit() for letter in plain):
        return _dash(plain)
    match = _CORE.search(plain)
    if match is None:
        return None
    return _around(match[0].strip(), plain[: match.start()], plain[match.end() :])


def _usual(plain: str) -> bool:
    """Whether an exponent's number can be written without one (1.2E+05)."""
    return "e" not in str(float(plain.replace(",", "."))).lower()


def _dash(plain: str) -> Written | None:
    """Accountants' zero: a currency and a dash."""
    money = CURRENCIES.get(plain.replace("-", "").strip().lower(), "")
    return Written("0", money=money) if money and "-" in plain else None


def _around(core: str, before: str, behind: str) -> Written | None:
    before, behind = before.strip(), behind.strip()
    sign = 1
    if "(" in before and behind.endswith(")"):
        sign, before, behind = -1, before.replace("(", "", 1).strip(), behind[:-1].strip()
    elif before.startswith("(") and ")" in behind:
        sign, before, behind = -1, before[1:].strip(), behind.replace(")", "", 1).strip()
    for mark in ("-", "+"):
        if before.count(mark) + behind.count(mark) > 1:
            return None
        if mark in before:
            before, sign = before.replace(mark, "").strip(), sign * _SIGN[mark]
        elif mark == "-" and _ends_with_minus(behind):
            behind, sign = behind.replace(mark, "").strip(), sign * _SIGN[mark]
    if behind.upper() in ("CR", "DR") and before in ("", "$"):
        # A bank's credit and debit: which of them is less depends on the account, so it is not guessed.
        return None
    money, rest = _money(before, behind)
    if rest is None:
        return None
    factor, unit = _unit(rest)
    if unit is None:
        return None
    return Written(core, sign, factor, unit, money)


def _ends_with_minus(behind: str) -> bool:
    """Whether a minus stands behind a number, not before a word: "250.00-" and "250 €-" but not "1-Oct"."""
    return behind.endswith("-") or (behind.startswith("-") and behind[1:].strip().lower() in (*CURRENCIES, "%"))


def _money(before: str, behind: str) -> tuple[str, str | None]:
    """The currency, and what stands behind the number beside it; None where anything else stands in front."""
    code = CURRENCIES.get(before.lower(), "")
    if before and not code:
        return "", None
    if code:
        return code, behind
    low = behind.lower()
    if low in CURRENCIES:
        return CURRENCIES[low], ""
    for sign, found in CURRENCIES.items() if low.endswith(_ENDS) else ():
        if low.endswith(sign) and low.removesuffix(sign).strip() in SCALES:
            return found, low.removesuffix(sign).strip()
    return "", behind


def _unit(behind: str) -> tuple[float, str | None]:
    """What multiplies a number, and its unit; None where what stands behind it is neither."""
    per = _PER.search(behind)
    if per is not None:
        behind = behind[: per.start()].strip()
    low = behind.lower()
    if not low:
        return 1.0, ""
    if low in SCALES:
        return SCALES[low], ""
    if low in UNITS:
        return 1.0, UNITS[low]
    # "1 Oct" is a day without its year.
    return (1.0, behind) if _WORD.fullmatch(behind) and month_named(behind) is None else (1.0, None)


def _joined(core: str, decimal: Decimal) -> str | None:
    """Digits as a program writes them, where groups of them and the decimal are as they must be."""
    if core.isdigit():
        return core
    other = "," if decimal == "." else "."
    whole, separator, part = core.rpartition(decimal)
    if not separator:
        whole, part = core, ""
    elif not part.isdigit() and part:
        return None
    if decimal in whole:
        return None
    found = whole if whole.isdigit() or not whole else _ungrouped(whole, other)
    if found is None:
        return None
    return f"{found or 0}.{part or 0}"


def _ungrouped(whole: str, other: str) -> str | None:
    """Digits in groups of three, or as in India of two and then three, by one mark."""
    marks = {letter for letter in whole if not letter.isdigit()}
    if len(marks) != 1 or (mark := marks.pop()) not in (other, " ", "'"):
        return None
    first, *groups = whole.split(mark)
    if not first or (first[0] == "0"):
        return None
    western = len(first) <= 3 and all(len(group) == 3 for group in groups)
    indian = mark == "," and len(first) <= 2 and len(groups) > 1 and len(groups[-1]) == 3
    indian = indian and all(len(group) == 2 for group in groups[:-1])
    return "".join((first, *groups)) if western or indian else None


@dataclass(frozen=True)
class Votes:
    """How a column's numbers may be read: with a point alone, with a comma alone, or with both to different ends."""

    point: int = 0
    comma: int = 0
    either: int = 0
    example: str = ""

    def __add__(self, other: Votes) -> Votes:
        return Votes(
            self.point + other.point,
            self.comma + other.comma,
            self.either + other.either,
            self.example or other.example,
        )

    @property
    def decided(self) -> Decimal | None:
        """What separates decimals, where the texts themselves say so."""
        if bool(self.point) == bool(self.comma):
            return None
        return "." if self.point else ","


def votes(texts: Iterable[str]) -> Votes:
    """What the numbers among some texts say about the mark of their decimals."""
    point = comma = either = 0
    example = ""
    for text in texts:
        if text.isalnum():
            continue  # nothing parts it
        number = written(text)
        if number is None or number.core.isdigit():
            continue
        first, second = number.value("."), number.value(",")
        if (first is None and second is None) or first == second:
            continue
        if second is None:
            point += 1
        elif first is None:
            comma += 1
        else:
            either += 1
            example = example or text
    return Votes(point, comma, either, example)


# As numbers only programs would write them, and people codes: 00e1, +491701234567.
_CODED = re.compile(r"0\d+[eE]\d+|\+\d{8,}")


def coded(texts: Iterable[str]) -> bool:
    """Whether digits are codes: one begins with a zero that means something, or has more digits than a number keeps."""
    for text in texts:
        bare = text.strip().lstrip("+-")
        # Zeros alone (000) are a number that is filled up; before other digits they mean something.
        if bare.isdigit() and (len(bare) > EXACT_DIGITS or (bare[0] == "0" and bare.strip("0"))):
            return True
        if _CODED.fullmatch(text.strip()):
            return True
    return False
