"""How much one read may cost, and what a person is told beyond it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import SourceError


@dataclass(frozen=True)
class Caps:
    """Limits of one read. Over any of them it ends with an error that names it; nothing is cut silently."""

    rows: int = 1_000_000
    seconds: float = 30.0
    megabytes: int = 256
    cell_bytes: int = 1_048_576


def too_slow(seconds: float) -> SourceError:
    """The time limit."""
    return SourceError(
        f"The query was stopped after {seconds:g} seconds, the limit for one read.",
        "Narrow it with WHERE, add up in SQL instead of reading every row, or ask for an index.",
    )


def too_many_rows(rows: int) -> SourceError:
    """The row limit."""
    return SourceError(
        f"The query gives more than {rows:,} rows, the limit for one read.",
        "Narrow it with WHERE, group it in SQL, or add LIMIT.",
    )


def too_large(megabytes: int, rows: int) -> SourceError:
    """The limit of the whole result."""
    return SourceError(
        f"The result reached {megabytes:,} MB, the limit for one read, at about {rows:,} rows.",
        "Select fewer columns, narrow it with WHERE, or group it in SQL.",
    )


def cell_too_large(cap: int, size: int | None = None) -> SourceError:
    """The limit of one value."""
    seen = f" of {size:,} bytes" if size else ""
    return SourceError(
        f"One value{seen} is over the limit of {cap:,} bytes for one cell.",
        "Leave that column out, or take a part of it with substr().",
    )
