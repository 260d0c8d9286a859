"""What reading one file may cost, each limit with the setting that raises it."""

from __future__ import annotations

from engine.errors import SourceError
from engine.products import Product

LARGER = "Load it into a database and connect that, or raise {setting}."


class FileLimits(Product):
    """The limits of one reading."""

    rows: int = 1_000_000
    columns: int = 1_999
    seconds: float = 30.0
    memory_mb: int = 1_024
    unpacked_mb: int = 1_024


def over_rows(name: str, limits: FileLimits) -> SourceError:
    """More rows than may be."""
    return SourceError(f"{name} has more than {limits.rows:,} rows.", LARGER.format(setting="LIMIT_FILE_ROWS"))


def over_columns(name: str, columns: int, limits: FileLimits) -> SourceError:
    """More columns than may be."""
    hint = "Leave some out, or raise LIMIT_FILE_COLUMNS (a table here has at most 1,999)."
    return SourceError(f"{name} has {columns:,} columns, more than {limits.columns:,}.", hint)


def over_unpacked(name: str, limits: FileLimits) -> SourceError:
    """More bytes than may be once it is unpacked."""
    return SourceError(
        f"{name} unpacks to more than {limits.unpacked_mb:,} MB.", LARGER.format(setting="LIMIT_FILE_UNPACKED_MB")
    )


def over_memory(name: str, limits: FileLimits) -> SourceError:
    """More memory than reading it may take."""
    return SourceError(
        f"{name} needs more than {limits.memory_mb:,} MB of memory to be read.",
        LARGER.format(setting="LIMIT_FILE_MEMORY_MB"),
    )


def over_time(name: str, limits: FileLimits) -> SourceError:
    """More time than reading it may take."""
    return SourceError(
        f"{name} cannot be read within {limits.seconds:g} s.", LARGER.format(setting="LIMIT_FILE_SECONDS")
    )
