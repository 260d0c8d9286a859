"""How a number of a unit is written, and what a threshold says of it."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from decimal import Decimal

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}

# Excel's own number formats, so that a workbook shows what the page shows.
EXCEL_FORMATS = {
    "x": '0.00"x"',
    "USD": '"$"#,##0;[Red]-"$"#,##0',
    "USD/sqft": '"$"#,##0.00',
    "percent": "0.00%",
    "count": "#,##0",
    "sqft": "#,##0",
    "months": "0.0",
    "years": "0.0",
}

# Every unit there is. A unit is shown beside numbers on pages and in reports, so it is never a text of a script's own.
COUNTED = frozenset(
    "pieces persons users customers visitors visits sessions clicks calls employees students patients tickets bookings "
    "nights rooms beds seats doors spaces shares licenses tons tonnes barrels gallons miles square_feet "
    "square_meters".split()
)
CURRENCIES = frozenset(
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW MAD MXN MYR NGN "
    "NOK NZD PEN PHP PKR PLN QAR RON RSD SAR SEK SGD THB TRY TWD UAH USD VND ZAR".split()
)
MEASURES = frozenset(
    "ms s min h seconds minutes hours days weeks months quarters years mm cm m km ft mi sqft sqm m2 m3 ha acres "
    "g kg t lb oz l gal kW MW kWh MWh GJ V A °C °F kB MB GB TB km/h mph "
    "x percent % points bps count number units items people orders rows date score ratio index".split()
)
UNITS = frozenset({"", "USD/sqft", *COUNTED, *CURRENCIES, *MEASURES})

# Numbers of no unit, or of one without a format, keep four digits below this.
SMALL = 0.1
# So near, relatively, a value is on a bound: the last bits of a computation decide nothing.
ROUNDING = 1e-9
ACRONYMS = {"noi", "dscr", "ltv", "irr", "npv", "egi", "roi", "usd", "id"}


def known_unit(unit: str) -> str:
    """The unit, if there is such a one.

    Raises:
        ValueError: there is none.
    """
    if unit not in UNITS:
        raise ValueError(f"there is no unit {unit[:80]!r}")
    return unit


def label_of(name: str) -> str:
    """A quantity's or column's name as a person reads it: 'debt_service' is 'Debt service', 'noi' is 'NOI'."""
    # Three letters on each side, so that "InvoiceDate" is parted and "OpEx" is not.
    words = re.sub(r"(?<=[a-z0-9]{3})(?=[A-Z][a-z]{2})", " ", name).replace("_", " ").split()
    text = " ".join(word.upper() if word in ACRONYMS else word for word in words)
    return text[:1].upper() + text[1:]


def write(value: object, unit: str = "") -> str:
    """The value as text: 1.349 of unit x is '1.35x', 1234567 of USD is '$1,234,567'."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "n/a"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return _write_number(float(value), unit)


def _write_number(value: float, unit: str) -> str:
    sign = "-" if value < 0 else ""
    size = abs(value)
    if unit in ("USD", "USD/sqft"):
        places = 2 if size < 1000 and size != int(size) else 0
        return f"{sign}${size:,.{places}f}" + ("/sqft" if unit == "USD/sqft" else "")
    if unit == "percent":
        return f"{value * 100:.2f} %"
    if unit == "x":
        return f"{value:.2f}x"
    if unit in ("months", "years"):
        return f"{value:,.1f} {unit}"
    text = f"{value:,.0f}" if value == int(value) else f"{value:,.2f}" if size >= SMALL else _significant(value)
    return f"{text} {unit}" if unit and unit != "count" else text


def _significant(value: float) -> str:
    """Four digits of a small number, of which two decimals would leave one or none: 0.04752 is not 0.05."""
    return format(Decimal(f"{value:.4g}").normalize(), "f")


def threshold(text: str) -> tuple[Callable[[float, float], bool], float]:
    """The comparison and the number of a threshold such as '>= 1.25'.

    Raises:
        ValueError: the text is not a comparison with a number.
    """
    match = re.fullmatch(r"\s*(>=|<=|==|>|<)\s*(-?\d+(?:\.\d+)?)\s*", text)
    if match is None:
        raise ValueError(f"{text!r} is not a threshold such as '>= 1.25'")
    return COMPARISONS[match[1]], float(match[2])


def meets(value: object, good: str, bad: str) -> bool | None:
    """True when good, False when bad or short of good, None when there is no threshold to say.

    A value that misses a bound by rounding alone is on it.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if bad and _holds(float(value), bad):
        return False
    return _holds(float(value), good) if good else None


def verdict(value: object, good: str, bad: str) -> str:
    """The verdict in a word: good; short of it; a breach of the hard line; empty when no threshold says."""
    ok = meets(value, good, bad)
    if ok is None:
        return ""
    return "good" if ok else "breach" if bad and meets(value, "", bad) is False else "short"


def _holds(value: float, text: str) -> bool:
    compare, bound = threshold(text)
    return compare(bound if math.isclose(value, bound, rel_tol=ROUNDING) else value, bound)
