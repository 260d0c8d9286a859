"""Values of programs and files as Python's plain types."""

from __future__ import annotations

import json
from datetime import datetime, time
from decimal import Decimal
from typing import Any


def plain_value(value: Any) -> Any:
    """A value as one of Python's plain types; None for what is missing."""
    if value is None:
        return None
    if isinstance(value, str):
        return " ".join(value.split()) if "\u00a0" in value or "\u202f" in value else value.strip()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if hasattr(value, "tolist"):
        return plain_value(value.tolist())
    return (
        _plain_moment(value) if isinstance(value, datetime) or hasattr(value, "to_pydatetime") else _plain_other(value)
    )


def _plain_moment(value: Any) -> Any:
    # Known by its name: the one who reads files does without pandas, and then there is none.
    if type(value).__name__ == "NaTType":
        return None
    return (value.to_pydatetime() if hasattr(value, "to_pydatetime") else value).replace(tzinfo=None)


def _plain_other(value: Any) -> Any:
    if type(value).__name__ == "NAType":
        return None
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() else None
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, time | bytes):
        return value.isoformat() if isinstance(value, time) else value.decode("utf-8", "replace")
    return value
