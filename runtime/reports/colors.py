"""The colours of charts: the brand's accent first, then colours that can be told from it and from each other."""

from __future__ import annotations

from functools import lru_cache

from ..brand import ACCENT, Brand, channels

USUAL = (
    ACCENT, "#4f46e5", "#d97706", "#be123c", "#64748b", "#0891b2", "#65a30d", "#7c3aed", "#c2410c", "#334155",
)  # fmt: skip
# Two colours nearer than this, in steps of red, green and blue, look alike in a thin line.
APART = 70.0


@lru_cache(maxsize=16)
def palette(brand: Brand) -> tuple[str, ...]:
    """Ten colours as `#rrggbb`; those too near the accent go to the end."""
    first = brand.palette_first
    rest = [color for color in USUAL if color != first]
    far = [color for color in rest if _distance(first, color) >= APART]
    return (first, *far, *(color for color in rest if color not in far))[: len(USUAL)]


def _distance(one: str, other: str) -> float:
    both = zip(channels(one), channels(other), strict=True)
    return float(sum((a - b) ** 2 for a, b in both) ** 0.5)
