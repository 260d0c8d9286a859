"""A stretch of time as people write it: '2025', 'Nov 2025 to Oct 2026', or its first and last day. Pure."""

from __future__ import annotations

from datetime import date, timedelta


def span_said(start: date, end: date) -> str:
    """The stretch from `start` until before `end`: by years or months where it is whole ones, else by days."""
    last = end - timedelta(days=1)
    if start.day == end.day == 1:
        if start.month == end.month == 1:
            return _both(f"{start:%Y}", f"{last:%Y}")
        return _both(f"{start:%b %Y}", f"{last:%b %Y}")
    return _both(start.isoformat(), last.isoformat())


def _both(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"
