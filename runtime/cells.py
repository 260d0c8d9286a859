"""Tables as JSON: no NaN, dates as ISO text, at most ROWS_SHOWN rows with the true total."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

ROWS_SHOWN = 5_000


def table(frame: pd.DataFrame, label: str, wanted: Mapping[str, str]) -> dict[str, Any]:
    """The frame as rows of JSON values, at most ROWS_SHOWN of them, with the true total."""
    shown = frame.head(ROWS_SHOWN)
    columns = [[cell(value) for value in shown[name].tolist()] for name in shown.columns]
    return {
        "label": label,
        "columns": [str(name) for name in frame.columns],
        "units": {name: unit for name, unit in wanted.items() if name in frame.columns},
        "rows": [list(row) for row in zip(*columns, strict=True)],
        "total": len(frame),
    }


def cell(value: Any) -> Any:
    """One table value as JSON: no NaN, dates as ISO text."""
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() else value.isoformat()
    if isinstance(value, bool | int | float | str):
        return value
    return str(value)
