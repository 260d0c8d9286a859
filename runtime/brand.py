"""Whose report it is: company name, logo and two colours, kept in the folder `brand/` of a run.

A folder without one, or with one that cannot be read, gives the plain look; what is wrong goes to the log.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = "brand"
FACTS, LOGO = "brand.json", "logo.png"
FILES = (f"{FOLDER}/{FACTS}", f"{FOLDER}/{LOGO}")
NAME_CAP, LOGO_CAP = 80, 2 << 20
PNG_START = b"\x89PNG\r\n\x1a\n"
COLOR = re.compile(r"#[0-9a-f]{6}")
INK, PAPER = "#17202e", "#ffffff"
PRIMARY, ACCENT = INK, "#0f766e"
# The contrast that WCAG asks of text of ordinary size.
READABLE = 4.5
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Brand:
    """Colours are `#rrggbb` in small letters; the logo is a PNG, or empty."""

    name: str = ""
    primary: str = PRIMARY
    accent: str = ACCENT
    logo: bytes = field(default=b"", repr=False)

    @property
    def facts(self) -> str:
        """All but the logo, as the text of brand.json."""
        told = {"name": self.name, "primary": self.primary, "accent": self.accent}
        return json.dumps(told, indent=2, ensure_ascii=False) + "\n"

    @property
    def shown(self) -> bool:
        """Whether there is a name or a logo to show."""
        return bool(self.name or self.logo)

    @property
    def on_primary(self) -> str:
        """The text colour on the primary colour: white or ink, whichever reads better."""
        return text_on(self.primary)

    @property
    def heading(self) -> str:
        """The primary colour as text on white."""
        return readable(self.primary, PAPER)

    @property
    def palette_first(self) -> str:
        """The accent as a bar or a line on white: lines need less contrast than text."""
        return readable(self.accent, PAPER, 3.0)


PLAIN = Brand()


def load(folder: Path) -> Brand:
    """The brand of a run's folder; what is missing or wrong is left at the plain look."""
    try:
        told = json.loads((folder / FOLDER / FACTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return PLAIN
    except (OSError, ValueError) as error:
        LOG.warning("The brand is left out: %s cannot be read: %s", FACTS, error)
        return PLAIN
    if not isinstance(told, dict):
        LOG.warning('The brand is left out: %s is not {"name", "primary", "accent"}.', FACTS)
        return PLAIN
    colors = {name: _color(told, name, usual) for name, usual in (("primary", PRIMARY), ("accent", ACCENT))}
    return Brand(name=str(told.get("name") or "")[:NAME_CAP], logo=_logo(folder / FOLDER / LOGO), **colors)


def _color(told: dict[str, Any], name: str, usual: str) -> str:
    found = str(told.get(name) or usual).lower()
    if COLOR.fullmatch(found):
        return found
    LOG.warning("The brand's colour %s is left out: %r is not like #1f4e79.", name, found)
    return usual


def _logo(file: Path) -> bytes:
    if not file.is_file():
        return b""
    try:
        if file.stat().st_size > LOGO_CAP:
            raise ValueError(f"it is larger than {LOGO_CAP >> 20} MB")
        content = file.read_bytes()
        pixels(content)
    except (OSError, ValueError) as error:
        LOG.warning("The logo is left out: %s: %s", file.name, error)
        return b""
    return content


def pixels(logo: bytes) -> tuple[int, int]:
    """Width and height of a PNG.

    Raises:
        ValueError: it is no PNG, or an empty one.
    """
    if not logo.startswith(PNG_START) or logo[12:16] != b"IHDR":
        raise ValueError("it is not a PNG image")
    width, height = int.from_bytes(logo[16:20], "big"), int.from_bytes(logo[20:24], "big")
    if not (0 < width <= 10_000 and 0 < height <= 10_000):
        raise ValueError(f"it is {width} x {height} pixels")
    return width, height


def fitted(logo: bytes, wide: float, high: float) -> tuple[float, float]:
    """The size at which the logo fills a box of `wide` by `high` in its own proportions, in the box's unit."""
    across, down = pixels(logo)
    scale = min(wide / across, high / down)
    return across * scale, down * scale


def channels(color: str) -> tuple[int, int, int]:
    """Red, green and blue of `#rrggbb`, 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours, 1 (the same) to 21 (black on white)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (x / 255 for x in channels(color))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def mixed(color: str, other: str, share: float) -> str:
    """The colour with this share of the other in it, 0 to 1."""
    both = zip(channels(color), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in both)


def text_on(color: str) -> str:
    """White or ink, whichever reads better on the colour."""
    return max((PAPER, INK), key=lambda text: contrast(color, text))


def readable(color: str, paper: str, wanted: float = READABLE) -> str:
    """The colour, moved towards black or white just as far as it needs to stand out from `paper`."""
    goal = "#000000" if _luminance(paper) > 0.18 else "#ffffff"
    return next(
        (found for step in range(21) if contrast(found := mixed(color, goal, step / 20), paper) >= wanted), goal
    )
