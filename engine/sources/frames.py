"""Rows of a database made into a DataFrame with honest types."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

import numpy as np
import pandas as pd

from engine.sources import caps as limits
from engine.sources.caps import Caps

_ISO_MOMENT = r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
ISO_MOMENT = re.compile(_ISO_MOMENT)
_ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")

# What a column holds as the database said it: where a result has no rows, or only NULLs, values cannot tell.
DTYPES = {
    "number": "float64",
    "integer": "int64",
    "text": "str",
    "moment": "datetime64[us]",
    "boolean": "bool",
}


FIRST_ROWS = 200
_MOST_ROWS, _CHUNK_BYTES = 20_000, 4_194_304

Columns = list[Sequence[Any]]
_MADE_PLAIN = (Decimal, date, memoryview, list, dict)


@dataclass(frozen=True)
class Chunk:
    """Some rows of a result. `kinds` holds keys of DTYPES or "", as far as the database tells."""

    names: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    kinds: tuple[str, ...] = ()


def next_count(rows: Sequence[tuple[Any, ...]], count: int) -> int:
    """How many rows to ask for after a chunk of `rows`, so that the next one stays near a few megabytes."""
    if not rows:
        return count
    sample = rows[-50:]
    sizes = (len(value) if isinstance(value, str | bytes) else 16 for row in sample for value in row)
    size = max(1, sum(sizes) // len(sample))
    return min(_MOST_ROWS, count * 10, max(1, _CHUNK_BYTES // size))


def collect(chunks: Iterator[Chunk], caps: Caps, row_cap: int, *, truncate: bool) -> pd.DataFrame:
    """All chunks as one frame, within the caps. With `truncate` the first `row_cap` rows, said in `attrs`."""
    parts: list[pd.DataFrame] = []
    rows, size, truncated = 0, 0, False
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    for chunk in chunks:
        names, kinds = chunk.names, chunk.kinds
        kept = chunk.rows
        if rows + len(kept) > row_cap:
            if not truncate:
                raise limits.too_many_rows(row_cap)
            kept, truncated = kept[: row_cap - rows], True
        rows += len(kept)
        columns: Columns = list(zip(*kept, strict=True)) if kept else [()] * len(names)
        size += sum(_size(values, caps) for values in columns)
        if size > caps.megabytes * 1_048_576:
            raise limits.too_large(caps.megabytes, rows)
        if kept or not parts:
            parts.append(pd.DataFrame({n: _series(values) for n, values in enumerate(columns)}))
        if truncated:
            break
    frame = _joined(parts, kinds)
    frame.columns = pd.Index(_distinct(names))
    frame.attrs["truncated"] = truncated
    return frame


def _size(values: Sequence[Any], caps: Caps) -> int:
    """Bytes of a column, near enough: text by its length, anything else as a machine word."""
    if not {str, bytes, memoryview} & set(map(type, values)):
        return 8 * len(values)
    lengths = [len(value) for value in values if isinstance(value, str | bytes | memoryview)]
    if max(lengths) > caps.cell_bytes:
        raise limits.cell_too_large(caps.cell_bytes, max(lengths))
    return sum(lengths)


def _series(values: Sequence[Any]) -> pd.Series[Any]:
    """Values as pandas infers them, once everything is a plain type."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, date) and not getattr(first, "tzinfo", None):
        return pd.Series(np.array(values, dtype="datetime64[us]"))
    if isinstance(first, _MADE_PLAIN):
        return pd.Series([_plain(value) for value in values])
    return pd.Series(list(values))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value


def _joined(parts: Sequence[pd.DataFrame], kinds: Sequence[str]) -> pd.DataFrame:
    """Chunks under each other, every column in the type that fits all of it."""
    if not parts:
        return pd.DataFrame()
    columns: dict[int, pd.Series[Any]] = {}
    for position in range(parts[0].shape[1]):
        pieces = [part[position] for part in parts]
        kind = kinds[position] if kinds else ""
        columns[position] = _settled(_stacked(pieces), kind)
    return pd.DataFrame(columns)


def _stacked(pieces: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    if len(pieces) == 1:
        return pieces[0]
    filled = [piece for piece in pieces if not piece.isna().all()]
    # An all-NULL chunk has no type of its own: it takes that of the others instead of spoiling it.
    dtypes = {str(piece.dtype) for piece in filled}
    if len(dtypes) == 1 and len(filled) < len(pieces):
        dtype = "float64" if dtypes & {"int64"} else dtypes.pop()
        if dtype != "bool":
            return pd.concat([piece.astype(cast(Any, dtype)) for piece in pieces], ignore_index=True)
    return pd.concat([piece.astype(object) if len(dtypes) > 1 else piece for piece in pieces], ignore_index=True)


def _settled(series: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """The column's last type: by its values, and where it has none, by what the database said."""
    if series.isna().all():
        dtype = DTYPES.get(kind, "object")
        if len(series) and dtype in ("int64", "bool"):
            dtype = "float64" if dtype == "int64" else "boolean"
        return pd.Series([None] * len(series), dtype=cast(Any, dtype))
    if series.dtype == object:
        series = _from_objects(series)
    if isinstance(series.dtype, pd.StringDtype) and kind in ("", "moment"):
        return _moments(series)
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return series.astype("datetime64[us]")
    return series


def _from_objects(series: pd.Series[Any]) -> pd.Series[Any]:
    """A column of mixed values: one plain type where there is one, text otherwise."""
    kinds = {type(value) for value in series if not pd.isna(value)}
    if kinds == {bool}:
        return series.astype("boolean")
    if kinds <= {int, float, bool}:
        try:
            return series.astype("float64") if series.isna().any() or float in kinds else series.astype("int64")
        except OverflowError:
            return series.astype("float64")
    if kinds == {str}:
        return series.astype("str")
    if kinds == {datetime} or kinds == {pd.Timestamp}:
        return pd.Series(pd.to_datetime(series)).astype("datetime64[us]")
    if kinds == {bytes}:
        return series
    return series.map(lambda value: None if pd.isna(value) else str(value)).astype("str")


def _moments(series: pd.Series[Any]) -> pd.Series[Any]:
    """A text column becomes one of dates when every value is an ISO date or moment."""
    values = series.dropna()
    if not len(values) or not ISO_MOMENT.fullmatch(str(values.iloc[0])):
        return series
    if not values.str.fullmatch(_ISO_MOMENT).all():
        return series
    local = series.str.replace(_ZONE, "", regex=True) if values.str.contains(_ZONE).any() else series
    try:
        return pd.Series(pd.to_datetime(local, format="ISO8601")).astype("datetime64[us]")
    except (ValueError, OverflowError):
        return series


def _distinct(names: Sequence[str]) -> list[str]:
    """Names made distinct: a second `id` becomes `id_2`."""
    taken = Counter[str]()
    result: list[str] = []
    for name in names:
        taken[name] += 1
        unique = name if taken[name] == 1 else f"{name}_{taken[name]}"
        while unique in result:
            unique += "_"
        result.append(unique)
    return result
