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

# Numbers of no unit, or of one of their own, keep four digits below this.
SMALL = 0.1
# So near, relatively, a value is on a bound: the last bits of a computation decide nothing.
ROUNDING = 1e-9
ACRONYMS = {"noi", "dscr", "ltv", "irr", "npv", "egi", "roi", "usd", "id"}


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


def _holds(value: float, text: str) -> bool:
    compare, bound = threshold(text)
    return compare(bound if math.isclose(value, bound, rel_tol=ROUNDING) else value, bound)
