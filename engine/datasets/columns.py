"""Columns of files and APIs in honest types: text becomes numbers, dates or truths only where every value agrees."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pandas as pd

_INTEGER = r"[-+]?(?:0|[1-9]\d{0,17})"
_PLAIN = re.compile(rf"{_INTEGER}|[-+]?\d*\.?\d+(?:[eE][-+]?\d{{1,3}})?")
_LEADING_ZERO = re.compile(r"[-+]?0\d+(?!\d*\.)")
_WITH_COMMAS = re.compile(
    r"\(?[-+]?\s*[$€£]?\s*[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\)?|\(?[-+]?[$€£]\s*[-+]?\d+(?:\.\d+)?\)?"
    r"|\(\d+(?:\.\d+)?\)"
)
_GERMAN = re.compile(r"[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+(?:\s*€)?|[-+]?\d{1,3}(?:\.\d{3}){2,}(?:\s*€)?")
_PERCENT = re.compile(r"[-+]?\d+(?:\.\d+)?\s*%")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_TRUE, _FALSE = frozenset({"true", "yes"}), frozenset({"false", "no"})
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "#n/a"})


def named(names: Sequence[Any]) -> list[str]:
    """Column names made plain: no blanks around, none empty, none twice whatever its case."""
    taken: set[str] = set()
    found = []
    for place, name in enumerate(names, 1):
        # Excel and pandas name what has no name; a number as a name is text.
        plain = " ".join(str(name).split()).replace("\x00", "")[:120] if name is not None else ""
        plain = f"column_{place}" if not plain or plain.startswith("Unnamed:") else plain
        unique, number = plain, 2
        while unique.lower() in taken:
            unique, number = f"{plain}_{number}", number + 1
        taken.add(unique.lower())
        found.append(unique)
    return found


def typed(values: pd.Series[Any]) -> tuple[str, list[Any]]:
    """A column's SQLite type and its values as they are stored."""
    plain = [_plain(value) for value in values.tolist()]
    present = [value for value in plain if value is not None]
    kinds = {type(value) for value in present}
    if kinds == {str}:
        return _text(plain)
    if kinds == {bool}:
        return "BOOLEAN", [None if value is None else int(value) for value in plain]
    if kinds == {int} and all(-(1 << 63) <= value < 1 << 63 for value in present):
        return "INTEGER", plain
    if kinds and kinds <= {int, float}:
        return "REAL", [None if value is None else float(value) for value in plain]
    if kinds and kinds <= {datetime, date}:
        return _moments(plain)
    return "TEXT", [None if value is None else value if isinstance(value, str) else str(value) for value in plain]


def _plain(value: Any) -> Any:
    """A value as one of Python's plain types; None for what is missing."""
    if value is None or isinstance(value, str):
        return value.strip() if value else None
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if hasattr(value, "tolist") and not isinstance(value, pd.Timestamp):
        return _plain(value.tolist())
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() else None
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, pd.Timestamp):
        return None if pd.isna(value) else value.to_pydatetime().replace(tzinfo=None)
    if isinstance(value, datetime):
        return None if pd.isna(value) else value.replace(tzinfo=None)
    if isinstance(value, time | bytes):
        return value.isoformat() if isinstance(value, time) else value.decode("utf-8", "replace")
    return None if value is pd.NaT or value is pd.NA else value


def _text(values: list[Any]) -> tuple[str, list[Any]]:
    """A column of text: numbers, dates or truths where every value is one."""
    blank = [None if value is None or value.lower() in _MISSING else value for value in values]
    distinct = {value for value in blank if value is not None}
    if not distinct:
        return "TEXT", [value or None for value in values]
    number = _number_reader(distinct)
    if number is not None:
        read = [None if value is None else number(value) for value in blank]
        whole = all(value is None or (value.is_integer() and abs(value) < 1 << 53) for value in read)
        if whole and all(re.fullmatch(_INTEGER, value) for value in distinct):
            return "INTEGER", [None if value is None else int(value) for value in blank]
        return "REAL", read
    if {value.lower() for value in distinct} <= _TRUE | _FALSE:
        return "BOOLEAN", [None if value is None else int(value.lower() in _TRUE) for value in blank]
    moments = _dates(distinct)
    if moments is not None:
        return _moments([None if value is None else moments[value] for value in blank])
    return "TEXT", [value or None for value in values]


def _number_reader(distinct: set[str]) -> Any:
    """How every value of the column is read as a number; None where some are none."""

    def all_fit(pattern: re.Pattern[str]) -> bool:
        return all(pattern.fullmatch(value) for value in distinct)

    if any(_LEADING_ZERO.fullmatch(value) for value in distinct):
        return None  # a postcode or an account: the zero means something
    if all_fit(_PLAIN):
        return float
    if all(_PLAIN.fullmatch(value) or _WITH_COMMAS.fullmatch(value) for value in distinct):
        return _amount
    if all(_GERMAN.fullmatch(value) or re.fullmatch(r"[-+]?\d+", value) for value in distinct):
        return lambda text: float(text.replace(".", "").replace(",", ".").replace("€", ""))
    if all_fit(_PERCENT):
        return lambda text: round(float(text.rstrip("% ")) / 100, 12)
    return None


def _amount(text: str) -> float:
    """`$1,234.50`, and accountants' `(1,234.50)` for a loss."""
    bare = re.sub(r"[$€£,\s()+]", "", text)
    value = float(bare.replace("-", ""))
    return -value if text.startswith("(") or "-" in bare else value


def _dates(distinct: set[str]) -> dict[str, datetime] | None:
    """Every value as a moment; None where some are none, or where day and month could be exchanged."""
    try:
        if all(_ISO.fullmatch(value) for value in distinct):
            return {value: datetime.fromisoformat(value).replace(tzinfo=None) for value in distinct}
        found = {value: _SLASHED.fullmatch(value) for value in distinct}
        if not all(found.values()):
            return None
        pairs = {value: (int(m[1]), int(m[2]), int(m[3])) for value, m in found.items() if m}
        day_first = any(first > 12 for first, _, _ in pairs.values())
        month_first = any(second > 12 for _, second, _ in pairs.values())
        if day_first == month_first:
            return None
        return {v: datetime(y, b, a) if day_first else datetime(y, a, b) for v, (a, b, y) in pairs.items()}
    except ValueError:
        return None


def _moments(values: list[Any]) -> tuple[str, list[Any]]:
    """Days where no value has a time of day, moments otherwise."""
    days = all(value is None or not isinstance(value, datetime) or value.time() == time() for value in values)
    if days:
        return "DATE", [None if value is None else value.strftime("%Y-%m-%d") for value in values]
    stored = [datetime.combine(value, time()) if type(value) is date else value for value in values]
    return "TIMESTAMP", [None if value is None else value.isoformat(sep=" ") for value in stored]
